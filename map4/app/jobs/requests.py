"""What a job is asked for: its kind, and the same options record as the call of `Library` that it becomes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from map4.app.connecting.options import MapRequest, PullRequest, PushRequest
from map4.app.duplicate_options import DuplicateOptions
from map4.app.export_options import ExportRequest
from map4.app.lookups.options import LookupRequest
from map4.app.paths import PathLike, absolute_path, as_paths, without_repeats
from map4.app.scan.options import AnalyzeOptions, ScanOptions
from map4.app.unmixing.request import UnmixRequest
from map4.domain.actor import Scope
from map4.domain.backups import BackupOptions
from map4.domain.jobs import JOB_KINDS, USUAL_PRIORITY, JobKind, checked_priority
from map4.domain.near_names import no_such
from map4.domain.path_maps import PathMap, PathMaps
from map4.domain.plans import PLAN_KINDS
from map4.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWork:
    """What was planned, and shown before.

    plan: its id
    """

    plan: str


JobOptions = (
    ScanOptions
    | AnalyzeOptions
    | ExportRequest
    | DuplicateOptions
    | LookupRequest
    | MapRequest
    | PullRequest
    | PushRequest
    | BackupOptions
    | UnmixRequest
    | PlannedWork
)
OPTIONS_OF: Mapping[JobKind, type[JobOptions]] = {
    "scan": ScanOptions,
    "analyze": AnalyzeOptions,
    "export": ExportRequest,
    "duplicates": DuplicateOptions,
    "lookup": LookupRequest,
    "map": MapRequest,
    "pull": PullRequest,
    "push": PushRequest,
    "backup": BackupOptions,
    "unmix": UnmixRequest,
    **dict.fromkeys(PLAN_KINDS, PlannedWork),
}
"""Every kind of job, with its options."""
NEEDS_OF: Mapping[JobKind, Scope] = {
    "scan": "scan", "analyze": "scan", "export": "own", "duplicates": "own", "lookup": "scan",
    "map": "own", "pull": "own", "push": "own", "backup": "admin", "unmix": "own",
    "tags": "files", "tags-undo": "files", "quarantine": "files", "return": "files",
    "import": "scan", "classify": "scan", "forget": "scan", "restore": "admin",
}  # fmt: skip
"""What who asks for a job has to have."""


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
        if self.options is not None and not isinstance(self.options, OPTIONS_OF[self.kind]):
            raise UsageError(f"options of a job of kind {self.kind} are {OPTIONS_OF[self.kind].__name__}")
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


_RECORDS = (*OPTIONS_OF.values(), PathMaps, PathMap)


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
    return files, OPTIONS_OF[kind](**given)


def _plain(value: Any) -> Any:
    """A value as JSON can say it; of a record, the fields that are not as usual."""
    if isinstance(value, _RECORDS):
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
