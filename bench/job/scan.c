/*
 * The job in C: how many pages of the images are copies of one that came before? What is found by hash is compared.
 *
 *   scan IMAGE…       prints the number of copies
 *   scan -r IMAGE…    only reads: prints the sum of all words
 *
 * The hash is NH (UMAC, RFC 4418, 5.2.2) over the whole page with one key; the compiler makes SIMD of it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096, WORDS = PAGE / 4 };
static uint32_t key[WORDS];
static struct slot { uint64_t hash; const uint32_t *page; } *slots;
static size_t mask, copies;

static uint64_t nh(const uint32_t *word)
{
    uint64_t sum = 0;
    for (int at = 0; at < WORDS; at += 8)
        for (int i = at; i < at + 4; i++) sum += (uint64_t)(word[i] + key[i]) * (word[i + 4] + key[i + 4]);
    return sum;
}

static uint64_t sum_of(const uint32_t *page)
{
    uint64_t sum = 0;
    for (int i = 0; i < WORDS; i++) sum += page[i];
    return sum;
}

static void look_up(const uint32_t *page)
{
    uint64_t hash = nh(page);
    size_t at = hash * 0x9e3779b97f4a7c15u >> 32;
    for (struct slot *slot = slots + (at & mask); ; slot = slots + (++at & mask)) {
        if (!slot->page) {
            *slot = (struct slot){hash, page};
            return;
        }
        if (slot->hash == hash && !memcmp(slot->page, page, PAGE)) {
            copies++;
            return;
        }
    }
}

int main(int argc, char **argv)
{
    int first = argc > 1 && !strcmp(argv[1], "-r") ? 2 : 1;
    size_t pages = 0, size = 1;
    uint64_t sum = 0;
    struct stat file;
    for (int i = first; i < argc; i++) pages += stat(argv[i], &file) ? 0 : file.st_size / PAGE;
    while (size < 2 * pages) size *= 2;
    mask = size - 1;
    slots = calloc(size, sizeof *slots);
    for (int i = 0; i < WORDS; i++) key[i] = (i + 1) * 0x9e3779b1u ^ (i + 1) * 0x85ebca77u >> 15;
    for (int i = first; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        if (fd < 0 || fstat(fd, &file) || !slots) return perror(argv[i]), 1;
        const uint32_t *image = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (image == MAP_FAILED) return perror(argv[i]), 1;
        for (size_t at = 0; at + PAGE <= (size_t)file.st_size; at += PAGE)
            if (first == 2) sum += sum_of(image + at / 4);
            else look_up(image + at / 4);
    }
    printf("%llu\n", first == 2 ? (unsigned long long)sum : (unsigned long long)copies);
    return 0;
}
