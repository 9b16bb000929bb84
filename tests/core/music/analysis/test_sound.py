"""How sound vectors and fingerprints are stored, and what is refused."""

import struct

import pytest

from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import SoundVector

SOUND = tuple(-40.0 + 0.7 * index for index in range(SoundVector.SIZE))


def test_sound_vectors_are_stored_in_256_bytes_and_invalid_ones_refused() -> None:
    assert SoundVector.SIZE == 128
    assert len({group.name for group in SoundVector.GROUPS}) == len(SoundVector.GROUPS)
    assert all(group.size > 0 and 0.0 < group.weight <= 1.0 for group in SoundVector.GROUPS)
    data = SoundVector.pack(SOUND)
    assert len(data) == 256
    assert SoundVector.unpack(data) == pytest.approx(SOUND, rel=1e-3, abs=1e-3)
    assert SoundVector.pack(SoundVector.unpack(data)) == data
    assert (SoundVector.pack(None), SoundVector.unpack(b"")) == (b"", None)
    once = Analysis(duration_s=10.0, sound=SOUND, fingerprint=b"\x01\x02").as_stored()
    assert once.sound == pytest.approx(SOUND, rel=1e-3, abs=1e-3)
    assert once.fingerprint == b"\x01\x02"
    assert once.as_stored() == once
    for data, message in (
        (b"\0" * 255, "256 bytes, got 255"),
        (struct.pack("<128e", *[float("nan")] * 128), "must be finite"),
        (struct.pack("<128e", *[float("inf")] * 128), "must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            SoundVector.unpack(data)
    for values, message in (
        ({"sound": (1.0,) * 12}, "128 numbers, got 12"),
        ({"sound": (float("nan"),) * 128}, "finite"),
        ({"fingerprint": b"abc"}, "16-bit words, got 3 bytes"),
        ({"fingerprint": b""}, "16-bit words, got 0 bytes"),
    ):
        with pytest.raises(ValueError, match=message):
            Analysis(duration_s=10.0, **values)  # type: ignore[arg-type]
