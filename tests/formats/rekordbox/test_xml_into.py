"""Exports into a collection of rekordbox's: what is asked for is replaced, every other byte stays."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from dj_tracks import dj_track
from hypothesis import given
from hypothesis import strategies as st
from injections import TEXTS, content_of

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track, UserValues
from map4.errors import Map4Error, NothingFoundError
from map4.formats.export import ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.importer import ImportReadError
from map4.formats.registry import ListFormats
from map4.formats.rekordbox import xml_into
from map4.formats.rekordbox.collection_file import CollectionScanner, TrackEdit, TrackSource, edited
from map4.formats.values import without_illegal_xml

REKORDBOX = ListFormats.all()["rekordbox"]
PLACE = "file://localhost/music/a.mp3"
# As rekordbox writes it, but for what people and other programs do to such files.
BASE = """\ufeff<?xml version='1.0' encoding="utf-8" ?>\r
<!-- kept: <TRACK Location="file://localhost/music/a.mp3"/> -->
<DJ_PLAYLISTS Version="1.0.0" mine='a "b"'>\r
  <PRODUCT Name="rekordbox" Version="7.2.8" Company="AlphaTheta"/>
\t<COLLECTION Entries="3">
    <TRACK TrackID="1" Name='A &amp; "b" &#233; &lt;' Artist="" Composer="K\u00f6nig" AverageBpm='99.00'
           Tonality = "Cm" Remixer="R > S" Location="{place}" New="?">
      <TEMPO Inizio="0.100" Bpm="99.00" Metro="4/4" Battito="1"/>
      <!-- a comment --><EXTRA><![CDATA[ <TEMPO/> ]]></EXTRA>
      <POSITION_MARK Name="" Type="0" Start="1.000" Num="-1"></POSITION_MARK>

      <POSITION_MARK Name="x" Type="0" Start="2.000" Num="0" Red="1" Green="2" Blue="3" />
    </TRACK>
    <TRACK TrackID="2" Name="untouched" Location="file://localhost/music/b.mp3"   ></TRACK>
    <TRACK Location="{place}" TrackID="3"/>
  </COLLECTION><PLAYLISTS><NODE Type="1" Name="&#x41;" KeyType="0" Entries="1"><TRACK Key="1"/></NODE></PLAYLISTS>
</DJ_PLAYLISTS>

<!-- the end -->""".replace("{place}", PLACE)


@pytest.fixture
def into(tmp_path: Path) -> Callable[..., tuple[bytes, WriteNotes]]:
    def write(base: str | bytes, *tracks: Track, **options: object) -> tuple[bytes, WriteNotes]:
        path, out = tmp_path / "base.xml", io.BytesIO()
        path.write_bytes(base if isinstance(base, bytes) else base.encode())
        given_options = ExportOptions(into=str(path), **options)  # type: ignore[arg-type]
        REKORDBOX.check(given_options)
        notes = REKORDBOX.export(content_of(tracks or (dj_track(),)), out, given_options)
        return out.getvalue(), notes

    return write


Into = Callable[..., tuple[bytes, WriteNotes]]


def test_equal_and_unknown_values_leave_the_base_unchanged(into: Into) -> None:
    data, notes = into(BASE, replace=())
    assert data == BASE.encode()
    assert (notes.tracks, notes.remarks) == (3, ["0 of its 3 tracks changed"])
    base = BASE.replace("99.00'", "128'").replace("Cm", "4A")
    data, notes = into(base, replace=("key", "bpm"))
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    assert data.decode() == base.replace(last, last + ' Tonality="4A" AverageBpm="128.00"')
    assert notes.remarks[0].startswith("1 of its 3 tracks changed")
    track = replace(dj_track(), analysis=None)
    base = BASE.replace("<TRACK TrackID=", '<TRACK Genre="House" Rating="255" Comments="c" Colour="0xFF0000" TrackID=')
    words = ("bpm", "key", "genre", "rating", "comment", "color")
    assert into(base, track, replace=words, with_grid=True, with_cues="all")[0] == base.encode()


def test_only_tempo_and_key_are_replaced_by_paths_of_the_machine(into: Into) -> None:
    data, notes = into(BASE, replace=("bpm", "key"))
    expected = BASE.replace("AverageBpm='99.00'", "AverageBpm='128.00'").replace('"Cm"', '"Fm"')
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    assert data.decode() == expected.replace(last + "/>", f'{last} AverageBpm="128.00" Tonality="Fm"/>')
    assert notes.remarks == [
        "2 of its 3 tracks changed: AverageBpm 2, Tonality 2",
        "1 track keeps a beat grid of another tempo; --with-grid replaces grids too",
    ]
    base = BASE.replace(PLACE, "file://localhost/D:/Musik/Ju%CC%88rgen/A.mp3")
    track = replace(dj_track(), path="/music/J\u00fcrgen/a.MP3")
    maps = PathMaps(maps=(PathMap.parse("/music=d:\\musik"),))
    data, notes = into(base, track, dj_track(), path_maps=maps, replace=("key",))
    assert b'"Fm"' in data
    assert notes.remarks[1].startswith("1 track of the library is not in ")
    assert notes.remarks[1].endswith(", and was left out")


def test_tempo_that_contradicts_a_kept_grid_is_not_written_by_default(into: Into) -> None:
    data, notes = into(BASE)
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    expected = BASE.replace('"Cm"', '"Fm"').replace(last + "/>", f'{last} AverageBpm="128.00" Tonality="Fm"/>')
    assert data.decode() == expected
    assert notes.remarks == [
        "2 of its 3 tracks changed: Tonality 2, AverageBpm 1",
        (
            "1 track keeps a beat grid of another tempo, and the tempo; --with-grid replaces both, "
            "--replace bpm,key only the tempo"
        ),
    ]
    between = BASE.replace("<!-- a comment -->", '<TEMPO Inizio="9.000" Bpm="130.00" Metro="4/4" Battito="1"/>')
    data, notes = into(between)
    assert b"AverageBpm='128.00'" in data
    assert notes.remarks == ["2 of its 3 tracks changed: AverageBpm 2, Tonality 2"]


def test_all_replaceable_values_are_replaced_and_quoted(into: Into) -> None:
    imported = ImportedValues(rating=4.0, comment="\"so\" <nice>\n& 'good'", color="#ff007f")
    track = replace(dj_track(imported=imported, genre="Trance"), user=UserValues(bpm=130.5, key=Key.parse("8B")))
    data, _ = into(BASE, track, replace=("bpm", "key", "genre", "rating", "comment", "color"))
    first = ElementTree.fromstring(data.decode("utf-8-sig")).find("COLLECTION/TRACK")
    names = ("AverageBpm", "Tonality", "Genre", "Rating", "Comments", "Colour", "Remixer")
    expected = ["130.50", "C", "Trance", "204", imported.comment, "0xFF007F", "R > S"]
    assert [first.get(name) for name in names] == expected
    for text in TEXTS:
        for quote in "\"'":
            base = BASE.replace("<TRACK TrackID=", f"<TRACK Comments={quote}old{quote} TrackID=", 1)
            data, _ = into(base, dj_track(imported=ImportedValues(comment=text)), replace=("comment",))
            attributes = ElementTree.fromstring(data.decode("utf-8-sig")).find("COLLECTION/TRACK")
            assert attributes.get("Comments") == (without_illegal_xml(text)[0] or "old")
    base = BASE.replace("<TRACK TrackID=", "<TRACK Comments='old' TrackID=")
    data, notes = into(base, dj_track(imported=ImportedValues(comment="mine")), comment="{key} {comment}")
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    expected = base.replace("'old'", "'4A mine'", 1).replace(last, f'{last} Comments="4A mine"')
    assert data.decode() == expected
    assert (notes.remarks, notes.lost_comments) == (["2 of its 3 tracks changed: Comments 2"], 1)


def test_written_grid_replaces_the_old_grid_and_a_far_tempo(into: Into) -> None:
    data, notes = into(BASE, dj_track(grid=Grid(first_beat_s=0.1, bpm=128.0)), with_grid=True)
    mark = '<TEMPO Inizio="0.125" Bpm="128.00" Metro="4/4" Battito="1"/>'
    expected = BASE.replace('<TEMPO Inizio="0.100" Bpm="99.00" Metro="4/4" Battito="1"/>', mark)
    expected = expected.replace("'99.00'", "'128.00'")
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    expected = expected.replace(last + "/>", f'{last} AverageBpm="128.00">\n      {mark}\n    </TRACK>')
    assert data.decode() == expected
    assert notes.remarks == [
        "2 of its 3 tracks changed: AverageBpm 2, beat grid 2",
        "1 track has a bar one that is less than 90 % sure; check it by ear",
    ]
    mark = '<TEMPO Inizio="0.125" Bpm="128.00" Metro="4/4" Battito="1"/>'
    base = BASE.replace('<TEMPO Inizio="0.100" Bpm="99.00" Metro="4/4" Battito="1"/>', mark)
    track = dj_track(grid=Grid(first_beat_s=0.1, bpm=128.0))
    for written_bpm, is_kept in (("127.99", True), ("127.90", False)):
        data, _ = into(base.replace("'99.00'", f"'{written_bpm}'"), track, with_grid=True)
        assert (f"AverageBpm='{written_bpm}'" in data.decode()) == is_kept


def test_cue_points_are_replaced_together_and_lost_ones_counted(into: Into) -> None:
    cues = (CuePoint(position_s=0.975, name="one"), CuePoint(position_s=4.0, number=1))
    data, notes = into(BASE, dj_track(imported=ImportedValues(cues=cues)), with_cues="imported")
    new = (
        '\n      <POSITION_MARK Name="one" Type="0" Start="1.000" Num="-1"/>'
        '\n      <POSITION_MARK Name="" Type="0" Start="4.025" Num="1"/>'
    )
    old = BASE[BASE.index('\n      <POSITION_MARK Name="" ') : BASE.index("\n    </TRACK>")]
    last = f'<TRACK Location="{PLACE}" TrackID="3"'
    assert data.decode() == BASE.replace(old, new).replace(last + "/>", f"{last}>{new}\n    </TRACK>")
    assert notes.remarks[0] == "2 of its 3 tracks changed: cue points 2"
    assert notes.remarks[1].startswith("1 cue point of ")
    memory, _ = into(BASE, dj_track(imported=ImportedValues(cues=cues)), cue_kind="memory")
    assert memory == data.replace(b'Num="1"', b'Num="-1"')


def test_missing_base_or_one_without_matching_tracks_is_refused(into: Into, tmp_path: Path) -> None:
    with pytest.raises(
        NothingFoundError, match=r"none of the tracks \(1\) is in .*base.xml \(it has file://localhost/music"
    ):
        into(BASE, replace(dj_track(), path="/home/a.mp3"))
    with pytest.raises(ImportReadError, match=r"gone\.xml can't be read"):
        REKORDBOX.export(content_of([dj_track()]), io.BytesIO(), ExportOptions(into=str(tmp_path / "gone.xml")))


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("", "not valid XML"),
        ("<a/>", "begins with <a>"),
        (BASE[:-200], "not valid XML"),
        (BASE.encode("utf-16"), "UTF-16"),
        (BASE.encode("utf-16-be"), "not valid XML|UTF-16"),
        (BASE[1:].replace("utf-8", "iso-8859-1").encode("latin-1"), "it is in iso-8859-1"),
        (BASE.replace("<!-- kept", "<!DOCTYPE DJ_PLAYLISTS [<!ENTITY a 'b'>]>\n<!-- kept"), "DOCTYPE"),
        (BASE.encode().replace(b"&#233;", b"\xff"), "not valid XML"),
        (BASE.encode().replace(b"&#233;", b"\0"), "not valid XML"),
    ],
)
def test_unusable_base_is_refused(into: Into, base: str | bytes, message: str) -> None:
    with pytest.raises(ImportReadError, match=message):
        into(base)


def test_edit_that_changes_too_much_is_refused(into: Into, monkeypatch: pytest.MonkeyPatch) -> None:
    for old, new in (
        (b"R > S", b"R"),
        (b"CDATA[ <", b"CDATA[<a/><"),
        (b" a comment", b""),
        (b'Start="1.000"', b'Start="1"'),
    ):
        monkeypatch.setattr(xml_into, "edited", lambda *of, old=old, new=new: edited(*of).replace(old, new))
        with pytest.raises(Map4Error, match="the track 1 would change more than requested") as refused:
            into(BASE)
        assert refused.value.exit_code == 1


@pytest.mark.parametrize("name", ["rekordbox5.xml", "rekordbox6.xml"])
def test_xml_files_of_rekordbox_are_rewritten_byte_for_byte(into: Into, shared: Path, name: str) -> None:
    base = (shared / "interchange" / name).read_bytes()
    locations = re.findall(rb'Location="file://localhost([^"]*)"', base)
    track = replace(dj_track(), path=locations[0].decode().replace("%20", " ").lstrip("/"), user=UserValues(bpm=133.33))
    assert into(base, track, replace=())[0] == base
    data, _ = into(base, track, replace=("bpm", "key"))
    changed = re.compile(rb'(AverageBpm|Tonality)="[^"]*"')
    assert data != base
    assert changed.sub(b"", data) == changed.sub(b"", base)


# ---- any XML that says the same ------------------------------------------------------------------

_BLANKS = st.text(" \t\r\n", max_size=4)
_TEXTS = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn"), exclude_characters="\ufffe\uffff\x7f"), max_size=8
)


def _quoted(text: str, quote: str, draw: st.DrawFn) -> str:
    entities = {"&": ["&amp;", "&#38;"], "<": ["&lt;", "&#x3c;"], '"': ["&quot;"], "'": ["&apos;"], ">": [">", "&gt;"]}
    return quote + "".join(draw(st.sampled_from(entities[c])) if c in entities else c for c in text) + quote


@st.composite
def tags(draw: st.DrawFn, name: str, attributes: Mapping[str, str], inside: str | None) -> str:
    text = ""
    for key, value in attributes.items():
        quoted = _quoted(value, draw(st.sampled_from("\"'")), draw)
        text += f" {draw(_BLANKS)}{key}{draw(_BLANKS)}={draw(_BLANKS)}{quoted}"
    blanks = draw(_BLANKS)
    return f"<{name}{text}{blanks}/>" if inside is None else f"<{name}{text}{blanks}>{inside}</{name}{draw(_BLANKS)}>"


@st.composite
def collections(draw: st.DrawFn) -> str:
    inside = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["TEMPO", "POSITION_MARK", "OTHER", "comment", "cdata", "blanks"]))
        if kind == "comment":
            inside.append(f"<!--{draw(_TEXTS).replace('-', '')}-->")
        elif kind == "cdata":
            inside.append(f"<![CDATA[{draw(_TEXTS).replace(']', '')}]]>")
        elif kind == "blanks":
            inside.append(draw(_BLANKS))
        else:
            inside.append(draw(tags(kind, {"Start": draw(_TEXTS)}, draw(st.sampled_from([None, ""])))))
    attributes = {"Name": draw(_TEXTS), "Tonality": draw(_TEXTS), "Location": PLACE, "M": draw(_TEXTS)}
    track = draw(tags("TRACK", attributes, "".join(inside) if inside else draw(st.sampled_from([None, ""]))))
    head = draw(st.sampled_from(["", "\ufeff", '<?xml version="1.0"?>\r\n', "<?xml version='1.0' encoding='UTF-8'?>"]))
    return f"{head}<DJ_PLAYLISTS><COLLECTION>{draw(_BLANKS)}{track}{track}</COLLECTION></DJ_PLAYLISTS>{draw(_BLANKS)}"


def scanned(data: bytes, size: int) -> tuple[list[TrackSource], bytes]:
    tracks: list[TrackSource] = []
    out = io.BytesIO()

    def on_track(track: TrackSource) -> None:
        tracks.append(track)
        out.write(track.raw)

    scanner = CollectionScanner(on_track, out.write)
    for start in range(0, len(data), size):
        scanner.feed(data[start : start + size])
    scanner.close()
    return tracks, out.getvalue()


@given(collections(), st.integers(1, 50), _TEXTS, st.booleans(), st.booleans())
def test_xml_in_any_spelling_is_rewritten_unchanged(text: str, size: int, value: str, grids: bool, cues: bool) -> None:
    data = text.encode()
    tracks, same = scanned(data, size)
    assert same == data
    assert len(tracks) == 2
    marks = {"TEMPO": [{"Bpm": value}] * grids, "POSITION_MARK": [{"Name": value}, {"Start": "1"}] * cues}
    edit = TrackEdit({"Tonality": value, "Added": value}, {kind: found for kind, found in marks.items() if found})
    before = ElementTree.fromstring(data.decode("utf-8-sig")).find("COLLECTION/TRACK")
    after = ElementTree.fromstring(edited(tracks[0], edit).decode())
    assert after.attrib == before.attrib | edit.attributes
    for kind in ("TEMPO", "POSITION_MARK", "OTHER"):
        expected = edit.marks.get(kind, [child.attrib for child in before.iterfind(kind)])
        assert [child.attrib for child in after.iterfind(kind)] == expected
    assert "".join("".join(after.itertext()).split()) == "".join("".join(before.itertext()).split())
