// A process whose mergeable pages are rewritten at known intervals, for films beside ksmd (film.ts).
//
// Two of them with the same group and clock hold the same bytes at any time, but for the milliseconds between their turns.
//   rewriter GROUP SIDE PAGES CONTENT ARRIVAL SCOPE CLOCK INTERVAL
//   CONTENT: same, equal, unequal or toggle; ARRIVAL: never, poisson or periodic; SCOPE: all or page; CLOCK: seed of the times of writes
// It prints the address of its pages, waits for a line with a time of CLOCK_MONOTONIC in seconds, and writes from then on.
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 512, PAGE = 8 * WORDS, TURN_US = 5000 };

static uint64_t next_bits(uint64_t *state) {
  uint64_t x = (*state += 0x9E3779B97F4A7C15ULL);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

static double chance(uint64_t *state) { return ((double)(next_bits(state) >> 11) + 0.5) / 9007199254740992.0; }

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_page(volatile uint64_t *page, const char *content, int side) {
  uint64_t version = page[0] & 0xffffffff;
  if (!strcmp(content, "same")) page[0] = page[0];
  else if (!strcmp(content, "toggle")) page[0] = !version;
  else if (!strcmp(content, "unequal")) page[0] = (version + 1) | (uint64_t)(side + 1) << 40;
  else page[0] = version + 1;
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc != 9) return 2;
  uint64_t group = strtoull(argv[1], 0, 10);
  int side = atoi(argv[2]), pages = atoi(argv[3]);
  const char *content = argv[4], *arrival = argv[5], *scope = argv[6];
  uint64_t clock_seed = strtoull(argv[7], 0, 10);
  double interval = atof(argv[8]), start;

  uint64_t *memory = mmap(0, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, (size_t)pages * PAGE, MADV_NOHUGEPAGE);
  for (int page = 0; page < pages; page++) {
    uint64_t state = (group + 1) << 32 | (uint64_t)page;
    memory[(size_t)page * WORDS] = 0;
    for (int word = 1; word < WORDS; word++) memory[(size_t)page * WORDS + word] = next_bits(&state);
  }
  if (madvise(memory, (size_t)pages * PAGE, MADV_MERGEABLE)) return 1;
  printf("%lu\n", (unsigned long)memory);
  fflush(stdout);
  if (scanf("%lf", &start) != 1) return 1;
  if (!strcmp(arrival, "never")) for (;;) pause();

  int whole = !strcmp(scope, "all"), poisson = !strcmp(arrival, "poisson"), clocks = whole ? 1 : pages;
  double *due = malloc(sizeof(double) * (size_t)clocks);
  uint64_t *state = malloc(sizeof(uint64_t) * (size_t)clocks);
  if (!due || !state) return 1;
  for (int at = 0; at < clocks; at++) {
    state[at] = clock_seed << 20 | (uint64_t)at;
    double part = chance(&state[at]);
    due[at] = start + (poisson ? -log(part) : part) * interval;
  }
  for (;; usleep(TURN_US)) {
    double now = seconds();
    for (int at = 0; at < clocks; at++) {
      for (; due[at] <= now; due[at] += poisson ? -log(chance(&state[at])) * interval : interval) {
        int end = whole ? pages : at + 1;
        for (int page = whole ? 0 : at; page < end; page++) write_page(memory + (size_t)page * WORDS, content, side);
      }
    }
  }
}
