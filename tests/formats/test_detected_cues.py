"""Detected cue points in files of DJ programs, and what comes back from there."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from dj_tracks import dj_track, exported, read

from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.track_cues import CUE_NAMES, TrackCue
from map4.errors import UsageError
from map4.formats.export import ExportOptions
from map4.formats.plugins import Exporters

DETECTED = tuple(
    DetectedCue(kind=kind, position_s=round(1.25 + 30.0 * number, 3), reason="it sounds so", confidence=0.9)
    for number, kind in enumerate(DetectedCue.KINDS)
)
MINE = (CuePoint(position_s=20.0, number=0, name="Vocal"), CuePoint(position_s=100.0, name="Break"))
PROGRAMS = ("rekordbox", "traktor", "virtualdj-database")
FILES = {
    "rekordbox": ("rekordbox", "r.xml"),
    "traktor": ("traktor", "t.nml"),
    "virtualdj-database": ("virtualdj", "database.xml"),
}
"""Who reads it back, and the name of the file."""
FIRST_PLAIN = {"rekordbox": None, "traktor": None, "virtualdj-database": 8}
"""Number of the first cue point without a button; VirtualDJ numbers all."""


def track(*imported: CuePoint, detected: tuple[DetectedCue, ...] = DETECTED, **more: Any) -> Track:
    found = dj_track(imported=ImportedValues(cues=imported) if imported else None, **more)
    return replace(found, analysis=replace(found.analysis, detected_cues=detected))


def options(**chosen: Any) -> ExportOptions:
    return ExportOptions(**chosen)


def back(program: str, tmp_path: Path, track: Track, **chosen: Any) -> tuple[CuePoint, ...]:
    return values_back(program, tmp_path, track, **chosen).cues


def values_back(program: str, tmp_path: Path, track: Track, **chosen: Any) -> ImportedValues:
    data, _ = exported(program, [track], options(**chosen))
    importer, name = FILES[program]
    [found], _, _ = read(importer, tmp_path / name, data)
    return found.values


def places(cues: tuple[CuePoint, ...]) -> list[tuple[float, str | None, int | None]]:
    return [(round(cue.position_s, 3), cue.name, cue.number) for cue in cues]


@pytest.mark.parametrize("program", PROGRAMS)
def test_cues_are_written_by_source_and_kind_without_duplicates(program: str, tmp_path: Path) -> None:
    mine = [(20.0, "Vocal", 0), (100.0, "Break", FIRST_PLAIN[program])]
    assert places(back(program, tmp_path, track(*MINE))) == mine
    assert places(back(program, tmp_path, track(*MINE), with_cues="imported")) == mine
    assert back(program, tmp_path, track()) == ()
    assert places(back(program, tmp_path, track(*MINE), with_cues="all")) == [
        (1.25, "First beat", 1), (20.0, "Vocal", 0), (31.25, "Mix in", 2), (61.25, "Drop", 3),
        (100.0, "Break", FIRST_PLAIN[program]), (121.25, "Mix out", 4), (151.25, "Outro", 5),
    ]  # fmt: skip
    cues = back(program, tmp_path, track(*MINE), with_cues="all", cue_kind="memory")
    first = FIRST_PLAIN[program]
    assert [cue.number for cue in cues] == [None if first is None else first + n for n in range(7)]
    assert {cue.color for cue in cues} == {None}
    cues = back(program, tmp_path, track(*MINE), cue_kind="hot")
    assert places(cues) == [(20.0, "Vocal", 0), (100.0, "Break", 1)]
    values = values_back(program, tmp_path, track(*MINE), with_cues="all")
    again = replace(track(), imported=values)
    assert places(back(program, tmp_path, again, with_cues="all")) == places(values.cues)
    assert back(program, tmp_path, again, with_cues="detected") == ()


@pytest.mark.parametrize("program", PROGRAMS)
def test_detected_cues_survive_a_round_trip(program: str, tmp_path: Path) -> None:
    cues = back(program, tmp_path, track(), with_cues="detected")
    assert places(cues) == [(cue.position_s, CUE_NAMES[cue.kind], n) for n, cue in enumerate(DETECTED)]
    assert all(kind in TrackCue.meaning_of(cue) for kind, cue in zip(DetectedCue.KINDS, cues, strict=True))
    assert {cue.kind for cue in cues} == {"cue"}
    assert len({cue.color for cue in cues} - {None}) == len(DetectedCue.KINDS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_cues_and_grid_of_the_user_replace_imported_ones(program: str, tmp_path: Path) -> None:
    mine = (
        CuePoint(position_s=8.0, number=1, name="Mine", color="#28e214"),
        CuePoint(position_s=16.0, kind="loop", number=2, name="Round", length_s=4.0),
    )
    grid = (GridMark(position_s=0.3, bpm=120.0, metre=4, beat=1),)
    user = UserValues(cues=mine, grid=grid, bpm=120.0)
    song = replace(track(CuePoint(position_s=30.0, number=0, name="Theirs")), user=user)
    found = values_back(program, tmp_path, song, with_grid=True)
    assert [(cue.name, cue.kind, cue.number, cue.length_s) for cue in found.cues] == [
        ("Mine", "cue", 1, None), ("Round", "loop", 2, pytest.approx(4.0, abs=0.002)),
    ]  # fmt: skip
    assert [cue.position_s for cue in found.cues] == pytest.approx([8.0, 16.0], abs=0.002)
    off_beat_s = (found.grid[0].position_s - 0.3 + 0.25) % 0.5 - 0.25
    assert (off_beat_s, found.grid[0].bpm) == (pytest.approx(0.0, abs=0.002), pytest.approx(120.0))
    both = back(program, tmp_path, song, with_cues="all")
    assert "Mine" in {cue.name for cue in both}
    assert len(both) > len(mine)


@pytest.mark.parametrize("program", PROGRAMS)
def test_detected_cues_snap_to_the_grid_and_imported_keep_places(program: str, tmp_path: Path) -> None:
    heard = (
        replace(DETECTED[0], position_s=0.02),
        replace(DETECTED[1], position_s=9.9),
        replace(DETECTED[2], position_s=20.31),
    )
    song = track(CuePoint(position_s=40.03, name="Mine"), detected=heard, grid=Grid(first_beat_s=0.5, bpm=128.0))
    places_s = [cue.position_s for cue in back(program, tmp_path, song, with_cues="all")]
    # Beats are .46875 s apart, and the third lies between two of them.
    assert places_s == pytest.approx([0.03125, 9.875, 20.31, 40.03], abs=0.0006)


def test_both_kinds_of_cues_are_written_only_to_rekordbox(tmp_path: Path) -> None:
    drop = track(CuePoint(position_s=9.0, number=3, name="Mine"), detected=DETECTED[2:3])
    assert places(back("rekordbox", tmp_path, drop, with_cues="all", cue_kind="both")) == [
        (9.0, "Mine", None), (9.0, "Mine", 3), (61.25, "Drop", None), (61.25, "Drop", 0),
    ]  # fmt: skip
    for program in ("traktor", "virtualdj-database"):
        assert places(back(program, tmp_path, drop, with_cues="all", cue_kind="both")) == [
            (9.0, "Mine", 3), (61.25, "Drop", 0),
        ]  # fmt: skip


def test_detected_cues_are_counted_or_their_options_refused() -> None:
    for program in PROGRAMS:
        tracks = [track(name="a.mp3"), track(name="b.mp3"), dj_track("c.mp3")]
        assert (
            "12 detected cue points in 2 tracks" in exported(program, tracks, options(with_cues="all"))[1].sentences()
        )
        assert exported(program, tracks)[1].sentences() == []
        [none] = exported(program, tracks[2:], options(with_cues="detected"))[1].sentences()
        assert "no track has a detected cue point" in none
    all_chosen = [{"with_cues": "detected"}, {"with_cues": "imported"}, {"cue_kind": "hot"}, {"measured_grid": True}]
    for name in sorted(set(Exporters.all()) - set(PROGRAMS)):
        for chosen in all_chosen:
            with pytest.raises(UsageError, match=r"leave (it|--with-cues|--cue-kind) out"):
                Exporters.all()[name].check(options(**chosen))


# ---- formats without -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [("serato", "Serato stores cue points in the music files"), ("virtualdj", "--to virtualdj-database writes them")],
)
def test_formats_without_cues_refuse_them_with_a_reason(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Exporters.all()[name].check(options(with_cues="all"))


@pytest.mark.parametrize("chosen", [{"with_cues": "mine"}, {"cue_kind": "warm"}])
def test_unknown_choices_of_cues_are_refused(chosen: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"there are|did you mean"):
        Exporters.all()["rekordbox"].check(options(**chosen))


# ---- bar one -------------------------------------------------------------------------------------

LATE = Grid(first_beat_s=0.25, bpm=120.0, metre=4, downbeat=3)


@pytest.mark.parametrize(
    ("name", "tag", "attributes"),
    [
        ("rekordbox", "TEMPO", {"Inizio": "0.250", "Bpm": "120.00", "Metro": "4/4", "Battito": "3"}),
        ("virtualdj-database", "Poi", {"Pos": "1.250000", "Type": "beatgrid", "Bpm": "0.500000"}),
        ("traktor", "CUE_V2", {"START": "1250.000000"}),
    ],
)
def test_grid_of_a_program_has_bar_one(name: str, tag: str, attributes: dict[str, str]) -> None:
    data, _ = exported(name, [dj_track(codec="flac", grid=LATE)], options(with_grid=True))
    [mark] = ElementTree.fromstring(data).iter(tag)
    assert mark.attrib.items() >= attributes.items()
