"""Which files are told to be made from others with fewer bits, and which are not."""

from dataclasses import replace

from sound_track import SOUND, spectrum_until, with_analysis

from map4.core.music.analysis.audio import AudioFormat, Upscaling
from map4.core.music.track.track import Failure, Track


def track(codec: str, kbps: float, cutoff_hz: float | None, drop_db: float | None, rate_hz: int = 44_100) -> Track:
    form = AudioFormat(codec=codec, sample_rate_hz=rate_hz, channels=2, bits=None, payload_bytes=round(kbps * 25_000))
    return replace(with_analysis(spectrum=spectrum_until(cutoff_hz, drop_db)), format=form)


def test_the_wall_decides_by_codec_and_bit_rate() -> None:
    cases = [
        # Made from MP3 at 128, 192, 320 kbit/s
        ("flac", 800, 16_020, 55, 44_100, True), ("pcm", 1411, 17_054, 60, 44_100, True),
        ("alac", 900, 18_992, 30, 44_100, True), ("flac", 900, 20_413, 70, 48_000, True),
        ("flac", 2500, 17_054, 60, 96_000, True), ("flac", 400, 16_538, 17, 44_100, True),
        ("mp3", 320, 17_054, 60, 44_100, True), ("mp3", 320, 18_992, 60, 44_100, True),
        ("mp3", 256, 17_054, 60, 44_100, True), ("mp3", 192, 16_925, 60, 44_100, True),
        ("aac", 256, 16_925, 60, 44_100, True), ("vorbis", 200, 16_800, 45, 44_100, True),
        ("opus", 180, 16_700, 50, 48_000, True),
        # True
        ("flac", 800, 21_964, 0, 44_100, False), ("flac", 800, 20_930, 60, 44_100, False),
        ("mp3", 320, 20_413, 70, 44_100, False), ("mp3", 256, 19_500, 70, 44_100, False),
        ("mp3", 192, 18_700, 70, 44_100, False), ("mp3", 245, 19_300, 70, 44_100, False),
        ("aac", 256, 18_000, 70, 44_100, False), ("opus", 180, 20_000, 70, 48_000, False),
        # Not known: few bits, low rates, 32 kHz material, quiet highs, other codecs, silence
        ("mp3", 128, 16_925, 60, 44_100, None), ("flac", 400, 15_762, 75, 32_000, None),
        ("flac", 400, 10_800, 60, 22_050, None), ("flac", 800, 15_762, 75, 44_100, None),
        ("flac", 800, 16_300, 12, 44_100, None), ("mp3", 320, 16_300, 24, 44_100, None),
        ("mp3", 320, 10_000, 60, 44_100, None), ("wma", 320, 16_020, 60, 44_100, None),
        ("flac", 800, None, None, 44_100, None),
    ]  # fmt: skip
    for codec, kbps, cutoff_hz, drop_db, rate_hz, answer in cases:
        song = track(codec, kbps, cutoff_hz, drop_db, rate_hz)
        assert song.is_upscaled() is answer
        assert (song.why_upscaled() is not None) is (answer is True)


def test_reason_names_cutoff_and_bit_rate_and_needs_an_analysis() -> None:
    assert track("mp3", 320, 16_020, 60).why_upscaled() == "nothing above 16.0 kHz, as MP3 at 128 kbit/s has it"
    assert [Upscaling.why(hz).split()[-4] for hz in (16_900, 17_500, 18_900, 19_500, 20_300)] == [
        "128", "160", "192", "256", "320",
    ]  # fmt: skip
    upscaled = track("mp3", 320, 16_020, 60)
    failed = replace(upscaled, state="failed", failure=Failure(kind="corrupt", message="x"))
    assert upscaled.is_upscaled() is True
    for unknown in (failed, replace(upscaled, analysis=None), replace(upscaled, format=None)):
        assert unknown.is_upscaled() is None
        assert unknown.why_upscaled() is None
    assert with_analysis(spectrum=None).is_upscaled() is None
    assert SOUND.is_upscaled() is False
    assert (
        Upscaling.is_upscaled(codec="mp3", sample_rate_hz=44_100, bit_rate_bps=None, cutoff_hz=1.0, cutoff_drop_db=1.0)
        is None
    )
