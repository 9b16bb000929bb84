"""The quality of lists, worked out by hand, and what each fault costs."""

from dataclasses import replace
from typing import Any

import pytest

from map4.core.music.analysis.key import Key
from map4.core.music.lists.limits import Gap, ListLimits, Rule, TempoLimit
from map4.core.music.lists.quality import PART_WEIGHTS, ListQuality
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
from map4.core.music.track.genre import GenreTable
from map4.lists.judging.quality import ListedTrack, list_quality


def listed(
    bpm: float | None, key: str | None, energy: float | None, family: str | None = None, **rest: Any
) -> ListedTrack:
    mix = MixTraits(bpm=bpm, key=None if key is None else Key.parse(key), energy=energy)
    return ListedTrack(mix=mix, genre_family=family, **rest)


def quality(
    tracks: list[ListedTrack], policy: TempoPolicy = "flexible", harmonic: HarmonicRule = "flexible", **gaps: str
) -> ListQuality:
    limits = ListLimits(
        tempo=TempoLimit.of(policy), harmonic=harmonic, **{name: Gap.read(text) for name, text in gaps.items()}
    )
    return list_quality(tracks, limits=limits, genres=GenreTable.shipped())


def good_list(count: int) -> list[ListedTrack]:
    """Tracks by different artists that mix well, in tempi and keys next to each other."""
    return [
        listed(
            120.0 + number % 3,
            ("8A", "8A", "9A")[number % 3],
            0.50 + 0.05 * (number % 3),
            "Electronic",
            artist=f"Artist {number}",
            album=f"Album {number}",
            audio_id=f"a1-{number}",
            duration_s=200.0,
        )
        for number in range(count)
    ]


FOUR = [
    listed(120, "8A", 0.50, "Electronic"),
    listed(124, "9A", 0.58, "Pop"),  # 3.3 %, neighbour, +.08: .3 + .352 + .2 = .852
    listed(132, "11A", 0.75, "Rock", has_names=False),  # 6.5 %, whole tone, +.17: .1 + .28 + .2, poor
    listed(132, None, 0.30),  # 0 %, unknown key, -.45: .4 + .2 + 0, fair
]


def test_quality_of_four_tracks_equals_a_hand_calculation_without_clips() -> None:
    # Tempo: two of three steps within 6 %; harmony: two of two with both keys; transitions: (.852 + 0 + .6) / 3;
    # genre: .9 and .7, none in the last step; energy: 1, .8, .2; limits: the first step.
    found = quality(FOUR)
    assert found.overall == pytest.approx(
        0.25 * 66.7 + 0.25 * 100 + 0.20 * 48.4 + 0.10 * 80 + 0.10 * 66.7 + 0.10 * 33.3, abs=0.06
    )
    assert found.to_record() == {
        "overall": 69.4, "tempo": 66.7, "harmony": 100.0, "transitions": 48.4, "genre": 80.0, "energy": 66.7,
        "limits": 33.3, "data": 75.0, "curve": None, "passes": False,
        "failed": ["tempo", "transitions", "energy", "limits"],
        "weak_steps": {"tempo_policy": [3], "poor_mix": [3], "energy_step": [4]},
    }  # fmt: skip
    clip = listed(126, "10A", 0.6, "Electronic", duration_s=8.0)
    tracks = [replace(track, duration_s=200.0) for track in FOUR]
    plain = quality(tracks)
    assert quality([tracks[0], clip, tracks[1], clip, clip, *tracks[2:]]).overall == plain.overall
    weak = quality([clip, *tracks]).weak_steps
    assert weak == {name: tuple(place + 1 for place in places) for name, places in plain.weak_steps.items()}
    assert quality([clip, clip]).overall is not None


def test_policy_and_rule_decide_on_tempo_and_harmony() -> None:
    for policy, share in (("strict", 0.0), ("flexible", 33.3), ("creative", 100.0)):
        tracks = [listed(bpm, "8A", 0.5) for bpm in (100, 105, 115, 57.5)]  # 5 %, 9.5 %, half
        assert quality(tracks, policy).tempo == share
    for harmonic, share in (("strict", 33.3), ("flexible", 66.7), ("creative", 100.0), ("off", None)):
        tracks = [listed(120, key, 0.5) for key in ("8A", "9A", "11A", "2A")]  # neighbour, whole tone, third
        assert quality(tracks, harmonic=harmonic).harmony == share


def test_unknown_genres_share_their_weight_and_unknown_values_lower_quality() -> None:
    tracks = [listed(120, "8A", 0.5), listed(130, "8A", 0.5)]  # 8.3 %: .1 + .4 + .2
    found = quality(tracks)
    assert (found.tempo, found.harmony, found.transitions, found.genre) == (0.0, 100.0, 70.0, None)
    assert (found.energy, found.limits) == (100.0, 0.0)
    assert found.overall == pytest.approx((0.25 * 100 + 0.20 * 70 + 0.10 * 100) / 0.9, abs=0.05)
    found = quality([listed(None, None, None), listed(None, None, None)])
    assert (found.tempo, found.harmony, found.transitions, found.genre) == (0.0, None, 0.0, None)
    assert (found.energy, found.limits, found.data, found.passes) == (20.0, 0.0, 0.0, False)
    for unknown in ("bpm", "key", "energy"):
        for count in (2, 5, 20):
            tracks = good_list(count)
            for place in (0, count // 2, count - 1):
                changed = list(tracks)
                changed[place] = replace(tracks[place], mix=replace(tracks[place].mix, **{unknown: None}))
                assert overall(changed) < overall(tracks)
            nothing = [replace(track, mix=replace(track.mix, **{unknown: None})) for track in tracks]
            assert overall(nothing) < overall(tracks)


def test_missing_tags_change_no_quality_and_one_track_has_no_steps() -> None:
    untagged = [replace(track, has_names=False) for track in good_list(10)]
    found, tagged = quality(untagged), quality(good_list(10))
    assert (found.data, found.passes) == (0.0, True)
    assert found.overall == tagged.overall
    near = [replace(track, wanted_energy=0.6) for track in good_list(10)]
    far = [replace(track, wanted_energy=0.9) for track in good_list(10)]
    assert (quality(near).curve, quality(far).curve, quality(good_list(10)).curve) == (100.0, 0.0, None)
    assert quality(near).overall == quality(far).overall == quality(good_list(10)).overall
    found = quality([listed(120, "8A", 0.5)])
    assert {getattr(found, name) for name in (*PART_WEIGHTS, "overall", "curve")} == {None}
    assert (found.data, found.passes, found.weak_steps) == (100.0, True, {})
    with pytest.raises(ValueError, match="without tracks"):
        quality([])


# ---- what a fault costs --------------------------------------------------------------------------

FAULTS: dict[str, dict[str, Any]] = {
    "clash": {"key": "3B"},
    "whole tone and less energy": {"key": "6A", "energy": 0.25},
    "tempo out of policy": {"bpm": 130.0},
    "tempo and key, a poor step": {"bpm": 127.0, "key": "3B"},
    "energy": {"energy": 0.99},
    "genre": {"family": "Rock"},
    "the artist again": {"artist": True},
    "the recording again": {"audio_id": True},
}
RELAXED = {
    "clash": "harmonic", "tempo out of policy": "tempo_policy", "tempo and key, a poor step": "poor_mix",
    "energy": "energy_step", "genre": "genre", "the artist again": "artist_gap", "the recording again": "repeated",
}  # fmt: skip


def with_fault(tracks: list[ListedTrack], place: int, fault: str) -> list[ListedTrack]:
    """The list with one track changed so that it has a fault."""
    track, before = tracks[place], tracks[place - 1]
    changed: dict[str, Any] = {}
    for name, value in FAULTS[fault].items():
        if name == "family":
            changed["genre_family"] = value
        elif name in ("artist", "audio_id"):
            changed[name] = getattr(before, name)
        else:
            mix = changed.get("mix", track.mix)
            changed["mix"] = replace(mix, **{name: Key.parse(value) if name == "key" else value})
    return [*tracks[:place], replace(track, **changed), *tracks[place + 1 :]]


def overall(tracks: list[ListedTrack]) -> float:
    return quality(tracks).overall


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("count", [5, 30])
def test_quality_falls_with_each_added_fault(count: int, fault: str) -> None:
    tracks = good_list(count)
    figures = [overall(tracks)]
    for place in range(2, count, 5):
        tracks = with_fault(tracks, place, fault)
        figures.append(overall(tracks))
    assert figures == sorted(figures, reverse=True)
    assert len({*figures}) == len(figures) > 1


@pytest.mark.parametrize(("fault", "name"), RELAXED.items())
@pytest.mark.parametrize("place", [1, 4])
def test_single_fault_in_a_list_of_five_fails_and_is_reported(fault: str, name: str, place: int) -> None:
    found = quality(with_fault(good_list(5), place, fault))
    assert name in found.weak_steps
    assert found.passes is False
    assert "limits" in found.failed


def test_one_fault_of_ten_steps_passes_and_more_fail_however_good_the_rest() -> None:
    tracks = good_list(21)
    once = with_fault(tracks, 20, "clash")
    twice = with_fault(once, 10, "tempo out of policy")  # leaves the policy on both sides
    assert quality(once).passes
    assert quality(twice).failed[-1] == "limits"
    assert quality(with_fault(twice, 5, "clash")).failed[-2:] == ("harmony", "limits")
    # Every other track clashes with its neighbours, all in one tempo and energy: each step alone counts .68.
    tracks = [listed(120, ("8A", "2A")[number % 2], 0.5) for number in range(10)]
    assert tracks[0].mix.compared(tracks[1].mix).total == pytest.approx(0.68)
    assert quality(tracks).failed == ("harmony", "transitions", "limits")


@pytest.mark.parametrize("rule", ["sound", "energy_curve", "tempo_drift"])
@pytest.mark.parametrize("place", [0, 4])
def test_stored_relaxation_of_an_unmeasurable_rule_counts(rule: Rule, place: int) -> None:
    tracks = good_list(5)
    tracks[place] = replace(tracks[place], relaxed=[rule])
    found = quality(tracks)
    assert found.weak_steps == {rule: (place + 1,)}
    assert (found.limits, found.failed) == (75.0, ("limits",))


def test_stored_relaxation_of_a_measurable_rule_is_ignored() -> None:
    for rule in ("harmonic", "tempo_policy", "artist_gap", "album_gap", "genre"):
        tracks = [replace(track, relaxed=[rule]) for track in good_list(5)]
        assert quality(tracks) == quality(good_list(5))


# ---- gaps ----------------------------------------------------------------------------------------


def by(*artists: str | None) -> list[ListedTrack]:
    return [listed(120, "8A", 0.5, artist=artist, duration_s=600.0) for artist in artists]


def test_artist_repeated_within_the_gap_is_reported_in_any_case() -> None:
    cases = [
        ("abcdea", "4", ()),
        ("abcda", "4", (5,)),
        ("abcda", "3", ()),
        ("abab", "4", (3, 4)),
        ("aaaa", "4", ()),  # a list by one artist
        ("aab", "0", ()),
        ("abca", "30m", ()),
        ("abca", "31m", (4,)),
    ]
    found = [
        (artists, gap, quality(by(*artists), artist_gap=gap).weak_steps.get("artist_gap", ()))
        for artists, gap, _ in cases
    ]
    assert found == cases
    assert quality(by("Ann", " ANN feat. Cy", "Bob")).weak_steps == {"artist_gap": (2,)}
    assert quality(by(None, None, "", "", "Bob")).weak_steps == {}
    # Tracks by others, as on a sampler, are no repetition.
    names = [("a", "X"), ("A ft. b", "x "), ("b", "x"), ("a", "y")]
    tracks = [replace(track, album=album) for artist, album in names for track in by(artist)]
    assert quality(tracks, artist_gap="0").weak_steps == {}
    assert quality(tracks, artist_gap="0", album_gap="1").weak_steps == {"album_gap": (2,)}


# ---- marks and weights ---------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "tempo": 95.0, "harmony": 95.0, "transitions": 90.0, "genre": 90.0, "energy": 90.0, "limits": 95.0, "data": 90.0,
}  # fmt: skip


def test_list_passes_if_every_part_reaches_its_mark_of_80() -> None:
    for parts, failed in (
        ({}, ()),
        ({"tempo": 89.9}, ("tempo",)),
        ({"harmony": 89.9}, ("harmony",)),
        ({"transitions": 74.9}, ("transitions",)),
        ({"genre": 69.9}, ("genre",)),
        ({"energy": 69.9}, ("energy",)),
        ({"limits": 89.9}, ("limits",)),
        ({"data": 0.0}, ()),
        ({"genre": None, "harmony": None}, ()),
        ({"tempo": 90.0, "harmony": 90.0, "transitions": 75.0, "genre": 70.0, "energy": 70.0, "limits": 90.0}, ()),
        ({"tempo": 0.0, "limits": 0.0}, ("tempo", "limits")),
    ):
        found = ListQuality(**FULL | parts)
        assert (found.failed, found.passes) == (failed, not failed)
    marks = {name: ListQuality.PASS_MARKS[name] for name in PART_WEIGHTS}
    # The only parts that a list with steps may lack.
    for unknown in ((), ("genre",), ("harmony",), ("genre", "harmony")):
        found = ListQuality(**FULL | marks | dict.fromkeys(unknown))
        assert (found.failed, (found.overall or 0.0) >= 80.0) == ((), True)
    cases = [(0.6, 100.0), (0.61, 80.0), (0.7, 80.0), (0.71, 50.0), (0.8, 50.0), (0.81, 20.0)]
    found = [(energy, quality([listed(100, "8A", 0.5), listed(100, "8A", energy)]).energy) for energy, _ in cases]
    assert found == cases
