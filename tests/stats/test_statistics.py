"""Counts and histograms of columns whose content is known."""

import itertools
from typing import Any

import numpy as np
import pytest

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.columns import Columns
from map4.stats.records import Bin, Statistics, coarser, distribution, statistics

NAN = float("nan")
TEXTS = ("audio_id", "artist", "title", "album", "genre", "codec", "label_family")


def columns(**values: list[Any]) -> Columns:
    n = len(next(iter(values.values()), []))
    made: dict[str, Any] = {}
    for name in Columns.__slots__:
        given = values.get(name)
        if name == "hamms":
            made[name] = None
        elif name in TEXTS:
            made[name] = np.empty(n, dtype=np.object_)
            made[name][:] = given or [None] * n
        elif name == "key":
            made[name] = np.array(given or [Columns.NO_KEY] * n, dtype=np.int8)
        elif name == "file_id":
            made[name] = np.arange(n)
        else:
            made[name] = np.array(given or [NAN] * n, dtype=np.float64)
    return Columns(**made)


def counted(genres: dict[str, int] | None = None, **values: list[Any]) -> Statistics:
    return statistics(
        [columns(**values)], states={"ok": 3}, failures={}, stale=0, added={"2026-01": 3}, genres=genres or {}
    )


def test_bins_start_at_multiples_of_their_width_and_are_merged() -> None:
    found = distribution(np.array([119.9, 120.0, 124.9, NAN, 133.0]), 5.0)

    assert [(b.low, b.high, b.count) for b in found.bins] == [
        (115.0, 120.0, 1), (120.0, 125.0, 2), (125.0, 130.0, 0), (130.0, 135.0, 1)
    ]  # fmt: skip
    assert found.known == 4
    assert found.median == pytest.approx(122.45)
    bins = [Bin(low=62.5 + 2.5 * i, high=65.0 + 2.5 * i, count=i % 3) for i in range(40)]
    found = coarser(bins, 16)
    assert len(found) <= 16
    assert sum(item.count for item in found) == sum(item.count for item in bins)
    width = found[0].high - found[0].low
    assert width == pytest.approx(7.5)
    assert all(item.low / width == round(item.low / width) for item in found)
    assert all(a.high == b.low for a, b in itertools.pairwise(found))
    assert coarser(bins, 40) is bins
    assert coarser([], 16) == []


def test_keys_energy_and_doubtful_values_are_counted() -> None:
    am = ALL_KEYS.index(Key.parse("8A"))
    found = counted(
        key=[am, am, Columns.NO_KEY],
        energy=[0.65, 0.0, NAN],
        tempo_confidence=[0.49, 0.5, NAN],
        key_confidence=[0.1, 0.2, NAN],
        duration_s=[1800.0, 1800.0, NAN],
    )

    assert found.tracks == 3
    assert found.hours == 1.0
    assert len(found.keys) == 24
    assert {key: count for key, count in found.keys.items() if count} == {"8A": 2}
    assert {level: count for level, count in found.energy.items() if count} == {7: 1, 1: 1}
    assert (found.doubtful_tempo, found.doubtful_key) == (1, 2)


def test_genres_are_counted_singly_and_empty_selections_zero() -> None:
    found = counted({"House; Techno;": 2, "house": 1, "HOUSE ; house": 4})

    assert found.genres == {"House": 7, "Techno": 2}
    assert counted({"House; Techno": 2, "Jazz": 1}).to_record()["coverage"]["genre"] == 3
    record = statistics([columns()], states={}, failures={}, stale=0, added={}, genres={}).to_record()

    assert record["tracks"] == 0
    assert record["hours"] == 0.0
    assert record["tempo"] == {"known": 0, "p5": None, "median": None, "p95": None, "histogram": []}
    assert set(record["keys"].values()) == {0}


def test_qualities_and_ratings_are_counted_in_steps() -> None:
    found = counted(codec=["flac", "mp3", "mp3"], bit_rate_bps=[900_000.0, 251_000.0, 96_000.0])

    assert found.qualities == {"below 128 kbit/s": 1, "from 256 kbit/s": 1, "lossless": 1}
    assert found.codecs == {"mp3": 2, "flac": 1}
    found = counted(rating=[5.0, 4.5, 4.4, 0.0, NAN])

    assert found.ratings == {0: 1, 4: 1, 5: 2}
    record = found.to_record()
    assert record["ratings"] == [{"stars": 0, "count": 1}, {"stars": 4, "count": 1}, {"stars": 5, "count": 2}]
    assert record["coverage"]["rating"] == 4
    assert counted(rating=[NAN, NAN, NAN]).ratings == {}
