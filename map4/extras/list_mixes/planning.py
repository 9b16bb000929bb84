"""Plan a set: where each track begins on one clock, at which speeds it plays, and how it is joined to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby, pairwise

from map4.core.audio.mixdown.mixdown import CrossFade
from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.base.text import bpm_text
from map4.core.music.album import AlbumLevel
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import PlacedPick
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.records import JointKind, LeftOutTrack, ListMix, SetJoint, SetTrack, SpeedStep
from map4.library import hookspecs
from map4.transitions import MixPair, MixSide, Segues
from map4.version import Packages

LOUDEST_LUFS, QUIETEST_LUFS = -14.0, -23.0  # what streaming services play at, and the level of broadcasts (EBU R 128)
PEAK_DBTP = -1.0  # EBU R 128 and streaming services leave this to decoders of lossy formats

CODED_DB = 0.4  # the most by which MP3 of 192 and 256 and Opus of 128 kbit/s raised the true peaks of 24 tracks
STRETCHED_DB, LIMITED_DB = 2.3, 13.7
"""The time stretch raised the true peaks of 121 tracks by at most 2.3 dB, or, where a limiter had lowered them, to at
most 13.7 dB above the loudness."""
TOGETHER_DB = 1.0  # peaks of 138 joints with a stretched track were at most this far above what the two files have


def level_of(set_tracks: Sequence[SetTrack], tracks: Sequence[Track], joints: Sequence[SetJoint]) -> float:
    """The highest loudness at which every track keeps `PEAK_DBTP`, and joints even if both tracks peak at once.

    While two tracks fade by equal power, their peaks add up to at most the root of the sum of their squares.
    """
    plain = [_peak_above(track) for track in tracks]
    stretched = [_is_stretched(set_track) for set_track in set_tracks]
    highest = [LOUDEST_LUFS]
    for above, is_stretched in zip(plain, stretched, strict=True):
        if above is not None:
            highest.append(PEAK_DBTP - _raised(above, is_stretched=is_stretched))
    for joint in joints:
        both = [above for above in plain[joint.of - 1 : joint.of + 1] if above is not None]
        if joint.kind not in ("cut", "segue") and both:
            room_db = CODED_DB + (TOGETHER_DB if any(stretched[joint.of - 1 : joint.of + 1]) else 0.0)
            highest.append(PEAK_DBTP - room_db - 10.0 * math.log10(sum(10.0 ** (peak / 10.0) for peak in both)))
    return max(QUIETEST_LUFS, min(highest))


def level_track(set_track: SetTrack, track: Track, level_lufs: float) -> SetTrack:
    """The track with its gain; a track whose peaks do not fit is played lower, and says so."""
    if (loudness_lufs := _loudness(track)) is None:
        return set_track
    gain_db = level_lufs - loudness_lufs
    above_db = _peak_above(track)
    if above_db is None:
        return replace(set_track, gain_db=gain_db)
    peak_db = level_lufs + _raised(above_db, is_stretched=_is_stretched(set_track))
    if peak_db <= PEAK_DBTP + 1e-9:
        return replace(set_track, gain_db=gain_db)
    lower_db = peak_db - PEAK_DBTP
    note = f"plays {lower_db:.1f} dB lower than the others, so that its peaks fit"
    return replace(set_track, gain_db=gain_db - lower_db, notes=(*set_track.notes, note))


def _is_stretched(set_track: SetTrack) -> bool:
    """Whether a track plays at another speed, by a time stretch."""
    return TimeStretch.can_keep_pitch() and any(
        abs(step.speed - 1.0) > TimeStretch.SAME_SPEED for step in set_track.speeds
    )


def _raised(above_db: float, *, is_stretched: bool) -> float:
    """The true peak of a track as a listener gets it, relative to the loudness, in dB."""
    return CODED_DB + (max(above_db + STRETCHED_DB, LIMITED_DB) if is_stretched else above_db)


def _peak_above(track: Track) -> float | None:
    """The true peak of the file relative to the loudness, in dB."""
    peak_dbtp = None if track.analysis is None else track.analysis.loudness.true_peak_dbtp
    loudness_lufs = _loudness(track)
    return None if peak_dbtp is None or loudness_lufs is None else peak_dbtp - loudness_lufs


def _loudness(track: Track) -> float | None:
    """The loudness of a file as a set plays it: sets lower mono files in both channels, so always as measured."""
    lufs = None if track.analysis is None else track.analysis.loudness.integrated_lufs
    return None if lufs is None else lufs - track.dual_mono_lu()


FADE_S = 6.0  # a plain fade: long enough to sound like a fade, short enough that two rhythms do not fight
MOST_VOICES_S, LEAST_FADE_S = 1.0, 1.5
"""A fade in which two voices are heard for longer is halved, but not below 1.5 s, which sounds like a cut."""
SUNG_SHARE, SUNG_FADE_S = 0.75, 8.0
"""With a larger share of two voices, both tracks are sung throughout: a shorter fade would only sound like a cut."""
MOST_SHARE = 1 / 3  # a fade covers at most this share of a track
CLOSING_S = 8.0  # fade at the end of a set of a given length
LEAST_LAST_S = 30.0  # a track that would play less than this before the end of the set is left out
LEAST_SURE = 0.5  # below this probability that the beats of both tracks are right, they fade
GLIDE_BARS, LEAST_GLIDE_BARS = 16, 4
"""After a mix, a track returns to its own tempo within this many bars, a step each bar; 1/4 % a bar at a change of 4 %
is below the least change of tempo that listeners notice (about 2 %, Thomas, J. Exp. Psychol. HPP 2007)."""
BEFORE_BEAT_S = 0.03  # a speed changes this long before a bar, where no drum is hit
SAME = 1e-4
_BEATS_A_BAR = 4


@dataclass(slots=True, kw_only=True)
class _Part:
    """A track while the set is planned.

    own: its speed outside of joints
    from_s, entered_s: in the track: where it begins, and where the overlap with the previous track ends
    speed: in that overlap
    until_s, leave_s: in the track: where it ends, and where the next track begins
    """

    track: Track
    side: MixSide | NoPlan
    own: float
    from_s: float
    out_s: float
    start_s: float = 0.0
    entered_s: float = 0.0
    speed: float = 1.0
    leave_s: float = math.inf
    until_s: float = math.inf
    steps: list[tuple[float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def glide(self, to_s: float) -> float:
        """Plan the speeds up to a position in the track; returns the speed there."""
        self.steps = [(self.from_s, self.speed)]
        if abs(self.speed - self.own) > SAME and isinstance(self.side, MixSide):
            bar_s = (self.side.metre or _BEATS_A_BAR) * 60.0 / self.side.bpm
            bars = min(GLIDE_BARS, math.floor((to_s - self.entered_s) / bar_s) - 1)
            for bar in range(1, bars + 1) if bars >= LEAST_GLIDE_BARS else ():
                speed = self.speed + (self.own - self.speed) * bar / bars
                self.steps.append((self.entered_s + bar * bar_s - BEFORE_BEAT_S, speed))
        return self.steps[-1][1]

    def _speed_at(self, place: int, at_s: float) -> tuple[float, float, float]:
        """The position (0) and the moment (1) at which the speed at such a place begins, and the speed."""
        begun, moment_s = list[tuple[float, float, float]](), self.start_s
        for (from_s, speed), (end_s, _) in zip(self.steps, [*self.steps[1:], (math.inf, 0.0)], strict=True):
            begun.append((from_s, moment_s, speed))
            moment_s += (end_s - from_s) / speed
        return next((each for each in reversed(begun) if each[place] < at_s), begun[0])

    def at(self, position_s: float) -> float:
        """The moment in the set at which a position of the track plays."""
        from_s, moment_s, speed = self._speed_at(0, position_s)
        return moment_s + (position_s - from_s) / speed

    def position(self, at_s: float) -> float:
        """The position of the track that plays at a moment in the set."""
        from_s, moment_s, speed = self._speed_at(1, at_s)
        return from_s + (at_s - moment_s) * speed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    """How two tracks meet.

    leave, enter: start and end of the overlap in each
    plan: of kind "beats"
    """

    kind: JointKind
    leave: tuple[float, float]
    enter: tuple[float, float]
    speed: float
    why: str
    plan: MixPlan | None = None


def plan_set(
    placed: Sequence[PlacedPick], options: ListMixOptions, *, name: str | None, left_out: Sequence[LeftOutTrack]
) -> ListMix:
    """Plan a set of analysed tracks, with their beats loaded."""
    if options.tempo is not None and options.tempo_curve is not None:
        raise UsageError("--tempo and --tempo-curve can't be used together; choose one")
    if options.tempo_at(0.0) is not None and not TimeStretch.can_keep_pitch():
        flag = "--tempo" if options.tempo is not None else "--tempo-curve"
        raise UsageError(
            f"{flag} needs a time stretch, or all pitches would change; {Packages('stretch').how_to_add()}"
        )
    if placed and options.start > len(placed):
        raise UsageError(f"--start {options.start}: only {len(placed)} tracks can be played")
    placed = [
        (replace(track, has_key_lock=TimeStretch.can_keep_pitch()), pick) for track, pick in placed[options.start - 1 :]
    ]
    if not placed:
        raise NothingFoundError("no track of the list can be played; 'map4 playlist check' names the reasons")
    limit_s = math.inf if options.minutes is None else 60.0 * options.minutes
    parts = [_begun(placed[0][0], options)]
    joints, segues = list[SetJoint](), Segues()
    for (_, before), (track, pick) in pairwise(placed):
        joined = options if before.mixes_into(pick) else replace(options, joint="cut")
        b, joint = _next_part(len(parts), parts[-1], track, pick, joined, segues)
        if b.start_s + LEAST_LAST_S > limit_s:
            break
        joints.append(joint)
        parts.append(b)
    last = parts[-1]
    last.until_s = last.out_s
    last.glide(last.out_s)
    lasts_s = last.at(last.out_s)
    fade_out_s = 0.0
    if lasts_s > limit_s:
        lasts_s, last.until_s, fade_out_s = limit_s, last.position(limit_s), min(CLOSING_S, limit_s / 2)
    tracks = _with_one_level([part.track for part in parts], joints)
    set_tracks = tuple(_set_track(number, part) for number, part in enumerate(parts, start=1))
    level_lufs = level_of(set_tracks, tracks, joints)
    levelled = (level_track(each, track, level_lufs) for each, track in zip(set_tracks, tracks, strict=True))
    return ListMix(
        name=name,
        lasts_s=lasts_s,
        tracks_s=sum(track.analysis.duration_s for track in tracks if track.analysis),
        fade_out_s=fade_out_s,
        level_lufs=level_lufs,
        tempo_bpm=options.tempo,
        keeps_pitch=TimeStretch.can_keep_pitch()
        or all(abs(speed - 1.0) <= SAME for part in parts for _, speed in part.steps),
        tracks=tuple(levelled),
        joints=tuple(joints),
        left_out=tuple(left_out),
        starts_at=options.starts,
        notes=segues.notes,
    )


def _with_one_level(tracks: Sequence[Track], joints: Sequence[SetJoint]) -> list[Track]:
    """The tracks, all of a segue with the loudness and peak of the whole, so that they get one gain."""
    levelled = list(tracks)
    wholes = [*accumulate((joint.kind != "segue" for joint in joints), initial=0)]
    for _, run in groupby(range(len(tracks)), wholes.__getitem__):
        places = [*run]
        levels = [analysis.level() for place in places if (analysis := tracks[place].analysis)]
        whole = AlbumLevel.of(level for level in levels if level is not None)
        for place in places if len(places) > 1 and whole is not None else ():
            analysis = tracks[place].analysis
            assert analysis is not None
            assert whole is not None
            lufs = AlbumLevel.REPLAYGAIN_LUFS - whole.gain_db
            loudness = replace(analysis.loudness, integrated_lufs=lufs, true_peak_dbtp=whole.peak_dbtp)
            levelled[place] = replace(tracks[place], analysis=replace(analysis, loudness=loudness))
    return levelled


def _next_part(
    of: int, a: _Part, track: Track, pick: ListedPick, options: ListMixOptions, segues: Segues
) -> tuple[_Part, SetJoint]:
    """The track that follows, and its joint with the track before it, whose end it decides."""
    # Where the track before it ends, without the overlap: a few seconds late.
    b = _begun(track, options, a.start_s + (a.out_s - a.from_s) / a.own)
    meeting = _meet(a, b, pick.plan, options, segues)
    speed = a.glide(meeting.leave[0])
    b.start_s = a.at(meeting.leave[0])
    a.leave_s, a.until_s = meeting.leave
    b.from_s, b.entered_s = meeting.enter
    b.speed = b.own if meeting.plan is None or meeting.kind == "cut" else meeting.speed * speed
    if meeting.kind == "segue":
        b.own = b.speed
    return b, _joint(of, a, b, meeting, lasts_s=(meeting.leave[1] - meeting.leave[0]) / speed)


def _begun(track: Track, options: ListMixOptions, at_s: float = 0.0) -> _Part:
    analysis = track.analysis
    assert analysis is not None
    side = MixSide.of(track)
    in_s, out_s = analysis.cue_in_s or 0.0, analysis.cue_out_s or analysis.duration_s
    if not 0.0 <= in_s < out_s:
        in_s, out_s = 0.0, analysis.duration_s
    part = _Part(track=track, side=side, own=1.0, from_s=in_s, entered_s=in_s, out_s=out_s)
    if (tempo_bpm := options.tempo_at(at_s + (out_s - in_s) / 2.0)) is not None:
        if isinstance(side, NoPlan):
            part.notes.append(f"plays at its own tempo: it {side.reason}")
        else:
            part.own = _speed_to(side.bpm, tempo_bpm)
            if 100.0 * abs(part.own - 1.0) > 2 * track.pitch_percent:
                percent = 100.0 * abs(part.own - 1.0)
                part.notes.append(f"plays {percent:.0f} % {'faster' if part.own > 1.0 else 'slower'}")
    part.speed = part.own
    return part


def _speed_to(bpm: float, tempo_bpm: float) -> float:
    """The speed at which a track has a tempo, or half or twice it: the nearest of them."""
    return min((tempo_bpm * fold / bpm for fold in (1.0, 0.5, 2.0)), key=lambda speed: abs(math.log(speed)))


def _meet(a: _Part, b: _Part, given: MixPlan | NoPlan | None, options: ListMixOptions, segues: Segues) -> _Meeting:
    if options.joint in ("cut", "fade"):
        return _plain(a, b, options.joint, "requested")  # type: ignore[arg-type]
    by_hand = isinstance(given, MixPlan) and given.is_by_hand
    # A joint set by hand counts, so the ends of its files need not be decoded.
    if not by_hand and (segue := segues.plan(a.track, b.track)) is not None:
        ends = (segue.leave.at_s,) * 2, (segue.enter.at_s,) * 2
        return _Meeting(kind="segue", leave=ends[0], enter=ends[1], speed=1.0, why=segue.leave.why, plan=segue)
    if options.joint == "auto" and isinstance(given, MixPlan):
        fits_a = a.entered_s <= given.leave.at_s and given.leave.until_s <= a.out_s + 1.0
        if fits_a and given.enter.until_s <= b.out_s:
            return _meet_in_time(a, b, given, f"{'set' if by_hand else 'planned'} in the list")
    for each in (a, b):
        if isinstance(each.side, NoPlan):
            return _plain(a, b, "fade", f"{each.track.caption()} {each.side.reason}")
    assert isinstance(a.side, MixSide)
    assert isinstance(b.side, MixSide)
    pair = MixPair.of(a.side, b.side)
    plan = pair.plan(after_s=a.entered_s, bars=options.bars)
    if isinstance(plan, NoPlan) and options.bars is not None:
        plan = pair.plan(after_s=a.entered_s)
    if isinstance(plan, NoPlan):
        return _plain(a, b, "fade", plan.reason)
    why_not = _objection(a.side, b.side, plan)
    if why_not is None and not plan.is_playable(b.track.pitch_percent, a.glide(plan.leave.at_s) / b.own):
        tempi = " and ".join(
            bpm_text(bpm * speed) for bpm, speed in ((a.side.bpm, a.steps[-1][1]), (b.side.bpm, b.own))
        )
        why_not = f"{tempi} BPM are too far apart"
    if why_not is not None:
        return _plain(a, b, "fade", why_not)
    return _meet_in_time(a, b, plan, f"{plan.leave.why} to {plan.enter.why}")


def _objection(a: MixSide, b: MixSide, plan: MixPlan) -> str | None:
    """Why the beats of two tracks should not play together."""
    drift = next((reason.text for reason in plan.against if reason.kind == "drift"), None)
    if drift is not None:
        return drift
    if a.certainty * b.certainty < LEAST_SURE:
        return "the beats are uncertain"
    if a.metre is not None and b.metre is not None and a.metre != b.metre and plan.bars is None:
        return f"{a.metre} and {b.metre} beats per bar"
    return None


def _meet_in_time(a: _Part, b: _Part, plan: MixPlan, why: str) -> _Meeting:
    return _Meeting(
        kind="beats" if plan.kind == "bass_swap" else plan.kind,
        leave=(plan.leave.at_s, plan.leave.until_s),
        enter=(plan.enter.at_s, plan.enter.until_s),
        speed=plan.speed,
        why=why,
        plan=plan,
    )


def _plain(a: _Part, b: _Part, kind: JointKind, why: str) -> _Meeting:
    """A fade or a cut at the end of a track; a fade with two voices is shorter, unless both sing throughout."""
    most_s = min(MOST_SHARE * (b.out_s - b.from_s), MOST_SHARE * (a.out_s - a.entered_s))
    lasts_s = max(MixPlan.CUT_S, min(FADE_S if kind == "fade" else MixPlan.CUT_S, most_s))
    speed = a.own if abs(a.speed - a.own) <= SAME else a.glide(a.out_s)
    both_s = next(filter(None, hookspecs.two_voices(a.track, b.track)), None) if kind == "fade" else None

    def two_voices_s() -> float:
        overlap = (a.out_s - lasts_s * speed, a.out_s, b.from_s, b.from_s + lasts_s * b.own)
        return 0.0 if both_s is None else both_s(*overlap)

    if two_voices_s() > SUNG_SHARE * lasts_s:
        lasts_s, why = _from_phrase(a, most_s, speed), f"{why}; both are sung throughout"
    else:
        while lasts_s >= 2 * LEAST_FADE_S and two_voices_s() > MOST_VOICES_S:
            lasts_s /= 2
    leave_s = max(a.entered_s, a.out_s - lasts_s * speed)
    lasts_s = (a.out_s - leave_s) / speed
    return _Meeting(
        kind=kind, leave=(leave_s, a.out_s), enter=(b.from_s, b.from_s + lasts_s * b.own), speed=1.0, why=why
    )


def _from_phrase(a: _Part, most_s: float, speed: float) -> float:
    """The length of a fade of about 8 s that begins with a phrase of the track before, if one is near."""
    structure = a.track.analysis.structure if a.track.analysis else None
    wanted_s = min(SUNG_FADE_S, most_s)
    lengths_s = [(a.out_s - phrase.start_s) / speed for phrase in (structure.phrases if structure else ())]
    near_s = [each for each in lengths_s if wanted_s / 2 <= each <= min(1.5 * wanted_s, most_s)]
    return min(near_s, key=lambda each: abs(each - wanted_s), default=wanted_s)


def _joint(of: int, a: _Part, b: _Part, meeting: _Meeting, *, lasts_s: float) -> SetJoint:
    plan, swaps = meeting.plan, meeting.plan if meeting.kind == "beats" else None
    return SetJoint(
        of=of,
        kind=meeting.kind,
        at_s=b.start_s,
        lasts_s=lasts_s,
        swap_at_s=None if swaps is None else a.at(swaps.bass_swap_at_s),
        bass_hz=None if swaps is None else CrossFade.BASS_HZ,
        why=meeting.why,
        plan=plan,
    )


def _set_track(number: int, part: _Part) -> SetTrack:
    track = part.track
    steps = [(from_s, speed) for from_s, speed in part.steps if from_s < part.until_s]
    return SetTrack(
        position=number,
        path=track.path,
        audio_id=track.audio_id,
        artist=track.artist(),
        title=track.title(),
        start_s=part.start_s,
        end_s=part.at(part.until_s),
        from_s=part.from_s,
        until_s=part.until_s,
        gain_db=0.0,
        speeds=tuple(SpeedStep(at_s=part.at(from_s), from_s=from_s, speed=speed) for from_s, speed in steps),
        notes=tuple(part.notes),
    )
