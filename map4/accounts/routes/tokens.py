"""Routes of credentials: tokens of programs, passwords of devices, sessions and log-ins."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import Response

from map4.accounts.records import CredentialList, Issued
from map4.core.base.actor import Scope
from map4.library import Library
from map4.server.answers import Responses
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _all(library: Library, request: RequestInput) -> dict[str, Any]:
    credentials = library.credentials.all(request.query.user, everybody=request.query.all)
    return CredentialList(tokens=tuple(map(request.libraries.uses.shown, credentials))).to_record()


def _add(library: Library, request: RequestInput) -> Response:
    given = request.body
    issued = library.credentials.add(
        given.name, kind=given.kind, scopes=given.scopes, days=given.days, account=given.user
    )
    return _issued(issued, 201)


def _remove(library: Library, request: RequestInput) -> Response:
    library.credentials.remove(request.path["token"])
    return Response(status_code=204)


def _issued(issued: Issued, status: int) -> Response:
    return Responses.json(issued.to_record(), status, Responses.NO_STORE)


ROUTES = (
    Route("GET", "/tokens", "read", "Tokens, devices, sessions and log-ins, as `map4 accounts tokens`.", _all,
          query=plain_shape("TokensQuery", user=(str | None, None), all=(bool, False)), answer="tokens",
          queue="quick", example={"all": True}),
    Route("POST", "/tokens", "read",
          "Make a token for a program, or the password of a device, as `map4 accounts issue`.",
          _add, body=plain_shape("NewToken", name=(str, ...), kind=(Literal["token", "device"], "token"),
                                 scopes=(list[Scope], []), days=(int | None, None), user=(int | str | None, None)),
          answer="issued-token", status=201, queue="write", needs_log_in=True, example={"name": "cron"}),
    Route("DELETE", "/tokens/{token}", "read",
          "Revoke a token, device, session or log-in, as `map4 accounts revoke`.", _remove,
          status=204, queue="write", needs_log_in=True),
    Route("POST", "/tokens/{token}/rotate", "read", "Replace the secret of a token, as `map4 accounts rotate`.",
          lambda library, request: _issued(library.credentials.rotate(request.path["token"]), 200),
          body=plain_shape("NothingMore"), answer="issued-token", queue="write", needs_log_in=True),
)  # fmt: skip
