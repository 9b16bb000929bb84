"""Some mutants of every kind of file, the same each time; `fuzz.py` makes as many as one has time for."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import fuzz
import mutant_readers
import pytest

SEED = 23


@pytest.mark.world
def test_mutants_of_libraries_lists_and_queries_are_read_or_refused() -> None:
    seeds = fuzz.text_seeds(fuzz.TORTURE.parent)
    found = fuzz.fuzz_texts(seeds, seed=SEED, first=0, count=1_000)
    assert found.found == []
    assert sum(found.outcomes.values()) == 1_000
    # Mutants of what nothing reads would say nothing.
    assert sum(count for outcome, count in found.outcomes.items() if outcome.endswith(": read")) > 300
    with closing(fuzz.Doors()) as doors:
        read = {target for target in seeds for seed in seeds[target] if fuzz.read_text(target, seed, doors) == "read"}
    assert seeds.keys() - read == set()


@pytest.mark.world
def test_mutants_of_audio_cost_no_worker() -> None:
    found = fuzz.fuzz_audio(fuzz.audio_seeds(fuzz.TORTURE.parent), seed=SEED, first=0, count=150)
    assert found.found == []
    assert found.outcomes["IdentifyJob: done"] > 50
    assert found.outcomes["AnalyseJob: done"] + found.outcomes["AnalyseJob: corrupt"] > 2


def test_a_mutant_is_the_same_each_time() -> None:
    for number in range(20):
        seeds = [b"some text to be changed", b"and another one"]
        first, again = (fuzz.mutant(seeds, random.Random(f"{SEED}:{number}")) for _ in range(2))
        assert first == again


@pytest.mark.world
def test_a_reader_that_breaks_or_hangs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        while len(text) % 2:
            pass
        raise KeyError(text)

    monkeypatch.setattr(mutant_readers, "parse_query", broken)
    monkeypatch.setattr(fuzz, "TEXT_LIMIT_S", 0.05)
    found = fuzz.fuzz_texts({"query": [b"bpm:120 key:8A"]}, seed=SEED, first=0, count=20, keep=str(tmp_path))
    problems = {finding["problem"].split(":")[0] for finding in found.found}
    assert problems == {"KeyError", "took longer than 0.05 s"}
    assert len(list(tmp_path.iterdir())) == len(found.found) == 20
