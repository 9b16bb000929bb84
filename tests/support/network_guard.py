"""No test uses a network: what a process of a test sends beyond this machine is refused, and fails the test.

Unix sockets and loopback are allowed. Python alone is watched, not what native code would do by itself. Each process
of a test begins here: what needs a while to import is imported where somebody calls.
"""

import os
import sys
from typing import Any

LOG = "TEST_NETWORK_LOG"
"""The variable that names a file for attempts: what is only refused, a program may take for a network that is down."""

_WITH_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
_WITH_NAME = ("socket.getaddrinfo", "socket.gethostbyname")
_is_installed = False


def install() -> None:
    """Watch this process from now on."""
    global _is_installed
    if not _is_installed:
        _is_installed = True
        sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event in _WITH_ADDRESS:
        import socket

        family, address = args[0].family, args[1]
        if family not in (socket.AF_INET, socket.AF_INET6) or address is None:
            return
        host = address[0]
    elif event in _WITH_NAME:
        host = args[0]
    else:
        return
    if not _is_here(host):
        with open(os.environ.get(LOG, os.devnull), "a", encoding="utf-8") as log:
            log.write(f"{event} {host!r}\n")
        raise PermissionError(f"no test uses a network: {event} {host!r}")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "localhost"):
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False
