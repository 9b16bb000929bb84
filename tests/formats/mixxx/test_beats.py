"""The beats that Mixxx stores, decoded from bytes that Google's protobuf wrote from Mixxx's beats.proto."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.track.cues import GridMark
from map4.formats.mixxx.reader import mixxx_grid

RATE_HZ = 44100.0


def test_mixxx_beat_grid_of_every_form_is_read() -> None:
    cases = [
        ("0a0b090000000000e05f401002120508b9601001", 12345),
        ("0a0b090000000000e05f401002120d08c7fcffffffffffffff011001", -441),
        # The same with frame_position as a double, which a later proto may have.
        ("0a0b090000000000e05f401002120b0900000000801cc8401001", 12345),
        # The first beat is not written: protocol buffers leave out what is not set.
        ("0a09090000000000e05f40", 0),
        # Fields that are not known, of all types, go by.
        ("0a0b090000000000e05f401002120508b96010011d0000803f220178280a", 12345),
    ]
    for data, frame in cases:
        mark = GridMark(position_s=round(frame / RATE_HZ, 6), bpm=127.5)
        assert mixxx_grid("BeatGrid-2.0", bytes.fromhex(data), RATE_HZ) == (mark,)
    assert mixxx_grid("BeatGrid-1.0", struct.pack("<dd", 90.0, 4410.0), RATE_HZ) == (
        GridMark(position_s=0.1, bpm=90.0),
    )
    assert mixxx_grid("BeatGrid-2.0", b"", RATE_HZ) == ()
    assert mixxx_grid("BeatMap-1.0", b"", RATE_HZ) == ()


@pytest.mark.parametrize(
    "data",
    [
        "0a0d089cffffffffffffffff0118020a0608a2ac0118020a0608c4d80218020a0608e6840418020a060888b1051802",
        # The same with positions as doubles.
        "0a0909" + "0a0909".join(struct.pack("<d", frame).hex() for frame in (-100, 22050, 44100, 66150, 88200)),
    ],
)
def test_beat_map_becomes_the_fewest_grid_marks(data: str) -> None:
    # Frames -100, then every 22050. The first beat is 100 frames (2.3 ms) early: one more beat can be shared with it
    # within a millisecond, and from there all go at 120 BPM.
    first, second = mixxx_grid("BeatMap-1.0", bytes.fromhex(data), RATE_HZ)
    assert first.position_s == pytest.approx(-100 / RATE_HZ, abs=1e-6)
    assert first.bpm == pytest.approx(2 * 60 * RATE_HZ / 44200, abs=0.005)
    assert second == GridMark(position_s=1.0, bpm=120.0)


def test_unreadable_beats_are_refused() -> None:
    cases = [
        ("BeatNet-3.0", "0a"),
        (None, "0a"),
        ("BeatGrid-2.0", "0a0b09"),
        ("BeatGrid-2.0", "ff"),
        ("BeatGrid-2.0", "ffffffffffffffffffffff"),
        ("BeatGrid-2.0", "0801"),
        ("BeatGrid-2.0", "0b"),
        ("BeatGrid-2.0", "0a09090000"),
        ("BeatGrid-2.0", "0a0909000000000000f87f"),
        ("BeatGrid-2.0", "0a030a0178"),
        ("BeatMap-1.0", "0a0208050a020805"),
    ]
    for version, data in cases:
        with pytest.raises(ValueError):
            mixxx_grid(version, bytes.fromhex(data), RATE_HZ)


@given(version=st.sampled_from(["BeatGrid-1.0", "BeatGrid-2.0", "BeatMap-1.0"]), data=st.binary(max_size=60))
def test_any_bytes_give_a_grid_or_a_value_error(version: str, data: bytes) -> None:
    try:
        marks = mixxx_grid(version, data, RATE_HZ)
    except ValueError:
        marks = ()
    assert all(mark.bpm > 0 for mark in marks)
