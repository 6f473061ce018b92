/*
 * Becomes another program, and notes when:
 *
 *     launch FOLDER PROGRAM [ARGUMENT]...
 *
 * FOLDER/start gets the time right before the exec (CLOCK_MONOTONIC,
 * nanoseconds, as text), from which on a boot counts; FOLDER/out becomes the
 * standard output and error of the program.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    perror(what);
    return 111;
}

int main(int argc, char **argv) {
    if (argc < 3) return 100;
    if (chdir(argv[1]) == -1) return fail(argv[1]);
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    FILE *start = fopen("start", "we");
    if (out == -1 || start == NULL) return fail(argv[1]);
    dup2(out, 1);
    dup2(out, 2);
    close(out);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(start, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    if (fclose(start) != 0) return fail("start");
    execv(argv[2], argv + 2);
    return fail(argv[2]);
}
