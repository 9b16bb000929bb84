"""The quality of lists, worked out by hand."""

from __future__ import annotations

import pytest

from map4.domain.compatibility import MixTraits
from map4.domain.genre import shipped_genres
from map4.domain.key import parse_key
from map4.domain.tempo_step import TempoPolicy
from map4.selection.quality import PART_WEIGHTS, ListedTrack, ListQuality, list_quality


def listed(
    bpm: float | None, key: str | None, energy: float | None, family: str | None = None, **rest: object
) -> ListedTrack:
    mix = MixTraits(bpm=bpm, key=None if key is None else parse_key(key), energy=energy)
    return ListedTrack(mix=mix, genre_family=family, **rest)  # type: ignore[arg-type]


def quality(tracks: list[ListedTrack], policy: TempoPolicy = "flexible") -> ListQuality:
    return list_quality(tracks, policy=policy, genres=shipped_genres())


FOUR = [
    listed(120, "8A", 0.50, "Electronic"),
    listed(124, "9A", 0.58, "Pop"),  # 3.3 %, neighbour, +.08
    listed(132, "11A", 0.75, "Rock", has_names=False),  # 6.5 %, whole tone, +.17
    listed(132, None, 0.35),  # 0 %, unknown key, -.40
]


def test_a_list_of_four_worked_by_hand() -> None:
    found = quality(FOUR)
    assert found.tempo == 66.7  # two steps of three within 6 %
    assert found.genre == 80.0  # .9 and .7; the last step has no genre
    assert found.energy == 66.7  # 1, .8, .2
    assert found.data == 75.0
    assert found.transitions == pytest.approx(100 * ((1 + 0.88) / 2 + (0.8 + 0.7) / 2 + (1 + 0.5) / 2) / 3, abs=0.05)
    assert found.overall == pytest.approx(0.30 * 66.7 + 0.25 * 80 + 0.25 * 66.7 + 0.1 * 75 + 0.1 * 81.3, abs=0.06)
    assert found.to_record() == {
        "overall": 72.3, "tempo": 66.7, "genre": 80.0, "energy": 66.7, "data": 75.0, "transitions": 81.3,
        "passes": False,
    }  # fmt: skip


def test_a_wanted_direction_that_is_kept_earns_a_bonus_up_to_one() -> None:
    energies, wanted = [0.2, 0.35, 0.60, 0.25, 0.25, 0.60], [0.2, 0.4, 0.6, 0.8, 0.8, 0.8]
    tracks = [listed(120, "8A", e, wanted_energy=w) for e, w in zip(energies, wanted, strict=True)]
    # +.15 wanted up: .8 + .2; +.25 wanted up: .5 + .2; -.35 wanted up: .2; level: 1; +.35 wanted level: .2.
    assert quality(tracks).energy == pytest.approx(100 * (1.0 + 0.7 + 0.2 + 1.0 + 0.2) / 5)
    without = quality([listed(120, "8A", energy) for energy in energies])
    assert without.energy == pytest.approx(100 * (0.8 + 0.5 + 0.2 + 1.0 + 0.2) / 5)


@pytest.mark.parametrize(("policy", "share"), [("strict", 0.0), ("flexible", 33.3), ("creative", 100.0)])
def test_the_policy_decides_on_tempo_and_folding(policy: TempoPolicy, share: float) -> None:
    tracks = [listed(bpm, "8A", 0.5) for bpm in (100, 105, 115, 57.5)]  # 5 %, 9.5 %, half
    assert quality(tracks, policy).tempo == share


def test_unfolded_half_time_is_a_far_step() -> None:
    tracks = [listed(87, "8A", 0.5), listed(174, "8A", 0.5)]
    assert quality(tracks, "flexible").transitions == 75.0  # (.5 + 1) / 2
    assert quality(tracks, "creative").transitions == 100.0


def test_without_genres_the_other_parts_share_the_weight() -> None:
    tracks = [listed(120, "8A", 0.5), listed(130, "8A", 0.5)]  # 8.3 %
    found = quality(tracks)
    assert (found.tempo, found.genre, found.energy, found.data, found.transitions) == (0.0, None, 100.0, 100.0, 90.0)
    assert found.overall == pytest.approx((0.25 * 100 + 0.1 * 100 + 0.1 * 90) / 0.75, abs=0.05)


def test_what_is_not_known_is_not_good() -> None:
    found = quality([listed(None, None, None), listed(None, None, None)])
    assert found.to_record() == {
        "overall": 13.3,
        "tempo": 0.0,
        "genre": None,
        "energy": 20.0,
        "data": 0.0,
        "transitions": 50.0,
        "passes": False,
    }  # fmt: skip  (.25 * 20 + .1 * 50) / .75 = 13.3


def test_one_track_has_no_steps() -> None:
    found = quality([listed(120, "8A", 0.5)])
    assert (found.tempo, found.genre, found.energy, found.data, found.transitions) == (None, None, None, 100.0, None)
    assert (found.overall, found.passes) == (100.0, True)
    with pytest.raises(ValueError, match="without tracks"):
        quality([])


@pytest.mark.parametrize(
    ("parts", "passes"),
    [
        ({}, True),
        ({"tempo": 89.9}, False),
        ({"data": 84.9}, False),
        ({"energy": 69.9}, False),
        ({"genre": 69.9}, False),
        ({"genre": None}, True),
        ({"tempo": 90.0, "data": 85.0, "energy": 70.0}, True),
        ({"tempo": 100.0, "genre": 70.0}, True),
        ({"genre": 50.0, "energy": 70.0}, False),
        ({"transitions": 0.0}, True),
        ({"genre": 70.0, "energy": 70.0, "tempo": 90.0, "data": 85.0, "transitions": 0.0}, False),  # overall 70.5
    ],
)
def test_the_marks(parts: dict[str, float | None], passes: bool) -> None:
    full: dict[str, float | None] = {"tempo": 95.0, "genre": 90.0, "energy": 90.0, "data": 90.0, "transitions": 80.0}
    assert ListQuality(**full | parts).passes is passes  # type: ignore[arg-type]


def test_overall_passes_from_eighty() -> None:
    # .3 * 90 + .25 * 90 + .25 * 70 + .1 * 90 + .1 * 40 = 80.
    just = ListQuality(tempo=90.0, genre=90.0, energy=70.0, data=90.0, transitions=40.0)
    assert (just.overall, just.passes) == (80.0, True)
    below = ListQuality(tempo=90.0, genre=90.0, energy=70.0, data=90.0, transitions=39.0)
    assert (below.overall, below.passes) == (79.9, False)


@pytest.mark.parametrize(("bpm", "score"), [(105.0, 100.0), (105.1, 90.0), (110.0, 90.0), (110.1, 75.0)])
def test_the_steps_of_tempo_in_a_transition(bpm: float, score: float) -> None:
    assert quality([listed(100, "8A", 0.5), listed(bpm, "8A", 0.5)]).transitions == score


@pytest.mark.parametrize(
    ("energy", "score"), [(0.6, 100.0), (0.61, 80.0), (0.7, 80.0), (0.71, 50.0), (0.8, 50.0), (0.81, 20.0)]
)
def test_the_steps_of_energy(energy: float, score: float) -> None:
    assert quality([listed(100, "8A", 0.5), listed(100, "8A", energy)]).energy == score


def test_the_weights_are_whole() -> None:
    assert sum(PART_WEIGHTS.values()) == pytest.approx(1.0)
    full = ListQuality(tempo=100.0, genre=100.0, energy=100.0, data=100.0, transitions=100.0)
    assert (full.overall, full.passes) == (100.0, True)
