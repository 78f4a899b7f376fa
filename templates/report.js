/* SPDX-License-Identifier: Apache-2.0 */
/* The list of machines of report.html: search, filters, order, the opened machine, its address,
 * copies, export and print. Reads the blocks of JSON in the page and fills #hosts-app. What comes
 * from the case becomes text of the page only, never markup, script or a place that is fetched. */
'use strict';
(() => {
const ROWS_AROUND = 12; /* rows made above and below of what is seen */
const EVENTS_AT_ONCE = 200;
const PRINTED_MOST = 5000;
const OPTIONS_MOST = 200; /* shown of a filter at once */
const OPTIONS_UNFILTERED = 12; /* a filter with more has a field that narrows it */
const HOUR = 3600e3;
const DAY = 24 * HOUR;
const SVG = 'http://www.w3.org/2000/svg';

/* ---- What the page holds ---- */

const read = id => JSON.parse(document.getElementById(id).textContent);
const data = read('case');
const rows = read('hosts');
const place = Object.fromEntries(data.columns.map((name, index) => [name, index]));
const cell = (row, column) => row[place[column]];

/* Columns that serve the page, or stand elsewhere in a machine's own part. */
const INTERNAL = new Set(['is', 'manual', 'inventory', 'evidence', 'line', 'scripts', 'sources',
    'licence_evidence', 'rollout_trace', 'unrelated_updates']);
/* The columns of hosts.csv, in its order; the number of sources stands for their paths. */
const CSV_COLUMNS = ['host', 'aliases', 'classification', 'confidence', 'reason', 'review', 'state',
    'first_fault_utc', 'last_fault_utc', 'recovered_utc', 'in_window_events', 'events_8196',
    'events_8208', 'events_8209', 'events_13', 'codes', 'window_coverage', 'kb971033',
    'kb971033_evidence', 'edition', 'licence_channel', 'os_version', 'clock', 'action',
    'kms_client_key', 'remediation', 'sources'];
const SHOWN_FIRST = ['host', 'classification', 'state', 'action', 'first_fault_utc', 'review'];
const LISTS = new Set(['aliases', 'codes', 'review', 'is', 'rollout', 'action', 'scripts']);
const SEARCHED = ['host', 'aliases', 'codes', 'reason'];

const items = text => text === '' ? [] : text.split('; ');
const time = text => text.replace('T', ' ').replace(/(\.\d+)?Z$/, '');
const count = number => number.toLocaleString('en');
const plural = (number, one, more) => `${count(number)} ${number === 1 ? one : more}`;

/* The title of a word of a closed set, or the word. */
function titleOf(set, word) {
    const words = data.words[set];
    return words && Object.hasOwn(words, word) ? words[word][0] : word;
}

/* Each column by its key: {key, title, value(row), text(row)}. */
const columns = new Map();
for (const name of data.columns)
    if (!INTERNAL.has(name))
        columns.set(name, {
            key: name,
            title: data.titles[name] || name,
            value: row => cell(row, name),
            text: row => shownText(name, cell(row, name)),
        });
/* An inventory can have columns of one name, or of none. */
const inventory = [];
for (const name of data.inventory) {
    const own = {key: 'inv.' + name, title: name || '(no name)'};
    for (let number = 2; inventory.some(other => other.key === own.key); number++) {
        own.title = `${name || '(no name)'} (${number})`;
        own.key = 'inv.' + own.title;
    }
    inventory.push(own);
}
inventory.forEach(({key, title}, index) => columns.set(key, {
    key,
    title,
    value: row => cell(row, 'inventory')[index] ?? '',
    text: row => cell(row, 'inventory')[index] ?? '',
}));

function shownText(name, value) {
    if (typeof value === 'number')
        return count(value);
    if (name.endsWith('_utc'))
        return time(value);
    if (!data.words[name])
        return value;
    if (!LISTS.has(name) || Object.hasOwn(data.words[name], value))
        return titleOf(name, value);
    return items(value).map(word => titleOf(name, word)).join('; ');
}

/* ---- Elements ---- */

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {}))
        if (value !== null)
            element.setAttribute(name, value);
    element.append(...children.filter(child => child !== null));
    return element;
}

const make = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

function button(text, action, attributes) {
    const element = make('button', {type: 'button', ...attributes}, text);
    element.addEventListener('click', action);
    return element;
}

/* A sentence of ours: what stands in backticks is code. */
const sentence = text => text.split('`').map((part, index) =>
    index % 2 === 1 ? make('code', null, part) : part);

/* A table with a caption for those who hear it; cells are texts or elements. */
function table(caption, titles, lines) {
    const head = make('tr', null, ...titles.map(title => make('th', {scope: 'col'}, title)));
    const body = make('tbody');
    addLines(body, lines);
    return make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
        make('table', null, make('caption', {class: 'heard'}, caption), make('thead', null, head),
            body));
}

function addLines(body, lines) {
    for (const line of lines)
        body.append(make('tr', null, ...line.map(content =>
            make('td', null, ...(Array.isArray(content) ? content : [content])))));
}

const minor = text => make('span', {class: 'minor'}, text);
const timeOf = text => text === '' ? '' : make('time', {datetime: text}, text.replace('T', ' '));

const app = document.getElementById('hosts-app');
const status = make('p', {class: 'status', role: 'status'});
const message = make('p', {class: 'message', role: 'status'});

/* ---- Copies ---- */

async function copy(text, what) {
    let isCopied = true;
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        isCopied = copyBySelection(text);
    }
    message.textContent = isCopied ? `Copied: ${what}.` : `The browser refused to copy ${what}.`;
}

/* For a page that came by plain http, where there is no clipboard to write to. */
function copyBySelection(text) {
    const field = make('textarea', {class: 'heard'});
    const focused = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    focused?.focus({preventScroll: true});
    return isCopied;
}

/* ---- CSV: the rules of src/report/format.h ---- */

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const FORMULA = new Set('=+-@\uff1d\uff0b\uff0d\uff20');

function skipSpaces(text, at) {
    while (at < text.length && (text[at] === ' ' || CONTROL.test(text[at])))
        at++;
    return at;
}

/* Where the cell that begins at `start` needs the guard, or -1. */
function guardedAt(text, start, isBehindSeparator) {
    const first = skipSpaces(text, start);
    let at = first;
    if (text[start] === '\t' || text[start] === '\r')
        return start;
    while (text[at] === '"')
        at = skipSpaces(text, at + 1);
    if (!FORMULA.has(text[at]))
        return -1;
    const behind = skipSpaces(text, at + 1);
    const isLoneDash = text[at] === '-' && (behind >= text.length || text[behind] === ';');
    return isBehindSeparator && isLoneDash ? -1 : first;
}

function csvCell(value) {
    const text = String(value);
    let shown = '';
    let guarded = guardedAt(text, 0, false);
    for (let at = 0; at < text.length; at++) {
        if (at === guarded)
            shown += '\'';
        if (text[at] === '\r' && text[at + 1] === '\n')
            continue;
        shown += CONTROL.test(text[at]) ? ' ' : text[at];
        if (text[at] === ';')
            guarded = guardedAt(text, at + 1, true);
    }
    return '"' + shown.replaceAll('"', '""') + '"';
}

function csvOf(indexes) {
    const names = CSV_COLUMNS.filter(name => name in place);
    const heads = names.map(name => name === 'sources' ? 'source_count' : name);
    const lines = [[...heads, ...data.inventory]];
    for (const index of indexes)
        lines.push([...names.map(name => cell(rows[index], name)), ...cell(rows[index], 'inventory')]);
    return lines.map(line => line.map(csvCell).join(',') + '\r\n').join('');
}

function exportShown() {
    const address = URL.createObjectURL(new Blob([csvOf(shown)], {type: 'text/csv'}));
    make('a', {href: address, download: 'hosts-filtered.csv'}).click();
    setTimeout(() => URL.revokeObjectURL(address), HOUR / 60);
    message.textContent = `Exported: ${plural(shown.length, 'host', 'hosts')}.`;
}

/* ---- Filters. Each: {key, title, options, chosen, cells}; cells[row] holds the numbers of the
 * options that the row has, one array for all rows with the same cell ---- */

const keyOf = column => column === 'classification' ? 'class' : column;

function makeFacet(key, title, options, value, isList) {
    const facet = {key, title, options: [], chosen: new Set(), numbers: new Map(), counts: []};
    const met = new Map();
    for (const option of options)
        addOption(facet, option.value, option.title);
    facet.cells = rows.map(row => {
        const text = String(value(row));
        if (!met.has(text))
            met.set(text, (isList ? items(text) : [text]).map(word => addOption(facet, word)));
        return met.get(text);
    });
    return facet;
}

/* The number of the option of that value. */
function addOption(facet, value, title) {
    if (!facet.numbers.has(value)) {
        facet.numbers.set(value, facet.options.length);
        facet.options.push({value, title: title || value || '(empty)'});
    }
    return facet.numbers.get(value);
}

const facets = data.facets.map(({column, title, values}) =>
    makeFacet(keyOf(column), title, values, row => cell(row, column),
        column !== 'action' && LISTS.has(column)));
if (rows.some(row => cell(row, 'rollout') !== ''))
    facets.push(makeFacet('rollout', data.titles.rollout || 'Roll-out',
        Object.entries(data.words.rollout || {}).map(([value, words]) => ({value, title: words[0]})),
        row => cell(row, 'rollout'), true));
inventory.forEach(({key, title}) => facets.push(
    makeFacet(key, title, [], columns.get(key).value, false)));

/* ---- What is looked at ---- */

const view = {q: '', sort: '', order: 'asc', host: -1, columns: [...SHOWN_FIRST]};
let shown = []; /* numbers of rows, in the order of the table */
let unknownHost = '';
let searched = null; /* the lower-case text of each row, made when it is first needed */

function searchTexts() {
    searched ??= rows.map(row => [...SEARCHED.map(name => cell(row, name)),
        ...cell(row, 'inventory')].join('\n').toLowerCase());
    return searched;
}

const hasChosen = (facet, index) => facet.cells[index].some(number =>
    facet.chosen.has(facet.options[number].value));

/* The rows that all filters let pass; counts for each filter the rows that the others let pass. */
function filter() {
    const terms = view.q.toLowerCase().split(/\s+/).filter(term => term !== '');
    const texts = terms.length > 0 ? searchTexts() : null;
    const active = facets.filter(facet => facet.chosen.size > 0);
    const found = [];
    for (const facet of facets)
        facet.counts = new Array(facet.options.length).fill(0);
    for (let index = 0; index < rows.length; index++) {
        if (texts && !terms.every(term => texts[index].includes(term)))
            continue;
        const refusing = active.filter(facet => !hasChosen(facet, index));
        if (refusing.length === 0)
            found.push(index);
        if (refusing.length < 2)
            for (const facet of refusing.length === 0 ? facets : refusing)
                for (const number of facet.cells[index])
                    facet.counts[number]++;
    }
    return found;
}

const collator = new Intl.Collator('en', {numeric: true, sensitivity: 'base'});

/* Compares as the column asks: closed sets in the order of their words, what is empty last. */
function comparer(column) {
    const ranks = new Map(Object.keys(data.words[column.key] || {}).map((word, rank) => [word, rank]));
    const sign = view.order === 'desc' ? -1 : 1;
    const ranked = value => ranks.get(value) ?? ranks.get(items(value)[0]) ?? ranks.size;
    const inOrder = ranks.size > 0 ?
        (left, right) => ranked(left) - ranked(right) || collator.compare(left, right) :
        (left, right) => typeof left === 'number' ? left - right : collator.compare(left, right);
    return (left, right) => {
        const [first, second] = [column.value(rows[left]), column.value(rows[right])];
        if (first === second)
            return left - right;
        if (first === '' || second === '')
            return first === '' ? 1 : -1;
        return sign * inOrder(first, second) || left - right;
    };
}

function update() {
    shown = filter();
    const column = columns.get(view.sort);
    if (column)
        shown.sort(comparer(column));
    positions = new Map(shown.map((index, position) => [index, position]));
    showStatus();
    for (const facet of facets)
        showFacet(facet);
    chooseSeen();
    showHead();
    openHost();
    list.scrollTop = 0;
    render();
    measureRow();
    if (view.host >= 0 && positions.has(view.host))
        bringIntoView(positions.get(view.host), true);
}

function showStatus() {
    const left = data.limits.hosts_left_out;
    status.textContent = `${count(shown.length)} of ${plural(rows.length, 'host', 'hosts')}` +
        (left > 0 ? `; ${count(left)} more are only in hosts.csv` : '');
    clear.disabled = view.q === '' && !facets.some(facet => facet.chosen.size > 0);
}

/* ---- The address ---- */

/* What is typed can have half of a pair of UTF-16 in it. */
const encode = text => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

function addressOf() {
    const parts = [];
    const add = (key, values) => parts.push(`${encode(key)}=` +
        values.map(encode).join(','));
    if (view.q !== '')
        add('q', [view.q]);
    for (const facet of facets)
        if (facet.chosen.size > 0)
            add(facet.key, [...facet.chosen]);
    if (view.sort !== '')
        add('sort', [view.sort]);
    if (view.sort !== '' && view.order === 'desc')
        add('order', ['desc']);
    if (view.columns.join() !== SHOWN_FIRST.join())
        add('columns', view.columns);
    if (view.host >= 0)
        parts.push(addressOfHost(view.host));
    return '#' + (parts.length > 0 ? parts.join('&') : 'machines');
}

/* Several machines can have one name: all but the first are told apart by their number. */
function addressOfHost(index) {
    const name = cell(rows[index], 'host');
    const place = hostsNamed(name).indexOf(index);
    return 'host=' + encode(name) + (place > 0 ? `&nth=${place + 1}` : '');
}

/* The machines of that name, in either case, in the order of the page. */
function hostsNamed(name) {
    const wanted = name.toLowerCase();
    return rows.flatMap((row, index) => cell(row, 'host').toLowerCase() === wanted ? [index] : []);
}

/* The address follows the view; what is typed into the search is one step back. */
function remember(isTyped) {
    const address = addressOf();
    if (address === location.hash)
        return;
    if (isTyped && history.state === 'typed')
        history.replaceState('typed', '', address);
    else
        history.pushState(isTyped ? 'typed' : '', '', address);
}

function change(isTyped) {
    remember(isTyped === true);
    update();
    sayWhereHostIs();
}

const decode = text => {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
};

function readAddress(hash) {
    const values = new Map();
    for (const part of hash.replace(/^#/, '').split('&')) {
        const at = part.indexOf('=');
        if (at > 0)
            values.set(decode(part.slice(0, at)), part.slice(at + 1).split(',').map(decode));
    }
    view.q = values.get('q')?.join(',') ?? '';
    view.sort = columns.has(values.get('sort')?.[0]) ? values.get('sort')[0] : '';
    view.order = values.get('order')?.[0] === 'desc' ? 'desc' : 'asc';
    view.columns = [...new Set(['host', ...(values.get('columns') || SHOWN_FIRST)])].filter(key =>
        columns.has(key));
    for (const facet of facets) {
        facet.chosen = new Set(values.get(facet.key) || []);
        for (const value of facet.chosen)
            addOption(facet, value);
    }
    findHost(values.get('host')?.join(',') ?? '', Number(values.get('nth')?.[0]));
    search.value = view.q;
}

function findHost(name, number) {
    const wanted = name.toLowerCase();
    const named = name === '' ? [] : hostsNamed(name);
    view.host = named[number - 1] ?? named[0] ?? (name === '' ? -1 : rows.findIndex(row =>
        items(cell(row, 'aliases')).some(alias => alias.toLowerCase() === wanted)));
    unknownHost = view.host < 0 ? name : '';
}

/* Follows an address: one without a filter is a section's, and leaves the list as it is. */
function follow(hash) {
    if (hash !== '' && hash !== '#machines' && !hash.includes('='))
        return;
    readAddress(hash);
    update();
    sayWhereHostIs();
}

function sayWhereHostIs() {
    const left = data.limits.hosts_left_out;
    if (unknownHost !== '')
        message.textContent = `No host on this page is named ${unknownHost}.` + (left > 0 ?
            ` ${plural(left, 'host is', 'hosts are')} only in hosts.csv.` : '');
    else if (view.host >= 0 && !positions.has(view.host))
        message.textContent = `${cell(rows[view.host], 'host')} is left out by the filters.`;
    else
        message.textContent = '';
}

function goToHosts() {
    const title = document.getElementById('hosts-title');
    title.scrollIntoView();
    title.focus({preventScroll: true});
}

addEventListener('popstate', () => follow(location.hash));
document.addEventListener('click', event => {
    const link = event.target.closest?.('a[href^="#"]');
    const address = link?.getAttribute('href') ?? '';
    if (!address.includes('=') || event.ctrlKey || event.metaKey || event.shiftKey)
        return;
    event.preventDefault();
    if (address !== location.hash)
        history.pushState('', '', address);
    follow(address);
    goToHosts();
});

/* ---- The bar above the table ---- */

const search = make('input', {type: 'search', id: 'hosts-search', autocomplete: 'off',
    spellcheck: 'false', placeholder: 'host, alias, code, reason, inventory',
    'aria-keyshortcuts': '/'});
const clear = button('Clear', () => {
    view.q = search.value = '';
    facets.forEach(facet => facet.chosen.clear());
    change();
    search.focus();
});
let typing = 0;
search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
        view.q = search.value.trim();
        change(true);
    }, 120);
});
addEventListener('keydown', event => {
    if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey ||
        event.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select'))
        return;
    event.preventDefault();
    search.scrollIntoView({block: 'nearest'});
    search.focus();
});

/* A menu that Escape, and a click elsewhere, closes. */
const menu = (title, ...content) => make('details', {class: 'menu'},
    make('summary', null, ...title), make('div', {class: 'panel'}, ...content));
const openMenus = () => app.querySelectorAll('details.menu[open]');

document.addEventListener('keydown', event => {
    for (const element of event.key === 'Escape' ? openMenus() : []) {
        element.open = false;
        element.querySelector('summary').focus();
        event.stopPropagation();
    }
}, true);

document.addEventListener('pointerdown', event => {
    for (const element of openMenus())
        if (!element.contains(event.target))
            element.open = false;
});

function checkbox(text, isChecked, action, ...more) {
    const box = make('input', {type: 'checkbox'});
    box.checked = isChecked;
    box.addEventListener('change', () => action(box.checked));
    return make('li', null, make('label', null, box, make('span', null, text), ...more));
}

function makeFacetMenu(facet) {
    facet.chosenText = make('span', {class: 'chosen'});
    facet.list = make('ul');
    facet.narrow = make('input', {type: 'search', 'aria-label': `Narrow ${facet.title}`});
    facet.narrow.addEventListener('input', () => fillFacet(facet));
    facet.more = make('p', {class: 'minor'});
    facet.menu = menu([facet.title, facet.chosenText],
        make('fieldset', null, make('legend', {class: 'heard'}, facet.title), facet.narrow,
            facet.list, facet.more));
    facet.menu.addEventListener('toggle', () => fillFacet(facet));
    return facet.menu;
}

function showFacet(facet) {
    const titles = facet.options.filter(option => facet.chosen.has(option.value))
        .map(option => option.title);
    facet.menu.classList.toggle('is-chosen', titles.length > 0);
    facet.chosenText.textContent = titles.length === 0 ? '' :
        `: ${titles.length === 1 ? titles[0] : `${titles.length} chosen`}`;
    fillFacet(facet);
}

/* Writes the options of an open filter; those already there keep their place, and the focus. */
function fillFacet(facet) {
    if (!facet.menu.open)
        return;
    const wanted = facet.narrow.value.toLowerCase();
    const order = facet.options.map((option, number) => ({...option, count: facet.counts[number] || 0}))
        .filter(option => option.title.toLowerCase().includes(wanted));
    if (facet.key.startsWith('inv.'))
        order.sort((left, right) => collator.compare(left.value, right.value));
    const focused = facet.list.contains(document.activeElement) ?
        document.activeElement.closest('li').dataset.value : null;
    facet.narrow.hidden = facet.options.length <= OPTIONS_UNFILTERED;
    facet.list.replaceChildren(...order.slice(0, OPTIONS_MOST).map(option =>
        facetOption(facet, option)));
    facet.more.textContent = order.length > OPTIONS_MOST ?
        `${count(order.length - OPTIONS_MOST)} more: narrow them above` : '';
    for (const line of focused === null ? [] : facet.list.children)
        if (line.dataset.value === focused)
            line.querySelector('input').focus({preventScroll: true});
}

function facetOption(facet, option) {
    const line = checkbox(option.title, facet.chosen.has(option.value), isChosen => {
        facet.chosen[isChosen ? 'add' : 'delete'](option.value);
        change();
    }, make('span', {class: 'count'}, count(option.count)));
    line.dataset.value = option.value;
    line.classList.toggle('zero', option.count === 0);
    return line;
}

function columnsMenu() {
    const choices = make('ul', null, ...[...columns.values()].filter(column => column.key !== 'host')
        .map(column => checkbox(column.title, false, () => {
            const chosen = [...choices.querySelectorAll('input')].flatMap((box, at) =>
                box.checked ? [keys[at]] : []);
            const kept = view.columns.filter(key => key === 'host' || chosen.includes(key));
            view.columns = [...kept, ...chosen.filter(key => !kept.includes(key))];
            change();
        })));
    const keys = [...columns.keys()].filter(key => key !== 'host');
    const element = menu(['Columns'], make('fieldset', null,
        make('legend', {class: 'heard'}, 'Columns of the table'), choices));
    element.addEventListener('toggle', () => choices.querySelectorAll('input').forEach((box, at) => {
        box.checked = view.columns.includes(keys[at]);
    }));
    return element;
}

const order = make('select', {id: 'hosts-order'}, make('option', {value: ''}, 'verdict and name'),
    ...[...columns.values()].flatMap(column => [
        make('option', {value: column.key + ' asc'}, `${column.title} \u2191`),
        make('option', {value: column.key + ' desc'}, `${column.title} \u2193`)]));
order.addEventListener('change', () => {
    const at = order.value.lastIndexOf(' ');
    view.sort = at < 0 ? '' : order.value.slice(0, at);
    view.order = at < 0 ? 'asc' : order.value.slice(at + 1);
    change();
});

/* On a small screen these are folded. */
const tools = make('details', {class: 'tools', open: ''},
    make('summary', null, 'Filters, columns, copies'));

function fillTools() {
    const names = () => shown.map(index => cell(rows[index], 'host')).join('\n') + '\n';
    tools.append(make('div', {class: 'line', role: 'group', 'aria-label': 'Filters'},
        ...facets.map(makeFacetMenu)),
    make('div', {class: 'line', role: 'group', 'aria-label': 'This list'},
        columnsMenu(),
        make('label', {for: 'hosts-order'}, 'Order'), order,
        button('Copy link', () => copy(location.href.replace(/#.*/, '') + addressOf(),
            'the address of this view')),
        button('Copy names', () => copy(names(), plural(shown.length, 'host name', 'host names'))),
        button('Export CSV', exportShown)));
}

function makeBar() {
    fillTools();
    return make('div', {class: 'bar'},
        make('div', {class: 'line', role: 'search'},
            make('label', {for: 'hosts-search'}, 'Search'), search, clear, status, message), tools);
}

/* ---- The table: rows are made as they come into view, and kept while they have the focus ---- */

const head = make('thead');
const body = make('tbody');
const grid = make('table', {class: 'machines'},
    make('caption', {class: 'heard'}, 'Machines: the name opens what is known of one'), head, body);
const list = make('div', {class: 'list', tabindex: '0', role: 'region', 'aria-label': 'Machines'}, grid);
const made = new Map(); /* row number: its element */
const opened = {element: null, index: -1, height: 0};
let positions = new Map(); /* row number: place in `shown` */
let seen = []; /* keys of the columns that there is room for */
let rowHeight = 36;
let active = -1; /* the row whose name Tab reaches */

/* Of the usual columns those that fit; chosen ones scroll sideways. Widths in pixels. */
function chooseSeen() {
    const width = list.clientWidth;
    const isUsual = view.columns.join() === SHOWN_FIRST.join();
    const isNarrow = isUsual && width < 640;
    const dropped = !isUsual ? [] : isNarrow ? ['classification', 'state', 'first_fault_utc', 'review'] :
        width < 1010 ? ['first_fault_utc', 'review'] : width < 1180 ? ['first_fault_utc'] : [];
    seen = view.columns.filter(key => !dropped.includes(key));
    list.classList.toggle('is-narrow', isNarrow);
}

function showHead() {
    const heads = seen.map(key => {
        const column = columns.get(key);
        const isSorted = view.sort === key;
        const next = isSorted && view.order === 'asc' ? 'desc' : 'asc';
        const sort = button(column.title, () => {
            view.sort = key;
            view.order = next;
            change();
            head.querySelectorAll('button')[seen.indexOf(key)]?.focus({preventScroll: true});
        });
        return make('th', {scope: 'col', class: classOf(key), 'aria-sort': !isSorted ? null :
            view.order === 'asc' ? 'ascending' : 'descending'}, sort);
    });
    head.replaceChildren(make('tr', {'aria-rowindex': 1}, ...heads));
    order.value = view.sort === '' ? '' : `${view.sort} ${view.order}`;
    grid.setAttribute('aria-rowcount', shown.length + 1);
    if (!positions.has(active))
        active = shown.length > 0 ? shown[0] : -1;
    made.clear();
}

const classOf = key => 'c-' + (key.startsWith('inv.') ? 'inventory' : key);

function makeRow(index) {
    const row = rows[index];
    const classification = cell(row, 'classification');
    const name = button(cell(row, 'host'), () => toggleHost(index), {class: 'name',
        'aria-expanded': String(view.host === index), title: cell(row, 'host'),
        tabindex: index === active ? '0' : '-1'});
    name.addEventListener('focus', () => setActive(index));
    const brief = [titleOf('state', cell(row, 'state')), titleOf('classification', classification)]
        .filter(text => text !== '').join(', ');
    const cells = seen.slice(1).map(key => {
        const text = columns.get(key).text(row);
        return make('td', {class: classOf(key), title: text}, make('div', null, text));
    });
    return make('tr', {class: `machine is-${classification} state-${cell(row, 'state')}`,
        'aria-rowindex': positions.get(index) + 2},
    make('th', {scope: 'row', class: 'c-host'}, name, make('span', {class: 'brief'}, brief)), ...cells);
}

function setActive(index) {
    made.get(active)?.querySelector('.name').setAttribute('tabindex', '-1');
    active = index;
    made.get(active)?.querySelector('.name').setAttribute('tabindex', '0');
}

const openPosition = () => positions.get(opened.index) ?? -1;

/* Where a row begins, in pixels from the first. */
function topOf(position) {
    const open = openPosition();
    return position * rowHeight + (open >= 0 && position > open ? opened.height : 0);
}

function positionAt(pixel) {
    const open = openPosition();
    const end = (open + 1) * rowHeight;
    if (open < 0 || pixel < end)
        return Math.floor(pixel / rowHeight);
    return pixel < end + opened.height ? open : Math.floor((pixel - opened.height) / rowHeight);
}

function gap(height) {
    const filler = make('td', {colspan: seen.length});
    filler.style.height = height + 'px';
    return make('tr', {class: 'gap', 'aria-hidden': 'true'}, filler);
}

/* The places whose rows are needed, ascending. */
function wantedPositions() {
    const first = Math.max(0, positionAt(list.scrollTop) - ROWS_AROUND);
    const last = Math.min(shown.length - 1,
        positionAt(list.scrollTop + list.clientHeight) + ROWS_AROUND);
    const wanted = new Set();
    for (let position = first; position <= last; position++)
        wanted.add(position);
    if (openPosition() >= 0)
        wanted.add(openPosition());
    if (positions.has(active) && made.get(active)?.contains(document.activeElement))
        wanted.add(positions.get(active));
    return [...wanted].sort((left, right) => left - right);
}

function render() {
    const nodes = [];
    const kept = new Map();
    let behind = 0; /* the place behind the last row */
    for (const position of wantedPositions()) {
        const index = shown[position];
        const element = made.get(index) || makeRow(index);
        const height = topOf(position) - topOf(behind);
        if (position > behind)
            nodes.push(gap(height));
        nodes.push(element);
        kept.set(index, element);
        if (index === opened.index)
            nodes.push(opened.element);
        behind = position + 1;
    }
    if (behind < shown.length)
        nodes.push(gap(topOf(shown.length) - topOf(behind)));
    made.clear();
    kept.forEach((element, index) => made.set(index, element));
    replaceRows(nodes);
}

/* Puts these rows into the table; those that stay are not moved, so that they keep the focus. */
function replaceRows(nodes) {
    const staying = new Set(nodes);
    for (const node of [...body.children])
        if (!staying.has(node))
            node.remove();
    let at = body.firstChild;
    for (const node of nodes) {
        if (node === at)
            at = at.nextSibling;
        else
            body.insertBefore(node, at);
    }
}

/* All rows are of one height, which depends on the width of the page. */
function measureRow() {
    const height = body.querySelector('tr.machine')?.getBoundingClientRect().height ?? 0;
    if (height > 0)
        rowHeight = height;
}

/* Scrolls so that the row, or with `atTop` what it opened, is seen. */
function bringIntoView(position, atTop) {
    const top = topOf(position);
    const room = list.clientHeight - head.offsetHeight;
    if (atTop || top < list.scrollTop)
        list.scrollTop = top;
    else if (top + rowHeight > list.scrollTop + room)
        list.scrollTop = top + rowHeight - room;
    render();
}

function focusRow(position) {
    const index = shown[Math.max(0, Math.min(shown.length - 1, position))];
    setActive(index);
    bringIntoView(positions.get(index), false);
    made.get(index).querySelector('.name').focus({preventScroll: true});
}

const STEPS = {
    ArrowDown: at => at + 1,
    ArrowUp: at => at - 1,
    PageDown: at => at + Math.floor(list.clientHeight / rowHeight) - 2,
    PageUp: at => at - Math.floor(list.clientHeight / rowHeight) + 2,
    Home: () => 0,
    End: () => shown.length - 1,
};
body.addEventListener('keydown', event => {
    if (event.key === 'Escape' && opened.index >= 0) {
        closeHost();
        return;
    }
    if (!event.target.classList.contains('name') || !Object.hasOwn(STEPS, event.key) ||
        event.ctrlKey || event.altKey || event.metaKey)
        return;
    event.preventDefault();
    focusRow(STEPS[event.key](positions.get(active)));
});
list.addEventListener('scroll', render, {passive: true});
let seenWidth = 0;
new ResizeObserver(() => {
    if (list.clientWidth === seenWidth)
        return;
    seenWidth = list.clientWidth;
    list.style.setProperty('--seen', seenWidth + 'px');
    tools.open = seenWidth >= 640;
    const before = seen.join();
    const hadFocus = made.get(active)?.contains(document.activeElement);
    chooseSeen();
    if (seen.join() !== before) {
        showHead();
        openHost();
    }
    render();
    measureRow();
    render();
    if (hadFocus)
        made.get(active).querySelector('.name').focus({preventScroll: true});
}).observe(list);

/* ---- The opened machine ---- */

function toggleHost(index) {
    if (view.host === index) {
        closeHost();
        return;
    }
    const before = topOf(positions.get(index)) - list.scrollTop;
    view.host = index;
    remember();
    openHost();
    message.textContent = '';
    list.scrollTop = topOf(positions.get(index)) - before;
    render();
    made.get(index).querySelector('.name').focus({preventScroll: true});
}

function closeHost() {
    const index = opened.index;
    view.host = -1;
    remember();
    openHost();
    if (positions.has(index))
        focusRow(positions.get(index));
}

/* Makes the part of the machine that the view names, and takes away that of another. */
function openHost() {
    if (opened.index !== view.host) {
        opened.observer?.disconnect();
        opened.index = view.host;
        opened.element = view.host < 0 ? null : make('tr', {class: 'opened'},
            make('td', null, machinePart(view.host)));
        opened.height = 0;
        if (opened.element) {
            opened.observer = new ResizeObserver(() => {
                opened.height = opened.element.offsetHeight;
                render();
            });
            opened.observer.observe(opened.element);
        }
    }
    opened.element?.firstChild.setAttribute('colspan', seen.length);
    for (const [index, element] of made)
        element.querySelector('.name').setAttribute('aria-expanded', String(index === view.host));
}

/* The lines of the chunk that was read last. */
const chunk = {number: -1, lines: []};

function evidenceOf(row) {
    const number = cell(row, 'evidence');
    if (number < 0)
        return null;
    if (chunk.number !== number) {
        const text = document.getElementById('evidence-' + number).textContent;
        chunk.number = number;
        chunk.lines = text.split('\n').filter(line => line !== '');
    }
    return JSON.parse(chunk.lines[cell(row, 'line')]);
}

function part(title, ...content) {
    return make('section', null, make('h4', null, title), ...content);
}

/* What of a list is not on the page, and where it is. */
function leftOut(evidence, list, what, file) {
    const number = evidence[`${list}_left_out`];
    return number === 0 ? null : make('p', {class: 'note'}, ...sentence(
        `${what}: ${count(number)} more are not on this page, but in \`${file}\`.`));
}

function machinePart(index) {
    const row = rows[index];
    const evidence = evidenceOf(row);
    const name = cell(row, 'host');
    const parts = [
        make('div', {class: 'opened-head'}, make('h3', null, name),
            button('Copy link to it', () => copy(location.href.replace(/#.*/, '') +
                '#' + addressOfHost(index), `the address of ${name}`)),
            button('Close', closeHost)),
        make('p', {class: 'lead'}, verdictText(row)),
        make('p', null, cell(row, 'reason')),
        notesOf(row),
    ];
    if (evidence)
        parts.push(pictureOf(evidence),
            leftOut(evidence, 'coverage', 'Times that its logs cover', 'case.db'),
            stepsOf(row), episodesOf(evidence), eventsOf(evidence),
            updatesOf(row, evidence), licencesOf(row, evidence));
    else
        parts.push(stepsOf(row), make('p', {class: 'note'}, ...sentence(
            'What was read of this machine is not on this page: its events are in `timeline.csv`.')));
    parts.push(valuesOf(row, evidence));
    return make('div', {class: 'machine-part', role: 'region', 'aria-label': name},
        ...parts.filter(element => element !== null));
}

function verdictText(row) {
    const confidence = cell(row, 'confidence');
    return titleOf('classification', cell(row, 'classification')) +
        (confidence === '' ? '' : ` (${titleOf('confidence', confidence)})`) +
        (cell(row, 'state') === 'none' ? '. ' : `, ${titleOf('state', cell(row, 'state'))}. `) +
        (cell(row, 'action') === 'none' ? 'Nothing to do.' :
            `${titleOf('action', cell(row, 'action'))}.`);
}

function notesOf(row) {
    const notes = items(cell(row, 'review'));
    return notes.length === 0 ? null : make('ul', {class: 'notes'}, ...notes.map(note =>
        make('li', null, make('strong', null, titleOf('review', note)), ': ',
            ...sentence(data.words.review?.[note]?.[1] ?? ''))));
}

/* ---- What is to be done on it ---- */

function stepsOf(row) {
    const key = cell(row, 'kms_client_key');
    const steps = items(cell(row, 'action')).filter(word => Object.hasOwn(data.steps, word));
    const content = [];
    if (steps.length > 0)
        content.push(make('ol', {class: 'steps'}, ...steps.map(word => stepOf(data.steps[word], key))));
    const scripts = items(cell(row, 'scripts'));
    if (scripts.length > 0)
        content.push(make('p', null, 'By script: ', ...scripts.flatMap((name, at) =>
            [at > 0 ? ', ' : '', make('code', null, `remediation/scripts/${name}`)]),
        '; the machine is in the list of hosts beside it.'));
    if (cell(row, 'manual') === 1)
        content.push(make('p', {class: 'note'}, 'Its name stands for several machines, or is not ' +
            'a plain one, so it is in no list of hosts: do this on the machine itself.'));
    return content.length === 0 ? null : part('What to do', ...content);
}

function stepOf(step, key) {
    const commands = (step.commands || []).map(line =>
        key === '' ? line : line.replace(/\bKEY\b/g, key)).join('\n');
    const line = make('li', null, make('strong', null, step.title), ' ', ...sentence(step.sentence));
    if (commands !== '')
        line.append(make('div', {class: 'commands'},
            make('pre', {tabindex: '0', 'aria-label': `Commands: ${step.title}`},
                make('code', null, commands)),
            button('Copy', () => copy(commands + '\n', step.title))));
    return line;
}

/* ---- What was read of it ---- */

/* What has ended it without a time of its own was collected with the rest. */
function endOf(end, how) {
    if (end !== '')
        return timeOf(end);
    return how === '' ? 'open' : 'with the collection';
}

function episodesOf(evidence) {
    return evidence.episodes.length === 0 ? null : part('Episodes', table('Episodes',
        ['First signal', 'End', 'How it ended', 'Of the incident'],
        evidence.episodes.map(([first, end, how, isIncident]) => [timeOf(first),
            endOf(end, how), how, isIncident ? 'yes' : 'no'])),
    leftOut(evidence, 'episodes', 'Episodes', 'case.db'));
}

const RECORD_FLAGS = ['recovered record', 'forwarded', 'earlier installation', 'wrong clock',
    'seen by a KMS host'];

function eventLine(evidence, event) {
    const [at, label, words, strings, role, codes, record, source, offset, verified, other, isInWindow,
        flags, counted] = event;
    const text = number => evidence.texts[number];
    const marks = RECORD_FLAGS.filter((name, bit) => flags & (1 << bit));
    const what = [text(words)];
    for (const [title, number] of [['Strings: ', strings], ['Codes: ', codes],
        ['libevtx reads: ', other]])
        if (text(number) !== '')
            what.push(make('div', {class: 'minor'}, title, text(number)));
    if (marks.length > 0)
        what.push(make('div', {class: 'minor'}, marks.join('; ') +
            (counted ? `: counts as at ${counted}` : '')));
    return [[timeOf(at), isInWindow ? make('div', {class: 'minor'}, 'in the window') : ''],
        [text(label), make('div', {class: 'minor'}, titleOf('role', text(role)))], what,
        text(verified), [evidence.sources[source] ?? '', make('div', {class: 'minor'},
            `offset ${offset}` + (record === '' ? '' : `, record ${record}`))]];
}

function eventsOf(evidence) {
    const events = evidence.events;
    if (events.length === 0)
        return null;
    const lines = from => events.slice(from, from + EVENTS_AT_ONCE).map(event =>
        eventLine(evidence, event));
    const region = table('Events', ['Time (UTC)', 'Event', 'Message', 'Verified', 'Source'], lines(0));
    region.firstChild.classList.add('events');
    let written = Math.min(events.length, EVENTS_AT_ONCE);
    const left = () => `Show ${count(Math.min(EVENTS_AT_ONCE, events.length - written))} more of ` +
        count(events.length - written);
    const more = button('', () => {
        addLines(region.querySelector('tbody'), lines(written));
        written = Math.min(events.length, written + EVENTS_AT_ONCE);
        say();
    });
    const unprinted = make('p', {class: 'note on-paper'});
    const say = () => {
        more.textContent = left();
        more.hidden = unprinted.hidden = written === events.length;
        unprinted.textContent = more.hidden ? '' : `${count(events.length - written)} more of ` +
            'these are not printed: the page prints as many as it shows.';
    };
    say();
    return part(`Events (${count(events.length + evidence.events_left_out)})`, region, more, unprinted,
        leftOut(evidence, 'events', 'Events', 'timeline.csv'));
}

function evidenceTime(at, isWithCollection) {
    return isWithCollection ? [timeOf(at), ' ', minor('with the collection')] : [timeOf(at)];
}

function conflictOf(row, note) {
    return !items(cell(row, 'review')).includes(note) ? null :
        make('p', {class: 'note'}, ...sentence(data.words.review?.[note]?.[1] ?? ''));
}

function updatesOf(row, evidence) {
    return evidence.updates.length === 0 ? null : part('Evidence on updates',
        conflictOf(row, 'update-evidence-conflict'),
        table('Evidence on updates', ['Time (UTC)', 'Update', 'Says', 'By', 'Detail', 'Source'],
            evidence.updates.map(([at, isWithCollection, name, says, kind, detail, source]) =>
                [evidenceTime(at, isWithCollection), name, says, kind, detail,
                    evidence.sources[source] ?? ''])),
        leftOut(evidence, 'updates', 'Evidence on updates', 'case.db'));
}

function licencesOf(row, evidence) {
    return evidence.licences.length === 0 ? null : part('Evidence on edition and licence',
        conflictOf(row, 'edition-conflict'),
        table('Evidence on edition and licence',
            ['Time (UTC)', 'Edition', 'Channel', 'By', 'Detail', 'Source'],
            evidence.licences.map(([at, isWithCollection, edition, channel, kind, detail, source]) =>
                [evidenceTime(at, isWithCollection), edition, channel, kind, detail,
                    evidence.sources[source] ?? ''])),
        leftOut(evidence, 'licences', 'Evidence on edition and licence', 'case.db'));
}

function valuesOf(row, evidence) {
    const values = make('dl', {class: 'values'});
    for (const name of data.columns) {
        const value = cell(row, name);
        if (columns.has(name) || name === 'scripts' || name === 'rollout_trace' ||
            name === 'unrelated_updates' || name === 'licence_evidence')
            values.append(make('dt', null, name),
                make('dd', null, value === '' ? '\u2013' : String(value)));
    }
    for (const {key, title} of inventory)
        values.append(make('dt', null, title), make('dd', null, columns.get(key).value(row) || '\u2013'));
    values.append(make('dt', null, 'sources'), make('dd', null, ...(evidence ?
        [make('ul', null, ...evidence.sources.map(path => make('li', null, path))),
            leftOut(evidence, 'sources', 'Sources', 'hosts.csv')].filter(element => element !== null) :
        [plural(cell(row, 'sources'), 'source', 'sources')])));
    return make('details', null, make('summary', null, 'All values'), values);
}

/* ---- The picture of a machine: lanes over time, drawn again when its width changes ---- */

const MARKS = {
    'signal-strong': {lane: 'Strong signals', tone: 'bad', shape: 'triangle', title: 'strong signal'},
    'signal-weak': {lane: 'Weak signals', tone: 'bad', shape: 'open-triangle', title: 'weak signal'},
    'fault': {lane: 'Other faults', tone: 'warn', shape: 'cross', title: 'other fault'},
    'recovery': {lane: 'Recoveries', tone: 'good', shape: 'circle', title: 'recovery'},
    'reset': {lane: 'Recoveries', tone: 'good', shape: 'open-circle', title: 'reset'},
    'update': {lane: 'KB971033', tone: 'unsure', shape: 'square', title: 'KB971033 there'},
    'no-update': {lane: 'KB971033', tone: 'unsure', shape: 'open-square', title: 'KB971033 not there'},
    'licence': {lane: 'Licence', tone: 'unsure', shape: 'diamond', title: 'licence statement'},
};
const SHAPES = {
    'triangle': 'M0 -6 L6 5 L-6 5 Z',
    'cross': 'M-5 -5 L5 5 M-5 5 L5 -5',
    'circle': 'M-5 0 A5 5 0 1 0 5 0 A5 5 0 1 0 -5 0 Z',
    'square': 'M-5 -5 H5 V5 H-5 Z',
    'diamond': 'M0 -6 L6 0 L0 6 L-6 0 Z',
};
const LANE_HEIGHT = 26;
const LANE_TITLE_WIDTH = 104;
const SPANS_SAID = 5;
const LAST_TIME = Date.parse('9999-12-31T23:59:59Z');

/* What stands in the lanes: {kind, from, to} in milliseconds. */
function marksOf(evidence) {
    const marks = [];
    const add = (kind, text) => {
        const at = Date.parse(text);
        if (!Number.isNaN(at))
            marks.push({kind, at});
    };
    for (const event of evidence.events)
        if (Object.hasOwn(MARKS, evidence.texts[event[4]]) && evidence.texts[event[4]] !== 'update')
            add(evidence.texts[event[4]], event[13] || event[0]);
    for (const [at, , name, says] of evidence.updates)
        if (name === 'KB971033' && says !== 'neither')
            add(says === 'installed' ? 'update' : 'no-update', at);
    for (const [at] of evidence.licences)
        add('licence', at);
    return marks;
}

const spans = list => list.map(([from, to]) => [Date.parse(from), to === '' ? Infinity : Date.parse(to)])
    .filter(([from, to]) => !Number.isNaN(from) && !Number.isNaN(to));

function pictureOf(evidence) {
    const marks = marksOf(evidence);
    const bars = {'Episodes': spans(evidence.episodes), 'Logs cover': spans(evidence.coverage)};
    const times = marks.map(mark => mark.at).concat(Object.values(bars).flat(2).filter(Number.isFinite));
    if (times.length === 0)
        return null;
    const shade = data.window.map(text => Date.parse(text));
    const near = [shade[0] - 2 * DAY, Math.min(LAST_TIME, shade[1] + 2 * DAY)];
    const least = times.reduce((one, other) => Math.min(one, other), shade[0]);
    const most = times.reduce((one, other) => Math.max(one, other), shade[1]);
    const whole = [least - (most - least) / 50 - HOUR,
        Math.min(LAST_TIME, most + (most - least) / 50 + HOUR)];
    const isNear = marks.some(mark => mark.at >= near[0] && mark.at <= near[1]);
    const box = make('div', {class: 'lanes'});
    const picture = {marks, bars, shade, span: isNear ? near : whole, box, width: 0};
    const redraw = () => box.replaceChildren(drawLanes(picture));
    new ResizeObserver(() => {
        if (box.clientWidth === picture.width)
            return;
        picture.width = box.clientWidth;
        redraw();
    }).observe(box);
    const choice = (title, span) => {
        const element = button(title, () => {
            picture.span = span;
            choices.forEach(other => other.setAttribute('aria-pressed', String(other === element)));
            redraw();
        }, {'aria-pressed': String(picture.span === span)});
        return element;
    };
    const choices = [choice('Around the window', near), choice('All that was read', whole)];
    return part('What was seen, and when', make('div', {class: 'line', role: 'group',
        'aria-label': 'Time shown'}, ...choices), box, legendOf(marks));
}

function shapeOf(kind, x, y) {
    const {shape, tone} = MARKS[kind];
    const isOpen = shape.startsWith('open-');
    return draw('path', {d: SHAPES[shape.replace('open-', '')], transform: `translate(${x} ${y})`,
        class: `mark ${tone}` + (isOpen || shape === 'cross' ? ' is-open' : '')});
}

function legendOf(marks) {
    const kinds = Object.keys(MARKS).filter(kind => marks.some(mark => mark.kind === kind));
    return make('ul', {class: 'legend'}, ...kinds.map(kind => make('li', null,
        draw('svg', {width: 16, height: 16, 'aria-hidden': 'true'}, shapeOf(kind, 8, 8)),
        MARKS[kind].title)),
    make('li', null, draw('svg', {width: 16, height: 16, 'aria-hidden': 'true'},
        draw('rect', {width: 16, height: 16, class: 'shade'})), 'window'));
}

/* In words what the picture shows, for those who hear it. */
function describe(marks, bars) {
    const lines = [];
    const said = at => Number.isFinite(at) ? time(new Date(at).toISOString()) : 'the end (open)';
    for (const [kind, {title}] of Object.entries(MARKS)) {
        const times = marks.filter(mark => mark.kind === kind).map(mark => mark.at)
            .sort((left, right) => left - right);
        if (times.length > 0)
            lines.push(`${title}: ${times.length}, first ${said(times[0])}` +
                (times.length > 1 ? `, last ${said(times.at(-1))}` : ''));
    }
    for (const [title, list] of Object.entries(bars))
        if (list.length > 0)
            lines.push(`${title}: ${list.slice(0, SPANS_SAID).map(([from, to]) =>
                `${said(from)} to ${said(to)}`).join(', ')}` +
                (list.length > SPANS_SAID ? ` and ${list.length - SPANS_SAID} more` : ''));
    return lines.join('; ') + '.';
}

const TICKS = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];

/* Times and texts of the axis: at most one in `room` pixels. */
function ticksOf([from, to], width, room) {
    const most = Math.max(2, Math.floor(width / room));
    const step = TICKS.find(length => (to - from) / length <= most);
    const ticks = [];
    if (step) {
        for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
            const text = new Date(at).toISOString();
            ticks.push([at, at % DAY === 0 ? text.slice(0, 10) : text.slice(11, 16)]);
        }
        if (ticks.length > 0 && ticks.every(([at]) => at % DAY !== 0))
            ticks[0][1] = time(new Date(ticks[0][0]).toISOString()).slice(0, 16);
        return ticks;
    }
    const months = [1, 2, 3, 6, 12, 24, 60, 120, 600, 1200].find(length =>
        (to - from) / (length * 30 * DAY) <= most) ?? 12000;
    const start = new Date(from).getUTCFullYear() * 12 + new Date(from).getUTCMonth() + 1;
    for (let month = Math.ceil(start / months) * months; ; month += months) {
        const at = new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12, 1);
        if (!(at <= to))
            break;
        ticks.push([at, new Date(at).toISOString().slice(0, months % 12 === 0 ? 4 : 7)]);
    }
    return ticks;
}

function drawLanes({marks, bars, shade, span, box}) {
    const width = Math.max(200, box.clientWidth);
    const lanes = [...new Set(Object.values(MARKS).map(mark => mark.lane)), ...Object.keys(bars)]
        .filter(lane => bars[lane]?.length > 0 || marks.some(mark => MARKS[mark.kind].lane === lane));
    const height = lanes.length * LANE_HEIGHT;
    const [from, to] = span;
    const x = at => LANE_TITLE_WIDTH + (Math.max(from, Math.min(to, at)) - from) / (to - from) *
        (width - LANE_TITLE_WIDTH - 8);
    const rect = (start, end, y, size, name) => draw('rect', {x: x(start).toFixed(1), y,
        width: Math.max(2, x(end) - x(start)).toFixed(1), height: size, class: name});
    const svg = draw('svg', {width, height: height + 24, role: 'img', 'aria-label': describe(marks, bars),
        viewBox: `0 0 ${width} ${height + 24}`},
        rect(shade[0], shade[1], 0, height, 'shade'));
    for (const [at, text] of ticksOf(span, width - LANE_TITLE_WIDTH, 84))
        svg.append(draw('line', {x1: x(at), x2: x(at), y1: 0, y2: height + 4, class: 'tick'}),
            draw('text', {x: x(at), y: height + 18, 'text-anchor': 'middle'}, text));
    lanes.forEach((lane, at) => {
        const y = at * LANE_HEIGHT + LANE_HEIGHT / 2;
        svg.append(draw('line', {x1: LANE_TITLE_WIDTH, x2: width, y1: y, y2: y, class: 'axis'}),
            draw('text', {x: 0, y: y + 4}, lane));
        for (const [start, end] of bars[lane] || [])
            if (end >= from && start <= to)
                svg.append(rect(start, end, y - 4, 8, lane === 'Episodes' ? 'bar bad' : 'bar'));
        svg.append(...laneMarks(marks, lane, span, x, y), ...beyond(marks, lane, span, width, y));
    });
    return svg;
}

/* One mark for each kind and pixel. */
function laneMarks(marks, lane, [from, to], x, y) {
    const seen = new Map();
    for (const {kind, at} of marks)
        if (MARKS[kind].lane === lane && at >= from && at <= to)
            seen.set(`${kind} ${Math.round(x(at))}`, [kind, Math.round(x(at))]);
    return [...seen.values()].map(([kind, pixel]) => shapeOf(kind, pixel, y));
}

/* How many marks of the lane are before and behind what is shown, at its ends. */
function beyond(marks, lane, [from, to], width, y) {
    const own = marks.filter(mark => MARKS[mark.kind].lane === lane);
    const before = own.filter(mark => mark.at < from).length;
    const behind = own.filter(mark => mark.at > to).length;
    const texts = [];
    if (before > 0)
        texts.push(draw('text', {x: LANE_TITLE_WIDTH, y: y + 4, class: 'beyond'}, `\u2039 ${before}`));
    if (behind > 0)
        texts.push(draw('text', {x: width, y: y + 4, 'text-anchor': 'end', class: 'beyond'},
            `${behind} \u203a`));
    return texts;
}

/* ---- Print: a plain line for each machine of the list ---- */

const printed = make('div', {class: 'printed'});

function makePrinted() {
    const most = shown.slice(0, PRINTED_MOST);
    const titles = view.columns.map(key => make('th', {scope: 'col', class: classOf(key)},
        columns.get(key).title));
    const lines = most.map(index => make('tr', null, ...view.columns.map((key, at) =>
        make(at === 0 ? 'th' : 'td', at === 0 ? {scope: 'row'} : null,
            columns.get(key).text(rows[index])))));
    printed.replaceChildren(make('p', null, status.textContent + (shown.length > PRINTED_MOST ?
        `; the first ${count(PRINTED_MOST)} are printed, the others are in hosts.csv` : '')),
    make('table', {class: 'machines'}, make('thead', null, make('tr', null, ...titles)),
        make('tbody', null, ...lines)));
    if (opened.element)
        printed.append(opened.element.firstChild.firstChild.cloneNode(true));
}

addEventListener('beforeprint', makePrinted);
addEventListener('afterprint', () => printed.replaceChildren());

/* ---- Begin ---- */

app.append(makeBar(), list, printed);
document.getElementById('hosts-title').setAttribute('tabindex', '-1');
readAddress(location.hash.includes('=') ? location.hash : '');
update();
sayWhereHostIs();
if (location.hash.includes('='))
    goToHosts();
})();
