"""The blocks the key scorer hears."""

import numpy as np
from signals import Signal, cadence, chord, drum_loop, mix, tone
from spectra import spectra_of

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.tonal.pitch_class_views import BLOCKS, summed_up, view_frames


def blocks_of(y: Signal) -> FloatArray:
    found = spectra_of(y)
    notes = Notes.of(found.pitch, found.tuning_semitones).loud
    return summed_up(view_frames(notes.semitones, notes.peaks))


def block(y: Signal, name: str) -> FloatArray:
    return blocks_of(y)[BLOCKS.index(name)]


def test_every_block_is_normalised_and_turned_by_transposing() -> None:
    for seconds in (0.1, 0.5, 9.0):
        blocks = blocks_of(chord((60, 64, 67), seconds))
        assert blocks.shape == (len(BLOCKS), 12)
        assert blocks.dtype == np.float32
        assert np.isfinite(blocks).all()
        assert blocks.min() >= 0.0
        assert blocks.max() <= 1.0 + 1e-6
    # Other strings of the same instrument: harmonics and registers move along, all but a few hundredths of each block.
    low, high = blocks_of(cadence(0, "minor", 16.0)), blocks_of(cadence(3, "minor", 16.0))
    turned = np.roll(low, 3, axis=1)
    names = ("wide", "notes", "major_chords", "minor_chords", "strongest_bass")
    rows = [BLOCKS.index(name) for name in names]
    np.testing.assert_allclose(high[rows], turned[rows], atol=0.15)
    assert (high[rows].argmax(axis=1) == turned[rows].argmax(axis=1)).all()


def test_blocks_contain_their_notes_and_their_spread() -> None:
    y = np.concatenate([chord((60, 64), 2.0), chord((60, 67), 2.0)] * 3)
    spread = block(y, "notes_spread")
    assert spread[4] > 2 * spread[0]
    assert spread[7] > 2 * spread[0]
    y = mix(tone(41, 6.0), tone(64, 6.0))  # F1 below E4
    for name in ("bass", "bass_notes", "strongest_bass"):
        assert block(y, name).argmax() == 5
    assert block(y, "register_62").argmax() == 4
    y = np.concatenate([tone(60, 4.0), tone(62, 8.0), tone(67, 4.0)])
    assert block(y, "first").argmax() == block(y, "first_notes").argmax() == 0
    assert block(y, "last").argmax() == block(y, "last_notes").argmax() == 7
    assert block(y, "wide").argmax() == 2


def test_chords_are_named_by_type_and_root() -> None:
    for name, notes in (
        ("major_chords", (60, 64, 67)),
        ("minor_chords", (60, 63, 67)),
        ("seventh_chords", (60, 64, 67, 70)),
        ("minor_seventh_chords", (60, 63, 67, 70)),
    ):
        y = np.concatenate([chord([n + 2 for n in notes], 2.0)] * 3)
        blocks = blocks_of(y)[
            [BLOCKS.index(f"{kind}_chords") for kind in ("major", "minor", "seventh", "minor_seventh")]
        ]
        kind, root = np.unravel_index(blocks.argmax(), blocks.shape)
        assert (("major", "minor", "seventh", "minor_seventh")[kind] + "_chords", root) == (name, 2)


def test_cadence_is_a_change_by_a_fourth_and_drums_change_notes_less() -> None:
    y = np.concatenate([chord((67, 71, 74), 1.7), chord((60, 64, 67), 1.7)] * 5)  # G to C
    blocks = blocks_of(y)
    assert blocks[BLOCKS.index("major_to_major_by_5")].argmax() == 0
    assert blocks[BLOCKS.index("major_to_major_by_7")].argmax() == 7
    assert blocks[BLOCKS.index("minor_to_minor_by_5")].max() < 0.05
    y = cadence(5, "major", 12.0)
    drums = mix(0.5 * y, drum_loop(110, 12.0))
    alone, along = blocks_of(y), blocks_of(drums)
    change = np.abs(along - alone).sum(axis=1) / alone.sum(axis=1)
    assert change[BLOCKS.index("notes")] < change[BLOCKS.index("wide")]
