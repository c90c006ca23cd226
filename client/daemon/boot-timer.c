/* The timer. Knows: timerfd. Must not know: suspend. */
#include "boot-timer.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct boot_timer
{
  GSource source;
  int fd;
};

static gboolean
dispatch (GSource *source, GSourceFunc function, gpointer data)
{
  (void)(function == NULL || function (data));
  return G_SOURCE_REMOVE;
}

static void
finalize (GSource *source)
{
  int fd = ((struct boot_timer *)source)->fd;
  if (fd >= 0)
    close (fd);
}

GSource *
boot_timer_source_new (guint milliseconds)
{
  static GSourceFuncs functions = { .dispatch = dispatch, .finalize = finalize };
  GSource *source = g_source_new (&functions, sizeof (struct boot_timer));
  struct boot_timer *timer = (struct boot_timer *)source;
  struct itimerspec when = { .it_value = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 + 1 } };
  timer->fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer->fd >= 0 && timerfd_settime (timer->fd, 0, &when, NULL) == 0)
    {
      g_source_add_unix_fd (source, timer->fd, G_IO_IN);
      return source;
    }
  g_source_unref (source);
  return g_timeout_source_new (milliseconds); /* without descriptors left, better than none */
}
