"""Sends warnings to an address, as JSON (a webhook) or for ntfy (https://ntfy.sh)."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from map4.base.text import utc_text
from map4.extras.monitoring.warning_rules import Warned

log = logging.getLogger("map4.warnings")

Notify = Callable[[Warned], Awaitable[None]]

NTFY = "ntfy:"
"""Prefix of a topic's address."""
TIMEOUT_S = 10.0
PAUSES_S = (5.0, 60.0)
"""Pauses before retries. After the last failure, the warning is only in the log."""
_GOOD = range(200, 300)


def notifier(address: str, pauses_s: tuple[float, ...] = PAUSES_S) -> Notify:
    """Return a function that sends a warning; failures are logged without the address, which may contain a secret."""

    async def notify(warned: Warned) -> None:
        for pause_s in (*pauses_s, None):
            failure = await asyncio.to_thread(_sent, address, warned)
            if failure is None:
                return
            if pause_s is None:
                log.error("sending a warning to serve.notify failed: %s", failure)
            else:
                await asyncio.sleep(pause_s)

    return notify


def _sent(address: str, warned: Warned) -> str | None:
    """Send a warning; return what went wrong."""
    headers, body = _as_ntfy(warned) if address.startswith(NTFY) else _as_json(warned)
    parts = urlsplit(address.removeprefix(NTFY))
    secure = partial(HTTPSConnection, context=ssl.create_default_context())
    make: Callable[..., HTTPConnection] = secure if parts.scheme == "https" else HTTPConnection
    try:
        with closing(make(parts.hostname or "", parts.port, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, dict(headers))
            status = connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__
    return None if status in _GOOD else f"status {status}"


def _as_json(warned: Warned) -> tuple[Mapping[str, str], bytes]:
    document = {
        "schema": "map4/warning/1",
        "warning": warned.name,
        "status": "begins" if warned.is_on else "over",
        "message": warned.message,
        "at": utc_text(datetime.now(UTC)),
    }
    return {"Content-Type": "application/json"}, json.dumps(document).encode()


def _as_ntfy(warned: Warned) -> tuple[Mapping[str, str], bytes]:
    headers = {
        "Title": "map4 warns" if warned.is_on else "map4: over",
        "Priority": "high" if warned.is_on else "default",
        "Tags": "warning" if warned.is_on else "white_check_mark",
    }
    return headers, warned.message.encode()
