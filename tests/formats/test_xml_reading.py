"""XML of other programs is read piece by piece: what never ends is not read again and again, and entities are none."""

import io
from pathlib import Path

import pytest

from map4.core.base.declaration import load
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.xml_reading import xml_errors, xml_events

ENDLESS = {
    "rekordbox": '<DJ_PLAYLISTS><COLLECTION><TRACK Name="',
    "virtualdj": '<VirtualDJ_Database><Song FilePath="',
    "traktor": '<NML><COLLECTION><ENTRY TITLE="',
    "apple-music": '<plist><dict><key a="',
}


class CountedReads(io.BytesIO):
    """A file that knows how often it was read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    ("reader", "head"),
    [("xml_reading:xml_events", ENDLESS["rekordbox"]), ("apple.reader:plist_items", ENDLESS["apple-music"])],
)
def test_unclosed_tag_is_reparsed_only_a_few_times(reader: str, head: str) -> None:
    file = CountedReads(head.encode() + b"y" * 4_000_000)
    with pytest.raises(ImportReadError, match="not valid XML"), xml_errors(ImportReadError, entities="none does"):
        list(load(f"map4.formats.{reader}")(file))
    assert file.reads < 12  # pieces of one size would be 250


@pytest.mark.parametrize("name", ENDLESS)
def test_a_tag_that_never_ends_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(ENDLESS[name].encode() + b"y" * 9_000_000)
    with pytest.raises(ImportReadError, match="a tag of more than 8 MB"):
        list(Importer.all()[name].read(str(path), ReadNotes()))


ROOTS = {"rekordbox": "DJ_PLAYLISTS", "virtualdj": "VirtualDJ_Database", "traktor": "NML", "apple-music": "plist"}


@pytest.mark.parametrize("name", ROOTS)
def test_broken_and_other_xml_is_refused_with_its_cause(tmp_path: Path, name: str) -> None:
    root, path = ROOTS[name].encode(), tmp_path / "a.xml"
    for data, words in (
        (b"", "not valid XML"),
        (b"just text", "not valid XML"),
        (b"<%b><a><b c='1'/>" % root, "not valid XML"),
        (b"<%b>\xff</%b>" % (root, root), "not valid XML"),
        (b"<playlist/>", "begins with <playlist>"),
        (b'<!DOCTYPE x [<!ENTITY e "x">]><%b>&e;</%b>' % (root, root), "defines entities"),
        (b'<?xml version="1.0" encoding="nonsense"?><%b/>' % root, "not valid XML|can't be read"),
    ):
        path.write_bytes(data)
        with pytest.raises(ImportReadError, match=words):
            list(Importer.all()[name].read(str(path), ReadNotes()))
    with pytest.raises(FileNotFoundError):
        list(Importer.all()[name].read(str(tmp_path / "none.xml"), ReadNotes()))


def test_texts_and_comments_may_be_long_and_entities_are_refused() -> None:
    text = "z" * 10_000_000
    *_, (event, element) = xml_events(io.BytesIO(f"<a><!-- {'y' * 1_000_000} --><b>{text}</b></a>".encode()))
    assert (event, element.tag, element[0].text) == ("end", "a", text)
    cases = [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY % b "c">]><a/>',
        '<!DOCTYPE a SYSTEM "a.dtd"><a>&b;</a>',
        '<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY b SYSTEM "c" NDATA n>]><a/>',
    ]
    for data in cases:
        with (
            pytest.raises(ImportReadError, match="entities, which none does"),
            xml_errors(ImportReadError, entities="none does"),
        ):
            list(xml_events(io.BytesIO(data.encode())))
