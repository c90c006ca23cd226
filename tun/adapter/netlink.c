/* The routing socket. See netlink.h.
 *
 * Knows: libnl's sockets, callbacks and objects. Must not know: rules, routes, links. */
#include "netlink.h"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/object.h>
#include <sys/socket.h>

enum
{
  DUMP_TRIES = 8,
};

gboolean
netlink_fail (GError **error, enum adapter_error code, int number, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, ADAPTER_ERROR, (int)code, "%s: %s", what, nl_geterror (number));
  return FALSE;
}

netlink *
netlink_open (GError **error)
{
  g_autoptr (netlink) socket = nl_socket_alloc ();
  if (socket == NULL)
    g_error ("out of memory");
  int result = nl_connect (socket, NETLINK_ROUTE);
  if (result < 0)
    {
      netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "no routing socket");
      return NULL;
    }
  /* So that a dump of one table does not carry the whole routing table of a big host. Older kernels ignore the filter:
   * whoever dumps still looks at the table of what he gets. */
  int on = 1;
  (void)setsockopt (nl_socket_get_fd (socket), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  return g_steal_pointer (&socket);
}

static void
keep_object (struct nl_object *object, void *objects)
{
  nl_object_get (object);
  g_ptr_array_add (objects, object);
}

static int
keep_message (struct nl_msg *message, void *objects)
{
  (void)nl_msg_parse (message, keep_object, objects);
  return NL_OK;
}

static int
dump_once (netlink *socket, struct nl_msg *request, GPtrArray *objects)
{
  struct nl_cb *callbacks = nl_cb_alloc (NL_CB_DEFAULT);
  if (callbacks == NULL)
    return -NLE_NOMEM;
  nl_cb_set (callbacks, NL_CB_VALID, NL_CB_CUSTOM, keep_message, objects);
  /* A sequence number of its own for every try. */
  nlmsg_hdr (request)->nlmsg_seq = NL_AUTO_SEQ;
  int result = nl_send_auto (socket, request);
  if (result >= 0)
    result = nl_recvmsgs (socket, callbacks);
  nl_cb_put (callbacks);
  return result;
}

GPtrArray *
netlink_dump (netlink *socket, struct nl_msg *request, GError **error)
{
  int result = -NLE_DUMP_INTR;
  g_autoptr (GPtrArray) objects = g_ptr_array_new_with_free_func ((GDestroyNotify)nl_object_put);
  for (unsigned i = 0; i < DUMP_TRIES && result == -NLE_DUMP_INTR; i++)
    {
      g_ptr_array_set_size (objects, 0);
      result = dump_once (socket, request, objects);
    }
  nlmsg_free (request);
  if (result == -NLE_OBJ_NOTFOUND || result == -NLE_AF_NOSUPPORT || result == -NLE_OPNOTSUPP)
    {
      g_ptr_array_set_size (objects, 0);
      result = 0;
    }
  if (result < 0)
    {
      netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "the kernel does not list");
      return NULL;
    }
  return g_steal_pointer (&objects);
}

int
netlink_family (uint8_t ip_family)
{
  return ip_family == IP_FAMILY_6 ? AF_INET6 : AF_INET;
}

netlink_addr *
netlink_addr_of (const struct ip_network *network)
{
  netlink_addr *addr = nl_addr_build (netlink_family (network->address.family), network->address.bytes,
                                      ip_address_length (&network->address));
  if (addr == NULL)
    g_error ("out of memory");
  nl_addr_set_prefixlen (addr, network->prefix);
  return addr;
}

bool
netlink_addr_read (const netlink_addr *addr, int family, struct ip_network *network)
{
  *network = (struct ip_network){ .address.family = family == AF_INET6 ? IP_FAMILY_6 : IP_FAMILY_4 };
  if (family != AF_INET && family != AF_INET6)
    return false;
  unsigned length = addr != NULL ? nl_addr_get_len (addr) : 0;
  if (length == 0)
    return true;
  if (nl_addr_get_family (addr) != family || length != ip_address_length (&network->address))
    return false;
  memcpy (network->address.bytes, nl_addr_get_binary_addr (addr), length);
  network->prefix = (uint8_t)nl_addr_get_prefixlen (addr);
  return true;
}
