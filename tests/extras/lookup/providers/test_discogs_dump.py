"""Discogs' dump of releases: what is taken of it, how it is found, and dumps that are damaged or hostile."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from map4.errors import UsageError
from map4.extras.lookup.identifying.albums import identify_album
from map4.extras.lookup.known_providers import import_dump
from map4.extras.lookup.lookup import LookupQuery
from map4.extras.lookup.providers.discogs_dump import DiscogsDump
from map4.extras.lookup.providers.dump_file import ImportedDump

ARTIST = "<artists><artist><id>7</id><name>{}</name><anv></anv><join>{}</join><role></role><tracks></tracks></artist>"
POLAR = """<release id="1200" status="Accepted"><images><image type="primary" uri="" width="600"/></images>
<artists><artist><id>7</id><name>Aurora Field (3)</name><anv>A. Field</anv><join>Feat.</join><role></role></artist>
<artist><id>8</id><name>Rao</name><anv/><join/></artist></artists><title>Polar &amp; Other</title>
<labels><label name="Not On Label (Rao Self-released)" catno="none"/><label name="Warp (2)" catno="WARP 12" id="5"
/></labels><extraartists><artist><id>9</id><name>Cutter</name><role>Lacquer Cut By</role></artist></extraartists>
<formats><format name="Vinyl" qty="1" text=""><descriptions><description>LP</description></descriptions></format>
</formats><genres><genre>Electronic</genre></genres><styles><style>Deep House</style><style>Ambient</style></styles>
<country>UK</country><released>2002-05-00</released><notes>x</notes><master_id is_main_release="true">9</master_id>
<tracklist><track><position></position><title>One Side</title><duration></duration></track>
<track><position>A1</position><title>Östermalm</title><duration>4:45</duration></track>
<track><position>A2</position><title>Östermalm (Dub)</title><duration>1:04:45</duration><extraartists><artist><id>5</id>
<name>Mill (2)</name><role>Remix</role></artist></extraartists></track>
<track><position>B</position><title>Suite</title><duration></duration><sub_tracks><track><position>B1a</position>
<title>Part One</title><duration>2:00</duration></track></sub_tracks></track></tracklist></release>
"""
MIX = """<release id="900" status="Accepted"><artists><artist><id>194</id><name>Various</name></artist></artists>
<title>The Mix</title><labels><label name="Mixed Goods" catno="MG-1"/></labels><formats><format name="CD" qty="2">
<descriptions><description>Compilation</description></descriptions></format></formats><genres><genre>Electronic</genre>
</genres><styles></styles><country>UK</country><released>2005</released><tracklist><track><position>2-07</position>
<title>Ostermalm</title><duration></duration><artists><artist><id>8</id><name>Rao</name><join>&amp;</join></artist>
<artist><id>7</id><name>Aurora Field (3)</name></artist></artists></track></tracklist></release>
"""
EARLIER = POLAR.replace('id="1200"', 'id="40"').replace("2002-05-00", "1998").replace("WARP 12", "SVEK 1")
BROKEN = '<release id="5"><title>cut < short</title></release>\n'


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., tuple[ImportedDump, str]]:
    def make(text: str, *, is_packed: bool = True) -> tuple[ImportedDump, str]:
        source, target = tmp_path / "discogs_20261101_releases.xml.gz", str(tmp_path / "discogs.sqlite")
        source.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
        return import_dump(str(source), target), target

    return make


def releases(*found: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<releases>\n' + "".join(found) + "</releases>\n"


def read(request: object) -> None:
    raise AssertionError("no file asks a network")


@pytest.mark.parametrize("is_packed", [True, False])
def test_track_of_a_dump_has_the_values_of_its_releases(imported: Any, is_packed: bool) -> None:
    done, target = imported(releases(MIX, BROKEN, POLAR, EARLIER), is_packed=is_packed)
    assert done == ImportedDump(provider="discogs-dump", recordings=7, unreadable=1)
    dump = DiscogsDump(target)
    query = LookupQuery(
        artist="RAO, Aurora Field", title="ostermalm (Original Mix)", album="Polar & Other", duration_s=286.0, track=1
    )
    [found] = dump.search(query, read)
    assert (found.id, found.duration_s, found.isrcs) == ("40/1", 285.0, ())
    assert [(one.release_id, one.date, one.position) for one in found.appearances] == [
        ("40", "1998", 1),
        ("900", "2005", 7),
        ("1200", "2002-05", 1),
    ]
    [one] = identify_album([query], [[found]])
    assert (one.status, one.best.release_id) == ("accepted", "40")
    assert dump.fetch("40/1", "1200", read) == {
        "artist": "Aurora Field Feat. Rao", "title": "Östermalm", "album": "Polar & Other", "label": "Warp",
        "catalog_number": "WARP 12", "genre": "Deep House; Ambient", "release_date": "2002-05", "track": 1,
        "original_year": 1998,
    }  # fmt: skip
    dub = dump.fetch("1200/2", "1200", read)
    assert (dub["title"], dub["remixer"]) == ("Östermalm (Dub)", "Mill")
    assert dump.fetch("1200/9", None, read) is None
    assert dump.search(LookupQuery(title="Östermalm"), read) == []


def test_catalogue_number_and_position_find_misspelt_tracks(imported: Any) -> None:
    dump = DiscogsDump(imported(releases(POLAR, MIX))[1])
    [found] = dump.search(LookupQuery(artist="A. Field", title="Oestermalm", catalog_number="warp-12", track=1), read)
    assert found.title == "Östermalm"
    assert found.appearances[0].catalog_numbers == ("WARP 12",)
    [found] = dump.search(LookupQuery(title="?", catalog_number="MG 1", track=7), read)  # of the second CD
    assert (found.appearances[0].is_own, found.appearances[0].position) == (False, 7)
    [part] = dump.search(LookupQuery(title="?", catalog_number="warp12", track=3), read)
    assert part.title == "Part One"


def test_takes_of_different_lengths_are_separate_recordings(imported: Any) -> None:
    live = EARLIER.replace("<duration>4:45", "<duration>7:30")
    dump = DiscogsDump(imported(releases(POLAR, live))[1])
    found = dump.search(LookupQuery(artist="Aurora Field feat. Rao", title="Östermalm"), read)
    assert sorted((one.id, one.duration_s) for one in found) == [("1200/1", 285.0), ("40/1", 450.0)]
    assert dump.fetch("1200/1", "1200", read)["original_year"] == 2002


DTD = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'


def test_hostile_xml_expands_no_entities_and_reads_no_file(imported: Any) -> None:
    named = POLAR.replace("Östermalm (Dub)", "&b;")
    inside = POLAR.replace("<title>Polar", f"{DTD}<title>&f;").replace('"1200"', '"1"')
    deep = f'<release id="2">{"<a>" * 100_000}{"</a>" * 100_000}</release>'
    text = releases(named, inside, deep, EARLIER).replace("<releases>", f"{DTD}<releases>")
    done, _ = imported(text)
    assert (done.recordings, done.unreadable) == (3, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (releases(POLAR).removesuffix("</releases>\n"), "is damaged or incomplete"),
        ("<masters>\n<master id='1'></master></masters>", "contains Discogs' masters"),
        ("a,b\n1,2\n", "lacks the column artist_credit_name.*does not begin with <releases>"),
        ("", "is not a known dump"),
    ],
)
def test_incomplete_dump_is_refused_and_the_old_one_kept(imported: Any, text: str, words: str) -> None:
    _, target = imported(releases(POLAR))
    with pytest.raises(UsageError, match=words):
        imported(text)
    assert DiscogsDump(target).search(LookupQuery(artist="Aurora Field feat. Rao", title="Östermalm"), read)
    assert [one.name for one in Path(target).parent.glob("*.new-*")] == []


def test_a_packed_file_that_is_cut_or_damaged_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(releases(*[POLAR] * 50).encode())
    for name, data in (("cut", packed[:-20]), ("bad", packed[:-60] + bytes(40) + packed[-20:])):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"damaged|can't be read"):
            import_dump(str(path), str(tmp_path / "new.sqlite"))
    assert not (tmp_path / "new.sqlite").exists()


def test_dump_on_a_full_disk_leaves_nothing(imported: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(sqlite3.Connection):
        def executemany(self, *_: Any) -> Any:
            raise sqlite3.OperationalError("database or disk is full")

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *said, **more: connect(*said, **more, factory=Full))
    with pytest.raises(UsageError, match=r"discogs\.sqlite can't be written: .*full"):
        imported(releases(POLAR))
    assert [path.suffix for path in tmp_path.iterdir()] == [".gz"]


def test_impossible_numbers_drop_only_their_record(imported: Any) -> None:
    digits = "9" * 30
    strange = POLAR.replace('id="1200"', f'id="{digits}"')
    placed = POLAR.replace("<position>A1<", f"<position>{digits}<").replace("4:45", f"{digits}:00")
    done, target = imported(releases(strange, placed))
    assert (done.recordings, done.unreadable) == (3, 1)
    [found] = DiscogsDump(target).search(LookupQuery(artist="Aurora Field \udcff Rao", title="Östermalm"), read)
    assert (found.id, found.duration_s) == ("1200/1", None)
    assert DiscogsDump(target).fetch("1200/1", None, read)["track"] == 1


def test_damaged_dump_is_reported(imported: Any) -> None:
    _, target = imported(releases(POLAR))
    data = Path(target).read_bytes()
    Path(target).write_bytes(data[:1024] + b"\xff" * (len(data) - 1024))
    with pytest.raises(UsageError, match="import the dump again"):
        DiscogsDump(target).search(LookupQuery(artist="Aurora Field feat. Rao", title="Östermalm"), read)


def test_a_file_of_another_kind_is_no_dump(tmp_path: Path, imported: Any) -> None:
    with pytest.raises(UsageError, match="no dump is imported"):
        DiscogsDump(str(tmp_path / "nothing.sqlite"))
    _, target = imported(releases(POLAR))
    data = bytearray(Path(target).read_bytes())
    data[68:72] = b"M4XX"
    Path(target).write_bytes(data)
    with pytest.raises(UsageError, match="import the dump again"):
        DiscogsDump(target)
