"""`map4 accounts`: the accounts of a shared library."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click
from click.shell_completion import CompletionItem

from map4.accounts.records import MOST_PASSWORD_BYTES, AccountList, AuditEntry, checked_account_name, checked_password
from map4.cli.exits import Ending, Exit
from map4.cli.options import STREAM, CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.value_types import Name, PathArgument, WholeNumber
from map4.core.base.account import Account
from map4.core.base.actor import ROLES, Actor, Role
from map4.core.base.text import counted, whole_number
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.version import Packages

_TRIES = 3


def new_password(session: Session, name: str, *, from_stdin: bool) -> str:
    """Read a new password from the first line of stdin, or prompt for it twice."""
    with Packages("serve").needed("passwords need"):  # before the prompt
        import argon2  # noqa: F401
        import bcrypt  # noqa: F401
    if from_stdin:
        line = sys.stdin.buffer.readline(4 * MOST_PASSWORD_BYTES).removesuffix(b"\n").removesuffix(b"\r")
        if not line:
            raise click.UsageError("stdin has no password; write it on its first line.")
        return checked_password(line.decode("utf-8", "surrogateescape"))
    for _ in range(_TRIES):
        first = checked_password(session.typed_secret(f"Password for {name}"))
        if session.typed_secret("Repeat the password") == first:
            return first
        session.warn("the passwords differ; try again")
    raise click.UsageError("the two passwords differed each time.")


_ENDINGS: tuple[Ending, ...] = (NotAllowedError, (NothingFoundError, "no such account"), Exit.NO_LIBRARY)
_NO_PACKAGE = (UsageError, "a package is missing")


@Map4DefaultGroup.of(NotAllowedError, (NothingFoundError, "no accounts"), Exit.NO_LIBRARY, name="accounts")
@CallOption.json
def command() -> None:
    """List or change accounts that share the library.

    Once there is an account, 'map4 serve' requires a log-in. A viewer can browse and listen; a user can also rate, make
    lists and correct values; an admin can do everything. Programs use a token of an account, music players a device
    password. Commands run with all rights, or with --user as an account. See docs/serve.md.

    \b
    map4 accounts add ann
    map4 accounts set bob --role viewer
    map4 accounts issue "my phone" --device --user ann
    map4 accounts
    map4 accounts tokens
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        accounts = library.accounts.all()
    if not Session.print_json(AccountList(accounts=tuple(accounts))) and accounts:
        rows = [("name", "role", "made", "last here", "password", "number"), *map(_row, accounts)]
        session.print_rows(rows)
    if not accounts:
        raise NothingFoundError("there are no accounts; make the first with 'map4 accounts add NAME'")


def _row(account: Account) -> tuple[str, ...]:
    here = local_time(account.last_used_at) if account.last_used_at else "–"
    has = "yes" if account.has_password else "none"
    return account.name, account.role, local_time(account.created_at), here, has, str(account.number)


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    return CallOption.beginning(
        incomplete, CallOption.from_library(ctx, lambda library: (account.name for account in library.accounts.all()))
    )


_name = click.argument("name", shell_complete=_complete)
_from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@Map4Command.of(
    NotAllowedError, _NO_PACKAGE,
    headings={"Account": "--role --take-local", "Log-in": "--password-stdin --hash --no-password"},
)  # fmt: skip
@click.argument("name")
@click.option("--role", type=Name(ROLES), help="The account's role. Default: admin for the first account, else user.")
@_from_stdin
@click.option(
    "--hash", "hashed", metavar="HASH", help="Use an argon2 or bcrypt hash ('htpasswd -nB') instead of a password."
)
@click.option("--no-password", is_flag=True, help="No password: for tokens or log-in by a proxy.")
@click.option("--take-local", is_flag=True, help="Give the first account the ratings, lists and exports made here.")
@CallOption.json
def add(
    name: str, role: Role | None, password_stdin: bool, hashed: str | None, no_password: bool, take_local: bool,
) -> None:  # fmt: skip
    """Make an account. The first account is an admin.

    Prompts twice for the password; --password-stdin reads it from a file or another program. It needs at least 8
    characters and is stored as an argon2id hash.

    \b
    map4 accounts add ann --take-local
    map4 accounts add radio --role viewer --password-stdin < password.txt
    """
    if [password_stdin, no_password, hashed is not None].count(True) > 1:
        raise click.UsageError("choose one of --password-stdin, --hash and --no-password.")
    session = Session.current()
    with session.open_library(create=True) as library:
        is_first = not library.accounts.any()
        if library.accounts.find(checked_account_name(name)) is None and hashed is None and not no_password:
            hashed = library.accounts.hashed(new_password(session, name, from_stdin=password_stdin))
        # Both or nothing, so that a refused command can be repeated without --take-local.
        with Packages("serve").needed("passwords need"), library.at_once():
            account = library.accounts.add(name, role, hashed=hashed)
            taken = library.accounts.take_local(account) if take_local else None
    Session.print_json(account)
    session.info(f"{account.name}: an account with the role {account.role}")
    if taken is not None:
        kinds = {"rating": taken.ratings, "mark": taken.marks, "play": taken.plays, "list": taken.lists}
        taken_over = _counts({**kinds, "export": taken.exports, "job": taken.jobs})
        session.info(f"it took over {taken_over or 'nothing: there was no local data'}")
    if is_first:
        session.info("from now on 'map4 serve' requires a log-in")


@Map4Command.of(*_ENDINGS, Exit.REFUSED)
@_name
@CallOption.yes()
@CallOption.without
@CallOption.json
def remove(name: str, yes: bool, without: tuple[str, ...]) -> None:
    """Erase an account and its private data.

    This deletes credentials, ratings, stars, private lists and jobs. Shared lists become everybody's. Values that count
    for all, such as a corrected tempo, stay under a number without an account. 'map4 accounts export' makes a copy;
    backups of the library keep everything.

    \b
    map4 accounts remove bob
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        account = library.accounts.get(name)
        if not yes:
            person = library.accounts.export(account, without=without)
            data = person.data
            lists = sum(stored_list.sharing == "private" for stored_list in data.lists)
            values = {"rating": sum(1 for _ in data.ratings), "mark": sum(1 for _ in data.marks)}
            counts = {**values, "list": lists, "credential": len(person.credentials)}
            has = _counts({**counts, "job": len(person.jobs)})
            question = f"Erase {account.name}{f', with {has}' if has else ''}?"
            session.require_yes(question)
        erased = library.accounts.remove(account, without=without)
        is_shared = session.user is not None or library.accounts.any()
    Session.print_json(erased)
    gone = {"rating": erased.ratings, "mark": erased.marks, "list": erased.lists}
    gone |= {"credential": erased.credentials, "job": erased.jobs}
    session.info(f"{erased.name} is erased{f', with {removed}' if (removed := _counts(gone)) else ''}")
    if not is_shared:
        session.info("there are no accounts left: 'map4 serve' only answers this machine, without a log-in")
    if erased.shared_lists:
        session.info(f"{counted(erased.shared_lists, 'shared list')} now everybody's")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(counted(count, what) for what, count in counts.items() if count)


@Map4Command.of(*_ENDINGS, _NO_PACKAGE)
@_name
@click.option("--role", type=Name(ROLES), help="Change the role. The last admin stays an admin.")
@click.option("--name", "new_name", metavar="NEW", help="Rename the account; its data stays with it.")
@click.option("--password", is_flag=True, help="Prompt for a new password, and end all sessions and log-ins.")
@_from_stdin
def set_(name: str, role: Role | None, new_name: str | None, password: bool, password_stdin: bool) -> None:
    """Change an account's role, name or password.

    After a new password, tokens and devices stay valid; 'map4 accounts revoke' ends them. Changing your own password
    with --user prompts for the current password first.

    \b
    map4 accounts set bob --role admin
    map4 accounts set bob --name bobby
    map4 accounts set bob --password
    """
    if role is None and new_name is None and not (password or password_stdin):
        raise click.UsageError("nothing to change: give --role, --name or --password.")
    session = Session.current()
    with session.open_library(create=False) as library:
        was = library.accounts.get(name)
        new, current = None, None
        if password or password_stdin:
            if was.number == library.accounts.actor.id:
                if password_stdin:
                    raise UsageError(
                        "changing your own password needs the current password, typed at a terminal; leave --user out"
                    )
                current = session.typed_secret(f"Current password of {was.name}")
            new = new_password(session, was.name, from_stdin=password_stdin)
        with library.at_once():
            now = was
            if role is not None or new_name is not None:
                now = library.accounts.change(was, role=role, name=new_name)
            if new is not None:
                library.accounts.set_password(now, new, current=current)
    if new_name is not None:
        session.info(f"{was.name} is {now.name} now")
    if role is not None:
        session.info(f"{now.name} is {'an' if now.role == 'admin' else 'a'} {now.role}")
    if new is not None:
        session.info(f"{now.name} has a new password and is logged out everywhere")


@Map4Command.of(*_ENDINGS)
@_name
@click.option("-o", "--output", "target", metavar="FILE", type=PathArgument(allow_dash=True), default=STREAM,
              help="Write to FILE instead of stdout.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace FILE even if map4 did not write it.")
@CallOption.without
def export(name: str, target: str, force: bool, without: tuple[str, ...]) -> None:
    """Export all data of a person, as JSON.

    Account, credentials without secrets, ratings, lists, corrections, exports, imports, jobs and audit log entries.
    'me' is the account of --user.

    \b
    map4 accounts export bob -o bob.json
    """
    if force and target == STREAM:
        raise click.UsageError("--force replaces a file: give it with -o FILE.")
    session = Session.current()
    with session.open_library(create=False) as library:
        if target == STREAM:
            for piece in library.accounts.export(name, without=without).pieces():
                Session.write_text(piece)
        else:
            library.accounts.export_to(name, target, force=force, without=without)
            session.info(f"{target}: all data of {library.accounts.get(name).name}")


@Map4Command.of(*_ENDINGS, (NothingFoundError, "no entries"), headings={"Which entries": "--count --after"})
@click.argument("name", required=False, shell_complete=_complete)
@click.option("-n", "--count", "limit", type=WholeNumber(min=1, max=1000), metavar="N", default=50, show_default=True,
              help="At most N entries.")  # fmt: skip
@click.option("--after", type=WholeNumber(min=1), metavar="N", help="Only entries older than N (the next page).")
@CallOption.json
def audit(name: str | None, limit: int, after: int | None) -> None:
    """Show the audit log: actions on accounts and on the shared library, newest first.

    It has accounts, log-ins, written tags, moved copies, forgotten files and folders, merged libraries and dropped
    analyses. For values see 'map4 set history', for lists 'map4 playlist versions'.

    NAME limits it to actions by or on this account. For a removed account, give its number.

    \b
    map4 accounts audit
    map4 accounts audit bob
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        account = name if (number := whole_number(name)) is None else number
        page = library.accounts.audit(after=after, account=account, limit=limit)
        names = {
            Actor.LOCAL.id: Actor.LOCAL.name,
            **{account.number: account.name for account in library.accounts.all()},
        }
    Session.print_json(page)
    for entry in page.entries if not Session.wants_json() else ():
        session.echo(_line(entry, names))
    if not page.entries:
        who = "" if name is None else f" by or on {name}"
        raise NothingFoundError(
            f"the audit log has no entries{who}{' yet' if after is None else f' before entry {after}'}"
        )
    if page.next:
        session.info(f"there are more: {session.command('accounts', 'audit', '--after', str(page.next))}")


def _line(entry: AuditEntry, names: Mapping[int, str]) -> str:
    """An entry on one line: number, time, account, action, subject and details."""
    subject = entry.subject or ""
    about = names.get(-1 if (number := whole_number(subject)) is None else number, subject)
    who = "?" if entry.account is None else names.get(entry.account, str(entry.account))
    details = " ".join(
        f"{name} {names.get(value, value) if name == 'account' else value}" for name, value in entry.detail.items()
    )
    return f"{entry.number:>5}  {local_time(entry.at)}  {who:<16} {entry.action:<16} {about} {details}".rstrip()
