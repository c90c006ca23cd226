/* Suspend, as programs see it: preloaded, it moves their CLOCK_BOOTTIME by the nanoseconds that a shared file holds.
 *
 * Knows: clock_gettime() and timers by file descriptor. Must not know: who runs under it.
 * The file is mapped before main(): a sandbox that opens nothing sees the clock jump all the same. Without the file it
 * changes nothing. A timer that is armed when the clock jumps fires when it would have fired without. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum
{
  SECOND = 1000000000,
  MAX_DESCRIPTORS = 1024,
};

static const _Atomic int64_t *slept;
static int (*real_gettime) (clockid_t, struct timespec *);
static int (*real_create) (int, int);
static int (*real_settime) (int, int, const struct itimerspec *, struct itimerspec *);
static _Atomic bool by_boot_time[MAX_DESCRIPTORS];

/* A function's address, as POSIX wants it to be taken. */
#define FIND(function, name) (*(void **)&(function) = dlsym (RTLD_NEXT, name))

__attribute__ ((constructor)) static void
begin (void)
{
  FIND (real_gettime, "clock_gettime");
  FIND (real_create, "timerfd_create");
  FIND (real_settime, "timerfd_settime");
  int fd = open ("/run/test/slept", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  const void *page = mmap (NULL, sizeof *slept, PROT_READ, MAP_SHARED, fd, 0);
  close (fd);
  if (page != MAP_FAILED)
    slept = page;
}

static void
shift (struct timespec *t, int64_t nanoseconds)
{
  int64_t sum = (int64_t)t->tv_sec * SECOND + t->tv_nsec + nanoseconds;
  t->tv_sec = (time_t)(sum / SECOND);
  t->tv_nsec = (long)(sum % SECOND);
}

int
clock_gettime (clockid_t clock, struct timespec *out)
{
  if (real_gettime == NULL)
    begin ();
  int result = real_gettime (clock, out);
  if (result == 0 && clock == CLOCK_BOOTTIME && slept != NULL)
    shift (out, atomic_load (slept));
  return result;
}

int
timerfd_create (int clock, int flags)
{
  int fd = real_create (clock, flags);
  if (fd >= 0 && fd < MAX_DESCRIPTORS)
    atomic_store (&by_boot_time[fd], clock == CLOCK_BOOTTIME);
  return fd;
}

int
timerfd_settime (int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
  struct itimerspec when = *new;
  bool absolute = (flags & TFD_TIMER_ABSTIME) != 0 && (when.it_value.tv_sec != 0 || when.it_value.tv_nsec != 0);
  if (slept != NULL && absolute && fd >= 0 && fd < MAX_DESCRIPTORS && atomic_load (&by_boot_time[fd]))
    {
      shift (&when.it_value, -atomic_load (slept));
      if (when.it_value.tv_sec < 0 || (when.it_value.tv_sec == 0 && when.it_value.tv_nsec <= 0))
        when.it_value = (struct timespec){ .tv_nsec = 1 };
    }
  return real_settime (fd, flags, &when, old);
}
