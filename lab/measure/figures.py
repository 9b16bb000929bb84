"""From songs and predictions to the figures of the accuracy benchmark: plain dictionaries that JSON can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import scoring
from manifest import GTZAN, Song
from predictions import MAP4, Answers, Prediction

SUBSETS: dict[str, Callable[[Song], bool]] = {
    "all": lambda song: True,
    "without asap": lambda song: not song.is_rubato,
    "unseen": lambda song: not song.is_taught,
    "unseen without asap": lambda song: not song.is_taught and not song.is_rubato,
    "gtzan": lambda song: song.source == GTZAN,
}
"""Parts of a manifest that are reported apart. Unseen are files that nothing of map4 was fitted on."""
TOLD_BY = {
    "acc1": "bpm", "acc2": "bpm", "top2": "second_bpm",
    "key_weighted": "key", "key_exact": "key", "key_top2": "second_key",
    "beats_f": "beats_s", "beats_cmlt": "beats_s", "beats_amlt": "beats_s",
}  # fmt: skip
"""What is measured, and the field of a prediction without which it can't be."""
LEADS = ("acc1", "key_weighted", "key_exact")
BPM_LIMIT, GRID_LIMIT_S = 0.02, 0.015
"""What a constant tempo and its grid shall keep to."""
EXACT_FOLDER = "rendered/"
"""Where beats are exact, not tapped."""

_NOTHING = Prediction()


def subsets(songs: Sequence[Song]) -> dict[str, list[Song]]:
    """The songs of each part that has any."""
    parts = {name: [song for song in songs if belongs(song)] for name, belongs in SUBSETS.items()}
    return {name: part for name, part in parts.items() if part}


def scores(songs: Sequence[Song], predictions: Mapping[str, Prediction]) -> dict[str, dict[str, float]]:
    """Score of each file, by measure and name of the file.

    A file without a prediction is wrong, as in MIREX. A measure of which an estimator never tells anything is absent,
    and so are files whose truth is not known.
    """
    values: dict[str, dict[str, float]] = {measure: {} for measure in TOLD_BY}
    for song in songs:
        found = predictions.get(song.name, _NOTHING)
        for measure, value in (*_tempo(song, found), *_key(song, found), *_beats(song, found)):
            values[measure][song.name] = value
    told = {measure for measure, field in TOLD_BY.items() if any(getattr(each, field) for each in predictions.values())}
    return {measure: each for measure, each in values.items() if each and measure in told}


def _tempo(song: Song, found: Prediction) -> list[tuple[str, float]]:
    if song.bpm is None:
        return []
    hits = [("acc2", float(scoring.tempo_hits(song.bpm, found.bpm, scoring.OCTAVES)))]
    if song.is_level_certain:
        first, second = (scoring.tempo_hits(song.bpm, bpm) for bpm in (found.bpm, found.second_bpm))
        hits += [("acc1", float(first)), ("top2", float(first or second))]
    return hits


def _key(song: Song, found: Prediction) -> list[tuple[str, float]]:
    if song.key is None:
        return []
    key = found.parsed_key
    return [
        ("key_weighted", scoring.key_score(song.key, key)),
        ("key_exact", float(song.key == key)),
        ("key_top2", float(song.key in (key, found.parsed_second_key))),
    ]


def _beats(song: Song, found: Prediction) -> list[tuple[str, float]]:
    if not song.beats_s:
        return []
    score = scoring.beat_score(song.beats_s, found.beats_s)
    return [("beats_f", score.f), ("beats_cmlt", score.cmlt), ("beats_amlt", score.amlt)]


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Mean with its doubt: `n`, `mean`, `standard_error`, `interval` (95 %, bootstrapped)."""
    return {
        "n": len(values),
        "mean": sum(values) / len(values),
        "standard_error": scoring.standard_error(values),
        "interval": scoring.mean_interval(values),
    }


def summaries(songs: Sequence[Song], answers: Answers) -> dict[str, dict[str, Any]]:
    """By estimator and measure, over the songs."""
    return {
        estimator: {measure: summary(list(values.values())) for measure, values in scores(songs, predictions).items()}
        for estimator, predictions in answers.items()
    }


def groups(songs: Sequence[Song], answers: Answers, by: Callable[[Song], str]) -> dict[str, dict[str, Any]]:
    """The means alone, by group, estimator and measure."""
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({by(song) for song in songs if by(song)}):
        part = [song for song in songs if by(song) == name]
        means = {
            estimator: {
                measure: sum(values.values()) / len(values) for measure, values in scores(part, predictions).items()
            }
            for estimator, predictions in answers.items()
        }
        found[name] = {"files": len(part), "estimators": means}
    return found


def leads(songs: Sequence[Song], answers: Answers) -> dict[str, Any]:
    """How far map4 is ahead of the best of the others, for the measures of the gate; empty without others."""
    by_estimator = {estimator: scores(songs, predictions) for estimator, predictions in answers.items()}
    ours = by_estimator.pop(MAP4)
    found = {}
    for measure in LEADS:
        others = {name: list(each[measure].values()) for name, each in by_estimator.items() if measure in each}
        if not others or measure not in ours:
            continue
        best = max(others, key=lambda name: sum(others[name]))
        lead = scoring.lead(list(ours[measure].values()), others[best])
        assert lead is not None
        found[measure] = {"best_other": best, **asdict(lead), "is_certain": lead.is_certain}
    return found


def doubt(songs: Sequence[Song], predictions: Mapping[str, Prediction]) -> dict[str, Any]:
    """Reliability of map4's confidences; files without an estimate claim nothing."""
    tempo: list[tuple[float, bool]] = []
    key: list[tuple[float, bool]] = []
    for song in songs:
        found = predictions.get(song.name, _NOTHING)
        if song.bpm is not None and song.is_level_certain and found.bpm_confidence is not None:
            tempo.append((found.bpm_confidence, scoring.tempo_hits(song.bpm, found.bpm)))
        if song.key is not None and found.key_confidence is not None:
            key.append((found.key_confidence, found.parsed_key == song.key))
    return {name: _reliability(pairs) for name, pairs in (("tempo", tempo), ("key", key)) if pairs}


def _reliability(pairs: list[tuple[float, bool]]) -> dict[str, Any]:
    result = scoring.reliability([confidence for confidence, _ in pairs], [right for _, right in pairs])
    assert result is not None
    return {"n": len(pairs), **asdict(result)}


def confusions(songs: Sequence[Song], answers: Answers) -> dict[str, dict[str, dict[str, int]]]:
    """How often each multiple of the true tempo and each relation to the true key was found, by estimator."""
    result = {}
    for estimator, predictions in answers.items():
        counts: dict[str, Counter[str]] = {"tempo": Counter(), "key": Counter(), "mixing": Counter()}
        for song in songs:
            found = predictions.get(song.name, _NOTHING)
            if song.bpm is not None and song.is_level_certain:
                counts["tempo"][scoring.tempo_relation(song.bpm, found.bpm)] += 1
            if song.key is not None:
                counts["key"][scoring.key_relation(song.key, found.parsed_key)] += 1
                counts["mixing"][scoring.mixing_relation(song.key, found.parsed_key)] += 1
        result[estimator] = {name: dict(counter.most_common()) for name, counter in counts.items()}
    return result


def exactness(songs: Sequence[Song], predictions: Mapping[str, Prediction]) -> dict[str, Any]:
    """Tempo and grid where the tempo is constant, its beats exact, and map4 found it."""
    steady, errors = 0, []
    for song in songs:
        true_bpm = scoring.steady_tempo(song.beats_s) if song.name.startswith(EXACT_FOLDER) else None
        found = predictions.get(song.name, _NOTHING)
        if true_bpm is None:
            continue
        steady += 1
        if found.bpm is not None and scoring.tempo_hits(true_bpm, found.bpm):
            errors.append(scoring.grid_error(song.beats_s, true_bpm, found.bpm, found.grid))
    bpm = [error.bpm_error for error in errors]
    grid = [float("inf") if error.worst_s is None else error.worst_s for error in errors]
    finite = [worst for worst in grid if worst != float("inf")]
    return {
        "steady_files": steady,
        "tempo_right": len(errors),
        "bpm_within_limit": scoring.share(bpm, lambda error: error <= BPM_LIMIT),
        "bpm_error_median": _median(bpm),
        "bpm_error_worst": max(bpm, default=None),
        "grids": len(finite),
        "grid_within_limit": scoring.share(grid, lambda worst: worst <= GRID_LIMIT_S),
        "grid_error_median_s": _median(finite),
        "grid_error_worst_s": max(finite, default=None),
        "grid_late_median_s": _median([error.late_s for error in errors if error.late_s is not None]),
    }


def misses(songs: Sequence[Song], predictions: Mapping[str, Prediction]) -> list[dict[str, Any]]:
    """Each file whose tempo or key map4 got wrong: keys first, and of each kind the one it was surest of."""
    found = [miss for song in songs for miss in _misses(song, predictions.get(song.name, _NOTHING))]
    return sorted(found, key=lambda miss: (miss["what"], -(miss["confidence"] or 0.0)))


def _misses(song: Song, said: Prediction) -> Iterator[dict[str, Any]]:
    common = {"path": song.name, "genre": song.genre, "is_taught": song.is_taught}
    if song.bpm is not None and song.is_level_certain and not scoring.tempo_hits(song.bpm, said.bpm):
        relation, doubt = scoring.tempo_relation(song.bpm, said.bpm), said.bpm_confidence
        yield {
            **common,
            "what": "tempo",
            "truth": song.bpm,
            "found": said.bpm,
            "relation": relation,
            "confidence": doubt,
        }
    if song.key is not None and song.key != said.parsed_key:
        relation, doubt = scoring.key_relation(song.key, said.parsed_key), said.key_confidence
        truth = song.key.camelot
        yield {**common, "what": "key", "truth": truth, "found": said.key, "relation": relation, "confidence": doubt}


def _median(values: Sequence[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None
