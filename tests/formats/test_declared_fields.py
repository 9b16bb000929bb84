"""Every field that a reader declares: a value that it can't keep is counted, and one that means none is not."""

import plistlib
import sqlite3
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import SHARED
from dj_tracks import read_path
from program_files import PROGRAM_FILES

from map4 import formats
from map4.formats.fields import ProgramFields
from map4.formats.importer import Importer

rekordbox = pytest.importorskip("map4.formats.rekordbox.database")
serato = pytest.importorskip("map4.formats.serato.tags")
TRACK_ROW = pytest.importorskip("map4.formats.rekordbox.device_rows").TRACK_ROW
BEAT = pytest.importorskip("map4.formats.virtualdj.reader").BEAT
FORMATS = Path(formats.__file__).parent
SPOILT = "spoilt!"
NONE = ("", "0", "0.00", "-1", "0000-00-00", "1899-12-30", "1900-01-01 00:00:00", "1970/1/1")
WITHOUT_VALUES = {"history", "listenbrainz", "lists", "navidrome", "serato-tags", "tags"}
"""Importers of names and times alone, and of data in tags, which have blocks instead of fields."""
Setter = Callable[[Path, str, object, object], None]
"""Sets a field, by file, place and key; a value of None removes it."""


# ---- files of each kind --------------------------------------------------------------------------


# The loop is the cue point that has all fields, and a point with a type is no plain one.
TYPES = {"POSITION_MARK": "4", "CUE_V2": "5", "Poi": "loop"}


def in_xml(path: Path, place: str, key: object, value: object, types: Mapping[str, str] = TYPES) -> None:
    tree = ElementTree.parse(path)
    found = next(node for node in tree.iter(place) if types.get(place) in (None, node.get("Type", node.get("TYPE"))))
    tag, _, name = str(key).rpartition(".")
    node = found.find(tag) if tag else found
    if node is None:
        node = ElementTree.SubElement(found, tag)
    if key == "Comment":
        found.find("Comment").text = str(value or "")  # type: ignore[union-attr]
    elif value is None:
        node.attrib.pop(name, None)
    else:
        node.set(name, str(value))
    tree.write(path)


def in_plist(path: Path, place: str, key: object, value: object) -> None:
    library = plistlib.loads(path.read_bytes())
    track = next(iter(library[place].values()))
    track[key] = value
    if value is None:
        del track[key]
    data = plistlib.dumps(library)
    for tag in (b"integer", b"real") if key in ("Year", "BPM", "Play Count") else ():
        data = data.replace(b"<string>spoilt!</string>", b"<%b>spoilt!</%b>" % (tag, tag))
    path.write_bytes(data)


def in_sqlite(path: Path, place: str, key: object, value: object) -> None:
    if place == "HistorylistEntity":
        path = path.with_name("hm.db")
    place, key = ("track_locations", "filesize") if (place, key) == ("library", "size") else (place, key)
    key = rekordbox.CONTENT.get(str(key), key) if place == "djmdContent" else key
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, table, column, number in rekordbox.BESIDE if place == "djmdContent" else ():
            if name == key:
                at = "'2026-01-31 12:00:00.000 +00:00'"
                connection.execute(f"UPDATE djmdContent SET {number} = '77'")
                columns = f"ID, {column}, rb_local_deleted, created_at, updated_at"
                connection.execute(f"INSERT INTO {table} ({columns}) VALUES ('77', ?, 0, {at}, {at})", (value,))
                return
        connection.execute(f'UPDATE "{place}" SET "{key}" = ?', (value,))


def in_stick(path: Path, place: str, key: object, value: object) -> None:
    database, columns = path / "PIONEER/rekordbox/exportLibrary.db", list(TRACK_ROW.columns.values())
    if not database.exists():
        with closing(sqlite3.connect(database)) as connection, connection:
            for table in TRACK_ROW.tables.values():
                connection.execute(f"CREATE TABLE {table} ({table}_id, name)")
                connection.execute(f"INSERT INTO {table} VALUES (1, NULL)")
            connection.execute(f"CREATE TABLE content ({', '.join(columns)})")
            numbers = [1 if name.endswith("_id") or "_id_" in name else None for name in columns]
            connection.execute(f"INSERT INTO content VALUES ({', '.join('?' * len(columns))})", numbers)
            connection.execute("UPDATE content SET path = '/a.mp3', color_id = 0")
    name = str(key)
    with closing(sqlite3.connect(database)) as connection, connection:
        if name in TRACK_ROW.names:
            connection.execute(f"UPDATE {TRACK_ROW.tables[TRACK_ROW.names[name]]} SET name = ?", (value,))
        else:
            connection.execute(f"UPDATE content SET {TRACK_ROW.columns[name]} = ?", (value,))


def in_records(path: Path, place: str, key: object, value: object) -> None:
    tag = key.to_bytes(4, "big") if isinstance(key, int) else key
    file = next((path / "History/Sessions").iterdir()) if place == "adat" else path / "database V2"
    assert isinstance(tag, bytes)
    text = str(value or "")
    new = text.encode("utf-16-be") if tag.startswith(b"t") else text.encode()

    def changed(data: bytes, inside: tuple[bytes, ...]) -> bytes:
        at, records, known = 0, [], False
        while at < len(data):
            name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
            body = data[at + 8 : at + 8 + size]
            at += 8 + size
            if inside and name == inside[0]:
                body = changed(body, inside[1:])
            elif not inside and name == tag:
                body, known = new, True
            records.append((name, body))
        if not inside and not known:
            records.append((tag, new))
        return b"".join(name + struct.pack(">I", len(body)) + body for name, body in records)

    file.write_bytes(changed(file.read_bytes(), (b"oent", b"adat") if place == "adat" else (b"otrk",)))


def in_sheet(path: Path, place: str, key: object, value: object) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith((f"{key} ", f"{place} {key} "))]
    path.write_text("\n".join([f'{place} {key} "{value or ""}"', *lines]))


SETTERS: dict[str, Setter] = {
    "apple-music": in_plist, "rekordbox-usb": in_stick, "serato": in_records, "cue": in_sheet,
}  # fmt: skip
"""Of formats of their own; others are databases or XML."""


def in_any(path: Path, *change: Any, importer: str) -> None:
    is_database = path.is_file() and path.read_bytes().startswith(b"SQLite")
    SETTERS.get(importer, in_sqlite if is_database else in_xml)(path, *change)


def source(importer: str, fields: ProgramFields, folder: Path) -> Path:
    """A file of the program that has elements of this kind."""
    if importer == "rekordbox-usb":
        (folder / "PIONEER/rekordbox").mkdir(parents=True)
        in_stick(folder, "content", "title", "One")
        return folder
    if fields.place == "EXTENDEDDATA":
        text = (
            '<NML VERSION="19"><PLAYLISTS><NODE TYPE="PLAYLIST" NAME="HISTORY"><PLAYLIST TYPE="PROTOCOL"><ENTRY>'
            '<PRIMARYKEY KEY="C:/:a.mp3"/><EXTENDEDDATA STARTDATE="132319762" STARTTIME="82052"/></ENTRY></PLAYLIST>'
            "</NODE></PLAYLISTS></NML>"
        )
        (folder / "history.nml").write_text(text)
        return folder / "history.nml"
    files = [program for program in PROGRAM_FILES if program.importer == importer]
    program = files[-1] if fields.place == "song" else files[0]
    return program.make(folder, *([SHARED] if program.makes_from_shared else []))


ALL = [(name, fields) for name, importer in Importer.all().items() for fields in importer.fields]
IDS = [f"{name} {number}" for number, (name, _) in enumerate(ALL)]


def keys_of(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def read(path: Path, importer: str) -> tuple[str, Counter[str]]:
    tracks, _, notes = read_path(path, importer)
    return str([(track.values.to_data(), asdict(track.entry)) for track in tracks]), notes.left_out


@pytest.mark.parametrize(("importer", "fields"), ALL, ids=IDS)
def test_spoilt_value_of_every_field_is_counted(importer: str, fields: ProgramFields, tmp_path: Path) -> None:
    needs_pyrekordbox = importer in ("rekordbox-db", "rekordbox-usb")
    if needs_pyrekordbox and not (find_spec("pyrekordbox") and (SHARED.exists() or importer == "rekordbox-usb")):
        pytest.skip("needs ../shared and pyrekordbox")
    setter = partial(in_xml, types={"Poi": "beatgrid"}) if fields is BEAT else partial(in_any, importer=importer)
    silent = []
    for number, (name, stored, *_) in enumerate(fields.fields):
        for key in keys_of(stored):
            folder = tmp_path / f"{number}{key!r}"[:40].replace("/", "_")
            folder.mkdir()
            path = source(importer, fields, folder)
            for other, its_key, *_ in fields.fields:  # of two fields with one value, the other is empty
                if other == name and its_key != stored:
                    setter(path, fields.place, its_key, None)
            _, before = read(path, importer)
            setter(path, fields.place, key, SPOILT)
            shown, after = read(path, importer)
            if not (after - before or SPOILT in shown):
                silent.append(key)
    assert silent == []


@pytest.mark.parametrize("fields", [fields for _, fields in ALL], ids=IDS)
def test_values_that_mean_none_are_not_counted(fields: ProgramFields) -> None:
    for field, text in product(fields.fields, NONE):
        left_out = Counter[str]()
        replace(fields, needs=()).read(dict.fromkeys(keys_of(field), text), left_out)
        assert not left_out, (field, text)


def test_readers_of_values_declare_fields_and_count_spoilt_blocks_of_tags() -> None:
    assert {name for name, importer in Importer.all().items() if not importer.fields} == WITHOUT_VALUES
    folders = {importer.read.__module__.split(".")[2] for importer in Importer.all().values()}
    tested = {path.parent.name for path in Path(__file__).parent.glob("*/test_*.py")}
    assert {folder for folder in folders if (FORMATS / folder).is_dir()} <= tested
    for name in serato.BLOCKS:
        left_out = Counter[str]()
        assert serato.values_of_tags("a.mp3", {name: SPOILT.encode()}, left_out).is_empty
        assert left_out.total() == 1


IDENTITIES = {"Location", "TrackID", "FilePath", "LOCATION.DIR", "LOCATION.FILE", "LOCATION.VOLUME", "Type", "TYPE"}
"""Attributes that name the file, or say what an element is."""


@pytest.mark.parametrize("importer", ["rekordbox", "traktor", "virtualdj"])
def test_attributes_that_are_not_declared_give_no_value(importer: str, tmp_path: Path) -> None:
    number, silent = 0, []
    places = {other.place for other in Importer.all()[importer].fields}
    for fields in Importer.all()[importer].fields:
        path = source(importer, fields, tmp_path)
        if path.suffix == ".vdjfolder" or fields.place == "EXTENDEDDATA":
            continue
        first = next(ElementTree.parse(path).iter(fields.place))
        for name in [*first.attrib, *(f"{part.tag}.{name}" for part in first for name in part.attrib)]:
            if name in IDENTITIES or name.partition(".")[0] in places:
                continue
            number += 1
            path = source(importer, fields, tmp_path)
            values, before = read(path, importer)
            in_xml(path, fields.place, name, SPOILT)
            shown, after = read(path, importer)
            if not (shown == values or after - before or SPOILT in shown):
                silent.append(name)
    assert (silent, number > 20) == ([], True)
