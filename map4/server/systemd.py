"""Tells systemd that the server is ready, that it lives, and that it ends: sd_notify(3), by a datagram."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette

from map4.errors import Map4Error
from map4.server.libraries import Libraries

_BEATS = 3
"""In the time after which systemd takes the server for dead: two may be late."""
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Systemd:
    """What systemd asked for.

    address: where it listens; None where nobody does
    watchdog_s: after so long without a word it takes the server for dead; None never
    """

    address: str | None = None
    watchdog_s: float | None = None

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> Systemd:
        """As the variables say, which are taken out: no process that the server starts shall speak for it."""
        address = environment.pop("NOTIFY_SOCKET", None)
        usec, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_ours = not pid or pid == str(os.getpid())
        watchdog_s = int(usec) / _US if usec.isdecimal() and int(usec) and is_ours else None
        return cls(address=address or None, watchdog_s=watchdog_s)

    def tell(self, *said: str) -> None:
        """Send it; where nobody listens, nothing happens."""
        if self.address is None or not hasattr(socket, "AF_UNIX"):
            return
        # A name that begins with @ is none of the file system.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(said).encode(), address)


NO_SYSTEMD = Systemd()


@asynccontextmanager
async def watchdog_of(app: Starlette) -> AsyncIterator[None]:
    """Say again and again that the server lives, as long as its event loop and its threads do."""
    context = app.state.context
    systemd: Systemd = getattr(app.state, "systemd", NO_SYSTEMD)
    beating = asyncio.ensure_future(_beat(context.libraries, systemd)) if systemd.watchdog_s else None
    try:
        yield
    finally:
        if beating is not None:
            beating.cancel()


async def _beat(libraries: Libraries, systemd: Systemd) -> None:
    assert systemd.watchdog_s is not None
    while True:
        with suppress(Map4Error):  # a drive that is gone, or a database, does not come back with another start
            await libraries.ask_for_itself(bool)
        systemd.tell("WATCHDOG=1")
        await asyncio.sleep(systemd.watchdog_s / _BEATS)
