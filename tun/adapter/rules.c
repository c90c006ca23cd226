/* Policy rules in their slots. See rules.h.
 *
 * Knows: rtnetlink's rules. Must not know: routes, why something goes outside. */
#include "rules.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/errno.h>
#include <netlink/route/rule.h>

#include "address-text.h"

typedef struct rtnl_rule route_rule;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (route_rule, rtnl_rule_put)

enum
{
  DHCP4_SERVER = 67,
  DHCP4_CLIENT = 68,
  DHCP6_CLIENT = 546,
  DHCP6_SERVER = 547,
};

/* The few things that rules of ours say. */
struct rule
{
  uint32_t priority;
  uint8_t family; /* AF_ */
  uint8_t action; /* FR_ACT_ */
  uint32_t table, target, mark;
  struct ip_network to; /* family NONE: everywhere */
  uint8_t protocol;     /* IPPROTO_, 0: any */
  uint16_t from_port, to_port;
};

static bool
rule_equal (const struct rule *a, const struct rule *b)
{
  return a->priority == b->priority && a->family == b->family && a->action == b->action && a->table == b->table
         && a->target == b->target && a->mark == b->mark && ip_network_equal (&a->to, &b->to)
         && a->protocol == b->protocol && a->from_port == b->from_port && a->to_port == b->to_port;
}

static bool
contains (const GArray *rules, const struct rule *rule)
{
  for (guint i = 0; i < rules->len; i++)
    if (rule_equal (&g_array_index (rules, struct rule, i), rule))
      return true;
  return false;
}

static route_rule *
rule_write (const struct rule *rule)
{
  route_rule *made = rtnl_rule_alloc ();
  rtnl_rule_set_family (made, rule->family);
  rtnl_rule_set_prio (made, rule->priority);
  rtnl_rule_set_action (made, rule->action);
  rtnl_rule_set_protocol (made, RTPROT_KERNEL);
  if (rule->action == FR_ACT_TO_TBL)
    rtnl_rule_set_table (made, rule->table);
  if (rule->action == FR_ACT_GOTO)
    rtnl_rule_set_goto (made, rule->target);
  if (rule->mark != 0)
    {
      rtnl_rule_set_mark (made, rule->mark);
      rtnl_rule_set_mask (made, G_MAXUINT32);
    }
  if (rule->to.address.family != IP_FAMILY_NONE)
    {
      g_autoptr (netlink_addr) to = netlink_addr_of (&rule->to);
      rtnl_rule_set_dst (made, to);
    }
  if (rule->protocol != 0)
    rtnl_rule_set_ipproto (made, rule->protocol);
  if (rule->from_port != 0)
    rtnl_rule_set_sport (made, rule->from_port);
  if (rule->to_port != 0)
    rtnl_rule_set_dport (made, rule->to_port);
  return made;
}

/* False for one of another protocol, or that asks what none of ours asks. */
static bool
rule_read (route_rule *from, struct rule *rule)
{
  *rule = (struct rule){
    .priority = rtnl_rule_get_prio (from),
    .family = (uint8_t)rtnl_rule_get_family (from),
    .action = rtnl_rule_get_action (from),
    .mark = rtnl_rule_get_mark (from),
  };
  uint8_t protocol = 0;
  if (rtnl_rule_get_protocol (from, &protocol) < 0 || protocol != RTPROT_KERNEL || rtnl_rule_get_iif (from) != NULL
      || rtnl_rule_get_oif (from) != NULL || rtnl_rule_get_src (from) != NULL)
    return false;
  if (rule->action == FR_ACT_TO_TBL)
    rule->table = rtnl_rule_get_table (from);
  if (rule->action == FR_ACT_GOTO)
    rule->target = rtnl_rule_get_goto (from);
  netlink_addr *to = rtnl_rule_get_dst (from);
  if (to != NULL && !netlink_addr_read (to, rule->family, &rule->to))
    return false;
  uint16_t last;
  if (rtnl_rule_get_ipproto (from, &rule->protocol) < 0)
    rule->protocol = 0;
  if (rtnl_rule_get_sport (from, &rule->from_port, &last) < 0)
    rule->from_port = 0;
  if (rtnl_rule_get_dport (from, &rule->to_port, &last) < 0)
    rule->to_port = 0;
  return true;
}

static bool
in_slot (uint32_t priority, uint32_t slot)
{
  return priority >= RULES_MARK && priority < RULES_END + RULES_SLOTS && (priority - RULES_MARK) % RULES_SLOTS == slot;
}

static GPtrArray *
dump_rules (netlink *socket, int family, GError **error)
{
  struct fib_rule_hdr request = { .family = (uint8_t)family };
  struct nl_msg *message = nlmsg_alloc_simple (RTM_GETRULE, NLM_F_DUMP);
  nlmsg_append (message, &request, sizeof request, NLMSG_ALIGNTO);
  return netlink_dump (socket, message, error);
}

/* The rules of a slot that could be ours, as plain structs. */
static GArray *
read_slot (netlink *socket, int family, uint32_t slot, GError **error)
{
  g_autoptr (GPtrArray) all = dump_rules (socket, family, error);
  if (all == NULL)
    return NULL;
  GArray *rules = g_array_new (FALSE, FALSE, sizeof (struct rule));
  for (guint i = 0; i < all->len; i++)
    {
      struct rule rule;
      route_rule *present = g_ptr_array_index (all, i);
      if (in_slot (rtnl_rule_get_prio (present), slot) && rule_read (present, &rule))
        g_array_append_val (rules, rule);
    }
  return rules;
}

static void
want_outside (GArray *rules, struct rule rule, uint32_t band, uint32_t slot)
{
  rule.priority = band + slot;
  rule.action = FR_ACT_GOTO;
  rule.target = RULES_END + slot;
  if (!contains (rules, &rule))
    g_array_append_val (rules, rule);
}

/* In the order in which they are to be added. */
static GArray *
wanted_rules (const struct layout *l, const struct journal_slot *slot, uint8_t ip_family)
{
  GArray *rules = g_array_new (FALSE, FALSE, sizeof (struct rule));
  const struct rule any = { .family = (uint8_t)netlink_family (ip_family) };
  struct rule end = any, marked = any, dhcp = any, lookup = any;
  end.priority = RULES_END + slot->slot;
  end.action = FR_ACT_NOP;
  /* The claim on the slot is always the one of IPv4. */
  if (ip_family == IP_FAMILY_4 || layout_concerns (l, ip_family))
    g_array_append_val (rules, end);
  if (!layout_concerns (l, ip_family))
    return rules;
  marked.mark = l->mark;
  if (l->mark != 0)
    want_outside (rules, marked, RULES_MARK, slot->slot);
  for (guint i = 0; i < l->gateways->len; i++)
    {
      const struct ip_address *address = &g_array_index (l->gateways, struct ip_address, i);
      struct rule gateway = any;
      gateway.to = address_host (address);
      gateway.protocol = IPPROTO_UDP;
      if (address->family == ip_family)
        want_outside (rules, gateway, RULES_GATEWAY, slot->slot);
    }
  dhcp.protocol = IPPROTO_UDP;
  dhcp.from_port = ip_family == IP_FAMILY_6 ? DHCP6_CLIENT : DHCP4_CLIENT;
  dhcp.to_port = ip_family == IP_FAMILY_6 ? DHCP6_SERVER : DHCP4_SERVER;
  want_outside (rules, dhcp, RULES_DHCP, slot->slot);
  lookup.priority = RULES_TUNNEL + slot->slot;
  lookup.action = FR_ACT_TO_TBL;
  lookup.table = slot->table;
  g_array_append_val (rules, lookup);
  return rules;
}

static gboolean
add_rule (netlink *socket, const struct rule *rule, GError **error)
{
  g_autoptr (route_rule) made = rule_write (rule);
  int result = rtnl_rule_add (socket, made, NLM_F_CREATE | NLM_F_EXCL);
  if (result == -NLE_EXIST)
    return TRUE;
  return result == 0 ? TRUE : netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "adding rule %u", rule->priority);
}

static gboolean
delete_rule (netlink *socket, const struct rule *rule, GError **error)
{
  g_autoptr (route_rule) made = rule_write (rule);
  int result = rtnl_rule_delete (socket, made, 0);
  if (result == 0 || result == -NLE_OBJ_NOTFOUND)
    return TRUE;
  return netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "removing rule %u", rule->priority);
}

static gboolean
sync_family (netlink *socket, const layout *l, const struct journal_slot *slot, uint8_t ip_family, bool *changed,
             GError **error)
{
  g_autoptr (GArray) wanted = wanted_rules (l, slot, ip_family);
  g_autoptr (GArray) present = read_slot (socket, netlink_family (ip_family), slot->slot, error);
  if (present == NULL)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++)
    {
      const struct rule *rule = &g_array_index (wanted, struct rule, i);
      if (contains (present, rule))
        continue;
      if (!add_rule (socket, rule, error))
        return FALSE;
      *changed = true;
    }
  for (guint i = present->len; i-- > 0;)
    {
      const struct rule *rule = &g_array_index (present, struct rule, i);
      if (contains (wanted, rule))
        continue;
      if (!delete_rule (socket, rule, error))
        return FALSE;
      *changed = true;
    }
  return TRUE;
}

gboolean
rules_sync (netlink *socket, const layout *l, const struct journal_slot *slot, bool *changed, GError **error)
{
  return sync_family (socket, l, slot, IP_FAMILY_4, changed, error)
         && sync_family (socket, l, slot, IP_FAMILY_6, changed, error);
}

/* Of either family, whoever made it. */
static gboolean
mark_used (netlink *socket, int family, bool used[RULES_SLOTS], GError **error)
{
  g_autoptr (GPtrArray) all = dump_rules (socket, family, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      uint32_t priority = rtnl_rule_get_prio (g_ptr_array_index (all, i));
      if (priority >= RULES_MARK && priority < RULES_END + RULES_SLOTS)
        used[(priority - RULES_MARK) % RULES_SLOTS] = true;
    }
  return TRUE;
}

gboolean
rules_find_slot (netlink *socket, uint32_t from, uint32_t *slot, GError **error)
{
  bool used[RULES_SLOTS] = { false };
  if (!mark_used (socket, AF_INET, used, error) || !mark_used (socket, AF_INET6, used, error))
    return FALSE;
  for (*slot = from; *slot < RULES_SLOTS; (*slot)++)
    if (!used[*slot])
      return TRUE;
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES, "no rule priorities are left for another tunnel");
  return FALSE;
}

gboolean
rules_claim (netlink *socket, uint32_t slot, GError **error)
{
  const struct rule end = { .priority = RULES_END + slot, .family = AF_INET, .action = FR_ACT_NOP };
  g_autoptr (route_rule) made = rule_write (&end);
  int result = rtnl_rule_add (socket, made, NLM_F_CREATE | NLM_F_EXCL);
  if (result == 0)
    return TRUE;
  if (result != -NLE_EXIST)
    return netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "adding rule %u", end.priority);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "rule %u exists", end.priority);
  return FALSE;
}

static bool
is_lookup_of (const struct rule *rule, uint32_t table)
{
  return rule->action == FR_ACT_TO_TBL && rule->table == table;
}

static bool
is_ours (const struct rule *rule, uint32_t slot)
{
  return (rule->action == FR_ACT_GOTO && rule->target == RULES_END + slot)
         || (rule->action == FR_ACT_NOP && rule->priority == RULES_END + slot);
}

static gboolean
remove_family (netlink *socket, int family, const struct journal_slot *slot, GError **error)
{
  g_autoptr (GArray) present = read_slot (socket, family, slot->slot, error);
  if (present == NULL)
    return FALSE;
  bool shared = false;
  for (guint i = 0; i < present->len; i++)
    {
      const struct rule *rule = &g_array_index (present, struct rule, i);
      if (is_lookup_of (rule, slot->table))
        {
          if (!delete_rule (socket, rule, error))
            return FALSE;
        }
      else if (rule->action == FR_ACT_TO_TBL)
        shared = true;
    }
  for (guint i = 0; i < present->len && !shared; i++)
    {
      const struct rule *rule = &g_array_index (present, struct rule, i);
      if (is_ours (rule, slot->slot) && !delete_rule (socket, rule, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
rules_remove (netlink *socket, const struct journal_slot *slot, GError **error)
{
  gboolean ok = remove_family (socket, AF_INET, slot, error);
  return remove_family (socket, AF_INET6, slot, ok ? error : NULL) && ok;
}
