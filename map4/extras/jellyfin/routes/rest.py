"""The Jellyfin API under `/jellyfin/`, for players."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from map4.base.actor import LOCAL
from map4.errors import UsageError
from map4.extras.jellyfin.ids import Ids
from map4.extras.jellyfin.routes.callers import RIGHT, caller_of, logged_in, shown_by, token_for, token_of
from map4.extras.jellyfin.routes.methods import LOG_IN, JellyfinMethod, method_of
from map4.extras.jellyfin.routes.question import JellyfinCall
from map4.extras.shared.routes.player_call import answer_of
from map4.server.admission import identified, let_in
from map4.server.answers import json_response, unless_known, without_none
from map4.server.bodies import require_bounded
from map4.server.proxies import address_of
from map4.server.route import HttpMethod, Route

ROOT = "/jellyfin"
SETTING = "serve.jellyfin"
_VERBS: tuple[HttpMethod, ...] = ("GET", "POST", "DELETE")


async def _answer(request: Request) -> Response:
    context = request.app.state.context
    # Players differ in the case of addresses and names.
    found = method_of(request.method.replace("HEAD", "GET"), request.path_params["path"].strip("/").lower())
    if found is None or not context.settings.config.get(SETTING, True):
        raise HTTPException(404)
    method, path = found
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        require_bounded(name[:20], value)
        parameters.setdefault(name.lower(), []).append(value)
    body = _members(await request.body())
    token = token_of(request, parameters)
    if method.path == LOG_IN:
        name, password = (str(body.get(member) or "") for member in ("username", "pw"))
        caller = await identified(request, logged_in(context, request, name, password))
        actor, token = let_in(request, caller, RIGHT), await token_for(context, caller)
    elif method.needs is None:
        caller, actor = None, LOCAL
        await context.limits.count(request, None)
    else:
        caller = await identified(request, caller_of(context, token))
        actor = let_in(request, caller, RIGHT, method.needs)
    call = partial(
        JellyfinCall,
        parameters=parameters,
        path=path,
        body=body,
        header=shown_by(request),
        token=token,
        ids=await context.callers.found("jellyfin ids", lambda library: Ids(library.credentials.library_id())),
        server=address_of(request) + ROOT,
    )
    return unless_known(request, await answer_of(request, actor, method.queue, call, partial(_made, method)))


def _made(method: JellyfinMethod, call: JellyfinCall) -> Response:
    for shown in (call.path.get("user"), call.get("userid"), call.body.get("userid")):
        if method.needs is not None and isinstance(shown, str):
            call.require_self(shown)
    answer = method.handler(call)
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(status_code=204)
    return json_response(without_none(answer))


def _members(body: bytes) -> Mapping[str, Any]:
    """The members of a JSON document, with names in lower case; none without a body."""
    if not body.strip():
        return {}
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise UsageError("the body is not JSON") from None
    require_bounded("the body", document)
    return {name.lower(): value for name, value in document.items()} if isinstance(document, dict) else {}


ROUTES = tuple(
    # Rights are checked in `_answer`, where the method is known.
    Route(verb, f"{ROOT}/{{path:path}}", None, "Jellyfin, for music players.", endpoint=_answer, is_root=True,
          is_hidden=True)
    for verb in _VERBS
)  # fmt: skip
