"""XML of other programs: given to its parser in large pieces, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from map4.errors import Map4Error

BLOCK_BYTES = 1 << 20
"""Read at once: a tag that never ends is read anew with each piece, which takes minutes with small ones."""


class InBlocks:
    """A file that is read in pieces of `BLOCK_BYTES`, however small those are that are asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end."""
        return self._file.read(BLOCK_BYTES)


@contextmanager
def xml_errors(error_class: type[Map4Error], *, entities: str, hint: str = "") -> Iterator[None]:
    """Turn errors of a parser into `error_class`.

    Parameters
    ----------
    entities : why entities are refused, after "this XML defines entities, which"
    hint : after the sentence on XML that is not sound
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
