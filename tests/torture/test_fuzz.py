"""Some mutants of audio files, the same each time; `fuzz.py` makes as many as one has time for."""

import random

import fuzz
import pytest

SEED = 23


@pytest.mark.world
def test_mutated_audio_files_crash_no_worker() -> None:
    found = fuzz.fuzz_audio(fuzz.audio_seeds(fuzz.TORTURE.parent), seed=SEED, first=0, count=150)
    assert found.found == []
    assert found.outcomes["IdentifyJob: done"] > 50
    assert found.outcomes["AnalyseJob: done"] + found.outcomes["AnalyseJob: corrupt"] > 2


def test_a_mutant_is_the_same_each_time() -> None:
    for number in range(20):
        seeds = [b"some text to be changed", b"and another one"]
        first, again = (fuzz.mutant(seeds, random.Random(f"{SEED}:{number}")) for _ in range(2))
        assert first == again
