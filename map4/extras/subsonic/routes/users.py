"""Users and their rights, in the form players expect."""

from __future__ import annotations

from typing import Any

from map4.core.base.actor import SCOPES, Actor, Scope
from map4.core.base.text import name_key
from map4.errors import NotAllowedError, NothingFoundError
from map4.extras.subsonic.routes.question import SubsonicCall


def token_info(ask: SubsonicCall) -> dict[str, Any]:
    """The owner of the token."""
    return {"tokenInfo": {"username": ask.user or ask.library.actor.name}}


def user(ask: SubsonicCall) -> dict[str, Any]:
    """The rights of an account; only admins see other accounts."""
    name, me = ask.text("username"), ask.library.actor
    if me == Actor.LOCAL:
        return {"user": _element(ask, name, frozenset(SCOPES))}
    accounts = ask.library.acting_as(Actor.LOCAL).accounts
    if name_key(name) != name_key(me.name) and not _is_admins(ask):
        raise NotAllowedError(f"{me.name} can only see their own account; others are visible to admins")
    account = accounts.find(name)
    if account is None:
        raise NothingFoundError(f"there is no account '{name}'")
    return {"user": _element(ask, account.name, frozenset(account.scopes))}


def all_users(ask: SubsonicCall) -> dict[str, Any]:
    """All accounts for admins; only the own account for others."""
    if ask.library.actor == Actor.LOCAL or not _is_admins(ask):
        return {"users": {"user": [_element(ask, ask.user, ask.library.actor.scopes)]}}
    everybody = ask.library.acting_as(Actor.LOCAL).accounts.all()
    return {"users": {"user": [_element(ask, account.name, frozenset(account.scopes)) for account in everybody]}}


def _is_admins(ask: SubsonicCall) -> bool:
    """True if the caller's account is an admin; a player itself never is."""
    asking = ask.library.acting_as(Actor.LOCAL).accounts.find(ask.library.actor.id)
    return asking is not None and asking.role == "admin"


def _element(ask: SubsonicCall, name: str, scopes: frozenset[Scope]) -> dict[str, Any]:
    """A `User`; roles without a method in map4 are false."""
    can_read, can_change = "read" in scopes, "own" in scopes
    return {
        "username": name,
        "scrobblingEnabled": can_change,
        "adminRole": "admin" in scopes,
        "settingsRole": False,
        "downloadRole": can_read,
        "uploadRole": False,
        "playlistRole": can_change,
        "coverArtRole": can_read,
        "commentRole": False,
        "podcastRole": False,
        "streamRole": can_read,
        "jukeboxRole": False,
        "shareRole": False,
        "videoConversionRole": False,
        "folder": [number for number, _ in enumerate(ask.library.files.folders())],
    }
