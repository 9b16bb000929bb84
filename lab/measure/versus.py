"""CPU of map4 and of other programs on the same files, in the same run, and what follows for whole collections."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from conversation import Conversation, command_of, version_of
from measure import median
from stages import analyse_whole

OPPONENTS = ("bliss", "pipeline")
"""bliss-audio, and the plain librosa pipeline: the programs of `comparators/` that are timed."""
MAP4 = "map4"

RATES = (
    ("60 tracks a minute, one core", 60.0, 1),
    ("240 tracks a minute, four cores", 240.0, 4),
    ("480 tracks a minute, eight cores", 480.0, 8),
    ("1,000 tracks in 5 minutes, eight cores", 1_000 / 5, 8),
    ("10,000 tracks in 30 minutes, eight cores", 10_000 / 30, 8),
)
"""What was asked for: tracks of four minutes a minute, and on how many cores."""


def versus(
    files: Mapping[str, Path], opponents: Sequence[str], chosen: Mapping[str, str], repeat: int
) -> dict[str, Any]:
    """CPU seconds of each program by file, and map4's share of it.

    Every program stays alive and is asked in turn, file by file and round by round, so that what else the machine does
    hits all alike. What counts is the CPU of the whole process, all its threads, for decoding and analysis. Its start
    does not, nor does a first file, on which tables are made and code is compiled.

    files : by the name under which they are shown
    opponents : of `OPPONENTS`; those not installed are left out
    chosen : interpreters by name
    repeat : rounds, of which medians are taken

    returns: By file: `map4_cpu_s`, and for each opponent `NAME_cpu_s` and `map4_by_NAME`; `versions` of
    the opponents.
    """
    versions = {name: version_of(name, chosen) for name in opponents}
    present = [name for name in opponents if versions[name] is not None]
    result: dict[str, Any] = {}
    with ExitStack() as stack:
        clocks: dict[str, Callable[[Path], float | None]] = {MAP4: _map4_cpu_s}
        for name in present:
            talk = stack.enter_context(Conversation(command_of(name, chosen)))
            clocks[name] = partial(_answer_cpu_s, talk)
        for clock in clocks.values():
            clock(next(iter(files.values())))
        for title, path in files.items():
            rounds = [{name: clock(path) for name, clock in clocks.items()} for _ in range(repeat)]
            result[title] = _compared(rounds, present)
    return {**result, "versions": {name: version or "not installed" for name, version in versions.items()}}


def _map4_cpu_s(path: Path) -> float:
    return analyse_whole(path, time.process_time).total


def _answer_cpu_s(talk: Conversation, path: Path) -> float | None:
    """None where it failed: an early failure must not count as fast."""
    answer = talk.ask(path)
    return None if answer["error"] is not None else float(answer["cpu_s"])


def _compared(rounds: Sequence[Mapping[str, float | None]], opponents: Sequence[str]) -> dict[str, float | None]:
    ours = [float(each[MAP4] or 0.0) for each in rounds]
    figures: dict[str, float | None] = {"map4_cpu_s": median(ours)}
    for name in opponents:
        theirs = [each[name] for each in rounds]
        told = [value for value in theirs if value is not None]
        fails = len(told) < len(theirs)
        figures[f"{name}_cpu_s"] = None if fails else median(told)
        quotients = [mine / value for mine, value in zip(ours, told, strict=False)]
        figures[f"map4_by_{name}"] = None if fails else round(statistics.median(quotients), 3)
    return figures


def rates(throughput: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Whether the rates that were asked for are reached.

    throughput : of `commands.throughput`: tracks a minute by workers, on a machine with at least as many cores

    returns: By what was asked for: `wanted` and `reached` in tracks a minute; `basis`: measured, or projected from the
    rate per worker of the most workers that were measured; and `by_cpu`, what that many cores reach when they do
    nothing else, from the CPU a track takes: on a busy machine that is the one to look at.
    """
    prefix = "tracks_per_minute_"
    measured = {int(name.removeprefix(prefix)): rate for name, rate in throughput.items() if name.startswith(prefix)}
    most = max(measured)
    cpu_s = throughput[f"cpu_s_per_track_{most}"]
    table = {}
    for title, wanted, cores in RATES:
        reached = measured.get(cores, cores * measured[most] / most)
        basis = "measured" if cores in measured else f"projected from {most} workers"
        table[title] = {
            "wanted": round(wanted, 1),
            "reached": round(reached, 1),
            "basis": basis,
            "by_cpu": round(60.0 * cores / cpu_s, 1),
        }
    return table
