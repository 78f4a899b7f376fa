# SPDX-License-Identifier: Apache-2.0
"""Writes what was measured as Markdown."""

from measuring import KIB, MIB


def table(heads, rows):
    """The first column is text, the others are numbers."""
    lines = ['| ' + ' | '.join(heads) + ' |', '| --- |' + ' ---: |' * (len(heads) - 1)]
    lines += ['| ' + ' | '.join(row) + ' |' for row in rows]
    return '\n'.join(lines) + '\n'


def seconds(value):
    return f'{value:.3f}' if value < 10 else f'{value:.1f}'


def times(value):
    if value < 0.1:
        return f'{value:.2g}'
    return f'{value:.2f}' if value < 10 else f'{value:.1f}' if value < 100 else f'{value:.0f}'


def mebibytes(kib):
    return f'{kib / KIB:.1f}'


def size(size_bytes):
    return f'{size_bytes / MIB:.0f} MiB'


def ratio(contender, other):
    """How often as fast as another, per byte."""
    if contender is None or other is None or not contender.speed() or not other.speed():
        return '-'
    return times(contender.speed() / other.speed())


def contenders_table(contenders, bases):
    """One row each; `bases` are (head, contender) that speeds are compared with."""
    rows = []
    for contender in contenders:
        if contender.failure or not contender.seconds:
            reason = contender.failure or 'not measured'
            rows.append([contender.name, size(contender.size_bytes), reason] +
                        ['-'] * (6 + len(bases)))
            continue
        rows.append([
            contender.name,
            size(contender.size_bytes),
            seconds(contender.median()),
            f'{seconds(min(contender.seconds))} to {seconds(max(contender.seconds))}',
            str(len(contender.seconds)),
            f'{contender.speed() / 1e6:.0f}',
        ] + [ratio(contender, base) for _, base in bases] + [
            seconds(sorted(contender.cpu_seconds)[len(contender.cpu_seconds) // 2]),
            mebibytes(contender.own_kib),
            mebibytes(contender.resident_kib),
        ])
    heads = ['', 'read', 'median s', 'least to most', 'runs', 'MB/s']
    heads += [head for head, _ in bases] + ['CPU s', 'own MiB', 'RSS MiB']
    return table(heads, rows)


def scale_table(rows, least):
    """Times and memory of each size, and both against the smallest one."""
    lines = []
    bases = {jobs: contender for jobs, count, contender in rows if count == least}
    for jobs, count, contender in rows:
        base = bases[jobs]
        if not contender.seconds or not base.seconds:
            lines.append([contender.name, contender.failure or 'not measured'] + ['-'] * 7)
            continue
        lines.append([
            contender.name, size(contender.size_bytes),
            seconds(contender.median()), str(len(contender.seconds)),
            f'{contender.speed() / 1e6:.0f}',
            times(contender.size_bytes / base.size_bytes),
            times(contender.median() / base.median()),
            mebibytes(contender.own_kib), mebibytes(contender.resident_kib)])
    return table(['', 'read', 'median s', 'runs', 'MB/s', 'size x', 'time x', 'own MiB',
                          'RSS MiB'], lines)


def targets_table(targets):
    """Targets are (text, limit, 'most' or 'least', measured or None, unit)."""
    rows = []
    for text, limit, kind, measured, unit in targets:
        if measured is None:
            rows.append([text, f'at {kind} {limit}{unit}', '-', 'not measured'])
            continue
        met = measured <= limit if kind == 'most' else measured >= limit
        outcome = 'met'
        if not met:
            part = measured / limit if kind == 'most' else limit / measured
            outcome = f'missed by a factor of {times(part)}'
        rows.append([text, f'at {kind} {limit}{unit}', times(measured) + unit, outcome])
    return table(['target', 'wanted', 'measured', 'outcome'], rows)
