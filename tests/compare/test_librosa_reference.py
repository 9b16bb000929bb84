"""librosa's opinion on signals whose tempo and key are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from map4.compare.librosa_reference import best_profile, librosa_opinion
from map4.compare.second_opinion import SecondOpinion
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.music.analysis.key import Key
from map4.errors import FileError


@pytest.mark.world
def test_librosa_detects_tempo_and_key_of_a_simple_piece(tmp_path: Path) -> None:
    sr = 44_100
    t = np.arange(sr * 16) / sr
    beat = t % 0.5  # 120 BPM
    clicks = np.sin(2 * np.pi * 1500 * t) * np.exp(-60 * beat)
    a_minor = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 261.63, 329.63, 440.0))
    soundfile.write(tmp_path / "a.wav", (0.3 * clicks + 0.1 * a_minor).astype(np.float32), sr)

    opinion = librosa_opinion(str(tmp_path / "a.wav"), decoder=DEFAULT_DECODER)

    assert min(abs(opinion.bpm * factor - 120.0) for factor in (0.5, 1.0, 2.0)) < 5.0
    assert opinion.key == Key(9, "minor")


def test_best_profile_of_a_triad_is_the_key_of_the_triad() -> None:
    c_major, a_minor = np.zeros(12), np.zeros(12)
    c_major[[0, 4, 7]] = 1.0
    a_minor[[9, 0, 4]] = [1.5, 1.0, 1.0]

    assert best_profile(c_major) == Key(0, "major")
    assert best_profile(a_minor) == Key(9, "minor")
    assert best_profile(np.ones(12)) is None


@pytest.mark.world
def test_silence_and_one_second_of_sound_give_no_opinion(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(5 * 22_050, np.float32), 22_050)
    soundfile.write(tmp_path / "blink.wav", np.ones(22_050, np.float32), 22_050)

    for name in ("silence.wav", "blink.wav"):
        nothing = SecondOpinion(bpm=None, key=None)
        assert librosa_opinion(str(tmp_path / name), decoder=DEFAULT_DECODER) == nothing


def test_file_without_audio_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("no audio")

    with pytest.raises(FileError):
        librosa_opinion(str(tmp_path / "a.mp3"), decoder=DEFAULT_DECODER)
