"""The limits that a list is judged by: how far its tempo may go, and how they are read from a list."""

from map4.core.music.lists.limits import Gap, ListLimits, tempo_limit
from map4.core.music.mixing.harmony import TEMPO_POLICIES
from map4.lists.playlist.request import ListRequest


def test_policies_limit_tempo_changes_and_own_limits_replace_them() -> None:
    for policy, least_bpm, most_bpm in (("strict", 97.1, 103), ("flexible", 94.4, 106), ("creative", 91, 110)):
        assert tempo_limit(policy).allows(100, most_bpm)
        assert not tempo_limit(policy).allows(100, most_bpm + 0.1)
        assert tempo_limit(policy).allows(100, least_bpm)
        assert not tempo_limit(policy).allows(100, least_bpm - 0.1)
    # 1.03 * 123.4 is a hair more than 3 % above in binary.
    assert all(tempo_limit("strict").allows(bpm / 10, bpm / 10 * 1.03) for bpm in range(300, 3000))
    assert [policy for policy in TEMPO_POLICIES if tempo_limit(policy).allows(87, 174)] == ["creative"]
    assert tempo_limit("strict", 5.0).allows(100, 105)
    assert not tempo_limit("creative", 5.0).allows(100, 106)
    assert tempo_limit("creative", 5.0).allows(100, 50)


# ---- read from a list ----------------------------------------------------------------------------


def test_valid_limits_of_a_stored_list_are_its_next_defaults() -> None:
    for wishes in (
        {},
        {"policy": "creative", "harmonic": "off", "artist_gap": "60m", "album_gap": 3},
        {"policy": "strict", "tolerance": 0.045, "harmonic": "creative", "artist_gap": 0},
    ):
        request = ListRequest(**wishes).settled()
        limits = ListLimits.of_record(request.to_record())
        assert limits == request.limits
        assert ListLimits.of_record(limits.limits_record()) == limits
        assert ListRequest().settled(limits).limits == request.limits
    cases = [
        None, 5, [], {}, {"policy": "wild", "harmonic": 3, "artist_gap": None, "album_gap": []},
        {"tempo_limit_percent": True, "artist_gap": True}, {"tempo_limit_percent": float("nan"), "artist_gap": "soon"},
        {"tempo_limit_percent": 900.0, "artist_gap": -4}, {"tempo_limit_percent": "6"},
    ]  # fmt: skip
    for options in cases:
        found = ListLimits.of_record(options)
        assert found == ListLimits()
        assert (found.tempo.percent, found.harmonic, found.artist_gap) == (6.0, "flexible", Gap(picks=4))
