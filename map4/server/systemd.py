"""Notifies systemd of readiness, watchdog and stop, with sd_notify(3) datagrams."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette

from map4.core.base.loops import repeat_async
from map4.core.base.text import whole_number
from map4.errors import Map4Error
from map4.server.libraries import Libraries

_BEATS = 3  # notifications per watchdog period, so that two may be late
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Systemd:
    """The notification settings of systemd.

    address: its socket; None without systemd
    watchdog_s: watchdog period in seconds; None without watchdog
    """

    address: str | None = None
    watchdog_s: float | None = None

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> Systemd:
        """Read and remove the environment variables, so that child processes don't notify systemd."""
        address = environment.pop("NOTIFY_SOCKET", None)
        usec, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_ours = not pid or pid == str(os.getpid())
        watchdog_s = number / _US if (number := whole_number(usec)) and is_ours else None
        return cls(address=address or None, watchdog_s=watchdog_s)

    def notify(self, *lines: str) -> None:
        """Send a notification; does nothing without systemd."""
        if self.address is None or not hasattr(socket, "AF_UNIX"):
            return
        # A name that begins with @ is an abstract socket.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(lines).encode(), address)


NO_SYSTEMD = Systemd()


@asynccontextmanager
async def watchdog_of(app: Starlette) -> AsyncIterator[None]:
    """Notify the watchdog while the event loop and the threads respond."""
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
    pause_s = systemd.watchdog_s / _BEATS

    async def turn() -> None:
        with suppress(Map4Error):  # a restart would not bring back a missing drive or database
            await libraries.ask_for_itself(bool)
        systemd.notify("WATCHDOG=1")
        await asyncio.sleep(pause_s)

    await repeat_async("watchdog", turn, pause_s=pause_s)
