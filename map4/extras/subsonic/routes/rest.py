"""The OpenSubsonic API under `/rest/`, by GET and form POST."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from map4.errors import Map4Error
from map4.extras.subsonic.now_playing import NowPlaying
from map4.extras.subsonic.routes import answers
from map4.extras.subsonic.routes.methods import METHODS, SubsonicMethod
from map4.extras.subsonic.routes.players import PlayerCallers
from map4.extras.subsonic.routes.question import CatalogueNeededError, SubsonicCall
from map4.library import Library, hookspecs
from map4.search import Catalogue
from map4.search.routes.catalogues import Catalogues
from map4.server.admission import Caller, UnknownActorError
from map4.server.answers import Responses
from map4.server.bodies import BodyShape
from map4.server.proxies import Proxies
from map4.server.route import HttpMethod, Route

_METHODS: tuple[HttpMethod, ...] = ("GET", "POST")
_FUNCTION = re.compile(r"[A-Za-z_$][\w$]{0,99}(?:\.[A-Za-z_$][\w$]{0,99}){0,5}", re.ASCII)
_PAGE = "/you"  # page for creating app passwords; see `map4.page.routes`


@hookspecs.is_media.implementation
def is_media(path: str) -> bool:
    """True for addresses of media elements in a page; reading them changes nothing."""
    return path.removesuffix(".view") in ("/rest/stream", "/rest/download", "/rest/getCoverArt")


async def _answer(request: Request) -> Response:
    parameters = await _parameters(request)
    form = next(iter(parameters.get("f", ())), "xml")
    if form != "jsonp":
        return await _answered(request, parameters, form)
    parameters["f"], callback = ["json"], next(iter(parameters.get("callback", ())), "")
    if not callback:
        return answers.refusal(
            answers.SubsonicError("the parameter 'callback' is missing", answers.MISSING_PARAMETER), "json"
        )
    if _FUNCTION.fullmatch(callback) is None:
        return answers.refusal(answers.SubsonicError("'callback' must be the name of a function in JavaScript"), "json")
    response = await _answered(request, parameters, "json")
    return answers.in_callback(response, callback) if response.media_type == answers.MEDIA_TYPES["json"] else response


async def _answered(request: Request, parameters: dict[str, list[str]], form: str) -> Response:
    name = request.path_params["method"].removesuffix(".view")
    if form not in ("json", "xml"):
        return answers.refusal(answers.SubsonicError("f must be json, jsonp or xml"), "xml")
    if name not in METHODS:
        return answers.refusal(answers.SubsonicError(f"map4 does not know {name}"), form, status=404)
    here = Proxies.address_of(request)
    try:
        response = await _made(request, METHODS[name], parameters, form)
    except Map4Error as error:
        return answers.refusal(error, form, help_url=f"{here}{_PAGE}" if isinstance(error, UnknownActorError) else None)
    etag = response.headers.get("etag", "")
    if etag and Responses.is_known(request.headers, etag):
        return Responses.not_modified(etag)
    if request.method == "POST":  # a form POST equals a GET, which allows ranges
        request.scope["method"] = "GET"
    return response


async def _made(request: Request, method: SubsonicMethod, parameters: dict[str, list[str]], form: str) -> Response:
    context = request.app.state.context
    for parameter, values in parameters.items():
        BodyShape.require_bounded(parameter[:20], values)
    if method.needs is None:
        actor = await Caller.admitted(request)
    else:
        caller = await Caller.identified(request, PlayerCallers.of(context)(request, parameters))
        actor = Caller.let_in(request, caller, "subsonic", method.needs)

    catalogues = Catalogues.of(context)

    async def answered(known: Catalogue | None) -> Response:
        def handled(library: Library) -> Response:
            result = method.handler(
                SubsonicCall(
                    library=library, parameters=parameters, settings=context.settings, libraries=context.libraries,
                    known=known, now_playing=context.of(NowPlaying, NowPlaying),
                )
            )  # fmt: skip
            return result if isinstance(result, Response) else answers.answer(result, form)

        response: Response = await context.libraries.ask(handled, actor, queue=method.queue)
        return response

    try:
        return await answered(await catalogues.cached())
    except CatalogueNeededError:
        return await answered(await catalogues.made())


async def _parameters(request: Request) -> dict[str, list[str]]:
    """All parameters of the address and of a form, whose size the server limits."""
    form = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    parameters: dict[str, list[str]] = {}
    for name, value in (*request.query_params.multi_items(), *form):
        parameters.setdefault(name, []).append(value)
    return parameters


ROUTES = tuple(
    # Rights are checked in `_answer`, so that even refusals have the protocol's form.
    Route(method, "/rest/{method}", None, "OpenSubsonic, for music players.", endpoint=_answer, is_root=True,
          is_hidden=True)
    for method in _METHODS
)  # fmt: skip
