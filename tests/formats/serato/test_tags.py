"""Serato's own tags; the blocks are built by a writer after the published layout."""

import random
import struct
from collections import Counter
from pathlib import Path

import pytest
import serato_files as serato
from audio_files import make, noise
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from map4.core.audio.tags.program_fields import read_program_fields
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import Importer
from map4.formats.serato.tags import shown_color, values_of_tags

CUES = ((0, 1000, 0xCC0000, "Drop"), (6, 60_500, 0xCC00CC, ""), (1, 30_000, 0x123456, "Ständchen ☃"))
LOOPS = ((0, 90_000, 94_500, "Out"), (1, 10_000, 12_000, ""))
BLOCKS = {
    "Serato Markers2": serato.markers2(serato.entries(CUES, LOOPS, 0xFF9999, serato.flip())),
    "Serato BeatGrid": serato.grid(last=(0.254858, 115.0)),
    "Serato Autotags": serato.autotags("115.00"),
}
PLACES = (
    CuePoint(position_s=1.0, number=0, name="Drop", color="#c02626"),
    CuePoint(position_s=10.0, kind="loop", length_s=2.0),
    CuePoint(position_s=30.0, number=1, name="Ständchen ☃", color="#123456"),
    CuePoint(position_s=60.5, number=6, color="#ce359e"),
    CuePoint(position_s=90.0, kind="loop", name="Out", length_s=4.5),
)
GRID = (GridMark(position_s=0.254858, bpm=115.0, metre=4, beat=1),)
ALL = ImportedValues(bpm=115.0, color="#993333", cues=PLACES, grid=GRID)


def values_of(left_out: Counter[str] | None = None, path: str = "/a.wav", **blocks: bytes) -> ImportedValues:
    """What blocks say, under their names in ID3."""
    names = {"markers2": "serato markers2", "markers": "serato markers_", "grid": "serato beatgrid"}
    fields = {names.get(name, f"serato {name}"): data for name, data in blocks.items()}
    return values_of_tags(path, fields, Counter() if left_out is None else left_out)


@pytest.mark.parametrize("kind", ["mp3", "aiff", "wav", "flac", "m4a", "ogg"])
def test_values_are_equal_in_all_kinds_of_file(tmp_path: Path, kind: str) -> None:
    path = serato.put(make(tmp_path / f"a.{kind}", noise(0.2)), BLOCKS)
    left_out: Counter[str] = Counter()
    values = values_of_tags(str(path), read_program_fields(str(path), "serato"), left_out)
    delay_s = 1105 / 44100 if kind == "mp3" else 0.0
    assert values == ALL.shifted(-round(delay_s, 6))
    assert left_out == {"flips": 1}


def test_damaged_blocks_empty_buttons_and_a_million_marks_are_left_out() -> None:
    empty = tuple((button, 0, 0, "") for button in range(5))
    named = (5, 0, 0, "Start")
    inside = serato.entries((*empty, named), tuple((button, 0, 0, "") for button in range(9)))
    fields = {"serato_markers2": serato.letters(inside)}
    values = values_of_tags("/a.ogg", fields, Counter())
    assert values.cues == (CuePoint(position_s=0.0, number=5, name="Start", color="#000000"),)
    data = b"\1\0" + struct.pack(">I", 1_000_000) + b"\0" * 8_000_001
    left_out: Counter[str] = Counter()
    assert (values_of(left_out, grid=data).grid, left_out.total()) == ((), 1)
    assert not Importer.all()["serato-tags"].recognises("/music/a.mp3", b"ID3")
    for name, data in [(name, data) for name, many in BAD.items() for data in many]:
        left_out: Counter[str] = Counter()
        values = values_of(left_out, autotags=serato.autotags("115.00"), **{name: data})
        assert (values, sum(left_out.values())) == (ImportedValues(bpm=115.0), 1)
    inside = serato.entries(CUES[:1])
    assert len(values_of(markers2=serato.markers2(inside[:-10])).cues) == 1
    assert len(values_of(markers2=serato.markers2(inside[:2] + b"NEW\0\0\0\0\1x" + inside[2:])).cues) == 1
    assert values_of(markers2=serato.markers2(inside[:2] + b"CUE\0\xff\xff\xff\xff" + inside[2:])).cues == ()
    assert values_of(markers2=serato.markers2(b"\1\1" + b"CUE")).cues == ()
    for bpm in ["", "0.00", "nan", "-1", "1e99", "\xff", "fast"]:
        assert values_of(autotags=b"\1\1" + bpm.encode("latin-1") + b"\0").bpm is None


def test_old_block_of_mp4_is_read_and_unreadable_files_have_no_fields(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("no music")
    for name in ("text.mp3", "none.mp3", "."):
        assert read_program_fields(str(tmp_path / name), "serato") == {}
    old = serato.mp4_markers({1: (2_000_000, 0xCCCC00)}, {0: (4000, 6000)}, color=0x999999)
    path = serato.put(make(tmp_path / "a.m4a", noise(0.2)), {"Serato Markers_": old})
    values = values_of_tags(str(path), read_program_fields(str(path), "serato"), Counter())
    loop = CuePoint(position_s=4.0, kind="loop", length_s=2.0)
    cues = (loop, CuePoint(position_s=2000.0, number=1, color="#fac313"))
    assert values == ImportedValues(color="#090909", cues=cues)


def test_positions_come_from_the_old_block_and_names_from_the_new() -> None:
    new = serato.markers2(serato.entries(((0, 1000, 0xCC0000, "Drop"), (1, 2000, 0xCC8800, "gone"), (6, 9000, 0, "g"))))
    old = serato.markers({0: (1500, 0x0000CC), 2: (7000, 0x00CC00)}, {3: (4000, 6000)}, color=0x99FF99)
    assert values_of(markers2=new, markers=old) == ImportedValues(
        color="#339933",
        cues=(
            CuePoint(position_s=1.5, number=0, name="Drop", color="#173ba2"),
            CuePoint(position_s=4.0, kind="loop", length_s=2.0),
            CuePoint(position_s=7.0, number=2, color="#1fad26"),
            CuePoint(position_s=9.0, number=6, name="g", color="#000000"),
        ),
    )
    assert values_of(markers=old).cues == tuple(
        cue if cue.name is None else CuePoint(position_s=1.5, number=0, color="#173ba2")
        for cue in values_of(markers2=new, markers=old).cues[:3]
    )


def test_base64_grids_and_colours_of_serato_are_read() -> None:
    for short in (0, 1, 2, 3):
        inside = serato.entries(((0, 1000, 0xCC0000, "n" * short),))
        block = b"\1\1" + serato.letters(inside)
        assert [cue.position_s for cue in values_of(markers2=block).cues] == [1.0]
        # Serato leaves the last letter but one out at times; the entries before it are whole.
        assert [cue.position_s for cue in values_of(markers2=block[:-1]).cues] == [1.0]
    grid = serato.grid((0.5, 16), (8.5, 6), last=(11.5, 128.0))
    assert values_of(grid=grid).grid == (
        GridMark(position_s=0.5, bpm=120.0, metre=4, beat=1),
        GridMark(position_s=8.5, bpm=120.0, metre=4, beat=1),
        GridMark(position_s=11.5, bpm=128.0, metre=4, beat=3),
    )
    assert values_of(grid=grid).bpm is None
    assert values_of(grid=serato.grid(last=(0.5, 97.25))).bpm == 97.25
    cases = [(0xFF99FF, "#993399"), (0x99BBFF, "#335599"), (0x999999, "#090909"), (0xFFFFFF, None), (0, None),
    (0x111111, "#aaaaab"), (None, None)]  # fmt: skip
    assert [(stored, shown_color(stored)) for stored, _ in cases] == cases


# ---- what is damaged -----------------------------------------------------------------------------

BAD = {
    "markers2": [b"", b"\1\1", b"\1\1????", b"\1\1AAAA", b"\0" * 470, serato.markers2(b"\1\1CUE\0\0\0\0\x02ab")],
    "markers": [b"\2\5", b"\2\5\xff\xff\xff\xff", serato.markers({0: (1, 1)}, {})[:40]],
    "grid": [b"\1\0", b"\1\0\xff\xff\xff\xff" + b"\0" * 99, serato.grid(last=(float("nan"), 120.0)),
             serato.grid(last=(1e30, 120.0)), serato.grid(last=(1.0, 0.0)), serato.grid((5.0, 4), last=(5.0, 120.0)),
             serato.grid((5.0, 2**32 - 1), last=(5.1, 120.0)), b"000000010000000000000001(1.2.3,115)"],
}  # fmt: skip


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 30), kind=st.sampled_from(["plain", "flac", "mp4", "ogg"]))
def test_random_bytes_in_blocks_do_not_fail(seed: int, kind: str) -> None:
    rng = random.Random(seed)
    old = serato.markers({0: (1500, 1)}, {1: (3, 9)})
    blocks = {**BLOCKS, "Serato Markers_": serato.mp4_markers({0: (1, 1)}, {1: (3, 9)}) if kind == "mp4" else old}
    fields = {}
    for name, data in blocks.items():
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(4)] = rng.randbytes(rng.randrange(6)) or b"\xff"
        data = bytes(damaged[: rng.randrange(1, len(damaged) + 1)])
        names = {"flac": ("serato_markers_v2", "serato_beatgrid"), "ogg": ("serato_markers2", "serato_beatgrid")}
        if kind == "plain":
            fields[name.lower()] = data
        elif kind == "mp4":
            inner = {"Serato Markers2": "markersv2", "Serato Markers_": "markers", "Serato BeatGrid": "beatgrid"}
            envelope = serato.letters(serato.enveloped(name, data))
            fields[f"----:com.serato.dj:{inner.get(name, 'autgain')}"] = envelope
        else:
            for field in names[kind]:
                fields[field] = data if kind == "ogg" else serato.letters(serato.enveloped(name, data))
    values = values_of_tags("/a.mp3", fields, Counter())
    assert values.plausible() is not None
