"""VirtualDJ's lists, as its wiki describes them."""

from xml.etree import ElementTree

import pytest
from examples_tried import examples
from hypothesis import given, settings
from listed import PATHS, TITLES, list_of, track, written
from made_tracks import made_track

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.lists.tracklist import Tracklist
from map4.errors import UsageError
from map4.formats.format import PlaylistReadError
from map4.formats.registry import ListFormats


def songs(data: bytes) -> list[dict[str, str]]:
    root = ElementTree.fromstring(data)
    assert (root.tag, root.attrib) == ("VirtualFolder", {"noDuplicates": "no", "ordered": "yes"})
    return [dict(child.attrib) for child in root]


def test_list_is_written_in_the_format_of_virtualdj_and_found_by_suffix() -> None:
    track = made_track("a & b.mp3", 127.9986, "1A", artist='A "B" <C>', title="T\n2")
    two = made_track("c.mp3")
    data, notes = written("virtualdj", Tracklist(tracks=[track, two, track]))
    assert data.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VirtualFolder noDuplicates="no" ordered="yes">\n'
        '\t<song path="/music/a &amp; b.mp3" songlength="184.0" bpm="127.999" key="G#m"'
        ' artist="A &quot;B&quot; &lt;C&gt;" title="T&#10;2" idx="0" />\n'
        '\t<song path="/music/c.mp3" songlength="184.0" idx="1" />\n'
        '\t<song path="/music/a &amp; b.mp3" songlength="184.0" bpm="127.999" key="G#m"'
        ' artist="A &quot;B&quot; &lt;C&gt;" title="T&#10;2" idx="2" />\n'
        "</VirtualFolder>\n"
    )
    assert (notes.tracks, notes.sentences()) == (3, [])
    found = ListFormats.all()["virtualdj"]
    assert (found.is_binary, found.suffixes, len(found.summary) < 45) == (False, ("vdjfolder",), True)


@pytest.mark.parametrize("target", ["D:/Music", "D:\\Music"])
def test_windows_paths_have_backslashes(target: str) -> None:
    data, _ = written("virtualdj", list_of(track("/m/a/b.mp3")), PathMaps(maps=(PathMap.parse(f"/m={target}"),)))
    assert songs(data)[0]["path"] == "D:\\Music\\a\\b.mp3"


def test_relative_paths_are_refused_and_characters_outside_xml_counted() -> None:
    with pytest.raises(UsageError, match="only finds tracks by full paths"):
        written("virtualdj", list_of(), PathMaps(relative_to="/m"))
    data, notes = written("virtualdj", list_of(track("/m/\x1ba.mp3", "A\ud800"), track("/m/\udce9.mp3")))
    assert [song["path"] for song in songs(data)] == ["/m/a.mp3", "/m/.mp3"]
    assert notes.sentences() == [
        "2 tracks have a name that XML can't contain; VirtualDJ won't find it",
        "3 characters of names that the format can't contain were replaced or left out",
    ]


def xml_can(text: str) -> str:
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or (c >= "\ue000" and c not in "\ufffe\uffff")
    )


@given(path=PATHS, artist=TITLES, title=TITLES)
@settings(max_examples=examples(100))
def test_any_path_and_title_survives(path: str, artist: str | None, title: str | None) -> None:
    data, _ = written("virtualdj", list_of(track(path, artist, title)))
    [entry] = ListFormats.read(data, "x.vdjfolder").entries
    assert entry.location == xml_can(path)
    assert (entry.artist, entry.title) == tuple(xml_can(text or "") or None for text in (artist, title))
    assert (entry.duration_s, entry.size_bytes) == (245.3, 1000)


def test_list_of_virtualdj_is_read_in_idx_order_or_refused() -> None:
    text = (
        '<VirtualFolder><song path="/b.mp3" idx="1" title="T" remix="Dub" size="x" songlength="0.0"/><other/>'
        '<song path="/a.mp3" idx="0" title="T (dub)" remix="Dub"/>'
        '<song path="netsearch://td1" idx="2"/></VirtualFolder>'
    )
    found = ListFormats.read(text.encode(), "x.vdjfolder")
    assert [(e.location, e.title, e.is_url) for e in found.entries] == [
        ("/a.mp3", "T (dub)", False), ("/b.mp3", "T (Dub)", False), ("netsearch://td1", None, True),
    ]  # fmt: skip
    assert (found.entries[1].size_bytes, found.entries[1].duration_s, found.format) == (None, None, "virtualdj")
    text = '<VirtualFolder><song path="/b.mp3"/><song path="/a.mp3" idx="0"/></VirtualFolder>'
    assert [entry.location for entry in ListFormats.read(text.encode(), "x.vdjfolder").entries] == ["/b.mp3", "/a.mp3"]
    for data, message in (
        (b"<VirtualFolder>", "not valid XML"),
        (b'<FilterFolder filter="bpm&lt;4"/>', "begins with <FilterFolder>"),
        (b'<!DOCTYPE p [<!ENTITY a "aaaa">]><VirtualFolder/>', "defines entities"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "this XML can't be read"),
    ):
        with pytest.raises(PlaylistReadError, match=message):
            ListFormats.read(data, "x.vdjfolder")
