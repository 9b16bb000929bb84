"""The options for playlists, and for the tracks they are made from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

from map4.core.base.call_options import CallOptions, option, worded
from map4.core.base.paths import PathLike
from map4.core.base.text import read_clock, read_start
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.limits import USUAL_WEAK_STEPS
from map4.core.music.lists.live import LiveList
from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
from map4.core.music.mixing.mix_kind import MixKind
from map4.core.music.plays import PlaySource
from map4.core.music.query.shuffle import read_shuffle
from map4.errors import UsageError
from map4.lists.playlist.energy_curve import EnergyCurve
from map4.lists.playlist.request import CHOICE, IN, LENGTH, LIMITS, ListRequest, TrackChoice

Player = Literal["any"] | PlaySource
_OWN_POLICY = {
    "help": "How far the tempo may go: 3 %, 6 %, 10 % (default: the list's own, else flexible).", "metavar": None,
}  # fmt: skip
_OWN_HARMONIC = {"help": "Key steps (default: the list's own, else flexible).", "metavar": None}


class GenerateOptions(ListRequest):
    """How to make a playlist, and from which tracks."""

    to: PathLike | None = option(
        None, "--to", "End with FILE: a bridge from the seed to it.",
        about="The last track; the list moves towards it from the first seed in tempo, key, energy and sound.",
        metavar="FILE", heading=IN,
    )  # fmt: skip
    from_plays: str | None = option(
        None, "--from-plays",
        "Begin with what you heard most in TIME (30d).",
        about="Start from the most played tracks of this time, such as 30d, and similar tracks; nothing played today.",
        metavar="TIME", label="Begin with what I played", heading=IN,
    )  # fmt: skip
    like_my_sets: bool = option(
        False, "--like-my-sets",
        "Prefer what your DJ sets contain more often than chance, and avoid what they contain less often "
        "('map4 stats mixes').",
        about="Prefer what your sets have more often than by chance, and avoid what they have less often.",
        heading=CHOICE,
    )  # fmt: skip
    aired: Player | None = option(
        None, "--aired",
        "Count what PLAYER (any, stream, subsonic ...) played before the list, too, in --artist-gap and --album-gap.",
        about="What this player played before the list counts in the gaps between artists and albums, too.",
        what="player", metavar="PLAYER", label="After what was played by", heading=LIMITS,
    )  # fmt: skip
    starts: str | None = option(
        None, "--starts", "The list begins at 14:00, or 2026-12-24T18:00: for --aired, 'daypart:' and the time of day.",
        about="When the list begins, 14:00 or 2026-12-24T18:00: for queries, earlier plays, and the time of day.",
        metavar="TIME", reads=read_start, heading=LIMITS,
    )  # fmt: skip
    include: PathLike | Iterable[PathLike] = option(
        (), "--include", "FILE must appear; repeatable.", about="Files that must appear.", metavar="FILE", heading=IN
    )
    folder: PathLike | None = option(
        None, "--folder", "Choose only from DIR, and scan it first.",
        about="Choose only from tracks in this folder.", metavar="DIR", heading=IN,
    )  # fmt: skip
    jobs: int | None = option(None, about="As for a scan, for files that are not in the library.", is_remote=False)
    timeout_s: float | None = option(None, about="As for a scan.", is_remote=False)


def _time(text: str) -> float:
    if (seconds := read_clock(text)) is None:
        raise UsageError(f"'{text}' is not a time in a track; write 3:21.5 or 201.5")
    return seconds


_at = partial(option, None, least=0, metavar="TIME", reads=_time)


class JointOptions(CallOptions):
    """How two neighbours of a list are mixed; what is not given stays as it was."""

    leave_s: float | None = _at("--leave", "Begin the mix at this time of the first track.")
    enter_s: float | None = _at("--enter", "Begin the second track at this time of it.")
    bars: int | None = option(None, "--bars", "Length of the overlap.", least=1, most=ListJoint.MOST_BARS, metavar="N")
    kind: MixKind | None = option(
        None, "--kind", "Swap the bass (in time), fade (in time), or cut.", what="kind of joint"
    )
    swap_s: float | None = _at("--swap", "Swap the bass at this time of the first track.")
    reset: bool = option(False, "--reset", "Drop earlier changes first.")


class RefreshOptions(TrackChoice):
    """How to refresh a list, and from which tracks."""

    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)


class FillOptions(ListRequest):
    """How to fill a list: `n` or `minutes` of the whole list, and other options."""

    n: int | None = worded(ListRequest, "n", help="Tracks of the whole list.", least=1)
    minutes: float | None = worded(
        ListRequest, "minutes", about="Minutes of the whole list, instead of n.", least=0, above=True
    )
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="Energy of the new tracks, as in 'map4 playlist'."
    )
    tempo_curve: str | None = None  # its minutes are those of the whole list, not of a gap
    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)
    plan: bool | None = option(None, about="Use mix plans to choose the new tracks; the resulting list contains none.")
    vary: int | None = worded(
        ListRequest, "vary", help="Make the N-th of a series.", about="Other tracks for each number.", least=0
    )


class CheckOptions(CallOptions):
    """How to judge a list."""

    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="The wanted energy, as in 'map4 playlist'.", heading=IN
    )
    tempo_curve: str | None = worded(
        ListRequest, "tempo_curve", help="The wanted tempo by minute (default: the list's own).", heading=IN
    )
    suggest: bool = option(
        True, "--no-suggestions", "Don't look for replacements in the library.",
        about="Look for replacements in the library.", heading=CHOICE,
    )  # fmt: skip
    weakest: int = option(
        USUAL_WEAK_STEPS, "--weakest", "Find improvements for the N weakest transitions (default 5).",
        metavar="N", heading=CHOICE, least=0, most=200,
    )  # fmt: skip
    pin: Iterable[int] = option(
        (), "--pin", "Keep the track at position N there; repeatable.", metavar="N", heading=CHOICE, least=1
    )


class OrderOptions(CallOptions):
    """How to order a list."""

    pin: Iterable[int] = worded(CheckOptions, "pin")
    pin_first: bool = option(False, "--pin-first", "Keep the first track first.", heading=CHOICE)
    pin_last: bool = option(False, "--pin-last", "Keep the last track last.", heading=CHOICE)
    shuffle: str | None = option(
        None, "--shuffle", "Random order instead, artists apart: daily, weekly, or a number N.",
        metavar="WHICH", heading=CHOICE, reads=read_shuffle,
    )  # fmt: skip
    plan: bool = option(
        False, "--plan", "Plan each transition ('map4 mix'), and use the plans to order the list.", heading=CHOICE
    )


class LiveOptions(CallOptions):
    """Which results of a query a live list contains, and in which order."""

    sort: str | None = option(
        None, "--sort", "Order by bpm, added, rating ..., as 'map4 search' does; a - after it reverses it (added-).",
        metavar="FIELD", heading=CHOICE,
    )  # fmt: skip
    shuffle: str | None = worded(
        OrderOptions, "shuffle", help="Random order: daily (the same until midnight), weekly, or a number N."
    )
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="Make a playlist that mixes from the results, with this energy curve."
    )
    tempo_curve: str | None = worded(
        ListRequest, "tempo_curve", help="Make a playlist from the results along this tempo: 0:100,60:130."
    )
    n: int | None = worded(
        ListRequest, "n", flags="-n --count --limit",
        help="At most N tracks (default 10000; 20 with --curve or --seed).",
        about="Maximum number of tracks (default 10000; 20 with a curve or a seed).", least=1, most=LiveList.MOST,
    )  # fmt: skip
    minutes: float | None = worded(ListRequest, "minutes", least=0, above=True)
    per_artist: int | None = option(
        None, "--per-artist", "At most N tracks per artist, the first in the order.", least=1, metavar="N",
        heading=LENGTH,
    )  # fmt: skip
    per_album: int | None = option(
        None, "--per-album", "At most N tracks per album, the first in the order.", least=1, metavar="N", heading=LENGTH
    )
