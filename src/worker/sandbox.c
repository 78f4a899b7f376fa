/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: a process that parses uses the descriptors that it was given, and private memory up
 * to a limit. It opens nothing, makes no process and no connection, sends no signal but to itself,
 * and runs no code but the program's own.
 *
 *     limits      private memory, address space, descriptors, no core file, no process, files no
 *                 larger than a member may be (a reader: none at all); the kernel takes it first
 *                 where memory runs out; a session of its own
 *     privileges  no capability, none to be had by execve, and no look into it by other processes
 *     Landlock    no path, no TCP port, no signal and no abstract socket out of it
 *     seccomp     a list of calls; what matters in their arguments is looked at, too
 *
 * A call that is not on the list fails with ENOSYS, as on a kernel that has no such call: the C
 * library of another system may try one that this list does not know, and then does without. Paths
 * are refused with EACCES, as it looks for files by itself (time zone, locale, number of cores) and
 * goes on without them. What nothing in here has a reason to call ends the process at once: who
 * calls execve or socket was taken over, and is not to try anything else.
 *
 * Not kept out: anonymous files of what unpacks, each no larger than a member may be, of which an
 * honest process has no more at a time than --limit memory says. And stat of a path by fstatat and
 * statx, which the C library needs for fstat, and seccomp cannot look at a path. */
#include "worker/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/say.h"
#include "base/text.h"

#define MIB (UINT64_C(1024) * 1024)

/* The slowest parts of real logs take less than a hundredth of it, those of a sanitized build a
 * tenth. */
#define TIME_BASE_MS (UINT64_C(120) * 1000)
#define TIME_MS_A_MIB (UINT64_C(2) * 1000)
/* A reader that waits (for a share, for memory that is swapped in) takes no processor time. */
#define SLEEP_TIMES 5

/* Mapped files (two parts of a log at most) and the stack come to the memory that is counted. */
#define ADDRESSES_MORE (UINT64_C(1024) * MIB)
#define DESCRIPTORS_MOST 64
/* The parent looks after the time of each job. This is for a process whose parent stands still: a
 * reader works off all jobs of a run. */
#define CPU_SECONDS_MOST (UINT64_C(7) * 24 * 3600)
#define OOM_SCORE_MORE 500 /* than the parent has */
#define OOM_SCORE_MOST 1000

const struct sandbox sandbox_default = {.memory_bytes = 512 * MIB};

/* The memory of a process under AddressSanitizer is mostly shadow, of which no limit can be said,
 * and its report calls what a reader has no reason to (the list at the end of `calls`). */
#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
static const bool is_sanitized = true;
#else
static const bool is_sanitized = false;
#endif
#else
static const bool is_sanitized = false;
#endif

uint64_t sandbox_time_ms(const struct sandbox *sandbox, uint64_t work_bytes)
{
    return sandbox->time_ms != 0 ? sandbox->time_ms
                                 : TIME_BASE_MS + work_bytes / MIB * TIME_MS_A_MIB;
}

uint64_t sandbox_sleep_ms(const struct sandbox *sandbox, uint64_t work_bytes)
{
    return sandbox->sleep_ms != 0 ? sandbox->sleep_ms
                                  : SLEEP_TIMES * sandbox_time_ms(sandbox, work_bytes);
}

/* ---- Limits ---- */

/* What the process has now: addresses, and of these what counts as its data. */
static bool measure(rlim_t *addresses_bytes, rlim_t *data_bytes)
{
    FILE *sizes = fopen("/proc/self/statm", "re");
    unsigned long size_pages = 0, data_pages = 0;
    long page_bytes = sysconf(_SC_PAGESIZE);
    bool is_known =
        sizes != NULL && fscanf(sizes, "%lu %*u %*u %*u %*u %lu", &size_pages, &data_pages) == 2;

    if (sizes != NULL)
        fclose(sizes);
    *addresses_bytes = (rlim_t)size_pages * (rlim_t)page_bytes;
    *data_bytes = (rlim_t)data_pages * (rlim_t)page_bytes;
    return is_known;
}

static bool limit(int resource, rlim_t most)
{
    struct rlimit now;
    struct rlimit both = {.rlim_cur = most, .rlim_max = most};

    if (getrlimit(resource, &now) != 0)
        return false;
    if (now.rlim_max < most)
        both.rlim_cur = both.rlim_max = now.rlim_max;
    return setrlimit(resource, &both) == 0;
}

/* Raising it takes no right. Lowering does, and would offer the parent in its place. */
static bool offer_to_oom_killer(void)
{
    FILE *score = fopen("/proc/self/oom_score_adj", "r+e");
    int now;
    bool is_raised = score != NULL && fscanf(score, "%d", &now) == 1;

    if (is_raised) {
        rewind(score);
        now = now < OOM_SCORE_MOST - OOM_SCORE_MORE ? now + OOM_SCORE_MORE : OOM_SCORE_MOST;
        is_raised = fprintf(score, "%d", now) > 0;
    }
    if (score != NULL && fclose(score) != 0)
        is_raised = false;
    return is_raised;
}

/* All that can be limited is, whatever else cannot. */
static bool enter_limits(const struct sandbox_entry *entry)
{
    rlim_t addresses_bytes = 0, data_bytes = 0;
    bool is_measured = measure(&addresses_bytes, &data_bytes);
    const struct {
        int resource;
        bool is_wanted;
        rlim_t most;
    } limits[] = {
        {RLIMIT_DATA, is_measured && !is_sanitized, data_bytes + entry->memory_bytes},
        {RLIMIT_AS, is_measured && !is_sanitized,
         addresses_bytes + entry->memory_bytes + ADDRESSES_MORE},
        {RLIMIT_NPROC, !is_sanitized, 0},
        {RLIMIT_NOFILE, !entry->unpacks, DESCRIPTORS_MOST}, /* a container's files can be many */
        {RLIMIT_FSIZE, true, entry->file_bytes},
        {RLIMIT_CORE, true, 0},
        {RLIMIT_CPU, true, CPU_SECONDS_MOST},
    };
    bool is_limited = offer_to_oom_killer() && is_measured;

    signal(SIGXFSZ, SIG_IGN); /* then it is EFBIG */
    setsid();                 /* fails where it leads one already */
    for (size_t index = 0; index < ARRAY_COUNT(limits); index++)
        if (limits[index].is_wanted && !limit(limits[index].resource, limits[index].most))
            is_limited = false;
    return is_limited;
}

/* ---- Privileges ---- */

static bool enter_privileges(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    bool is_entered;

    /* Only who has the right to can drop them; to others execve gives none. */
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        prctl(PR_CAPBSET_DROP, capability);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    is_entered = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        is_entered = false;
    return is_entered;
}

/* ---- Landlock ---- */

/* The kernel's linux/landlock.h as of ABI 6; that of Debian 12 knows two of them. What is handled
 * and not allowed by a rule is refused, and there is no rule. */
struct landlock_ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};
#define LANDLOCK_VERSION 1u
static const struct {
    long abi;
    struct landlock_ruleset ruleset;
} landlock_rows[] = {
    {6, {0xFFFF, 3, 3}}, /* signals, and abstract sockets, out of it */
    {5, {0xFFFF, 3, 0}}, /* ioctl of devices */
    {4, {0x7FFF, 3, 0}}, /* bind and connect of TCP */
    {3, {0x7FFF, 0, 0}}, /* truncate */
    {2, {0x3FFF, 0, 0}}, /* renaming across folders */
    {1, {0x1FFF, 0, 0}},
};

static bool enter_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

    for (size_t index = 0; index < ARRAY_COUNT(landlock_rows); index++) {
        long ruleset;
        bool is_entered;

        if (abi < landlock_rows[index].abi)
            continue;
        ruleset = syscall(SYS_landlock_create_ruleset, &landlock_rows[index].ruleset,
                          sizeof(landlock_rows[index].ruleset), 0);
        if (ruleset < 0)
            return false;
        is_entered = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
        close((int)ruleset);
        return is_entered;
    }
    return false;
}

/* ---- seccomp ---- */

enum caller { EVERY, UNPACKER, SANITIZED };
enum answer { ALLOW, NO_PATH, END };

static const struct call {
    int number;
    enum answer answer;
    enum caller caller;
} calls[] = {
    /* memory; mmap and mprotect are below */
    {SCMP_SYS(brk), ALLOW, EVERY},
    {SCMP_SYS(munmap), ALLOW, EVERY},
    {SCMP_SYS(mremap), ALLOW, EVERY},
    {SCMP_SYS(madvise), ALLOW, EVERY},
    /* what was given */
    {SCMP_SYS(read), ALLOW, EVERY},
    {SCMP_SYS(readv), ALLOW, EVERY},
    {SCMP_SYS(pread64), ALLOW, EVERY},
    {SCMP_SYS(preadv), ALLOW, EVERY},
    {SCMP_SYS(lseek), ALLOW, EVERY},
    {SCMP_SYS(_llseek), ALLOW, EVERY},
    {SCMP_SYS(fstat), ALLOW, EVERY},
    {SCMP_SYS(fstat64), ALLOW, EVERY},
    {SCMP_SYS(fadvise64), ALLOW, EVERY},
    {SCMP_SYS(close), ALLOW, EVERY},
    /* the C library's own */
    {SCMP_SYS(rt_sigaction), ALLOW, EVERY},
    {SCMP_SYS(rt_sigprocmask), ALLOW, EVERY},
    {SCMP_SYS(rt_sigreturn), ALLOW, EVERY},
    {SCMP_SYS(sigreturn), ALLOW, EVERY},
    {SCMP_SYS(sigaltstack), ALLOW, EVERY},
    {SCMP_SYS(restart_syscall), ALLOW, EVERY},
    {SCMP_SYS(futex), ALLOW, EVERY},
    {SCMP_SYS(sched_yield), ALLOW, EVERY},
    {SCMP_SYS(getrandom), ALLOW, EVERY},
    {SCMP_SYS(getpid), ALLOW, EVERY},
    {SCMP_SYS(gettid), ALLOW, EVERY},
    {SCMP_SYS(sysinfo), ALLOW, EVERY}, /* qsort asks how much memory there is */
    {SCMP_SYS(clock_gettime), ALLOW, EVERY},
    {SCMP_SYS(clock_gettime64), ALLOW, EVERY},
    {SCMP_SYS(clock_getres), ALLOW, EVERY},
    {SCMP_SYS(gettimeofday), ALLOW, EVERY},
    {SCMP_SYS(time), ALLOW, EVERY},
    {SCMP_SYS(exit), ALLOW, EVERY},
    {SCMP_SYS(exit_group), ALLOW, EVERY},
    /* members as anonymous files */
    {SCMP_SYS(memfd_create), ALLOW, UNPACKER},
    {SCMP_SYS(ftruncate), ALLOW, UNPACKER},
    {SCMP_SYS(ftruncate64), ALLOW, UNPACKER},
    {SCMP_SYS(fallocate), ALLOW, UNPACKER},
    {SCMP_SYS(write), ALLOW, UNPACKER},
    {SCMP_SYS(pwrite64), ALLOW, UNPACKER},
    /* looked for by the C library */
    {SCMP_SYS(open), NO_PATH, EVERY},
    {SCMP_SYS(openat), NO_PATH, EVERY},
    {SCMP_SYS(openat2), NO_PATH, EVERY},
    {SCMP_SYS(access), NO_PATH, EVERY},
    {SCMP_SYS(faccessat), NO_PATH, EVERY},
    {SCMP_SYS(faccessat2), NO_PATH, EVERY},
    {SCMP_SYS(readlink), NO_PATH, EVERY},
    {SCMP_SYS(readlinkat), NO_PATH, EVERY},
    {SCMP_SYS(stat), NO_PATH, EVERY},
    {SCMP_SYS(stat64), NO_PATH, EVERY},
    {SCMP_SYS(lstat), NO_PATH, EVERY},
    {SCMP_SYS(lstat64), NO_PATH, EVERY},
    {SCMP_SYS(getcwd), NO_PATH, EVERY},
    /* of one that was taken over */
    {SCMP_SYS(execve), END, EVERY},
    {SCMP_SYS(execveat), END, EVERY},
    {SCMP_SYS(socket), END, EVERY},
    {SCMP_SYS(socketcall), END, EVERY},
    {SCMP_SYS(connect), END, EVERY},
    {SCMP_SYS(bind), END, EVERY},
    {SCMP_SYS(listen), END, EVERY},
    {SCMP_SYS(accept), END, EVERY},
    {SCMP_SYS(accept4), END, EVERY},
    {SCMP_SYS(sendmmsg), END, EVERY},
    {SCMP_SYS(kill), END, EVERY},
    {SCMP_SYS(tkill), END, EVERY},
    {SCMP_SYS(rt_sigqueueinfo), END, EVERY},
    {SCMP_SYS(rt_tgsigqueueinfo), END, EVERY},
    {SCMP_SYS(pidfd_open), END, EVERY},
    {SCMP_SYS(pidfd_getfd), END, EVERY},
    {SCMP_SYS(pidfd_send_signal), END, EVERY},
    {SCMP_SYS(ptrace), END, EVERY},
    {SCMP_SYS(process_vm_readv), END, EVERY},
    {SCMP_SYS(process_vm_writev), END, EVERY},
    {SCMP_SYS(open_by_handle_at), END, EVERY},
    {SCMP_SYS(userfaultfd), END, EVERY},
    {SCMP_SYS(perf_event_open), END, EVERY},
    {SCMP_SYS(bpf), END, EVERY},
    {SCMP_SYS(io_uring_setup), END, EVERY},
    {SCMP_SYS(unshare), END, EVERY},
    {SCMP_SYS(setns), END, EVERY},
    {SCMP_SYS(mount), END, EVERY},
    {SCMP_SYS(chroot), END, EVERY},
    {SCMP_SYS(keyctl), END, EVERY},
    {SCMP_SYS(add_key), END, EVERY},
    {SCMP_SYS(request_key), END, EVERY},
    {SCMP_SYS(personality), END, EVERY},
    {SCMP_SYS(modify_ldt), END, EVERY},
    {SCMP_SYS(setuid), END, EVERY},
    {SCMP_SYS(setgid), END, EVERY},
    {SCMP_SYS(setresuid), END, EVERY},
    {SCMP_SYS(setresgid), END, EVERY},
    {SCMP_SYS(setgroups), END, EVERY},
    {SCMP_SYS(capset), END, EVERY},
    /* AddressSanitizer's: it sets its shadow up, and asks where the stack ends. */
    {SCMP_SYS(getrlimit), ALLOW, SANITIZED},
    {SCMP_SYS(sched_getaffinity), ALLOW, SANITIZED},
};

/* Making a process ends one that was taken over. AddressSanitizer's report tries to run a program
 * that names functions; without it the report has their addresses. */
static const int forking[] = {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3)};

static uint32_t action_of(enum answer answer)
{
    switch (answer) {
    case ALLOW:
        return SCMP_ACT_ALLOW;
    case NO_PATH:
        return SCMP_ACT_ERRNO(EACCES);
    case END:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

/* A call that this machine does not have needs no rule. */
static bool add(scmp_filter_ctx filter, uint32_t action, int call, unsigned count,
                const struct scmp_arg_cmp *arguments)
{
    int result = seccomp_rule_add_array(filter, action, call, count, arguments);

    return result == 0 || result == -EDOM;
}

#define CONDITION(argument, comparison, first, second) \
    (struct scmp_arg_cmp)                              \
    {                                                  \
        (argument), (comparison), (first), (second)    \
    }
#define WHERE(argument, what) CONDITION(argument, SCMP_CMP_EQ, (scmp_datum_t)(what), 0)
#define WITH(argument, bits) CONDITION(argument, SCMP_CMP_MASKED_EQ, bits, bits)
#define WITHOUT(argument, bits) CONDITION(argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0)
#define ADD_WHERE(filter, call, ...)                               \
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(call),                    \
        ARRAY_COUNT(((const struct scmp_arg_cmp[]){__VA_ARGS__})), \
        (const struct scmp_arg_cmp[]){__VA_ARGS__})

/* Calls whose arguments matter. A member's file may be writable, so that a reader maps it to read
 * only, and cannot make that more. */
static bool add_checked(scmp_filter_ctx filter, const struct sandbox_entry *entry)
{
    int writes = is_sanitized ? PROT_EXEC : PROT_EXEC | PROT_WRITE;

    return ADD_WHERE(filter, mmap, WITHOUT(2, PROT_EXEC | PROT_WRITE)) &&
           ADD_WHERE(filter, mmap, WITHOUT(2, PROT_EXEC), WITHOUT(3, MAP_SHARED)) &&
           ADD_WHERE(filter, mmap2, WITHOUT(2, PROT_EXEC | PROT_WRITE)) &&
           ADD_WHERE(filter, mmap2, WITHOUT(2, PROT_EXEC), WITHOUT(3, MAP_SHARED)) &&
           ADD_WHERE(filter, mprotect, WITHOUT(2, writes)) &&
           ADD_WHERE(filter, fstatat64, WHERE(3, AT_EMPTY_PATH)) &&
           ADD_WHERE(filter, newfstatat, WHERE(3, AT_EMPTY_PATH)) &&
           ADD_WHERE(filter, statx, WITH(2, AT_EMPTY_PATH)) &&
           ADD_WHERE(filter, fcntl, WHERE(1, F_GETFL)) &&
           ADD_WHERE(filter, fcntl, WHERE(1, F_GETFD)) &&
           (!entry->unpacks || ADD_WHERE(filter, fcntl, WHERE(1, F_ADD_SEALS))) &&
           ADD_WHERE(filter, prlimit64, WHERE(0, 0), WHERE(2, 0)) &&
           ADD_WHERE(filter, tgkill, WHERE(0, getpid())) &&
           ADD_WHERE(filter, write, WHERE(0, STDERR_FILENO)) &&
           ADD_WHERE(filter, writev, WHERE(0, STDERR_FILENO)) &&
           ADD_WHERE(filter, write, WHERE(0, entry->socket)) &&
           ADD_WHERE(filter, recvmsg, WHERE(0, entry->socket)) &&
           ADD_WHERE(filter, recvfrom, WHERE(0, entry->socket)) &&
           ADD_WHERE(filter, sendmsg, WHERE(0, entry->socket));
}

static bool add_calls(scmp_filter_ctx filter, const struct sandbox_entry *entry)
{
    uint32_t forks = is_sanitized ? SCMP_ACT_ERRNO(EACCES) : SCMP_ACT_KILL_PROCESS;
    bool is_added = true;

    for (size_t index = 0; index < ARRAY_COUNT(calls); index++)
        if (calls[index].caller == EVERY || (calls[index].caller == UNPACKER && entry->unpacks) ||
            (calls[index].caller == SANITIZED && is_sanitized))
            is_added = is_added &&
                       add(filter, action_of(calls[index].answer), calls[index].number, 0, NULL);
    for (size_t index = 0; index < ARRAY_COUNT(forking); index++)
        is_added = is_added && add(filter, forks, forking[index], 0, NULL);
    return is_added && add_checked(filter, entry);
}

static bool enter_seccomp(const struct sandbox_entry *entry)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    bool is_entered =
        filter != NULL &&
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        add_calls(filter, entry) && seccomp_load(filter) == 0;

    seccomp_release(filter);
    return is_entered;
}

/* ---- All of it ---- */

static unsigned refused_unless(bool is_entered, enum sandbox_part part)
{
    return is_entered ? 0 : 1u << part;
}

/* Each takes away what the one before it needs. */
unsigned sandbox_enter(const struct sandbox *sandbox, const struct sandbox_entry *entry)
{
    unsigned refused;

    if (sandbox->is_off)
        return 0;
    refused = refused_unless(enter_limits(entry), SANDBOX_LIMITS);
    refused |= refused_unless(enter_privileges(), SANDBOX_PRIVILEGES);
    refused |= refused_unless(enter_landlock(), SANDBOX_LANDLOCK);
    return refused | refused_unless(enter_seccomp(entry), SANDBOX_SECCOMP);
}

void sandbox_tell_refused(struct sandbox *sandbox, unsigned refused)
{
    static const char *const names[] = {
        [SANDBOX_LIMITS] = "limits of memory and files (setrlimit, /proc)",
        [SANDBOX_PRIVILEGES] = "giving up of privileges (no_new_privs, capset)",
        [SANDBOX_LANDLOCK] = "Landlock",
        [SANDBOX_SECCOMP] = "seccomp",
    };
    struct text parts = {0};

    static_assert(ARRAY_COUNT(names) == SANDBOX_PART_COUNT, "a name for each");
    for (unsigned part = 0; part < SANDBOX_PART_COUNT; part++)
        if ((refused & ~sandbox->told) >> part & 1u)
            text_add_item(&parts, names[part]);
    sandbox->told |= refused;
    if (parts.length_bytes > 0)
        say_warning("the kernel refuses %s: the processes that parse go on with the rest of their "
                    "sandbox",
                    text_get(&parts));
    text_free(&parts);
}
