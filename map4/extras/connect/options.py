"""What jobs with a connected music server are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from map4.base.call_options import call_options, option

MOST_HEARD = 100_000
_WHICH = "Name of the connection; none where there is only one."


@call_options
class MapRequest:
    """Of which server a job reads the songs."""

    connection: str | None = option(None, about=_WHICH)
    listen: int | None = option(
        None, about="Also fetch so many songs that are no track by name, and compare how they sound.", least=1,
        most=MOST_HEARD,
    )  # fmt: skip


@call_options
class PullRequest:
    """What a job takes over of a server."""

    connection: str | None = option(None, about=_WHICH)
    take_theirs: bool = option(False, about="Also what was changed both there and here.")


@call_options
class PushRequest:
    """What a job writes to a server."""

    lists: Sequence[str] = option((), about="Names or ids of stored lists.")
    connection: str | None = option(None, about=_WHICH)
    force: bool = option(False, about="Also over a list that somebody changed there since.")
