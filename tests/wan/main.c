/* sojourn-wan: a bad internet between two TUN devices, for tests.
 *
 *   sojourn-wan UP DOWN     two descriptors: packets read from UP go up, to DOWN, and the other way round
 *
 * Lines on standard input change it while it runs, each answered by a line, "ok" or "error: ...":
 *   up|down|both KEY=VALUE...   delay jitter lag (ms), loss repeat reorder (percent), rate (kbit/s), queue (bytes),
 *                               mtu (bytes, 0: wide), icmp (0: a black hole), pieces (0: fragments do not pass)
 *   seed NUMBER                 the chances begin anew
 *   count                       answered by the counters in JSON
 *
 * It ends with its standard input. Knows: descriptors, the clock, lines. Must not know: namespaces, addresses. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "direction.h"
#include "narrow.h"

enum
{
  UP,
  DOWN,
  DIRECTIONS,
  BURST = 64, /* packets of one device before the other has its turn */
  LINE_MAX_BYTES = 1024,
};

static const char *const names[DIRECTIONS] = { "up", "down" };
static const uint8_t hop[4] = { 203, 0, 113, 253 };

struct lane
{
  int from, to;
  struct direction line;
  uint32_t mtu, icmp, pieces;
  uint64_t refused, cut, pieces_lost, unwritten; /* packets */
};

struct wan
{
  struct lane lanes[DIRECTIONS];
  int timer;
  char text[LINE_MAX_BYTES];
  size_t n_text;
  uint8_t packet[NARROW_PIECE_MAX], piece[NARROW_PIECE_MAX];
};

static uint64_t
nanoseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Into the line, unless it lets no fragments pass. */
static void
enter (struct lane *l, uint64_t now, const uint8_t *packet, uint32_t size)
{
  if (l->pieces == 0 && narrow_is_piece (packet, size))
    l->pieces_lost++;
  else
    direction_take (&l->line, now, packet, size);
}

static void
refuse (struct wan *w, struct lane *l, uint32_t size)
{
  l->refused++;
  uint32_t length = l->icmp != 0 ? narrow_error (w->packet, size, l->mtu, hop, w->piece) : 0;
  if (length > 0 && write (l->from, w->piece, length) < 0)
    l->unwritten++;
}

static void
take (struct wan *w, struct lane *l, uint64_t now, uint32_t size)
{
  uint32_t offset = 0, length;
  switch (l->mtu != 0 ? narrow_judge (w->packet, size, l->mtu) : NARROW_FITS)
    {
    case NARROW_FITS:
      enter (l, now, w->packet, size);
      break;
    case NARROW_CUT:
      l->cut++;
      while ((length = narrow_piece (w->packet, size, l->mtu, &offset, w->piece)) > 0)
        enter (l, now, w->piece, length);
      break;
    case NARROW_REFUSED:
      refuse (w, l, size);
      break;
    }
}

static void
give (struct lane *l, uint64_t now)
{
  struct held *h;
  while ((h = direction_pop (&l->line, now)) != NULL)
    {
      if (write (l->to, h->data, h->size) < 0)
        l->unwritten++;
      g_free (h);
    }
}

static void
forward (struct wan *w, struct lane *l)
{
  for (unsigned i = 0; i < BURST; i++)
    {
      ssize_t size = read (l->from, w->packet, sizeof w->packet);
      if (size <= 0)
        return;
      uint64_t now = nanoseconds ();
      take (w, l, now, (uint32_t)size);
      give (l, now);
    }
}

static bool
set_percent (const char *value, double *out)
{
  char *end;
  double number = g_ascii_strtod (value, &end);
  if (*value == '\0' || *end != '\0' || !(number >= 0 && number <= 100))
    return false;
  *out = number;
  return true;
}

static bool
set_number (const char *value, uint32_t *out)
{
  guint64 number;
  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &number, NULL))
    return false;
  *out = (uint32_t)number;
  return true;
}

static bool
set_one (struct lane *l, const char *key, const char *value)
{
  struct direction_settings *s = &l->line.settings;
  const struct
  {
    const char *key;
    double *percent;
    uint32_t *number;
  } places[] = {
    { "loss", &s->loss, NULL },   { "repeat", &s->repeat, NULL }, { "reorder", &s->reorder, NULL },
    { "delay", NULL, &s->delay }, { "jitter", NULL, &s->jitter }, { "lag", NULL, &s->lag },
    { "rate", NULL, &s->rate },   { "queue", NULL, &s->queue },   { "mtu", NULL, &l->mtu },
    { "icmp", NULL, &l->icmp },   { "pieces", NULL, &l->pieces },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (places); i++)
    if (strcmp (places[i].key, key) == 0)
      return places[i].percent != NULL ? set_percent (value, places[i].percent) : set_number (value, places[i].number);
  return false;
}

static bool
set (struct wan *w, const char *which, char **pairs)
{
  bool both = strcmp (which, "both") == 0, any = false;
  for (unsigned i = 0; i < DIRECTIONS; i++)
    {
      if (!both && strcmp (which, names[i]) != 0)
        continue;
      any = true;
      for (char **pair = pairs; *pair != NULL; pair++)
        {
          g_auto (GStrv) parts = g_strsplit (*pair, "=", 2);
          if (g_strv_length (parts) != 2 || !set_one (&w->lanes[i], parts[0], parts[1]))
            return false;
        }
    }
  return any;
}

static bool
seed (struct wan *w, const char *value)
{
  guint64 number;
  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &number, NULL))
    return false;
  for (unsigned i = 0; i < DIRECTIONS; i++)
    direction_seed (&w->lanes[i].line, number + i);
  return true;
}

static void
count (const struct wan *w)
{
  for (unsigned i = 0; i < DIRECTIONS; i++)
    {
      const struct lane *l = &w->lanes[i];
      const struct direction_counters *c = &l->line.counters;
      const struct
      {
        const char *name;
        uint64_t value;
      } counters[] = {
        { "in", c->in },
        { "out", c->out },
        { "lost", c->lost },
        { "repeated", c->repeated },
        { "reordered", c->reordered },
        { "overflow", c->overflow },
        { "refused", l->refused },
        { "cut", l->cut },
        { "pieces_lost", l->pieces_lost },
        { "unwritten", l->unwritten },
      };
      printf ("%s\"%s\":{", i == 0 ? "{" : ",", names[i]);
      for (size_t k = 0; k < G_N_ELEMENTS (counters); k++)
        printf ("%s\"%s\":%" PRIu64, k == 0 ? "" : ",", counters[k].name, counters[k].value);
      printf ("}");
    }
  printf ("}\n");
}

static void
obey (struct wan *w, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  unsigned n = g_strv_length (words);
  if (n == 1 && strcmp (words[0], "count") == 0)
    count (w);
  else if (n == 2 && strcmp (words[0], "seed") == 0 ? seed (w, words[1]) : n > 0 && set (w, words[0], words + 1))
    printf ("ok\n");
  else
    printf ("error: %s\n", line);
  fflush (stdout);
}

/* False: the end. */
static bool
listen_to (struct wan *w)
{
  ssize_t got = read (STDIN_FILENO, w->text + w->n_text, sizeof w->text - 1 - w->n_text);
  if (got <= 0)
    return got < 0 && errno == EINTR;
  w->n_text += (size_t)got;
  w->text[w->n_text] = '\0';
  char *line = w->text, *end;
  while ((end = strchr (line, '\n')) != NULL)
    {
      *end = '\0';
      obey (w, line);
      line = end + 1;
    }
  w->n_text -= (size_t)(line - w->text);
  memmove (w->text, line, w->n_text);
  return w->n_text < sizeof w->text - 1;
}

static void
arm (const struct wan *w)
{
  uint64_t next = MIN (direction_next (&w->lanes[UP].line), direction_next (&w->lanes[DOWN].line));
  struct itimerspec when = { 0 };
  if (next != UINT64_MAX)
    when.it_value = (struct timespec){ (time_t)(next / 1000000000u), (long)(next % 1000000000u) };
  timerfd_settime (w->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static int
run (struct wan *w)
{
  int set_of_descriptors = epoll_create1 (EPOLL_CLOEXEC);
  const int fds[] = { w->lanes[UP].from, w->lanes[DOWN].from, w->timer, STDIN_FILENO };
  for (size_t i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.fd = fds[i] };
      if (epoll_ctl (set_of_descriptors, EPOLL_CTL_ADD, fds[i], &event) < 0)
        return EXIT_FAILURE;
    }
  while (true)
    {
      struct epoll_event ready[G_N_ELEMENTS (fds)];
      arm (w);
      int n = epoll_wait (set_of_descriptors, ready, G_N_ELEMENTS (ready), -1);
      for (int i = 0; i < n; i++)
        if (ready[i].data.fd == STDIN_FILENO && !listen_to (w))
          return EXIT_SUCCESS;
      for (unsigned i = 0; i < DIRECTIONS; i++)
        {
          forward (w, &w->lanes[i]);
          give (&w->lanes[i], nanoseconds ());
        }
    }
}

static bool
open_lanes (struct wan *w, char **argv)
{
  int fds[DIRECTIONS];
  for (unsigned i = 0; i < DIRECTIONS; i++)
    {
      guint64 number;
      if (!g_ascii_string_to_unsigned (argv[1 + i], 10, 0, G_MAXINT32, &number, NULL))
        return false;
      fds[i] = (int)number;
      int flags = fcntl (fds[i], F_GETFL);
      if (flags < 0 || fcntl (fds[i], F_SETFL, flags | O_NONBLOCK) < 0)
        return false;
    }
  for (unsigned i = 0; i < DIRECTIONS; i++)
    {
      w->lanes[i] = (struct lane){ .from = fds[i], .to = fds[1 - i], .icmp = 1, .pieces = 1 };
      direction_init (&w->lanes[i].line, i);
    }
  w->timer = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return w->timer >= 0;
}

int
main (int argc, char **argv)
{
  static struct wan w;
  if (argc != 1 + DIRECTIONS || !open_lanes (&w, argv))
    {
      fputs ("usage: sojourn-wan UP DOWN (two open descriptors)\n", stderr);
      return EXIT_FAILURE;
    }
  int status = run (&w);
  for (unsigned i = 0; i < DIRECTIONS; i++)
    direction_clear (&w.lanes[i].line);
  return status;
}
