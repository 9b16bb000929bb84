"""What a caller wants of a playlist, as plain values: each option declared once, for presets too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from map4.domain.call_options import call_options, option
from map4.domain.mixing.harmony import HarmonicRule, TempoPolicy

if TYPE_CHECKING:
    from map4.domain.lists.limits import Gap
    from map4.domain.playlist.energy_curve import EnergyCurve
    from map4.domain.query.parser import Query

IN, LENGTH, LIMITS, CHOICE = "What goes in", "Length and energy", "Limits", "Choice"
"""Headings in the help."""
_GAP = "N|TIME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Options under a name; `help` says what for."""

    name: str
    help: str
    options: Mapping[str, Any]


@call_options
class TrackChoice:
    """Which tracks of the library may be taken: queries."""

    query: str | Query = option(
        "", "--query", "Choose from what matches, as in 'map4 search'.", metavar="QUERY", heading=IN
    )
    exclude: str | Query | None = option(None, "--exclude", "Leave out tracks that match.", metavar="QUERY", heading=IN)
    preferred: str | Query | None = option(
        None, "--prefer", "Prefer tracks that match, if they fit about as well.", metavar="QUERY", heading=CHOICE
    )
    avoided: str | Query | None = option(
        None, "--avoid", "Avoid tracks that match, unless they fit clearly better.", metavar="QUERY", heading=CHOICE
    )


@call_options
class PlaylistCallOptions(TrackChoice):
    """What a caller wants of a playlist, as plain values, and of which tracks; None is as good as not given."""

    preset: Preset | str | None = option(
        None, "--preset", "A set of options with a name: warm_up peak_time closing dj_set radio ...",
        metavar="NAME", heading=LENGTH,
    )  # fmt: skip
    n: int | None = option(
        None, "-n --count", "How many tracks, with the seed (default 20).", metavar="N", heading=LENGTH
    )
    minutes: float | None = option(
        None, "--minutes", "How many minutes, instead of -n.", about="How many minutes, instead of n.",
        metavar="M", heading=LENGTH,
    )  # fmt: skip
    curve: EnergyCurve | str | None = option(
        None, "--curve",
        "Energy: ascending descending wave plateau warm_up peak_time closing dj_set, or percent:energy points "
        "(0:.3,50:.9,100:.4). Default: the seed's.",
        metavar="NAME|POINTS", heading=LENGTH,
    )  # fmt: skip
    absolute_energy: bool | None = option(
        None, "--absolute-energy",
        "Use the curve's values as they are; without it they are stretched to what there is to choose from.",
        heading=LENGTH,
    )  # fmt: skip
    policy: TempoPolicy | None = option(
        None, "--policy",
        "Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with half and double time. No track is more "
        "than two steps from the first track's tempo; with --to, from the straight line between the two.",
        what="tempo policy", metavar="NAME", heading=LIMITS,
    )  # fmt: skip
    tolerance: float | None = option(
        None, "--tolerance", "Tempo steps up to SHARE (.02 is 2 %) instead.",
        about="Tempo steps up to this share (.02 is 2 %), in place of the policy's own.",
        metavar="SHARE", heading=LIMITS,
    )  # fmt: skip
    harmonic: HarmonicRule | None = option(
        None, "--harmonic", "Key steps: strict, flexible (default), creative, off.",
        what="harmonic rule", metavar="RULE", heading=LIMITS,
    )  # fmt: skip
    min_sound: float | None = option(
        None, "--min-sound",
        "How much each pick must sound like the seed, as 'map4 similar' shows it (default: as the nearer half of the "
        "library, or its nearest 100 tracks).",
        what="a least similarity of sound", least=-1, most=1, metavar="-1..1", heading=LIMITS,
    )  # fmt: skip
    artist_gap: Gap | int | str | None = option(
        None, "--artist-gap", "Tracks, or time (60m), between two of an artist (default 4).",
        metavar=_GAP, heading=LIMITS,
    )  # fmt: skip
    album_gap: Gap | int | str | None = option(
        None, "--album-gap", "The same for albums (default 0).",
        about="Tracks, or time (60m), between two of an album (default 0).", metavar=_GAP, heading=LIMITS,
    )  # fmt: skip
    relax: bool | None = option(
        None, "--relax/--no-relax",
        "Where no track keeps all limits: loosen also those given here, or none. Without either, only those that are "
        "not given, and tempo steps to 10 % at most.",
        about="Where no track keeps all limits: true loosens also those given here, false none, and ends the list. "
        "Without it only those that are not given are loosened, and tempo steps to 10 % at most.",
        heading=LIMITS,
    )  # fmt: skip
    with_seed: bool | None = option(
        None, "--no-seed", "Leave the seed itself out.", about="False leaves the seeds themselves out.", heading=CHOICE
    )
    plan: bool | None = option(
        None, "--plan",
        "Plan how each track is mixed in ('map4 mix'), choose by it between steps that fit as well, and count the time "
        "that tracks play together.",
        heading=CHOICE,
    )  # fmt: skip
    vary: int | None = option(
        None, "--vary", "Another list for each number N; the same N gives the same list.",
        about="Another list for each number; the same number gives the same list.", metavar="N", heading=CHOICE,
    )  # fmt: skip
    max_candidates: int | None = option(
        None, "--max-candidates",
        "Choose each step from N tracks at most, the nearest by sound first (default 1000).",
        about="Choose each step from so many tracks at most, the nearest by sound first (default 1000).",
        metavar="N", heading=CHOICE,
    )  # fmt: skip
