"""Titles within a stream, as SHOUTcast and Icecast send them to players that request `Icy-MetaData: 1`."""

from __future__ import annotations

EVERY_BYTES = 8192
"""Bytes of sound between two places for a title (`icy-metaint`): a third of a second of MP3 at 192 kbit/s."""
_MOST_BYTES = 16 * 255


class TitledBytes:
    """Puts the current title into the places of a connection."""

    def __init__(self) -> None:
        self._left, self._sent = EVERY_BYTES, ""

    def put(self, data: bytes, title: str) -> bytes:
        """The bytes of a piece with the title that it plays, wherever a place is."""
        parts = []
        while len(data) >= self._left:
            parts += [data[: self._left], self._block(title)]
            data, self._left = data[self._left :], EVERY_BYTES
        self._left -= len(data)
        return b"".join([*parts, data])

    def _block(self, title: str) -> bytes:
        if title == self._sent:
            return b"\0"
        self._sent = title
        encoded = title.replace("';", "’;").encode("utf-8", "replace")[: _MOST_BYTES - len("StreamTitle='';")]
        block = b"StreamTitle='%s';" % encoded.decode("utf-8", "ignore").encode()
        sixteenths = -(-len(block) // 16)
        return bytes([sixteenths]) + block.ljust(16 * sixteenths, b"\0")
