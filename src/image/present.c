/*
 * Which pages of processes are there, asked of the kernel by the ioctl PAGEMAP_SCAN (Linux 6.7,
 * Documentation/admin-guide/mm/pagemap.rst).
 *
 * Node.js has no ioctl, and reading /proc/PID/pagemap instead costs by reserved address space: eight bytes for each page that is
 * not there. The ioctl skips what no page table covers. One such program serves a whole scan: it reads requests from stdin until
 * that ends, and answers each on stdout. All numbers are 64 bits wide, in the byte order of the machine; pages are addresses / 4096.
 *
 *   at the start   MAGIC, or an exit code other than 0 where this kernel has no such ioctl
 *   request        pid, number of ranges, then of each range its first page and the page behind its last
 *   answer         of each run of pages that are private and present or swapped: first page, page behind the last, flags;
 *                  then 0, 0, errno: 0 if all ranges were looked at
 *
 * It may assume that whoever started it writes whole requests and reads whole answers. It opens /proc/PID/pagemap for reading, and
 * nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAGIC 0x3153454741504d4bULL /* "KMPAGES1" where the lowest byte comes first */

/* What headers of before Linux 6.7 lack. */
struct region {
    uint64_t start, end, categories;
};
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct scan)
#define IS_FILE (1 << 2)
#define IS_PRESENT (1 << 3)
#define IS_SWAPPED (1 << 4)
#define IS_ZERO (1 << 5)
#define IS_HUGE (1 << 6)

/* Flags of an answer. */
#define SWAPPED 1
#define ZERO 2
#define HUGE_PAGE 4

#define PAGE_SHIFT 12
#define REGIONS 4096
/* More than a process can have mappings by default, by far; a request that names more is not one. */
#define MOST_RANGES (1 << 24)

static struct region regions[REGIONS];

static void put(const void *data, size_t bytes) {
    for (const char *at = data; bytes > 0;) {
        ssize_t written = write(1, at, bytes);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) exit(1); /* nobody listens any more */
        at += written;
        bytes -= (size_t)written;
    }
}

/* 0: stdin has ended. */
static int get(void *data, size_t bytes) {
    for (char *at = data; bytes > 0;) {
        ssize_t got = read(0, at, bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        at += got;
        bytes -= (size_t)got;
    }
    return 1;
}

/* How many regions there are from `*start` on, which becomes the address up to which was looked; -1: errno says why not. */
static long look(int pagemap, uint64_t *start, uint64_t end) {
    struct scan scan = {
        .size = sizeof scan,
        .start = *start,
        .end = end,
        .vec = (uint64_t)(uintptr_t)regions,
        .vec_len = REGIONS,
        .category_inverted = IS_FILE,
        .category_mask = IS_FILE,
        .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
        .return_mask = IS_SWAPPED | IS_ZERO | IS_HUGE,
    };
    long found;
    do found = ioctl(pagemap, SCAN, &scan);
    while (found < 0 && errno == EINTR);
    *start = scan.walk_end;
    return found;
}

/*
 * Gives the regions that lie behind `*given`, and moves it. Where regions fill the kernel's own buffer to its end (512 on 6.18), walk_end
 * may lie before the last of them, so that they come once more.
 */
static void give(long count, uint64_t *given) {
    long kept = 0;
    for (long i = 0; i < count; i++) {
        if (regions[i].end <= *given) continue;
        struct region *region = &regions[kept++];
        *region = regions[i];
        if (region->start < *given) region->start = *given;
        *given = region->end;
        uint64_t is = region->categories;
        region->categories = (is & IS_SWAPPED ? SWAPPED : 0) | (is & IS_ZERO ? ZERO : 0) | (is & IS_HUGE ? HUGE_PAGE : 0);
        region->start >>= PAGE_SHIFT;
        region->end >>= PAGE_SHIFT;
    }
    put(regions, (size_t)kept * sizeof *regions);
}

/* errno, or 0. */
static int answer(uint64_t pid, const uint64_t *ranges, uint64_t count) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%llu/pagemap", (unsigned long long)pid);
    int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return errno;
    int error = 0;
    for (uint64_t i = 0; i < count && error == 0; i++) {
        uint64_t at = ranges[2 * i] << PAGE_SHIFT, end = ranges[2 * i + 1] << PAGE_SHIFT;
        uint64_t given = at;
        while (at < end && error == 0) {
            uint64_t before = at;
            long found = look(pagemap, &at, end);
            if (found < 0) {
                error = errno;
                break;
            }
            give(found, &given);
            if (at < given) at = given;
            if (at <= before) error = EIO; /* it would go on for ever */
        }
    }
    close(pagemap);
    return error;
}

/* Does this kernel know the ioctl? Asked about a page of this program's own. */
static int is_known(void) {
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t at = (uint64_t)(uintptr_t)regions >> PAGE_SHIFT << PAGE_SHIFT;
    long found = pagemap < 0 ? -1 : look(pagemap, &at, at + (1 << PAGE_SHIFT));
    if (pagemap >= 0) close(pagemap);
    return found >= 0;
}

int main(void) {
    uint64_t magic = MAGIC, request[2];
    if (!is_known()) return 2;
    put(&magic, sizeof magic);
    while (get(request, sizeof request)) {
        if (request[1] > MOST_RANGES) return 1;
        uint64_t *ranges = malloc((size_t)request[1] * 2 * sizeof *ranges + 1);
        if (ranges == NULL || !get(ranges, (size_t)request[1] * 2 * sizeof *ranges)) return 1;
        struct region end = {.categories = (uint64_t)answer(request[0], ranges, request[1])};
        free(ranges);
        put(&end, sizeof end);
    }
    return 0;
}
