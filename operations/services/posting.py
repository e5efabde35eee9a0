"""Posts to addresses people typed in: never into our own network, never further than asked."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT_S = 5.0  # for one step: connecting, one read
LONGEST_S = 15.0  # for all of it: an answer that trickles must not hold a thread
PORTS = {"http": 80, "https": 443}

# IPv6 that means an IPv4 address, which may be private: NAT64, 6to4, Teredo.
TUNNELS = tuple(
    ipaddress.IPv6Network(network) for network in ("64:ff9b::/96", "2002::/16", "2001::/32")
)


class PostingError(Exception):
    """It did not get there; the sentence says why."""


def check(url: str) -> SplitResult:
    """The parts of a URL one may post to. Raises PostingError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise PostingError(_("The address is no URL.")) from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise PostingError(_("Give an address such as https://hooks.example.org/path."))
    if parts.username is not None or parts.password is not None:
        raise PostingError(_("Leave user and password out: the signature proves who sent it."))
    if any(character <= " " or character == "\x7f" for character in url):
        raise PostingError(_("The address must not hold spaces or control characters."))
    return parts


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
    """POST once, following no redirects; returns the status, 2xx. Raises PostingError."""
    parts = check(url)
    port = parts.port or PORTS[parts.scheme]
    connection = _connect(parts, port)
    watchdog = threading.Timer(LONGEST_S, _hang_up, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers={**headers, "Connection": "close"})
        with connection.getresponse() as response:
            status = response.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PostingError(_why(error)) from error
    finally:
        watchdog.cancel()
        connection.close()
    if not 200 <= status < 300:
        raise PostingError(_("The receiver answered %(status)d.") % {"status": status})
    return status


def _connect(parts: SplitResult, port: int) -> http.client.HTTPConnection:
    """A connection to an address that was looked at: a second look-up could give another one."""
    host = parts.hostname or ""
    addresses = _addresses(host, port)
    problem: Exception | None = None
    for address in addresses:
        try:
            raw = socket.create_connection((address, port), timeout=TIMEOUT_S)
        except OSError as error:
            problem = error
            continue
        return _over(raw, parts, host, port)
    raise PostingError(_why(problem or OSError()))


def _over(
    raw: socket.socket, parts: SplitResult, host: str, port: int
) -> http.client.HTTPConnection:
    """HTTP over this socket, with TLS where the URL says so."""
    connection: http.client.HTTPConnection
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        connection.sock = raw
        return connection
    connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except (OSError, ValueError) as error:
        raw.close()
        raise PostingError(_why(error)) from error
    return connection


def _addresses(host: str, port: int) -> list[str]:
    """Where the host is; all of it must be where we may go."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PostingError(_("%(host)s is not known.") % {"host": host}) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.EVCHARGE_WEBHOOK_PRIVATE and not all(map(is_public, addresses)):
        raise PostingError(
            _("%(host)s is an address of a private network (EVCHARGE_WEBHOOK_PRIVATE).")
            % {"host": host}
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is out there, for everybody."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in TUNNELS):
            return False
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _hang_up(connection: Any) -> None:
    sock = connection.sock
    if sock is not None:
        # Closing alone does not wake a thread that reads.
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("The receiver did not answer in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The receiver's certificate is not trusted: %(why)s") % {
            "why": error.verify_message
        }
    text = str(error) or type(error).__name__
    return _("The receiver could not be reached: %(why)s") % {"why": text[:150]}
