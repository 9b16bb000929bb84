"""Device Library Plus: the encrypted `exportLibrary.db` of a stick, as pyrekordbox makes it."""

from pathlib import Path

import pytest
from dj_tracks import read_path
from rekordbox_libraries import analysis_file
from rekordbox_sticks import write_analysis

from map4.formats.importer import Importer, ImportReadError
from map4.formats.rekordbox.device import BETA, REKORDBOX_USB


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A stick with only the newer library: two tracks, a folder with a list, a history and a My Tag."""
    module = pytest.importorskip("pyrekordbox.onelibrary", reason="needs pyrekordbox, the extra 'rekordbox'")
    models, database = module.models, module.database
    sqlalchemy = pytest.importorskip("sqlalchemy")
    sqlcipher = pytest.importorskip("sqlcipher3.dbapi2")
    folder = tmp_path / "PIONEER" / "rekordbox"
    folder.mkdir(parents=True)
    path, key = folder / "exportLibrary.db", database.deobfuscate(database.BLOB)
    engine = sqlalchemy.create_engine(f"sqlite+pysqlcipher://:{key}@/{path}?", module=sqlcipher)
    for table in models.Base.metadata.sorted_tables:
        ddl = str(sqlalchemy.schema.CreateTable(table).compile(dialect=engine.dialect)).replace(" NOT NULL", "")
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(ddl))
    with engine.begin() as connection:

        def put(table: str, names: str, *rows: tuple[object, ...]) -> None:
            quoted = ", ".join(f'"{name}"' for name in names.split())
            for row in rows:
                values = ", ".join("NULL" if value is None else repr(value) for value in row)
                connection.execute(sqlalchemy.text(f'INSERT INTO "{table}" ({quoted}) VALUES ({values})'))

        put("artist", "artist_id name", (1, "Ann"), (2, "Rem"))
        for table, name in (("album", "Disc"), ("genre", "House"), ("key", "8A"), ("label", "Lab")):
            put(table, f"{table}_id name", (1, name))
        put(
            "content",
            "content_id title path fileSize bpmx100 length artist_id_artist artist_id_remixer album_id genre_id key_id "
            "label_id color_id rating djComment djPlayCount releaseYear trackNo analysisDataFilePath",
            (1, "One", "/Contents/one.mp3", 5000, 12500, 240, 1, 2, 1, 1, 1, 1, 2, 4, "good", 3, 1999, 7,
             "/PIONEER/USBANLZ/P001/ANLZ0000.DAT"),
            (2, "Two", "/Contents/two.flac", 1, 0, 0, *[None] * 7, 0, *[None] * 5),
        )  # fmt: skip
        names = "playlist_id sequenceNo name attribute playlist_id_parent"
        put("playlist", names, (1, 1, "Sets", 1, None), (2, 1, "Fri", 0, 1), (3, 2, "Empty", "?", 0))
        put("playlist_content", "playlist_id content_id sequenceNo", (2, 2, 1), (2, 1, 2), (2, 9, 3))
        put("history", "history_id sequenceNo name attribute", (1, 1, "HISTORY 001", 0))
        put("history_content", "history_id content_id sequenceNo", (1, 1, 1))
        put("myTag", "myTag_id sequenceNo name attribute", (1, 1, "Mood", 1), (2, 2, "Warm", 0))
        put("myTag_content", "myTag_id content_id", (2, 1))
    engine.dispose()
    beats = [(1, 12500, 525), (2, 12500, 1005), (3, 12500, 1485)]
    write_analysis(tmp_path, "/PIONEER/USBANLZ/P001/ANLZ0000.DAT", analysis_file(beats))
    return tmp_path


def test_tracks_lists_and_tags_are_read_as_a_beta(stick: Path) -> None:
    assert not (stick / "PIONEER/rekordbox/exportLibrary.db").read_bytes().startswith(b"SQLite")
    (first, second), lists, notes = read_path(stick)
    values = first.values
    assert (first.entry.location, first.entry.duration_s) == (f"{stick}/Contents/one.mp3", 240.0)
    assert (values.artist, values.remixer, values.album, values.genre, values.label) == (
        "Ann", "Rem", "Disc", "House", "Lab",
    )  # fmt: skip
    assert (values.bpm, values.rating, values.play_count, values.comment, values.year, values.track_number) == (
        125.0, 4.0, 3, "good", 1999, 7,
    )  # fmt: skip
    assert (values.key and values.key.camelot, values.color, first.my_tags) == ("8A", "#ff0000", ("Warm",))
    assert [mark.position_s for mark in values.grid] == pytest.approx([0.5], abs=0.001)  # 25 ms of an MP3's delay less
    assert (second.values.bpm, second.values.rating, second.values.artist) == (None, None, None)
    assert [(item.folders, item.name, item.keys, item.kind) for item in lists] == [
        (("Sets",), "Fri", ("2", "1"), "list"), ((), "Empty", (), "list"), ((), "HISTORY 001", ("1",), "history"),
    ]  # fmt: skip
    assert BETA in notes.remarks
    assert notes.left_out["entries of playlists whose track is missing"] == 1


def test_database_file_is_read_by_path_and_refused_if_damaged(stick: Path, tmp_path: Path) -> None:
    path = stick / "PIONEER/rekordbox/exportLibrary.db"
    assert Importer.of(str(path)) is REKORDBOX_USB
    assert len(read_path(path)[0]) == 2
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(ImportReadError, match="can't be unlocked"):
        read_path(stick)
