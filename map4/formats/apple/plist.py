"""Apple's property lists in XML, read piece by piece: a library of 50,000 tracks is 100 MB of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from map4.formats.importer import ImportReadError
from map4.formats.xml_reading import pieces, safe_parser

_DEPTH = 2
"""How deep what is given lies: in a value of the outermost dictionary."""
_MOST_DEPTH = 30
_MOST_PIECES = 8
_MOST_LETTERS = 20_000
"""Of one text; a longer one is cut."""
_MOST_DIGITS = 15

_CONTAINERS: dict[str, Callable[[], Any]] = {"dict": dict, "array": list}
_BOOLEANS = {"true": True, "false": False}


def plist_items(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Each value in the containers of the outermost dictionary, with their key there; what else it holds comes last,
    with an empty key. Data is None.
    """
    reading = _PlistReader()
    for piece in pieces(file, reading.parser):
        reading.parser.Parse(piece, False)
        yield from reading.done
        reading.done.clear()
    reading.parser.Parse(b"", True)
    yield from reading.done


class _PlistReader:
    """The containers that are open, the innermost last, each with the key that was read there last."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self._around: Any = []
        self._key = ""
        self._open: list[tuple[Any, str]] = []
        self._text: deque[str] = deque(maxlen=_MOST_PIECES)  # of a text that never ends, the last
        self.parser = safe_parser()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append  # ten million times in a large library

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "plist":
            raise ImportReadError(f"this XML is no library of Apple's: it begins with <{tag[:40]}>")
        self.parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if tag in _CONTAINERS:
            if len(self._open) > _MOST_DEPTH:
                raise ImportReadError("this is no library of Apple's: it is nested too deep")
            self._open.append((self._around, self._key))
            self._around, self._key = _CONTAINERS[tag](), ""

    def _end(self, tag: str) -> None:
        if tag == "key":
            self._key = "".join(self._text)[:_MOST_LETTERS]
            return
        value: Any = None
        if tag in ("string", "date"):
            value = "".join(self._text)[:_MOST_LETTERS]
        elif tag == "integer":
            value = _whole("".join(self._text))
        elif tag in _CONTAINERS:
            value = self._around
            self._around, self._key = self._open.pop()
            if len(self._open) == _DEPTH:
                self.done.append((self._open[-1][1], value))
                return
            if not self._open:
                self.done.append(("", value))
        else:
            value = _BOOLEANS.get(tag)
        if isinstance(self._around, list):
            self._around.append(value)
        else:
            self._around[self._key] = value


def _whole(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if len(digits) <= _MOST_DIGITS and digits.removeprefix("-").isdecimal() else None
