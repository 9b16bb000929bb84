"""Log-in of Jellyfin players: a device's password gives a token, which is computed and stored nowhere."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from functools import partial

from starlette.requests import Request

from map4.base.account import Credential
from map4.extras.shared.routes.player_callers import DevicePasswords, with_rights_of_player
from map4.library import Library
from map4.server.admission import Caller, UnknownActorError
from map4.server.auth.callers import is_past
from map4.server.context import ServerParts

RIGHT = "jellyfin"
WITHOUT_ACCOUNTS = "local"
"""The token of a server without accounts, which checks none."""
_HEADERS = ("authorization", "x-emby-authorization")
_PART = re.compile(r'(\w+)="?([^",]*)"?')
_TOKEN = re.compile(r"(t-[0-9a-f]{16})\.([0-9a-f]{64})")
"""The id of a device, and a proof of its password."""
_IN_QUERY = ("apikey", "api_key")


def shown_by(request: Request) -> dict[str, str]:
    """The values of a player's header: UserId, Client, Device, DeviceId, Version and Token, in lower case."""
    for name in _HEADERS:
        kind, _, parts = request.headers.get(name, "").partition(" ")
        if kind.lower() in ("mediabrowser", "emby"):
            return {part.lower(): value for part, value in _PART.findall(parts)}
    return {}


def token_of(request: Request, query: Mapping[str, Sequence[str]]) -> str:
    """The token of a header or of the address; empty without one."""
    given = shown_by(request).get("token") or request.headers.get("x-emby-token")
    return given or next((query[name][0] for name in _IN_QUERY if name in query), "")


async def caller_of(context: ServerParts, token: str) -> Caller | None:
    """The caller with the token of a device, or with a map4 token; None if it is unknown."""
    callers = context.callers
    if not await callers.has_accounts():
        return callers.without_accounts()
    if parts := _TOKEN.fullmatch(token):
        known = await _known(context, parts[1])
        is_right = known is not None and hmac.compare_digest(parts[2], known[1]) and not is_past(known[0])
        caller = Caller(actor=known[0].actor(), credential=known[0]) if known and is_right else None
    else:
        caller = await callers.of_token(token)
    if caller is None:
        raise UnknownActorError("this token is unknown or was removed; log in again")
    callers.noted(caller)
    return with_rights_of_player(caller) if caller.actor.may(RIGHT) else caller


async def logged_in(context: ServerParts, request: Request, name: str, password: str) -> Caller | None:
    """The owner of a device's password.

    raises UnknownActorError: if no device of this user has the password
    """
    callers = context.callers
    if not await callers.has_accounts():
        return callers.without_accounts()

    def fits(secret: str) -> bool:
        sent = password.encode(errors="replace")
        return any(hmac.compare_digest(sent, form.encode()) for form in (secret, secret.replace("-", "")))

    caller = callers.noted(await DevicePasswords.of(context).owner(request, name, fits))
    return with_rights_of_player(caller) if caller is not None and caller.actor.may(RIGHT) else caller


async def token_for(context: ServerParts, caller: Caller | None) -> str:
    """The token of a device that has logged in."""
    if caller is None or caller.credential is None:
        return WITHOUT_ACCOUNTS
    known = await _known(context, caller.credential.id)
    return f"{caller.credential.id}.{known[1]}" if known else ""


async def _known(context: ServerParts, device: str) -> tuple[Credential, str] | None:
    return await context.callers.found(("jellyfin", device), partial(_device, device))


def _device(name: str, library: Library) -> tuple[Credential, str] | None:
    """A device, and the proof in its token."""
    credential = library.credentials.known_id(name)
    if credential is None or credential.kind != "device":
        return None
    for device, password in library.credentials.devices(credential.account.number):
        if device.id == name and password is not None:
            return credential, _proof(name, password)
    return None


def _proof(device: str, password: str) -> str:
    """Shows knowledge of the password, which is not in the token: tokens are in addresses and logs of players."""
    return hmac.new(password.encode(), f"jellyfin {device}".encode(), hashlib.sha256).hexdigest()
