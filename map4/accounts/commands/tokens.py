"""`map4 accounts issue`, `revoke`, `rotate` and `tokens`: credentials of programs and music players."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.cli.value_types import Name, WholeNumber
from map4.core.base.actor import SCOPES
from map4.core.base.text import counted
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.version import Packages

if TYPE_CHECKING:
    from map4.accounts.records import Issued
    from map4.core.base.account import Credential
    from map4.library import Library


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    options = CallOption.from_library(
        ctx, lambda library: ((credential.id, _what(credential)) for credential in library.credentials.all())
    )
    return [CompletionItem(name, help=what) for name, what in options if name.startswith(incomplete)]


_NO_TOKEN = (NothingFoundError, "no such token, account or library")


@Map4Command.of(NotAllowedError, (NothingFoundError, "no such account"), Exit.NO_LIBRARY)
@click.argument("name")
@click.option("--scope", "scopes", type=Name(tuple(SCOPES)), multiple=True,
              help="Grant this scope (repeatable; default: read). It can't exceed the account's rights.")  # fmt: skip
@click.option("--days", type=WholeNumber(min=1, max=3660), metavar="N", help="Expire after N days. Default: never.")
@click.option("--device", is_flag=True, help="Make a password that only works in music players.")
@CallOption.json
def issue(name: str, scopes: Sequence[str], days: int | None, device: bool) -> None:
    """Make a token for a program, or a password for a music player.

    NAME describes its use. It gives access to 'map4 serve' as the account of --user. Stdout contains only the secret,
    which is shown once: the library stores a hash.

    \b
    TOKEN=$(map4 accounts issue cron --user ann --scope read --days 90)
    curl -H "Authorization: Bearer $TOKEN" http://localhost:8000/api/v1/search
    map4 accounts issue "my phone" --device --user ann
    """
    session = Session.current()
    with session.open_library(create=False) as library, Packages("serve").needed():
        issued = library.credentials.add(name, kind="device" if device else "token", scopes=scopes, days=days)
    _print_secret(session, issued)


@Map4Command.of((NothingFoundError, "no tokens"), Exit.NO_LIBRARY)
@Output.options("json", "jsonl")
def tokens(output: Output) -> None:
    """List tokens, devices, sessions and log-ins of --user, or of all accounts.

    The time of last use is accurate to ten minutes.

    \b
    map4 accounts tokens
    map4 accounts tokens --user ann --json
    """
    from map4.accounts.records import CredentialList

    session = Session.current()
    with session.open_library(create=False) as library:
        credentials = library.credentials.all()
        unreadable = _unreadable(library, credentials)
    is_printed = output.write(
        CredentialList(tokens=credentials), (credential.to_record() for credential in credentials)
    )
    if credentials and not is_printed:
        session.print_rows([("id", "kind", "of", "name", "may", "last used", "ends"), *map(_row, credentials)])
    if not credentials:
        raise NothingFoundError("there are no tokens yet; 'map4 accounts issue NAME --user USER' makes one")
    if unreadable:
        session.info(
            f"{counted(unreadable, 'device')} can't be used: the key of its password is missing or different; restore "
            "the key, or remove the device and make a new password"
        )


@Map4Command.of(_NO_TOKEN)
@click.argument("token", metavar="ID", shell_complete=_complete)
def revoke(token: str) -> None:
    """Revoke a token, device, session or log-in immediately.

    \b
    map4 accounts revoke t-0123456789abcdef
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        ended = library.credentials.remove(token)
    session.info(f"the {_what(ended)} has ended")


@Map4Command.of(NotAllowedError, (UsageError, "it is not a token"), _NO_TOKEN)
@click.argument("token", metavar="[ID]", required=False, shell_complete=_complete)
@CallOption.json
def rotate(token: str | None) -> None:
    """Replace the secret of a token, or the key that signs log-ins.

    The old secret of a token stops working immediately; the new one is printed. Without ID, make a new key for signing
    log-ins. Access tokens signed by the old key stay valid until they expire, within 15 minutes, so that no user has to
    log in again.

    \b
    TOKEN=$(map4 accounts rotate t-0123456789abcdef)
    map4 accounts rotate
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        if token is not None:
            _print_secret(session, library.credentials.rotate(token))
            return
        key = library.credentials.rotate_key()
    Session.print_json(key)
    session.info(f"key {key.id} now signs log-ins; the old key is valid until {local_time(key.old_until)}")


def _print_secret(session: Session, issued: Issued) -> None:
    if not Session.print_json(issued):
        Session.write_text(f"{issued.secret}\n")
    credential = issued.credential
    ends = f"expires {local_time(credential.expires_at)}" if credential.expires_at else "never expires"
    user = f" The user name is {credential.account.name}." if credential.kind == "device" else ""
    session.info(
        f"this is the secret of the {_what(credential)}; it is not shown again.{user} It {ends}; "
        f"{session.command('accounts', 'revoke', credential.id)} revokes it"
    )


def _what(credential: Credential) -> str:
    may = f" ({', '.join(credential.scope_names)})" if credential.kind == "token" else ""
    return f"{credential.kind} '{credential.name}' of {credential.account.name}{may}"


def _row(credential: Credential) -> tuple[str, ...]:
    # A session has all rights of the account.
    may = (
        " ".join(credential.scope_names) if credential.kind in ("token", "device") else f"as {credential.account.role}"
    )
    used = local_time(credential.last_used_at) if credential.last_used_at else "–"
    return (
        credential.id,
        credential.kind,
        credential.account.name,
        credential.name,
        may,
        used,
        local_time(credential.expires_at) if credential.expires_at else "–",
    )


def _unreadable(library: Library, credentials: Sequence[Credential]) -> int:
    """Number of devices whose password can't be decrypted on this machine; 0 without the right to check."""
    whose = {credential.account.number for credential in credentials if credential.kind == "device"}
    if not whose or not library.actor.may("admin"):
        return 0
    with Packages("serve").needed():
        return sum(password is None for number in whose for _, password in library.credentials.devices(number))
