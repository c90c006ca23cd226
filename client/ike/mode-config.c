/* Mode-config, from both ends.
 *
 * Knows: who asks, who answers, what crosses. Must not know: how attributes look. */
#include "mode-config.h"

#include "course.h"
#include "grant.h"
#include "transaction.h"
#include "vendor.h"

enum
{
  PUSH_WAIT = 20000, /* client: for the gateway's SET */
};

void
mode_config_begin (struct ike_sa *sa)
{
  switch (sa->ike->config.mode_config)
    {
    case IKE_MODE_CONFIG_NONE:
      course_configured (sa);
      break;
    case IKE_MODE_CONFIG_PULL:
      {
        struct transaction *t = transaction_new (TRANSACTION_CONFIG, WIRE_CFG_REQUEST);
        struct wire_writer w = transaction_attributes (t);
        unsigned n = grant_write_request (&w, &sa->ike->config, (sa->vendors & (VENDOR_UNITY | VENDOR_SHREW)) != 0);
        if (n > 0)
          transaction_begin (sa, t);
        else
          {
            transaction_kind.free_state (t);
            course_configured (sa);
          }
        break;
      }
    case IKE_MODE_CONFIG_PUSH:
      if (sa->granted)
        course_configured (sa);
      else
        sa->config_deadline = sa->ike->now + PUSH_WAIT;
      break;
    }
}

enum verdict
mode_config_replied (struct exchange *x, const struct wire_cfg *cfg)
{
  struct transaction *t = x->state;
  if (x->sa->configured)
    return VERDICT_OK;
  grant_read (&x->sa->grant, &cfg->attributes);
  t->then = TRANSACTION_THEN_CONFIGURED;
  return VERDICT_OK;
}

/* Some gateways push within XAuth, some although we pull: acknowledged in any case, kept until the configuration is
 * complete. */
enum verdict
mode_config_pushed (struct exchange *x, const struct wire_cfg *cfg)
{
  struct ike_sa *sa = x->sa;
  struct transaction *t = x->state;
  struct wire_writer w = transaction_attributes (t);
  if (sa->ike->config.side == IKE_SIDE_GATEWAY)
    return VERDICT_OK;
  for (size_t i = 0; i < cfg->attributes.n; i++)
    wire_put_attribute_bytes (&w, cfg->attributes.items[i].type, NULL, 0);
  if (sa->configured)
    return VERDICT_OK;
  grant_read (&sa->grant, &cfg->attributes);
  sa->granted = true;
  if (sa->ike->config.mode_config == IKE_MODE_CONFIG_PUSH && sa->state == IKE_SA_READY)
    t->then = TRANSACTION_THEN_CONFIGURED;
  return VERDICT_OK;
}

void
mode_config_silent (struct ike_sa *sa)
{
  if (sa->ike->config.side == IKE_SIDE_GATEWAY || sa->configured)
    return;
  if (sa->granted)
    {
      course_configured (sa);
      return;
    }
  struct failure why = failure (IKE_REASON_NO_ADDRESS, IKE_EVIDENCE_INFERRED,
                                "The gateway did not answer the request for a configuration.");
  course_failed (sa, &why);
}

/* The name and the other IKE SAs tell the owner whom the lease is for. */
static void
ask_lease (struct ike_sa *sa, struct exchange *x)
{
  struct ike_event *event = engine_ask (sa->ike, IKE_EVENT_LEASE, &sa->pending.id);
  const struct login *login = &sa->login;
  sa->pending.type = IKE_EVENT_LEASE;
  sa->pending.exchange = x;
  if (login->user != NULL)
    event->lease.user = (struct ike_value){ outbox_keep (event, login->user, login->user_size), login->user_size };
  event->lease.peer_identity = outbox_keep_text (event, sa->peer_identity);
  for (size_t i = 0; i < sa->ike->sas->len; i++)
    {
      const struct ike_sa *other = sa->ike->sas->pdata[i];
      event->lease.again |= other != sa && other->state == IKE_SA_READY && other->granted;
    }
}

void
mode_config_offer (struct ike_sa *sa)
{
  if (sa->ike->config.mode_config == IKE_MODE_CONFIG_PUSH)
    ask_lease (sa, NULL);
}

static void
write_reply (struct ike_sa *sa, struct exchange *x)
{
  struct transaction *t = x->state;
  struct wire_writer w = transaction_attributes (t);
  grant_write (&w, &sa->grant, t->asked, &sa->ike->config.quirks);
}

enum verdict
mode_config_requested (struct exchange *x, const struct wire_cfg *cfg)
{
  struct ike_sa *sa = x->sa;
  struct transaction *t = x->state;
  if (sa->state != IKE_SA_READY)
    return VERDICT_DROP;
  t->asked = g_array_new (FALSE, FALSE, sizeof (uint16_t));
  for (size_t i = 0; i < cfg->attributes.n; i++)
    g_array_append_val (t->asked, cfg->attributes.items[i].type);
  if (sa->granted || sa->ike->config.mode_config == IKE_MODE_CONFIG_NONE)
    write_reply (sa, x);
  else if (sa->pending.type != IKE_EVENT_LEASE || sa->pending.id == 0)
    ask_lease (sa, x);
  else
    {
      if (sa->pending.exchange != NULL)
        sa->pending.exchange->dead = true;
      sa->pending.exchange = x;
    }
  return VERDICT_OK;
}

void
mode_config_push (struct ike_sa *sa)
{
  struct transaction *t = transaction_new (TRANSACTION_CONFIG, WIRE_CFG_SET);
  struct wire_writer w = transaction_attributes (t);
  grant_write (&w, &sa->grant, NULL, &sa->ike->config.quirks);
  transaction_begin (sa, t);
}

void
mode_config_leased (struct ike_sa *sa, struct exchange *x, const struct ike_grant *lease)
{
  ike_grant_clear (&sa->grant);
  if (lease != NULL)
    ike_grant_copy (&sa->grant, lease);
  sa->granted = sa->grant.address.family != IP_FAMILY_NONE;
  if (x != NULL)
    {
      if (sa->ike->config.quirks.push == IKE_QUIRK_PUSH_CROSSED && sa->granted)
        mode_config_push (sa);
      write_reply (sa, x);
      exchange_resume (x);
    }
  else if (sa->granted)
    mode_config_push (sa);
}

void
mode_config_tick (struct ike_sa *sa)
{
  if (sa->config_deadline > sa->ike->now)
    return;
  sa->config_deadline = IKE_NEVER;
  mode_config_silent (sa);
}
