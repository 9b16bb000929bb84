"""The library as a whole: counts, what looks wrong or stands there twice, and what came from where."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from map4.doctor.checks.finding import CheckCount, Finding, Findings
from map4.doctor.checks.groups import ALL_CHECKS, CHECK_NAMES
from map4.duplicates.records import Duplicates
from map4.imports.records import ImportHistory
from map4.library import Library
from map4.search.routes.search import Q
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route
from map4.stats.records import GenreStatistics, YearStatistics
from map4.store.noted_records import IgnoredFileList


def _doctor(library: Library, asked: RequestInput) -> dict[str, Any]:
    """What was found; with `limit` so much of each check at most, all of which is counted."""
    found = library.doctor.findings(asked.query.q or "is:any", only=asked.query.only, program=asked.settings.program)
    counts: Counter[str] = Counter()
    told: list[Finding] = []
    for one in found:
        counts[one.check.name] += 1
        if asked.query.limit is None or counts[one.check.name] <= asked.query.limit:
            told.append(one)
    checks = tuple(CheckCount(check=one, count=counts[one.name]) for one in ALL_CHECKS if counts[one.name])
    return Findings(findings=tuple(told), checks=checks, unread=library.doctor.unread()).to_record()


def _duplicates(library: Library, asked: RequestInput) -> dict[str, Any]:
    return Duplicates(groups=tuple(library.duplicates.find_events(query=asked.query.q or None))).to_record()


def _ignored(library: Library, asked: RequestInput) -> dict[str, Any]:
    return IgnoredFileList(files=tuple(library.files.ignored())).to_record()


def _unignore(library: Library, asked: RequestInput) -> dict[str, Any]:
    library.files.unignore(asked.query.path)
    return _ignored(library, asked)


_DOCTOR = plain_shape("DoctorQuery", **Q, only=(list[Literal[CHECK_NAMES]], []), limit=(int | None, None))  # type: ignore[valid-type]
_OF_QUERY = plain_shape("OfQuery", **Q)

ROUTES = (
    Route("GET", "/stats/library", "read", "Counts, hours and histograms, as `map4 stats`.",
          lambda library, asked: library.stats(asked.query.q).to_record(), query=_OF_QUERY, answer="stats",
          queue="long", kept="alike", shared_as="stats"),
    Route("GET", "/stats/genres", "read", "How many tracks each genre has.",
          lambda library, asked: GenreStatistics(found=library.stats(asked.query.q)).to_record(),
          query=_OF_QUERY, answer="stats-genres", queue="long", kept="alike", shared_as="stats"),
    Route("GET", "/stats/timeline", "read", "How many tracks came in each month, and are of each year.",
          lambda library, asked: YearStatistics(found=library.stats(asked.query.q)).to_record(),
          query=_OF_QUERY, answer="stats-timeline", queue="long",
          kept="alike", shared_as="stats"),
    Route("GET", "/stats/accuracy", "read",
          "How right map4 is on tempi, keys and bars that were set, as `map4 stats --accuracy`.",
          lambda library, asked: library.accuracy(asked.query.q, imported=asked.query.imported).to_record(),
          query=plain_shape("AccuracyQuery", **Q, imported=(bool, False)), answer="accuracy", queue="long",
          kept="alike", shared_as="stats"),
    Route("GET", "/doctor", "read", "What looks wrong, as `map4 doctor`.", _doctor,
          query=_DOCTOR, answer="doctor", adds=("checks", "unread"), queue="long", kept="alike", shared_as="stats"),
    Route("GET", "/duplicates", "read", "The same recording more than once, as `map4 duplicates`.", _duplicates,
          query=_OF_QUERY, answer="duplicates", queue="long", kept="alike", shared_as="stats"),
    Route("GET", "/library", "read", "What the library file holds, as `map4 cache info`.",
          lambda library, asked: library.care.info(), answer="cache-info", queue="long", kept="alike"),
    Route("GET", "/imports", "read",
          "What was imported, and what of it waits for its file, as `map4 import --history`.",
          lambda library, asked: ImportHistory(
              imports=tuple(library.imports.history()), waiting=tuple(library.imports.pending())).to_record(),
          answer="import-history", kept="alike"),
    Route("GET", "/ignored", "read", "The files that scans leave out, as `map4 cache ignored`.", _ignored,
          answer="ignored-files", queue="quick", kept="alike"),
    Route("DELETE", "/ignored", "scan", "Let scans find files again, as `map4 cache ignored --undo`.", _unignore,
          query=plain_shape("HeedQuery", path=(list[str], ...)), answer="ignored-files", queue="write"),
)  # fmt: skip
