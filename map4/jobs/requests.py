"""What a job is asked for: its kind, and the same options record as the call of `Library` that it becomes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from map4.base.actor import Scope
from map4.base.declaration import load
from map4.base.given_paths import PathLike, absolute_path, as_paths, without_repeats
from map4.base.near_names import no_such
from map4.base.path_maps import PathMap, PathMaps
from map4.errors import UsageError
from map4.jobs.records import JOB_KINDS, JOB_TYPES, USUAL_PRIORITY, JobKind, checked_priority


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWork:
    """What was planned, and shown before.

    plan: its id
    """

    plan: str


JobOptions = Any
"""The options record of a kind of job."""


def options_of(kind: JobKind) -> type[JobOptions]:
    """The class of a kind's options."""
    options: type[JobOptions] = load(JOB_TYPES[kind].options)
    return options


def needs_of(kind: JobKind) -> Scope:
    """What the caller needs to ask for a job of a kind."""
    return JOB_TYPES[kind].needs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A job that is wanted.

    kind: what is done
    files: of a scan its folders (none means those scanned before), of an analysis its files
    options: how, as for the call of `Library` of that name; None means the usual way
    priority: 0-9, the most urgent first
    not_before: it is not begun before this moment, which has a time zone
    """

    kind: JobKind
    files: PathLike | Iterable[PathLike] = ()
    options: JobOptions | None = None
    priority: int = USUAL_PRIORITY
    not_before: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in JOB_KINDS:
            raise no_such("kind of jobs", self.kind, JOB_KINDS)
        checked_priority(self.priority)
        if self.options is not None and not isinstance(self.options, options_of(self.kind)):
            raise UsageError(f"options of a job of kind {self.kind} are {options_of(self.kind).__name__}")
        named = without_repeats([absolute_path(path) for path in as_paths(self.files)])
        if named and self.kind not in ("scan", "analyze"):
            raise UsageError(f"the files of a job of kind {self.kind} belong into its options")
        if self.kind == "analyze" and not named:
            raise UsageError("name the files to analyse")
        object.__setattr__(self, "files", tuple(named))

    def stored(self) -> dict[str, Any]:
        """What is asked for, as JSON values: the files, and each option that is not as usual."""
        files = {"files": list(as_paths(self.files))} if self.files else {}
        return files | ({} if self.options is None else _plain(self.options))


def restored(kind: JobKind, stored: Mapping[str, Any]) -> tuple[list[str], JobOptions]:
    """Files and options of a job from its JSON values."""
    given = dict(stored)
    files = given.pop("files", []) if kind in ("scan", "analyze") else []
    if given.get("max_age") is not None:
        given["max_age"] = timedelta(seconds=given["max_age"])
    for name in ("began", "ended"):  # of un-mixing
        if given.get(name) is not None:
            given[name] = datetime.fromisoformat(given[name])
    if given.get("made") is not None:
        given["made"] = date.fromisoformat(given["made"])
    if "path_maps" in given:  # of an export
        maps = given["path_maps"]
        given["path_maps"] = PathMaps(**{**maps, "maps": tuple(PathMap(**one) for one in maps.get("maps", ()))})
    return files, options_of(kind)(**given)


def _plain(value: Any) -> Any:
    """A value as JSON can say it; of a record, the fields that are not as usual."""
    if is_dataclass(value):
        return {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if getattr(value, one.name) != _usual(one)
        }
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [_plain(each) for each in value]
    if isinstance(value, (str, bytes, os.PathLike)):
        return os.fsdecode(value)
    raise UsageError(f"a job can't be asked for with {type(value).__name__}; name it by a text")


def _usual(one: Field[Any]) -> Any:
    return one.default_factory() if one.default_factory is not MISSING else one.default
