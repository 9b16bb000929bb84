"""The table of `docs/dj-programs.md` that says what goes each way: each cell is what a small file really gives.

A row is a program's file, and the fixture of that name in `tests/support/program_files.py`; its docstring says how one
is added. "read" is checked by an import of that file, "written" by an export of a track that has everything, read back.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dj_tracks import dj_track, exported, stored
from pages import page, section
from program_files import PROGRAM_FILES, ProgramFile, Read, read_file

from map4.core.music.track.cues import CuePoint, GridMark, ImportedPhrase
from map4.core.music.track.imported import ImportedValues
from map4.formats.export import ExportOptions
from map4.formats.importer import Importer


def some(value_of: Callable[[ImportedValues], object]) -> Callable[[Read], bool]:
    """Whether any track says it."""
    return lambda found: any(bool(value_of(track.values)) for track in found.tracks)


def histories(found: Read) -> bool:
    return any(playlist.kind == "history" for playlist in found.lists)


COLUMNS: Mapping[str, Callable[[Read], bool]] = {
    "lists": lambda found: any(playlist.kind == "list" and playlist.keys for playlist in found.lists),
    "cues": some(lambda values: any(cue.kind != "loop" for cue in values.cues)),
    "loops": some(lambda values: any(cue.length_s for cue in values.cues)),
    "grids": some(lambda values: values.grid),
    "ratings": some(lambda values: values.rating),
    "plays": lambda found: some(lambda values: values.play_count)(found) or histories(found),
    "dates": lambda found: some(lambda values: values.last_played or values.date_added)(found) or histories(found),
    "colours": some(lambda values: values.color),
    "phrases": some(lambda values: values.structure),
}
CELLS = {(True, True): "both", (True, False): "read", (False, True): "written", (False, False): "–"}
ALL = ImportedValues(
    bpm=128.0,
    rating=4.0,
    play_count=7,
    last_played="2026-01-31",
    date_added="2024-05-06",
    color="#ff0000",
    cues=(CuePoint(position_s=1.0, number=0), CuePoint(position_s=9.0, kind="loop", number=1, length_s=3.75)),
    grid=(GridMark(position_s=0.1, bpm=128.0),),
    structure=(ImportedPhrase(start_s=0.0, end_s=30.0),),
)


def table_cells() -> dict[str, dict[str, str]]:
    """The cells of the table by row and column."""
    text = section(page("docs/dj-programs.md"), "## What goes each way", "^## ")
    head, _, *rows = [re.split(r" *\| *", line.strip("| ")) for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    return {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in rows}


def test_the_table_has_a_row_for_each_file_and_a_column_for_each_thing() -> None:
    table = table_cells()
    assert list(table) == [program.row for program in PROGRAM_FILES]
    assert {tuple(cells) for cells in table.values()} == {tuple(COLUMNS)}
    assert [name for name in Importer.all() if f"`{name}`" not in page("docs/dj-programs.md")] == []


@pytest.mark.parametrize("program", PROGRAM_FILES, ids=lambda program: program.row)
def test_interchange_table_is_correct(program: ProgramFile, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if program.importer == "rekordbox-db":
        pytest.importorskip("pyrekordbox", reason="needs pyrekordbox beside map4")
    source = tmp_path / "theirs"
    source.mkdir()
    more = (request.getfixturevalue("shared"),) if program.makes_from_shared else ()
    read = read_file(program, program.make(source, *more))
    written = Read([], [])
    if program.exporter is not None:
        track = dj_track("a.flac", codec="flac", imported=ALL)
        lists = [stored("Friday", [track])]
        options = ExportOptions(with_grid=program.exporter in ("rekordbox", "traktor", "virtualdj-database"))
        target = tmp_path / program.name
        target.write_bytes(exported(program.exporter, [track], options, playlists=lambda: iter(lists))[0])
        written = read_file(program, target)
    found = {name: CELLS[is_there(read), is_there(written)] for name, is_there in COLUMNS.items()}
    assert table_cells()[program.row] == found
