"""What a caller wants of a playlist, and of which tracks it is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from map4.app.paths import PathLike
from map4.domain.call_options import call_options, option
from map4.domain.mixing.harmony import HarmonicRule
from map4.domain.mixing.tempo_step import TempoPolicy

if TYPE_CHECKING:
    from map4.domain.lists.limits import Gap, ListLimits
    from map4.domain.playlist.energy_curve import EnergyCurve
    from map4.domain.playlist.options import PlaylistOptions
    from map4.domain.playlist.presets import Preset
    from map4.domain.query.parser import Query

_IN, _LENGTH, _LIMITS, _CHOICE = "What goes in", "Length and energy", "Limits", "Choice"
_GAP = "N|TIME"
_OWN_POLICY = "How far the tempo may go: 3 %, 6 %, 10 % (default: the list's own, else flexible)."
_OWN_HARMONIC = "Key steps (default: the list's own, else flexible)."


@call_options
class TrackChoice:
    """Which tracks of the library may be taken: queries."""

    query: str | Query = option(
        "", "--query", "Choose from what matches, as in 'map4 search'.", metavar="QUERY", heading=_IN
    )
    exclude: str | Query | None = option(
        None, "--exclude", "Leave out tracks that match.", metavar="QUERY", heading=_IN
    )
    preferred: str | Query | None = option(
        None, "--prefer", "Prefer tracks that match, if they fit about as well.", metavar="QUERY", heading=_CHOICE
    )
    avoided: str | Query | None = option(
        None, "--avoid", "Avoid tracks that match, unless they fit clearly better.", metavar="QUERY", heading=_CHOICE
    )


@call_options
class PlaylistCallOptions(TrackChoice):
    """What a caller wants of a playlist, as plain values, and of which tracks; None is as good as not given."""

    preset: Preset | str | None = option(
        None, "--preset", "A set of options with a name: warm_up peak_time closing dj_set radio ...",
        metavar="NAME", heading=_LENGTH,
    )  # fmt: skip
    n: int | None = option(
        None, "-n --count", "How many tracks, with the seed (default 20).", metavar="N", heading=_LENGTH
    )
    minutes: float | None = option(
        None, "--minutes", "How many minutes, instead of -n.", about="How many minutes, instead of n.",
        metavar="M", heading=_LENGTH,
    )  # fmt: skip
    curve: EnergyCurve | str | None = option(
        None, "--curve",
        "Energy: ascending descending wave plateau warm_up peak_time closing dj_set, or percent:energy points "
        "(0:.3,50:.9,100:.4). Default: the seed's.",
        metavar="NAME|POINTS", heading=_LENGTH,
    )  # fmt: skip
    absolute_energy: bool | None = option(
        None, "--absolute-energy",
        "Use the curve's values as they are; without it they are stretched to what there is to choose from.",
        heading=_LENGTH,
    )  # fmt: skip
    policy: TempoPolicy | None = option(
        None, "--policy",
        "Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with half and double time.",
        what="tempo policy", metavar="NAME", heading=_LIMITS,
    )  # fmt: skip
    tolerance: float | None = option(
        None, "--tolerance", "Tempo steps up to SHARE (.02 is 2 %) instead.",
        about="Tempo steps up to this share (.02 is 2 %), in place of the policy's own.",
        metavar="SHARE", heading=_LIMITS,
    )  # fmt: skip
    harmonic: HarmonicRule | None = option(
        None, "--harmonic", "Key steps: strict, flexible (default), creative, off.",
        what="harmonic rule", metavar="RULE", heading=_LIMITS,
    )  # fmt: skip
    min_sound: float | None = option(
        None, "--min-sound",
        "How much each pick must sound like the seed, as 'map4 similar' shows it (default: as the nearer half of the "
        "library).",
        what="a least likeness of sound", least=-1, most=1, metavar="-1..1", heading=_LIMITS,
    )  # fmt: skip
    artist_gap: Gap | int | str | None = option(
        None, "--artist-gap", "Tracks, or time (60m), between two of an artist (default 4).",
        metavar=_GAP, heading=_LIMITS,
    )  # fmt: skip
    album_gap: Gap | int | str | None = option(
        None, "--album-gap", "The same for albums (default 0).",
        about="Tracks, or time (60m), between two of an album (default 0).", metavar=_GAP, heading=_LIMITS,
    )  # fmt: skip
    relax: bool | None = option(
        None, "--relax/--no-relax",
        "Where no track keeps all limits: loosen also those given here, or none. Without either, only those that are "
        "not given, and tempo steps to 10 % at most.",
        about="Where no track keeps all limits: true loosens also those given here, false none, and ends the list. "
        "Without it only those that are not given are loosened, and tempo steps to 10 % at most.",
        heading=_LIMITS,
    )  # fmt: skip
    with_seed: bool | None = option(
        None, "--no-seed", "Leave the seed itself out.", about="False leaves the seeds themselves out.", heading=_CHOICE
    )
    plan: bool | None = option(
        None, "--plan",
        "Plan how each track is mixed in ('map4 mix'), choose by it between steps that fit as well, and count the time "
        "that tracks play together.",
        heading=_CHOICE,
    )  # fmt: skip
    vary: int | None = option(
        None, "--vary", "Another list for each number N; the same N gives the same list.",
        about="Another list for each number; the same number gives the same list.", metavar="N", heading=_CHOICE,
    )  # fmt: skip
    max_candidates: int | None = option(
        None, "--max-candidates",
        "Choose each step from N tracks at most, the nearest by sound first (default 1000).",
        about="Choose each step from so many tracks at most, the nearest by sound first (default 1000).",
        metavar="N", heading=_CHOICE,
    )  # fmt: skip

    def options(self, limits: ListLimits | None = None) -> PlaylistOptions:
        """The options, with `limits` for what neither the wishes nor the preset say."""
        from map4.domain.playlist.options import NOTHING, OPTION_NAMES, PlaylistOptions
        from map4.domain.playlist.presets import find_preset, shipped_presets

        preset = find_preset(self.preset, shipped_presets()) if isinstance(self.preset, str) else self.preset
        return PlaylistOptions.read(
            {name: getattr(self, name) for name in OPTION_NAMES},
            preset=preset.options if preset else NOTHING,
            limits=limits,
        )


@call_options
class GenerateOptions(PlaylistCallOptions):
    """How a playlist should be, and from what it is made."""

    to: PathLike | None = option(
        None, "--to", "End with FILE: a bridge from the seed to it.",
        about="The last track; the list moves from the first seed to it in tempo, key, energy and sound.",
        metavar="FILE", heading=_IN,
    )  # fmt: skip
    include: PathLike | Iterable[PathLike] = option(
        (), "--include", "FILE must appear; repeatable.", about="Files that must appear.", metavar="FILE", heading=_IN
    )
    folder: PathLike | None = option(
        None, "--folder", "Choose from the tracks in DIR alone; it is scanned first.",
        about="Choose from the tracks in this folder alone.", metavar="DIR", heading=_IN,
    )  # fmt: skip
    jobs: int | None = option(None, about="As for a scan, for files that the library does not know.", is_remote=False)
    timeout_s: float | None = option(None, about="The same.", is_remote=False)


@call_options
class RefreshOptions(TrackChoice):
    """How a list is refreshed, and from which tracks."""

    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=_LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=_LIMITS)


@call_options
class FillOptions(PlaylistCallOptions):
    """How a list is filled: `n` or `minutes` for the whole of it, and the other wishes."""

    n: int | None = option(None, "-n --count", "Tracks of the whole list.", least=1, metavar="N", heading=_LENGTH)
    minutes: float | None = option(
        None, "--minutes", "How many minutes, instead of -n.", about="Minutes of the whole list, instead of n.",
        least=0, above=True, metavar="M", heading=_LENGTH,
    )  # fmt: skip
    curve: EnergyCurve | str | None = option(
        None, "--curve", "Energy of the new tracks, as in 'map4 playlist'.", metavar="NAME|POINTS", heading=_LENGTH
    )
    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=_LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=_LIMITS)
    plan: bool | None = option(
        None, about="Choose the new tracks by mix plans too; the list that comes of it holds none."
    )
    vary: int | None = option(
        None, "--vary", "Other tracks for each number N.", about="Other tracks for each number.",
        least=0, metavar="N", heading=_CHOICE,
    )  # fmt: skip


@call_options
class CheckOptions:
    """How a list is judged."""

    policy: TempoPolicy | None = option(None, "--policy", _OWN_POLICY, what="tempo policy", heading=_LIMITS)
    harmonic: HarmonicRule | None = option(None, "--harmonic", _OWN_HARMONIC, what="harmonic rule", heading=_LIMITS)
    curve: EnergyCurve | str | None = option(
        None, "--curve", "The energy that was wanted, as in 'map4 playlist'.", metavar="NAME|POINTS", heading=_IN
    )
    suggest: bool = option(
        True, "--no-suggestions", "Look for no replacements in the library.",
        about="Look for replacements in the library.", heading=_CHOICE,
    )  # fmt: skip


@call_options
class OrderOptions:
    """How a list is put in order."""

    pin_first: bool = option(False, "--pin-first", "Keep the first track first.", heading=_CHOICE)
    pin_last: bool = option(False, "--pin-last", "Keep the last track last.", heading=_CHOICE)
    plan: bool = option(
        False, "--plan", "Plan how each track is mixed in ('map4 mix'), and order by it too.", heading=_CHOICE
    )
