"""Comments by a template, and the tempo that agrees with a written grid."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from dj_tracks import dj_track, exported, read
from made_tracks import made_track

from map4.core.music.analysis.analysis import Grid, Tempo, TempoCandidate
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track, UserValues
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportOptions

TRACKS = [
    made_track("own.mp3", 124.0, "8A", comment="mine"),
    made_track("new.mp3", 126.0, "9A"),
    made_track("unknown.mp3", comment="of nobody"),
]
PLACES = {"rekordbox": ("TRACK", "Comments"), "traktor": ("INFO", "COMMENT"), "virtualdj-database": ("Song", "Comment")}


@pytest.mark.parametrize("kind", PLACES)
def test_comment_by_a_template_is_written_and_lost_comments_are_counted(kind: str) -> None:
    def written(template: str) -> tuple[list[str], list[str]]:
        data, notes = exported(kind, TRACKS, ExportOptions(comment=template, notation="openkey"))
        element, name = PLACES[kind]
        texts = [node.get(name) or node.findtext(name) or "" for node in ElementTree.fromstring(data).iter(element)]
        return texts, [words for words in notes.sentences() if "comment" in words]

    assert written("{comment}") == (["mine", "", "of nobody"], [])
    assert written("{key} {bpm:.0f} {comment}")[0] == ["1m 124 mine", "2m 126", "of nobody"]
    lost = "1 comment was replaced; {comment} in --comment keeps what the library has"
    assert written("{key}") == (["1m", "2m", "of nobody"], [lost])


# The grid that goes to a DJ program, and the tempo beside it: never two that contradict each other.
FILES = {
    "rekordbox": ("rekordbox", "r.xml"),
    "traktor": ("traktor", "t.nml"),
    "virtualdj-database": ("virtualdj", "database.xml"),
}
"""Who reads it back, and the name of the file."""
PROGRAMS = list(FILES)
IMPORTED = GridMark(position_s=0.25, bpm=136.0, metre=4, beat=1)
MEASURED = Grid(first_beat_s=0.5, bpm=128.0, metre=4, downbeat=1)
PLAIN, WITH_GRID, MEASURED_GRID = (
    ExportOptions(), ExportOptions(with_grid=True), ExportOptions(measured_grid=True)
)  # fmt: skip
OTHER_TEMPO = "1 track has the tempo of the imported beat grid, not the current one; --measured-grid writes map4's own"
OF_NO_USE = "1 track has an imported beat grid whose tempo differs from yours, which was left out"
NONE = "1 track has no beat grid"

Written = Callable[[Track, ExportOptions], tuple[ImportedValues, list[str]]]


@pytest.fixture(params=PROGRAMS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Written:
    """What a program finds of a track, and what the export has to say."""
    importer, name = FILES[request.param]

    def write(track: Track, options: ExportOptions) -> tuple[ImportedValues, list[str]]:
        data, notes = exported(request.param, [track], options)
        [found], _, _ = read(importer, tmp_path / name, data)
        return found.values, notes.sentences()

    return write


def both(bpm: float | None = None, *, imported_bpm: float | None = 136.0, **more: object) -> Track:
    """A track of 128 BPM that another program says goes at 136, and what the user says."""
    values = ImportedValues(bpm=imported_bpm, key=Key.parse("9A"), grid=(IMPORTED,))
    return replace(dj_track("a.flac", codec="flac", grid=MEASURED, imported=values), user=UserValues(bpm=bpm), **more)  # type: ignore[arg-type]


def half_or_whole(bpm: float | None = None) -> Track:
    """The same with half the measured tempo nearly as likely."""
    track = both(bpm)
    analysis: Any = track.analysis
    tempo = Tempo(bpm=128.0, confidence=0.6, alternatives=(TempoCandidate(bpm=64.0, confidence=0.4),))
    return replace(track, analysis=replace(analysis, tempo=tempo))


@pytest.mark.parametrize(
    ("track", "options", "tempo", "marks", "expected"),
    [
        # Without grids the current tempo, whatever the grid says that is not written.
        (both(), PLAIN, 128.0, (), []),
        (both(140.0), PLAIN, 140.0, (), []),
        # Of two tempi the chosen one.
        (half_or_whole(), PLAIN, 128.0, (), []),
        (half_or_whole(64.0), PLAIN, 64.0, (), []),
        # The imported grid has its own tempo.
        (both(), WITH_GRID, 136.0, (136.0,), [OTHER_TEMPO]),
        (both(imported_bpm=None), WITH_GRID, 136.0, (136.0,), [OTHER_TEMPO]),
        (both(imported_bpm=68.0), WITH_GRID, 136.0, (136.0,), [OTHER_TEMPO]),
        # The user's tempo counts: that of the imported grid, of the measured one, or of none.
        (both(136.0), WITH_GRID, 136.0, (136.0,), []),
        (both(128.0), WITH_GRID, 128.0, (128.0,), [OF_NO_USE]),
        (both(140.0), WITH_GRID, 140.0, (), [NONE, OF_NO_USE]),
        # The measured grid has the measured tempo.
        (both(), MEASURED_GRID, 128.0, (128.0,), []),
        (both(prefer=("imported", "measured")), MEASURED_GRID, 128.0, (128.0,), []),
        (both(136.0), MEASURED_GRID, 136.0, (), [NONE]),
    ],
)
def test_written_tempo_and_grid_agree(
    written: Written, track: Track, options: ExportOptions, tempo: float, marks: tuple[float, ...], expected: list[str]
) -> None:
    found, sentences = written(track, options)
    assert found.bpm == tempo
    assert tuple(mark.bpm for mark in found.grid) == marks
    assert sentences == expected


@pytest.mark.parametrize(("grid", "options", "is_told"), [
    (MEASURED, WITH_GRID, False),
    (replace(MEASURED, metre=None, downbeat=None), WITH_GRID, True),
    (replace(MEASURED, metre=None, downbeat=None), MEASURED_GRID, True),
    (replace(MEASURED, metre=None, downbeat=None), PLAIN, False),
])  # fmt: skip
def test_uncertain_bar_one_is_counted(written: Written, grid: Grid, options: ExportOptions, is_told: bool) -> None:
    _, sentences = written(dj_track("a.flac", codec="flac", grid=grid), options)
    assert sentences == ["1 track has a bar one that is less than 90 % sure; check it by ear"] * is_told


def test_bar_one_of_another_program_and_the_key_stay_undoubted(written: Written) -> None:
    doubtful = both(136.0)
    analysis = replace(doubtful.analysis, grid=replace(MEASURED, metre=None, downbeat=None))
    assert written(replace(doubtful, analysis=analysis), WITH_GRID)[1] == []
    track = both(prefer=("imported", "measured"))
    assert written(track, MEASURED_GRID)[0].key == Key.parse("9A")


def test_grids_off_the_beats_are_counted(written: Written) -> None:
    beats_s = tuple(0.7 + index * 60.0 / 128.0 for index in range(300))
    track = dj_track("a.flac", codec="flac", grid=MEASURED)
    off = replace(track, analysis=replace(track.analysis, beats_s=beats_s))
    message = "1 grid doesn't follow its beats; check by ear"
    assert written(off, WITH_GRID)[1] == [message]
    assert written(off, PLAIN)[1] == written(track, WITH_GRID)[1] == []
    # A grid that somebody set is judged by a certain tempo only.
    for confidence, expected in ((0.89, []), (0.9, [message])):
        analysis = replace(off.analysis, tempo=Tempo(bpm=128.0, confidence=confidence))
        assert written(replace(both(136.0), analysis=analysis), WITH_GRID)[1] == expected


def test_rounded_tempo_agrees_with_the_grid_and_loops_keep_their_length(written: Written) -> None:
    marks = (replace(IMPORTED, bpm=127.98),)
    track = replace(both(128.0), imported=ImportedValues(bpm=127.98, grid=marks))
    found, sentences = written(track, WITH_GRID)
    assert (found.bpm, [mark.bpm for mark in found.grid], sentences) == (127.98, [127.98], [])
    measured = replace(dj_track("a.flac", codec="flac", grid=replace(MEASURED, bpm=127.98)), user=UserValues(bpm=128.0))
    assert [mark.bpm for mark in written(measured, MEASURED_GRID)[0].grid] == [127.98]
    other = replace(track, user=UserValues(bpm=127.9))
    assert written(other, WITH_GRID)[0].grid == ()
    track = both()
    assert track.imported is not None
    loop = CuePoint(position_s=30.0, kind="loop", number=0, length_s=3.75)
    found, _ = written(replace(track, imported=replace(track.imported, cues=(loop,))), PLAIN)
    assert found.cues == (loop,)


@pytest.mark.parametrize("own", [None, (GridMark(position_s=0.1, bpm=64.0),)])
def test_ignored_own_grid_leaves_the_imported_tempo(written: Written, own: tuple[GridMark, ...] | None) -> None:
    marks = (IMPORTED, replace(IMPORTED, position_s=60.25, bpm=120.0))  # with either tempo between theirs
    imported = ImportedValues(bpm=131.0, grid=marks)
    found, _ = written(replace(both(), imported=imported, user=UserValues(grid=own)), WITH_GRID)
    assert (found.bpm, [mark.bpm for mark in found.grid]) == (131.0, [136.0, 120.0])


def test_tempo_of_a_grid_is_within_its_range() -> None:
    marks = (
        GridMark(position_s=0.0, bpm=120.0), GridMark(position_s=10.0, bpm=100.0), GridMark(position_s=90.0, bpm=130.0)
    )  # fmt: skip
    assert BeatGrid.tempo(marks, [None, 110.0]) == 110.0
    assert BeatGrid.tempo(marks, [60.0, 129.998]) == 130.0
    assert BeatGrid.tempo(marks, [60.0, None]) == 100.0  # that of the longest part
    close = (GridMark(position_s=0.0, bpm=156.976), GridMark(position_s=10.0, bpm=156.9))
    assert BeatGrid.tempo(close, [156.974]) == 156.974  # two decimals would show another
    assert BeatGrid.tempo((), [None, 60.0, 61.0]) == 60.0
    assert BeatGrid.tempo((), [None]) is None
