"""Stored numbers of the same audio change only together with ANALYSIS_VERSION."""

import json
from typing import Any

import pytest
from golden.signals_and_numbers import GOLDEN, material, measure

from map4.core.music.analysis.analysis import ANALYSIS_VERSION

EXPECTED = json.loads(GOLDEN.read_text(encoding="utf-8"))
# float32 sums differ in the last digits between processors and versions of numpy.
RELATIVE = 0.002
ABSOLUTE = 0.005


UNKNOWN = {".tempo_map", ".key_map", ".structure"}
"""What no signal has: they change neither tempo nor key, and are too short for phrases."""


def flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in flat(inner, f"{name}.{key}").items()}
    if isinstance(value, list):
        return {k: v for i, inner in enumerate(value) for k, v in flat(inner, f"{name}[{i}]").items()}
    return {name: value}


def test_every_number_is_known_of_some_signal() -> None:
    numbers: dict[str, set[bool]] = {}
    for signal in EXPECTED["signals"].values():
        for name, value in flat(signal).items():
            numbers.setdefault(name, set()).add(value is not None)
    unknown = [name for name, known in numbers.items() if True not in known]
    assert {name for name in unknown if not any(other.startswith(f"{name}.") for other in numbers)} == UNKNOWN


def test_the_same_audio_gives_the_same_numbers_of_this_version() -> None:
    assert EXPECTED["analysis_version"] == ANALYSIS_VERSION, "write the golden numbers anew and read what changed"
    assert list(EXPECTED["signals"]) == list(material())
    for name in list(EXPECTED["signals"]):
        expected, found = flat(EXPECTED["signals"][name]), flat(measure(material()[name]))
        assert found.keys() == expected.keys()
        numbers = {key: value for key, value in expected.items() if isinstance(value, float)}
        assert {k: v for k, v in found.items() if k not in numbers} == {
            k: v for k, v in expected.items() if k not in numbers
        }
        assert {key: found[key] for key in numbers} == pytest.approx(numbers, rel=RELATIVE, abs=ABSOLUTE), (
            "numbers of the same audio changed: raise ANALYSIS_VERSION and write the golden file anew"
        )
