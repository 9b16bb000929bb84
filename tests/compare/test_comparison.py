"""Comparing tracks: pairs, the best order and its direction, percentiles, and the record."""

import itertools
import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from made_tracks import made_track

from map4.compare.use import Comparison, compare_tracks
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.mixing.many import PairDistribution
from map4.core.music.track.track import Failure, Track, UserValues
from map4.core.schemas import schema_text

# In this order they mix; each is named elsewhere.
CHAIN = [
    made_track("b.mp3", 124.0, "9A", 0.5, hamms=0.5),
    made_track("d.mp3", 132.0, "11A", 0.8, hamms=0.8),
    made_track("a.mp3", 120.0, "8A", 0.4, hamms=0.4),
    made_track("c.mp3", 128.0, "10A", 0.7, hamms=0.7),
]
SAMPLE = PairDistribution(tracks=50, similarities=(np.arange(1000) + 0.5) / 1000)


def valid(found: Comparison) -> dict[str, object]:
    record: dict[str, object] = json.loads(json.dumps(found.to_record(), allow_nan=False))
    jsonschema.Draft202012Validator(json.loads(schema_text("comparison"))).validate(record)
    return record


def test_tracks_are_ordered_with_rising_energy_by_values_of_the_user() -> None:
    found = compare_tracks(CHAIN)
    assert [found.tracks[place].path[-5] for place in found.order] == ["a", "b", "c", "d"]
    assert (found.method, found.flow, found.steps) == ("exact", "rising", ("rising", "rising", "rising"))
    assert [(step.a, step.b) for step in found.transitions] == list(itertools.pairwise(found.order))
    assert all(step.compatibility.energy.change > 0 for step in found.transitions)
    # 3.3, 3.2 and 3.1 %: .3 points; neighbours: .352; energy within .2.
    assert found.mean_compatibility == pytest.approx(0.852)
    mine = replace(CHAIN[0], user=UserValues(bpm=60.0, key=Key.parse("12B")))
    found = compare_tracks([mine, CHAIN[2]]).pairs[0].compatibility
    assert (found.tempo.folded, found.tempo.change_percent) == ("half", 0.0)
    assert found.key.relation == "clash"
    for count in (0, 1, 101):
        with pytest.raises(ValueError, match="2 to 100 tracks"):
            compare_tracks([made_track(f"{i}.mp3") for i in range(count)])


def test_the_record_has_every_pair_and_the_order() -> None:
    record = valid(compare_tracks(CHAIN, sample=SAMPLE))
    pairs = record["pairs"]
    assert [(pair["a"], pair["b"]) for pair in pairs] == list(itertools.combinations(range(4), 2))
    assert pairs[0]["hamms"] == {"similarity": 0.82, "closeness": 0.7, "cosine": 1.0, "shared": 12, "rating": "good",
                                 "percentile": 82.0}  # fmt: skip
    assert (pairs[0]["similarity"], pairs[0]["key"]["relation"]) == (0.82, "whole_tone")
    assert record["percentile_sample"] == {"tracks": 50, "pairs": 1000}
    assert record["order"]["tracks"] == [2, 0, 3, 1]
    assert (record["order"]["compatibility"], record["order"]["rating"]) == (0.852, "good")
    first = record["order"]["transitions"][0]
    assert (first["from"], first["to"], first["energy_flow"], first["type"]) == (2, 0, "rising", "blend")
    assert first["tempo"]["change_percent"] == 3.33
    assert [track["path"] for track in record["tracks"]] == [track.path for track in CHAIN]


def test_equal_pairs_are_ordered_by_sound_and_rising_energy() -> None:
    # All mix perfectly; 0 and 2 sound alike, 1 and 3 sound alike.
    tracks = [made_track(f"{i}.mp3", 120.0, "8A", 0.5, hamms=value) for i, value in enumerate((0.1, 0.8, 0.12, 0.82))]
    assert compare_tracks(tracks).order == (0, 2, 1, 3)  # of its two ends the one named first begins
    # And never against the mix: one that sounds the same but clashes stays away.
    tracks[2] = made_track("2.mp3", 150.0, "3A", 0.5, hamms=0.1)
    order = compare_tracks(tracks).order
    assert 2 in (order[0], order[-1])
    cases = [((0.5, 0.5, 0.3), "c"), ((0.3, 0.5, 0.5), "a"), ((0.5, 0.3, 0.5), "a"), ((None, 0.5, 0.3), "a"),
    ((0.5, 0.5, None), "a"), ((None, None, None), "a")]  # fmt: skip
    for energies, begins in cases:
        tracks = [  # a - b - c is the only good order
            made_track(f"{name}.mp3", bpm, "8A", energy)
            for name, bpm, energy in zip("abc", (100.0, 106.0, 112.0), energies, strict=True)
        ]
        found = compare_tracks(tracks)
        assert [tracks[place].path[-5] for place in found.order] == sorted("abc", reverse=begins == "c")
        # Named the other way round, the ends are still told apart by their energy, and by their place without it.
        turned = compare_tracks(tracks[::-1])
        level = energies[0] is None or energies[-1] is None or energies[0] == energies[-1]
        assert turned.tracks[turned.order[0]].path[-5] == ("c" if level else begins)


def test_unknown_similarities_and_percentiles_are_null() -> None:
    silent = made_track("silent.wav")
    found = compare_tracks([silent, made_track("a.mp3", 120.0, "8A", 0.5, hamms=0.5)])
    record = valid(found)
    assert record["pairs"][0]["hamms"] is None
    assert record["pairs"][0]["similarity"] is None
    assert record["percentile_sample"] is None
    assert (found.flow, found.steps, found.order) == (None, (None,), (0, 1))
    old = made_track("old.mp3", hamms=0.5)
    old = replace(old, analysis=replace(old.analysis, hamms=replace(old.analysis.hamms, version=2)))
    assert compare_tracks([old, made_track("new.mp3", hamms=0.5)]).pairs[0].similarity is None
    found = compare_tracks(CHAIN, sample=PairDistribution.of([[0.5] * 12] * 4))
    assert found.sample is None
    assert all(pair.percentile is None for pair in found.pairs)


@pytest.mark.world
def test_forty_tracks_are_ordered_and_failed_files_listed() -> None:
    tracks = [made_track(f"{i}.mp3", 90.0 + i, ALL_KEYS[i % 24].camelot, i % 10 / 10, hamms=i / 40) for i in range(40)]
    failed = Track(path="/music/x.mp3", state="failed", failure=Failure(kind="corrupt", message="no frames"))
    found = compare_tracks(tracks, failed=[failed])
    assert (found.method, len(found.pairs), sorted(found.order)) == ("improved", 780, list(range(40)))
    record = valid(found)
    assert [track["error"]["kind"] for track in record["failed"]] == ["corrupt"]
    named_order = sum(compare_tracks([a, b]).pairs[0].compatibility.total for a, b in itertools.pairwise(tracks)) / 39
    assert found.mean_compatibility > named_order
