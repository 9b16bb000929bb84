"""XML of other programs, read piece by piece without entities, with errors as sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException, EntitiesForbidden

from map4.errors import Map4Error

_PIECE_BYTES = 1 << 14
_MOST_WAITING_BYTES = 8 << 20
"""Maximum length of a tag. pyexpat passes on a megabyte at a time, and would parse longer tags again with each."""


def safe_parser() -> expat.XMLParserType:
    """Return a parser that rejects entities, which can expand without end or name other files."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = _refuse_entity
    parser.SkippedEntityHandler = _refuse_entity
    return parser


def _refuse_entity(name: str, *declared: object) -> None:
    raise EntitiesForbidden(name, None, None, None, None, None)


def pieces(file: BinaryIO, parser: expat.XMLParserType) -> Iterator[bytes]:
    """Yield the bytes of a file for a parser, which must get each piece before the next is taken.

    Before version 2.6, expat parses an unfinished tag again with each piece. So for an unfinished tag, the next piece
    is as long as the waiting data, which is then parsed only each time it doubles.
    """
    read = waiting = 0
    while piece := file.read(max(_PIECE_BYTES, waiting)):
        yield piece
        read += len(piece)
        waiting = read - max(0, parser.CurrentByteIndex)
        if waiting > _MOST_WAITING_BYTES:
            raise ValueError(f"a tag of more than {_MOST_WAITING_BYTES >> 20} MB")


def xml_events(file: BinaryIO) -> Iterator[tuple[Literal["start", "end"], Element]]:
    """Yield each element of a file at its start and end, like defusedxml's `iterparse` but faster.

    Names keep their prefixes.
    """
    builder, parser = TreeBuilder(), safe_parser()
    events: list[tuple[Literal["start", "end"], Element]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        events.append(("start", builder.start(tag, attributes)))

    def end(tag: str) -> None:
        events.append(("end", builder.end(tag)))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    for piece in pieces(file, parser):
        parser.Parse(piece, False)
        yield from events
        events.clear()
    parser.Parse(b"", True)
    yield from events


def attributes_of(element: Element, parts: Collection[str]) -> dict[str, str]:
    """Return the attributes of an element, and those of its children as `TAG.NAME`.

    parts: tags of the children, which occur once each
    """
    row = dict(element.attrib)
    for child in element:
        if child.tag in parts:
            row |= {f"{child.tag}.{name}": text for name, text in child.attrib.items()}
    return row


@contextmanager
def xml_errors(error_class: type[Map4Error], *, entities: str, hint: str = "") -> Iterator[None]:
    """Turn errors of a parser into `error_class`.

    entities: why entities are rejected, after "this XML defines entities, which"
    hint: added to the sentence on invalid XML
    """
    try:
        yield
    except (ParseError, ExpatError) as error:
        raise error_class(f"this is not valid XML ({error}){hint}") from None
    except DefusedXmlException:
        raise error_class(f"this XML defines entities, which {entities}; it is not read") from None
    except (ValueError, LookupError) as error:  # an encoding unknown to Python
        raise error_class(f"this XML can't be read ({error})") from None
