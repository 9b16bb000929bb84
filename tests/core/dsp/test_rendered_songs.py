"""Key, tempo and beats of rendered songs, which were read and transformed once for all of them."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from spectra import spectra_of

from map4.core.dsp.rhythm.rhythm import estimate_rhythm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.dsp.tonal.key import estimate_tonality
from map4.core.music.analysis.key import Key

Song = tuple[dict[str, str], Spectra]
"""Its row of the manifest, and what was heard."""
SONGS = 8


@pytest.fixture(scope="module")
def songs(shared: Path) -> list[Song]:
    """The first songs of a band that have a key and beats."""
    manifest = shared / "audio-dev" / "manifest.tsv"
    if not manifest.exists():
        pytest.skip("needs ../shared/audio-dev (rendered songs), which is not here")
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["source"] == "pop909-band"]
    return [(row, spectra_of_file(shared / "audio-dev" / row["path"])) for row in wanted(rows)]


def wanted(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["truth_key"] and row["beats"]][:SONGS]


def spectra_of_file(path: Path) -> Spectra:
    y, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return spectra_of(soxr.resample(y.mean(axis=1), rate_hz, ShortWindow.SAMPLE_RATE_HZ))


def test_keys_of_most_rendered_songs_are_right(songs: list[Song]) -> None:
    found = [(estimate_tonality(spectra).key, Key.parse(row["truth_key"])) for row, spectra in songs]
    assert len(found) == SONGS
    assert np.mean([estimate is not None and estimate.key == true for estimate, true in found]) >= 0.7  # .90 of all


def test_tempo_and_beats_of_most_rendered_songs_are_right(shared: Path, songs: list[Song]) -> None:
    import mir_eval  # slow

    hits, scores = [], []
    for row, spectra in songs:
        found = estimate_rhythm(spectra)
        beats = np.loadtxt(shared / "audio-dev" / row["beats"], ndmin=2)[:, 0]
        hits.append(found.tempo is not None and abs(found.tempo.bpm / float(row["truth_bpm"]) - 1) <= 0.04)
        scores.append(mir_eval.beat.f_measure(beats, np.array(found.beats_s)))
    assert len(hits) == SONGS
    assert np.mean(hits) >= 0.7  # .90 of all songs
    assert np.mean(scores) >= 0.7
