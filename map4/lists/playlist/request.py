"""Requests for playlists: one record from the caller to the search, with each option declared once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from map4.core.base.call_options import CallOptions, declared_options, option
from map4.core.music.lists.limits import Gap, ListLimits, Rule, TempoLimit
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
from map4.errors import UsageError
from map4.lists.playlist.energy_curve import EnergyCurve, parse_curve

if TYPE_CHECKING:
    from map4.core.music.lists.listed import ListHeader
    from map4.core.music.query.parser import Query
    from map4.core.music.track.track import Track

DEFAULT_PICKS = 20
"""About an hour and a quarter of usual tracks."""

MOST_PICKS = 10_000
DEFAULT_MAX_CANDIDATES = 1000
"""Maximum number of candidates of a step, nearest by sound first: with more, a list sounds less like its seed."""

CONSIDERED = 10
"""In a large library, this many times `max_candidates` of the nearest tracks by sound are considered per started fifty
picks. With half of that, a list of 100 under very tight rules had up to 22 relaxations instead of none (100,000
tracks)."""

_CONSIDERED_PICKS = 50
_USUAL_LENGTH_MINUTES = 4.0
_LEAST_TOLERANCE, _MOST_TOLERANCE = 0.001, 0.5

IN, LENGTH, LIMITS, CHOICE = "Input", "Length and energy", "Limits", "Order and choice"
"""Headings in help texts."""
_GAP = "N|TIME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Named options; `help` describes their purpose."""

    name: str
    help: str
    options: Mapping[str, Any]


class TrackChoice(CallOptions):
    """Queries that choose the allowed tracks of the library."""

    query: str | Query = option(
        "",
        "--query",
        "Choose only matching tracks, as in 'map4 search'.",
        about="Choose from tracks that match this search.",
        metavar="QUERY",
        label="Only tracks that match",
        heading=IN,
    )
    exclude: str | Query | None = option(None, "--exclude", "Leave out matching tracks.", metavar="QUERY", heading=IN)
    preferred: str | Query | None = option(
        None, "--prefer", "Prefer matching tracks if they fit about as well.", metavar="QUERY", heading=CHOICE
    )
    avoided: str | Query | None = option(
        None, "--avoid", "Avoid matching tracks unless they fit clearly better.", metavar="QUERY", heading=CHOICE
    )


class ListRequest(TrackChoice):
    """How to make a list, and from which tracks; None means not given, until `settled` fills in a default.

    held: limits that are never relaxed: those that the caller gave; None until settled
    seeds: tracks that it starts from and sounds like; the first opens the list, the others appear anywhere
    goal: the last pick
    includes: tracks that must appear
    placed: tracks at fixed places, counted from 0, in a list of `n` tracks
    excluded: files (ids) that must not be chosen
    beside: tracks whose songs must not be chosen either, as others of the list
    own_remixes: the remix of another remixer is a separate song; only presets set it, None is the preference
    considered: as `CONSIDERED`
    recent: key of presets: "out", "less" or "off" for what was heard lately; None is "less" for a list by seed
    reach: key of presets: share of places for what was not played for a year
    sweepers: key of presets: the query of jingles that play between tracks
    sweeper_gap: key of presets: tracks, or time, between two sweepers (default 4)
    """

    preset: Preset | str | None = option(
        None, "--preset", "Several options at once: dj_set, radio ...",
        metavar="NAME", heading=LENGTH,
    )  # fmt: skip
    n: int | None = option(
        None, "-n --count", "Number of tracks, including the seed (default 20).", metavar="N", heading=LENGTH
    )
    minutes: float | None = option(
        None, "--minutes", "Duration instead of -n: 90 (minutes), 90m or 1h30.",
        about="Duration in minutes, instead of n.",
        metavar="M", heading=LENGTH,
    )  # fmt: skip
    as_mix: bool | None = option(
        None, "--as-mix/--no-as-mix",
        "With --minutes: count the estimated overlaps of a mix (default: as the preset).",
        about="With minutes: count the estimated overlaps of a mix (default: as the preset).",
        label="Length as a mix", heading=CHOICE,
    )  # fmt: skip
    curve: EnergyCurve | str | None = option(
        None, "--curve",
        "Energy: wave, dj_set ..., or 0:.3,50:.9,100:.4.",
        metavar="NAME|POINTS", heading=LENGTH,
    )  # fmt: skip
    tempo_curve: str | None = option(
        None, "--tempo-curve", "Tempo by minute: 0:100,60:130 (BPM).",
        about="Tempo over time, minutes:BPM (0:100,60:130); the policy creative counts half and double time.",
        metavar="POINTS", heading=LENGTH, reads=lambda text: TempoCurve.parse(text).text,
    )  # fmt: skip
    absolute_energy: bool | None = option(
        None, "--absolute-energy",
        "Use the curve's values as energies; by default they are scaled to the range of the candidates.",
        label="Curve shows real energy", heading=LENGTH,
    )  # fmt: skip
    policy: TempoPolicy | None = option(
        None, "--policy",
        "Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with half and double time. No track is "
        "more than two steps from the first track's tempo; with --to, from the line between both tempi.",
        about="Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with half and double time. No track is "
        "more than two steps from the first track's tempo, or from the line to the last track if it is set.",
        what="tempo policy", metavar="NAME", label="Tempo steps", heading=LIMITS,
    )  # fmt: skip
    tolerance: float | None = option(
        None, "--tolerance", "Maximum tempo step as a SHARE (.02 is 2 %), instead of --policy.",
        about="Tempo steps up to this share (.02 is 2 %) instead of the policy's.",
        metavar="SHARE", label="Largest tempo change", heading=LIMITS,
    )  # fmt: skip
    harmonic: HarmonicRule | None = option(
        None, "--harmonic", "Key steps: strict, flexible (default), creative, off.",
        what="harmonic rule", metavar="RULE", label="Key steps", heading=LIMITS,
    )  # fmt: skip
    min_sound: float | None = option(
        None, "--min-sound",
        "Minimum similarity in sound to the seed, as in 'map4 similar' (default: that of the nearer half of the "
        "library, or of its nearest 100 tracks).",
        about="Minimum similarity of each track to the seed, -1 to 1 (default: as the nearer half of the library, or "
        "its nearest 100 tracks).",
        what="a least similarity of sound", least=-1, most=1, metavar="-1..1", label="How similar", heading=LIMITS,
    )  # fmt: skip
    artist_gap: Gap | int | str | None = option(
        None, "--artist-gap", "Tracks, or time (60m), between two tracks by an artist (default 4).",
        metavar=_GAP, label="Between tracks of an artist", heading=LIMITS,
    )  # fmt: skip
    album_gap: Gap | int | str | None = option(
        None, "--album-gap", "Tracks, or time (60m), between two tracks of an artist's album (default 0).",
        metavar=_GAP, label="Between tracks of an album", heading=LIMITS,
    )  # fmt: skip
    relax: bool | None = option(
        None, "--relax/--no-relax",
        "If no track keeps all limits: --relax loosens any limit, --no-relax none. Default: keep the "
        "limits that you give, and loosen tempo steps to at most 10 %.",
        about="If no track keeps all limits: yes also loosens the limits set here; no loosens none and ends the list. "
        "By default only other limits are loosened, and tempo steps to 10 % at most.",
        label="Loosen limits", heading=LIMITS,
    )  # fmt: skip
    with_seed: bool | None = option(
        None, "--no-seed", "Leave out the seed itself.",
        about="Include the seeds in the list (default: yes).",
        label="Keep the starting tracks", heading=CHOICE,
    )  # fmt: skip
    plan: bool | None = option(
        None, "--plan",
        "Plan each transition ('map4 mix'), choose by plan between equally good steps, and account for the time "
        "that tracks play together.",
        about="Plan each mix, prefer the better mix between equally good steps, and count overlaps in the length.",
        label="Choose tracks by how they mix", heading=CHOICE,
    )  # fmt: skip
    vary: int | None = option(
        None, "--vary", "Make the N-th of a series of lists with different tracks.",
        about="The N-th of a series of lists with different tracks; the same number repeats the list.",
        label="Variation", metavar="N", heading=CHOICE,
    )  # fmt: skip
    max_candidates: int | None = option(
        None, "--max-candidates",
        "Choose each step from at most N tracks, nearest by sound first (default 1000).",
        about="Maximum number of candidates per step, nearest by sound first (default 1000).",
        metavar="N", label="Candidates per step", heading=CHOICE,
    )  # fmt: skip
    held: tuple[Rule, ...] | None = None
    seeds: tuple[Track, ...] = ()
    goal: Track | None = None
    includes: tuple[Track, ...] = ()
    placed: Mapping[int, Track] = field(default_factory=dict)
    excluded: frozenset[int] = frozenset()
    beside: tuple[Track, ...] = ()
    own_remixes: bool | None = None
    considered: int = CONSIDERED
    recent: str | None = None
    reach: float | None = None
    sweepers: str | None = None
    sweeper_gap: Gap | int | str | None = None

    def settled(self, limits: ListLimits | None = None) -> Self:
        """The request with all defaults filled in; a settled request is returned unchanged.

        Options that are not given come from the preset. Given limits are kept unless `relax` is set; others may be
        relaxed.

        limits: for options set neither here nor in the preset; None uses the defaults
        raises UsageError: if options contradict each other, or are out of range
        """
        if self.held is not None:
            return self
        chosen = find_preset(self.preset, shipped_presets()) if isinstance(self.preset, str) else self.preset
        preset = {} if chosen is None else chosen.options
        unknown = next((name for name in preset if name not in OPTION_NAMES), None)
        if unknown is not None:
            raise UsageError(f"a playlist has no option '{unknown}'; {UsageError.did_you_mean(unknown, OPTION_NAMES)}")
        given = {name for name in OPTION_NAMES if getattr(self, name) is not None}
        more = {name: value for name, value in preset.items() if name not in given}
        if preset and ("n" in given) != ("minutes" in given):  # one kind of length replaces the other
            more.pop("minutes" if "n" in given else "n", None)
        both = replace(self, preset=None, **more)
        if both.tempo_curve is not None and both.n is None and both.minutes is None:
            both = replace(both, minutes=TempoCurve.parse(both.tempo_curve).points[-1][0] or None)
        if self.as_mix and both.minutes is None:
            raise UsageError("--as-mix has no effect without --minutes; leave it out")
        usual, tolerance = limits or ListLimits(), both.tolerance
        if both.policy is None and tolerance is None and usual.tempo.is_own:
            tolerance = usual.tempo.percent / 100.0
        rules = () if self.relax else (rule for name, rule in _RULES.items() if name in given)
        settled = replace(
            both,
            n=DEFAULT_PICKS if both.n is None and both.minutes is None else both.n,
            minutes=None if both.minutes is None else float(both.minutes),
            as_mix=bool(both.as_mix) and both.minutes is not None,
            curve=both.wanted_energy,
            absolute_energy=bool(both.absolute_energy),
            policy=both.policy or usual.tempo.policy,
            tolerance=tolerance,
            harmonic=both.harmonic or usual.harmonic,
            min_sound=None if both.min_sound is None else float(both.min_sound),
            artist_gap=usual.artist_gap if both.artist_gap is None else _gap(both.artist_gap),
            album_gap=usual.album_gap if both.album_gap is None else _gap(both.album_gap),
            with_seed=both.with_seed is not False,
            plan=bool(both.plan),
            vary=both.vary or 0,
            max_candidates=DEFAULT_MAX_CANDIDATES if both.max_candidates is None else both.max_candidates,
            held=tuple(dict.fromkeys(rules)),
        )
        settled.check()
        return settled

    def with_wishes(self, header: ListHeader) -> Self:
        """The request with the wishes of a list for recent plays, where it has none."""
        recent, reach = map(header.options.get, ("recent", "reach"))
        return replace(
            self,
            recent=self.recent or (recent if recent in RECENT_MODES else None),
            reach=reach if self.reach is None and isinstance(reach, float) else self.reach,
        )

    def check(self) -> None:
        """Refuse an invalid request.

        raises UsageError: if it is not settled, contradicts itself, or is out of range
        """
        if (self.n is None) == (self.minutes is None):
            raise UsageError("a playlist has a length in tracks (n) or in minutes; give one")
        if self.n is not None and not 1 <= self.n <= MOST_PICKS:
            raise UsageError(f"a playlist has 1 to {MOST_PICKS} tracks, not {self.n}")
        if self.minutes is not None and not 0 < self.minutes <= MOST_PICKS:
            raise UsageError(f"a playlist lasts more than 0 and up to {MOST_PICKS} minutes, not {self.minutes:g}")
        if self.most_candidates < 1:
            raise UsageError("a step needs at least one candidate")
        if (self.vary or 0) < 0:
            raise UsageError("vary must be 0 or more")
        if self.recent is not None and self.recent not in RECENT_MODES:
            raise UsageError(f"'recent' must be out, less or off, not {self.recent!r}")
        if not (isinstance(self.reach or 0, int | float) and 0 <= (self.reach or 0) <= 1):
            raise UsageError(f"'reach' must be a share of places, 0 to 1, not {self.reach!r}")
        if not (isinstance(self.sweepers or "", str) and self.wanted_sweeper_gap.size):
            raise UsageError("'sweepers' must be a query, and 'sweeper_gap' more than 0 tracks or a time")
        _ = self.limits  # checks the tolerance

    # ---- what the search reads -------------------------------------------------------------------

    @property
    def limits(self) -> ListLimits:
        """The limits that can be checked from the tracks of a list only."""
        usual = ListLimits()
        percent = None if self.tolerance is None else _tolerance_percent(self.tolerance)
        return ListLimits(
            tempo=TempoLimit.of(self.policy or usual.tempo.policy, percent),
            harmonic=self.harmonic or usual.harmonic,
            artist_gap=usual.artist_gap if self.artist_gap is None else _gap(self.artist_gap),
            album_gap=usual.album_gap if self.album_gap is None else _gap(self.album_gap),
        )

    @property
    def wanted_energy(self) -> EnergyCurve | None:
        """The curve; None keeps the energy of the seed."""
        return parse_curve(self.curve) if isinstance(self.curve, str) else self.curve

    @property
    def wanted_sweeper_gap(self) -> Gap:
        """The tracks, or time, between two sweepers."""
        return _gap(Gap.OF_ARTISTS if self.sweeper_gap is None else self.sweeper_gap)

    @property
    def wanted_tempo(self) -> TempoCurve | None:
        return None if self.tempo_curve is None else TempoCurve.parse(self.tempo_curve)

    @property
    def drift_percent(self) -> float:
        """The largest distance from the list's tempo at a time."""
        return self.limits.tempo.drift_percent if self.tempo_curve is None else TempoCurve.AIM_PERCENT

    @property
    def most_candidates(self) -> int:
        """Maximum number of candidates of a step, nearest by sound first."""
        return DEFAULT_MAX_CANDIDATES if self.max_candidates is None else self.max_candidates

    @property
    def most_considered(self) -> int:
        """How many of the nearest tracks by sound are considered."""
        picks = (self.minutes or 0.0) / _USUAL_LENGTH_MINUTES if self.n is None else self.n
        return math.ceil(max(1.0, picks / _CONSIDERED_PICKS)) * self.considered * self.most_candidates

    @property
    def sounds_like(self) -> tuple[Track, ...]:
        """The tracks that picks should sound like: the seeds, or else the placed tracks."""
        return self.seeds or tuple(self.placed.values())

    def holds(self, rule: Rule) -> bool:
        """Whether a limit is never relaxed."""
        return self.relax is False or rule in (self.held or ())

    def to_record(self) -> dict[str, Any]:
        """JSON values of a settled request, for the record of the list."""
        limits = self.limits.limits_record()
        return {
            "n": self.n,
            "minutes": self.minutes,
            "as_mix": self.as_mix,
            **{name: limits.pop(name) for name in ("policy", "tempo_limit_percent", "harmonic")},
            "curve": None if self.wanted_energy is None else self.wanted_energy.text,
            "absolute_energy": self.absolute_energy,
            **({} if self.tempo_curve is None else {"tempo_curve": self.tempo_curve}),
            **limits,
            "min_sound": None if self.min_sound is None else round(self.min_sound, 4),
            "max_candidates": self.max_candidates,
            "with_seed": self.with_seed,
            "relax": self.relax,
            "held": list(self.held or ()),
            "vary": self.vary,
            "plan": self.plan,
            **{name: value for name in OF_PRESETS_ONLY if (value := getattr(self, name)) not in (None, False)},
            "query": query_text(self.query),
            "prefer": None if self.preferred is None else query_text(self.preferred),
            "avoid": None if self.avoided is None else query_text(self.avoided),
        }


def query_text(query: str | Query | None) -> str:
    """The text of a query; "" for None."""
    return "" if query is None else query if isinstance(query, str) else query.text


def _gap(value: Gap | int | str) -> Gap:
    return value if isinstance(value, Gap) else Gap.read(str(value))


def _tolerance_percent(share: float) -> float:
    if not _LEAST_TOLERANCE <= share <= _MOST_TOLERANCE:
        raise UsageError(f"a tempo tolerance is a share from {_LEAST_TOLERANCE:g} to {_MOST_TOLERANCE:g} (.02 is 2 %)")
    return round(100.0 * share, 3)  # rounded as in records


RECENT_MODES = ("out", "less", "off")
OF_PRESETS_ONLY = ("own_remixes", "recent", "reach", "sweepers", "sweeper_gap")
OPTION_NAMES = (
    *(name for name in declared_options(ListRequest) if name != "preset" and name not in declared_options(TrackChoice)),
    *OF_PRESETS_ONLY,
)
"""What a preset may set; the last are no options of commands."""
# The limit that an option sets. A curve sets none: it gives a target, not a distance.
_RULES: Mapping[str, Rule] = {
    "policy": "tempo_policy",
    "tolerance": "tempo_policy",
    "harmonic": "harmonic",
    "artist_gap": "artist_gap",
    "album_gap": "album_gap",
    "min_sound": "sound",
}


# ---- presets ----------------------------------------------------------------------------------------

PRESETS_FILE = "data/playlist_presets.toml"


def read_presets(content: Mapping[str, Any]) -> dict[str, Preset]:
    """Make presets from the content of a file like `playlist_presets.toml`, or of a user's table.

    raises UsageError: with the name of a preset that has an unknown option or an invalid value
    """
    presets = {}
    for name, values in content.items():
        if not isinstance(values, Mapping):
            raise UsageError(f"playlist preset '{name}' must be a table of options")
        options = {key: value for key, value in values.items() if key != "help"}
        try:
            ListRequest(preset=Preset(name=name, help="", options=options)).settled()
        except UsageError as error:
            raise UsageError(f"playlist preset '{name}': {error}") from None
        spelled = name.strip().lower().replace("-", "_")
        presets[spelled] = Preset(name=spelled, help=str(values.get("help", "")), options=options)
    return presets


def checked_presets(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A user's table of presets, checked; raises ValueError if a preset is invalid."""
    try:
        read_presets(content)
    except UsageError as error:
        raise ValueError(f"must be presets: {error}") from None
    return content


@cache
def shipped_presets() -> Mapping[str, Preset]:
    """The shipped presets, read once."""
    import tomllib
    from importlib.resources import files

    text = files("map4.core.music").joinpath(PRESETS_FILE).read_text(encoding="utf-8")
    return read_presets(tomllib.loads(text))


def presets_of(own: Mapping[str, Any]) -> dict[str, Preset]:
    """The presets by name: the shipped ones, and those of the setting `playlist.presets`."""
    return {**shipped_presets(), **read_presets(own)}


def find_preset(name: str, presets: Mapping[str, Preset]) -> Preset:
    """The preset of a name, in any case and with blanks or hyphens."""
    spelled = name.strip().lower().replace("-", "_")
    if spelled in presets:
        return presets[spelled]
    raise UsageError.no_such("preset", name, presets)
