/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader process may not do. Each attempt is made by a reader as the program starts it, in
 * the sandbox and out of it: there it must go well, so that its failure in the sandbox is the
 * sandbox's. An attempt tells its outcome as the record count of its source. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "run.h"
#include "scratch.h"
#include "worker/pool.h"

#define MIB ((size_t)1024 * 1024)
#define MEMORY_BYTES (64 * MIB)
#define KILLED "called what its sandbox does not allow"

/* The outcome of an attempt. */
#define WENT_WELL 1

static struct sandbox sandbox;
static struct pool *pool;
static struct error err;
static struct source source;
static int file;

/* ---- Attempts: each in a reader process, with the file of its job ---- */

static bool try_open(int descriptor)
{
    (void)descriptor;
    return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0;
}

static bool try_open_to_write(int descriptor)
{
    (void)descriptor;
    return creat("made", 0600) >= 0;
}

static bool try_read_environment(int descriptor)
{
    (void)descriptor;
    return open("/proc/self/environ", O_RDONLY) >= 0;
}

static bool try_open_own_memory(int descriptor)
{
    (void)descriptor;
    return open("/proc/self/mem", O_RDWR) >= 0;
}

static bool try_reopen(int descriptor)
{
    char *path = memory_format("/proc/self/fd/%d", descriptor);
    bool is_open = open(path, O_RDWR) >= 0;

    free(path);
    return is_open;
}

static bool try_stat(int descriptor)
{
    struct stat status;

    (void)descriptor;
    return stat("/etc/passwd", &status) == 0;
}

static bool try_list(int descriptor)
{
    (void)descriptor;
    return access("/", R_OK) == 0;
}

static bool try_unlink(int descriptor)
{
    (void)descriptor;
    return unlink("victim") == 0;
}

static bool try_socket(int descriptor)
{
    (void)descriptor;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

/* Without a listener it is refused, but only by who was asked. */
static bool try_connect(int descriptor)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};

    (void)descriptor;
    return connect(3, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EINVAL ||
           errno == EISCONN || errno == EAFNOSUPPORT || errno == EPROTOTYPE;
}

static bool try_execve(int descriptor)
{
    char *const nothing[] = {NULL};

    (void)descriptor;
    execve("/nowhere", nothing, nothing);
    return errno == ENOENT;
}

static bool try_fork(int descriptor)
{
    pid_t pid = fork();

    (void)descriptor;
    if (pid == 0)
        _exit(EXIT_SUCCESS);
    return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static bool try_clone3(int descriptor)
{
    (void)descriptor;
    syscall(SYS_clone3, NULL, 0);
    return errno == EINVAL;
}

static bool try_kill_parent(int descriptor)
{
    (void)descriptor;
    return kill(getppid(), 0) == 0;
}

/* The group of another: in a session of its own it has none. */
static bool try_be_in_session(int descriptor)
{
    (void)descriptor;
    return syscall(SYS_getsid, 0) >= 0 && syscall(SYS_getsid, 0) != getpid();
}

/* What Debian lets a parent be looked at by: only root may. */
static bool try_ptrace_parent(int descriptor)
{
    (void)descriptor;
    if (ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0)
        ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
    else
        return errno == EPERM; /* it was asked */
    return true;
}

static bool try_read_parent(int descriptor)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&source, 1};

    (void)descriptor;
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 || errno == EPERM;
}

static bool try_prctl(int descriptor)
{
    (void)descriptor;
    return prctl(PR_SET_NAME, "other") == 0;
}

static bool try_map_code(int descriptor)
{
    (void)descriptor;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool try_make_code(int descriptor)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)descriptor;
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* The file of the job is open to write, too, as a member's is. */
static bool try_write(int descriptor)
{
    return pwrite(descriptor, "x", 1, 0) == 1;
}

static bool try_map_to_write(int descriptor)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) != MAP_FAILED;
}

static bool try_truncate(int descriptor)
{
    return ftruncate(descriptor, 0) == 0;
}

static bool try_anonymous_file(int descriptor)
{
    (void)descriptor;
    return memfd_create("more", 0) >= 0;
}

static bool try_raise_limits(int descriptor)
{
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};

    (void)descriptor;
    return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool try_setuid(int descriptor)
{
    (void)descriptor;
    return setuid(getuid()) == 0;
}

static bool try_keep_capabilities(int descriptor)
{
    (void)descriptor;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

/* One page after the other, as what is never touched takes nothing. */
static bool try_take_memory(int descriptor)
{
    (void)descriptor;
    for (size_t taken = 0; taken < 2 * MEMORY_BYTES; taken += MIB)
        memset(memory_allocate(1, MIB), 1, MIB);
    return true;
}

static bool try_take_memory_by_mmap(int descriptor)
{
    (void)descriptor;
    return mmap(NULL, 2 * MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

/* What it may do. */
static bool try_own_work(int descriptor)
{
    struct stat status;
    char byte;
    void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, descriptor, 0);

    return page != MAP_FAILED && fstat(descriptor, &status) == 0 && status.st_size == 3 &&
           pread(descriptor, &byte, 1, 0) == 1 && munmap(page, 1) == 0 &&
           fputs("a word\n", stderr) >= 0;
}

static const struct attempt {
    const char *name;
    bool (*attempt)(int descriptor);
    const char *crash; /* how it ends, or NULL: it fails, and the reader goes on */
    bool is_of_limits; /* which a sanitized build does not have */
} attempts[] = {
    {"open", try_open, NULL, false},
    {"open to write", try_open_to_write, NULL, false},
    {"read its environment", try_read_environment, NULL, false},
    {"open its own memory", try_open_own_memory, NULL, false},
    {"open its file again", try_reopen, NULL, false},
    {"stat", try_stat, NULL, false},
    {"access", try_list, NULL, false},
    {"unlink", try_unlink, NULL, false},
    {"socket", try_socket, KILLED, false},
    {"connect", try_connect, KILLED, false},
    {"execve", try_execve, KILLED, false},
    {"kill the parent", try_kill_parent, KILLED, false},
    {"ptrace the parent", try_ptrace_parent, KILLED, false},
    {"read the parent", try_read_parent, KILLED, false},
    {"setuid", try_setuid, KILLED, false},
    {"session", try_be_in_session, NULL, false},
    {"prctl", try_prctl, NULL, false},
    {"privileges", try_keep_capabilities, NULL, false},
    {"map code", try_map_code, NULL, false},
    {"make code", try_make_code, NULL, false},
    {"write", try_write, NULL, false},
    {"map to write", try_map_to_write, NULL, false},
    {"truncate", try_truncate, NULL, false},
    {"make a file", try_anonymous_file, NULL, false},
    {"set a limit", try_raise_limits, NULL, false},
    {"fork", try_fork, KILLED, true},
    {"clone3", try_clone3, KILLED, true},
    {"take memory", try_take_memory, "used more memory than 64 MiB (--limit reader-memory)", true},
    {"take memory by mmap", try_take_memory_by_mmap, NULL, true},
};

#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true;
#else
static const bool is_sanitized = false;
#endif

/* ---- The reader ---- */

static const struct attempt *at_hand;

static uint64_t count_one_part(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int attempt_part(const struct source *read_source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *read_err)
{
    (void)read_source;
    (void)part;
    (void)options;
    (void)sink;
    (void)read_err;
    facts->record_count = at_hand->attempt(descriptor) ? WENT_WELL : 0;
    return 0;
}

static const struct reader attempting = {
    .count_parts = count_one_part, .read_part = attempt_part, .join = source_facts_join};
static const struct reader *const readers[READER_COUNT] = {[READER_LOG] = &attempting};

/* ---- The tests ---- */

static void begin(void)
{
    scratch_begin();
    scratch_write("file", "abc", 3);
    scratch_write("victim", "", 0);
    file = open("file", O_RDWR | O_CLOEXEC);
    sandbox = (struct sandbox){.memory_bytes = MEMORY_BYTES};
    source = (struct source){.path = (char *)"file", .kind = SOURCE_KIND_EVTX, .size_bytes = 3};
}

static void end(void)
{
    pool_free(pool);
    pool = NULL;
    error_clear(&err);
    close(file);
    scratch_end();
}

/* Has a new reader make the attempt. Borrowed until the pool is freed. */
static struct pool_result *attempt(const struct attempt *what)
{
    static const struct reader_options options;
    struct pool_order order = {.source = &source, .descriptor = file, .read = true};
    struct pool_job *job;

    at_hand = what;
    pool_free(pool);
    ck_assert_int_eq(pool_new(1, readers, &sandbox, &options, &pool, &err), 0);
    job = pool_add(pool, &order);
    while (pool_job_state(job) != POOL_STATE_DONE)
        ck_assert_msg(pool_wait(pool, true, &err) == 0, "%s", err.message);
    return pool_job_result(job);
}

START_TEST(no_attempt_goes_well)
{
    const struct attempt *what = &attempts[_i];
    struct pool_result *result;

    if (is_sanitized && what->is_of_limits)
        return;
    result = attempt(what);
    ck_assert_msg(what->crash != NULL || result->crash == NULL, "%s: %s", what->name,
                  result->crash);
    ck_assert_pstr_eq(result->crash, what->crash);
    ck_assert_msg(result->facts.record_count == 0, "%s went well", what->name);
    ck_assert_uint_eq(sandbox.told, 0);
}
END_TEST

START_TEST(each_goes_well_without_a_sandbox)
{
    const struct attempt *what = &attempts[_i];
    struct pool_result *result;

    sandbox.is_off = true;
    result = attempt(what);
    ck_assert_pstr_eq(result->crash, NULL);
    ck_assert_msg(result->facts.record_count == WENT_WELL, "%s failed", what->name);
}
END_TEST

START_TEST(its_own_work_goes_well)
{
    static const struct attempt work = {"work", try_own_work, NULL, false};
    struct pool_result *result = attempt(&work);

    ck_assert_pstr_eq(result->crash, NULL);
    ck_assert_uint_eq(result->facts.record_count, WENT_WELL);
}
END_TEST

/* Whatever the parent's score is, that of a reader is higher. */
static const int oom_scores[][2] = {{0, 500}, {300, 800}, {900, 1000}, {1000, 1000}};

START_TEST(the_kernel_takes_a_reader_before_its_parent)
{
    static const struct attempt work = {"work", try_own_work, NULL, false};
    FILE *own = fopen("/proc/self/oom_score_adj", "we"), *children, *score;
    char *path = memory_format("/proc/self/task/%d/children", getpid());
    int child, found;

    ck_assert(own != NULL && fprintf(own, "%d", oom_scores[_i][0]) > 0 && fclose(own) == 0);
    ck_assert_uint_eq(attempt(&work)->facts.record_count, WENT_WELL);
    children = fopen(path, "re");
    free(path);
    ck_assert(children != NULL && fscanf(children, "%d", &child) == 1);
    fclose(children);
    path = memory_format("/proc/%d/oom_score_adj", child);
    score = fopen(path, "re");
    free(path);
    ck_assert(score != NULL && fscanf(score, "%d", &found) == 1);
    fclose(score);
    ck_assert_int_eq(found, oom_scores[_i][1]);
}
END_TEST

/* ---- A kernel that refuses a part ---- */

/* From now on the kernel does not have the call, for this process and those that it forks. */
static void take_away(int call)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0), 0);
    ck_assert_int_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

static const struct {
    int call;
    enum sandbox_part part;
    const char *words;
} refusals[] = {
    {SCMP_SYS(landlock_create_ruleset), SANDBOX_LANDLOCK, "the kernel refuses Landlock: "},
    {SCMP_SYS(seccomp), SANDBOX_SECCOMP, "the kernel refuses seccomp: "},
    {SCMP_SYS(capset), SANDBOX_PRIVILEGES, "the kernel refuses giving up of privileges ("},
    {SCMP_SYS(prlimit64), SANDBOX_LIMITS, "the kernel refuses limits of memory and files ("},
};

START_TEST(what_the_kernel_refuses_is_said_once_and_the_rest_holds)
{
    static const struct attempt work = {"work", try_own_work, NULL, false};
    int told = open("told", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int own = dup(STDERR_FILENO);
    char *words;

    dup2(told, STDERR_FILENO);
    take_away(refusals[_i].call);
    for (int times = 0; times < 2; times++) {
        ck_assert_uint_eq(attempt(&work)->facts.record_count, WENT_WELL);
        ck_assert_uint_eq(sandbox.told, 1u << refusals[_i].part);
    }
    ck_assert_uint_eq(attempt(&attempts[0])->facts.record_count, 0);
    pool_free(pool);
    pool = NULL;
    dup2(own, STDERR_FILENO);
    close(told);
    words = scratch_read("told");
    ck_assert_msg(strstr(words, refusals[_i].words) != NULL, "%s", words);
    ck_assert_msg(strstr(strstr(words, "warning") + 1, "warning") == NULL, "%s", words);
    free(words);
}
END_TEST

/* What a reader says is shown made visible, and not without end. */
static bool try_talk(int descriptor)
{
    (void)descriptor;
    fputs("\033[31mred\nline", stderr);
    for (int times = 0; times < 100000; times++)
        fputs("xxxxxxxxx\n", stderr);
    return true;
}

START_TEST(what_a_reader_says_is_visible_and_bounded)
{
    static const struct attempt talk = {"talk", try_talk, NULL, false};
    int told = open("told", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int own = dup(STDERR_FILENO);
    char *words;

    dup2(told, STDERR_FILENO);
    ck_assert_uint_eq(attempt(&talk)->facts.record_count, WENT_WELL);
    pool_free(pool);
    pool = NULL;
    dup2(own, STDERR_FILENO);
    close(told);
    words = scratch_read("told");
    ck_assert_msg(strstr(words, "spptriage: reader said: \\x1B[31mred\n"
                                "spptriage: reader said: linexxx") != NULL,
                  "%.200s", words);
    ck_assert_ptr_nonnull(strstr(words, " bytes more\n"));
    ck_assert_uint_lt(strlen(words), 64 * 1024);
    free(words);
}
END_TEST

static Suite *sandbox_suite(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *cases = tcase_create("sandbox");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_loop_test(cases, no_attempt_goes_well, 0, ARRAY_COUNT(attempts));
    tcase_add_loop_test(cases, each_goes_well_without_a_sandbox, 0, ARRAY_COUNT(attempts));
    tcase_add_test(cases, its_own_work_goes_well);
    tcase_add_loop_test(cases, the_kernel_takes_a_reader_before_its_parent, 0,
                        ARRAY_COUNT(oom_scores));
    tcase_add_loop_test(cases, what_the_kernel_refuses_is_said_once_and_the_rest_holds, 0,
                        ARRAY_COUNT(refusals));
    tcase_add_test(cases, what_a_reader_says_is_visible_and_bounded);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(sandbox_suite());
}
