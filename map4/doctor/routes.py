"""What looks wrong in the library."""

from __future__ import annotations

from typing import Any, Literal

from map4.doctor.checks.finding import Findings
from map4.doctor.checks.groups import CHECK_NAMES
from map4.library import Library
from map4.server.bodies import BodyShape, Q
from map4.server.route import RequestInput, Route


def _doctor(library: Library, request: RequestInput) -> dict[str, Any]:
    """All findings are counted; `limit` is how many of each check are in the answer."""
    query, doctor = request.query, library.doctor
    found = doctor.examine(query.q or "is:any", only=query.only, program=request.settings.program, most=query.limit)
    return Findings(findings=tuple(found.findings), checks=found.checks, unread=doctor.unread()).to_record()


_DOCTOR = BodyShape.plain("DoctorQuery", **Q, only=(list[Literal[CHECK_NAMES]], []), limit=(int | None, None))  # type: ignore[valid-type]

ROUTES = (
    Route("GET", "/doctor", "read", "What looks wrong, as `map4 doctor`.", _doctor,
          query=_DOCTOR, answer="doctor", adds=("checks", "unread"), queue="long", cache="alike", shared_as="stats",
          example={"only": ["tags"]}),
)  # fmt: skip
