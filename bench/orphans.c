/*
 * A service that leaves many children to whoever adopts orphans, all of them
 * dead, all at once.
 *
 *     orphans COUNT FILE
 *
 * FILE gets the time right before they became orphans (CLOCK_MONOTONIC,
 * nanoseconds, as text). Then it is ready, by a newline on descriptor 3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void leave(int count, const char *path) {
    for (int at = 0; at < count; at++) {
        pid_t pid = fork();
        if (pid == -1) _exit(111);
        if (pid == 0) _exit(0);
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) _exit(111);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(file, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    fclose(file);
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc < 3) return 100;
    pid_t parent = fork();
    if (parent == 0) leave(atoi(argv[1]), argv[2]);
    int status;
    if (parent == -1 || waitpid(parent, &status, 0) == -1 || status != 0) return 111;
    if (write(3, "\n", 1) != 1) return 111;
    close(3);
    pause();
    return 0;
}
