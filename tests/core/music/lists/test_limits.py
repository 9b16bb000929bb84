"""Limits, tempo curves and times of lists."""

from dataclasses import replace

import pytest
from made_tracks import made_track
from mixable_tracks import PLAN

from map4.core.base.text import clock
from map4.core.music.lists.limits import Gap, ListLimits, TempoLimit
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.lists.tracklist import Tracklist, length_s, start_times, stays, tempo_lines, tempo_misses
from map4.core.music.mixing.harmony import TEMPO_POLICIES
from map4.core.music.mixing.mix_plan import MixPlace
from map4.errors import UsageError
from map4.lists.playlist.request import ListRequest


def test_policies_limit_tempo_changes_and_own_limits_replace_them() -> None:
    for policy, least_bpm, most_bpm in (("strict", 97.1, 103), ("flexible", 94.4, 106), ("creative", 91, 110)):
        assert TempoLimit.of(policy).allows(100, most_bpm)
        assert not TempoLimit.of(policy).allows(100, most_bpm + 0.1)
        assert TempoLimit.of(policy).allows(100, least_bpm)
        assert not TempoLimit.of(policy).allows(100, least_bpm - 0.1)
    # 1.03 * 123.4 is a hair more than 3 % above in binary.
    assert all(TempoLimit.of("strict").allows(bpm / 10, bpm / 10 * 1.03) for bpm in range(300, 3000))
    assert [policy for policy in TEMPO_POLICIES if TempoLimit.of(policy).allows(87, 174)] == ["creative"]
    assert TempoLimit.of("strict", 5.0).allows(100, 105)
    assert not TempoLimit.of("creative", 5.0).allows(100, 106)
    assert TempoLimit.of("creative", 5.0).allows(100, 50)


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


def test_curve_is_linear_between_points_and_missed_tenths_are_named() -> None:
    curve = TempoCurve.parse(" 5:100, 65.5:130.5 ")
    assert curve.text == "5:100,65.5:130.5"
    assert TempoCurve.parse(curve.text) == curve == TempoCurve.of_options({"tempo_curve": curve.text})
    assert [curve.at(60 * minute) for minute in (0, 5, 35.25, 65.5, 200)] == [100, 100, 115.25, 130.5, 130.5]
    assert _misses("0:100,20:120", 102, 106, 110, 114, 118) == ()
    assert _misses("0:100,20:120", 102, 106, 120, 114, None) == (
        "9:00: 109.0 BPM wanted, track 3 has 120.0: track 2 has it",
        "11:00: 111.0 BPM wanted, track 3 has 120.0: track 4 has it",
        "17:00: 117.0 BPM wanted, track 5 has unknown: track 3 has it",
        "19:00: 119.0 BPM wanted, track 5 has unknown: track 3 has it",
    )
    # The tenths' middles are met, but not where the list begins, nor where its first track and its last end.
    assert _misses("0:100,4:108,20:108", 104, 108, 108, 108, 108) == (
        "0:00: 100.0 BPM wanted, track 1 has 104.0: the curve moves on meanwhile",
        "4:00: 108.0 BPM wanted, track 1 has 104.0: the curve moves on meanwhile",
    )
    assert _misses("0:100,20:120", 102, 106, 110, 114, 116.3) == (
        "20:00: 120.0 BPM wanted, track 5 has 116.3: the curve moves on meanwhile",
    )
    assert tempo_lines(("where", "where")) == ["within 3 % of the tempo curve in 8 of 10 tenths", "where"]
    assert _misses("0:100,20:200", 110, 130, 150, 170, 190)[0].endswith("the curve moves on meanwhile")
    assert len(_misses("0:100,20:120", 51, 53, 110, 228, 118)) == 6
    assert _misses("0:100,20:120", 51, 53, 110, 228, 118, policy="creative") == ()
    assert _misses("0:140", 102)[0] == "0:12: 140.0 BPM wanted, track 1 has 102.0: no track of the list has it"
    assert tempo_misses(ListHeader(), (), ()) is None


@pytest.mark.parametrize(
    "text", ["", "100", "0:20", "0:331", "0:100,0:120", "9:100,5:90", "0:100,60", "0:nan", "-1:100"]
)
def test_texts_that_are_no_tempo_curve_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="tempo curve"):
        TempoCurve.parse(text)
    assert TempoCurve.of_options({"tempo_curve": text}) is None
    assert TempoCurve.of_options({}) is None


def _misses(curve: str, *tempi: float | None, policy: str = "flexible") -> tuple[str, ...]:
    """The misses of a list of tracks of four minutes."""
    made = [made_track(f"{place}.mp3", bpm) for place, bpm in enumerate(tempi)]
    tracks = [replace(track, analysis=track.analysis and replace(track.analysis, duration_s=240.0)) for track in made]
    header = ListHeader(options={"tempo_curve": curve, "policy": policy})
    misses = tempo_misses(header, tracks, [ListedPick()] * len(tracks))
    assert misses is not None
    return misses


TRACKS = [made_track(f"{number}.mp3", 120.0) for number in range(3)]  # 184 s each

NO_PLAN = ListedPick()


def planned(leave_s: float, enter_s: float, lasts_s: float = 16.0, speed: float = 1.0) -> ListedPick:
    plan = replace(
        PLAN,
        leave=MixPlace(at_s=leave_s, until_s=leave_s + lasts_s, beat=1, bar=1, why="outro"),
        enter=MixPlace(at_s=enter_s, until_s=enter_s + lasts_s * speed, beat=1, bar=1, why="intro"),
    )
    return ListedPick(plan=plan)


def test_start_times_follow_lengths_mixes_and_speeds() -> None:
    assert list(start_times(TRACKS)) == [0.0, 184.0, 368.0]
    assert list(start_times(TRACKS, [NO_PLAN] * 3)) == [0.0, 184.0, 368.0]
    unknown = replace(TRACKS[1], analysis=None, state="pending")
    tracks = [TRACKS[0], unknown, TRACKS[2]]
    assert list(start_times(tracks)) == [0.0, 184.0, None]
    assert list(start_times(tracks, [NO_PLAN, NO_PLAN, planned(100.0, 0.0)])) == [0.0, 184.0, 284.0]
    assert TRACKS[0].analysis is not None
    long = replace(TRACKS[0], analysis=replace(TRACKS[0].analysis, duration_s=1957.46))
    listed = Tracklist(tracks=[long])
    assert clock(length_s([long])) == clock(round(length_s([long]), 1)) == "32:38"
    assert str(listed).splitlines()[-1] == "1 track, 32:38"
    found = [*stays(TRACKS, [NO_PLAN, planned(150.0, 10.0), NO_PLAN])]
    assert [(stay.from_s, stay.until_s, stay.lasts_s) for stay in found] == [
        (0.0, 150.0, 150.0),
        (10.0, 184.0, 174.0),
        (0.0, 184.0, 184.0),
    ]
    found = [*stays(TRACKS, [NO_PLAN, planned(150.0, 10.0, speed=1.05), planned(120.0, 0.0)])]
    # 16.8 s of the second track sound within 16 s.
    assert found[1].lasts_s == pytest.approx(110.0 - 0.8)
    assert [*start_times(TRACKS, [NO_PLAN, planned(150.0, 10.0, speed=1.05), planned(120.0, 0.0)])] == pytest.approx(
        [0.0, 150.0, 150.0 + 109.2]
    )
