"""Sign-in of OpenSubsonic players: by token, or by app password, plain or hashed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from starlette.requests import HTTPConnection

from map4.accounts import MOST_NAME_LETTERS
from map4.accounts.routes.log_in import LogInChecks
from map4.core.base.account import Account, Credential
from map4.core.base.actor import SCOPES, Scope
from map4.core.base.text import name_key
from map4.extras.subsonic.routes.answers import (
    CONFLICTING,
    MISSING_PARAMETER,
    NO_PASSWORDS,
    NO_TOKENS,
    UNKNOWN_KEY,
    SubsonicError,
)
from map4.library import Library
from map4.server.admission import Caller, UnknownActorError
from map4.server.auth.callers import Callers
from map4.server.context import ServerParts
from map4.server.proxies import Proxies

_HEX = "enc:"

Device = tuple[Credential, str | None]  # a device with its password; None if it can't be decrypted

SCOPES_OF_PLAYERS: frozenset[Scope] = frozenset(SCOPES) - {"admin", "files"}
"""Maximum rights of a player for any user: its password or token appears in addresses."""
WRONG_PASSWORD = (
    "wrong user name or app password. Use an app password of this device instead of the account's password: "
    "make it on map4's page, or by 'map4 accounts issue NAME --device --user USER'"
)
"""The same message whether or not the account or device exists, so that names can't be probed."""


class UnknownPlayerError(SubsonicError, UnknownActorError):
    """The user of a player can't be identified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Proof of a device's password: the password, or its MD5 with a salt."""

    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    salt: str = field(default="", repr=False)

    def fits(self, secret: str) -> bool:
        """True if it matches the password, with or without hyphens."""
        return any(self._fits(form) for form in (secret, secret.replace("-", "")))

    def _fits(self, secret: str) -> bool:
        if self.password is not None:
            return _same(self.password, secret)
        expected = hashlib.md5((secret + self.salt).encode(errors="replace"), usedforsecurity=False).hexdigest()
        return _same((self.token or "").lower(), expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownByPlayer:
    """Credentials in a request's parameters; each may be missing."""

    api_key: str | None = field(default=None, repr=False)
    user: str | None = None
    proof: Proof | None = field(default=None, repr=False)

    @classmethod
    def of(cls, parameters: Mapping[str, Sequence[str]]) -> ShownByPlayer:
        """Parse the parameters; raise a protocol error if they contradict each other."""
        key, user, password, token, salt = (next(iter(parameters.get(name, ())), "") for name in _PARAMETERS)
        if key and (user or password or token or salt):
            raise UnknownPlayerError("apiKey can't be combined with u, p, t or s", CONFLICTING)
        if password and (token or salt):
            raise UnknownPlayerError("send either p or t and s, not both", CONFLICTING)
        if bool(token) != bool(salt):
            raise UnknownPlayerError(f"the parameter '{'s' if token else 't'}' is missing", MISSING_PARAMETER)
        if key:
            return cls(api_key=key)
        proof = Proof(token=token, salt=salt) if token else Proof(password=_plain(password)) if password else None
        return cls(user=user or None, proof=proof)

    def named(self) -> tuple[str, Proof]:
        """Return name and proof; raise a protocol error if either is missing."""
        if self.user is None and self.proof is None:
            raise UnknownPlayerError("credentials are missing: send apiKey, u and p, or u, t and s", MISSING_PARAMETER)
        if self.user is None or self.proof is None:
            missing = "'u' is" if self.user is None else "'p' is, or 't' and 's' are,"
            raise UnknownPlayerError(f"the parameter {missing} missing", MISSING_PARAMETER)
        return self.user, self.proof


_PARAMETERS = ("apiKey", "u", "p", "t", "s")


def as_player(caller: Caller | None, shown: ShownByPlayer, *, by_header: bool) -> Caller:
    """Return the caller with the role's rights under /rest/; tokens that are not for players are not admitted there.

    caller: identified by a header, a token or a device password
    by_header: identified by a header; players may still send a name and a dummy password
    """
    if by_header and shown.api_key is not None:
        raise UnknownPlayerError("a header already identifies the caller; remove apiKey", CONFLICTING)
    if caller is None:
        raise UnknownPlayerError("unknown token: it was removed or has expired; create another token", UNKNOWN_KEY)
    actor = caller.actor
    if shown.user is not None and name_key(shown.user) != name_key(actor.name):
        raise UnknownPlayerError("u and the header name different users; send only one of them", CONFLICTING)
    return with_rights_of_player(caller) if actor.may("subsonic") else caller


def _plain(password: str) -> str:
    """The typed password; players may send its bytes in hexadecimal."""
    if password.startswith(_HEX):
        try:
            return bytes.fromhex(password.removeprefix(_HEX)).decode()
        except ValueError:
            return password
    return password


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


class PlayerCallers:
    """Identifies callers of OpenSubsonic methods; for one event loop."""

    def __init__(self, callers: Callers, devices: DevicePasswords) -> None:
        self._callers, self._devices = callers, devices

    @classmethod
    def of(cls, context: ServerParts) -> PlayerCallers:
        """The server's instance."""
        return context.of(PlayerCallers, lambda: cls(context.callers, DevicePasswords.of(context)))

    async def __call__(self, connection: HTTPConnection, parameters: Mapping[str, Sequence[str]]) -> Caller | None:
        """Return the caller, identified by a header or the players' parameters; cookies are ignored."""
        callers = self._callers
        if not await callers.has_accounts():
            return callers.without_accounts()
        shown, secret = ShownByPlayer.of(parameters), Callers.bearer_of(connection)
        if secret is not None:
            caller = await callers.of_bearer(secret)
        elif shown.api_key is not None:
            caller = await callers.of_token(shown.api_key)
        else:
            caller = await callers.of_proxy(connection) or await self._device_caller(connection, *shown.named())
        return as_player(callers.noted(caller), shown, by_header=secret is not None)

    async def _device_caller(self, connection: HTTPConnection, name: str, proof: Proof) -> Caller:
        try:
            return await self._devices.owner(connection, name, proof.fits)
        except SealedPasswordsError as error:
            raise UnknownPlayerError(str(error), NO_TOKENS if proof.password is None else NO_PASSWORDS) from None


class SealedPasswordsError(UnknownActorError):
    """The passwords of a user's devices can't be decrypted."""


class DevicePasswords:
    """Checks the passwords of devices, with limits on wrong ones that are separate from the page's, so that an old
    password in a player does not block log-ins there. For one event loop."""

    def __init__(self, callers: Callers, log_ins: LogInChecks) -> None:
        self._callers, self._log_ins = callers, log_ins

    @classmethod
    def of(cls, context: ServerParts) -> DevicePasswords:
        """The server's instance."""

        def make() -> DevicePasswords:
            return cls(context.callers, LogInChecks(context.libraries, context.limits.log_ins_called("players")))

        return context.of(DevicePasswords, make)

    async def owner(self, connection: HTTPConnection, name: str, fits: Callable[[str], bool]) -> Caller:
        """Return the device's owner. A correct password is accepted even while wrong ones are
        blocked: app passwords can't be guessed, and a player with an old password must not lock out others.

        fits: whether a password equals what was sent
        """
        began = time.monotonic()
        called = name if len(name) <= MOST_NAME_LETTERS else ""  # no account name is longer
        account, devices = await self._callers.found(("player", name_key(called)), partial(_devices, called))
        for device, password in devices:
            if password is not None and not Callers.is_past(device) and fits(password):
                return Caller(actor=device.actor(), credential=device)
        if any(password is None for _, password in devices):
            raise SealedPasswordsError(
                "this server can't decrypt app passwords because the encryption key is missing; "
                "see 'map4 accounts tokens' there, or use a token"
            )
        pair = called, Proxies.client_address(connection)
        await self._log_ins.require_open(*pair)
        await self._log_ins.failed(*pair, account, began=began)
        raise UnknownActorError(WRONG_PASSWORD)


def with_rights_of_player(caller: Caller) -> Caller:
    """The caller with the rights of the account's role that a player can have."""
    actor = caller.actor if caller.credential is None else caller.credential.account.actor()
    return replace(caller, actor=replace(actor, scopes=actor.scopes & SCOPES_OF_PLAYERS))


def _devices(name: str, library: Library) -> tuple[Account | None, Sequence[Device]]:
    return library.accounts.find(name), library.credentials.devices(name)
