"""Executors by name: other places, beside local processes, where a scan can analyse files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import entry_points

from map4.core.audio.jobs import Lane, LaneFactory
from map4.core.base.path_maps import PathMap
from map4.errors import ConfigError, UsageError
from map4.library import hookspecs

GROUP = "map4.executors.v1"
"""Entry points of this group are a `MakeLanes`, named as for `--executor`."""
MakeLanes = Callable[[str | None, Sequence[PathMap], int], Sequence[Lane]]
"""`make(scheduler, maps, most)`: returns lanes on the workers at an address, at most `most`."""


def executor_lanes(name: str, scheduler: str | None, maps: Sequence[PathMap]) -> LaneFactory:
    """Return the lane factory of an executor; it connects when there is a job."""
    return partial(_made(name), scheduler, maps)


def _made(name: str) -> MakeLanes:
    for own in hookspecs.executor[name].targets():
        make_own: MakeLanes = own
        return make_own
    entry_point = next(iter(entry_points(group=GROUP, name=name)), None)
    if entry_point is None:
        names = hookspecs.executor.names()
        others = {entry.name for entry in entry_points(group=GROUP)} - {*names}
        raise UsageError.no_such("executor", name, [*names, *sorted(others)])
    try:
        make: MakeLanes = entry_point.load()
    except Exception as error:  # any code of another package
        raise ConfigError(f"the executor '{name}' can't be loaded ({error})") from None
    return make
