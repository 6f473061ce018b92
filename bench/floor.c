/*
 * The least that a supervisor can do: a loop of posix_spawn(3), and nothing
 * that makes a supervisor out of it. Nobody who starts the same services in
 * the same order can be much faster, so this is what boots are compared with.
 *
 *     floor chain|star COUNT PROGRAM TIMES [duties]
 *     floor spawn COUNT PROGRAM TIMES
 *
 * `chain` starts a service once the one before it is ready, `star` starts all
 * and waits for all; each gets what Denit gives it: a session of its own,
 * default signals, /dev/null as its standard input, a notification pipe as
 * descriptor 3, and nothing else. With `duties` each also gets a log pipe,
 * and the loop holds a pidfd of it, as a supervisor has to. `spawn` starts
 * a process that ends at once, reaps it, and does so again.
 *
 * Prints on standard output when the last service was ready (CLOCK_MONOTONIC,
 * nanoseconds); then waits for SIGTERM, ends the services and reaps them. For
 * `spawn` it prints how long that took (nanoseconds).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static posix_spawnattr_t attributes;
static int null, epoll;
static char *program[4];

static void die(const char *what, int error) {
    fprintf(stderr, "floor: cannot %s: %s\n", what, strerror(error));
    exit(111);
}

static int checked(int result, const char *what) {
    if (result == -1) die(what, errno);
    return result;
}

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    checked(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "watch a descriptor");
}

/* Starts a service; returns where its notification is to be read. */
static int start(pid_t *pid, int duties) {
    int notify[2], log[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    checked(pipe2(notify, O_CLOEXEC), "make a pipe");
    if (duties) checked(pipe2(log, O_CLOEXEC), "make a pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, null, 0);
    if (duties) posix_spawn_file_actions_adddup2(&actions, log[1], 1);
    if (duties) posix_spawn_file_actions_adddup2(&actions, log[1], 2);
    posix_spawn_file_actions_adddup2(&actions, notify[1], 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    int error = posix_spawn(pid, program[0], &actions, &attributes, program, environ);
    if (error != 0) die("start a service", error);
    posix_spawn_file_actions_destroy(&actions);
    close(notify[1]);
    if (duties) {
        fcntl(log[0], F_SETFL, O_NONBLOCK);
        watch(log[0]);
        watch(checked(syscall(SYS_pidfd_open, *pid, 0), "open a pidfd"));
    }
    return notify[0];
}

static void take_notification(int fd) {
    char byte;
    if (read(fd, &byte, 1) != 1 || byte != '\n') die("hear from a service", EPIPE);
    close(fd);
}

static long long monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void print(long long nanoseconds) {
    printf("%lld\n", nanoseconds);
    fflush(stdout);
}

static void chain(pid_t *pids, int count, int duties) {
    for (int at = 0; at < count; at++) take_notification(start(&pids[at], duties));
}

static void star(pid_t *pids, int count, int duties) {
    struct epoll_event events[256];
    unsigned char *notifies = calloc(1 << 16, 1);
    for (int at = 0; at < count; at++) {
        int fd = start(&pids[at], duties);
        notifies[fd] = 1;
        watch(fd);
    }
    for (int left = count; left > 0;) {
        int ready = checked(epoll_wait(epoll, events, 256, -1), "wait");
        for (int at = 0; at < ready; at++) {
            if (!notifies[events[at].data.fd]) continue;
            take_notification(events[at].data.fd);
            left--;
        }
    }
}

static void spawn(int count) {
    for (int at = 0; at < count; at++) {
        pid_t pid;
        siginfo_t info;
        take_notification(start(&pid, 0));
        checked(waitid(P_PID, pid, &info, WEXITED), "reap a process");
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 100;
    int count = atoi(argv[2]), duties = argc > 5;
    pid_t *pids = calloc(count, sizeof *pids);
    sigset_t all, none, term;
    sigfillset(&all);
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    /* dup2 may overwrite no descriptor that is still needed: those below 10 are taken. */
    do null = checked(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null");
    while (null < 10);
    epoll = checked(epoll_create1(EPOLL_CLOEXEC), "make an epoll set");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    program[0] = argv[3];
    program[1] = argv[4];
    if (strcmp(argv[1], "spawn") == 0) {
        program[2] = "exit";
        long long began = monotonic();
        spawn(count);
        print(monotonic() - began);
        return 0;
    }
    (strcmp(argv[1], "chain") == 0 ? chain : star)(pids, count, duties);
    print(monotonic());
    int signal;
    sigwait(&term, &signal);
    for (int at = 0; at < count; at++) kill(pids[at], SIGTERM);
    for (int at = 0; at < count; at++) waitpid(pids[at], NULL, 0);
    return 0;
}
