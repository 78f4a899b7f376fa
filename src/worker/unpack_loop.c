/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that unpacks does: goes through a container, member by member, tells by the first
 * bytes of each what it is, and hands on what a reader takes. A container in it is gone through in
 * its turn: where it lies, where it is stored as it is; from memory where it is small; else as a
 * stream. */
#include "worker/unpack_loop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "intake/content.h"

/* Of the memory, what containers in containers may take. */
#define NESTED_SHARE 3
/* Sparse files in a container: each is looked for among all of them. */
#define MAPS_MOST 1024
#define MAP_TRIES_MOST 4096

/* ---- What becomes of a member ---- */

static bool goes_forward_only(const struct unpack_level *level)
{
    return level->input->stream != NULL || (level->input->kind != SOURCE_KIND_ZIP &&
                                            !source_kind_is(level->input->kind, SOURCE_IS_IMAGE));
}

/* Passes over the rest of the member, where what follows lies behind its bytes: within the limits,
 * too. Beyond them the container ends. What is broken is the container's own to get over. */
static void pass_over(struct unpack_level *level, struct unpack_member *at)
{
    struct unpack_loop *loop = level->loop;
    uint64_t kept_bytes = at->size_bytes;
    size_t got = goes_forward_only(level) ? 1 : 0;

    while (at->err.kind == ERROR_NONE && got > 0) {
        unpack_take_back(loop, false);
        unpack_read_on(level, at, loop->buffer, UNPACK_BUFFER_BYTES, &got, &at->err);
    }
    if (!at->is_beyond_limit || (!goes_forward_only(level) && !loop->is_cut))
        return;
    level->is_cut = true;
    container_note(&level->notes, true, "cut off at %s, which %s", at->path, at->err.message);
    at->size_bytes = kept_bytes;
}

/* ---- Containers in it ---- */

/* A member as a stream of bytes, the first of which were read already. */
struct nested_stream {
    struct unpack_level *level;
    struct unpack_member *at;
    const uint8_t *head;
    size_t head_bytes;
    size_t given_bytes; /* of the head */
};

static int read_nested(void *context, void *buffer, size_t size_bytes, size_t *got,
                       struct error *err)
{
    struct nested_stream *nested = context;
    size_t left_bytes = nested->head_bytes - nested->given_bytes;

    if (left_bytes == 0)
        return unpack_read_on(nested->level, nested->at, buffer, size_bytes, got, err);
    *got = size_bytes < left_bytes ? size_bytes : left_bytes;
    memcpy(buffer, nested->head + nested->given_bytes, *got);
    nested->given_bytes += *got;
    return 0;
}

static void unpack(struct unpack_level *level, const struct unpack_member *at);

/* Goes through the container that the member is: in the file, or, without one, as a stream. */
static void unpack_nested(struct unpack_level *outer, struct unpack_member *at,
                          const struct container_file *file, const struct container_stream *stream)
{
    struct container_input input = {.kind = at->kind,
                                    .files = file,
                                    .file_count = file != NULL ? 1 : 0,
                                    .stream = stream,
                                    .carve = outer->input->carve,
                                    .passwords = outer->input->passwords,
                                    .password_count = outer->input->password_count};
    char *prefix = memory_format("%s!/", at->path);
    struct unpack_level level = {.loop = outer->loop,
                                 .input = &input,
                                 .prefix = prefix,
                                 .mtime_ns = at->member->mtime_ns,
                                 .mtime_is_local = at->member->mtime_is_local,
                                 .depth = outer->depth + 1};

    outer->containers++;
    unpack(&level, at);
    free(prefix);
}

/* The name of the file that the member is. */
static const char *file_name(const struct unpack_member *at)
{
    const char *slash = strrchr(at->path, '/');

    return slash != NULL ? slash + 1 : at->path;
}

/* Where it lies, if it does so in the file of the outer one, byte by byte. */
static bool unpack_in_place(struct unpack_level *level, struct unpack_member *at)
{
    struct container_file file;
    uint64_t start_bytes;

    if (level->unpacker.locate == NULL || at->map != NULL ||
        !level->unpacker.locate(level->unpacker.state, at->member, &start_bytes))
        return false;
    file = level->input->files[0];
    file.start_bytes += start_bytes;
    file.size_bytes = at->member->size_bytes;
    file.name = file_name(at);
    at->size_bytes = file.size_bytes;
    unpack_nested(level, at, &file, NULL);
    return true;
}

/* From memory: it is gathered first. Returns -1 where it is too large for that. */
static int unpack_gathered(struct unpack_level *level, struct unpack_member *at, size_t head_bytes)
{
    struct unpack_loop *loop = level->loop;
    struct container_file file;
    uint64_t size_bytes;

    if (unpack_gather(level, at, head_bytes) != 0)
        return -1;
    size_bytes = at->size_bytes;
    file = (struct container_file){
        .descriptor = at->file, .size_bytes = size_bytes, .name = file_name(at)};
    loop->handed_out_bytes -= size_bytes;
    loop->held_bytes += size_bytes;
    if (at->err.kind != ERROR_NONE)
        container_note(&level->notes, true, "%s in it %s", at->path, at->err.message);
    unpack_nested(level, at, &file, NULL);
    loop->held_bytes -= size_bytes;
    close(at->file);
    at->file = -1;
    return 0;
}

/* As a stream. */
static void unpack_streamed(struct unpack_level *level, struct unpack_member *at, size_t head_bytes)
{
    uint8_t *head = memory_allocate(head_bytes, 1);
    struct nested_stream nested = {
        .level = level, .at = at, .head = head, .head_bytes = head_bytes};
    struct container_stream stream = {.context = &nested, .read = read_nested};

    memcpy(head, level->loop->buffer, head_bytes);
    unpack_nested(level, at, NULL, &stream);
    free(head);
}

static void open_nested(struct unpack_level *level, struct unpack_member *at, size_t head_bytes)
{
    const struct unpack_limits *limits = level->loop->order->limits;
    uint64_t size_bytes = at->member->size_bytes;
    uint64_t share_bytes = unpack_measure_memory(level->loop) / NESTED_SHARE;
    bool is_archive = source_kind_is(at->kind, SOURCE_IS_ARCHIVE);

    if (level->depth >= limits->depth) {
        char *why = memory_format("lies in %u containers, so it is not opened (--limit depth)",
                                  level->depth);

        unpack_say_unread(level, at, why);
        free(why);
    } else if (unpack_in_place(level, at)) {
        return;
    } else if (size_bytes <= share_bytes || !is_archive || at->kind == SOURCE_KIND_7Z) {
        if ((size_bytes != MEMBER_SIZE_UNKNOWN && size_bytes > share_bytes * 2) ||
            unpack_gathered(level, at, head_bytes) != 0)
            unpack_say_too_large(level, at);
    } else {
        unpack_streamed(level, at, head_bytes);
    }
}

/* ---- Going through ---- */

/* What the first bytes of a member are of, and its reader, which may be NULL. */
static const struct reader *choose_reader(const struct unpack_level *level,
                                          struct unpack_member *at, struct span head)
{
    const struct reader *const *readers = level->loop->order->readers;
    const struct reader *reader;
    const char *name;

    at->kind = at->member->type == MEMBER_MEDIUM
                   ? SOURCE_KIND_CARVED
                   : content_recognise_for(head, level->input->carve, &name);
    reader = readers[source_kind_reader(at->kind)];
    if (reader == NULL && level->input->carve && head.left_bytes > 0 &&
        !source_kind_is(at->kind, SOURCE_IS_CONTAINER)) {
        at->kind = SOURCE_KIND_CARVED;
        reader = readers[READER_CARVE];
    }
    return reader != NULL && reader->takes != NULL && !reader->takes(head) ? NULL : reader;
}

/* Does what was read of an encrypted member fit its checksum? A wrong password can make anything of
 * it. */
static bool is_proved(struct unpack_level *level, struct unpack_member *at)
{
    size_t got = 1;

    while (got > 0 &&
           unpack_read_on(level, at, level->loop->buffer, UNPACK_BUFFER_BYTES, &got, &at->err) == 0)
        ;
    return at->err.kind == ERROR_NONE;
}

/* Looks at the first bytes of a member, and does what they tell. */
static void look_at(struct unpack_level *level, struct unpack_member *at)
{
    struct unpack_loop *loop = level->loop;
    const struct reader *reader;
    size_t got;

    if (unpack_read_full(level, at, loop->buffer, CONTENT_LONG_HEAD_BYTES, &got, &at->err) != 0 &&
        got == 0) {
        level->encrypted += at->member->is_encrypted;
        unpack_say_unread(level, at, at->err.message);
        return;
    }
    reader = choose_reader(level, at, span_of(loop->buffer, got, 0));
    if (source_kind_is(at->kind, SOURCE_IS_CONTAINER))
        open_nested(level, at, got);
    else if (reader != NULL)
        unpack_hand_on(level, at, reader, got);
    else if (at->err.kind != ERROR_NONE)
        unpack_say_unread(level, at, at->err.message);
    else if (at->member->is_encrypted && !is_proved(level, at))
        unpack_say_unread(level, at, at->err.message);
    else
        level->of_kind[at->kind]++;
    pass_over(level, at);
}

/* A name as a path below the container: with slashes, without a root, and without parts that lead
 * out of it. Returns owned. */
static char *make_path(const char *prefix, const struct container_member *member)
{
    const char *name = member->type == MEMBER_MEDIUM ? "[medium]" : member->path;
    struct text path = {0};

    text_add(&path, prefix);
    for (size_t length; *name != '\0'; name += length + (name[length] != '\0')) {
        length = strcspn(name, "/\\");
        if (length == 0 || (length == 1 && name[0] == '.'))
            continue;
        if (path.length_bytes > strlen(prefix))
            text_add(&path, "/");
        if (length == 2 && name[0] == '.' && name[1] == '.')
            text_add(&path, "%2E%2E");
        else
            text_add_bytes(&path, name, length);
    }
    return text_take(&path);
}

/* Takes the member's map, if there is one: the member is as large as that says. */
static void take_map(const struct unpack_level *level, struct unpack_member *at,
                     struct container_member *member)
{
    for (size_t index = 0; index < level->map_count && at->map == NULL; index++)
        if (strcmp(level->maps[index].path, member->path) == 0)
            at->map = &level->maps[index];
    if (at->map != NULL)
        member->size_bytes = at->map->size_bytes;
}

/* Reads the map that the member at hand is; false where it is none. */
static bool read_map(struct unpack_level *level, const struct container_member *member,
                     struct sparse_map *out)
{
    struct unpack_loop *loop = level->loop;
    struct text text = {0};
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    size_t got = 1;
    bool is_map;

    if (level->map_tries++ == MAP_TRIES_MOST)
        container_note(&level->notes, true,
                       "more than %d maps of sparse files (" SPARSE_SUFFIX
                       "): the others do not count",
                       MAP_TRIES_MOST);
    if (level->map_tries > MAP_TRIES_MOST)
        return false;
    while (got > 0 && text.length_bytes <= SPARSE_MAP_MOST_BYTES) {
        if (level->unpacker.read(level->unpacker.state, loop->buffer, UNPACK_BUFFER_BYTES, &got,
                                 &err) != 0)
            break;
        text_add_bytes(&text, (const char *)loop->buffer, got);
        loop->unpacked_bytes += got;
    }
    is_map = got == 0 && sparse_map_parse(text_get(&text), text.length_bytes, member->path, out);
    error_clear(&err);
    text_free(&text);
    return is_map;
}

/* A map that comes when its file has gone by: that was read with its holes left out. */
static bool is_late_map(struct unpack_level *level, const struct container_member *member)
{
    struct sparse_map map = {0};
    bool is_map = member->type == MEMBER_FILE && sparse_is_map_name(member->path) &&
                  level->input->kind != SOURCE_KIND_NONE && read_map(level, member, &map);

    level->late_maps += is_map;
    sparse_map_free_content(&map);
    return is_map;
}

static bool is_taken_map(const struct unpack_level *level, const char *path)
{
    for (size_t index = 0; index < level->map_count; index++) {
        size_t length = strlen(level->maps[index].path);

        if (strncmp(path, level->maps[index].path, length) == 0 &&
            strcmp(path + length, SPARSE_SUFFIX) == 0)
            return true;
    }
    return false;
}

/* What has no time of its own was written before its container was, at the latest. (Of the
 * outermost one the parent knows it.) */
static void date(const struct unpack_level *level, struct container_member *member)
{
    if (member->mtime_ns != 0)
        return;
    member->mtime_ns = level->mtime_ns;
    member->mtime_is_local = level->mtime_is_local;
}

static void take_member(struct unpack_level *level, struct container_member *member)
{
    struct unpack_loop *loop = level->loop;
    struct unpack_member at = {.member = member,
                               .file = -1,
                               .packed_before_bytes = level->notes.read_bytes,
                               .err = {.offset_bytes = ERROR_NO_OFFSET}};

    if (member->type == MEMBER_FOLDER || is_taken_map(level, member->path) ||
        is_late_map(level, member))
        return;
    take_map(level, &at, member);
    date(level, member);
    level->count++;
    if (++loop->member_count > loop->order->limits->members) {
        loop->is_cut = true;
        container_note(&level->notes, true,
                       "cut off there: it has more than %" PRIu64 " members (--limit members)",
                       loop->order->limits->members);
    } else if (member->type == MEMBER_LINK || member->type == MEMBER_SPECIAL) {
        level->others++;
    } else if (strlen(level->prefix) + strlen(member->path) > UNPACK_NAME_MOST_BYTES) {
        level->long_names++;
    } else {
        at.path = make_path(level->prefix, member);
        if (member->why_unread != NULL)
            unpack_say_unread(level, &at, member->why_unread);
        else
            look_at(level, &at);
        free(at.path);
        error_clear(&at.err);
    }
}

/* In a zip or 7z, whose directory is at hand, the maps are read first. */
static int read_maps(struct unpack_level *level, struct error *err)
{
    const struct unpack_limits *limits = level->loop->order->limits;
    struct container_member member;
    struct sparse_map map;
    uint64_t count = 0;
    int step = 0;

    if ((level->input->kind != SOURCE_KIND_ZIP && level->input->kind != SOURCE_KIND_7Z) ||
        level->input->stream != NULL)
        return 0;
    while (count++ < limits->members && level->map_count < MAPS_MOST &&
           level->loop->unpacked_bytes < limits->size_bytes &&
           (step = level->unpacker.next(level->unpacker.state, &member, err)) == 1)
        if (member.type == MEMBER_FILE && sparse_is_map_name(member.path) &&
            read_map(level, &member, &map)) {
            level->maps = memory_grow(level->maps, level->map_count, sizeof(*level->maps));
            level->maps[level->map_count++] = map;
        }
    error_clear(err); /* it comes again when the members are gone through */
    return level->unpacker.rewind(level->unpacker.state, err);
}

static void go_through(struct unpack_level *level, struct error *err)
{
    struct container_member member;

    if (read_maps(level, err) != 0)
        return;
    while (!level->is_cut && !level->loop->is_cut &&
           level->unpacker.next(level->unpacker.state, &member, err) == 1)
        take_member(level, &member);
}

/* ---- What became of a container ---- */

/* Says how many members there were that no reader takes, by kind. */
static void note_not_taken(struct unpack_level *level)
{
    struct text kinds = {0};

    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++)
        if (level->of_kind[kind] > 0)
            text_add_format(&kinds, "%s%" PRIu64 " %s", kinds.length_bytes > 0 ? ", " : "",
                            level->of_kind[kind], source_kind_word((enum source_kind)kind));
    if (level->others > 0)
        text_add_format(&kinds, "%s%" PRIu64 " links or devices",
                        kinds.length_bytes > 0 ? ", " : "", level->others);
    if (kinds.length_bytes > 0)
        container_note(&level->notes, false, "members that no reader takes: %s", text_get(&kinds));
    text_free(&kinds);
    if (level->long_names > 0)
        container_note(&level->notes, true,
                       "%" PRIu64 " member%s with a name of more than %d bytes not read",
                       level->long_names, text_plural(level->long_names), UNPACK_NAME_MOST_BYTES);
}

static enum source_status settle(struct unpack_level *level, const struct error *err)
{
    if (err->kind != ERROR_NONE)
        container_note(&level->notes, true, "%s", err->message);
    if (!level->is_open || (err->kind != ERROR_NONE && level->count == 0))
        return SOURCE_STATUS_UNREADABLE;
    if (level->encrypted > 0)
        container_note(&level->notes, true, "%" PRIu64 " encrypted member%s not read: %s",
                       level->encrypted, text_plural(level->encrypted),
                       level->input->kind != SOURCE_KIND_ZIP ? CONTAINER_NOT_DECRYPTED
                       : level->input->password_count == 0
                           ? "name the password with --password-file"
                           : "no password of --password-file opens them");
    if (level->unread > level->encrypted)
        container_note(&level->notes, true, "%" PRIu64 " member%s not read, each told in its row",
                       level->unread - level->encrypted,
                       text_plural(level->unread - level->encrypted));
    if (level->broken > 0)
        container_note(&level->notes, true, "%" PRIu64 " member%s not whole, each told in its row",
                       level->broken, text_plural(level->broken));
    if (level->late_maps > 0)
        container_note(&level->notes, true,
                       "%" PRIu64 " file%s stored without holes, whose map (" SPARSE_SUFFIX
                       ") is not at hand here, and read so: unpack it first",
                       level->late_maps, text_plural(level->late_maps));
    note_not_taken(level);
    if (level->notes.is_incomplete)
        return level->encrypted > 0 && level->handed_on == 0 ? SOURCE_STATUS_UNREADABLE
                                                             : SOURCE_STATUS_DAMAGED;
    return level->handed_on == 0 && level->containers == 0 ? SOURCE_STATUS_SKIPPED
                                                           : SOURCE_STATUS_OK;
}

/* Says what became of a container; `at` is the member that it is, NULL for the outermost one. */
static void end_level(struct unpack_level *level, const struct unpack_member *at,
                      const struct error *err)
{
    struct unpack_message message = {
        .says = UNPACK_CONTAINER, .path = "", .kind = level->input->kind, .sha256 = ""};

    if (at != NULL) {
        message = unpack_message_of(at, at->size_bytes);
        message.says = UNPACK_CONTAINER;
    }
    message.status = settle(level, err);
    unpack_say(level->loop, &message, text_get(&level->notes.detail));
    text_free(&level->notes.detail);
}

/* Opens a container, goes through it, and says what became of it. */
static void unpack(struct unpack_level *level, const struct unpack_member *at)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    const struct container_input *input = level->input;
    bool is_image = source_kind_is(input->kind, SOURCE_IS_IMAGE);

    level->is_open = (input->is_sparse ? sparse_open
                      : is_image       ? image_open
                                 : archive_open)(input, &level->notes, &level->unpacker, &err) == 0;
    if (level->is_open) {
        go_through(level, &err);
        level->unpacker.close(level->unpacker.state);
        for (size_t index = 0; index < level->map_count; index++)
            sparse_map_free_content(&level->maps[index]);
        free(level->maps);
    }
    end_level(level, at, &err);
    error_clear(&err);
}

void unpack_run(int socket, const struct unpack_order *order)
{
    struct unpack_loop loop = {.socket = socket,
                               .order = order,
                               .own_start_bytes = unpack_allocated_bytes(),
                               .buffer = memory_allocate(UNPACK_BUFFER_BYTES, 1)};
    struct unpack_level level = {.loop = &loop, .input = order->input, .prefix = "", .depth = 1};

    unpack(&level, NULL);
    free(loop.buffer);
    pack_free(&loop.packet);
}
