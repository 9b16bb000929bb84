"""Routes of sticks: those that the server may write to, and the job that writes a list to one."""

from __future__ import annotations

import os
from dataclasses import replace

from map4.core.base.paths import display_path, whole_path
from map4.core.base.records import Record, ShownPath
from map4.errors import NotAllowedError
from map4.extras.stick.options import StickRequest
from map4.extras.stick.players import PLAYERS
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.server.route import RequestInput, Route


class ServedSticks(Record, kind="sticks"):
    """The sticks that the server may write to.

    sticks: folders of serve.sticks
    players: models
    """

    sticks: tuple[ShownPath, ...]
    players: tuple[str, ...] = tuple(PLAYERS)


def _checked(library: Library, inputs: RequestInput) -> JobRequest:
    request: JobRequest = inputs.body
    options = request.options
    assert isinstance(options, StickRequest)
    allowed = inputs.settings.config.get("serve.sticks", ())
    if os.path.realpath(whole_path(options.to)) not in map(os.path.realpath, allowed):
        raise NotAllowedError(f"the server may not write to {display_path(options.to)}; serve.sticks names its sticks")
    for wanted, scope in ((options.import_first, "scan"), (options.import_first, "correct"), (options.prune, "files")):
        inputs.actor.require(scope if wanted else "own")
    # Only stored lists, by their id: list files may be anywhere.
    return replace(request, options=replace(options, playlist=library.lists.id_of(options.playlist)))


ROUTES = (
    Route("GET", "/sticks", "own", "Sticks that the server may write to.",
          lambda library, inputs: ServedSticks(sticks=inputs.settings.config.get("serve.sticks", ())).document(),
          answer="sticks"),
    asking("stick", "/sticks", "Write a list to a stick, as `map4 stick`. A job.", "StickJob", _checked,
           members={"playlist": (str, ...), "to": (str, ...)}, needs_key=True,
           example={"playlist": "l-1", "to": "/media/USB"}),
)  # fmt: skip
