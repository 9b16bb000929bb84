"""XML of other programs: read piece by piece without entities, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Literal
from xml.parsers import expat

from map4.errors import Map4Error

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PIECE_BYTES = 1 << 14
_MOST_WAITING_BYTES = 8 << 20
"""No tag is longer. pyexpat hands on a megabyte at a time, so that longer ones would be read anew with each."""


def safe_parser() -> expat.XMLParserType:
    """A parser that refuses entities, which can grow without end or name other files."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = _refuse_entity
    parser.SkippedEntityHandler = _refuse_entity
    return parser


def _refuse_entity(name: str, *declared: object) -> None:
    from defusedxml import EntitiesForbidden

    raise EntitiesForbidden(name, None, None, None, None, None)


def pieces(file: BinaryIO, parser: expat.XMLParserType) -> Iterator[bytes]:
    """The bytes of a file for a parser, which is given each piece before the next is taken.

    Before its version 2.6, expat reads the beginning of a tag anew with each piece. So where one has no end, the next
    piece is as long as all that waits for it: it is read as often as that doubles.
    """
    read = waiting = 0
    while piece := file.read(max(_PIECE_BYTES, waiting)):
        yield piece
        read += len(piece)
        waiting = read - max(0, parser.CurrentByteIndex)
        if waiting > _MOST_WAITING_BYTES:
            raise ValueError(f"a tag of more than {_MOST_WAITING_BYTES >> 20} MB")


def xml_events(file: BinaryIO) -> Iterator[tuple[Literal["start", "end"], Element]]:
    """Each element of a file as it begins and as it ends, as defusedxml's `iterparse` gives them, but faster.

    Names keep the prefixes that they have.
    """
    from xml.etree.ElementTree import TreeBuilder

    builder, parser = TreeBuilder(), safe_parser()
    found: list[tuple[Literal["start", "end"], Element]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        found.append(("start", builder.start(tag, attributes)))

    def end(tag: str) -> None:
        found.append(("end", builder.end(tag)))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    for piece in pieces(file, parser):
        parser.Parse(piece, False)
        yield from found
        found.clear()
    parser.Parse(b"", True)
    yield from found


@contextmanager
def xml_errors(error_class: type[Map4Error], *, entities: str, hint: str = "") -> Iterator[None]:
    """Turn errors of a parser into `error_class`.

    entities: why entities are refused, after "this XML defines entities, which"
    hint: after the sentence on XML that is not sound
    """
    from xml.etree.ElementTree import ParseError
    from xml.parsers.expat import ExpatError

    from defusedxml import DefusedXmlException

    try:
        yield
    except (ParseError, ExpatError) as error:
        raise error_class(f"this is no sound XML ({error}){hint}") from None
    except DefusedXmlException:
        raise error_class(f"this XML defines entities, which {entities}; it is not read") from None
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise error_class(f"this XML can't be read ({error})") from None
