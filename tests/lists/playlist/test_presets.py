"""Presets, and options from plain values."""

import pytest

from map4.core.music.lists.limits import Gap, ListLimits, TempoLimit
from map4.errors import UsageError
from map4.lists.playlist.energy_curve import CURVES
from map4.lists.playlist.request import ListRequest, Preset, find_preset, read_presets, shipped_presets


def test_presets_have_a_length_and_options_become_a_request() -> None:
    cases = ["warm_up", "peak_time", "closing", "dj_set", "radio", "workout", "dinner"]
    for name in cases:
        preset = find_preset(name, shipped_presets())
        assert ListRequest(preset=preset).settled().minutes is not None
        assert preset.help
    preset = find_preset("Peak-Time", shipped_presets())
    request = ListRequest(n=30, policy="creative", harmonic=None, preset=preset).settled()
    assert (request.n, request.minutes) == (30, None)  # one length takes the place of the other
    assert request.limits.tempo.policy == "creative"
    assert request.limits.harmonic == "strict"
    assert request.wanted_energy == CURVES["peak_time"]
    asked = ListRequest(minutes=30, tolerance=0.02, artist_gap="60m", album_gap=2, curve=CURVES["wave"])
    request = asked.settled()
    assert (request.n, request.minutes, request.limits.tempo.percent) == (None, 30.0, 2.0)
    assert request.artist_gap == Gap(seconds=3600)
    assert request.album_gap == Gap(picks=2)
    assert ListRequest(artist_gap=Gap(picks=1)).settled().artist_gap == Gap(picks=1)
    assert ListRequest().settled().n == 20


def test_own_presets_are_read_and_invalid_ones_refused() -> None:
    cases = [
        ({"curv": "wave"}, "no option 'curv'; did you mean curve"),
        ({"policy": "loose"}, "no tempo policy 'loose'; there are strict"),
        ({"tolerance": 2}, r"a share from 0.001 to 0.5 \(.02 is 2 %\)"),
        ({"n": "ten"}, "'ten' is no whole number"),
        ({"n": True}, "True is no whole number"),
        ({"minutes": "x"}, "'x' is no number"),
        ({"relax": "no"}, "'no' is neither true nor false"),
        ({"min_sound": 2}, "a least similarity of sound is from -1 to 1, not 2"),
    ]
    for values, match in cases:
        with pytest.raises(UsageError, match=match):
            ListRequest(preset=Preset(name="own", help="", options=values)).settled()
    presets = read_presets({"Late Night": {"curve": "closing", "help": "for the end"}, "x-y": {"n": 5}})
    assert find_preset("x_y", presets).options == {"n": 5}
    assert presets["late night"].help == "for the end"
    for content, match in (
        ({"late": 5}, "playlist preset 'late' must be a table"),
        ({"late": {"curve": "up"}}, "playlist preset 'late': there is no energy curve 'up'"),
        ({"late": {"n": 5, "minutes": 5}}, "playlist preset 'late': .*give one"),
    ):
        with pytest.raises(UsageError, match=match):
            read_presets(content)
    with pytest.raises(UsageError, match="no preset 'party'; there are warm_up, peak_time"):
        find_preset("party", shipped_presets())


def test_given_limits_are_held_and_limits_of_presets_may_be_loosened() -> None:
    cases = [
        ({"harmonic": "strict"}, ("harmonic",)),
        ({"policy": "strict", "tolerance": 0.02}, ("tempo_policy",)),
        ({"artist_gap": 3, "album_gap": "30m", "min_sound": 0.2}, ("artist_gap", "album_gap", "sound")),
        ({"harmonic": "strict", "relax": True}, ()),
        ({"n": 5, "curve": "wave"}, ()),
    ]
    assert [(wishes, ListRequest(**wishes).settled().held) for wishes, _ in cases] == cases
    presets = read_presets({"late": {"harmonic": "strict", "tolerance": 0.03}})
    usual = ListLimits(tempo=TempoLimit.of("strict", 1.0), album_gap=Gap(picks=2))
    request = ListRequest(artist_gap=3, preset=presets["late"]).settled(usual)
    limits = request.limits
    assert (limits.harmonic, limits.tempo, request.held) == ("strict", TempoLimit.of("strict", 3.0), ("artist_gap",))
    assert limits.album_gap == Gap(picks=2)
    assert not request.holds("harmonic")
    assert ListRequest(preset=presets["late"], relax=False).settled().holds("harmonic")
