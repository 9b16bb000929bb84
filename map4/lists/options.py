"""What a caller wants of a playlist, and of which tracks it is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from map4.base.call_options import call_options, option, worded
from map4.base.given_paths import PathLike
from map4.lists.playlist.request import CHOICE, IN, LENGTH, ListRequest, TrackChoice
from map4.music.lists.live import MOST_LIVE
from map4.music.mixing.harmony import HarmonicRule, TempoPolicy

if TYPE_CHECKING:
    from map4.lists.playlist.energy_curve import EnergyCurve

_OWN_POLICY = {
    "help": "How far the tempo may go: 3 %, 6 %, 10 % (default: the list's own, else flexible).", "metavar": None,
}  # fmt: skip
_OWN_HARMONIC = {"help": "Key steps (default: the list's own, else flexible).", "metavar": None}


@call_options
class GenerateOptions(ListRequest):
    """How a playlist should be, and from what it is made."""

    to: PathLike | None = option(
        None, "--to", "End with FILE: a bridge from the seed to it.",
        about="The last track; the list moves from the first seed to it in tempo, key, energy and sound.",
        metavar="FILE", heading=IN,
    )  # fmt: skip
    from_plays: str | None = option(
        None, "--from-plays",
        "Begin with what you heard most in TIME (30d).",
        about="Start from the most played tracks of this time, such as 30d, and similar tracks; nothing played today.",
        metavar="TIME", heading=IN,
    )  # fmt: skip
    like_my_sets: bool = option(
        False, "--like-my-sets",
        "Lean to what your sets have oftener than by chance, and from what they have less often "
        "('map4 stats mixes').",
        about="Prefer what your sets have more often than by chance, and avoid what they have less often.",
        heading=CHOICE,
    )  # fmt: skip
    include: PathLike | Iterable[PathLike] = option(
        (), "--include", "FILE must appear; repeatable.", about="Files that must appear.", metavar="FILE", heading=IN
    )
    folder: PathLike | None = option(
        None, "--folder", "Choose only from DIR, and scan it first.",
        about="Choose only from tracks in this folder.", metavar="DIR", heading=IN,
    )  # fmt: skip
    jobs: int | None = option(None, about="As for a scan, for files that the library does not know.", is_remote=False)
    timeout_s: float | None = option(None, about="The same.", is_remote=False)


@call_options
class RefreshOptions(TrackChoice):
    """How a list is refreshed, and from which tracks."""

    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)


@call_options
class FillOptions(ListRequest):
    """How a list is filled: `n` or `minutes` for the whole of it, and the other wishes."""

    n: int | None = worded(ListRequest, "n", help="Tracks of the whole list.", least=1)
    minutes: float | None = worded(
        ListRequest, "minutes", about="Minutes of the whole list, instead of n.", least=0, above=True
    )
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="Energy of the new tracks, as in 'map4 playlist'."
    )
    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)
    plan: bool | None = option(
        None, about="Choose the new tracks by mix plans too; the list that comes of it holds none."
    )
    vary: int | None = worded(
        ListRequest, "vary", help="Other tracks for each number N.", about="Other tracks for each number.", least=0
    )


@call_options
class CheckOptions:
    """How a list is judged."""

    policy: TempoPolicy | None = worded(ListRequest, "policy", **_OWN_POLICY)
    harmonic: HarmonicRule | None = worded(ListRequest, "harmonic", **_OWN_HARMONIC)
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="The energy that was wanted, as in 'map4 playlist'.", heading=IN
    )
    suggest: bool = option(
        True, "--no-suggestions", "Look for no replacements in the library.",
        about="Look for replacements in the library.", heading=CHOICE,
    )  # fmt: skip


@call_options
class OrderOptions:
    """How a list is put in order."""

    pin_first: bool = option(False, "--pin-first", "Keep the first track first.", heading=CHOICE)
    pin_last: bool = option(False, "--pin-last", "Keep the last track last.", heading=CHOICE)
    plan: bool = option(
        False, "--plan", "Plan how each track is mixed in ('map4 mix'), and order by it too.", heading=CHOICE
    )


@call_options
class LiveOptions:
    """Which of what a query finds a live list holds, and in which order."""

    sort: str | None = option(
        None, "--sort", "Order by bpm, added, rating ..., as 'map4 search' does; a - after it reverses it (added-).",
        metavar="FIELD", heading=CHOICE,
    )  # fmt: skip
    curve: EnergyCurve | str | None = worded(
        ListRequest, "curve", help="Make a list that mixes of what is found, along this energy, as 'map4 playlist'."
    )
    n: int | None = worded(
        ListRequest, "n", flags="-n --count --limit",
        help="At most N tracks (default 10000; 20 with --curve or --seed).",
        about="At most so many tracks (default 10000; 20 with a curve or a seed).", least=1, most=MOST_LIVE,
    )  # fmt: skip
    minutes: float | None = worded(ListRequest, "minutes", least=0, above=True)
    per_artist: int | None = option(
        None, "--per-artist", "At most N of an artist, the first in the order.", least=1, metavar="N",
        heading=LENGTH,
    )  # fmt: skip
    per_album: int | None = option(
        None, "--per-album", "At most N of an album, the first in the order.", least=1, metavar="N", heading=LENGTH
    )
