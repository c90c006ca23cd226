/* Every sample in tests/data/vpn: what its keys mean, what the audit says, and the round trip. */
#include "profile-test.h"

#include <string.h>

struct sample
{
  const char *name, *values, *findings;
};

/* clang-format off */
static const struct sample samples[] = {
  { "c-cisco-asa-cisco-udp",
    "network-natt-mode=force-cisco-udp network-natt-port=10000 network-frag-mode=force "
    "network-frag-size=520 policy-level=shared client-saved-username=EXAMPLE\\alice "
    "ident-client-type=keyid ident-client-data=RemoteGroup phase2-pfsgroup=0",
    "error not-supported 30 network-natt-mode\n"
    "error not-supported 37 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning aggressive-psk 37 phase1-exchange\n"
  },
  { "c-cisco-hybrid-group",
    "auth-method=hybrid-grp-xauth auth-mutual-psk=67726f75702d736563726574 "
    "auth-server-cert-name=ios-ca.pem auth-server-cert-data=1229~bytes phase1-cipher=aes "
    "phase1-keylen=0",
    "error not-supported 34 auth-method\n"
    "error not-supported 39 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning any-server 36 ident-server-type\n"
  },
  { "c-dlink-dfl-blowfish",
    "phase1-cipher=blowfish phase1-keylen=128 phase2-transform=esp-blowfish phase2-keylen=448 "
    "network-natt-mode=force-draft network-natt-rate=20 policy-level=require ident-client-data=-",
    "error not-supported 31 network-natt-mode\n"
    "error not-supported 38 phase1-cipher\n"
    "error not-supported 40 phase2-transform\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning weak-cipher 38 phase1-cipher\n"
    "warning weak-hash 39 phase1-hash\n"
    "warning weak-cipher 40 phase2-transform\n"
    "warning weak-hash 41 phase2-hmac\n"
    "warning weak-dh 43 phase2-pfsgroup\n"
  },
  { "c-everything-static",
    "network-host=192.0.2.200 network-ike-port=4500 network-natt-port=14500 network-mtu-size=1280 "
    "client-addr-auto=0 client-ip-addr=10.77.0.9 client-ip-mask=32 "
    "client-dns-addr=10.77.0.1,10.77.0.2,10.77.0.3,10.77.0.4 client-dns-suffix=corp.example.com "
    "client-splitdns-list=corp.example.com,lab.example.com,example.internal "
    "client-wins-addr=10.77.0.5,10.77.0.6 phase1-dhgroup=16 phase2-pfsgroup=18 "
    "phase1-life-kbytes=50000 phase2-life-kbytes=100000 policy-level=use policy-nailed=1 "
    "policy-list-include=10.77.0.0/16,192.168.50.0/24,203.0.113.7/32 "
    "policy-list-exclude=10.77.99.0/24,192.168.50.128/26 auth-mutual-psk=704073733a776f72642c207769746820636f6d6d6120616e6420232068617368 "
    "ident-client-data=static~group ident-server-type=address ident-server-data=192.0.2.200 "
    "phase2-hmac=sha2-384",
    "error not-supported 46 phase1-exchange\n"
    "warning aggressive-psk 46 phase1-exchange\n"
  },
  { "c-fortigate-dialup",
    "phase1-dhgroup=5 phase1-life-secs=28800 phase2-life-secs=1800 policy-list-auto=0 "
    "policy-list-include=10.0.0.0/24 network-frag-size=540",
    "error not-supported 37 phase1-exchange\n"
    "warning weak-dh 17 phase1-dhgroup\n"
    "warning aggressive-psk 37 phase1-exchange\n"
    "warning weak-dh 43 phase2-pfsgroup\n"
  },
  { "c-juniper-ssg-push-ufqdn",
    "client-auto-mode=push ident-client-type=ufqdn ident-client-data=client.example.com "
    "ident-server-type=fqdn ident-server-data=vpngw.example.com phase1-cipher=3des "
    "phase2-transform=esp-3des policy-list-include=10.1.0.0/16",
    "error not-supported 37 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning aggressive-psk 37 phase1-exchange\n"
    "warning weak-cipher 38 phase1-cipher\n"
    "warning weak-cipher 40 phase2-transform\n"
    "warning weak-dh 43 phase2-pfsgroup\n"
  },
  { "c-lancom-ufqdn-aes256",
    "auth-method=mutual-psk ident-server-type=ufqdn ident-server-data=user@firma.example.de "
    "auth-mutual-psk=6c616e636f6d2d6578616d706c652dc384c396c39c phase2-life-kbytes=2000000",
    "error not-supported 39 phase1-exchange\n"
    "warning odd-lifetime 19 phase1-life-secs\n"
    "warning aggressive-psk 39 phase1-exchange\n"
  },
  { "c-legacy-v0-string-psk",
    "version=4 auth-mutual-psk=6c65676163792d736563726574 client-dns-used=1 client-wins-used=1 "
    "client-dns-suffix-auto=1 policy-level=auto phase1-keylen=0",
    "error not-supported 24 phase1-exchange\n"
    "warning guessable-psk 23 auth-mutual-psk\n"
    "warning aggressive-psk 24 phase1-exchange\n"
    "warning weak-dh 27 phase1-dhgroup\n"
    "warning weak-dh 32 phase2-pfsgroup\n"
  },
  { "c-legacy-v1-dns-enable",
    "version=4 client-dns-used=1 client-dns-auto=0 client-dns-addr=10.8.0.1,10.8.0.2 "
    "client-dns-suffix=lan.example.com client-dns-suffix-auto=0 auth-server-cert-name=ca.crt "
    "auth-server-cert-data=1229~bytes auth-server-cert=- phase2-pfsgroup=-1 network-mtu-size=1380",
    "error not-supported 16 auth-method\n"
    "error not-supported 21 ident-server-type\n"
    "warning weak-cipher 23 phase1-cipher\n"
    "warning weak-dh 25 phase1-dhgroup\n"
    "warning weak-cipher 27 phase2-transform\n"
  },
  { "c-legacy-v3-cert-names",
    "version=4 auth-server-cert-name=ca.crt auth-client-cert-name=client.crt "
    "auth-client-key-name=client.key auth-client-key-data=- "
    "auth-client-key=/home/user/certs/client.key ident-server-type=asn1dn "
    "ident-server-data=CN=gw.example.com client-dns-suffix-auto=1",
    "error no-certificate 0 auth-client-key-data\n"
    "error not-supported 31 auth-method\n"
    "error not-supported 32 ident-client-type\n"
    "error not-supported 33 ident-server-type\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning file-not-read 47 auth-client-key\n"
  },
  { "c-mikrotik-aggressive-aes192",
    "phase1-keylen=192 phase2-keylen=192 phase2-pfsgroup=-1 ident-client-data=rw1 "
    "ident-server-data=mt phase2-hmac=sha2-512",
    "error not-supported 39 phase1-exchange\n"
    "warning guessable-psk 38 auth-mutual-psk\n"
    "warning aggressive-psk 39 phase1-exchange\n"
  },
  { "c-openswan-random-iface",
    "client-iface=random client-ip-addr=198.18.0.0 client-ip-mask=15 policy-nailed=1 "
    "phase1-dhgroup=15 phase1-cipher=cast client-auto-mode=disabled",
    "error not-supported 28 client-iface\n"
    "error not-supported 40 phase1-cipher\n"
    "error not-supported 42 phase2-transform\n"
    "warning guessable-psk 38 auth-mutual-psk\n"
    "warning weak-cipher 40 phase1-cipher\n"
    "warning weak-cipher 42 phase2-transform\n"
  },
  { "c-qt-fresh-order",
    "network-host=192.0.2.61 phase1-hash=sha2-512 phase1-keylen=256 ipcomp-transform=deflate "
    "policy-level=require",
    "error not-supported 23 phase1-exchange\n"
    "warning aggressive-psk 23 phase1-exchange\n"
    "warning weak-dh 24 phase1-dhgroup\n"
    "warning weak-dh 34 phase2-pfsgroup\n"
  },
  { "c-rsa-p12-password",
    "auth-method=mutual-rsa auth-server-cert-data=3514~bytes auth-client-cert-name=client.p12 "
    "auth-client-key-data=1874~bytes client-ip-addr=10.50.0.2 client-ip-mask=24 ident-client-data=-",
    "error not-supported 39 auth-method\n"
    "error not-supported 40 ident-client-type\n"
    "warning any-server 41 ident-server-type\n"
  },
  { "c-rsa-xauth-pem-dn",
    "auth-method=mutual-rsa-xauth ident-client-type=asn1dn "
    "ident-client-data=C=XX/O=Example~Test/CN=roadwarrior auth-client-key-data=1704~bytes",
    "error not-supported 39 auth-method\n"
    "error not-supported 40 ident-client-type\n"
    "error not-supported 41 ident-server-type\n"
  },
  { "c-sonicwall-dhcp-ipsec",
    "client-auto-mode=dhcp ident-server-type=keyid ident-server-data=0006B1123456",
    "error not-supported 27 client-auto-mode\n"
    "error not-supported 37 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning guessable-psk 36 auth-mutual-psk\n"
    "warning aggressive-psk 37 phase1-exchange\n"
    "warning weak-cipher 38 phase1-cipher\n"
    "warning weak-cipher 40 phase2-transform\n"
  },
  { "c-zyxel-static-address",
    "client-auto-mode=disabled client-ip-addr=172.23.9.5 client-ip-mask=24 "
    "ident-client-data=172.23.9.5 ident-server-data=198.51.100.2 phase1-cipher=des phase1-hash=md5 "
    "network-mtu-size=1360",
    "error not-supported 40 phase1-cipher\n"
    "error not-supported 42 phase2-transform\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning guessable-psk 38 auth-mutual-psk\n"
    "warning weak-cipher 40 phase1-cipher\n"
    "warning weak-hash 41 phase1-hash\n"
    "warning weak-cipher 42 phase2-transform\n"
  },
  { "cisco-rv180w",
    "network-dpd-enable=0 client-ip-addr=10.2.1.13 auth-mutual-psk=- ident-client-data=remote.com "
    "ident-server-data=local.com policy-list-include=10.1.0.0/16",
    "error no-psk 0 auth-mutual-psk\n"
    "error not-supported 40 phase1-exchange\n"
    "warning dpd-off 8 network-dpd-enable\n"
    "warning weak-dh 18 phase1-dhgroup\n"
  },
  { "fritzbox-converter-template",
    "version=4 network-host=fritzhost auth-mutual-psk=7eb8adccf48a phase2-pfsgroup=-1",
    "error not-supported 36 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning guessable-psk 35 auth-mutual-psk\n"
    "warning aggressive-psk 36 phase1-exchange\n"
  },
  { "g-engenius-esg-split",
    "client-ip-addr=10.10.11.1 client-dns-used=0 policy-list-include=192.168.66.0/24 "
    "phase1-dhgroup=14",
    "error not-supported 40 phase1-exchange\n"
    "warning guessable-psk 39 auth-mutual-psk\n"
    "warning aggressive-psk 40 phase1-exchange\n"
  },
  { "g-fritzbox-2010-ufqdn",
    "auth-method=mutual-psk ident-client-data=user@example.org ident-server-type=address "
    "ident-server-data=- policy-list-include=192.168.100.0/24",
    "error not-supported 38 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning guessable-psk 37 auth-mutual-psk\n"
    "warning aggressive-psk 38 phase1-exchange\n"
    "warning weak-dh 44 phase2-pfsgroup\n"
  },
  { "g-fritzbox-keyid-xauth",
    "network-host=abc123def456ghi7.myfritz.example ident-client-data=RoadUser1 "
    "auth-mutual-psk=416231436432456633476834496a354b",
    "error not-supported 36 phase1-exchange\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning aggressive-psk 36 phase1-exchange\n"
  },
  { "g-libreswan-main-address",
    "phase1-exchange=main phase1-dhgroup=0 phase1-cipher=auto phase2-hmac=sha1 "
    "network-host=203.0.113.5 ident-client-type=address",
    ""
  },
  { "g-racoon-ec2-force-rfc",
    "network-natt-mode=force-rfc policy-level=unique network-dpd-enable=0 phase1-keylen=256",
    "error not-supported 38 phase1-exchange\n"
    "warning dpd-off 8 network-dpd-enable\n"
    "warning weak-dh 18 phase1-dhgroup\n"
    "warning aggressive-psk 38 phase1-exchange\n"
  },
  { "hybrid-rsa-ufqdn-empty",
    "auth-method=hybrid-rsa-xauth ident-client-type=ufqdn ident-client-data= "
    "network-natt-mode=disable vendor-chkpt-enable=1 policy-list-include=10.0.0.0/8",
    "error not-supported 34 network-natt-mode\n"
    "error not-supported 36 auth-method\n"
    "warning empty-identity 37 ident-client-type\n"
    "warning any-server 39 ident-server-type\n"
  },
  { "ikec-docker-partial-v2",
    "version=4 network-host=192.0.2.32 client-dns-suffix-auto=1 auth-method=- ident-client-type=- "
    "phase1-exchange=- network-natt-mode=enable phase2-pfsgroup=-1 client-addr-auto=1 "
    "vendor-chkpt-enable=0",
    "error missing-key 0 auth-method\n"
    "error missing-key 0 ident-client-type\n"
    "error missing-key 0 ident-server-type\n"
    "error missing-key 0 phase1-exchange\n"
    "warning dpd-off 0 network-dpd-enable\n"
  },
  { "readme-minimal-noversion",
    "version=4 network-ike-port=500 client-auto-mode=disabled phase1-life-secs=28800 "
    "phase2-life-secs=0 auth-mutual-psk=424153453634454e434f44454450534b3d3d policy-list-auto=0",
    "error missing-key 0 ident-server-type\n"
    "error missing-key 0 phase1-exchange\n"
    "error no-address 0 client-ip-addr\n"
    "warning dpd-off 0 network-dpd-enable\n"
    "warning weak-dh 4 phase1-dhgroup\n"
  },
  { "rostelecom-template",
    "network-host=- auth-mutual-psk=7b7b2056504e5f50534b207d7d client-saved-username= "
    "phase1-life-secs=2000 phase2-life-secs=2400 network-natt-mode=force-rfc",
    "error bad-host 29 network-host\n"
    "error not-supported 39 phase1-exchange\n"
    "warning weak-dh 14 phase1-dhgroup\n"
    "warning guessable-psk 38 auth-mutual-psk\n"
    "warning aggressive-psk 39 phase1-exchange\n"
    "warning weak-dh 45 phase2-pfsgroup\n"
  },
  { "telecom-keyid-auto",
    "client-saved-username=EXAMPLECORP\\00123456 ident-client-data=EXTGROUP "
    "auth-mutual-psk=45786156706e50736b32303231 phase1-keylen=0",
    "error not-supported 37 phase1-exchange\n"
    "warning weak-dh 11 phase1-dhgroup\n"
    "warning aggressive-psk 37 phase1-exchange\n"
  },
  { "watchguard-like-v2",
    "version=4 client-auto-mode=pull client-iface=virtual network-natt-mode=enable "
    "network-frag-mode=disable phase1-exchange=aggressive phase1-cipher=3des phase2-transform=esp-aes "
    "phase2-keylen=256 ident-client-data=IpsecVPN~ auth-mutual-psk=50534b474f45534845524520 "
    "phase1-dhgroup=1 phase2-life-kbytes=128000 client-dns-suffix-auto=1",
    "error bad-host 2 network-host\n"
    "error not-supported 26 phase1-exchange\n"
    "warning guessable-psk 22 auth-mutual-psk\n"
    "warning aggressive-psk 26 phase1-exchange\n"
    "warning weak-cipher 27 phase1-cipher\n"
    "warning weak-dh 29 phase1-dhgroup\n"
    "warning weak-dh 35 phase2-pfsgroup\n"
  },
};
/* clang-format on */

static profile *
load (const char *name)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn", name);
  g_autoptr (GError) error = NULL;
  profile *p = profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), name, &error);
  g_assert_no_error (error);
  return p;
}

static void
values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr (profile) p = load (samples[i].name);
      assert_values (samples[i].name, p, samples[i].values);
    }
}

static void
audit (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr (profile) p = load (samples[i].name);
      g_autofree char *findings = show_findings (p);
      g_test_message ("%s", samples[i].name);
      g_assert_cmpstr (findings, ==, samples[i].findings);
      g_assert_cmpint (profile_usable (p, NULL), ==, strstr (findings, "error ") == NULL);
    }
}

static void
round_trip (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr (profile) p = load (samples[i].name);
      assert_round_trip (samples[i].name, p);
    }
}

/* A current file is written back as it was, but for byte order mark and line ends. */
static void
nothing_lost (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr (profile) p = load (samples[i].name);
      g_autoptr (GBytes) before = sample_bytes ("vpn", samples[i].name);
      g_autofree char *text = g_strndup (g_bytes_get_data (before, NULL), g_bytes_get_size (before));
      g_auto (GStrv) plain = g_strsplit (text, "\r", -1);
      g_autofree char *expected = g_strjoinv ("", plain);
      const char *start = g_str_has_prefix (expected, "\xef\xbb\xbf") ? expected + 3 : expected;
      if (!g_str_has_prefix (start, "n:version:4\n"))
        continue;
      g_autoptr (GBytes) after = profile_write (p);
      g_assert_cmpmem (start, strlen (start), g_bytes_get_data (after, NULL), g_bytes_get_size (after));
    }
}

/* A second, naive reading of each line gives what the getters give. */
static void
every_line (void)
{
  unsigned lines = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr (profile) p = load (samples[i].name);
      g_autoptr (GBytes) bytes = profile_write (p);
      g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      g_auto (GStrv) all = g_strsplit (text, "\n", -1);
      for (char **line = all; **line != '\0'; line++, lines++)
        {
          g_auto (GStrv) parts = g_strsplit (*line, ":", 3);
          enum profile_key key = profile_key_find (*parts[0], parts[1]);
          g_assert_cmpint (key, !=, PROFILE_N_KEYS);
          g_assert_true (profile_has (p, key));
          g_autofree char *shown = show_value (p, key);
          enum profile_kind kind = profile_key_info (key)->kind;
          if (kind == PROFILE_KIND_NUMBER || kind == PROFILE_KIND_GROUP || kind == PROFILE_KIND_SWITCH
              || kind == PROFILE_KIND_CHOICE || kind == PROFILE_KIND_ADDRESSES || kind == PROFILE_KIND_NAMES)
            g_assert_cmpstr (shown, ==, g_strstrip (parts[2]));
          else if (kind == PROFILE_KIND_TEXT)
            g_assert_cmpstr (shown, ==, parts[2]);
          else if (kind == PROFILE_KIND_BINARY && strlen (parts[2]) % 4 == 0 && strpbrk (parts[2], " {") == NULL
                   && !g_str_has_suffix (parts[2], "PSK=="))
            {
              gsize size;
              g_autofree guchar *decoded = g_base64_decode (parts[2], &size);
              g_autoptr (GBytes) binary = profile_binary (p, key);
              g_assert_cmpmem (decoded, size, g_bytes_get_data (binary, NULL), g_bytes_get_size (binary));
            }
        }
    }
  g_assert_cmpuint (lines, >, 1000);
}

static void
cut_short (void)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn", "forum-cut-short-v2");
  g_autoptr (GError) error = NULL;
  g_assert_null (profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "cut", &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
  g_assert_cmpuint (profile_error_line (error), ==, 11);
}

/* A sample that nobody has an expectation for is no test. */
static void
all_there (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "data", "vpn", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_assert_nonnull (dir);
  unsigned n = 0;
  const char *name;
  while ((name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_suffix (name, ".vpn");
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (samples) + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/samples/all-there", all_there);
  g_test_add_func ("/samples/values", values);
  g_test_add_func ("/samples/audit", audit);
  g_test_add_func ("/samples/round-trip", round_trip);
  g_test_add_func ("/samples/nothing-lost", nothing_lost);
  g_test_add_func ("/samples/every-line", every_line);
  g_test_add_func ("/samples/cut-short", cut_short);
  return g_test_run ();
}
