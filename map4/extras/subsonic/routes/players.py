"""How players of OpenSubsonic show who uses them: by a token, or by the password of a device, sent or hashed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from starlette.requests import HTTPConnection

from map4.accounts import MOST_NAME_LETTERS, Credential
from map4.base.account import Account
from map4.base.actor import SCOPES, Scope
from map4.base.text import name_key
from map4.extras.subsonic.routes.answers import (
    CONFLICTING,
    MISSING_PARAMETER,
    NO_PASSWORDS,
    NO_TOKENS,
    UNKNOWN_KEY,
    UNKNOWN_USER,
    SubsonicError,
)
from map4.library import Library
from map4.server.admission import Caller, UnknownActorError
from map4.server.auth.callers import Callers, bearer_of, is_past
from map4.server.auth.log_in import LogInChecks
from map4.server.context import ServerParts
from map4.server.proxies import client_address

Device = tuple[Credential, str | None]
"""A device with its password; None where that can't be decrypted."""

SCOPES_OF_PLAYERS: frozenset[Scope] = frozenset(SCOPES) - {"admin", "files"}
"""What a player may do at most, whoever uses it: its password stands in addresses."""
WRONG_PASSWORD = (
    "wrong user name or app password; not the password of the account is asked for here, but one of this device "
    "alone: make it on map4's page, or by 'map4 tokens add NAME --device --user USER'"
)
"""The same whether or not there is such an account, or a device of it: nobody learns names by it."""
_HEX = "enc:"


class UnknownPlayerError(SubsonicError, UnknownActorError):
    """It can't be told who uses a player."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That one knows the password of a device: the password itself, or the MD5 of it and a salt."""

    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    salt: str = field(default="", repr=False)

    def fits(self, secret: str) -> bool:
        """Whether this password is meant, with its hyphens or without."""
        return any(self._fits(form) for form in (secret, secret.replace("-", "")))

    def _fits(self, secret: str) -> bool:
        if self.password is not None:
            return _same(self.password, secret)
        expected = hashlib.md5((secret + self.salt).encode(errors="replace"), usedforsecurity=False).hexdigest()
        return _same((self.token or "").lower(), expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownByPlayer:
    """What the parameters of a question say of who asks; all of it, or what is left, may be missing."""

    api_key: str | None = field(default=None, repr=False)
    user: str | None = None
    proof: Proof | None = field(default=None, repr=False)

    @classmethod
    def of(cls, parameters: Mapping[str, Sequence[str]]) -> ShownByPlayer:
        """What they say; an error of the protocol where that can't be meant."""
        key, user, password, token, salt = (next(iter(parameters.get(one, ())), "") for one in _PARAMETERS)
        if key and (user or password or token or salt):
            raise UnknownPlayerError("apiKey stands alone; leave out u, p, t and s", CONFLICTING)
        if password and (token or salt):
            raise UnknownPlayerError("a password is sent (p) or hashed (t, s); leave out one of them", CONFLICTING)
        if bool(token) != bool(salt):
            raise UnknownPlayerError(f"the parameter '{'s' if token else 't'}' is missing", MISSING_PARAMETER)
        if key:
            return cls(api_key=key)
        proof = Proof(token=token, salt=salt) if token else Proof(password=_plain(password)) if password else None
        return cls(user=user or None, proof=proof)

    def named(self) -> tuple[str, Proof]:
        """The name and the proof; an error of the protocol where one is missing."""
        if self.user is None and self.proof is None:
            raise UnknownPlayerError("say who asks: send apiKey, or u with p, or u with t and s", MISSING_PARAMETER)
        if self.user is None or self.proof is None:
            missing = "'u' is" if self.user is None else "'p' is, or 't' and 's' are,"
            raise UnknownPlayerError(f"the parameter {missing} missing", MISSING_PARAMETER)
        return self.user, self.proof


_PARAMETERS = ("apiKey", "u", "p", "t", "s")


def as_player(caller: Caller | None, shown: ShownByPlayer, *, by_header: bool) -> Caller:
    """Who asks, with what their role may below /rest/; a token that is not for players lets nobody in there.

    caller: as a header, a token or the password of a device says
    by_header: whether a header says so, besides which players send a name and some password all the same
    """
    if by_header and shown.api_key is not None:
        raise UnknownPlayerError("a header says who asks already; leave out apiKey", CONFLICTING)
    if caller is None:
        raise UnknownPlayerError("this token is not known: it was removed, or has ended; make another", UNKNOWN_KEY)
    actor = caller.actor
    if shown.user is not None and name_key(shown.user) != name_key(actor.name):
        raise UnknownPlayerError("u names somebody else than the header does; leave one of them out", CONFLICTING)
    if not actor.may("subsonic"):
        return caller
    if caller.credential is not None:
        actor = caller.credential.account.actor()
    return replace(caller, actor=replace(actor, scopes=actor.scopes & SCOPES_OF_PLAYERS))


def unreadable(proof: Proof) -> UnknownPlayerError:
    """Passwords of devices are there, and can't be decrypted."""
    code = NO_TOKENS if proof.password is None else NO_PASSWORDS
    return UnknownPlayerError(
        "this server can't read the passwords of devices, as the key is missing that they are encrypted with; "
        "'map4 tokens list' there says more, and apiKey works",
        code,
    )


def _plain(password: str) -> str:
    """A password as it was typed: players may send its bytes as hexadecimal digits."""
    if password.startswith(_HEX):
        try:
            return bytes.fromhex(password.removeprefix(_HEX)).decode()
        except ValueError:
            return password
    return password


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


class PlayerCallers:
    """Identifies the callers of OpenSubsonic's methods. For one event loop."""

    def __init__(self, callers: Callers, log_ins: LogInChecks) -> None:
        self._callers, self._log_ins = callers, log_ins

    @classmethod
    def of(cls, context: ServerParts) -> PlayerCallers:
        """Those of a server, with limits on wrong passwords of their own: an old one in a player keeps nobody from the
        page."""

        def make() -> PlayerCallers:
            limits = context.limits.log_ins_called("players")
            return cls(context.callers, LogInChecks(context.libraries, limits))

        return context.of(PlayerCallers, make)

    async def __call__(self, connection: HTTPConnection, parameters: Mapping[str, Sequence[str]]) -> Caller | None:
        """The caller, by a header or by the parameters that players send; no cookie counts.

        raises UnknownPlayerError: if there is none, with the protocol's code
        """
        callers = self._callers
        if not await callers.has_accounts():
            return callers.without_accounts()
        shown, secret = ShownByPlayer.of(parameters), bearer_of(connection)
        if secret is not None:
            caller = await callers.of_bearer(secret)
        elif shown.api_key is not None:
            caller = await callers.of_token(shown.api_key)
        else:
            caller = await callers.of_proxy(connection) or await self._of_device(connection, *shown.named())
        return as_player(callers.noted(caller), shown, by_header=secret is not None)

    async def _of_device(self, connection: HTTPConnection, name: str, proof: Proof) -> Caller:
        """The device's owner. A right password counts even while wrong ones are refused: none can be guessed, and a
        player that goes on with an old one shuts out no other."""
        began = time.monotonic()
        called = name if len(name) <= MOST_NAME_LETTERS else ""  # no account has this name
        account, devices = await self._callers.found(("player", name_key(called)), partial(_devices, called))
        for device, password in devices:
            if password is not None and not is_past(device) and proof.fits(password):
                return Caller(actor=device.actor(), credential=device)
        if any(password is None for _, password in devices):
            raise unreadable(proof)
        pair = called, client_address(connection)
        await self._log_ins.require_open(*pair)
        await self._log_ins.failed(*pair, account, began=began)
        raise UnknownPlayerError(WRONG_PASSWORD, UNKNOWN_USER)


def _devices(name: str, library: Library) -> tuple[Account | None, Sequence[Device]]:
    return library.accounts.find(name), library.credentials.devices(name)
