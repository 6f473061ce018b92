/*
 * The first program of a machine whose root is a disk. Debian's kernels have the driver of that disk as a module, so
 * that somebody has to load it before there is a root; Buildroot's have it built in and need none of this.
 *
 * It loads the modules that /modules names, in that order, mounts /dev/vda over itself, and becomes the init there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int failed(const char *what) {
    fprintf(stderr, "stage: cannot %s: %s\n", what, strerror(errno));
    return 1;
}

int main(int, char **argv) {
    char path[256];
    FILE *list = fopen("/modules", "r");
    if (!list) return failed("read /modules");
    while (fgets(path, sizeof path, list)) {
        path[strcspn(path, "\n")] = 0;
        int module = open(path, O_RDONLY | O_CLOEXEC);
        if (module < 0 || syscall(SYS_finit_module, module, "", 0) < 0) return failed(path);
        close(module);
    }
    fclose(list);
    mkdir("/dev", 0755);
    mkdir("/disk", 0755);
    if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0) return failed("mount /dev");
    const struct timespec moment = {.tv_nsec = 10000000};
    for (int left = 500; access("/dev/vda", F_OK) < 0 && left > 0; left--) nanosleep(&moment, NULL);
    if (mount("/dev/vda", "/disk", "ext4", 0, NULL) < 0) return failed("mount /dev/vda");
    umount2("/dev", MNT_DETACH);
    if (chdir("/disk") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0) return failed("move the root");
    if (chroot(".") < 0 || chdir("/") < 0) return failed("enter the root");
    argv[0] = "/sbin/init";
    execv(argv[0], argv);
    return failed("start /sbin/init");
}
