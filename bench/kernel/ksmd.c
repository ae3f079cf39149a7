/*
 * Runs the kernel's ksmd flat out over a workload and says how long each pass took.
 *
 *   ksmd run PAGES SEED PASSES < contents     needs root and a kernel with CONFIG_KSM
 *   ksmd files PASSES FILE…                   the same over the pages of files, which are copied to memory first
 *   ksmd dump PAGES SEED < contents > bytes   only makes the pages; needs nothing
 *
 * Contents are u32 in the machine's byte order, one a page; bench/workloads.ts has the rule from content to bytes. For
 * each pass one line goes to stdout: wall ns, ksmd's CPU ns, pages_shared, pages_sharing, pages_unshared,
 * pages_volatile. A pass lasts from one rise of full_scans to the next, the first from writing 1 to run.
 *
 * KSM's settings belong to the whole system. The work is done by a child; its parent holds the lock that all users of
 * KSM in this project hold, waits for the child however it ends, and puts the settings back.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define WORDS (PAGE / 4)
#define SPARSE 0x80000000u
#define SPARSE_START (WORDS - 64)
#define KSM "/sys/kernel/mm/ksm/"
#define LOCK "/run/lock/ksm-recorder"
#define PASS_SECONDS_MAX 600

enum { BUSY = 3 };

/* What a run needs, in the order in which it is written; advisor_mode first, for it owns pages_to_scan. */
static const struct setting {
    const char *file, *value;
} settings[] = {
    {"advisor_mode", "none"},   {"sleep_millisecs", "0"},     {"pages_to_scan", "100000"}, {"smart_scan", "0"},
    {"use_zero_pages", "0"},    {"merge_across_nodes", "1"},  {"max_page_sharing", "256"},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static char saved[SETTINGS][64], saved_run[64];
static volatile sig_atomic_t child;

static void fail(const char *what)
{
    fprintf(stderr, "ksmd: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- pages: the same as bench/workloads.ts ---- */

static uint32_t mix(uint32_t value)
{
    value = (value ^ value >> 16) * 0x7feb352du;
    value = (value ^ value >> 15) * 0x846ca68bu;
    return value ^ value >> 16;
}

static void write_page(uint32_t *words, uint32_t content, uint32_t seed)
{
    uint32_t start = content >= SPARSE ? SPARSE_START : 0;
    uint32_t state = mix(content * (2 * seed + 1));
    memset(words, 0, PAGE);
    for (uint32_t word = start; word < WORDS; word++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        words[word] = state;
    }
}

/* What is scanned: pages whose contents come from stdin, or those of files. */
struct work {
    size_t pages;
    uint32_t seed;
    char **files; /* ends with NULL; itself NULL without files */
};

static uint32_t *map_memory(size_t pages)
{
    uint32_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    madvise(memory, pages * PAGE, MADV_NOHUGEPAGE); /* refused where there are none: all the better */
    return memory;
}

static uint32_t *map_pages(size_t pages, uint32_t seed)
{
    uint32_t *memory = map_memory(pages);
    for (size_t page = 0; page < pages; page++) {
        uint32_t content;
        if (fread(&content, sizeof content, 1, stdin) != 1) fail("reading the contents");
        write_page(memory + page * WORDS, content, seed);
    }
    return memory;
}

static size_t pages_of(const char *path)
{
    struct stat file;
    if (stat(path, &file)) fail(path);
    return file.st_size / PAGE;
}

static uint32_t *map_files(const struct work *work)
{
    uint32_t *memory = map_memory(work->pages), *to = memory;
    for (char **file = work->files; *file; file++) {
        size_t pages = pages_of(*file);
        FILE *from = fopen(*file, "r");
        if (!from || fread(to, PAGE, pages, from) != pages) fail(*file);
        fclose(from);
        to += pages * WORDS;
    }
    return memory;
}

/* ---- files of /sys and /proc ---- */

static int try_write(const char *file, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, KSM "%s", file);
    int fd = open(path, O_WRONLY);
    if (fd < 0) return -1;
    ssize_t written = write(fd, value, strlen(value));
    close(fd);
    return written < 0 ? -1 : 0;
}

static void read_path(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);
    if (length < 0) fail(path);
    text[length] = 0;
    close(fd);
}

static void read_ksm(const char *file, char *text, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, KSM "%s", file);
    read_path(path, text, size);
}

static long long counter(const char *file)
{
    char text[64];
    read_ksm(file, text, sizeof text);
    return atoll(text);
}

/* advisor_mode shows all modes, with the one in force in brackets. */
static void read_setting(const char *file, char *value, size_t size)
{
    char text[64];
    read_ksm(file, text, sizeof text);
    char *from = strchr(text, '['), *to = strchr(text, ']');
    if (from && to) *to = 0;
    snprintf(value, size, "%s", from && to ? from + 1 : text);
}

static int ksmd_pid(void)
{
    DIR *proc = opendir("/proc");
    if (!proc) fail("/proc");
    int pid = 0;
    for (struct dirent *entry; pid == 0 && (entry = readdir(proc));) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        int fd = open(path, O_RDONLY);
        if (fd < 0) continue;
        if (read(fd, name, sizeof name - 1) > 0 && !strcmp(name, "ksmd\n")) pid = atoi(entry->d_name);
        close(fd);
    }
    closedir(proc);
    if (pid == 0) fail("no process is called ksmd");
    return pid;
}

static long long cpu_ns(int pid)
{
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
    read_path(path, text, sizeof text);
    return atoll(text);
}

static long long wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* ---- the child: measuring ---- */

static void wait_for_pass(long long pass, long long started)
{
    const struct timespec pause = {0, 100000};
    while (counter("full_scans") < pass) {
        if (wall_ns() - started > PASS_SECONDS_MAX * 1000000000LL) {
            errno = ETIMEDOUT;
            fail("waiting for full_scans to rise");
        }
        nanosleep(&pause, NULL);
    }
}

static void measure(const struct work *work, int passes)
{
    int pid = ksmd_pid();
    void *memory = work->files ? map_files(work) : map_pages(work->pages, work->seed);
    if (try_write("run", "2")) fail("run"); /* full_scans is 0 afterwards, and the cursor between two passes */
    for (int i = 0; i < SETTINGS; i++)
        if (try_write(settings[i].file, settings[i].value)) fail(settings[i].file);
    if (madvise(memory, work->pages * PAGE, MADV_MERGEABLE)) fail("madvise MERGEABLE");
    long long wall = wall_ns(), cpu = cpu_ns(pid);
    if (try_write("run", "1")) fail("run");
    for (int pass = 1; pass <= passes; pass++) {
        wait_for_pass(pass, wall);
        long long wall_now = wall_ns(), cpu_now = cpu_ns(pid);
        printf("%lld %lld %lld %lld %lld %lld\n", wall_now - wall, cpu_now - cpu, counter("pages_shared"),
               counter("pages_sharing"), counter("pages_unshared"), counter("pages_volatile"));
        wall = wall_now;
        cpu = cpu_now;
    }
    if (fflush(stdout)) fail("writing the results");
}

/* ---- the parent: lock, save, put back ---- */

static void stop_child(int signal)
{
    (void)signal;
    kill(child, SIGKILL);
}

static void refuse_if_in_use(void)
{
    if (counter("pages_shared") + counter("pages_unshared") + counter("pages_volatile") == 0) return;
    fprintf(stderr, "ksmd: KSM already holds pages of other processes; measuring would unmerge them. "
                    "Stop those processes, or write 2 to " KSM "run, and try again.\n");
    exit(BUSY);
}

static int guard(const struct work *work, int passes)
{
    int lock = open(LOCK, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0 || flock(lock, LOCK_EX)) fail(LOCK);
    refuse_if_in_use();
    for (int i = 0; i < SETTINGS; i++) read_setting(settings[i].file, saved[i], sizeof saved[i]);
    read_ksm("run", saved_run, sizeof saved_run);

    struct sigaction stop = {.sa_handler = stop_child};
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, NULL); /* until there is a child to stop */
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        measure(work, passes);
        _exit(0);
    }
    child = pid;
    sigprocmask(SIG_UNBLOCK, &stops, NULL);

    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    sigprocmask(SIG_BLOCK, &stops, NULL); /* from here on nothing interrupts */
    int failed = try_write("run", "2");
    for (int i = SETTINGS; i-- > 0;) failed |= try_write(settings[i].file, saved[i]);
    failed |= try_write("run", saved_run);
    if (failed) fprintf(stderr, "ksmd: not all of KSM's settings could be put back: %s\n", strerror(errno));
    return failed || !WIFEXITED(status) || WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    if (argc >= 4 && !strcmp(argv[1], "dump")) {
        size_t pages = strtoul(argv[2], NULL, 10);
        uint32_t *memory = map_pages(pages, strtoul(argv[3], NULL, 10));
        return fwrite(memory, PAGE, pages, stdout) == pages && !fflush(stdout) ? 0 : 1;
    }
    if (argc == 5 && !strcmp(argv[1], "run")) {
        struct work work = {strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), NULL};
        return guard(&work, atoi(argv[4]));
    }
    if (argc >= 4 && !strcmp(argv[1], "files")) {
        struct work work = {0, 0, argv + 3};
        for (int i = 3; i < argc; i++) work.pages += pages_of(argv[i]);
        return guard(&work, atoi(argv[2]));
    }
    fprintf(stderr, "usage: ksmd run PAGES SEED PASSES | dump PAGES SEED  < contents; ksmd files PASSES FILE...\n");
    return 2;
}
