"""Reports mistakes of map4 to a Sentry, or what speaks as one: their kind and place, and nothing of music or people."""

from __future__ import annotations

import logging
import platform
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from map4.errors import UsageError
from map4.server.log_lines import shortened
from map4.server.settings import ServerSettings
from map4.version import __version__, how_to_add

_LOGGERS = ("map4", "uvicorn.error")
_SENT = ("event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "tags", "release")
"""Of an event; whatever else the SDK adds, such as the name of the machine, is left out."""
_TAGS = ("route", "method", "kind", "error_kind")
_END_S = 2.0


@contextmanager
def reporting_to(dsn: str) -> Iterator[None]:
    """Report errors in the log as long as the server runs.

    dsn: the address that Sentry gives a project
    """
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        release=f"map4@{__version__}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        server_name="",
        before_send=scrubbed,
        before_send_transaction=_nothing,
    )
    handler = _Reports(sentry_sdk.capture_event)
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(handler)
        sentry_sdk.flush(timeout=_END_S)
        sentry_sdk.init()  # sends nothing any more


def reporting_of(settings: ServerSettings) -> AbstractContextManager[None]:
    """Report errors of a server where its settings name a Sentry.

    raises UsageError: if the package for it is missing
    """
    address = settings.config.get("serve.sentry")
    if not address:
        return nullcontext()
    if find_spec("sentry_sdk") is None:
        raise UsageError(f"map4 sentry needs more packages: {how_to_add('sentry')}")
    return reporting_to(address)


class _Reports(logging.Handler):
    """Reports what is logged as an error."""

    def __init__(self, capture: Any) -> None:
        super().__init__(logging.ERROR)
        self._capture = capture

    def emit(self, record: logging.LogRecord) -> None:
        """Report one."""
        self._capture(event_of(record))


def event_of(record: logging.LogRecord) -> dict[str, Any]:
    """What is reported of an error in the log: the message without what was put into it, the kind of the error, and
    where in the program it happened."""
    event: dict[str, Any] = {
        "level": "error",
        "logger": record.name,
        "logentry": {"message": str(record.msg)},
        "tags": {name: str(getattr(record, name)) for name in _TAGS if hasattr(record, name)}
        | {"python": platform.python_version(), "system": platform.system()},
    }
    error = getattr(record, "mistake", None) or (record.exc_info[1] if record.exc_info else None)
    if error is not None:
        frames = [
            {"filename": shortened(one.filename), "function": one.name, "lineno": one.lineno, "in_app": True}
            for one in traceback.extract_tb(error.__traceback__)
        ]
        event["exception"] = {"values": [{"type": type(error).__name__, "stacktrace": {"frames": frames}}]}
    return event


def scrubbed(event: Any, hint: Any) -> Any:
    """Only what is to be told, whatever the SDK adds to it."""
    return {name: event[name] for name in _SENT if name in event}


def _nothing(event: Any, hint: Any) -> None:
    """Nothing else is sent."""
