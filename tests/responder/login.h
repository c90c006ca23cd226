/* A client's login: whether its answers are right, and what is asked next.
 *
 * Knows: users, and in which order their codes are asked for. Must not know: messages.
 * One thread. */
#pragma once

#include "config.h"

struct login
{
  const struct user *user; /* NULL: nobody of that name */
  unsigned done;           /* fields that were asked for; a set of 1 << enum ike_field */
  bool before;             /* logged in once */
};

/* The verdict on IKE_EVENT_VERIFY; `answer` is filled but for its id. It takes the same time for a wrong name as for a
 * wrong password. */
void login_judge (struct login *login, const struct config *config, const struct ike_event *event,
                  struct ike_answer *answer);
