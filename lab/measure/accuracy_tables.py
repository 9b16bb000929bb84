"""The figures of the accuracy benchmark as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from predictions import MAP4
from scoring import NOTHING, OTHER
from tables import Grid, number, pair

from map4.compare.truth import MULTIPLES

KEY_COLUMNS = ("same", "fifth", "fourth", "relative", "parallel", OTHER, NOTHING)
MIXING_COLUMNS = (
    "same", "relative", "neighbour", "diagonal", "whole_tone", "far_diagonal", "third", "clash", "unknown",
)  # fmt: skip
TEMPO_COLUMNS = (*MULTIPLES, OTHER, NOTHING)
CONFUSED = "unseen"
"""The part of the files of which confusions are shown; the JSON file has all."""
GROUP_MEASURES = (
    ("tempo, Accuracy 1 / 2", ("acc1", "acc2")),
    ("key, weighted / exact", ("key_weighted", "key_exact")),
    ("beats, F-measure", ("beats_f",)),
)


def grids(results: Mapping[str, Any], *, with_misses: bool = False) -> list[Grid]:
    """All tables, the most important first."""
    tables = [_subset(name, part) for name, part in results["subsets"].items()]
    tables.append(_leads(results["leads"]))
    tables += [_doubt(what, results["doubt"]) for what in ("tempo", "key")]
    chosen = results["confusions"].get(CONFUSED) or results["confusions"]["all"]
    tables.append(_confusion("True tempo times ..., files", chosen, "tempo", TEMPO_COLUMNS))
    tables.append(_confusion("Found key as seen from the true one, files", chosen, "key", KEY_COLUMNS))
    tables.append(_confusion("The same on the Camelot circle, files", chosen, "mixing", MIXING_COLUMNS))
    tables.append(_exactness(results["exactness"]))
    for what, groups in (("source", results["sources"]), ("genre", results["genres"])):
        tables += [_groups(what, groups, title, measures) for title, measures in GROUP_MEASURES]
    if with_misses:
        tables.append(_misses(results["misses"]))
    return [table for table in tables if table.rows]


def _subset(name: str, part: Mapping[str, Any]) -> Grid:
    rows = []
    for estimator, measures in part["estimators"].items():
        cells = [_with_error(measures.get(measure)) for measure in ("acc1", "acc2", "top2")]
        cells += [_with_error(measures.get(measure)) for measure in ("key_weighted", "key_exact", "key_top2")]
        cells.append(pair(*(_mean(measures.get(measure)) for measure in ("beats_f", "beats_cmlt", "beats_amlt"))))
        rows.append((estimator, *cells))
    ours = part["estimators"][MAP4]
    counts = ", ".join(
        f"{title} {ours[measure]['n']}"
        for title, measure in (
            ("Accuracy 1", "acc1"),
            ("Accuracy 2", "acc2"),
            ("key", "key_exact"),
            ("beats", "beats_f"),
        )
        if measure in ours
    )
    return Grid(
        title=f"Files: {name} ({part['files']})",
        headings=(
            "estimator",
            "Acc 1",
            "Acc 2",
            "top 2",
            "key weighted",
            "exact",
            "top 2 keys",
            "beats F / CMLt / AMLt",
        ),
        rows=tuple(rows),
        note=f"± standard error. Files with a known truth: {counts}.",
    )


def _leads(leads: Mapping[str, Any]) -> Grid:
    titles = {"acc1": "Accuracy 1", "key_weighted": "key weighted", "key_exact": "key exact"}
    rows = tuple(
        (
            f"{part}: {titles[measure]}",
            lead["best_other"],
            str(lead["files"]),
            f"{lead['difference']:+.3f}",
            f"{lead['low']:+.3f} … {lead['high']:+.3f}",
            "yes" if lead["is_certain"] else "no",
        )
        for part, measures in leads.items()
        for measure, lead in measures.items()
    )
    headings = ("map4 against the best other", "which", "files", "ahead by", "95 % interval", "above 0")
    return Grid(title="Paired comparison", headings=headings, rows=rows, note="Paired bootstrap over the same files.")


def _doubt(what: str, doubt: Mapping[str, Any]) -> Grid:
    rows = tuple(
        (
            part,
            str(figures[what]["n"]),
            *(f"{number(each['confidence'])} → {number(each['right'])}" for each in figures[what]["bins"]),
            *[""] * (5 - len(figures[what]["bins"])),
            number(figures[what]["ece"], 3),
            f"{number(figures[what]['sure_right'])} of {figures[what]['sure']}",
        )
        for part, figures in doubt.items()
        if what in figures
    )
    bins = ("least sure fifth", "2nd", "3rd", "4th", "surest fifth")
    return Grid(
        title=f"Confidence of the {what}: mean claimed → share right",
        headings=("files", "n", *bins, "ECE", "right at ≥ .9"),
        rows=rows,
        note="ECE: mean distance between claimed and right over the fifths.",
    )


def _confusion(title: str, counts: Mapping[str, Any], what: str, columns: Sequence[str]) -> Grid:
    rows = tuple(
        (estimator, *(str(each[what].get(column, 0)) for column in columns))
        for estimator, each in counts.items()
        if any(name not in (NOTHING, "unknown") for name in each[what])
    )
    return Grid(title=title, headings=("estimator", *(column.replace("_", " ") for column in columns)), rows=rows)


def _exactness(exactness: Mapping[str, Any]) -> Grid:
    rows = tuple(
        (
            part,
            str(each["steady_files"]),
            str(each["tempo_right"]),
            number(each["bpm_within_limit"]),
            f"{number(each['bpm_error_median'], 4)} / {number(each['bpm_error_worst'], 4)}",
            number(each["grid_within_limit"]),
            " / ".join(_milliseconds(each[name]) for name in ("grid_error_median_s", "grid_error_worst_s")),
            _milliseconds(each["grid_late_median_s"]),
        )
        for part, each in exactness.items()
        if each["steady_files"]
    )
    headings = (
        "files", "constant tempo", "of these right", "within .02 BPM", "error median / worst, BPM",
        "grid within 15 ms", "worst beat, median / worst, ms", "grid late by, median, ms",
    )  # fmt: skip
    return Grid(
        title="Constant tempo, exact beats",
        headings=headings,
        rows=rows,
        note="The worst beat is the largest distance of a true beat to the grid over the whole file.",
    )


def _groups(what: str, groups: Mapping[str, Any], title: str, measures: Sequence[str]) -> Grid:
    estimators = list(dict.fromkeys(name for group in groups.values() for name in group["estimators"]))
    shown = [
        name
        for name in estimators
        if any(measures[0] in group["estimators"].get(name, {}) for group in groups.values())
    ]
    rows = []
    for name, group in groups.items():
        cells = [pair(*(group["estimators"][each].get(measure) for measure in measures)) for each in shown]
        if any(cells):
            rows.append((name, str(group["files"]), *cells))
    return Grid(title=f"By {what}: {title}", headings=(what, "files", *shown), rows=tuple(rows))


def _misses(misses: Sequence[Mapping[str, Any]]) -> Grid:
    rows = tuple(
        (
            miss["path"],
            miss["what"],
            str(miss["truth"]),
            "" if miss["found"] is None else str(miss["found"]),
            miss["relation"],
            number(miss["confidence"]),
        )
        for miss in misses
    )
    return Grid(title="Misses", headings=("file", "what", "truth", "found", "relation", "confidence"), rows=rows)


def _mean(figure: Mapping[str, Any] | None) -> float | None:
    return None if figure is None else figure["mean"]


def _with_error(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    error = figure["standard_error"]
    return number(figure["mean"], 3) if error is None else f"{number(figure['mean'], 3)} ± {number(error)}"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.1f}"
