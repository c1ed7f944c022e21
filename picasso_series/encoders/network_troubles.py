"""What went wrong between here and a server, in words.

Knows the errors of sockets, certificates and proxies; sends nothing and waits for nothing.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
import urllib.request
from urllib.error import URLError
from urllib.parse import urlsplit


def is_final(error: Exception) -> bool:
    """Whether trying again would be in vain."""
    reason = _reason(error)
    return isinstance(reason, ssl.SSLCertVerificationError) or bool(re.search(r"Tunnel connection failed: 4\d\d", str(reason)))


def is_unreachable(error: Exception) -> bool:
    """Whether there is nobody to connect to, as far as one can tell."""
    reason = _reason(error)
    if isinstance(reason, (TimeoutError, ConnectionRefusedError, socket.gaierror)):
        return True
    return isinstance(reason, OSError) and reason.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def is_silence(error: Exception) -> bool:
    """Whether nobody answered."""
    return isinstance(_reason(error), TimeoutError)


def describe(url: str, error: Exception) -> str:
    """The clause that says what went wrong between here and the server."""
    reason, host, proxy = _reason(error), host_of(url), proxy_of(url)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted ({reason.verify_message})"
    tunnel = re.search(r"Tunnel connection failed: (.*)", str(reason))
    if tunnel:
        return f"the proxy {proxy} refuses ({tunnel[1].strip()})"
    end = f"the proxy {proxy}" if proxy else host
    if isinstance(reason, TimeoutError):
        return f"{end} does not answer"
    text = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason) or type(reason).__name__
    return f"{end} cannot be reached ({text})"


def _reason(error: Exception) -> object:
    return error.reason if isinstance(error, URLError) else error


def host_of(url: str) -> str:
    """The host of an address."""
    return urlsplit(url).hostname or url


def proxy_of(url: str) -> str:
    """Host and port of the proxy that the environment names for ``url``, without its password; empty where there is none."""
    parts = urlsplit(url)
    found = urllib.request.getproxies().get(parts.scheme, "")
    if not found or urllib.request.proxy_bypass(parts.netloc):
        return ""
    return urlsplit(found if "//" in found else f"//{found}").netloc.rpartition("@")[2]
