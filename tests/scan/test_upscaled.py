"""Files that were encoded twice, from the samples to the query."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from signals import drum_loop, mix, stereo, white_noise

from map4 import Library
from map4.plugins import inline_lanes

pytestmark = pytest.mark.world

SR = 44_100


def write_mp3(path: Path, y: np.ndarray, kbps: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=SR, layout="stereo")
        stream.codec_context.bit_rate = 1000 * kbps
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(y.reshape(1, -1)), "flt", "stereo")
        frame.sample_rate = SR
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", SR, frame_size=1152)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))


def test_upscaled_copies_of_a_128_kbit_mp3_are_detected(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    seconds = 6.0
    y = mix(drum_loop(124, seconds, rate_hz=SR), white_noise(seconds, level=0.02, rate_hz=SR))
    original = stereo(y, y) * 0.5
    soundfile.write(music / "original.flac", original, SR, subtype="PCM_16")
    write_mp3(music / "true 320.mp3", original, 320)
    write_mp3(music / "128.mp3", original, 128)
    decoded, _ = soundfile.read(music / "128.mp3", dtype="float32")
    write_mp3(music / "upscaled 320.mp3", decoded, 320)
    soundfile.write(music / "upscaled.flac", decoded, SR, subtype="PCM_16")
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        library.scan([music])
        judged = {Path(track.path).name: track.is_upscaled() for track in library.search()}
        found = [Path(track.path).name for track in library.search("is:upscaled sort:path")]
        doubted = {Path(finding.track.path).name: finding for finding in library.doctor.findings()
                   if finding.check.name == "upscaled"}  # fmt: skip
        groups = library.duplicates.find()
    assert judged == {
        "original.flac": False, "true 320.mp3": False, "128.mp3": None, "upscaled 320.mp3": True, "upscaled.flac": True,
    }  # fmt: skip
    assert found == ["upscaled 320.mp3", "upscaled.flac"]
    assert sorted(doubted) == found
    assert doubted["upscaled.flac"].detail == "flac: nothing above 16.9 kHz, as MP3 at 128 kbit/s has it"
    upscaled = {Path(member.track.path).name: member.is_upscaled for group in groups for member in group.members}
    assert upscaled == judged
    with_copies = [group for group in groups if any(member.is_upscaled for member in group.members)]
    assert [Path(group.kept.track.path).name for group in with_copies] == ["128.mp3"]
