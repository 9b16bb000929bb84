"""masterPlaylists6.xml, in which rekordbox lists the playlists of its database a second time.

Each is a NODE with its number in hexadecimal and the time of its last change in milliseconds. New nodes are inserted
before the end of PLAYLISTS; all other bytes stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from xml.etree.ElementTree import Element, ParseError

from map4.errors import UsageError

NAME = "masterPlaylists6.xml"
_END = b"</PLAYLISTS>"
_FORMAT = "3.0.0"
_PROGRAM = re.compile(r"6\.|7\.[012]\.")
_SYNCHRONISED = "1"


def check_playlists_xml(data: bytes) -> None:
    """Reject a file that is damaged, of an unknown version, or synchronised with the cloud."""
    root = _root(data)
    product = root.find("PRODUCT")
    version = "" if product is None else product.get("Version", "")
    if root.get("Version") != _FORMAT or not _PROGRAM.match(version):
        raise UsageError(
            f"{NAME} is of rekordbox {version or 'of an unknown version'}; map4 writes databases of 6.x to 7.2 only. "
            "Export an XML instead (docs/dj-by-program.md)"
        )
    if root.get("AutomaticSync") == _SYNCHRONISED:
        raise UsageError("rekordbox synchronises all its lists with the cloud; switch that off there, or export an XML")


def with_nodes(data: bytes, nodes: Sequence[Mapping[str, str]]) -> bytes:
    """Return the file with new nodes of these attributes in the style of existing ones; checked by reading it."""
    line = re.search(rb"(\r?\n[ \t]*)<NODE ", data)
    indent = line[1] if line else b"\n    "
    written = b""
    for node in nodes:
        attributes = (b'%s="%s"' % (name.encode(), value.encode()) for name, value in node.items())
        written += indent + b"<NODE " + b" ".join(attributes) + b"/>"
    at = data.rfind(_END)
    at = len(data[:at].rstrip()) if at >= 0 else at
    if at < 0:
        raise UsageError(f"{NAME} has no list of playlists; start rekordbox once, which writes it again")
    result = data[:at] + written + data[at:]
    before, after = _nodes(data), _nodes(result)
    if after != [*before, *nodes]:
        raise UsageError(
            f"{NAME} is not written as rekordbox writes it, so map4 does not change it; export an XML instead"
        )
    return result


def is_well_formed(data: bytes) -> bool:
    """Return whether a file is whole."""
    with suppress(UsageError):
        _root(data)
        return True
    return False


def _nodes(data: bytes) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in _root(data).iterfind("PLAYLISTS/NODE")]


def _root(data: bytes) -> Element:
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data)
    except (ParseError, ValueError) as error:  # defusedxml raises ValueErrors
        raise UsageError(f"{NAME} is damaged ({error}); start rekordbox once, which writes it again") from None
    if root.tag != "MASTER_PLAYLIST" or root.find("PLAYLISTS") is None:
        raise UsageError(f"{NAME} is not a list of rekordbox's playlists; start rekordbox once, which writes it again")
    return root
