"""Frames are the same however their stream was cut, and rows are the same however many there are."""

import gc
import weakref

import numpy as np

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.framing import Framer, Rows
from map4.core.dsp.spectrum.spectral_pass import SpectralPass

WINDOW, HOP, BATCH = 8, 3, 4


def frames_of(y: FloatArray, cut: int, n_frames: int) -> list[FloatArray]:
    framer = Framer(WINDOW, HOP, BATCH)
    batches = [batch.copy() for start in range(0, y.size, cut) for batch in framer.push(y[start : start + cut])]
    return batches + [batch.copy() for batch in framer.flush(n_frames)]


def test_frames_are_centred_and_overlap_also_in_an_empty_stream() -> None:
    for cut in (1, 5, 17, 100):
        y = np.arange(1.0, 41.0, dtype=np.float32)
        n_frames = 1 + y.size // HOP
        batches = frames_of(y, cut, n_frames)
        padded = np.pad(y, (WINDOW // 2, WINDOW))
        wanted = np.stack([padded[HOP * index : HOP * index + WINDOW] for index in range(n_frames)])
        assert [len(batch) for batch in batches] == [4, 4, 4, 2]
        np.testing.assert_array_equal(np.concatenate(batches), wanted)
    batches = frames_of(np.zeros(0, dtype=np.float32), 1, 1)
    np.testing.assert_array_equal(np.concatenate(batches), np.zeros((1, WINDOW)))


def test_appended_rows_are_read_back_unchanged() -> None:
    for count in [1, 9, 10, 11, 35]:
        for batch in [1, 4, 50]:
            appended = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
            rows = Rows(2.0, block_s=5.0)
            for start in range(0, count, batch):
                rows.append(appended[start : start + batch])
            np.testing.assert_array_equal(rows.joined(), appended)


def test_spectral_pass_is_freed_without_the_collector() -> None:
    gc.disable()  # a worker analyses many tracks before the collector looks at what only refers to itself
    try:
        spectral_pass = SpectralPass()
        spectral_pass.feed(np.zeros(10_000, dtype=np.float32))
        alive = weakref.ref(spectral_pass)
        spectral_pass.finish()
        del spectral_pass
        assert alive() is None
    finally:
        gc.enable()
