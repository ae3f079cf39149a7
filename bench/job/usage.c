/*
 * Runs a program to its end and says what it used: one line to file descriptor 3, "wall ns, user µs, system µs, peak KiB, status".
 *
 *   usage PROGRAM ARGUMENT…
 *
 * The peak is of the program alone: it is this small process that forks, and not Node.js, whose own peak a child would begin with.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long us(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char **argv)
{
    long long start = wall_ns();
    pid_t child = argc > 1 ? fork() : -1;
    if (child == 0) {
        close(3);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) < 0) return 1;
    dprintf(3, "%lld %lld %lld %ld %d\n", wall_ns() - start, us(used.ru_utime), us(used.ru_stime), used.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
