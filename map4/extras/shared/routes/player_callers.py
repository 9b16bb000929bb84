"""Callers that music players log in: by the password of a device, with the rights of a player."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from starlette.requests import HTTPConnection

from map4.accounts import MOST_NAME_LETTERS
from map4.accounts.routes.log_in import LogInChecks
from map4.base.account import Account, Credential
from map4.base.actor import SCOPES, Scope
from map4.base.text import name_key
from map4.library import Library
from map4.server.admission import Caller, UnknownActorError
from map4.server.auth.callers import Callers, is_past
from map4.server.context import ServerParts
from map4.server.proxies import client_address

Device = tuple[Credential, str | None]
"""A device with its password; None if it can't be decrypted."""

SCOPES_OF_PLAYERS: frozenset[Scope] = frozenset(SCOPES) - {"admin", "files"}
"""Maximum rights of a player for any user: its password or token appears in addresses."""
WRONG_PASSWORD = (
    "wrong user name or app password. Use an app password of this device instead of the account's password: "
    "make it on map4's page, or by 'map4 tokens add NAME --device --user USER'"
)
"""The same message whether or not the account or device exists, so that names can't be probed."""


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
        raises UnknownActorError: if no device has it
        """
        began = time.monotonic()
        called = name if len(name) <= MOST_NAME_LETTERS else ""  # no account name is longer
        account, devices = await self._callers.found(("player", name_key(called)), partial(_devices, called))
        for device, password in devices:
            if password is not None and not is_past(device) and fits(password):
                return Caller(actor=device.actor(), credential=device)
        if any(password is None for _, password in devices):
            raise SealedPasswordsError(
                "this server can't decrypt app passwords because the encryption key is missing; "
                "see 'map4 tokens list' there, or use a token"
            )
        pair = called, client_address(connection)
        await self._log_ins.require_open(*pair)
        await self._log_ins.failed(*pair, account, began=began)
        raise UnknownActorError(WRONG_PASSWORD)


def with_rights_of_player(caller: Caller) -> Caller:
    """The caller with the rights of the account's role that a player can have."""
    actor = caller.actor if caller.credential is None else caller.credential.account.actor()
    return replace(caller, actor=replace(actor, scopes=actor.scopes & SCOPES_OF_PLAYERS))


def _devices(name: str, library: Library) -> tuple[Account | None, Sequence[Device]]:
    return library.accounts.find(name), library.credentials.devices(name)
