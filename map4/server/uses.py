"""Last use of credentials, written to the library rarely because each write invalidates the caches."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette

from map4.core.base.account import Credential
from map4.core.base.actor import Actor
from map4.core.base.loops import repeat_async
from map4.core.base.text import utc_text
from map4.errors import Map4Error
from map4.library import Library

WRITTEN_EVERY_S = 600.0
_SWEPT_EVERY = 6  # expired credentials are deleted at every n-th write


class Uses:
    """Uses of credentials that are not yet stored in the library. For any thread."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._uses: dict[str, float] = {}
        self._written: dict[str, float] = {}  # the last written uses, for callers that read the library before

    def note(self, credential: str) -> None:
        """Record a use now; cheap."""
        self._uses[credential] = self._now()

    def shown(self, credential: Credential) -> Credential:
        """A credential with its real last use."""
        used = self._uses.get(credential.id, self._written.get(credential.id))
        if used is None:
            return credential
        at = utc_text(datetime.fromtimestamp(used, UTC))
        return replace(credential, last_used_at=max(at, credential.last_used_at or at))

    def write(self, library: Library) -> None:
        """Store the uses in the library; on an error they are kept for the next time."""
        uses = dict(self._uses)
        library.credentials.touch({credential: datetime.fromtimestamp(at, UTC) for credential, at in uses.items()})
        self._written = uses
        for credential, at in uses.items():
            if self._uses.get(credential) == at:  # not used again meanwhile
                del self._uses[credential]

    def __len__(self) -> int:
        return len(self._uses)


@asynccontextmanager
async def uses_of(app: Starlette) -> AsyncIterator[None]:
    """Store uses and delete expired credentials while the server runs."""
    libraries = app.state.context.libraries
    keeping = asyncio.ensure_future(_keep(libraries))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(Map4Error):
            await _write(libraries)


async def _keep(libraries: Any) -> None:
    turns = itertools.count()

    async def turn() -> None:
        if next(turns) % _SWEPT_EVERY == 0:
            await libraries.ask(lambda library: library.credentials.sweep(), Actor.LOCAL, queue="write")
        await asyncio.sleep(WRITTEN_EVERY_S)
        await _write(libraries)

    await repeat_async("credentials", turn)


async def _write(libraries: Any) -> None:
    def write(library: Library) -> None:
        with libraries.changes.setting(library):  # changes nothing that queries use
            libraries.uses.write(library)

    if len(libraries.uses):
        await libraries.ask(write, Actor.LOCAL, queue="write")
