"""Detected cue points in the tags that Serato keeps in music: beside what is there, and away again by an undo."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import serato_files as serato
from audio_files import make, noise
from lanes import sampled
from tagged_files import known, stuffed

from map4 import Library
from map4.core.audio.tags import read_tags
from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.formats.serato.tags import values_of_tags
from map4.scan.workers.lanes import inline_lanes

DETECTED = (
    DetectedCue(kind="mix_in", position_s=8.0, reason="bar 5", confidence=0.9),
    DetectedCue(kind="drop", position_s=64.0, reason="bar 33", confidence=0.8),
    DetectedCue(kind="outro", position_s=150.0, reason="bar 76", confidence=0.4),
)
MIX_IN, DROP = (
    CuePoint(position_s=8.0, number=0, name="Mix in", color="#1fad26"),
    CuePoint(position_s=64.0, number=1, name="Drop", color="#c02626"),
)
CUES = ((0, 1000, 0xCC0000, "Shout"), (6, 100_500, 0xCC00CC, ""))
LOOPS = ((0, 90_000, 94_500, "Out"),)
OWN = serato.markers2(serato.entries(CUES, LOOPS, 0xFF9999, serato.flip()))
KINDS = ["mp3", "aiff", "wav", "flac", "m4a", "ogg"]


def values_in(path: Path) -> ImportedValues:
    """What Serato keeps in a file."""
    return values_of_tags(str(path), read_program_fields(str(path), "serato"), Counter())


def places(path: Path) -> list[CuePoint]:
    """Its cue points to the millisecond, which is what Serato keeps."""
    found = [CuePoint(position_s=round(cue.position_s, 3), kind=cue.kind, number=cue.number, name=cue.name,
                      length_s=cue.length_s, color=cue.color) for cue in values_in(path).cues]  # fmt: skip
    return [cue for cue in found if cue.kind == "cue"]


@pytest.fixture
def library(tmp_path: Path) -> Callable[[Path], Library]:
    def opened(path: Path) -> Library:
        made = known(tmp_path / "library.map4", path, detected_cues=DETECTED)
        return Library.open(made, lanes=inline_lanes)

    return opened


@pytest.mark.parametrize("kind", KINDS)
def test_cues_are_written_and_undone_per_format(tmp_path: Path, library: Callable[[Path], Library], kind: str) -> None:
    path = make(tmp_path / f"a.{kind}", noise(0.2))
    before = path.read_bytes()
    with library(path) as opened:
        [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues"])
        assert (done.state, done.problem) == ("written", None)
        [field] = done.fields
        assert (field.old, field.new, field.source, field.confidence) == (
            None, "Mix in 0:08.0, Drop 1:04.0", "measured", 0.8
        )  # fmt: skip
        assert places(path) == [MIX_IN, DROP]
        assert [change.state for change in opened.tags.write(opened.tracks.all(), fields=["serato_cues"])] == [
            "unchanged"
        ]
        assert opened.scan([tmp_path]).unchanged == 1
        assert [change.state for change in opened.undo("tags")] == ["restored"]
    assert path.read_bytes() == before


def test_own_cues_keep_buttons_and_detected_fill_others(tmp_path: Path, library: Callable[[Path], Library]) -> None:
    path = serato.put(make(tmp_path / "a.mp3", noise(0.2)), {"Serato Markers2": OWN})
    before = path.read_bytes()
    mine = {"position_s": 20.5, "number": 6, "name": "Mine", "color": "#1fad26"}
    with library(path) as opened:
        opened.set(path, cues=[mine, {"position_s": 30, "length_s": 4, "number": 3}])
        [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues"])
        assert [field.source for field in done.fields] == ["user"]
        assert [(cue.number, cue.name, cue.position_s) for cue in places(path)] == [
            (0, "Shout", 0.975), (1, "Mix in", 8.0), (6, "Mine", 20.5), (2, "Drop", 64.0)
        ]  # fmt: skip
        assert [change.state for change in opened.tags.write(opened.tracks.all(), fields=["serato_cues"])] == [
            "unchanged"
        ]
        opened.undo("tags")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", sampled(KINDS, every=2))
def test_writing_cues_keeps_other_data_of_serato(tmp_path: Path, library: Callable[[Path], Library], kind: str) -> None:
    path = serato.put(make(tmp_path / f"a.{kind}", noise(0.2)), {"Serato Markers2": OWN})
    before, values = path.read_bytes(), values_in(path)
    fields = read_program_fields(str(path), "serato")
    with library(path) as opened:
        [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues"], at_least=0.0)
        assert [(field.state, field.old) for field in done.fields] == [("write", "3 cue points")]
        after = values_in(path)
        # Buttons that are free, in the order of the track; colour, loops and the flip are still there.
        assert [(cue.number, cue.name) for cue in places(path)] == [
            (0, "Shout"), (1, "Mix in"), (2, "Drop"), (6, None), (3, "Outro")
        ]  # fmt: skip
        assert {cue for cue in values.cues if cue.kind == "loop"} <= set(after.cues)
        assert after.color == values.color
        left_out: Counter[str] = Counter()
        values_of_tags(str(path), read_program_fields(str(path), "serato"), left_out)
        assert left_out == {"flips": 1}
        assert list(read_program_fields(str(path), "serato")) == [*fields]
        opened.undo("tags")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        ("mp3", serato.markers({0: (1000, 0xCC0000)}, {0: (90_000, 94_500)}, 0xFF9999)),
        ("m4a", serato.mp4_markers({0: (1000, 0xCC0000)}, {0: (90_000, 94_500)}, 0xFF9999)),
    ],
)
@pytest.mark.parametrize("has_new", [True, False])
def test_older_block_gets_the_same_cues(
    tmp_path: Path, library: Callable[[Path], Library], kind: str, old: bytes, has_new: bool
) -> None:
    blocks: Mapping[str, bytes] = {"Serato Markers_": old} | ({"Serato Markers2": OWN} if has_new else {})
    path = serato.put(make(tmp_path / f"a.{kind}", noise(0.2)), blocks)
    with library(path) as opened:
        opened.tags.write(opened.tracks.all(), fields=["serato_cues"])
    fields = read_program_fields(str(path), "serato")
    only_old = {name: data for name, data in fields.items() if name.endswith(("markers_", ":markers"))}
    of_old = values_of_tags("/a.wav", only_old, Counter()).cues
    delay_ms = 25 if kind == "mp3" else 0
    assert [(cue.number, round(cue.position_s * 1000), cue.color) for cue in of_old if cue.kind == "cue"] == [
        (0, 1000, "#c02626"), (1, 8000 + delay_ms, "#1fad26"), (2, 64_000 + delay_ms, "#c02626")
    ]  # fmt: skip
    assert [cue.length_s for cue in of_old if cue.kind == "loop"] == [4.5]
    assert [cue.name for cue in places(path) if cue.number in (1, 2)] == ["Mix in", "Drop"]


def test_cues_near_own_cues_or_after_a_truncated_block_are_not_written(
    tmp_path: Path, library: Callable[[Path], Library]
) -> None:
    own = ((0, 63_500, 0xCC0000, ""), (3, 40_000, 0xCC0000, "mix in"))
    cut = serato.entries(CUES, LOOPS)[:-20]  # a new block would be without what is left of the last entry
    for entries, state, fields in ((serato.entries(own), "unchanged", ["unsure"]), (cut, "left_alone", [])):
        path = serato.put(make(tmp_path / "a.wav", noise(0.2)), {"Serato Markers2": serato.markers2(entries)})
        before = path.read_bytes()
        with library(path) as opened:
            [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues"])
        assert (done.state, [field.state for field in done.fields]) == (state, fields)
        assert path.read_bytes() == before


def test_file_with_unreadable_cues_is_not_changed(tmp_path: Path, library: Callable[[Path], Library]) -> None:
    path = stuffed(tmp_path / "a.mp3")  # with a block of Serato's that is none
    before = path.read_bytes()
    with library(path) as opened:
        [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues"])
        assert (done.state, done.problem) == ("left_alone", "has Serato cue points that can't be read")
        [done] = opened.tags.write(opened.tracks.all(), fields=["key", "serato_cues"], dry_run=True)
        assert [field.state for field in done.fields] == ["write", "unknown"]
    assert path.read_bytes() == before


def test_other_file_types_and_fields_are_unchanged(tmp_path: Path, library: Callable[[Path], Library]) -> None:
    path = make(tmp_path / "a.wv", noise(0.2))
    with library(path) as opened:
        [done] = opened.tags.write(opened.tracks.all(), fields=["bpm", "serato_cues"])
    assert [field.state for field in done.fields] == ["write", "unknown"]
    assert read_tags(str(path)).bpm == 127.25


def test_flac_with_id3_gets_cues_in_its_comments(tmp_path: Path, library: Callable[[Path], Library]) -> None:
    plain, tagged = (
        make(tmp_path / "b.flac", noise(0.2)),
        serato.put(make(tmp_path / "c.mp3", noise(0.2)), {"Serato Markers2": OWN}),
    )
    head = tagged.read_bytes()
    size = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    path = tmp_path / "a.flac"
    path.write_bytes(head[:size] + plain.read_bytes())
    with library(path) as opened:
        [done] = opened.tags.write(opened.tracks.all(), fields=["serato_cues", "energy"])
        assert done.state == "written", done.problem
    assert path.read_bytes()[:10] == head[:10]
    assert OWN in path.read_bytes()
    assert [cue.name for cue in places(path)] == ["Mix in", "Drop"]
