"""Sends warnings to an address, as JSON (a webhook) or for ntfy (https://ntfy.sh)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from map4.base.records import Moment, Record
from map4.base.text import utc_text
from map4.extras.monitoring.warning_rules import Warned, WarningName
from map4.extras.shared.http_answers import MOST_MESSAGE_BYTES, HttpClient, HttpError, in_thread

log = logging.getLogger("map4.warnings")

Notify = Callable[[Warned], Awaitable[None]]

NTFY = "ntfy:"
"""Prefix of a topic's address."""
TIMEOUT_S = 10.0
PAUSES_S = (5.0, 60.0)
"""Pauses before retries. After the last failure, the warning is only in the log."""


class WarningReport(Record, kind="warning"):
    """What a webhook receives (`serve.notify`).

    message: for people; contains no names
    """

    warning: WarningName
    status: Literal["begins", "over"]
    at: Moment
    message: str


def notifier(address: str, pauses_s: tuple[float, ...] = PAUSES_S) -> Notify:
    """Return a function that sends a warning; failures are logged without the address, which may contain a secret."""

    turn = asyncio.Lock()

    async def notify(warned: Warned) -> None:
        for pause_s in (*pauses_s, None):
            # In turn, and not in the threads of asyncio, which answers to other requests need.
            async with turn:
                failure = await asyncio.wrap_future(in_thread("map4-notify", partial(_sent, address, warned)))
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
    url = address.removeprefix(NTFY)
    try:
        with closing(HttpClient(urlsplit(url).hostname or "")) as client:
            status = client.ask(
                "POST", url, timeout_s=TIMEOUT_S, most_bytes=MOST_MESSAGE_BYTES, content=body, headers=dict(headers)
            ).status
    except HttpError as error:
        return str(error)
    return None if 200 <= status < 300 else f"status {status}"


def _as_json(warned: Warned) -> tuple[Mapping[str, str], bytes]:
    status: Literal["begins", "over"] = "begins" if warned.is_on else "over"
    report = WarningReport(warning=warned.name, status=status, at=utc_text(datetime.now(UTC)), message=warned.message)
    return {"Content-Type": "application/json"}, json.dumps(report.document()).encode()


def _as_ntfy(warned: Warned) -> tuple[Mapping[str, str], bytes]:
    headers = {
        "Title": "map4 warns" if warned.is_on else "map4: over",
        "Priority": "high" if warned.is_on else "default",
        "Tags": "warning" if warned.is_on else "white_check_mark",
    }
    return headers, warned.message.encode()
