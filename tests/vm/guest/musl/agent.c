/*
 * What bin/vm-shell is in images of busybox, for one that has no shell: runs commands that come in from outside of the
 * machine, lines "ID COMMAND", and answers with lines "ID CODE STDOUT.STDERR", all texts in base64. A command is a path
 * and words between single blanks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Both turn a text into another, in memory that stays: this program ends with its machine. */
static char *decode(const char *text) {
    char *result = calloc(1, strlen(text) + 1), *end = result;
    unsigned bits = 0, count = 0;
    for (const char *digit; *text && (digit = strchr(digits, *text)); text++) {
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8) *end++ = (char)(bits >> (count -= 8));
    }
    return result;
}

static char *encode(const unsigned char *bytes, size_t length) {
    char *result = calloc(1, length / 3 * 4 + 5), *end = result;
    for (size_t at = 0; at < length; at += 3) {
        unsigned group = (unsigned)bytes[at] << 16;
        if (at + 1 < length) group |= (unsigned)bytes[at + 1] << 8;
        if (at + 2 < length) group |= bytes[at + 2];
        *end++ = digits[group >> 18];
        *end++ = digits[group >> 12 & 63];
        *end++ = at + 1 < length ? digits[group >> 6 & 63] : '=';
        *end++ = at + 2 < length ? digits[group & 63] : '=';
    }
    return result;
}

static char *encode_file(FILE *file) {
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    unsigned char *bytes = malloc(length + 1);
    rewind(file);
    length = fread(bytes, 1, length, file);
    return encode(bytes, length);
}

/* Runs a command to its end; its exit code. */
static int run(char *command, FILE *out, FILE *err) {
    char *words[32] = {0};
    int count = 0;
    for (char *word = strtok(command, " "); word && count < 31; word = strtok(NULL, " ")) words[count++] = word;
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(fileno(out), 1);
        dup2(fileno(err), 2);
        if (words[0]) execv(words[0], words);
        perror(words[0]);
        _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) < 0) return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The device of the port, as there is no udev here that would name it. */
static int open_port(const char *wanted) {
    char path[64], name[64];
    for (int at = 0; at < 16; at++) {
        snprintf(path, sizeof path, "/sys/class/virtio-ports/vport%dp%d/name", at / 4, at % 4);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        int found = fscanf(file, "%63s", name) == 1 && strcmp(name, wanted) == 0;
        fclose(file);
        snprintf(path, sizeof path, "/dev/vport%dp%d", at / 4, at % 4);
        if (found) return open(path, O_RDWR | O_CLOEXEC);
    }
    return -1;
}

int main(void) {
    int port = open_port("shell");
    if (port < 0) {
        fprintf(stderr, "agent: there is no port named shell\n");
        return 1;
    }
    if (write(3, "\n", 1) != 1) return 1;
    close(3);
    FILE *in = fdopen(port, "r");
    for (char line[4096];;) {
        if (!fgets(line, sizeof line, in)) {
            /* Nobody is connected outside, or not yet. */
            clearerr(in);
            usleep(100000);
            continue;
        }
        char *id = strtok(line, " "), *encoded = strtok(NULL, " \n");
        if (!id || !encoded) continue;
        FILE *out = tmpfile(), *err = tmpfile();
        if (!out || !err) return 1;
        int code = run(decode(encoded), out, err);
        dprintf(port, "%s %d %s.%s\n", id, code, encode_file(out), encode_file(err));
        fclose(out);
        fclose(err);
    }
}
