/*
 * A process with memory of the kinds that are named, for tests of how living processes are read. It ends when stdin does.
 *
 *   memory KIND=MIB…    KIND is one of
 *     written   private, every page different
 *     equal     private, all pages alike, and mergeable (madvise) if "mergeable" is among the words
 *     read      private, only ever read, in one mapping with a page that was written before and one behind
 *     sparse    private, reserved, of which the first and the last page are written
 *     huge      private, in huge pages, of which the first 4096 bytes are alike and all others different
 *     shared    shared with nobody, by mmap
 *     memfd     a memfd, mapped shared; only its first half is written
 *     locked    private, every page different, locked
 *     forked    private, every page different, and shared with a child by fork; a mapping that was only read lies behind each page
 *
 * Says "ready" in a line when all is there; then, for each line from stdin: "unmap" unmaps what the last word made, "fork" forks a child
 * that stays until this process ends, "exec" becomes another program, which sleeps.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#define PAGE 4096UL
#define HUGE_PAGE (2UL << 20)

static int is_mergeable;
static char *last;
static size_t last_bytes;

static char *private_memory(size_t bytes) {
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) exit(3);
    madvise(at, bytes, MADV_NOHUGEPAGE);
    return at;
}

/* Every page different, of this call and of all others. */
static void fill(char *at, size_t bytes) {
    static unsigned long number;
    for (size_t done = 0; done < bytes; done += PAGE) {
        unsigned long *words = (unsigned long *)(at + done);
        words[0] = ++number;
        words[7] = number * 0x9e3779b97f4a7c15UL;
    }
}

static void child_that_stays(void) {
    if (fork() != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
}

static char *make(const char *kind, size_t bytes) {
    if (strcmp(kind, "shared") == 0) {
        char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        fill(at, bytes);
        return at;
    }
    if (strcmp(kind, "memfd") == 0) {
        int fd = memfd_create("guest", 0);
        if (ftruncate(fd, (off_t)bytes) != 0) exit(3);
        char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        fill(at, bytes / 2);
        return at;
    }
    if (strcmp(kind, "huge") == 0) {
        char *at = private_memory(bytes + HUGE_PAGE);
        char *aligned = (char *)(((unsigned long)at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
        madvise(aligned, bytes, MADV_HUGEPAGE);
        fill(aligned, bytes);
        for (size_t done = 0; done < bytes; done += HUGE_PAGE) memset(aligned + done, 5, PAGE);
        return aligned;
    }
    if (strcmp(kind, "read") == 0) {
        char *at = private_memory(bytes + 2 * PAGE);
        volatile char sum = 0;
        for (size_t done = 0; done < bytes; done += PAGE) sum += at[PAGE + done];
        fill(at, PAGE);
        fill(at + PAGE + bytes, PAGE);
        return at;
    }
    char *at = private_memory(bytes);
    if (strcmp(kind, "written") == 0) fill(at, bytes);
    else if (strcmp(kind, "locked") == 0) {
        fill(at, bytes);
        if (mlock(at, bytes) != 0) exit(4);
    } else if (strcmp(kind, "equal") == 0) {
        if (is_mergeable && madvise(at, bytes, MADV_MERGEABLE) != 0) exit(5);
        memset(at, 7, bytes);
    } else if (strcmp(kind, "sparse") == 0) {
        fill(at, PAGE);
        fill(at + bytes - PAGE, PAGE);
    } else if (strcmp(kind, "forked") == 0) {
        volatile char sum = 0;
        for (size_t done = 0; done < bytes; done += PAGE) {
            if (done / PAGE % 2 == 0) fill(at + done, PAGE);
            else sum += at[done];
        }
        child_that_stays();
    } else exit(2);
    return at;
}

int main(int count, char **words) {
    char line[64];
    for (int i = 1; i < count; i++) {
        char *size = strchr(words[i], '=');
        if (size == NULL) {
            is_mergeable = 1;
            continue;
        }
        *size = '\0';
        last_bytes = strtoul(size + 1, NULL, 10) << 20;
        last = make(words[i], last_bytes);
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "unmap\n") == 0) munmap(last, last_bytes);
        if (strcmp(line, "fork\n") == 0) child_that_stays();
        if (strcmp(line, "exec\n") == 0) execlp("sleep", "sleep", "600", (char *)NULL);
        puts("done");
        fflush(stdout);
    }
    return 0;
}
