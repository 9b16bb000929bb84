"""What DJ programs know of tracks, as commands show it."""

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import Run
from libraries import put_imported
from made_library import database_of

from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.schemas import schema_text

CUES = (
    CuePoint(position_s=-0.02, number=0, name="Intro", color="#ff0000"),
    CuePoint(position_s=1.5, kind="loop", length_s=0.5),
)
VALUES: dict[str, Any] = {
    "bpm": 60.0, "key": Key.parse("4A"), "rating": 3.5, "play_count": 2, "last_played": "2026-01-31T22:15:00Z",
    "date_added": "2024-05-06T07:08:09Z",
    "comment": "grün", "color": "#00FF00", "cues": CUES, "grid": (GridMark(position_s=0.1, bpm=60.0, metre=4, beat=1),),
}  # fmt: skip


@pytest.fixture
def known_file(inside: Run, music: Path, tmp_path: Path) -> Path:
    """A file of a library, which another program knows too."""
    assert inside("scan", music, "-q").returncode == 0
    with database_of(tmp_path / "library.map4") as database, database.transaction() as connection:
        path = str(music / "one.wav").encode()
        [audio] = connection.execute("SELECT audio_id FROM files WHERE path = ?", (path,)).fetchone()
        put_imported(connection, audio, **VALUES)
    return music / "one.wav"


def test_imported_values_are_in_records_columns_lines_and_panels(inside: Run, known_file: Path) -> None:
    record = json.loads(inside("analyze", "--json", "--beats", known_file).stdout)
    jsonschema.Draft202012Validator(json.loads(schema_text("track"))).validate(record)
    known = record["imported"]
    assert (known["rating"], known["play_count"], known["last_played"]) == (3.5, 2, "2026-01-31T22:15:00Z")
    assert known["cues"][1] == {
        "position_s": 1.5, "kind": "loop", "number": None, "name": None, "length_s": 0.5, "color": None,
    }  # fmt: skip
    assert known["grid"] == [{"position_s": 0.1, "bpm": 60.0, "metre": 4, "beat": 1, "number": None, "name": None}]
    assert (record["tempo"]["sources"]["imported"], record["key"]["sources"]["imported"]) == (60.0, "4A")

    rows = list(csv.DictReader(inside("search", "--csv", "sort:plays").stdout.splitlines()))
    assert [[row[name] for name in ("rating", "plays", "played", "cues")] for row in rows] == [
        ["3.5", "2", "2026-01-31T22:15:00Z", "2"], *[["", "", "", ""]] * 3,
    ]  # fmt: skip
    filled = inside("search", "is:imported", "-f", "{rating:.1f}|{plays:3d}|{played}|{cues}|{comment}")
    assert filled.stdout == "3.5|  2|2026-01-31T22:15:00Z|2|grün\n"
    shown = inside("analyze", known_file, env={"COLUMNS": "80", "MAP4_PREFER": "imported,measured,tag"}).stdout
    rows = [line.strip("│ ") for line in shown.splitlines()]
    assert max(map(len, shown.splitlines())) <= 80
    assert {"rating    ★★★½☆", "played    2 times, last on 2026-01-31 at 22:15", "cues      2"} <= set(rows)
    assert "tempo     60.00 BPM  imported" in rows
    sources = inside("tags", "show", known_file, env={"COLUMNS": "80"}).stdout
    assert "date added * 2024-05-06 at 07:08" in " ".join(sources.split())
    assert "0:00 Intro, 0:02 loop" in rows
    table = inside("search", "rating:3.. sort:played", env={"COLUMNS": "80"}).stdout.splitlines()
    assert table[0].split()[3:] == ["BPM", "key", "E", "rating", "played", "genre"]
    assert "★★★½☆" in table[1]
    assert "2026-01-31" in table[1]
    assert inside("search", "played:..2020-01-01").returncode == 4
