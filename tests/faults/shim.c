/* Disk faults and a wall clock that jumps, for one process that a test started with LD_PRELOAD.

   The test writes what is to go wrong into a small file that both map (shim.py has the same
   layout), so that a fault begins and ends while the process runs, and reads back how often it was
   hit: a fault that nobody met proves nothing. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, RENAME = 4, OPEN = 8, UNLINK = 16, READ = 32 };

struct control {
    int64_t error;        /* the errno of the fault; 0: none */
    int64_t calls;        /* which calls, from the enum above */
    int64_t hits;         /* how often the fault was met */
    int64_t clock_ms;     /* how far the wall clock is off */
    char path[256];       /* a part of the paths that are hit */
};

static struct control *control;

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("FAULT_SHIM");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        control = mapped;
}

static int is_named(const char *path)
{
    return path && strstr(path, control->path) != NULL;
}

static int is_hit(int64_t call)
{
    return control && control->error && (control->calls & call);
}

static int fails(void)
{
    __atomic_add_fetch(&control->hits, 1, __ATOMIC_RELAXED);
    errno = (int)control->error;
    return 1;
}

static int fails_on(int64_t call, int file)
{
    char link[64], path[4096];
    if (!is_hit(call))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_named(path) && fails();
}

static int fails_at(int64_t call, const char *path)
{
    return is_hit(call) && is_named(path) && fails();
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

ssize_t write(int file, const void *from, size_t count)
{
    return fails_on(WRITE, file) ? -1 : REAL(write)(file, from, count);
}

ssize_t pwrite(int file, const void *from, size_t count, off_t at)
{
    return fails_on(WRITE, file) ? -1 : REAL(pwrite)(file, from, count, at);
}

ssize_t pwrite64(int file, const void *from, size_t count, off64_t at)
{
    return fails_on(WRITE, file) ? -1 : REAL(pwrite64)(file, from, count, at);
}

int ftruncate64(int file, off64_t length)
{
    return fails_on(WRITE, file) ? -1 : REAL(ftruncate64)(file, length);
}

ssize_t read(int file, void *to, size_t count)
{
    return fails_on(READ, file) ? -1 : REAL(read)(file, to, count);
}

ssize_t pread64(int file, void *to, size_t count, off64_t at)
{
    return fails_on(READ, file) ? -1 : REAL(pread64)(file, to, count, at);
}

int fsync(int file)
{
    return fails_on(SYNC, file) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file)
{
    return fails_on(SYNC, file) ? -1 : REAL(fdatasync)(file);
}

int rename(const char *from, const char *to)
{
    return fails_at(RENAME, from) || fails_at(RENAME, to) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
    return fails_at(UNLINK, path) ? -1 : REAL(unlink)(path);
}

/* Only for writing: what is to be read can still be opened on a disk that went read-only. */
static int fails_to_open(const char *path, int flags)
{
    int is_write = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    return fails_at(is_write ? OPEN : READ, path);
}

#define OPENING(name)                                                                             \
    int name(const char *path, int flags, ...)                                                    \
    {                                                                                             \
        va_list rest;                                                                             \
        va_start(rest, flags);                                                                    \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                             \
        return fails_to_open(path, flags) ? -1 : REAL(name)(path, flags, mode);                   \
    }
OPENING(open)
OPENING(open64)

static void jump(struct timespec *time)
{
    if (!control || !control->clock_ms)
        return;
    int64_t ns = time->tv_sec * 1000000000LL + time->tv_nsec + control->clock_ms * 1000000LL;
    time->tv_sec = ns / 1000000000LL;
    time->tv_nsec = ns % 1000000000LL;
}

int clock_gettime(clockid_t which, struct timespec *to)
{
    int said = REAL(clock_gettime)(which, to);
    if (!said && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        jump(to);
    return said;
}

int gettimeofday(struct timeval *to, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *to)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to)
        *to = now.tv_sec;
    return now.tv_sec;
}
