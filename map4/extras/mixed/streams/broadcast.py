"""A programme as its listeners receive it: one clock, and the same pieces for all."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable

from map4.extras.mixed.streams.pieces import Piece

BURST_S = 4.0
"""Sound that a new listener gets at once, so that its player need not wait until its buffer is full."""
HISTORY_S = 10.0
"""A listener whose connection is slow may be this far behind; then it goes on at the place of the others."""


class Broadcast:
    """The pieces around the present place. For one event loop, except `lead_s`.

    heads: bytes that come before the pieces of each form
    error: why it ended, if not because its last listener left
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s: float | None = None
        self._pieces: deque[Piece] = deque()
        self._first = 0
        self._news = asyncio.Event()
        self.heads: dict[str, bytes] = {}
        self.error: BaseException | None = None
        self.is_over = False

    @property
    def now_s(self) -> float:
        """The place of the programme that plays now."""
        return 0.0 if self._began_s is None else self._clock() - self._began_s

    def lead_s(self) -> float:
        """How far ahead of the present place it is rendered."""
        return self._pieces[-1].until_s - self.now_s if self._pieces else 0.0

    def put(self, piece: Piece) -> None:
        """Add the next piece; the clock starts with the first, and again after rendering stood still."""
        if self._began_s is None or piece.until_s < self.now_s - HISTORY_S:
            self._began_s = self._clock() - piece.at_s
        self._pieces.append(piece)
        while self._pieces[0].until_s < self.now_s - HISTORY_S:
            self._pieces.popleft()
            self._first += 1
        self._notify()

    def put_form(self, form: str, head: bytes, late: Iterable[tuple[float, bytes]]) -> None:
        """Begin another form, with its data for pieces that are already here, by their place."""
        data = dict(late)
        for piece in self._pieces:
            if piece.at_s in data:
                piece.data[form] = data[piece.at_s]
        self.heads[form] = head
        self._notify()

    def end(self, error: BaseException | None = None) -> None:
        """End the streams of all listeners."""
        self.is_over, self.error = True, error
        self._notify()

    async def begun(self) -> None:
        """Wait for the first piece.

        raises Exception: if it ended before, for this reason
        """
        while not self._pieces and not self.is_over:
            await self._news.wait()
        if not self._pieces and self.error is not None:
            raise self.error

    async def listen(self, form: str) -> AsyncIterator[tuple[Piece, bytes]]:
        """The pieces from the present place on, each when it is due, with their data in a form, after its head."""
        number, head = self._present(), None
        while True:
            news = self._news
            if number < self._first:  # the connection is too slow
                number = self._present()
            piece = self._pieces[number - self._first] if number - self._first < len(self._pieces) else None
            if piece is None or (form not in piece.data and form not in self._pieces[-1].data):
                if self.is_over:
                    return
                await news.wait()
                continue
            number += 1
            if form in piece.data:
                head = self.heads.get(form, b"") if head is None else head
                if (early_s := piece.at_s - BURST_S - self.now_s) > 0:
                    await asyncio.sleep(early_s)
                yield piece, head + piece.data[form]
                head = b""

    def _present(self) -> int:
        """The number of the piece that plays now."""
        return self._first + sum(piece.until_s <= self.now_s for piece in self._pieces)

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
