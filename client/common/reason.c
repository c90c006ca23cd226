/* The table of reasons; see reason.h. docs/design.md section 7 has the same rows, and a test compares them. */
#include "reason.h"

#include <glib/gi18n.h>
#include <string.h>

enum
{
  WARNING_ONLY = -1,
};

static const struct reason_row rows[REASON_N] = {
  [REASON_USER] = { "user", 0, N_ ("The VPN is off"), N_ ("You turned it off."), N_ ("Connect"), REASON_OWNER_YOU },
  [REASON_INTERNAL] = { "internal", 1, N_ ("Something went wrong in this program"), N_ ("Please send the report."),
                        N_ ("Save Report"), REASON_OWNER_COMPUTER },
  [REASON_USAGE] = { "usage", 2, N_ ("The command was not understood"), N_ ("The help text lists what can be said."),
                     N_ ("Close"), REASON_OWNER_YOU },
  [REASON_PROFILE_INVALID] = { "profile-invalid", 3, N_ ("This profile cannot be used"),
                               N_ ("A setting in it makes no sense; its line and name are in the details."),
                               N_ ("Edit Profile"), REASON_OWNER_PROFILE_GIVER },
  [REASON_NOT_A_PROFILE]
  = { "not-a-profile", 3, N_ ("This is not a VPN profile"), N_ ("Choose the file ending in .vpn that you received."),
      N_ ("Choose…"), REASON_OWNER_YOU },
  [REASON_NOT_SUPPORTED]
  = { "not-supported", 3, N_ ("This profile needs something unsafe or unknown"),
      N_ ("What it is, and why it is not there, is in the details."), N_ ("Details"), REASON_OWNER_PROFILE_GIVER },
  [REASON_NAME_UNKNOWN] = { "name-unknown", 4, N_ ("The VPN server was not found"),
                            N_ ("If websites open normally, the server address in this profile may be wrong."),
                            N_ ("Edit Profile"), REASON_OWNER_PROFILE_GIVER },
  [REASON_NO_ANSWER] = { "no-answer", 4, N_ ("The VPN server does not answer"),
                         N_ ("This network may block VPNs. Try another one, such as your phone's hotspot."),
                         N_ ("Try Again"), REASON_OWNER_NETWORK },
  [REASON_OFFLINE]
  = { "offline", 4, N_ ("You are not online"), N_ ("The VPN connects by itself once the internet is back."),
      N_ ("Turn Off"), REASON_OWNER_NETWORK },
  [REASON_NO_IPV4]
  = { "no-ipv4", 4, N_ ("This network cannot reach the VPN server"),
      N_ ("It offers only IPv6, the server only IPv4. Try another network."), N_ ("Try Again"), REASON_OWNER_NETWORK },
  [REASON_PORTAL] = { "portal", 4, N_ ("This Wi-Fi wants you to sign in first"),
                      N_ ("Protected traffic is let go while you sign in; the VPN connects again afterwards."),
                      N_ ("Sign In to Wi-Fi"), REASON_OWNER_YOU },
  [REASON_TIMEOUT] = { "timeout", 4, N_ ("Connecting took too long"),
                       N_ ("The VPN server answered too slowly, or not at all. Try again, or another network."),
                       N_ ("Try Again"), REASON_OWNER_NETWORK },
  [REASON_NO_COMMON_TERMS]
  = { "no-common-terms", 5, N_ ("Server and profile disagree on encryption"),
      N_ ("Whoever manages the server needs the report to fix this."), N_ ("Save Report"), REASON_OWNER_PROFILE_GIVER },
  [REASON_KEY_MISMATCH] = { "key-mismatch", 6, N_ ("This profile does not fit the server"),
                            N_ ("Its shared key was refused. Ask whoever gave you the profile for a new one."),
                            N_ ("Open Another…"), REASON_OWNER_PROFILE_GIVER },
  [REASON_SILENT_AT_KEY] = { "silent-at-key", 6, N_ ("The server stopped answering"),
                             N_ ("It answered first, then not any more: the shared key or another setting of this "
                                 "profile is probably wrong."),
                             N_ ("Save Report"), REASON_OWNER_PROFILE_GIVER },
  [REASON_SERVER_UNTRUSTED] = { "server-untrusted", 6, N_ ("This may not be the right server"),
                                N_ ("It could not prove who it is, so nothing was sent. Tell whoever gave you the "
                                    "profile."),
                                N_ ("Save Report"), REASON_OWNER_PROFILE_GIVER },
  [REASON_SERVER_CERT_EXPIRED]
  = { "server-cert-expired", 6, N_ ("The server's certificate has expired"),
      N_ ("Whoever manages the server must renew it."), N_ ("Save Report"), REASON_OWNER_PROFILE_GIVER },
  [REASON_OWN_CERT_EXPIRED]
  = { "own-cert-expired", 6, N_ ("Your certificate has expired"),
      N_ ("Ask whoever gave you the profile for a new one."), N_ ("Open Another…"), REASON_OWNER_PROFILE_GIVER },
  [REASON_CLOCK_WRONG] = { "clock-wrong", 6, N_ ("This computer's clock is wrong"),
                           N_ ("Certificates cannot be checked. Set date and time, then try again."), N_ ("Try Again"),
                           REASON_OWNER_COMPUTER },
  [REASON_KEY_FILE_PASSWORD] = { "key-file-password", 6, N_ ("The certificate is locked"), N_ ("Type its password."),
                                 N_ ("Try Again"), REASON_OWNER_YOU },
  [REASON_TOKEN_MISSING] = { "token-missing", 6, N_ ("The smart card is missing"), N_ ("Insert it and try again."),
                             N_ ("Try Again"), REASON_OWNER_YOU },
  [REASON_LOGIN_REFUSED]
  = { "login-refused", 7, N_ ("User name or password not accepted"),
      N_ ("Type them again. Too many attempts can lock your account."), N_ ("Try Again"), REASON_OWNER_YOU },
  [REASON_CODE_REFUSED] = { "code-refused", 7, N_ ("The code was not accepted"),
                            N_ ("It may have expired. Ask for a new one."), N_ ("Try Again"), REASON_OWNER_YOU },
  [REASON_QUESTION_UNANSWERED] = { "question-unanswered", 8, N_ ("Sign-in timed out"),
                                   N_ ("Nobody answered the question in time."), N_ ("Try Again"), REASON_OWNER_YOU },
  [REASON_NO_ADDRESS] = { "no-address", 9, N_ ("The server gave this computer no address"),
                          N_ ("Perhaps too many people are connected. Try again in a few minutes."), N_ ("Try Again"),
                          REASON_OWNER_PROFILE_GIVER },
  [REASON_NO_NETWORKS]
  = { "no-networks", 9, N_ ("The server offers no network to this computer"),
      N_ ("Whoever manages the server needs the report to fix this."), N_ ("Save Report"), REASON_OWNER_PROFILE_GIVER },
  [REASON_NOT_ALLOWED]
  = { "not-allowed", 10, N_ ("You may not do this here"),
      N_ ("Sign in at this computer itself, or ask its administrator."), N_ ("Close"), REASON_OWNER_COMPUTER },
  [REASON_HOST] = { "host", 11, N_ ("This computer could not set up the connection"),
                    N_ ("Which part failed (adapter, routes or DNS) is in the details. Everything was undone."),
                    N_ ("Save Report"), REASON_OWNER_COMPUTER },
  [REASON_LOST] = { "lost", 12, N_ ("Connection lost, trying again"),
                    N_ ("Protected traffic waits until the VPN is back."), N_ ("Turn Off"), REASON_OWNER_NETWORK },
  [REASON_ENDED_BY_SERVER] = { "ended-by-server", 12, N_ ("The server ended the connection"),
                               N_ ("You can connect again now."), N_ ("Connect"), REASON_OWNER_PROFILE_GIVER },
  [REASON_NO_SERVICE]
  = { "no-service", 13, N_ ("The VPN service is not running"),
      N_ ("Restart the computer. If this stays, install the program again."), N_ ("Close"), REASON_OWNER_COMPUTER },
  [REASON_SERVICE_OUTDATED]
  = { "service-outdated", 13, N_ ("The VPN service is of another version"),
      N_ ("Restart the computer. If this stays, install the program again."), N_ ("Close"), REASON_OWNER_COMPUTER },
  [REASON_NOT_FOUND] = { "not-found", 14, N_ ("There is no profile of this name"),
                         N_ ("The list of profiles shows which there are."), N_ ("Close"), REASON_OWNER_YOU },
  [REASON_EXISTS] = { "exists", 14, N_ ("There is a profile of this name already"),
                      N_ ("Choose another name, or replace it."), N_ ("Close"), REASON_OWNER_YOU },
  [REASON_NETWORKS_OVERLAP] = { "networks-overlap", 15, N_ ("Another VPN already uses these networks"),
                                N_ ("Turn the other one off first."), N_ ("Show"), REASON_OWNER_YOU },
  [REASON_PORT_BUSY] = { "port-busy", 15, N_ ("Another VPN program is in the way"),
                         N_ ("It uses the ports that this profile needs."), N_ ("Details"), REASON_OWNER_COMPUTER },
  [REASON_LAN_CLASH] = { "lan-clash", WARNING_ONLY, N_ ("Your local network uses the same addresses"),
                         N_ ("The VPN has priority; your router and its DNS stay reachable, other local devices may "
                             "not."),
                         N_ ("Details"), REASON_OWNER_NETWORK },
  [REASON_DNS_NOT_APPLIED]
  = { "dns-not-applied", WARNING_ONLY, N_ ("Internal names may not work"),
      N_ ("The name server settings could not be changed."), N_ ("Details"), REASON_OWNER_COMPUTER },
  [REASON_LEFT_OVER] = { "left-over", WARNING_ONLY, N_ ("The VPN stopped unexpectedly"),
                         N_ ("Protected traffic is held back. Connect again, or turn the VPN off."), N_ ("Connect"),
                         REASON_OWNER_COMPUTER },
  [REASON_IMPORT_PARTLY] = { "import-partly", WARNING_ONLY, N_ ("Profile added with changes"),
                             N_ ("Some settings do not exist here."), N_ ("Show"), REASON_OWNER_PROFILE_GIVER },
};

static const char *const evidence_names[] = {
  [EVIDENCE_PROVED] = "proved",
  [EVIDENCE_INFERRED] = "inferred",
  [EVIDENCE_CLAIMED] = "claimed",
};

const struct reason_row *
reason_row (enum reason reason)
{
  return &rows[reason];
}

bool
reason_from_name (const char *name, enum reason *out)
{
  for (unsigned i = 0; i < REASON_N; i++)
    if (strcmp (rows[i].name, name) == 0)
      {
        *out = i;
        return true;
      }
  return false;
}

const char *
evidence_name (enum evidence evidence)
{
  return evidence_names[evidence];
}

bool
evidence_from_name (const char *name, enum evidence *out)
{
  for (unsigned i = 0; i < G_N_ELEMENTS (evidence_names); i++)
    if (strcmp (evidence_names[i], name) == 0)
      {
        *out = i;
        return true;
      }
  return false;
}
