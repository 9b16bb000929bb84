"""What may be asked of a playlist."""

import pytest

from map4.core.music.lists.limits import Gap, TempoLimit
from map4.errors import UsageError
from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.playlist.request import ListRequest


def test_gaps_are_parsed_as_picks_or_time_or_refused() -> None:
    cases = [
        ("4", Gap(picks=4), 4),
        ("0", Gap(picks=0), 0),
        ("60m", Gap(seconds=3600), "60m"),
        ("2 h", Gap(seconds=7200), "120m"),
        ("90min", Gap(seconds=5400), "90m"),
    ]
    for text, gap, value in cases:
        assert Gap.read(text) == gap
        assert gap.value == value
    for text in ["", "x", "-1", "4.5", "60s", "m"]:
        with pytest.raises(UsageError, match="not a gap; write a number of tracks such as 4, or a time such as 60m"):
            Gap.read(text)
    for values in ({}, {"picks": 1, "seconds": 1.0}, {"picks": -1}, {"seconds": -1.0}):
        with pytest.raises(ValueError, match="gap"):
            Gap(**values)  # type: ignore[arg-type]


def test_invalid_requests_and_tempo_limits_are_refused() -> None:
    cases = [
        ({"n": 5, "minutes": 60.0}, "in minutes; give one"),
        ({"as_mix": True}, "--as-mix has no effect without --minutes"),
        ({"n": 0}, "1 to 10000 tracks, not 0"),
        ({"minutes": -5.0}, "minutes, not -5"),
        ({"harmonic": "loose"}, "no harmonic rule 'loose'; there are strict"),
        ({"max_candidates": 0}, "at least one candidate"),
        ({"vary": -1}, "vary must be 0 or more"),
    ]
    for values, match in cases:
        with pytest.raises(UsageError, match=match):
            ListRequest(**values).settled()
    limits = TempoLimit.of(), TempoLimit.of("strict"), TempoLimit.of("strict", 1.5)
    assert [limit.percent for limit in limits] == [6, 3, 1.5]
    assert [TempoLimit.of(name).folds for name in ("strict", "flexible", "creative")] == [False, False, True]
    for percent in (0.0, -1.0, 101.0, float("nan")):
        with pytest.raises(ValueError, match="0-100 percent"):
            TempoLimit.of("strict", percent)


def test_request_record_contains_all_options() -> None:
    asked = ListRequest(
        minutes=90,
        policy="strict",
        tolerance=0.02,
        curve=parse_curve("wave"),
        artist_gap=Gap.read("60m"),
        preferred="rating:4..",
    )
    assert asked.settled().to_record() == {
        "n": None,
        "minutes": 90,
        "as_mix": False,
        "policy": "strict",
        "tempo_limit_percent": 2.0,
        "harmonic": "flexible",
        "curve": "wave",
        "absolute_energy": False,
        "artist_gap": "60m",
        "album_gap": 0,
        "min_sound": None,
        "max_candidates": 1000,
        "with_seed": True,
        "relax": None,
        "held": ["tempo_policy", "artist_gap"],
        "vary": 0,
        "plan": False,
        "query": "",
        "prefer": "rating:4..",
        "avoid": None,
    }
