"""Identifies callers by a token, access token, session cookie, or a trusted proxy."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from starlette.requests import HTTPConnection

from map4.core.base.account import Account, Claims, Credential, CredentialKind, digest_of
from map4.core.base.actor import Actor, Role
from map4.core.base.text import name_key
from map4.errors import Map4Error, NotAllowedError, UsageError
from map4.library import Library
from map4.server.admission import Caller
from map4.server.caches import SingleFlight
from map4.server.connections.guards import SAFE_METHODS
from map4.server.libraries import Libraries
from map4.server.proxies import user_of_proxy
from map4.server.settings import API, ServerSettings

T = TypeVar("T")

_MOST_KNOWN = 10_000  # maximum number of cached credential look-ups, valid and invalid
_TOKEN = re.compile(r"map4_[\w-]{43}", re.ASCII)  # anything else is invalid without a look-up in the library
CSRF_HEADER = "X-CSRF-Token"


class Callers:
    """Identifies callers. For one event loop.

    Look-ups in the library are cached until it changes, so a revoked credential stops working immediately, whichever
    process revoked it.
    """

    def __init__(self, settings: ServerSettings, libraries: Libraries) -> None:
        self._settings, self._libraries = settings, libraries
        self._state = ""
        self._known: dict[Hashable, object] = {}
        self._once = SingleFlight()

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        """The caller of a connection; None if unknown."""
        if not await self.has_accounts():
            return self.without_accounts()
        if (secret := Callers.bearer_of(connection)) is not None:
            return self.noted(await self.of_bearer(secret))
        return self.noted(await self._session_caller(connection) or await self.of_proxy(connection))

    async def has_accounts(self) -> bool:
        """Whether the library has accounts."""
        return await self.found("accounts", lambda library: library.accounts.any())

    async def had_accounts(self) -> bool:
        """`has_accounts`; if the library does not respond, its last answer."""
        try:
            return await self.has_accounts()
        except Map4Error:
            if (known := self._known.get("accounts")) is None:
                raise
            return bool(known)

    async def of_token(self, secret: str) -> Caller | None:
        """The caller with this token; None if it is invalid."""
        return await self._secret_caller(secret, "token") if _TOKEN.fullmatch(secret) else None

    async def of_proxy(self, connection: HTTPConnection) -> Caller | None:
        """The caller named by a trusted proxy; None without one."""
        name, role = user_of_proxy(connection), self._settings.new_accounts
        if name is None:
            return None
        account = await self.found(("name", name_key(name)), lambda library: library.accounts.find(name))
        if account is None and role != "no":
            account = await self._libraries.ask(partial(_made, name, role), Actor.LOCAL, queue="write")
        if account is None:
            raise NotAllowedError("the user named by the proxy has no account here; an admin can add it")
        return Caller(actor=account.actor())

    def noted(self, caller: Caller | None) -> Caller | None:
        """Record the use of the caller's credential, and return the caller."""
        if caller is not None and caller.credential is not None:
            self._libraries.uses.note(caller.credential.id)
        return caller

    async def cookie_name(self) -> str:
        """The name of the session cookie; it differs per library, since servers on one host share cookies."""
        library_id = await self.found("library", lambda library: library.credentials.library_id())
        return f"map4_{library_id[:8]}"

    def without_accounts(self) -> Caller | None:
        """The caller of a server without accounts; None for other machines."""
        return Caller(actor=Actor.LOCAL) if self._settings.is_for_this_machine else None

    async def of_bearer(self, secret: str) -> Caller | None:
        """The caller with this bearer token."""
        if "." not in secret:
            return await self.of_token(secret)
        claims = await self._claims(secret)
        if claims is None or time.time() >= claims.until:
            return None
        caller = await self._of(("id", claims.family), lambda library: library.credentials.known_id(claims.family))
        login = caller and caller.credential
        return caller if login and login.kind == "login" and login.account.number == claims.account else None

    async def _claims(self, token: str) -> Claims | None:
        """The claims of an access token; its signature is verified once per library state."""
        issuer = await self.found("issuer", lambda library: library.credentials.issuer())
        key = ("claims", digest_of(token))
        if key not in self._known:
            self._known[key] = issuer.claims_of(token)
        return self._known[key]  # type: ignore[return-value]

    async def _session_caller(self, connection: HTTPConnection) -> Caller | None:
        secret = connection.cookies.get(await self.cookie_name()) if connection.cookies else None
        caller = await self._secret_caller(secret, "session") if secret else None
        if caller is not None and secret and connection.scope.get("method", "GET") not in SAFE_METHODS:
            sent = connection.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), csrf_of(secret).encode()):
                raise NotAllowedError(
                    f"changes from a page need the header {CSRF_HEADER}; GET {API}/auth/session returns its value"
                )
        return caller

    async def _secret_caller(self, secret: str, kind: CredentialKind) -> Caller | None:
        digest = digest_of(secret)
        caller = await self._of(digest, lambda library: library.credentials.known(digest))
        return caller if caller and caller.credential and caller.credential.kind == kind else None

    async def _of(self, key: Hashable, ask: Callable[[Library], Credential | None]) -> Caller | None:
        credential = await self.found(key, ask)
        if credential is None or Callers.is_past(credential):
            return None
        return Caller(actor=credential.actor(), credential=credential)

    async def found(self, key: Hashable, ask: Callable[[Library], T]) -> T:
        """The result of a look-up in the library, cached until the library changes."""
        state = await self._libraries.with_timeout(self._libraries.state)
        if state != self._state or len(self._known) > _MOST_KNOWN:
            self._state, self._known = state, {}
        known = self._known
        if key not in known:
            known[key] = await self._once.get(
                (state, key), lambda: self._libraries.ask(ask, Actor.LOCAL, queue="quick")
            )
        return known[key]  # type: ignore[return-value]

    @staticmethod
    def bearer_of(connection: HTTPConnection) -> str | None:
        """The bearer token; None without one, as a proxy may forward other schemes. Two headers are ambiguous: ""."""
        shown = connection.headers.getlist("authorization")
        if len(shown) > 1:
            return ""
        kind, _, secret = "".join(shown).partition(" ")
        return secret.strip() if kind.lower() == "bearer" else None

    @staticmethod
    def is_past(credential: Credential) -> bool:
        """Whether it has expired since it was looked up."""
        until = credential.expires_at
        return until is not None and datetime.now(UTC) >= datetime.fromisoformat(until)


def _made(name: str, role: Role, library: Library) -> Account:
    try:
        return library.accounts.find(name) or library.accounts.add(name, role, by_proxy=True)
    except UsageError as error:
        raise NotAllowedError(f"the user name sent by the proxy is not a valid account name: {error}") from None


def csrf_of(secret: str) -> str:
    """The CSRF token of a session: other pages can't know it."""
    return hmac.new(secret.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()
