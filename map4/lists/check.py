"""Check a list as a DJ would: its quality, its weakest steps, and what would improve them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from map4.base.text import name_key
from map4.lists.check_result import BetterOrder, ListStep, PlaylistCheck, Replacement, WeakStep
from map4.lists.judging.list_repair import Named, Spares, best_move, best_replacement
from map4.lists.judging.quality import ListedTrack, list_quality, listed_tracks, track_families
from map4.lists.playlist.energy_curve import EnergyCurve
from map4.lists.sequencing.step_limits import step_costs
from map4.music.analysis.analysis import HAMMS_SIZE
from map4.music.columns import Columns
from map4.music.lists.limits import ListLimits
from map4.music.lists.quality import ListQuality
from map4.music.mixing.compatibility import USUAL_WEAK_STEPS, compare_mix, mix_traits, weakest_steps
from map4.music.mixing.hamms_pairs import hamms_rows, hamms_similarities
from map4.music.mixing.many import MixColumns, mix_scores
from map4.music.mixing.mix_plan import MixPlan, NoPlan
from map4.music.mixing.ordering import best_order
from map4.music.sound.similarity_tables import LibraryTable
from map4.music.track.genre import GenreTable
from map4.music.track.hamms import hamms_vector, similarity
from map4.music.track.track import Source, Track
from map4.search import ResolvedPlaylist

MOST_LIKENED = 200
"""Maximum length of a list for which all pairs are compared by sound; longer lists have enough equal tracks."""

MOST_REORDERED = 200
"""Maximum length of a list for which a check looks for a better order of all tracks."""

# A smaller gain is no reason to change a list.
_LEAST_GAIN = 0.01
# Compatibilities differ by .004 or not at all; the sound only decides between equal ones.
_SIMILARITY_SHARE = 1e-5
_NOTHING_KNOWN = (None,) * HAMMS_SIZE


def check_list(
    resolved: ResolvedPlaylist,
    *,
    limits: ListLimits,
    genres: GenreTable,
    spares: Spares | None,
    find_spare: Callable[[int], Track | None],
    curve: EnergyCurve | None = None,
    plans: Sequence[MixPlan | NoPlan | None] = (),
) -> PlaylistCheck:
    """Judge a list's transitions, and look for improvements of the weakest.

    resolved: the list; entries without a track are reported but not judged
    limits: of its steps
    spares: tracks of the library to use as replacements; None looks for none
    find_spare: returns the track of a spare's id
    curve: the wanted energy; None uses the list's own
    plans: how each track is mixed in; None as usual
    """
    tracks, placed = resolved.tracks(), resolved.placed()
    if curve is not None:
        last = max(1, len(tracks) - 1)
        wanted = [curve.at(place / last) for place in range(len(tracks))]
        placed = [(track, replace(pick, energy_target=at)) for (track, pick), at in zip(placed, wanted, strict=True)]
    listed = listed_tracks(placed, genres)
    steps = transitions(tracks, plans)
    gains, costs = mixing_gains(tracks), order_costs(tracks, limits)
    rated = [(step.rating, step.compatibility.total) for step in steps]
    weak = [steps[place] for place in weakest_steps(rated)[:USUAL_WEAK_STEPS]]

    def helped(step: ListStep) -> WeakStep:
        move = best_move(gains, costs, step.place, least_gain=_LEAST_GAIN)
        return WeakStep(step=step, move=move, replacement=_replacement(step.place, listed, tracks, spares, find_spare))

    def judged(places: Sequence[int]) -> ListQuality:
        return list_quality([listed[place] for place in places], limits=limits, genres=genres)

    return PlaylistCheck(
        resolved=resolved,
        tracks=tuple(tracks),
        limits=limits,
        quality=judged(range(len(listed))) if listed else None,
        steps=tuple(steps),
        weakest=tuple(helped(step) for step in weak),
        better_order=_better_order(gains, costs, judged),
    )


def transitions(tracks: Sequence[Track], plans: Sequence[MixPlan | NoPlan | None] = ()) -> list[ListStep]:
    """Judge the transitions of a list, as planned if each track has a plan or None."""
    traits = [mix_traits(track) for track in tracks]
    return [
        ListStep(
            place=place,
            compatibility=compare_mix(traits[place], traits[place + 1]),
            similarity=similarity(a, b),
            joint=plans[place + 1] if plans else None,
        )
        for place, (a, b) in enumerate(itertools.pairwise(tracks))
    ]


def mixing_gains(tracks: Sequence[Track]) -> NDArray[np.float64]:
    """Compatibility of each ordered pair of tracks, shape (n, n), plus 1e-5 of their similarity in sound."""
    columns = MixColumns.of(mix_traits(track) for track in tracks)
    gains: NDArray[np.float64] = np.array(mix_scores(columns[:, None], columns[None, :]).total)
    if len(tracks) <= MOST_LIKENED:
        vectors = hamms_rows([hamms_vector(track) or _NOTHING_KNOWN for track in tracks])
        alike = hamms_similarities(vectors[:, None], vectors)
        np.fill_diagonal(alike, 0.0)
        gains += _SIMILARITY_SHARE * np.nan_to_num(alike)
    return gains


def order_costs(tracks: Sequence[Track], limits: ListLimits) -> NDArray[np.float64]:
    """Cost of each ordered pair of tracks that breaks a limit of the list, shape (n, n): 1 for each limit.

    Of the gaps only that of artists counts, between neighbours.
    """
    costs = step_costs(MixColumns.of(mix_traits(track) for track in tracks), limits)
    if limits.artist_gap.size:
        names = np.array([name_key(track.artist() or f"\0{place}") for place, track in enumerate(tracks)])
        costs += names[:, None] == names[None, :]
    return costs


def spare_tracks(
    table: LibraryTable,
    taken: Collection[int],
    genres: GenreTable,
    *,
    prefer: Sequence[Source],
    names: Callable[[Sequence[int]], Columns],
) -> Spares:
    """The tracks of a library except those taken (file ids).

    prefer: sources of tempo and key in order of preference, used if the user set no value
    names: returns artists and genres of files (ids)
    """
    left = np.flatnonzero(~np.isin(table.file_ids, np.array(list(taken), dtype=np.int64)))

    def named(file_ids: Sequence[int]) -> dict[int, Named]:
        columns = names(file_ids)
        families = track_families(columns.label_family, columns.genre, genres)
        return dict(zip(columns.file_id.tolist(), zip(columns.artist.tolist(), families, strict=True), strict=True))

    return Spares(ids=table.file_ids[left], mix=table.mix(prefer)[left], named=named)


def _replacement(
    place: int,
    listed: Sequence[ListedTrack],
    tracks: Sequence[Track],
    spares: Spares | None,
    find_spare: Callable[[int], Track | None],
) -> Replacement | None:
    if spares is None:
        return None
    substitution = best_replacement(
        [item.mix for item in listed],
        [track.artist() for track in tracks],
        [item.genre_family for item in listed],
        place,
        spares,
        least_gain=_LEAST_GAIN,
    )
    track = None if substitution is None else find_spare(substitution.spare_id)
    if substitution is None or track is None:
        return None
    return Replacement(place=substitution.place, track=track, before=substitution.before, after=substitution.after)


def _better_order(
    gains: NDArray[np.float64], costs: NDArray[np.float64], judged: Callable[[Sequence[int]], ListQuality]
) -> BetterOrder | None:
    present = range(len(gains))
    if not 3 <= len(present) <= MOST_REORDERED:
        return None

    def mean(values: NDArray[np.float64], places: Sequence[int]) -> float:
        return float(np.mean([values[a, b] for a, b in itertools.pairwise(places)]))

    best = best_order(gains - costs)
    quality = judged(best.indices)
    is_better = mean(gains - costs, best.indices) >= mean(gains - costs, present) + _LEAST_GAIN
    if not is_better or (quality.overall or 0.0) < (judged(present).overall or 0.0):
        return None
    return BetterOrder(
        places=best.indices, method=best.method, compatibility=mean(gains, best.indices), quality=quality
    )
