/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/segments.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/span.h"
#include "base/text.h"
#include "intake/content.h"

/* How many files an image can have, and how many numbers behind a missing one are looked for. */
#define SEGMENTS_MOST 20000u
#define GAP_MOST 16u
/* Descriptors of VMware have some 20 lines, and one for each 2 GB of a disk. */
#define DESCRIPTOR_BYTES_MOST (1024u * 1024)

#define EWF_NUMBERS 99u /* E01 to E99; then letters */
#define LETTERS 26u

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static void add_path(struct segments *segments, const char *path)
{
    segments->paths = memory_grow(segments->paths, segments->count, sizeof(*segments->paths));
    segments->paths[segments->count++] = memory_copy_text(path);
}

void segments_free_content(struct segments *segments)
{
    memory_free_texts(segments->paths, segments->count);
    *segments = (struct segments){0};
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* ---- Numbers in the extension ---- */

/* A name's stem and how its extension counts. */
struct series {
    size_t stem_bytes;   /* of the path, with the dot and what stands before the number */
    size_t digit_count;  /* of a raw image; 0 for EWF */
    unsigned number;     /* the file's own */
    size_t letter_bytes; /* where in the path that of EWF is, */
    char letter;         /* and that of the segments up to 99 */
    bool is_lower;
};

static bool read_digits(const char *text, unsigned *number)
{
    uint64_t value;

    if (!text_parse_number(text, &value) || value > SEGMENTS_MOST)
        return false;
    *number = (unsigned)value;
    return true;
}

/* The number that two characters behind E, S or Ex stand for: 01 to 99, AA to ZZ. */
static bool read_ewf_number(const char *text, unsigned *number)
{
    if (strlen(text) != 2)
        return false;
    if (isdigit((unsigned char)text[0]))
        return read_digits(text, number) && *number > 0;
    if (!isalpha((unsigned char)text[0]) || !isalpha((unsigned char)text[1]))
        return false;
    *number = EWF_NUMBERS + 1 + (unsigned)(toupper((unsigned char)text[0]) - 'A') * LETTERS +
              (unsigned)(toupper((unsigned char)text[1]) - 'A');
    return true;
}

/* EWF: E01 or Ex01. */
static bool read_ewf_series(const char *path, struct series *out)
{
    const char *dot = strrchr(name_of(path), '.');
    const char *digits;

    if (dot == NULL || dot[1] == '\0')
        return false;
    digits = dot + 2 + (dot[2] == 'x' || dot[2] == 'X');
    if (strlen(dot) < 4 || !isalpha((unsigned char)dot[1]) ||
        !read_ewf_number(digits, &out->number))
        return false;
    out->letter = dot[1];
    out->letter_bytes = (size_t)(dot + 1 - path);
    out->is_lower = islower((unsigned char)dot[1]) != 0;
    out->digit_count = 0;
    out->stem_bytes = (size_t)(digits - path);
    return true;
}

static bool read_raw_series(const char *path, struct series *out)
{
    const char *dot = strrchr(name_of(path), '.');

    if (dot == NULL || strlen(dot) < 3 || !read_digits(dot + 1, &out->number))
        return false;
    out->digit_count = strlen(dot + 1);
    out->stem_bytes = (size_t)(dot + 1 - path);
    return true;
}

static bool read_series(const char *path, enum source_kind kind, struct series *out)
{
    *out = (struct series){0};
    return kind == SOURCE_KIND_EWF ? read_ewf_series(path, out) : read_raw_series(path, out);
}

/* Returns owned: the path of the segment of that number. */
static char *path_of(const char *path, const struct series *series, unsigned number)
{
    struct text out = {0};
    unsigned behind = number - EWF_NUMBERS - 1;
    char base = series->is_lower ? 'a' : 'A';

    text_add_bytes(&out, path, series->stem_bytes);
    if (series->digit_count > 0) {
        text_add_format(&out, "%0*u", (int)series->digit_count, number);
        return text_take(&out);
    }
    out.bytes[series->letter_bytes] = series->letter;
    if (number <= EWF_NUMBERS) {
        text_add_format(&out, "%02u", number);
        return text_take(&out);
    }
    /* .FAA follows .EZZ: the letter is the digit before the last two. In .ExZZ it has no next. */
    if (series->letter_bytes + 1 == series->stem_bytes)
        out.bytes[series->letter_bytes] =
            (char)(series->letter + (char)(behind / (LETTERS * LETTERS)));
    text_add_character(&out, (uint32_t)base + behind / LETTERS % LETTERS);
    text_add_character(&out, (uint32_t)base + behind % LETTERS);
    return text_take(&out);
}

/* The kind of the file at `path`, as its content tells. A log without its first pages is of none
 * here: where an image was split within a log, its next part begins like that. */
static enum source_kind kind_of(const char *path)
{
    struct walk_entry entry = {.path = memory_copy_text(path), .named = true};
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct source source;
    const char *name;
    enum source_kind kind;
    int file;

    kind = content_open(&entry, true, &file, &source, &name, &err) == 0 ? source.kind
                                                                        : SOURCE_KIND_UNKNOWN;
    if (file >= 0)
        close(file);
    source_free_content(&source);
    error_clear(&err);
    free(entry.path);
    return kind;
}

/* libewf format documents: the number of a segment in its header, in 16 bits; in that of EWF2,
 * whose signature begins otherwise, in 32. */
#define EWF_HEAD_BYTES 16u
#define EWF_OFFSET_NUMBER 9u
#define EWF2_MAGIC "EVF2"
#define EWF2_OFFSET_NUMBER 12u

/* Does the segment of EWF say that it is the first of an image? */
static bool is_first_of_ewf(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t bytes[EWF_HEAD_BYTES];
    size_t got = 0;
    struct span head;
    uint16_t number;
    uint32_t number2;
    bool is;

    if (file < 0 || file_read_at(file, bytes, sizeof(bytes), 0, &got) != 0)
        got = 0;
    if (file >= 0)
        close(file);
    head = span_of(bytes, got, 0);
    if (span_starts_with(&head, EWF2_MAGIC, strlen(EWF2_MAGIC)))
        is = span_u32_at(&head, EWF2_OFFSET_NUMBER, &number2) && number2 == 1;
    else
        is = span_u16_at(&head, EWF_OFFSET_NUMBER, &number) && number == 1;
    return is;
}

/* Can the file be a later segment of an image of that kind? One that is split into its bytes has
 * parts that are nothing by themselves. Where one of them looks like something by chance, both are
 * read, and the image is said to be cut. */
static bool can_follow(enum source_kind image, const char *path)
{
    enum source_kind kind = kind_of(path);

    if (image == SOURCE_KIND_EWF)
        return kind == SOURCE_KIND_EWF && !is_first_of_ewf(path);
    return kind == SOURCE_KIND_UNKNOWN || kind == SOURCE_KIND_EMPTY;
}

static int find_series(const char *path, enum source_kind kind, const struct series *series,
                       struct segments *out, struct error *err)
{
    unsigned number = series->number, missing = 0;

    while (out->count < SEGMENTS_MOST && missing < GAP_MOST) {
        char *next = path_of(path, series, ++number);

        if (!is_file(next)) {
            missing++;
        } else if (!can_follow(kind, next)) {
            missing = GAP_MOST;
        } else if (missing == 0) {
            add_path(out, next);
        } else {
            char *lost = path_of(path, series, number - missing);

            error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                      "its segment %s is missing: put it beside the others", name_of(lost));
            free(lost);
            free(next);
            return -1;
        }
        free(next);
    }
    return 0;
}

/* ---- Names in a descriptor ---- */

/* Returns owned: what a descriptor that is a file of its own says, or NULL. */
static char *read_descriptor(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = memory_allocate(1, DESCRIPTOR_BYTES_MOST + 1);
    size_t got = 0;

    if (file < 0 || file_read_at(file, text, DESCRIPTOR_BYTES_MOST, 0, &got) != 0 ||
        text[0] != '#') {
        free(text);
        text = NULL;
    }
    if (file >= 0)
        close(file);
    return text;
}

/* Returns owned: the name of the next extent, `RW 4192256 SPARSE "NAME"`, without folders; NULL
 * behind the last. */
static char *next_extent(const char **at)
{
    while (**at != '\0') {
        const char *line = *at, *open, *close;
        size_t length = strcspn(line, "\n");
        char *name;

        *at = line + length + (line[length] == '\n');
        open = memchr(line, '"', length);
        close = open == NULL ? NULL : memchr(open + 1, '"', length - (size_t)(open + 1 - line));
        if (close == NULL || (strncmp(line, "RW ", 3) != 0 && strncmp(line, "RDONLY ", 7) != 0))
            continue;
        for (const char *byte = open + 1; byte < close; byte++)
            if (*byte == '/' || *byte == '\\')
                open = byte;
        name = memory_copy_bytes(open + 1, (size_t)(close - open - 1));
        if (name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            return name;
        free(name);
    }
    return NULL;
}

static char *beside(const char *path, const char *name)
{
    return memory_format("%.*s%s", (int)(name_of(path) - path), path, name);
}

/* Returns owned: the path of the file of that name beside the other. A name can be in another case
 * than the file's, where it was copied from Windows. */
static char *find_beside(const char *path, const char *name)
{
    char *found = beside(path, name), *folder = beside(path, ".");
    DIR *listing = is_file(found) ? NULL : opendir(folder);
    struct dirent *entry;

    while (listing != NULL && (entry = readdir(listing)) != NULL)
        if (text_equal_ascii(entry->d_name, name)) {
            free(found);
            found = beside(path, entry->d_name);
            break;
        }
    if (listing != NULL)
        closedir(listing);
    free(folder);
    return found;
}

static void find_extents(const char *path, struct segments *out)
{
    char *descriptor = read_descriptor(path);
    const char *at = descriptor;
    char *name;

    while (descriptor != NULL && out->count < SEGMENTS_MOST && (name = next_extent(&at)) != NULL) {
        char *extent = find_beside(path, name);

        if (is_file(extent))
            add_path(out, extent);
        free(extent);
        free(name);
    }
    free(descriptor);
}

int segments_find(const char *path, enum source_kind kind, struct segments *out, struct error *err)
{
    struct series series;

    *out = (struct segments){0};
    add_path(out, path);
    if (kind == SOURCE_KIND_VMDK)
        find_extents(path, out);
    else if ((kind == SOURCE_KIND_EWF || kind == SOURCE_KIND_RAW_IMAGE) &&
             read_series(path, kind, &series) && series.number <= 1 &&
             find_series(path, kind, &series, out, err) != 0) {
        segments_free_content(out);
        return -1;
    }
    return 0;
}

/* ---- The first of a later one ---- */

/* The entry at `path`, when it is a file to read of that kind. */
static const struct walk_entry *find_entry(const struct walk *walk, const char *path,
                                           enum source_kind kind)
{
    const struct walk_entry *entry = walk_find(walk, path);
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct source source;
    const char *name;
    bool is_it;
    int file;

    if (entry == NULL || entry->problem != NULL)
        return NULL;
    is_it = content_open(entry, false, &file, &source, &name, &err) == 0 && source.kind == kind;
    if (file >= 0)
        close(file);
    source_free_content(&source);
    error_clear(&err);
    return is_it ? entry : NULL;
}

void segments_free_found(struct segments_found *found)
{
    free(found->first);
    segments_free_content(&found->segments);
    *found = (struct segments_found){0};
}

/* Is the file one of those that belong to the image at `first`? It is, too, where these have a gap:
 * then none of them is read, and the image says which is missing. */
static bool belongs_to(const char *path, const char *first, enum source_kind kind,
                       struct segments_found *found)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    size_t count;

    if (found->first == NULL || strcmp(found->first, first) != 0) {
        segments_free_found(found);
        found->first = memory_copy_text(first);
        found->has_gap = segments_find(first, kind, &found->segments, &err) != 0;
        error_clear(&err);
    }
    count = found->segments.count;
    /* Files are asked for in about the order of the segments. */
    for (size_t turn = 0; turn < count; turn++, found->at = (found->at + 1) % count)
        if (strcmp(found->segments.paths[found->at], path) == 0)
            return true;
    return found->has_gap && can_follow(kind, path);
}

/* The segment of that number, when the walk has it, it is of the kind, and the file at `path`
 * belongs to it. */
static const struct walk_entry *find_numbered(const struct walk *walk, const char *path,
                                              const struct series *series, unsigned number,
                                              enum source_kind kind, struct segments_found *found)
{
    char *its_path = path_of(path, series, number);
    const struct walk_entry *entry = find_entry(walk, its_path, kind);

    free(its_path);
    return entry != NULL && belongs_to(path, entry->path, kind, found) ? entry : NULL;
}

/* The first segment has the number 1, or 0 in sets that begin so. Segments behind EZZ have another
 * letter than the first. */
static const struct walk_entry *first_of_series(const struct walk *walk, const char *path,
                                                enum source_kind kind, struct segments_found *found)
{
    const struct walk_entry *first = NULL;
    struct series series;

    if (!read_series(path, kind, &series))
        return NULL;
    if (kind == SOURCE_KIND_RAW_IMAGE && series.number > 0)
        first = find_numbered(walk, path, &series, 0, kind, found);
    if (first == NULL && series.number > 1)
        first = find_numbered(walk, path, &series, 1, kind, found);
    for (const char *letter = "ES"; first == NULL && kind == SOURCE_KIND_EWF && *letter != '\0';
         letter++) {
        series.letter = series.is_lower ? (char)tolower((unsigned char)*letter) : *letter;
        if (series.number > EWF_NUMBERS && series.letter < path[series.letter_bytes])
            first = find_numbered(walk, path, &series, 1, kind, found);
    }
    return first;
}

/* Does the descriptor at `path` name the file? */
static bool names_extent(const char *path, const char *file_name)
{
    char *descriptor = read_descriptor(path);
    const char *at = descriptor;
    bool found = false;
    char *name;

    while (descriptor != NULL && !found && (name = next_extent(&at)) != NULL) {
        found = text_equal_ascii(name, file_name);
        free(name);
    }
    free(descriptor);
    return found;
}

/* Extents are NAME-flat.vmdk, NAME-s001.vmdk, NAME-f001.vmdk; the descriptor is NAME.vmdk. */
static const struct walk_entry *first_of_extent(const struct walk *walk, const char *path)
{
    const char *dash = strrchr(name_of(path), '-'), *dot = strrchr(name_of(path), '.');
    const struct walk_entry *first;
    char *descriptor;

    if (dash == NULL || dot == NULL || dot < dash || !text_equal_ascii(dot, ".vmdk"))
        return NULL;
    descriptor = memory_format("%.*s%s", (int)(dash - path), path, dot);
    first = find_entry(walk, descriptor, SOURCE_KIND_VMDK);
    free(descriptor);
    return first != NULL && names_extent(first->path, name_of(path)) ? first : NULL;
}

const struct walk_entry *segments_find_first(const struct walk *walk,
                                             const struct walk_entry *entry, enum source_kind kind,
                                             struct segments_found *found)
{
    const struct walk_entry *first;

    if (kind == SOURCE_KIND_EWF)
        return first_of_series(walk, entry->path, kind, found);
    first = first_of_extent(walk, entry->path);
    return first != NULL ? first : first_of_series(walk, entry->path, SOURCE_KIND_RAW_IMAGE, found);
}
