/* SPDX-License-Identifier: Apache-2.0 */
/* Which hive it is, and what is read of it: keys and values of FACTS-more.md, Registry hives. */
#include "hive/hive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "hive/registry.h"

#define SYSTEM_KEY "Microsoft\\Windows NT\\CurrentVersion"
#define PACKAGES_KEY "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"
#define COMPUTER_NAME_KEY "Control\\ComputerName\\ComputerName"
#define TCPIP_KEY "Services\\Tcpip\\Parameters"

/* What is said of a hive that was not written to its end. */
#define DIRTY "dirty: its newest changes can be in its logs (.LOG, .LOG1, .LOG2) alone"

/* What is read, and where what it says goes. */
struct reading {
    const struct sink *sink;
    struct source_facts *facts;
    const struct hive_image *image;
};

static int hand_on(const struct reading *reading, struct finding *finding, struct error *err)
{
    finding->filetime = reading->image->last_write_filetime;
    return reading->sink->finding(reading->sink->context, finding, err);
}

/* ---- SYSTEM ---- */

/* The control set that counts, or NULL. */
static struct hive_key *find_control_set(struct hive_key *root, struct hive_key *select)
{
    struct hive_key *set = NULL;
    uint32_t current;
    char *name;

    if (!hive_key_number(select, "Current", &current))
        return NULL;
    name = memory_format("ControlSet%03" PRIu32, current);
    set = hive_key_find(root, name);
    free(name);
    return set;
}

/* Returns owned: the first of the two values that says something, or "". */
static char *either_text(struct hive_key *key, const char *value, const char *other)
{
    char *text = hive_key_text(key, value);

    if (*text == '\0') {
        free(text);
        text = hive_key_text(key, other);
    }
    return text;
}

/* The host's name is the first label of the full one; where it lacks, the NetBIOS name stands for
 * it. */
static int hand_on_computer(const struct reading *reading, struct hive_key *set, struct error *err)
{
    struct finding finding = finding_of(FINDING_COMPUTER, FINDING_ORIGIN_SYSTEM_HIVE);
    struct hive_key *tcpip = hive_key_find_path(set, TCPIP_KEY);
    struct hive_key *computer_name = hive_key_find_path(set, COMPUTER_NAME_KEY);
    char *host = either_text(tcpip, "Hostname", "NV Hostname");
    char *domain = either_text(tcpip, "Domain", "NV Domain");
    char *netbios = hive_key_text(computer_name, "ComputerName");
    const char *name = *host != '\0' ? host : netbios;
    char *full = *domain != '\0' ? memory_format("%s.%s", name, domain) : memory_copy_text(name);
    int result = 0;

    finding.host = full;
    finding.computer.name = name;
    finding.computer.netbios_name = netbios;
    finding.computer.domain = domain;
    if (*name != '\0')
        result = hand_on(reading, &finding, err);
    else
        source_facts_add_detail(reading->facts, "no computer name can be read in it");
    free(full);
    free(netbios);
    free(domain);
    free(host);
    hive_key_free(computer_name);
    hive_key_free(tcpip);
    return result;
}

static int read_system_hive(const struct reading *reading, struct hive_key *root,
                            struct hive_key *select, struct error *err)
{
    struct hive_key *set = find_control_set(root, select);
    int result = 0;

    if (set != NULL)
        result = hand_on_computer(reading, set, err);
    else
        source_facts_add_detail(reading->facts, "its current control set cannot be read");
    hive_key_free(set);
    return result;
}

/* ---- SOFTWARE: the system ---- */

/* Returns owned: `6.1.7601 Service Pack 1`. Windows 10 and later have their version as numbers, and
 * `6.3` in CurrentVersion. */
static char *read_version(struct hive_key *key)
{
    char *version = hive_key_text(key, "CurrentVersion");
    char *build = either_text(key, "CurrentBuildNumber", "CurrentBuild");
    char *pack = hive_key_text(key, "CSDVersion");
    struct text out = {0};
    uint32_t major, minor;

    if (hive_key_number(key, "CurrentMajorVersionNumber", &major) &&
        hive_key_number(key, "CurrentMinorVersionNumber", &minor))
        text_add_format(&out, "%" PRIu32 ".%" PRIu32, major, minor);
    else
        text_add(&out, version);
    if (out.length_bytes > 0 && *build != '\0')
        text_add_format(&out, ".%s", build);
    if (out.length_bytes > 0 && *pack != '\0')
        text_add_format(&out, " %s", pack);
    free(pack);
    free(build);
    free(version);
    return text_take(&out);
}

static int hand_on_system(const struct reading *reading, struct hive_key *key, struct error *err)
{
    struct finding finding = finding_of(FINDING_SYSTEM, FINDING_ORIGIN_SOFTWARE_HIVE);
    char *name = hive_key_text(key, "ProductName");
    char *version = read_version(key);
    char *product_id = hive_key_text(key, "ProductId");
    char *edition_id = hive_key_text(key, "EditionID");
    char *installation_type = hive_key_text(key, "InstallationType");
    int result = 0;

    finding.system = (struct finding_system){.os_name = name,
                                             .os_version = version,
                                             .product_id = product_id,
                                             .edition_id = edition_id,
                                             .installation_type = installation_type};
    if (*name != '\0' || *version != '\0' || *product_id != '\0' || *edition_id != '\0')
        result = hand_on(reading, &finding, err);
    free(installation_type);
    free(edition_id);
    free(product_id);
    free(version);
    free(name);
    return result;
}

/* ---- SOFTWARE: the packages ---- */

/* Microsoft's chart of servicing states, and the numbers of its interface for programs. */
static const struct {
    uint32_t number;
    enum package_state state;
    const char *name;
} package_states[] = {
    {0x00, PACKAGE_STATE_NOT_PRESENT, "absent"},
    {0x04, PACKAGE_STATE_STAGED, "staged"},
    {0x05, PACKAGE_STATE_UNINSTALL_PENDING, "uninstall pending"},
    {0x06, PACKAGE_STATE_INSTALL_PENDING, "install pending"},
    {0x07, PACKAGE_STATE_INSTALLED, "installed"},
    {0x08, PACKAGE_STATE_PERMANENT, "permanent"},
    {0x10, PACKAGE_STATE_ON_THE_WAY, "resolving"},
    {0x20, PACKAGE_STATE_ON_THE_WAY, "resolved"},
    {0x30, PACKAGE_STATE_ON_THE_WAY, "staging"},
    {0x40, PACKAGE_STATE_STAGED, "staged"},
    {0x50, PACKAGE_STATE_SUPERSEDED, "superseded"},
    {0x60, PACKAGE_STATE_INSTALL_PENDING, "install pending"},
    {0x65, PACKAGE_STATE_ON_THE_WAY, "partially installed"},
    {0x70, PACKAGE_STATE_INSTALLED, "installed"},
    {0x80, PACKAGE_STATE_PERMANENT, "permanent"},
};

/* Returns owned: the state in words, with its number; "" where there is none. */
static char *read_state(struct hive_key *package, enum package_state *state)
{
    uint32_t number;

    *state = PACKAGE_STATE_UNKNOWN;
    if (!hive_key_number(package, "CurrentState", &number))
        return memory_copy_text("");
    for (size_t index = 0; index < ARRAY_COUNT(package_states); index++) {
        if (package_states[index].number != number)
            continue;
        *state = package_states[index].state;
        return memory_format("%s (0x%" PRIX32 ")", package_states[index].name, number);
    }
    return memory_format("0x%" PRIX32, number);
}

/* Returns owned: when it was installed, or "". */
static char *read_install_time(struct hive_key *package)
{
    uint32_t high, low;

    return hive_key_number(package, "InstallTimeHigh", &high) &&
                   hive_key_number(package, "InstallTimeLow", &low)
               ? filetime_text((uint64_t)high << 32 | low)
               : memory_copy_text("");
}

static int hand_on_package(const struct reading *reading, struct hive_key *package,
                           const struct incident_update *update, struct finding *listing,
                           struct error *err)
{
    struct finding finding = finding_of(FINDING_ENTRY, FINDING_ORIGIN_SOFTWARE_HIVE);
    enum package_state state;
    char *state_text = read_state(package, &state);
    char *date = read_install_time(package);
    int result;

    finding.entry = (struct finding_entry){.update_id = update->id,
                                           .name = hive_key_name(package),
                                           .state = state,
                                           .state_text = state_text,
                                           .date = date};
    if (update->id == UPDATE_ID_KB971033 && state != PACKAGE_STATE_NOT_PRESENT)
        listing->listing.names_update = true;
    result = hand_on(reading, &finding, err);
    free(date);
    free(state_text);
    return result;
}

/* Why the list as a whole proves no absence, or "". */
static const char *why_incomplete(const struct reading *reading)
{
    if (reading->facts->damage.count > 0)
        return "the hive is damaged";
    return reading->image->is_dirty ? "the hive is " DIRTY : "";
}

/* An empty list is that of no Windows. */
static int hand_on_packages(const struct reading *reading, struct hive_key *packages,
                            struct error *err)
{
    struct finding listing = finding_of(FINDING_LISTING, FINDING_ORIGIN_SOFTWARE_HIVE);
    size_t count = hive_key_count(packages);
    int result = 0;

    listing.listing.entry_count = 0;
    for (size_t index = 0; index < count && result == 0; index++) {
        struct hive_key *package = hive_key_at(packages, index);
        const struct incident_update *update =
            package != NULL ? incident_find_update(hive_key_name(package)) : NULL;

        listing.listing.entry_count += package != NULL;
        if (update != NULL)
            result = hand_on_package(reading, package, update, &listing, err);
        hive_key_free(package);
    }
    listing.listing.incomplete = why_incomplete(reading);
    if (result == 0 && listing.listing.entry_count > 0)
        return hand_on(reading, &listing, err);
    if (result == 0)
        source_facts_add_detail(reading->facts, "no list of packages in it");
    return result;
}

static int read_software_hive(const struct reading *reading, struct hive_key *root,
                              struct error *err)
{
    struct hive_key *system = hive_key_find_path(root, SYSTEM_KEY);
    struct hive_key *packages = hive_key_find_path(root, PACKAGES_KEY);
    int result = system != NULL ? hand_on_system(reading, system, err) : 0;

    if (result == 0)
        result = hand_on_packages(reading, packages, err);
    hive_key_free(packages);
    hive_key_free(system);
    return result;
}

/* ---- The hive ---- */

static void skip(struct source_facts *facts, const char *why)
{
    source_facts_add_detail(facts, "%s", why);
    if (facts->status == SOURCE_STATUS_OK)
        facts->status = SOURCE_STATUS_SKIPPED;
}

static int read_keys(const struct reading *reading, struct hive_key *root, struct error *err)
{
    struct hive_key *select = hive_key_find(root, "Select");
    struct hive_key *microsoft = select == NULL ? hive_key_find(root, "Microsoft") : NULL;
    int result = 0;

    if (select == NULL && microsoft == NULL)
        skip(reading->facts, reading->facts->damage.count > 0
                                 ? "which hive it is cannot be told"
                                 : "registry hive other than SOFTWARE and SYSTEM");
    else if (reading->image->is_dirty)
        source_facts_add_detail(reading->facts, DIRTY ", which are not read");
    if (select != NULL)
        result = read_system_hive(reading, root, select, err);
    else if (microsoft != NULL)
        result = read_software_hive(reading, root, err);
    hive_key_free(microsoft);
    hive_key_free(select);
    return result;
}

static int read_hive(const struct reading *reading, struct hive_image *image, struct error *err)
{
    struct hive *hive = NULL;
    struct hive_key *root;
    int result;

    if (hive_open(image, reading->facts, &hive, err) != 0)
        return -1;
    root = hive_root(hive);
    result = root != NULL ? read_keys(reading, root, err) : 0;
    hive_key_free(root);
    hive_close(hive);
    return result;
}

/* ---- The reader ---- */

static uint64_t hive_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int hive_read_part(const struct source *source, int descriptor, uint64_t part,
                          const struct reader_options *options, const struct sink *sink,
                          struct source_facts *facts, struct error *err)
{
    uint64_t present_bytes = source_present_size(descriptor, source->size_bytes);
    struct hive_image image;
    struct reading reading = {.sink = sink, .facts = facts, .image = &image};
    int result = -1;

    (void)part;
    reader_feed_byte_sink(source, descriptor, options, facts);
    if (present_bytes < source->size_bytes)
        source_facts_add_damage(facts, present_bytes, "became shorter while it was read");
    if (hive_image_open(descriptor, present_bytes, &image, facts, err) == 0) {
        result = 0;
        if (image.type != 0)
            skip(facts, "transaction log of a registry hive, which is not read");
        else
            result = read_hive(&reading, &image, err);
    }
    hive_image_free_content(&image);
    return result;
}

static void hive_finish(struct source_facts *facts)
{
    source_facts_finish(facts, hive_reader.reference);
}

const struct reader hive_reader = {
    .count_parts = hive_count_parts,
    .read_part = hive_read_part,
    .join = source_facts_join,
    .finish = hive_finish,
    .reference = NULL,
};
