/* A layer between langalign and its files, loaded with LD_PRELOAD: at the n-th operation on files of one
 * folder it kills the process, or fails as a full or broken disk does. Being below Python it sees what HDF5,
 * SQLite, safetensors and Arrow do, too. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, RENAME = 4, REMOVE = 8, READ = 16 };          /* what operations do */
enum { COUNT, KILL_BEFORE, KILL_AFTER, KILL_TORN, FAIL_ONCE, FAIL_FROM };  /* what is done to them */

static char watched[PATH_MAX];
static size_t watched_length;
static int kinds, action, failure;
static long chosen;
static atomic_long seen;

/* Watch a folder; do `what` to the nth operation, counted from 0, of some kinds. */
void shim_arm(const char *folder, int of_kinds, int what, long nth, int error) {
    snprintf(watched, sizeof watched, "%s/", folder);
    watched_length = strlen(watched);
    kinds = of_kinds, action = what, chosen = nth, failure = error;
    atomic_store(&seen, 0);
}

long shim_seen(void) { return atomic_load(&seen); }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int is_watched(int folder, const char *path) {
    char full[PATH_MAX + 256];
    if (!kinds || !path) return 0;
    if (path[0] == '/') {
        snprintf(full, sizeof full, "%s", path);
    } else if (folder == AT_FDCWD) {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(full, sizeof full, "%s/%s", here, path);
    } else {
        char link[64], there[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, there, sizeof there - 1);
        if (length < 0) return 0;
        there[length] = 0;
        snprintf(full, sizeof full, "%s/%s", there, path);
    }
    return strncmp(full, watched, watched_length) == 0;
}

static int is_watched_file(int file) {
    int before = errno;
    char link[64], path[PATH_MAX];
    if (!kinds) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 2);
    errno = before;
    if (length < 0) return 0;
    path[length] = '/';  /* so that the folder itself counts, too */
    path[length + 1] = 0;
    return strncmp(path, watched, watched_length) == 0;
}

/* Give what is to be done to this operation: COUNT for nothing. */
static int fate(int kind, int here) {
    if (!here || !(kinds & kind)) return COUNT;
    long nth = atomic_fetch_add(&seen, 1);
    if (nth == chosen || (action == FAIL_FROM && nth > chosen)) return action;
    return COUNT;
}

#define REAL(name, type, ...)                                       \
    static type (*real)(__VA_ARGS__);                               \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);

/* Carry an operation out, or what shall happen in its place. */
#define DO(type, kind, here, call, torn)                            \
    int what = fate(kind, here);                                    \
    if (what == KILL_BEFORE) die();                                 \
    if (what == FAIL_ONCE || what == FAIL_FROM) {                   \
        errno = failure;                                            \
        return -1;                                                  \
    }                                                               \
    if (what == KILL_TORN) {                                        \
        torn;                                                       \
        die();                                                      \
    }                                                               \
    type done = call;                                               \
    if (what == KILL_AFTER) die();                                  \
    return done;

ssize_t write(int file, const void *bytes, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t)
    DO(ssize_t, WRITE, is_watched_file(file), real(file, bytes, size), real(file, bytes, size / 2))
}

ssize_t writev(int file, const struct iovec *parts, int number) {
    REAL("writev", ssize_t, int, const struct iovec *, int)
    DO(ssize_t, WRITE, is_watched_file(file), real(file, parts, number), real(file, parts, number / 2))
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) {
    REAL("pwrite", ssize_t, int, const void *, size_t, off_t)
    DO(ssize_t, WRITE, is_watched_file(file), real(file, bytes, size, place), real(file, bytes, size / 2, place))
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place) {
    REAL("pwrite64", ssize_t, int, const void *, size_t, off64_t)
    DO(ssize_t, WRITE, is_watched_file(file), real(file, bytes, size, place), real(file, bytes, size / 2, place))
}

ssize_t sendfile(int out, int in, off_t *place, size_t size) {
    REAL("sendfile", ssize_t, int, int, off_t *, size_t)
    DO(ssize_t, WRITE, is_watched_file(out), real(out, in, place, size), real(out, in, place, size / 2))
}

ssize_t sendfile64(int out, int in, off64_t *place, size_t size) {
    REAL("sendfile64", ssize_t, int, int, off64_t *, size_t)
    DO(ssize_t, WRITE, is_watched_file(out), real(out, in, place, size), real(out, in, place, size / 2))
}

int ftruncate(int file, off_t size) {
    REAL("ftruncate", int, int, off_t)
    DO(int, WRITE, is_watched_file(file), real(file, size), (void)0)
}

int ftruncate64(int file, off64_t size) {
    REAL("ftruncate64", int, int, off64_t)
    DO(int, WRITE, is_watched_file(file), real(file, size), (void)0)
}

/* posix_fallocate gives its error back, so it cannot share DO's -1. */
static int fallocated(int what, int done) { return what == FAIL_ONCE || what == FAIL_FROM ? failure : done; }

#define ALLOCATE(name, offset)                                      \
    int name(int file, offset place, offset size) {                 \
        REAL(#name, int, int, offset, offset)                       \
        int what = fate(WRITE, is_watched_file(file));              \
        if (what == KILL_BEFORE || what == KILL_TORN) die();        \
        if (what == FAIL_ONCE || what == FAIL_FROM) return failure; \
        int done = real(file, place, size);                         \
        if (what == KILL_AFTER) die();                              \
        return fallocated(what, done);                              \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

int fsync(int file) {
    REAL("fsync", int, int)
    DO(int, SYNC, is_watched_file(file), real(file), (void)0)
}

int fdatasync(int file) {
    REAL("fdatasync", int, int)
    DO(int, SYNC, is_watched_file(file), real(file), (void)0)
}

int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *)
    DO(int, RENAME, is_watched(AT_FDCWD, to), real(from, to), (void)0)
}

int renameat(int old, const char *from, int new, const char *to) {
    REAL("renameat", int, int, const char *, int, const char *)
    DO(int, RENAME, is_watched(new, to), real(old, from, new, to), (void)0)
}

int renameat2(int old, const char *from, int new, const char *to, unsigned int flags) {
    REAL("renameat2", int, int, const char *, int, const char *, unsigned int)
    DO(int, RENAME, is_watched(new, to), real(old, from, new, to, flags), (void)0)
}

int unlink(const char *path) {
    REAL("unlink", int, const char *)
    DO(int, REMOVE, is_watched(AT_FDCWD, path), real(path), (void)0)
}

int unlinkat(int folder, const char *path, int flags) {
    REAL("unlinkat", int, int, const char *, int)
    DO(int, REMOVE, is_watched(folder, path), real(folder, path, flags), (void)0)
}

int rmdir(const char *path) {
    REAL("rmdir", int, const char *)
    DO(int, REMOVE, is_watched(AT_FDCWD, path), real(path), (void)0)
}

int mkdir(const char *path, mode_t mode) {
    REAL("mkdir", int, const char *, mode_t)
    DO(int, WRITE, is_watched(AT_FDCWD, path), real(path, mode), (void)0)
}

static int open_kind(int flags) { return flags & O_CREAT ? WRITE : READ; }

#define MODE                                                        \
    mode_t mode = 0;                                                \
    if (flags & (O_CREAT | __O_TMPFILE)) {                          \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode = va_arg(rest, mode_t);                                \
        va_end(rest);                                               \
    }

#define OPEN(name)                                                                                    \
    int name(const char *path, int flags, ...) {                                                      \
        REAL(#name, int, const char *, int, ...)                                                      \
        MODE                                                                                          \
        DO(int, open_kind(flags), is_watched(AT_FDCWD, path), real(path, flags, mode), (void)0)       \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                  \
    int name(int folder, const char *path, int flags, ...) {                                          \
        REAL(#name, int, int, const char *, int, ...)                                                 \
        MODE                                                                                          \
        DO(int, open_kind(flags), is_watched(folder, path), real(folder, path, flags, mode), (void)0) \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int file, void *bytes, size_t size) {
    REAL("read", ssize_t, int, void *, size_t)
    DO(ssize_t, READ, is_watched_file(file), real(file, bytes, size), (void)0)
}

ssize_t pread(int file, void *bytes, size_t size, off_t place) {
    REAL("pread", ssize_t, int, void *, size_t, off_t)
    DO(ssize_t, READ, is_watched_file(file), real(file, bytes, size, place), (void)0)
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t place) {
    REAL("pread64", ssize_t, int, void *, size_t, off64_t)
    DO(ssize_t, READ, is_watched_file(file), real(file, bytes, size, place), (void)0)
}
