"""Planned sets: one clock, the kind of each joint, speeds and levels. No audio is read."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from mixable_tracks import PLAN, mixable_track, without_beats

from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.base.text import clock
from map4.core.music.analysis.analysis import Loudness
from map4.core.music.analysis.audio import AudioFormat, DualMono
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.list_mixes import planning
from map4.extras.list_mixes.files import liquidsoap_script
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.planning import plan_set
from map4.extras.list_mixes.records import LeftOutTrack, ListMix
from map4.lists.step_plans import mix_length_s

FORM = ((0, "intro"), (8, "drop"), (48, "outro"))


def track(name: str, bpm: float = 120.0, *, lufs: float = -10.0, peak: float = 0.0, **made: Any) -> Track:
    found = mixable_track(name, bpm, **{"phrases": FORM, **made})
    assert found.analysis is not None
    loudness = Loudness(integrated_lufs=lufs, true_peak_dbtp=peak)
    return replace(found, analysis=replace(found.analysis, loudness=loudness))


def planned(*tracks: Track | tuple[Track, ListedPick], **options: Any) -> ListMix:
    placed = [track if isinstance(track, tuple) else (track, ListedPick()) for track in tracks]
    return plan_set(placed, ListMixOptions(**options), name="Friday", left_out=())


def test_sweeper_is_cut_in_and_out() -> None:
    made = planned(track("a"), (track("b"), ListedPick(sweeper=True)), track("c"), track("d"))
    assert [joint.kind for joint in made.joints] == ["cut", "cut", "beats"]


def test_tracks_overlap_on_one_clock_as_long_as_estimated() -> None:
    made = planned(track("a", 120.0), track("b", 124.0), track("c", 122.0))
    a, b, c = made.tracks
    assert [joint.kind for joint in made.joints] == ["beats", "beats"]
    for before, after, joint in zip((a, b), (b, c), made.joints, strict=True):
        assert after.start_s == joint.at_s
        assert before.end_s == pytest.approx(joint.at_s + joint.lasts_s)
        assert joint.at_s < joint.swap_at_s <= joint.at_s + joint.lasts_s + 1e-9
    assert (made.lasts_s, c.until_s) == (c.end_s, pytest.approx(0.25 + 256 * 60 / 122))
    assert [step.speed for step in a.speeds] == [1.0]
    speeds = [step.speed for step in b.speeds]
    assert speeds[0] == pytest.approx(120 / 124, abs=1e-4)
    assert speeds[-1] == 1.0
    assert max(after - before for before, after in pairwise(speeds)) < 0.003
    for before, after in pairwise(b.speeds):  # the two clocks agree
        assert after.from_s - before.from_s == pytest.approx((after.at_s - before.at_s) * before.speed)
    assert made.joints[1].plan is not None
    assert c.start_s == pytest.approx(b.speeds[-1].at_s + made.joints[1].plan.leave.at_s - b.speeds[-1].from_s)
    tracks = [track("a"), track("b", 124.0), without_beats(track("c")), track("d", 122.0), track("e", 150.0)]
    made = planned(*tracks)
    assert made.lasts_s < made.tracks_s - 30.0
    assert mix_length_s(tracks) == pytest.approx(made.lasts_s, abs=5.0)
    overlaps_s = sum(joint.lasts_s for joint in made.joints)
    assert f"the tracks are {clock(made.tracks_s)} long: {clock(overlaps_s)} overlap" in made.length_text


def test_tracks_without_alignable_beats_fade_with_a_reason() -> None:
    for b, why in (
        (without_beats(track("b")), "has no beats"),
        (track("b", 134.0), "120.0 and 134.0 BPM are too far apart"),
        (track("b", 120.0, metre=3), "4 and 3 beats per bar"),
        (track("b", 120.0, sure=0.3), "the beats are uncertain"),
    ):
        made = planned(track("a"), b)
        [joint] = made.joints
        assert (joint.kind, joint.lasts_s, joint.swap_at_s, joint.plan) == ("fade", pytest.approx(6.0), None, None)
        assert why in joint.why
        assert made.tracks[1].from_s == 0.25  # where its sound begins
        assert made.tracks[0].until_s == 128.25  # where its sound ends


def sung(monkeypatch: pytest.MonkeyPatch, both_s: Any) -> None:
    """two_voices: as a hook, of any pair of tracks"""
    monkeypatch.setattr(planning.hookspecs, "two_voices", lambda a, b: iter([both_s]))


def test_fade_with_two_voices_is_shorter_and_unknown_voices_object_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for sung_until_s, lasts_s in ((122.0, 6.0), (126.0, 3.0), (126.7, 1.5)):
        sung(monkeypatch, lambda leave_s, *_, until_s=sung_until_s: max(0.0, until_s - leave_s))
        [joint] = planned(track("a"), without_beats(track("b"))).joints
        assert (joint.lasts_s, "sung" in joint.why) == (pytest.approx(lasts_s), False)
    monkeypatch.setattr(planning.hookspecs, "two_voices", lambda a, b: iter([None]))
    for other, why in ((track("b", 134.0), "too far apart"), (track("b", sure=0.3), "the beats are uncertain")):
        [joint] = planned(track("a"), other).joints
        assert (joint.kind, joint.lasts_s, why in joint.why) == ("fade", pytest.approx(6.0), True)


def test_tracks_sung_throughout_fade_in_full_from_a_phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    sung(monkeypatch, lambda leave_s, until_s, *_: until_s - leave_s)
    [joint] = planned(track("a"), without_beats(track("b"))).joints
    assert (joint.kind, joint.lasts_s) == ("fade", pytest.approx(8.0))
    assert joint.why.endswith("; both are sung throughout")
    [joint] = planned(track("a", phrases=((0, "intro"), (8, "drop"), (59, "outro"))), without_beats(track("b"))).joints
    assert (joint.at_s, joint.lasts_s) == (pytest.approx(118.0), pytest.approx(10.0))  # bar 59 begins there
    short = without_beats(track("b", beats=32, phrases=()))
    [joint] = planned(track("a"), short).joints
    assert joint.lasts_s == pytest.approx(16.0 / 3)  # a third of it
    [joint] = planned(track("a"), without_beats(track("b")), joint="cut").joints
    assert (joint.lasts_s, joint.why) == (pytest.approx(0.01), "requested")


def test_set_options_choose_the_kind_and_length_of_joints() -> None:
    tracks = [track("a"), track("b"), track("c")]
    assert {joint.kind for joint in planned(*tracks, joint="fade").joints} == {"fade"}
    cut = planned(*tracks, joint="cut")
    assert [joint.lasts_s for joint in cut.joints] == [pytest.approx(0.01)] * 2
    for bars in (2, 4, 8):
        plans = [joint.plan for joint in planned(*tracks, joint=f"{bars}bars").joints]
        assert [plan and plan.bars for plan in plans] == [bars, bars]
    with pytest.raises(UsageError, match="'3bars' is no kind of joint"):
        planned(*tracks, joint="3bars")


def test_joints_of_the_list_are_used_if_they_fit() -> None:
    plan = replace(
        PLAN,
        leave=replace(PLAN.leave, at_s=80.25, until_s=96.25),
        enter=replace(PLAN.enter, at_s=16.25, until_s=32.25),
        bass_swap_at_s=88.25, speed=1.0,
    )  # fmt: skip
    a, b = track("a"), track("b")
    [joint] = planned(a, (b, ListedPick(plan=plan))).joints
    assert (joint.at_s, joint.lasts_s, joint.swap_at_s) == (80.0, 16.0, 88.0)
    assert joint.why == "planned in the list"
    [joint] = planned(a, (b, ListedPick(plan=replace(plan, kind="fade")))).joints
    assert (joint.kind, joint.lasts_s, joint.swap_at_s) == ("fade", 16.0, None)
    [joint] = planned(a, (b, ListedPick(plan=replace(plan, kind="cut")))).joints
    assert joint.kind == "cut"
    for other, kind in ((PLAN, "auto"), (plan, "4bars")):  # PLAN leaves A after its end
        [joint] = planned(a, (b, ListedPick(plan=other)), joint=kind).joints
        assert joint.why != "planned in the list"


def test_set_can_have_a_single_tempo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: True)
    made = planned(track("a", 85.0), track("b", 120.0), without_beats(track("c")), tempo=170)
    assert [[step.speed for step in track.speeds] for track in made.tracks] == [[1.0], [pytest.approx(85 / 120)], [1.0]]
    assert made.tracks[1].notes == ("plays 29 % slower",)
    assert made.tracks[2].notes == ("plays at its own tempo: it has no beats",)
    assert [joint.kind for joint in made.joints] == ["beats", "fade"]
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: False)
    with pytest.raises(UsageError, match="needs a time stretch"):
        planned(track("a"), tempo=170)


def test_set_can_follow_a_tempo_curve_or_that_of_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: True)
    tracks = [track(name, bpm) for name, bpm in (("a", 118.0), ("b", 121.0), ("c", 61.0), ("d", 125.0))]
    made = planned(*tracks, tempo_curve="0:115,8:125")
    for played, own in zip(made.tracks, (118.0, 121.0, 122.0, 125.0), strict=True):
        wanted = 115 + (played.start_s + played.end_s) / 2 / 60 / 8 * 10
        assert own * played.speeds[-1].speed == pytest.approx(wanted, rel=0.01)
    options = ListMixOptions(tempo_curve="list")
    assert options.of_list(ListHeader(options={"tempo_curve": "0:115,8:125"})).tempo_curve == "0:115,8:125"
    with pytest.raises(UsageError, match="made without a tempo curve"):
        options.of_list(ListHeader())
    with pytest.raises(UsageError, match="can't be used together"):
        planned(track("a"), tempo=120, tempo_curve="0:120")
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: False)
    with pytest.raises(UsageError, match="--tempo-curve needs a time stretch"):
        planned(track("a"), tempo_curve="0:120")


def test_plan_can_start_on_the_clock_or_at_a_place_and_stop() -> None:
    mix = planned(track("a"), track("b"), starts="2026-12-24T23:59:30")
    assert (mix.starts_at or "")[:19] == "2026-12-24T23:59:30"
    assert [mix.rows()[0]["start"], mix.clock(45.0)] == ["23:59:30", "00:00:15"]
    assert planned(track("a"), track("b")).clock(45.0) == "0:45"
    tracks = [track(name) for name in "abcd"]
    made = planned(*tracks, start=3)
    assert [(track.position, track.path) for track in made.tracks] == [(1, "/music/c"), (2, "/music/d")]
    made = planned(*tracks, minutes=3)
    assert (made.lasts_s, made.fade_out_s, len(made.tracks)) == (180.0, 8.0, 2)
    assert made.tracks[-1].end_s == pytest.approx(180.0)
    short = planned(track("a"), minutes=3)
    assert (short.lasts_s, short.fade_out_s) == (128.0, 0.0)
    with pytest.raises(UsageError, match="only 4 tracks"):
        planned(*tracks, start=5)
    with pytest.raises(NothingFoundError):
        planned()


def test_level_of_a_set_avoids_clipping_of_mono_and_stretched_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for lufs, peaks, expected, lower in (
        ((-9.0, -8.0), (0.5, 0.0), -14.0, 0.0),  # loud: the limit
        ((-18.0, -9.0), (-1.0, 0.0), -18.94, 0.0),  # the joint: 17.4 and 9.4 dB above, encoded
        ((-30.0, -9.0), (-1.0, 0.0), -23.0, 7.4),  # peaks 29 dB above its loudness
    ):
        tracks = [track(f"{loudness}", lufs=loudness, peak=peak) for loudness, peak in zip(lufs, peaks, strict=True)]
        made = planned(*tracks)
        assert made.level_lufs == pytest.approx(expected, abs=0.15)
        gains = [track.gain_db for track in made.tracks]
        assert gains[1] == pytest.approx(made.level_lufs - lufs[1])
        assert gains[0] == pytest.approx(made.level_lufs - lufs[0] - lower)
        assert all(gain + peak <= -1.0 + 1e-6 for gain, peak in zip(gains, peaks, strict=True))
        assert bool(made.tracks[0].notes) == bool(lower)
    form = AudioFormat(codec="pcm", sample_rate_hz=44_100, channels=1, bits=16, payload_bytes=1)
    single = replace(track("a", lufs=-20.0, peak=-6.0), format=form)
    dual = replace(track("a", lufs=-20.0 + DualMono.LU, peak=-6.0), format=form, mono="dual")
    assert planned(dual).tracks[0].gain_db == pytest.approx(planned(single).tracks[0].gain_db)
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: True)
    tracks = [track("a", 120.0, lufs=-14.0), track("b", 124.0, lufs=-14.0)]
    assert planned(*tracks).level_lufs == planned(*tracks, joint="fade").level_lufs - 1.0
    assert planned(track("a", lufs=-9.0), track("b", 124.0, lufs=-9.0)).level_lufs == pytest.approx(-15.1)


def test_plan_is_written_as_json_and_for_liquidsoap() -> None:
    untagged = track("03_Daft_Punk_-_One_More_Time.mp3")
    untagged = replace(untagged, tags=replace(untagged.tags, artist=None, title=None))
    made = replace(planned(track('a "x"'), untagged), left_out=(LeftOutTrack(name="c", path=None, why="gone"),))
    document = made.document()
    assert document["schema"] == "map4/list-mix/1"
    assert (document["joints"][0]["from"], document["joints"][0]["to"]) == (1, 2)
    assert document["joints"][0]["plan"]["bars"] == 8
    script = liquidsoap_script(made)
    assert (script.count("annotate:"), script.count("artist=")) == (2, 1)
    assert "%ifversion < 2.2\nmixed = cue_cut(mixed)" in script  # newer versions obey cue points by themselves
    assert 'liq_cue_in=\\"0.250\\"' in script
    assert 'title=\\"a \\\\\\"x\\\\\\"\\"' in script
    assert 'title=\\"Daft Punk - One More Time\\"' in script
