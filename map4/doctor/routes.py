"""What looks wrong in the library."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from map4.doctor.checks.finding import CheckCount, Finding, Findings
from map4.doctor.checks.groups import ALL_CHECKS, CHECK_NAMES
from map4.library import Library
from map4.server.bodies import Q, plain_shape
from map4.server.route import RequestInput, Route


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


_DOCTOR = plain_shape("DoctorQuery", **Q, only=(list[Literal[CHECK_NAMES]], []), limit=(int | None, None))  # type: ignore[valid-type]

ROUTES = (
    Route("GET", "/doctor", "read", "What looks wrong, as `map4 doctor`.", _doctor,
          query=_DOCTOR, answer="doctor", adds=("checks", "unread"), queue="long", kept="alike", shared_as="stats"),
)  # fmt: skip
