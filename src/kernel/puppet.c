/*
 * The processes of a trace, as real processes, and the guard that keeps two players of traces apart.
 *
 *   puppet act SOCKET TICKET   connects to a Unix socket, says "TICKET PID", and then obeys: one command a line, one
 *                              answer a line. A fork connects again, with the ticket that it was given. Without a
 *                              connection it ends, so nothing is left behind when the player dies.
 *   puppet guard FILE          locks FILE, says "locked" ("held" first if it has to wait), and then does what only a
 *                              system call can do for the player, until its standard input ends. The lock goes with it.
 *
 * Page numbers count from BASE. Answers are 0, a negative errno, or 16 hexadecimal digits for a digest. A command that
 * touches memory which is not there answers -EFAULT: a trace may do that, and the process lives on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))
#define BASE 0x200000000000UL

/* Of older headers; the kernel is newer than they are. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define MPOL_MF_MOVE 2 /* of <numaif.h>, which comes with a library that nothing else here needs */

static sigjmp_buf fault;

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(fault, 1);
}

static uint64_t splitmix64(uint64_t x)
{
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

static uint8_t *address(uint64_t page)
{
    return (uint8_t *)(BASE + page * PAGE);
}

static int result(int returned)
{
    return returned == 0 ? 0 : -errno;
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static int map(uint64_t page, uint64_t pages, int shared)
{
    int flags = MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | (shared ? MAP_SHARED : MAP_PRIVATE);
    void *at = mmap(address(page), pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (at == MAP_FAILED)
        return -errno;
    madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
    return 0;
}

/* Writes one page for each content number in `text`. */
static void fill(uint64_t page, char *text)
{
    static uint64_t content[WORDS];
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "), page++) {
        uint64_t number = strtoull(word, NULL, 10);
        for (uint64_t w = 0; w < WORDS; w++)
            content[w] = number == 0 ? 0 : splitmix64(number * WORDS + w);
        memcpy(address(page), content, PAGE);
    }
}

static void touch(uint64_t page, uint64_t pages)
{
    for (uint64_t k = 0; k < pages; k++)
        (void)*(volatile uint8_t *)address(page + k);
}

static uint64_t digest(uint64_t page, uint64_t pages)
{
    const volatile uint64_t *words = (uint64_t *)address(page);
    uint64_t h = 0;
    for (uint64_t w = 0; w < pages * WORDS; w++)
        h = splitmix64(h ^ words[w]);
    return h;
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

/* Connects to the player and introduces this process; the end of the program where the player has gone. */
static FILE *introduce(const char *path, const char *ticket)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
        _exit(1);
    dprintf(fd, "%s %d\n", ticket, getpid());
    FILE *player = fdopen(fd, "r");
    if (player == NULL)
        _exit(1);
    return player;
}

/* The child gives its copy of the connection up: its parent's end must be all that keeps it open. */
static int fork_puppet(FILE **player, const char *path, const char *ticket)
{
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0)
        return 0;
    fclose(*player);
    *player = introduce(path, ticket);
    return 1;
}

/* Commands that take pages, an extra number or none, and give 0 or an errno. */
static int act(const char *command, uint64_t page, uint64_t pages, int extra)
{
    if (strcmp(command, "mmap") == 0)
        return map(page, pages, extra);
    if (strcmp(command, "munmap") == 0)
        return result(munmap(address(page), pages * PAGE));
    if (strcmp(command, "mprotect") == 0)
        return result(mprotect(address(page), pages * PAGE, extra));
    if (strcmp(command, "madvise") == 0)
        return result(madvise(address(page), pages * PAGE, extra));
    if (strcmp(command, "touch") == 0) {
        touch(page, pages);
        return 0;
    }
    return -ENOSYS;
}

/* Obeys one line; `answer` gets the answer. */
static void obey(char *line, char *answer, size_t size)
{
    char command[16] = "";
    uint64_t page = 0, number = 0, value = 0;
    int rest = 0;
    sscanf(line, "%15s %" SCNu64 "%n %" SCNu64 " %" SCNu64, command, &page, &rest, &number, &value);
    if (sigsetjmp(fault, 1) != 0) {
        snprintf(answer, size, "%d", -EFAULT);
    } else if (strcmp(command, "fill") == 0) {
        fill(page, line + rest);
        snprintf(answer, size, "0");
    } else if (strcmp(command, "poke") == 0) {
        memcpy(address(page) + number, &value, sizeof value);
        snprintf(answer, size, "0");
    } else if (strcmp(command, "digest") == 0) {
        snprintf(answer, size, "%016" PRIx64, digest(page, number));
    } else {
        snprintf(answer, size, "%d", act(command, page, number, (int)value));
    }
}

static int perform(const char *path, const char *ticket)
{
    struct sigaction action = { .sa_handler = on_fault };
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    signal(SIGCHLD, SIG_IGN); /* nobody waits for forked puppets */

    FILE *player = introduce(path, ticket);
    char *line = NULL, answer[32], child[16];
    size_t size = 0;
    while (getline(&line, &size, player) > 0) {
        if (strcmp(line, "exit\n") == 0)
            break;
        if (sscanf(line, "fork %15s", child) == 1) {
            int forked = fork_puppet(&player, path, child);
            if (forked > 0)
                continue;
            snprintf(answer, sizeof answer, "%d", forked);
        } else {
            obey(line, answer, sizeof answer);
        }
        dprintf(fileno(player), "%s\n", answer);
    }
    _exit(0);
}

/* ---- guard ----------------------------------------------------------------------------------------------------- */

/*
 * Empties the lists of new pages that each CPU keeps, whose references would make merging fail. Moving no pages at all
 * begins with just that, and unlike drop_caches it leaves the machine's page cache alone.
 */
static int drain(void)
{
    int none = 0;
    void *nowhere = NULL;
    return result((int)syscall(SYS_move_pages, 0, 0UL, &nowhere, &none, &none, MPOL_MF_MOVE));
}

static int guard(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        printf("%d\n", -errno);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        puts("held");
        while (flock(fd, LOCK_EX) != 0)
            if (errno != EINTR)
                return 1;
    }
    puts("locked");
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL)
        printf("%d\n", strcmp(line, "drain\n") == 0 ? drain() : -ENOSYS);
    return 0;
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "act") == 0)
        return perform(words[2], words[3]);
    if (count == 3 && strcmp(words[1], "guard") == 0)
        return guard(words[2]);
    fprintf(stderr, "usage: puppet act SOCKET TICKET | puppet guard FILE\n");
    return 2;
}
