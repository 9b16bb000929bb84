"""Routes of credentials: tokens of programs, passwords of devices, sessions and log-ins."""

from __future__ import annotations

from typing import Any

from map4.accounts.records import CredentialList
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route


def _all(library: Library, request: RequestInput) -> dict[str, Any]:
    credentials = library.credentials.all(request.query.user, everybody=request.query.all)
    return CredentialList(tokens=tuple(map(request.libraries.uses.shown, credentials))).to_record()


ROUTES = (
    Route("GET", "/tokens", "read", "Tokens, devices, sessions and log-ins, as `map4 accounts tokens`.", _all,
          query=BodyShape.plain("TokensQuery", user=(str | None, None), all=(bool, False)), answer="tokens",
          queue="quick", example={"all": True}),
)  # fmt: skip
