"""Routes to log in and out, and of the current account."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from map4.accounts.log_ins import LOG_IN_S, SESSION_S
from map4.accounts.records import ACCESS_S, GrantedAccess, Issued, Me
from map4.accounts.routes.log_in import LogInChecks
from map4.core.base.actor import SCOPES, Actor
from map4.errors import NotAllowedError, NothingFoundError
from map4.library import Library
from map4.server.admission import Caller
from map4.server.answers import Responses
from map4.server.auth.callers import csrf_of
from map4.server.bodies import BodyShape
from map4.server.proxies import Proxies
from map4.server.route import Route

_LOG_IN = BodyShape.plain("LogIn", username=(str, ...), password=(str, ...))
_REFRESH = BodyShape.plain("RefreshToken", refresh_token=(str, ...))
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Windows", "Windows"),
            ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
"""Checked in this order, since browsers also name other systems."""


async def _log_in(request: Request) -> Response:
    """Log in a program."""
    return await _access(request, await _begun(request, lambda library: library.credentials.begin_login))


async def _refresh(request: Request) -> Response:
    context = request.app.state.context
    await context.limits.count(request, None)
    secret = _REFRESH.of_json(await request.body()).refresh_token
    await context.libraries.with_timeout(context.libraries.state)  # fail early if the library does not respond
    renew = context.libraries.ask(lambda library: library.credentials.renew(secret), Actor.LOCAL, queue="write")
    return await _access(request, await renew)


async def _access(request: Request, issued: Issued) -> Response:
    callers = request.app.state.context.callers
    issuer = await callers.found("issuer", lambda library: library.credentials.issuer())
    granted = GrantedAccess(
        access_token=issuer.token_of(issued.credential),
        expires_in=ACCESS_S,
        refresh_token=issued.secret,
        refresh_expires_in=LOG_IN_S,
    )
    return Responses.json(granted.document(), headers=Responses.NO_STORE)


async def _begin_session(request: Request) -> Response:
    """Log in the web page, with a cookie that scripts can't read."""
    issued = await _begun(request, lambda library: library.credentials.begin_session)
    caller = Caller(actor=issued.credential.actor(), credential=issued.credential)
    response = Responses.json((await _me(request, caller, issued.secret)).document(), headers=Responses.NO_STORE)
    await _set_cookie(request, response, issued.secret, SESSION_S)
    return response


async def _begun(request: Request, begin: Callable[[Library], Callable[[int, str], Issued]]) -> Issued:
    """Check name and password, and issue a session or log-in."""
    context = request.app.state.context
    await context.limits.count(request, None)
    body = _LOG_IN.of_json(await request.body())
    account = await LogInChecks.of(context).check(body.username, body.password, Proxies.client_address(request))
    agent = _agent(request)
    begun: Issued = await context.libraries.ask(
        lambda library: begin(library)(account.number, agent), Actor.LOCAL, queue="write"
    )
    return begun


async def _session(request: Request) -> Response:
    """The caller, as the web page needs it; extends the session's cookie from this use on."""
    caller, secret = request.state.caller, request.cookies.get(await request.app.state.context.callers.cookie_name())
    response = Responses.json((await _me(request, caller, secret)).document(), headers=Responses.NO_STORE)
    if secret and caller.credential is not None and caller.credential.kind == "session":
        await _set_cookie(request, response, secret, SESSION_S)  # in the browser, too
    return response


async def _me(request: Request, caller: Caller, cookie: str | None) -> Me:
    context, actor, credential = request.app.state.context, caller.actor, caller.credential
    has_session = credential is not None and credential.kind == "session"
    return Me(
        account=None
        if actor == Actor.LOCAL
        else await context.libraries.ask(lambda library: library.accounts.find(actor.id), Actor.LOCAL, queue="quick"),
        scopes=tuple(scope for scope in SCOPES if scope in actor.scopes),
        csrf=csrf_of(cookie) if cookie and has_session else None,
        credential=None if credential is None else credential.id,
        has_accounts=await context.callers.has_accounts(),
    )


async def _end_session(request: Request) -> Response:
    context, caller = request.app.state.context, request.state.caller
    credential = caller.credential
    if credential is None:
        raise NothingFoundError("there is no session to end; log out where you logged in, such as at the proxy")
    if credential.kind not in ("session", "login"):
        raise NotAllowedError("a token has no session; to revoke it, log in and remove it")
    await context.libraries.ask(lambda library: library.credentials.remove(credential.id), caller.actor, queue="write")
    response = Response(status_code=204)
    if credential.kind == "session":
        await _set_cookie(request, response, "", 0)
    return response


async def _set_cookie(request: Request, response: Response, secret: str, lasts_s: int) -> None:
    context = request.app.state.context
    response.set_cookie(
        await context.callers.cookie_name(), secret, max_age=lasts_s, path=context.settings.base_path or "/",
        secure=Proxies.is_https(request), httponly=True, samesite="strict",
    )  # fmt: skip


def _agent(request: Request) -> str:
    """The client by its User-Agent: "Firefox on Linux", or the name of a program."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS if agent.startswith("Mozilla/") and mark in agent), None)
    if browser is None:
        return re.split("[ /(]", agent)[0] or "program"
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return f"{browser} on {system}" if system else browser


ROUTES = (
    Route("POST", "/auth/login", None, "Log in a program: an access token and a refresh token.",
          endpoint=_log_in, body=_LOG_IN, answer="access", example={"username": "Ann", "password": "correct horse"}),
    Route("POST", "/auth/refresh", None, "Renew an access token; each refresh token works once.",
          endpoint=_refresh, body=_REFRESH, answer="access", example={"refresh_token": "map4r_…"}),
    Route("POST", "/auth/session", None, "Log in a web page, with a cookie.",
          endpoint=_begin_session, body=_LOG_IN, answer="me", example={"username": "Ann", "password": "correct horse"}),
    Route("GET", "/auth/session", "read", "The caller and its rights.", endpoint=_session, answer="me"),
    Route("DELETE", "/auth/session", "read", "Log out.", endpoint=_end_session, status=204),
)  # fmt: skip
