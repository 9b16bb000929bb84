"""What a caller wants of a playlist, and of which tracks it is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from map4.app.paths import PathLike
from map4.domain.call_options import call_options, option
from map4.domain.lists.live import MOST_LIVE
from map4.domain.mixing.harmony import HarmonicRule, TempoPolicy
from map4.domain.playlist.call_options import CHOICE, IN, LENGTH, LIMITS, PlaylistCallOptions, TrackChoice

if TYPE_CHECKING:
    from map4.domain.playlist.energy_curve import EnergyCurve

_OWN_POLICY = "How far the tempo may go: 3 %, 6 %, 10 % (default: the list's own, else flexible)."
_OWN_HARMONIC = "Key steps (default: the list's own, else flexible)."


@call_options
class GenerateOptions(PlaylistCallOptions):
    """How a playlist should be, and from what it is made."""

    to: PathLike | None = option(
        None, "--to", "End with FILE: a bridge from the seed to it.",
        about="The last track; the list moves from the first seed to it in tempo, key, energy and sound.",
        metavar="FILE", heading=IN,
    )  # fmt: skip
    from_plays: str | None = option(
        None, "--from-plays",
        "Start from what you heard most in TIME, such as 30d, and its neighbours; nothing heard today.",
        about="Start from what was heard most in this time, such as 30d, and its neighbours; nothing heard today.",
        metavar="TIME", heading=IN,
    )  # fmt: skip
    like_my_sets: bool = option(
        False, "--like-my-sets",
        "Lean to what your sets have oftener than by chance, and from what they have less often "
        "('map4 stats --mixes').",
        heading=CHOICE,
    )  # fmt: skip
    include: PathLike | Iterable[PathLike] = option(
        (), "--include", "FILE must appear; repeatable.", about="Files that must appear.", metavar="FILE", heading=IN
    )
    folder: PathLike | None = option(
        None, "--folder", "Choose from the tracks in DIR alone; it is scanned first.",
        about="Choose from the tracks in this folder alone.", metavar="DIR", heading=IN,
    )  # fmt: skip
    jobs: int | None = option(None, about="As for a scan, for files that the library does not know.", is_remote=False)
    timeout_s: float | None = option(None, about="The same.", is_remote=False)


@call_options
class RefreshOptions(TrackChoice):
    """How a list is refreshed, and from which tracks."""

    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=LIMITS)


@call_options
class FillOptions(PlaylistCallOptions):
    """How a list is filled: `n` or `minutes` for the whole of it, and the other wishes."""

    n: int | None = option(None, "-n --count", "Tracks of the whole list.", least=1, metavar="N", heading=LENGTH)
    minutes: float | None = option(
        None, "--minutes", "How many minutes, instead of -n.", about="Minutes of the whole list, instead of n.",
        least=0, above=True, metavar="M", heading=LENGTH,
    )  # fmt: skip
    curve: EnergyCurve | str | None = option(
        None, "--curve", "Energy of the new tracks, as in 'map4 playlist'.", metavar="NAME|POINTS", heading=LENGTH
    )
    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=LIMITS)
    plan: bool | None = option(
        None, about="Choose the new tracks by mix plans too; the list that comes of it holds none."
    )
    vary: int | None = option(
        None, "--vary", "Other tracks for each number N.", about="Other tracks for each number.",
        least=0, metavar="N", heading=CHOICE,
    )  # fmt: skip


@call_options
class CheckOptions:
    """How a list is judged."""

    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=LIMITS)
    curve: EnergyCurve | str | None = option(
        None, "--curve", "The energy that was wanted, as in 'map4 playlist'.", metavar="NAME|POINTS", heading=IN
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
    curve: EnergyCurve | str | None = option(
        None, "--curve", "Make a list that mixes of what is found, along this energy, as 'map4 playlist'.",
        metavar="NAME|POINTS", heading=LENGTH,
    )  # fmt: skip
    n: int | None = option(
        None, "-n --count --limit", "At most N tracks (default 10000; 20 with --curve or --seed).",
        about="At most so many tracks (default 10000; 20 with a curve or a seed).",
        least=1, most=MOST_LIVE, metavar="N", heading=LENGTH,
    )  # fmt: skip
    minutes: float | None = option(
        None, "--minutes", "How many minutes, instead of -n.", about="How many minutes, instead of n.",
        least=0, above=True, metavar="M", heading=LENGTH,
    )  # fmt: skip
    per_artist: int | None = option(
        None, "--per-artist", "At most N of an artist, the first in the order.", least=1, metavar="N",
        heading=LENGTH,
    )  # fmt: skip
    per_album: int | None = option(
        None, "--per-album", "At most N of an album, the first in the order.", least=1, metavar="N", heading=LENGTH
    )
