/*
 * step_clock.c - preloaded: whoever asks for the time of day gets it moved by the nanoseconds
 * in the file STEP_CLOCK (8 bytes, the machine's order), read anew at each question. So the
 * clock of one program can be set while it runs; monotonic clocks are left alone, as the kernel
 * leaves them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* Without libc's marks that the arguments are never NULL: here they are looked at. */
int gettimeofday(void *tv, void *tz);

static const volatile int64_t *step_ns;

__attribute__((constructor)) static void from_environment(void)
{
    const char *path = getenv("STEP_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *p = mmap(NULL, sizeof(*step_ns), PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        step_ns = p;
    (void)close(fd);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, id, now);
    if (rc || !step_ns || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
        return rc;
    int64_t ns = (int64_t)now->tv_sec * NS_PER_S + now->tv_nsec + *step_ns;
    now->tv_sec = (time_t)(ns / NS_PER_S);
    now->tv_nsec = (long)(ns % NS_PER_S);
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

struct seconds_and_micros {
    time_t seconds;
    long micros;
};

int gettimeofday(void *tv, void *tz)
{
    struct seconds_and_micros *out = tv;
    struct timespec now;
    (void)tz;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = (struct seconds_and_micros){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
