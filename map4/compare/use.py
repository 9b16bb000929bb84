"""Compare tracks: every pair, the order that mixes best, and the course of the energy in it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated

import numpy as np

from map4.core.base.call_options import WorkerOptions
from map4.core.base.paths import Paths
from map4.core.base.records import Count, Fraction4, Json, Record
from map4.core.base.shown import Shown
from map4.core.music.analysis.analysis import Hamms
from map4.core.music.lists.limits import ListLimits
from map4.core.music.mixing.compatibility import Compatibility, MixRating, MixTraits, rate_compatibility
from map4.core.music.mixing.energy_flow import Flow, StepFlow, energy_flow, step_flow
from map4.core.music.mixing.harmony import EPSILON
from map4.core.music.mixing.many import MixColumns, MixScores, PairDistribution
from map4.core.music.mixing.ordering import Order, OrderMethod
from map4.core.music.track.hamms import HammsSimilarity
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import numbered_cells
from map4.errors import NothingFoundError, UsageError
from map4.lists import step_costs
from map4.scan import OnTrack, TrackResolver

Percentile = Annotated[float, Json(1, minimum=0, maximum=100)] | None
LEAST_TRACKS = 2
MOST_TRACKS = 100
"""A hundred tracks make 4,950 pairs; check longer lists as playlists."""

SIMILARITY_SHARE = 1e-5
"""Bonus for a similarity of 1 in a step of the order. It only decides between orders that mix equally well:
compatibilities differ by .004 or not at all, and the sum over a hundred steps stays below that."""


class PairComparison(Record, members=f"a b {Compatibility.members('compatibility', 'similarity.similarity')} hamms"):
    """Two tracks compared.

    a, b: their places in the comparison's tracks
    compatibility: how well `a` mixes into `b`
    similarity: by HAMMS; None if too little is known
    percentile: share of the library's pairs that are less similar, 0-100; None if there are too few
    """

    a: Count
    b: Count
    compatibility: Compatibility
    similarity: HammsSimilarity | None
    percentile: Percentile

    @property
    def hamms(self) -> PairSimilarity | None:
        """Their similarity by HAMMS, with all figures."""
        alike = self.similarity
        return None if alike is None else PairSimilarity(pair=alike, percentile=self.percentile)


class PairSimilarity(
    Record,
    members="similarity=pair.similarity closeness=pair.closeness cosine=pair.cosine shared=pair.shared"
    " rating=pair.rating percentile",
):
    """The similarity of two tracks by HAMMS.

    percentile: share of the library's pairs that are less similar
    """

    pair: HammsSimilarity
    percentile: Percentile


_OF_PAIR = Compatibility.members("pair.compatibility", "pair.similarity.similarity")


class NamedPair(Record, kind="compatibility", members=f"a b {_OF_PAIR} hamms=pair.hamms"):
    """How well one track mixes into another, and how similar they are: one pair of a map4/comparison/1.

    a, b: ids of the tracks
    """

    a: str
    b: str
    pair: PairComparison


class OrderedStep(Record, members=f"from=pair.a to=pair.b {_OF_PAIR} energy_flow"):
    """A step of the order that mixes best, and the change of energy."""

    pair: PairComparison
    energy_flow: StepFlow | None


class Comparison(
    Record,
    Shown,
    kind="comparison",
    members="tracks failed pairs percentile_sample=sample order.tracks=order order.method=method"
    " order.compatibility=mean_compatibility order.rating=rating order.transitions=ordered"
    " order.energy_flow=flow",
):
    """Tracks compared: every pair, the order that mixes best, and the course of the energy.

    tracks: in the order named; other members refer to places in this list, from 0
    failed: files that could not be analysed, with their errors
    pairs: every pair of tracks once, a before b
    order: places of the tracks, in the order that mixes best
    method: exact: no order mixes better; improved: greedy, then 2-opt and Or-opt
    transitions: the steps of that order
    steps: change of energy at each step; None if unknown
    flow: course of the energy over the order
    sample: pairs of the library that percentiles refer to; None if there are too few
    """

    tracks: Annotated[tuple[Track, ...], Json(minItems=2)]
    failed: tuple[Track, ...]
    pairs: Annotated[tuple[PairComparison, ...], Json(minItems=1)]
    order: Annotated[tuple[Count, ...], Json(minItems=2, uniqueItems=True)]
    method: OrderMethod
    transitions: tuple[PairComparison, ...]
    steps: tuple[StepFlow | None, ...]
    flow: Flow | None
    sample: PairDistribution | None

    @property
    def ordered(self) -> Annotated[tuple[OrderedStep, ...], Json(minItems=1)]:
        """The steps of that order, each with the change of energy."""
        steps = zip(self.transitions, self.steps, strict=True)
        return tuple(OrderedStep(pair=pair, energy_flow=flow) for pair, flow in steps)

    def rows(self) -> list[Mapping[str, str]]:
        mixes = ["", *(f"{step.compatibility.total:.2f}" for step in self.transitions)]
        return numbered_cells([self.tracks[place] for place in self.order], mix=mixes)

    def words(self) -> Sequence[str]:
        return [f"in the order that mixes best: {self.mean_compatibility:.2f}, {self.rating}"]

    @property
    def rating(self) -> MixRating:
        """`mean_compatibility` as a word."""
        return rate_compatibility(self.mean_compatibility)

    @property
    def mean_compatibility(self) -> Fraction4:
        """How well the best order mixes: the mean over its steps, 0-1."""
        return sum(step.compatibility.total for step in self.transitions) / len(self.transitions)

    @staticmethod
    def of(
        files: Paths, options: WorkerOptions, resolver: TrackResolver, *, on_track: OnTrack | None = None
    ) -> Comparison:
        """Compare files that the caller names; see `map4.Library.compare`."""
        chosen = resolver.open(files)
        if not LEAST_TRACKS <= len(chosen) <= MOST_TRACKS:
            limits = f"{LEAST_TRACKS} to {MOST_TRACKS} different tracks can be compared"
            raise UsageError(f"{limits}, but {len(chosen)} {'was' if len(chosen) == 1 else 'were'} named")
        unread = [path for path, track in chosen.items() if track is None]
        chosen |= resolver.resolve(unread, jobs=options.jobs, timeout_s=options.timeout_s, on_track=on_track)
        tracks = [track for track in chosen.values() if track is not None]
        sound = [track for track in tracks if track.analysis is not None and track.failure is None]
        failed = [track for track in tracks if track.failure is not None]
        if len(sound) < LEAST_TRACKS:
            why = "; ".join(f"{track.shown_path}: {track.failure.message}" for track in failed if track.failure)
            raise NothingFoundError(f"fewer than two tracks are left to compare: {why}")
        sample = resolver.store.sounds.hamms_sample(PairDistribution.SAMPLED_TRACKS)
        return compare_tracks(sound, failed=failed, sample=_distribution(sample.tobytes()))


def compare_tracks(
    tracks: Sequence[Track], *, failed: Sequence[Track] = (), sample: PairDistribution | None = None
) -> Comparison:
    """Compare tracks with each other.

    tracks: two to a hundred, analysed
    failed: included in the result
    sample: pairs of the library, for percentiles
    """
    if not LEAST_TRACKS <= len(tracks) <= MOST_TRACKS:
        raise ValueError(f"{LEAST_TRACKS} to {MOST_TRACKS} tracks can be compared, not {len(tracks)}")
    usable = sample if sample is not None and sample.is_enough else None
    traits, vectors = [MixTraits.of(track) for track in tracks], [HammsSimilarity.vector_of(track) for track in tracks]

    def compared(a: int, b: int) -> PairComparison:
        x, y = vectors[a], vectors[b]
        alike = None if x is None or y is None else HammsSimilarity.of(x, y)
        return PairComparison(
            a=a,
            b=b,
            compatibility=traits[a].compared(traits[b]),
            similarity=alike,
            percentile=None if alike is None or usable is None else usable.percentile(alike.similarity),
        )

    pairs = {(a, b): compared(a, b) for a, b in itertools.combinations(range(len(tracks)), 2)}
    order, method = _mixing_order(pairs, MixColumns.of(traits))
    energies = [traits[index].energy for index in order]
    return Comparison(
        tracks=tuple(tracks),
        failed=tuple(failed),
        pairs=tuple(pairs.values()),
        order=order,
        method=method,
        transitions=tuple(pairs[a, b] if a < b else compared(a, b) for a, b in itertools.pairwise(order)),
        steps=tuple(step_flow(a, b) for a, b in itertools.pairwise(energies)),
        flow=energy_flow(energies),
        sample=usable,
    )


def _mixing_order(
    pairs: dict[tuple[int, int], PairComparison], columns: MixColumns
) -> tuple[tuple[int, ...], OrderMethod]:
    """The best order, in which steps that break a limit cost as in lists.

    If its reverse mixes equally well, chooses the direction that ends with more energy than it begins with, or else the
    direction that begins with the end track named first.
    """
    gains = MixScores.of(columns[:, None], columns).total - step_costs(columns, ListLimits())
    for (a, b), pair in pairs.items():
        gains[[a, b], [b, a]] += SIMILARITY_SHARE * (pair.similarity.similarity if pair.similarity else 0.0)
    best = Order.best(gains)
    order, back = best.indices, best.indices[::-1]
    first, last = columns.energy[[order[0], order[-1]]]
    is_level = not (first < last or first > last)  # or unknown
    if first > last or (is_level and order[0] > order[-1]):
        there, reverse = (gains[each[:-1], each[1:]].sum() for each in (order, back))
        order = back if reverse >= there - EPSILON else order
    return order, best.method


@lru_cache(maxsize=1)
def _distribution(vectors: bytes) -> PairDistribution:
    """The distribution of a sample; cached, as a server needs it often and in several threads."""
    return PairDistribution.of(np.frombuffer(vectors).reshape(-1, Hamms.SIZE))
