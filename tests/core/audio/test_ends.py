"""Both ends of files, in the formats whose encoders delay the sound: a cut piece is a segue in each."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from signals import cadence, drum_loop, mix

from map4.core.audio.decode import open_audio
from map4.core.audio.ends import read_ends
from map4.core.audio.identity.mpeg_audio import parse_mpeg_header
from map4.core.dsp.sound.segue import EndsCollector, TrackEnds

write_audio = pytest.importorskip("map4.extras.demo.music").write_audio

CUT_S = 3.37


def without_header(path: Path) -> None:
    content = path.read_bytes()
    frame = parse_mpeg_header(content)
    assert frame is not None
    path.write_bytes(content[frame.size_bytes :])


FORMATS: dict[str, tuple[str, int, Callable[[Path], None]]] = {
    "wav": (".wav", 44100, lambda path: None),
    "flac": (".flac", 44100, lambda path: None),
    "mp3": (".mp3", 44100, lambda path: None),
    "mp3 without a header": (".mp3", 44100, without_header),
    "aac": (".m4a", 44100, lambda path: None),
    "opus": (".opus", 48000, lambda path: None),
}


def whole_ends(path: Path) -> TrackEnds:
    """The ends as a scan keeps them."""
    with open_audio(str(path)) as stream:
        collector = EndsCollector(stream.sample_rate_hz)
        for block in stream.blocks():
            collector.feed(block)
        return collector.ends(stream.duration_hint_s, states_delay=stream.states_delay)


@pytest.mark.parametrize("name", FORMATS)
def test_cut_piece_is_a_segue_in_each_format(name: str, tmp_path: Path) -> None:
    suffix, rate_hz, spoil = FORMATS[name]
    piece = 0.5 * mix(drum_loop(118, 8.0, rate_hz=rate_hz), cadence(3, "minor", 8.0, rate_hz=rate_hz))
    cut = round(CUT_S * rate_hz)
    fade = np.linspace(1.0, 0.0, rate_hz, dtype=np.float32)
    parts = {
        "one": piece[:cut],
        "two": piece[cut:],
        "faded": np.append(piece[: cut - rate_hz], piece[cut - rate_hz : cut] * fade),
    }
    paths = {part: tmp_path / f"{part}{suffix}" for part in parts}
    for part, path in paths.items():
        write_audio(str(path), parts[part], rate_hz)
        spoil(path)
    whole = {part: whole_ends(path) for part, path in paths.items()}
    segue = whole["one"].segue_to(whole["two"])
    assert segue is not None
    delay_s = 1105 / rate_hz if spoil is without_header else 0.0
    assert segue.leave_s - delay_s == pytest.approx(CUT_S, abs=0.001)
    assert segue.enter_s == pytest.approx(delay_s, abs=0.001)
    assert whole["faded"].segue_to(whole["two"]) is None
    # Decoding the ends only is the same.
    ends = read_ends(str(paths["one"]), whole["one"].ends_s), read_ends(str(paths["two"]), whole["two"].ends_s)
    assert ends[0].segue_to(ends[1]) == segue
    assert np.allclose(ends[0].last, whole["one"].last, atol=1e-3)
    assert np.allclose(ends[1].first, whole["two"].first, atol=1e-3)


def test_other_rates_are_no_segue() -> None:
    tone = np.sin(np.arange(4410, dtype=np.float32) / 9.0)
    one, other = (TrackEnds(rate_hz, tone, tone, 0.0, 0.1) for rate_hz in (44100, 48000))
    assert one.segue_to(one) is not None
    assert one.segue_to(other) is None
