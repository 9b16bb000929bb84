"""When the tracks of a list are heard."""

from dataclasses import replace

import pytest
from made_tracks import made_track
from mixable_tracks import PLAN

from map4.core.base.text import clock
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist, length_s, start_times, stays
from map4.core.music.mixing.mix_plan import MixPlace

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
