"""Routes of accounts, their data and the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from map4.accounts.records import AccountList
from map4.accounts.routes.log_in import LogInChecks
from map4.accounts.use import NEEDS_CURRENT, WRONG_CURRENT
from map4.core.base.account import Account, Credential
from map4.core.base.actor import Actor, Role
from map4.core.base.text import whole_number
from map4.errors import NotAllowedError, NothingFoundError, UsageError, WrongCredentialError
from map4.library import Library
from map4.server.admission import Caller
from map4.server.answers import Responses
from map4.server.bodies import BodyShape
from map4.server.proxies import Proxies
from map4.server.route import RequestInput, Route, ToWrite

_ONES_OWN = "me"


def _user(named: str) -> int | str:
    """The account in the address: a number, or `me`."""
    number = named if named == _ONES_OWN else whole_number(named)
    if number is None:
        raise NothingFoundError(f"'{named}' is not the number of an account; GET /users lists them, 'me' is your own")
    return number


def _all(library: Library, request: RequestInput) -> dict[str, Any]:
    may = library.actor.may("read")  # a token with only the scope admin sees the stored times
    used = _used(request, library.credentials.all(everybody=True) if may else ())
    return AccountList(accounts=tuple(_seen(account, used) for account in library.accounts.all())).to_record()


def _one(library: Library, request: RequestInput) -> dict[str, Any]:
    account = library.accounts.get(_user(request.path["user"]))
    return _seen(account, _used(request, library.credentials.all(account.number))).to_record()


def _used(request: RequestInput, credentials: Iterable[Credential]) -> dict[int, str]:
    """Last use per account by these credentials, including uses not yet stored."""
    shown = map(request.libraries.uses.shown, credentials)
    times = sorted(
        (credential.last_used_at, credential.account.number)
        for credential in shown
        if credential.last_used_at is not None
    )
    return {number: at for at, number in times}


def _seen(account: Account, used: Mapping[int, str]) -> Account:
    return replace(account, last_used_at=used.get(account.number, account.last_used_at))


def _add(library: Library, request: RequestInput) -> ToWrite:
    given = request.body
    if given.password is not None and given.hash is not None:
        raise UsageError("give a password or its hash, not both")
    library.actor.require("admin")
    hashed = given.hash if given.password is None else library.accounts.hashed(given.password)

    def add(library: Library) -> dict[str, Any]:
        with library.at_once():
            if request.actor == Actor.LOCAL and library.accounts.any():
                raise WrongCredentialError("the first account was just made; log in")
            account = library.accounts.add(given.name, given.role, hashed=hashed)
            if given.take_local:
                library.accounts.take_local(account)
        return account.to_record()

    return ToWrite(add)


async def _set_password(request: Request) -> Response:
    """Set your own password with the current one, rate-limited like a log-in; as an admin, any password."""
    context, caller, given = request.app.state.context, request.state.caller, _NEW.of_json(await request.body())
    await Caller.require_still_admitted(request)
    ask = partial(context.libraries.ask, actor=caller.actor)
    user = _user(request.path_params["user"])
    account = await ask(lambda library: library.accounts.get(user), queue="quick")
    if account.number == caller.actor.id:
        await _require_current(request, account, given.current)
    hashed = await ask(lambda library: library.accounts.hashed(given.password), queue="worker")
    current_id = None if caller.credential is None else caller.credential.id
    put = await ask(lambda library: library.accounts.put_password(account, hashed, but=current_id), queue="write")
    return Responses.json(put.to_record())


async def _require_current(request: Request, account: Account, current: str | None) -> None:
    if current is None:
        raise UsageError(NEEDS_CURRENT)
    try:
        await LogInChecks.of(request.app.state.context).check(account.name, current, Proxies.client_address(request))
    except WrongCredentialError:
        raise NotAllowedError(WRONG_CURRENT) from None


def _export(library: Library, request: RequestInput) -> Response:
    person = library.accounts.export(_user(request.path["user"]), without=request.query.without)
    content = b"".join(piece.encode("utf-8", "replace") for piece in person.pieces())
    name = f'attachment; filename="map4-{person.account.number}.json"'
    return Response(content, headers={"Content-Disposition": name, **Responses.NO_STORE}, media_type="application/json")


def _changes(**given: Any) -> dict[str, Any]:
    if not given:
        raise UsageError('nothing to change; send {"role": "viewer"} or {"name": "Ann"}')
    return given


_PASSWORD = (
    Annotated[str | None, Meta(description="At least 8 characters. Without it, password log-in is disabled.")],
    None,
)
_HASH = (Annotated[str | None, Meta(description="An argon2 or bcrypt hash instead of the password.")], None)
_TAKE = (Annotated[bool, Meta(description="Give the first account the local ratings, lists, exports and jobs.")], False)
_ROLE = (Annotated[Role | None, Meta(description="Default: admin for the first account, else user.")], None)
_LEFT_OUT = "Extras that are not installed: leave out their tables."
_WITHOUT: tuple[Any, Any] = (Annotated[list[str], Meta(description=_LEFT_OUT)], [])
_CURRENT = (Annotated[str | None, Meta(description="The current password, to change your own.")], None)
_NEW = BodyShape.plain("NewPassword", password=(str, ...), current=_CURRENT)

ROUTES = (
    Route("GET", "/users", "admin", "The accounts, by name, as `map4 accounts`.", _all, answer="accounts",
          queue="quick"),
    Route("POST", "/users", "admin", "Make an account, as `map4 accounts add`.", _add,
          body=BodyShape.plain("NewAccount", name=(str, ...), role=_ROLE, password=_PASSWORD, hash=_HASH,
                               take_local=_TAKE),
          answer="account", status=201, queue="worker", needs_log_in=True, example={"name": "Ann"}),
    Route("GET", "/users/{user}", "read", "An account by its number; `me` is your own.", _one, answer="account",
          queue="quick"),
    Route("PATCH", "/users/{user}", "admin", "Change an account's role or name, as `map4 accounts set`.",
          lambda library, request: library.accounts.change(_user(request.path["user"]), **request.body).to_record(),
          body=BodyShape.plain("AccountChange", _changes, role=(Role, None), name=(str, None)), answer="account",
          queue="write", needs_log_in=True, example={"role": "user"}),
    Route("PUT", "/users/{user}/password", "read",
          "Set a password, as `map4 accounts set --password`: your own with the current one, or any as an admin.",
          endpoint=_set_password, body=_NEW, answer="account", needs_log_in=True,
          example={"password": "correct horse"}),
    Route("DELETE", "/users/{user}", "admin", "Erase an account and its data, as `map4 accounts remove`.",
          lambda library, request: library.accounts.remove(
              _user(request.path["user"]), without=request.query.without).to_record(),
          query=BodyShape.plain("RemovedWithout", without=_WITHOUT), answer="account-removed", queue="write",
          needs_log_in=True),
    Route("GET", "/users/{user}/export", "read", "All data of a person, as `map4 accounts export`.", _export,
          query=BodyShape.plain("ExportedWithout", without=_WITHOUT), answer="person", queue="long"),
)  # fmt: skip
