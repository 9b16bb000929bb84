"""From thirds of semitones to notes that stand out."""

import numpy as np
import pytest
from signals import cadence, sine, white_noise
from spectra import spectra_of

from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES, Notes, prominent, scaled_to_length, scaled_to_peak


def test_notes_have_their_semitone_flat_or_quiet_frames_none() -> None:
    for cents in (-45, -20, 0, 33):
        found = spectra_of(sine(440.0 * 2 ** (cents / 1200), 2.0))
        semitones = Notes.of(found.pitch, found.tuning_semitones).loud.semitones
        share = semitones.sum(axis=0) / semitones.sum()
        assert share.argmax() == 69 - LOWEST_MIDI
        assert share.max() > 0.8
    pitch = np.ones((4, 216), dtype=np.float32) * np.array([[1.0], [0.5], [0.009], [0.0]], dtype=np.float32)
    assert Notes.of(Packed.of(pitch), 0.0).loud.semitones.shape == (2, SEMITONES)
    assert Notes.of(Packed.of(0.0 * pitch), 0.0).loud.semitones.shape == (0, SEMITONES)
    # The ends of the range have fewer neighbours, so that they stand out by construction.
    inner = slice(4, -4)
    assert prominent(np.ones((3, SEMITONES), dtype=np.float32))[:, inner].max() == pytest.approx(0.0, abs=1e-6)
    share = []
    for y in (white_noise(4.0), cadence(0, "major", 4.0)):
        found = spectra_of(y)
        semitones = Notes.of(found.pitch, 0.0).loud.semitones
        share.append(float(prominent(semitones)[:, inner].sum() / np.sqrt(semitones[:, inner]).sum()))
    assert share[0] < 0.5 * share[1]
    rows = np.array([[3.0, 4.0] + 10 * [0.0], 12 * [0.0]], dtype=np.float32)
    np.testing.assert_allclose(scaled_to_peak(rows)[:, :2], [[0.75, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(scaled_to_length(rows)[:, :2], [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
