"""What importers declare that their programs can't hold."""

from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import SHARED
from program_files import PROGRAM_FILES, ProgramFile, Read, read_file

from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import Importer

VALUES = {field.name for field in fields(ImportedValues)}
OTHERS = {
    "hot_cues", "memory_cues", "loops", "my_tags", "smart_lists", "histories", "grid.beat", "grid.bpm", "grid.name",
    "structure.role", *(f"cues.{part}" for part in ("position_s", "number", "kind", "name", "length_s", "color")),
}  # fmt: skip


def values_in(read: Read) -> set[str]:
    names = {name for name in VALUES for track in read.tracks if getattr(track.values, name) not in (None, ())}
    names |= {"my_tags" for track in read.tracks if track.my_tags}
    names |= {"smart_lists" for listed in read.lists if listed.live is not None}
    names |= {"histories" for listed in read.lists if listed.kind == "history"}
    for cue in (cue for track in read.tracks for cue in track.values.cues):
        names.add("loops" if cue.kind == "loop" else "memory_cues" if cue.number is None else "hot_cues")
    return names


@pytest.mark.parametrize("program", PROGRAM_FILES, ids=lambda program: program.row)
def test_programs_are_not_declared_to_lack_what_map4_reads_from_them(program: ProgramFile, tmp_path: Path) -> None:
    if program.makes_from_shared and not (SHARED.exists() and find_spec("pyrekordbox")):
        pytest.skip("needs ../shared and pyrekordbox")
    path = program.make(tmp_path, *([SHARED] if program.makes_from_shared else []))
    lacks = Importer.all()[program.importer].lacks
    lacking = {name for lack in lacks if lack.applies is None for name in lack.names.split()}
    if program.importer != "lists":  # histories of VirtualDJ are lists, too
        assert not lacking & values_in(read_file(program, path))


def test_declared_names_are_known() -> None:
    for importer in Importer.all().values():
        for lack in importer.lacks:
            assert {*lack.names.split()} <= VALUES | OTHERS
