"""Text of lists: detect the encoding of a file, and make texts that fit on one line."""

from __future__ import annotations

import locale
import re

from map4.core.base.text import as_windows, visible
from map4.core.music.file_name import names_of_file
from map4.core.music.track.garbled import with_symbols
from map4.core.music.track.track import Track

# All characters that any program takes for a line end, and other control characters.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Characters that XML 1.0 can't contain, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
_LOOKED_AT_BYTES = 4096
_FEWEST_ZEROS = 8  # zero bytes are at least an eighth; fewer zeros are accidental


def has_controls(text: str) -> bool:
    """Return whether a text would not stay on its line."""
    return _CONTROLS.search(text) is not None


def without_illegal_xml(text: str, instead: str = "") -> tuple[str, int]:
    """Return a text for XML, and how many characters were dropped, or replaced by `instead`."""
    return _NO_XML.subn(instead, text)


def one_line(text: str | None) -> str | None:
    """Return a text on one line, without lone surrogates; None if nothing is left."""
    if text is None:
        return None
    clean = as_windows(with_symbols(text)).encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub(" ", clean).strip() or None


def decode_list(data: bytes, *, named: str | None = None) -> str:
    """Decode a list, with or without a stated encoding.

    Tries its byte order mark, zeros, UTF-8, this machine's older encoding, and Windows' western European encoding.

    named: the encoding that the list itself names
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    for candidate in (named, _wide(data), "utf-8", locale.getpreferredencoding(False), "cp1252"):
        try:
            if candidate is not None:
                return data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _wide(data: bytes) -> str | None:
    """Detect UTF-16 or UTF-32 by zero bytes, which no other text has, as most of any list is ASCII."""
    head = data[: min(len(data), _LOOKED_AT_BYTES) & ~3]
    zeros = [head[start::4].count(0) for start in range(4)]
    if len(head) > _FEWEST_ZEROS * sum(zeros) or not head:
        return None
    if 4 * min(zeros[:2]) == len(head) or 4 * min(zeros[2:]) == len(head):
        return "utf-32-be" if zeros[0] > zeros[3] else "utf-32-le"
    return "utf-16-be" if zeros[0] + zeros[2] > zeros[1] + zeros[3] else "utf-16-le"


def caption(track: Track) -> str:
    """Return `Artist - Title` on one line, for lists; without a title, by the file name."""
    names = names_of_file(track.shown_path, one_line(track.artist()), one_line(track.title()))
    return " - ".join(visible(text) for text in map(one_line, names) if text)


def full_title(title: str | None, remix: str | None) -> str | None:
    """Return a title followed by the version in brackets, which VirtualDJ stores separately; a known version is not
    repeated."""
    version = (remix or "").strip("()[] ")
    if not title or not version or version.lower() in title.lower():
        return title or None
    return f"{title} ({version})"


def split_caption(text: str | None) -> tuple[str | None, str | None]:
    """Split `Artist - Title`; without a hyphen it is the title."""
    clean = one_line(text)
    if clean is None:
        return None, None
    artist, hyphen, title = clean.partition(" - ")
    if not hyphen or not artist.strip() or not title.strip():
        return None, clean
    return artist.strip(), title.strip()
