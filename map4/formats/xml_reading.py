"""XML of other programs: errors of its parser as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from map4.errors import Map4Error


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
