"""Check a list as a DJ would: its quality, its weakest steps, and what would improve them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.analysis import Hamms
from map4.core.music.lists.limits import USUAL_WEAK_STEPS, ListLimits
from map4.core.music.lists.quality import ListQuality
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing import compatibility
from map4.core.music.mixing.many import MixColumns, MixScores, hamms_rows, hamms_similarities
from map4.core.music.mixing.mix_plan import Against, MixPlan, NoPlan
from map4.core.music.query.shuffle import following_in_works, together
from map4.core.music.recording import Recordings, recording_facts
from map4.core.music.track.credits import artist_key
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.hamms import HammsSimilarity, similarity
from map4.core.music.track.track import Track
from map4.lists.check_result import BetterOrder, ListStep, OtherJoint, PlaylistCheck, Replacement, WeakStep
from map4.lists.judging.locked_order import best_move, better_order
from map4.lists.judging.quality import list_quality, listed_tracks
from map4.lists.playlist.energy_curve import EnergyCurve
from map4.lists.sequencing.step_scores import step_costs
from map4.lists.slots import ListSlot
from map4.lists.step_plans import following_plan
from map4.search import ResolvedPlaylist
from map4.transitions import Segues as Segues

MOST_LIKENED = 200
"""Maximum length of a list for which all pairs are compared by sound, as longer lists have enough equal tracks, and for
which a check looks for a better order of all tracks."""

MOST_ORDERED = 1500
"""Maximum length of a list for which all pairs are compared: 250 MB; twice as many tracks need four times as much."""

# A smaller gain is no reason to change a list.
_LEAST_GAIN = 0.01
# Compatibilities differ by .004 or not at all; the sound only decides between equal ones.
_SIMILARITY_SHARE = 1e-5
SHORT_OVERLAP_BARS = 4
"""Keys that clash are hardly heard in an overlap of this length."""
_LIMITS_OF_STEP = 4
"""No step breaks more limits that `order_costs` counts: key, two of the tempo, artist."""
_NOTHING_KNOWN = (None,) * Hamms.SIZE


FindSlots = Callable[..., Sequence[ListSlot]]
_Pairs = tuple[NDArray[np.float64], NDArray[np.float64]]  # gains and costs


def check_list(
    resolved: ResolvedPlaylist,
    *,
    limits: ListLimits,
    genres: GenreTable,
    find_slots: FindSlots,
    with_segues: Callable[[Sequence[Track]], Sequence[Track]] = list,
    segues: Segues | None = None,
    curve: EnergyCurve | None = None,
    plans: Sequence[MixPlan | NoPlan | None] = (),
    most: int = USUAL_WEAK_STEPS,
    pinned: Collection[int] = (),
    whole_works: bool = False,
) -> PlaylistCheck:
    """Judge a list's transitions, and look for improvements of the weakest.

    resolved: the list; entries without a track are reported but not judged
    limits: of its steps
    find_slots: returns tracks of the library that fit a place
    with_segues: returns tracks with what is known of their segues
    segues: of the list
    curve: the wanted energy; None uses the list's own
    plans: how each track is mixed in; None as usual
    most: number of weak transitions that are improved
    pinned: places (from 0) whose tracks stay, as locked ones do
    whole_works: orders keep the movements of a work together
    """
    tracks, placed = resolved.tracks(), resolved.placed()
    if curve is not None:
        last = max(1, len(tracks) - 1)
        placed = [(track, replace(pick, energy_target=curve.at(at / last))) for at, (track, pick) in enumerate(placed)]
    listed = listed_tracks(placed, genres)
    steps = transitions(tracks, plans)
    pairs, segues = None, segues or Segues()
    if len(tracks) <= MOST_ORDERED:
        pairs = mixing_gains(tracks), order_costs(with_segues(tracks), limits, segues, whole_works=whole_works)
    totals = [step.compatibility.total for step in steps]
    worth = [(step.rating, 0.0 if step.is_copy else step.compatibility.total) for step in steps]  # copies come first
    judged_at = {place for place, ((_, a), (_, b)) in enumerate(itertools.pairwise(placed)) if a.mixes_into(b)}
    weak = [steps[place] for place in compatibility.Compatibility.weakest_steps(worth) if place in judged_at]

    locked = {place for place, (_, pick) in enumerate(placed) if pick.locked}
    stay = {*locked, *pinned}

    def judged(places: Sequence[int]) -> ListQuality:
        return list_quality([listed[place] for place in places], limits=limits, genres=genres)

    return PlaylistCheck(
        resolved=resolved,
        tracks=tuple(tracks),
        limits=limits,
        quality=judged(range(len(listed))) if listed else None,
        steps=tuple(step for step in steps if step.place in judged_at),
        weak=len(weak),
        weakest=tuple(_helped(step, pairs, totals, find_slots, locked, stay) for step in weak[:most]),
        better_order=_better_order(*pairs, stay, judged) if pairs else None,
        notes=segues.notes,
    )


def pair_plans(
    listed: Tracklist, detailed: Callable[[Sequence[Track]], Sequence[Track]], segues: Segues
) -> list[MixPlan | NoPlan | None]:
    """The plan of each transition: the list's own, or of the pair, as 'map4 mix' has it; None where there is none,
    and in longer lists than are ordered.

    detailed: returns tracks with their beats
    """
    plans: list[MixPlan | NoPlan | None] = [pick.plan for pick in listed.picks]
    if len(plans) > MOST_ORDERED or None not in plans[1:]:
        return plans
    tracks = detailed(listed.tracks)
    for place in range(1, len(plans)):
        if plans[place] is None:
            plan = following_plan(tracks[place - 1], None, tracks[place], segues=segues)
            plans[place] = plan if isinstance(plan, MixPlan) else None
    return plans


def transitions(tracks: Sequence[Track], plans: Sequence[MixPlan | NoPlan | None] = ()) -> list[ListStep]:
    """Judge the transitions of a list, as planned if each track has a plan or None."""
    traits, again = [compatibility.MixTraits.of(track) for track in tracks], _repeated(tracks)

    def judged(place: int) -> compatibility.Compatibility:
        mix, copy = traits[place].compared(traits[place + 1]), again.get(place + 1)
        return mix if copy is None else replace(mix, faults=(copy, *mix.faults))

    return [
        ListStep(
            place=place,
            compatibility=judged(place),
            similarity=similarity(a, b),
            joint=plans[place + 1] if plans else None,
        )
        for place, (a, b) in enumerate(itertools.pairwise(tracks))
    ]


def _repeated(tracks: Sequence[Track]) -> dict[int, Against]:
    """The places (from 0) of tracks that repeat a recording of the list, each with its fault."""
    known, again = Recordings[int](), dict[int, Against]()
    for place, track in enumerate(tracks):
        facts = recording_facts(track)
        last = max(known.same(**facts), default=None)
        if last is not None:
            which = "the track before" if last == place - 1 else f"track {last + 1}"
            again[place] = Against(kind="copy", text=f"the same recording as {which}")
        known.add(place, **facts)
    return again


def mixing_gains(tracks: Sequence[Track]) -> NDArray[np.float64]:
    """Compatibility of each ordered pair of tracks, shape (n, n), plus 1e-5 of their similarity in sound."""
    columns = MixColumns.of(compatibility.MixTraits.of(track) for track in tracks)
    gains: NDArray[np.float64] = np.array(MixScores.of(columns[:, None], columns[None, :]).total)
    if len(tracks) <= MOST_LIKENED:
        vectors = hamms_rows([HammsSimilarity.vector_of(track) or _NOTHING_KNOWN for track in tracks])
        alike = hamms_similarities(vectors[:, None], vectors)
        np.fill_diagonal(alike, 0.0)
        gains += _SIMILARITY_SHARE * np.nan_to_num(alike)
    return gains


def order_costs(
    tracks: Sequence[Track], limits: ListLimits, segues: Segues, *, whole_works: bool = False
) -> NDArray[np.float64]:
    """Cost of each ordered pair of tracks that breaks a limit of the list, shape (n, n): 1 for each limit.

    Of the gaps only that of artists counts, between neighbours. Copies of a recording cost more than all limits of the
    list: they are neighbours only if every order has such a pair. So does a pair that separates a segue,
    or with `whole_works` the movements of a work.
    """
    costs = step_costs(MixColumns.of(compatibility.MixTraits.of(track) for track in tracks), limits)
    if limits.artist_gap.size:
        names = np.array([artist_key(track.artist()) or f"\0{place}" for place, track in enumerate(tracks)])
        costs += names[:, None] == names[None, :]
    for first, second in _next_in_album(tracks, segues, whole_works).items():
        costs[first] += _LIMITS_OF_STEP * len(tracks)
        costs[:, second] += _LIMITS_OF_STEP * len(tracks)
        costs[first, second] = 0.0
    known = Recordings[int]()
    for place, facts in enumerate(map(recording_facts, tracks)):
        for other in {*known.same(**facts)}:
            costs[[place, other], [other, place]] += _LIMITS_OF_STEP * len(tracks)
        known.add(place, **facts)
    return costs


def with_whole_segues(tracks: Sequence[Track], segues: Segues, *, whole_works: bool = False) -> list[Track]:
    """The tracks in their order, but each segue, with `whole_works` also each work, whole at the place of its first."""
    return [tracks[place] for place in together(len(tracks), _next_in_album(tracks, segues, whole_works))]


def _next_in_album(tracks: Sequence[Track], segues: Segues, whole_works: bool) -> dict[int, int]:
    """The track that each track comes before in its segue, else in its work; both are in the order of the album."""
    following = segues.among(tracks)
    if not whole_works:
        return following
    works = []
    for track in tracks:
        place = track.album_place()
        at = (0, track.value("movement_number")) if place is None else (place.disc, place.number)
        works.append((track.value("work"), track.album() or track.artist(), at))
    later = {*following.values()}
    in_works = following_in_works(works).items()
    return {a: b for a, b in in_works if a not in following and b not in later} | following


def _helped(
    step: ListStep, pairs: _Pairs | None, totals: list[float], find_slots: FindSlots, locked: set[int], stay: set[int]
) -> WeakStep:
    """A weak step, and what would improve it."""
    at = step.place
    if step.is_copy:
        none = dict.fromkeys(("move", "swap", "replacement", "insertion", "joint"))
        return WeakStep(step=step, remove=None if at + 1 in locked else at + 2, **none)
    move, swap = (
        best_move(*pairs, at, least_gain=_LEAST_GAIN, reach=reach, locked=stay) if pairs else None
        for reach in (None, 1)  # a move to any place, and a swap with a neighbour
    )
    # Tracks that are not in the list come last, and only where no DJ would play the transition.
    is_poor, is_fixed = step.rating == "poor", any(place > at for place in locked)
    places = [(place, {"replace": place + 1}) for place in (at, at + 1) if is_poor and place not in stay]
    gaps = [(at + 1, {"after": at + 1})] if is_poor and not is_fixed else []
    return WeakStep(
        step=step,
        move=move,
        swap=swap,
        replacement=_best_fitting(places, totals, find_slots),
        insertion=_best_fitting(gaps, totals, find_slots),
        joint=_other_joint(step),
        remove=None,
    )


def _best_fitting(
    openings: Iterable[tuple[int, Mapping[str, int]]], totals: Sequence[float], find_slots: FindSlots
) -> Replacement | None:
    """The track of the library that improves the transitions of a place most; None if none does.

    openings: each place from 0, and how `find_slots` names it
    totals: compatibility of each transition of the list
    """
    best: Replacement | None = None
    best_gain, whole = 0.0, float(np.mean(totals))
    for place, opening in openings:
        there = totals[max(0, place - 1) : place + ("replace" in opening)]
        before = float(np.mean(there))
        for slot in find_slots(**opening):
            steps = [step for step in (slot.before, slot.after) if step is not None]
            new = [step.step.total for step in steps]
            gain = float(np.mean(new)) - before
            is_good = gain >= _LEAST_GAIN and all(step.rating != "poor" for step in steps)
            if is_good and gain > best_gain + 1e-9:
                after = (sum(totals) - sum(there) + sum(new)) / (len(totals) - len(there) + len(new))
                best, best_gain = Replacement(place=place, track=slot.track, before=whole, after=after), gain
    return best


def _other_joint(step: ListStep) -> OtherJoint | None:
    """A cut or a short overlap, if it is rated higher than the present joint."""
    mix = step.compatibility
    short = mix.worst_rating(mix.rated(SHORT_OVERLAP_BARS), step.faults)
    joints = (
        OtherJoint(kind="cut", bars=None, rating=mix.rated(0.0)),
        OtherJoint(kind="bass_swap", bars=SHORT_OVERLAP_BARS, rating=short),
    )
    order = [*compatibility.Compatibility.RATING_SIGNS]
    best = min(joints, key=lambda joint: order.index(joint.rating))
    return best if order.index(best.rating) < order.index(step.rating) else None


def _better_order(
    gains: NDArray[np.float64],
    costs: NDArray[np.float64],
    locked: Collection[int],
    judged: Callable[[Sequence[int]], ListQuality],
) -> BetterOrder | None:
    if not 3 <= len(gains) <= MOST_LIKENED:
        return None
    best = better_order(gains, costs, locked, judged=judged, least_gain=_LEAST_GAIN)
    if best.indices == tuple(range(len(gains))):
        return None
    mean = float(gains[best.indices[:-1], best.indices[1:]].mean())
    return BetterOrder(places=best.indices, method=best.method, compatibility=mean, quality=judged(best.indices))
