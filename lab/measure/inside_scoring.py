"""How answers about bars, phrases and cues are scored: pure functions from truth and answer to numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from made_track import CUE_KINDS, TrueCue
from scoring import BEAT_WINDOW_S, BEATS_FROM_S, RESAMPLES, SEED

PHASE_RIGHT_F = 0.6
"""From this F-measure on, downbeats are in the right phase: bars of twice or half the length have .67, chance .25."""
TOGETHER_S = 0.02
RIGHT_METRES: dict[int, tuple[int, ...]] = {2: (2, 4), 3: (3,), 4: (2, 4), 5: (5,), 6: (2, 6), 7: (7,), 9: (3,)}
"""Which answers are right, by the true metre: a bar of four may be counted in two, six-eight in six or in two."""
ODD_METRES = (3, 5, 6, 7)
"""Wrong for music in four."""
SAME_PLACE = (("first_beat", "mix_in"), ("outro", "mix_out"))
"""Where both are the same bar, one cue of either kind serves both."""
WILSON_Z = 1.96

Times = Sequence[float]


def downbeat_f(truth_s: Times, found_s: Times) -> float:
    """F-measure of downbeats within 70 ms, without the first five seconds; 0 where nothing was found."""
    truth, found = ([at for at in times if at >= BEATS_FROM_S] for times in (truth_s, found_s))
    if not truth or not found:
        return 0.0
    return 2.0 * len(matched(truth, found, BEAT_WINDOW_S)) / (len(truth) + len(found))


def matched(truth_s: Times, found_s: Times, window_s: float) -> list[tuple[int, int]]:
    """Pairs (true, found) within a window, one to one and as many as there can be; both are ascending."""
    pairs, true, found = [], 0, 0
    while true < len(truth_s) and found < len(found_s):
        if abs(truth_s[true] - found_s[found]) <= window_s:
            pairs.append((true, found))
            true, found = true + 1, found + 1
        elif truth_s[true] < found_s[found]:
            true += 1
        else:
            found += 1
    return pairs


def boundary_f(truth_s: Times, found_s: Times, beat_s: float) -> float | None:
    """F-measure of phrase boundaries at the exact bar, first and last one of both trimmed.

    truth_s, found_s : boundaries, the first and the last one included
    beat_s : length of a true beat; within half of it a boundary lies on the true bar and on no other place

    returns: 0-1; None where the truth has no boundary between its first and last.
    """
    truth, found = list(truth_s[1:-1]), list(found_s[1:-1])
    if not truth:
        return None
    hits = len(matched(truth, found, beat_s / 2))
    return 2.0 * hits / (len(truth) + len(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class CueScore:
    """How many cues of a track were found, were told without being there, and were missed."""

    found: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: CueScore) -> CueScore:
        return CueScore(
            found=self.found + other.found, false=self.false + other.false, missed=self.missed + other.missed
        )

    @property
    def f(self) -> float:
        """F-measure; 1 where there was nothing to find and nothing told."""
        total = 2 * self.found + self.false + self.missed
        return 2.0 * self.found / total if total else 1.0

    @property
    def recall(self) -> float:
        """Share of the true cues that were found."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def precision(self) -> float:
        """Share of the told cues that are true."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def cue_scores(truth: Sequence[TrueCue], told: Sequence[tuple[str, float]], beat_s: float) -> dict[str, CueScore]:
    """By kind, how cues agree with the truth within one beat.

    truth : cues; one that is not needed counts neither found nor missed
    told : (kind, seconds) of detected cues
    beat_s : length of a true beat
    """
    scores: dict[str, CueScore] = {}
    shared = [(a, b) for a, b in SAME_PLACE if _places(truth, a) and _places(truth, a) == _places(truth, b)]
    for kind in CUE_KINDS:
        kinds = next((pair for pair in shared if kind in pair), (kind,))
        here = [cue for cue in truth if cue.kind == kind]
        places = sorted(at for name, at in told if name in kinds)
        pairs = matched([cue.at_s for cue in here], places, beat_s)
        hit = {true for true, _ in pairs}
        needed = {number for number, cue in enumerate(here) if cue.is_needed}
        # A second cue for the same place, or one of the other kind of a pair, is no mistake of its own.
        spare = {number for number, at in enumerate(places) if any(abs(at - cue.at_s) <= beat_s for cue in here)}
        false = len(set(range(len(places))) - spare)
        if len(kinds) > 1:
            false = sum(name == kind and all(abs(at - cue.at_s) > beat_s for cue in here) for name, at in told)
        scores[kind] = CueScore(found=len(hit & needed), false=false, missed=len(needed - hit))
    return scores


def _places(truth: Sequence[TrueCue], kind: str) -> list[float]:
    return [cue.at_s for cue in truth if cue.kind == kind]


def bars_together(a_downbeats_s: Times, b_downbeats_s: Times, plan: Mapping[str, float]) -> bool:
    """Whether every bar of A begins with one of B over the whole of a planned transition, within 20 ms.

    a_downbeats_s, b_downbeats_s : true downbeats, each in its own track's time
    plan : `leave_s`, `until_s` (in A), `enter_s` (in B), `speed` (of B)
    """
    ours = [at for at in a_downbeats_s if plan["leave_s"] - TOGETHER_S <= at <= plan["until_s"] + TOGETHER_S]
    theirs = np.array([plan["leave_s"] + (at - plan["enter_s"]) / plan["speed"] for at in b_downbeats_s])
    return bool(ours) and all(bool((np.abs(theirs - at) <= TOGETHER_S).any()) for at in ours)


def rank_agreement(truth: Sequence[float], found: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None for fewer than three values, or where one side does not vary."""
    if len(truth) < 3 or len(set(truth)) == 1 or len(set(found)) == 1:
        return None
    ranks = [_ranks(values) for values in (truth, found)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    """Mean rank of each value among all."""
    array = np.asarray(values)
    return np.array([(array < value).sum() + 0.5 * (array == value).sum() for value in array])


def wilson(right: int, count: int) -> tuple[float, float] | None:
    """95 % interval of a share; None of nothing.

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if not count:
        return None
    share, z2 = right / count, WILSON_Z**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = WILSON_Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def pooled_interval(scores: Sequence[CueScore]) -> tuple[float, float] | None:
    """Bootstrapped 95 % interval over tracks of the F-measure of all their cues together; None without tracks."""
    if not scores:
        return None
    counts = np.array([(score.found, score.false, score.missed) for score in scores])
    rng = np.random.default_rng(SEED)
    drawn = counts[rng.integers(0, len(scores), (RESAMPLES // 4, len(scores)))].sum(axis=1)
    values = 2 * drawn[:, 0] / np.maximum(1, 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
