"""Reports errors of map4 to Sentry or a compatible service: kind and place, without data of music or people."""

from __future__ import annotations

import logging
import platform
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from map4.core.base.files.last_error import LastError
from map4.errors import UsageError
from map4.server.settings import ServerSettings
from map4.version import Packages, __version__

_LOGGERS = ("map4", "uvicorn.error")
_SENT = ("event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "tags", "release")
"""Members of an event that are sent; anything the SDK adds, such as the host name, is removed."""
_TAGS = ("route", "method", "kind", "error_kind")
_END_S = 2.0


@contextmanager
def reporting_to(dsn: str) -> Iterator[None]:
    """Report logged errors to the Sentry project at an address while the server runs."""
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
        before_send_transaction=lambda event, hint: None,
    )
    capture: Any = sentry_sdk.capture_event
    try:
        with handling_errors(lambda record: capture(event_of(record))):
            yield
    finally:
        sentry_sdk.flush(timeout=_END_S)
        sentry_sdk.init()  # stops sending


def reporting_of(settings: ServerSettings) -> AbstractContextManager[None]:
    """Report errors of a server if its settings name a Sentry."""
    address = settings.config.get("serve.sentry")
    if not address:
        return nullcontext()
    if find_spec("sentry_sdk") is None:
        raise UsageError(Packages("sentry").missing("serve.sentry needs", "No module named 'sentry_sdk'"))
    return reporting_to(address)


@contextmanager
def handling_errors(handle: Callable[[logging.LogRecord], object]) -> Iterator[None]:
    """Call a function with each error that the server logs."""

    class Errors(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            handle(record)

    handler = Errors(logging.ERROR)
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(handler)


def event_of(record: logging.LogRecord) -> dict[str, Any]:
    """The report of a logged error: the message without its arguments, the kind of error, and where in the program it
    happened."""
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
            {"filename": LastError.shortened(at.filename), "function": at.name, "lineno": at.lineno, "in_app": True}
            for at in traceback.extract_tb(error.__traceback__)
        ]
        event["exception"] = {"values": [{"type": type(error).__name__, "stacktrace": {"frames": frames}}]}
    return event


def scrubbed(event: Any, hint: Any) -> Any:
    """Remove members that the SDK adds."""
    return {name: event[name] for name in _SENT if name in event}
