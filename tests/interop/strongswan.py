"""strongSwan as the other end: a gateway like a road-warrior router, and a client that checks that gateway.

Knows: strongSwan's configuration and how its daemon is run on a host of the bed. Must not know: Sojourn.

Each daemon has its own configuration, control socket and log below the host's /run, and the userspace ESP backend
(kernel-libipsec), so it does not depend on what the kernel has built in. That backend needs UDP encapsulation, hence
such a gateway always looks as if it were behind a NAT itself.
"""
import os

import bed

_PLUGINS = ("aesni aes rc2 sha2 sha1 md5 mgf1 random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pem "
            "openssl gmp curve25519 hmac kdf gcm drbg attr kernel-libipsec kernel-netlink resolve socket-default vici "
            "updown xauth-generic unity")
_TOOL_PLUGINS = "aes sha2 sha1 md5 random nonce pubkey pkcs1 pkcs8 pem openssl gmp hmac"

_STRONGSWAN_CONF = """
charon-systemd {{
    load = {plugins}
    cisco_unity = {unity}
    i_dont_care_about_security_and_use_aggressive_mode_psk = yes
    install_virtual_ip = yes
    retransmit_tries = 3
    retransmit_timeout = 2.0
    half_open_timeout = 15
    fragment_size = {fragment_size}
    journal {{
        default = -1
    }}
    filelog {{
        main {{
            path = /dev/stdout
            flush_line = yes
            time_format = %H:%M:%S
            default = 1
            ike = 2
            cfg = 2
            chd = 2
        }}
    }}
    plugins {{
        vici {{
            socket = unix://{directory}/vici
        }}
        kernel-libipsec {{
            allow_peer_ts = yes
        }}
        kernel-netlink {{
            fwmark = !0x42
        }}
        socket-default {{
            fwmark = 0x42
        }}
        resolve {{
            file = {directory}/resolv.conf
        }}
    }}
}}
swanctl {{
    load = {tool_plugins}
}}
"""

_GATEWAY_CONF = """
connections {{
    gw {{
        version = 1
        aggressive = {aggressive}
        local_addrs = {address}
        proposals = {ike}
        pools = clients
        pull = {pull}
        encap = yes
        fragmentation = {fragmentation}
        dpd_delay = {dpd_delay}
        dpd_timeout = {dpd_timeout}
        unique = no
        rekey_time = {ike_rekey}
        rand_time = 0s
        send_certreq = no
        local-1 {{
            auth = psk
            id = {address}
        }}
        remote-1 {{
            auth = psk
        }}
        {remote_2}
        children {{
            lan {{
                local_ts = {local_ts}
                esp_proposals = {esp}
                rekey_time = {esp_rekey}
                rand_time = 0s
                dpd_action = clear
                start_action = none
            }}
        }}
    }}
}}
pools {{
    clients {{
        addrs = {pool}
        {attributes}
    }}
}}
secrets {{
    ike-1 {{
        secret = "{psk}"
    }}
    xauth-1 {{
        id = username
        secret = "password"
    }}
    xauth-2 {{
        id = username2
        secret = "password2"
    }}
}}
"""

_CLIENT_CONF = """
connections {{
    gw {{
        version = 1
        remote_addrs = {address}
        proposals = {ike}
        vips = 0.0.0.0
        dpd_delay = 10s
        local-1 {{
            auth = psk
        }}
        local-2 {{
            auth = xauth
            xauth_id = username
        }}
        remote-1 {{
            auth = psk
            id = {address}
        }}
        children {{
            net {{
                remote_ts = 0.0.0.0/0
                esp_proposals = {esp}
            }}
        }}
    }}
}}
secrets {{
    ike-1 {{
        secret = "ipsec-secret"
    }}
    xauth-1 {{
        id = username
        secret = "{password}"
    }}
}}
"""

DEFAULTS = {
    "aggressive": "no",
    "ike": "aes256-sha512-modp2048",
    "esp": "aes128-sha256-modp2048",
    "psk": "ipsec-secret",
    "xauth": True,
    "unity": "yes",
    "fragmentation": "yes",
    "fragment_size": "1280",  # of an IP packet
    "pull": "yes",
    "split": f"{bed.LAN_A},{bed.LAN_B}",  # empty: everything goes through the tunnel
    "split_via": "unity",  # `unity`: one attribute for all networks; `pool`: one for each, without padding
    "dns": bed.LAN_DNS,
    "domain": "corp.example",
    "split_dns": "corp.example,intra.example",
    "banner": "Welcome to the reference gateway",
    "dpd_delay": "10s",
    "dpd_timeout": "30s",
    "esp_rekey": "1h",
    "ike_rekey": "24h",
}


def _daemon():
    for path in ("/usr/sbin/charon-systemd", "/usr/libexec/ipsec/charon-systemd"):
        if os.access(path, os.X_OK):
            return path
    raise bed.Missing("not installed: charon-systemd")


class _Charon:
    def __init__(self, made, host, configuration, unity="yes", fragment_size="1280"):
        daemon = _daemon()
        bed.require("swanctl")
        self._host = host
        self._directory = "/run/strongswan"
        host.run(["mkdir", "-p", *(f"{self._directory}/swanctl/{name}" for name in (
            "x509", "x509ca", "x509ocsp", "x509aa", "x509ac", "x509crl", "pubkey", "private", "rsa", "ecdsa", "bliss",
            "pkcs8", "pkcs12"))])
        self._write("strongswan.conf", _STRONGSWAN_CONF.format(
            plugins=_PLUGINS, tool_plugins=_TOOL_PLUGINS, unity=unity, fragment_size=fragment_size, directory=self._directory))
        self._write("swanctl/swanctl.conf", configuration)
        environment = ["env", f"STRONGSWAN_CONF={self._directory}/strongswan.conf",
                       f"SWANCTL_DIR={self._directory}/swanctl"]
        self._swanctl = [*environment, "swanctl"]
        self.process = made.start(host, [*environment, daemon])
        self.process.name = f"strongSwan on {host.name}"
        bed.wait_until(lambda: self._control("--stats", check=False).returncode == 0, 15, "strongSwan's control socket")
        self._control("--load-all", "--noprompt")

    def _write(self, name, text):
        self._host.run(["sh", "-c", f"umask 077; cat >{self._directory}/{name}"], input=text)

    def _control(self, *arguments, check=True, timeout=30):
        return self._host.run([*self._swanctl, *arguments, "--uri", f"unix://{self._directory}/vici"], check=check,
                              timeout=timeout)

    def associations(self):
        return self._control("--list-sas").stdout

    def log(self):
        return self.process.lines

    def wait_log(self, part, seconds=10):
        return self.process.wait_line(lambda line: line if part in line else None, seconds, part)

    def stop(self):
        self.process.signal(15)
        self.process.wait(15)


class Gateway(_Charon):
    """A road-warrior gateway at bed.GATEWAY; the options are those of DEFAULTS."""

    def __init__(self, made, **changes):
        unknown = set(changes) - set(DEFAULTS)
        if unknown:
            raise TypeError(f"no such option: {unknown}")
        given = {**DEFAULTS, **changes}
        attributes = [f"28672 = \"{given['banner']}\""] if given["banner"] else []
        attributes += [f"dns = {given['dns']}"] if given["dns"] else []
        attributes += [f"28674 = {given['domain']}"] if given["domain"] else []
        attributes += [f"28675 = \"{given['split_dns']}\""] if given["split_dns"] else []
        local_ts = given["split"] or "0.0.0.0/0"
        if given["split_via"] == "pool" and given["split"]:
            attributes.append(f"split_include = {given['split']}")
            local_ts = "0.0.0.0/0"  # the attribute of the pool shall be the only one
        super().__init__(made, made.gateway, _GATEWAY_CONF.format(
            address=bed.GATEWAY, pool=bed.POOL, local_ts=local_ts, attributes="\n        ".join(attributes),
            remote_2="remote-2 {\n            auth = xauth\n        }" if given["xauth"] else "", **given),
            given["unity"], given["fragment_size"])


class Client(_Charon):
    """A road warrior on the first client: shows that a gateway works when Sojourn does not."""

    def __init__(self, made, ike=DEFAULTS["ike"], esp=DEFAULTS["esp"], password="password"):
        super().__init__(made, made.client, _CLIENT_CONF.format(
            address=bed.GATEWAY, ike=ike, esp=esp, password=password))

    def up(self):
        """Whether the tunnel came up."""
        return self._control("--initiate", "--child", "net", "--timeout", "15", check=False).returncode == 0

    def authenticate_again(self):
        self._control("--rekey", "--ike", "gw", "--reauth")

    def down(self):
        self._control("--terminate", "--ike", "gw")
