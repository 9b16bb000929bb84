"""Options of jobs with connected music servers."""

from __future__ import annotations

from collections.abc import Sequence

from map4.core.base.call_options import CallOptions, option

MOST_LISTENED = 100_000
_WHICH = "Name of the connection (optional if there is only one)."


class MapRequest(CallOptions):
    """Options of a job that reads the songs of a server."""

    connection: str | None = option(None, about=_WHICH)
    listen: int | None = option(
        None, about="Also download this many unmatched songs and compare their audio.", least=1,
        most=MOST_LISTENED,
    )  # fmt: skip


class PullRequest(CallOptions):
    """Options of a job that imports from a server."""

    connection: str | None = option(None, about=_WHICH)
    take_theirs: bool = option(False, about="If both sides changed, use the server's value.")


class PushRequest(CallOptions):
    """Options of a job that writes lists to a server."""

    lists: Sequence[str] = option((), about="Names or ids of stored lists.")
    connection: str | None = option(None, about=_WHICH)
    force: bool = option(False, about="Overwrite lists that were changed there.")
