"""The quality of a list, judged by its tracks."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from map4.core.base.text import folded
from map4.core.music.lists.limits import Gap, ListLimits, Rule
from map4.core.music.lists.quality import ListQuality, Weakness
from map4.core.music.lists.tracklist import PlacedPick, Tracklist
from map4.core.music.mixing.compatibility import Compatibility, MixTraits
from map4.core.music.mixing.harmony import EPSILON, fits
from map4.core.music.track.credits import artist_key
from map4.core.music.track.genre import GenreTable
from map4.lists.sequencing.step_scores import ENERGY_REACH, GENRE_FLOOR

ENERGY_STEP_SCORES: tuple[tuple[float, float], ...] = ((0.1, 1.0), (0.2, 0.8), (0.3, 0.5))
OTHER_ENERGY_STEP = 0.2

GAP_WEAKNESS = 0.5
"""An artist or album that is repeated too early counts half: the mix is not worse."""

RECORDED: tuple[Weakness, ...] = ("energy_curve", "sound", "tempo_drift")
"""Weaknesses that depend on the seed or the curve: they count if the list says that they were relaxed. All others are
computed from the tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTrack:
    """The properties of a track that the quality of its list depends on.

    mix: tempo, key, energy
    genre_family, artist, album, audio_id, duration_s: None if unknown
    has_names: whether title and artist are known
    wanted_energy: 0-1, energy of the list's curve at this place; None without a curve
    relaxed: limits that the list itself says were relaxed for it
    is_sweeper: not judged
    """

    mix: MixTraits
    genre_family: str | None = None
    artist: str | None = None
    album: str | None = None
    audio_id: str | None = None
    duration_s: float | None = None
    has_names: bool = True
    wanted_energy: float | None = None
    relaxed: Collection[Rule] = ()
    is_sweeper: bool = False


def list_quality(tracks: Sequence[ListedTrack], *, limits: ListLimits, genres: GenreTable) -> ListQuality:
    """Judge a list by its tracks, and by the relaxed limits that it records.

    Sweepers, and tracks that are too short to be mixed, don't count, unless all are: a clip between two tracks improves
    nothing. Plans don't count either, so a cut improves nothing.

    An unknown tempo breaks every policy. Steps without both keys, or both genres, don't count in these parts; a step
    without both energies scores .2. In the compatibility of a transition, unknown values count half.

    tracks: one or more, in order
    limits: the limits it was made with
    """
    if not tracks:
        raise ValueError("a list without tracks has no quality")
    least_s = Compatibility.LEAST_MIXED_S
    whole = [place for place, track in enumerate(tracks, start=1)
             if not track.is_sweeper and (track.duration_s is None or track.duration_s >= least_s)]  # fmt: skip
    if 0 < len(whole) < len(tracks):
        quality = list_quality([tracks[place - 1] for place in whole], limits=limits, genres=genres)
        weak_steps = {name: tuple(whole[at - 1] for at in places) for name, places in quality.weak_steps.items()}
        return replace(quality, weak_steps=weak_steps)
    steps = list(itertools.pairwise(tracks))
    mixes = [a.mix.compared(b.mix) for a, b in steps]
    weak = _weaknesses(tracks, mixes, limits, genres)
    to_each = weak[1:]
    in_key = (float("harmonic" not in weaknesses) for weaknesses in to_each)
    keyed = [harmony for (a, b), harmony in zip(steps, in_key, strict=True) if a.mix.key and b.mix.key]
    families = [fit for a, b in steps if (fit := genres.fit(a.genre_family, b.genre_family)) is not None]
    missed = [abs(track.mix.energy - track.wanted_energy) for track in tracks
              if track.mix.energy is not None and track.wanted_energy is not None]  # fmt: skip
    return ListQuality(
        tempo=_percent([float("tempo_policy" not in weaknesses) for weaknesses in to_each]),
        harmony=None if limits.harmonic == "off" else _percent(keyed),
        transitions=_percent([0.0 if Compatibility.is_below_fair(mix.total) else mix.total for mix in mixes]),
        genre=_percent(families),
        energy=_percent([_energy_score(a, b) for a, b in steps]),
        limits=_percent([_strength(weaknesses) for weaknesses in _with_opening(weak)]),
        data=_percent([float(track.has_names and track.mix.bpm is not None) for track in tracks]) or 0.0,
        curve=_percent([float(energy <= ENERGY_REACH[0] + EPSILON) for energy in missed]),
        weak_steps=_positions(weak),
    )


# ---- weak steps ----------------------------------------------------------------------------------


def _weaknesses(
    tracks: Sequence[ListedTrack], mixes: Sequence[Compatibility], limits: ListLimits, genres: GenreTable
) -> list[list[Weakness]]:
    """The weaknesses of each track, and of the step to it."""
    steps = zip(tracks, tracks[1:], mixes, strict=False)
    weak: list[list[Weakness]] = [[], *(list(_step_weaknesses(*step, limits, genres)) for step in steps)]
    lengths_s = [Tracklist.USUAL_LENGTH_S if track.duration_s is None else track.duration_s for track in tracks]
    starts_s = [0.0, *itertools.accumulate(lengths_s)]
    artists = [artist_key(track.artist) for track in tracks]
    albums = [artist and track.album and f"{artist}\0{folded(track.album).strip()}"
              for artist, track in zip(artists, tracks, strict=True)]  # fmt: skip
    early: tuple[tuple[Weakness, Gap, Sequence[str | None]], ...] = (
        ("artist_gap", limits.artist_gap, artists), ("album_gap", limits.album_gap, albums),
    )  # fmt: skip
    for place, _ in _again([track.audio_id for track in tracks]):
        weak[place].append("repeated")
    for name, gap, names in early:
        for place, last in _again(names) if len({*names}) > 1 else ():  # a list by a single artist has no gaps
            by_picks = gap.picks is not None
            if place - last <= gap.size if by_picks else starts_s[place] - starts_s[last] < gap.size - EPSILON:
                weak[place].append(name)
    for own, track in zip(weak, tracks, strict=True):
        own += [name for name in RECORDED if name in track.relaxed]
    return weak


def _step_weaknesses(
    before: ListedTrack, track: ListedTrack, mix: Compatibility, limits: ListLimits, genres: GenreTable
) -> Iterator[Weakness]:
    a, b = before.mix, track.mix
    if a.bpm is None or b.bpm is None or not limits.tempo.allows(a.bpm, b.bpm):
        yield "tempo_policy"
    if not fits(limits.harmonic, a.leaves, b.enters):
        yield "harmonic"
    fit = genres.fit(before.genre_family, track.genre_family)
    if fit is not None and fit < GENRE_FLOOR - EPSILON:
        yield "genre"
    if mix.energy.is_leap:
        yield "energy_step"
    if Compatibility.is_below_fair(mix.total):
        yield "poor_mix"


def _again(names: Sequence[str | None]) -> Iterator[tuple[int, int]]:
    """Each place (from 0) whose name occurred before, and its previous place."""
    last: dict[str, int] = {}
    for place, name in enumerate(names):
        if name:
            if name in last:
                yield place, last[name]
            last[name] = place


def _with_opening(weak: Sequence[list[Weakness]]) -> list[list[Weakness]]:
    """The weaknesses of each step; the first step includes those of the opening, which has no step before it."""
    opening, *steps = weak
    return [[*opening, *steps[0]], *steps[1:]] if steps else []


def _strength(weaknesses: Sequence[Weakness]) -> float:
    if not weaknesses:
        return 1.0
    return 1.0 - GAP_WEAKNESS if {*weaknesses} <= {"artist_gap", "album_gap"} else 0.0


def _positions(weak: Sequence[Sequence[Weakness]]) -> dict[Weakness, tuple[int, ...]]:
    places = {
        name: tuple(place for place, weaknesses in enumerate(weak, start=1) if name in weaknesses)
        for name in get_args(Weakness)
    }
    return {name: positions for name, positions in places.items() if positions}


# ---- parts ---------------------------------------------------------------------------------------


def _energy_score(a: ListedTrack, b: ListedTrack) -> float:
    if a.mix.energy is None or b.mix.energy is None:
        return OTHER_ENERGY_STEP
    change = abs(b.mix.energy - a.mix.energy)
    return next((score for most, score in ENERGY_STEP_SCORES if change <= most + EPSILON), OTHER_ENERGY_STEP)


def _percent(scores: Sequence[float]) -> float | None:
    return ListQuality.one_decimal(100.0 * sum(scores) / len(scores)) if scores else None


def listed_tracks(placed: Iterable[PlacedPick], genres: GenreTable) -> list[ListedTrack]:
    """The properties of each track and its list entry that the quality of a list depends on."""
    return [
        ListedTrack(
            mix=MixTraits.of(track),
            genre_family=track.genre_family(genres),
            artist=track.artist(),
            album=track.album(),
            audio_id=track.audio_id,
            duration_s=track.length_s,
            has_names=bool(track.artist() and track.title()),
            wanted_energy=pick.energy_target,
            relaxed=pick.relaxed_rules,
            is_sweeper=pick.sweeper,
        )
        for track, pick in placed
    ]


def track_families(labels: Iterable[str | None], tags: Iterable[str | None], genres: GenreTable) -> list[str | None]:
    """Genre families of tracks by label or else tag; each distinct pair is looked up once."""
    names = list(zip(labels, tags, strict=True))
    families = {name: genres.track_family(*name) for name in set(names)}
    return [families[name] for name in names]
