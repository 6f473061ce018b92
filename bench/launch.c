/*
 * Becomes another program, and notes when:
 *
 *     launch FOLDER PRIORITY PROGRAM [ARGUMENT]...
 *
 * FOLDER/start gets the time right before the exec (CLOCK_MONOTONIC,
 * nanoseconds, as text), from which on a boot counts; FOLDER/out becomes the
 * standard output and error of the program. A PRIORITY other than 0 is one of
 * SCHED_FIFO, which all that the program starts inherits: on a machine with
 * other work it keeps that work from being measured too.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    perror(what);
    return 111;
}

int main(int argc, char **argv) {
    if (argc < 4) return 100;
    if (chdir(argv[1]) == -1) return fail(argv[1]);
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    FILE *start = fopen("start", "we");
    if (out == -1 || start == NULL) return fail(argv[1]);
    dup2(out, 1);
    dup2(out, 2);
    close(out);
    struct sched_param urgent = {.sched_priority = atoi(argv[2])};
    if (urgent.sched_priority > 0 && sched_setscheduler(0, SCHED_FIFO, &urgent) == -1) {
        return fail("cannot set the priority");
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(start, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    if (fclose(start) != 0) return fail("start");
    execv(argv[3], argv + 3);
    return fail(argv[3]);
}
