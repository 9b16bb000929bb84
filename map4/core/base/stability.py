"""What versions promise: commands, kinds of documents, routes and calls are stable or a beta; some are deprecated.

A name is in one of the two tables of its sort; tests/test_stability.py compares them with what exists. A sub-command or
option without an entry is what its command is. Only the calls in `CALLS` are stable; every other is a beta.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple, TypeVar, cast

NOTE = "Beta: a minor version may change it."


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


STABLE_COMMANDS = _names(
    "analyze, compare, completion, config, demo, doctor, duplicates, export, generate, help, import, jobs, library, "
    "play, playlist, rename, scan, schema, search, serve, set, similar, stats, tags, tap, undo, validate"
)
BETA_COMMANDS = _names(
    "accounts, analyze --voice, classify, connect, export rekordbox-db, export undo, library copy, lookup, mcp, "
    "mix, move, playlist joint, playlist share, scan --voice, stick, unmix"
)

STABLE_KINDS = _names(
    "about, backup, cache-copy, cache-info, cache-merge, cache-prune, cache-verify, comparison, compatibility, "
    "config, doctor, duplicate-group, duplicates, event, export, export-formats, export-history, export-summary, "
    "finding, ignored-files, import-history, import-matches, import-summary, job, jobs, list-entry, list-versions, "
    "pick, plan, play, play-stats, playlist, playlist-check, playlist-summary, plays, quarantine, rename, "
    "rename-plan, renamed-file, scan-summary, set, set-history, set-undo, similar, similar-list, stats, "
    "stats-genres, stats-timeline, stored-list, stored-lists, tag-write, tagged-file, tags, tags-list, track, "
    "tracks, undo, undo-steps, undone-file, wanted, wanted-list, watch-event"
)
BETA_KINDS = _names(
    "access, account, account-removed, accounts, album, albums, artist, artists, audit, classify-plan, "
    "classify-summary, columns, completions, connection, connection-status, connections, facets, folders, "
    "genre-table, given-back, import-review, issued-token, joint, kept-set, list-mix, list-mix-file, list-slots, "
    "live-answer, lookup, lookup-plan, lookup-summary, lookups, map, map-regions, map-values, mark-change, marks, me, "
    "mix, mix-stats, move, overview, person, place, playlist-choices, preferences, providers, pulled, pushed-list, "
    "pushed-lists, query-rules, rekordbox-undo, rekordbox-write, rotated-key, source-change, sources, stick-check, "
    "stick-write, sticks, strip, tempo-range-change, tempo-ranges, token, tokens, truth, unmix, voice, voice-summary"
)

STABLE_ROUTES = _names(
    "/about, /audio/batch-analyze, /audio/find-similar, /backup, /batch/analyze, /batch/{job}, /changes, "
    "/changes/{step}/undo, /compare, /compatibility/{a}/{b}, /doctor, /duplicates, /events, /exports, "
    "/exports/formats, /exports/{job}, /exports/{job}/file, /health, /ignored, /imports, /jobs, /jobs/{job}, "
    "/jobs/{job}/cancel, /jobs/{job}/retry, /library, /lists, /lists/{list}, /lists/{list}/file, "
    "/lists/{list}/versions, /metrics, /plans/import, /plans/quarantine, /plans/tags, /plans/undo, /plans/{plan}, "
    "/playlists/check, /playlists/fill, /playlists/generate, /playlists/order, /plays, /ready, /scan, /search, "
    "/search/advanced, /stats/genres, /stats/library, /stats/plays, /stats/timeline, /tracks, /tracks/analyze, "
    "/tracks/{id}, /tracks/{id}/audio, /tracks/{id}/cover, /tracks/{id}/tags, /undo"
)
BETA_ROUTES = _names(
    "/albums, /albums/{id}, /artists, /artists/{id}, /audit, /auth/login, /auth/refresh, /auth/session, /columns, "
    "/columns/place, /compare/truth, /completions, /connections, /connections/map, /connections/pull, "
    "/connections/push, /facets, /folders, /genre-table, /genre-table/undo, /imports/review, /imports/review/{entry}, "
    "/lists/live, /lists/{list}/mix, /lists/{list}/mix.{form}, "
    "/lists/{list}/ops, /lists/{list}/slots, /lookup, /lookups, /map, /map/regions, /map/values, /marks, "
    "/mix/{a}/{b}, /plans/classify, /plans/forget, /plans/restore, /playlists/choices, /playlists/refresh, "
    "/preferences, /query-rules, /sources, /sources/{field}, /stats/mixes, /sticks, /tempo-ranges, /tempo-ranges/undo, "
    "/tokens, /tokens/{token}, /tokens/{token}/rotate, /tracks/{id}/lookups/{provider}, /tracks/{id}/overview, "
    "/tracks/{id}/strip, /tracks/{id}/voice, /unmix, /unmix/{job}, /unmix/{job}/file, /unmix/{job}/keep, /unmix/undo, "
    "/users, /users/{user}, /users/{user}/export, /users/{user}/password, /voice"
)

CALLS = _names(
    "open, close, scan, scan_events, analyze, analyze_events, search, count, track, similar, compare, playlist, "
    "playlist_events, set, set_each, stats, export, list_file, merge, undo, undo_steps, tracks.all, tracks.at, "
    "tracks.by_id, tracks.columns, tracks.page, tracks.paths, lists.save, lists.read, lists.stored, lists.delete, "
    "lists.rename, lists.copy, lists.check, lists.order, lists.merge, lists.fill, lists.versions, lists.restore, "
    "plays.add, plays.page, plays.stats, doctor.examine, duplicates.find, quarantine.move, imports.read, "
    "imports.preview, imports.history, imports.forget, tags.read, tags.write, values.history, values.undo, "
    "rename.plan, rename.run, care.backup, care.restore, care.verify, care.info, care.prune"
)
"""Methods of `Library` and of its parts."""


def head_of(kind: str) -> dict[str, Any]:
    """The first members of a document: its `schema`, and `"beta": true` for a beta."""
    return {"schema": f"map4/{kind}/1", **({"beta": True} if kind in BETA_KINDS else {})}


def is_beta_command(path: str) -> bool:
    """Return whether the longest entry that a command line such as "export undo" begins with is a beta."""
    words = path.split()
    entries = (" ".join(words[:end]) for end in range(len(words), 0, -1))
    known = next((entry for entry in entries if entry in STABLE_COMMANDS or entry in BETA_COMMANDS), "")
    return known in BETA_COMMANDS


F = TypeVar("F", bound=Callable[..., Any])


class Deprecation(NamedTuple):
    """What still works until the next major version.

    since: the first version that warns, such as "1.2"
    instead: what to use, as a clause
    """

    since: str
    instead: str

    def text(self, name: str) -> str:
        ends = int(self.since.partition(".")[0]) + 1
        return f"{name} is deprecated since map4 {self.since} and will be removed in {ends}.0; {self.instead}"


Reporter = Callable[[Deprecation, str, str], object]
"""Called with the deprecation, and the name in Python or JSON and as a flag of a command."""
_REPORTER: ContextVar[Reporter | None] = ContextVar("reporter_of_deprecations", default=None)


@contextmanager
def reported_to(report: Reporter) -> Iterator[None]:
    """Pass each deprecation in the block to `report`, with its name in Python or JSON and its flag of a command."""
    token = _REPORTER.set(report)
    try:
        yield
    finally:
        _REPORTER.reset(token)


def warn(deprecation: Deprecation, name: str, flag: str = "") -> None:
    if (report := _REPORTER.get()) is not None:
        report(deprecation, name, flag or name)
        return
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("map4."):
        frame, level = frame.f_back, level + 1
    warnings.warn(deprecation.text(name), DeprecationWarning, stacklevel=level)


def deprecated(since: str, instead: str, *, name: str = "") -> Callable[[F], F]:
    """Make a call of Python, or the function of a command, warn.

    name: the default is that of the function, with its class
    """
    deprecation = Deprecation(since, instead)

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            warn(deprecation, name or function.__qualname__)
            return function(*arguments, **keywords)

        return cast("F", call)

    return decorate


def moved(old: str, new: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names extras import from `map4.plugins` now: it warns.

    new: the module that has the names
    """
    deprecation = Deprecation("1.1", "import it from map4.plugins")

    def attribute(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(new), name)
        warn(deprecation, f"{old}.{name}")
        return value

    return attribute
