"""Accounts: the people who share a library."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

from map4 import jobs
from map4.accounts.person import Erased, Person, Taken
from map4.accounts.records import AuditAction, AuditPage, checked_account_name, checked_password, checked_role
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.core.base.account import Account
from map4.core.base.actor import Actor, Role, needs, served
from map4.core.base.paths import PathLike, path_text
from map4.core.base.records import Requery
from map4.core.store.sql_store import Store
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.jobs import Job, SqlJobs

MOST_ENTRIES = 1000
"""Maximum number of audit log entries per page."""
_MOST_JOBS = 10_000
NEEDS_CURRENT = "your current password is needed too; an admin can set a new one without it"
WRONG_CURRENT = "the current password is wrong; an admin can set a new one"
_ME = "me"
_NUMBER = re.compile("[1-9][0-9]{8}")
AnAccount = Account | int | str
"""An account, its number, or its name."""


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


@needs("admin")
class Accounts:
    """The accounts of a shared library: names, roles, passwords and data.

    Each account can view and export its own data and change its own password; the rest is for admins.
    """

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self.actor, self._store, self._now = store.actor, store, now
        self._accounts, self._people = store.part(SqlAccounts), store.part(SqlPeople)

    @needs("read")
    def any(self) -> bool:
        """Whether there is an account; if so, a server requires a log-in."""
        return self._accounts.has_any()

    def all(self) -> Sequence[Account]:
        """All accounts, by name."""
        return self._accounts.all()

    def without_own(self) -> frozenset[int]:
        """Numbers of the accounts without ratings, lists and plays, which all see the same tracks."""
        return self._people.without_own()

    def find(self, account: int | str) -> Account | None:
        """Find an account by number, or by name in any case; None if there is none."""
        return self._accounts.find(account)

    def was_removed(self, account: int) -> bool:
        """Whether a number belonged to a removed account."""
        return self._accounts.was_removed(account)

    @needs("read")
    def get(self, account: AnAccount) -> Account:
        """An account by its name in any case, its number, or "me" for the caller's own.

        raises NothingFoundError: if there is none
        raises NotAllowedError: if it is another account and the caller is not an admin
        """
        named = self.actor.id if account == _ME else account.number if isinstance(account, Account) else account
        known = self._accounts.find(named)
        if known is None and isinstance(named, str) and _NUMBER.fullmatch(named):
            known = self._accounts.find(int(named))
        if known is None or known.number != self.actor.id:
            self.actor.require("admin")
        if known is None:
            raise self._unknown(named)
        return known

    def _unknown(self, account: int | str) -> NothingFoundError:
        if account in (Actor.LOCAL.id, Actor.LOCAL.name):
            return NothingFoundError("local use has no account; 'map4 accounts' shows all accounts")
        names = [account.name for account in self._accounts.all()]
        hint = UsageError.did_you_mean(str(account), names) if names else "make the first with 'map4 accounts add NAME'"
        return NothingFoundError(f"there is no account '{account}'; {hint}")

    # ---- made and changed

    def add(
        self,
        name: str,
        role: Role | None = None,
        *,
        password: str | None = None,
        hashed: str | None = None,
        by_proxy: bool = False,
    ) -> Account:
        """Make an account; the first account is an admin.

        role: "viewer", "user" or "admin"; None is admin for the first account, else user
        password: at least 8 characters; None disables password log-in
        hashed: an argon2 or bcrypt hash instead of the password
        by_proxy: made for a user name reported by a proxy; never an admin
        raises UsageError: if the name is invalid or taken, or the password or hash is invalid
        """
        name, role = checked_account_name(name), None if role is None else checked_role(role)
        if password is not None and hashed is not None:
            raise UsageError("give a password or its hash, not both")
        if password is not None:
            hashed = self.hashed(password)
        elif hashed is not None:
            from map4.accounts.hashes import checked_hash

            hashed = checked_hash(hashed)
        with self._store.at_once():
            is_first = not self._accounts.has_any()
            role = role or ("admin" if is_first else "user")
            if by_proxy and (is_first or role == "admin"):
                raise NotAllowedError("a proxy can't make an admin or the first account; use 'map4 accounts add NAME'")
            if is_first and role != "admin":
                raise UsageError("the first account must be an admin; leave the role out")
            account = self._accounts.add(name, role, hashed, self._now())
            action: AuditAction = "proxy-account-made" if by_proxy else "account-added"
            self._note(action, account, {"role": role})
        return account

    def take_local(self, account: AnAccount) -> Taken:
        """Give the only account the local data: ratings, lists, stars, exports, jobs.

        Shared lists stay shared; lists from DJ programs stay everybody's.

        raises UsageError: if there are other accounts
        """
        known = self.get(account)
        with self._store.at_once():
            if len(self._accounts.all()) > 1:
                raise UsageError("only the first account can take over the local data")
            taken = self._people.take_local(known)
            return replace(
                taken,
                jobs=self._call_jobs(lambda: self._store.part(SqlJobs).reassign(Actor.LOCAL.id, known.actor()), 0),
            )

    def change(self, account: AnAccount, *, name: str | None = None, role: Role | None = None) -> Account:
        """Change an account's name or role.

        raises UsageError: if the name is taken, or no admin would be left
        """
        name = None if name is None else checked_account_name(name)
        role = None if role is None else checked_role(role)
        with self._store.at_once():
            was = self.get(account)
            if role not in (None, "admin"):
                self._require_other_admin(was)
            now = self._accounts.change(was.number, name=name, role=role)
            if now == was:
                return now
            if now.name != was.name:
                self._people.renamed(was, now)
            before, after = ({"name": user.name, "role": user.role} for user in (was, now))
            self._note("account-changed", now, dict(after.items() - before.items()))
            self._call_jobs(lambda: self._store.part(SqlJobs).reassign(now.number, now.actor()), 0)
        return now

    def remove(self, account: AnAccount, *, without: Collection[str] = ()) -> Erased:
        """Erase an account and the person's data: credentials, ratings, private lists, jobs.

        Shared lists become everybody's. Values that count for all stay under a number without an account.

        without: extras whose tables are left as they are
        raises UsageError: if it is the last admin, and there are other accounts; or if the library has tables of
            another extra that is not installed
        """
        with self._store.at_once():
            known = self.get(account)
            if len(self._accounts.all()) > 1:
                self._require_other_admin(known)
            erased = self._people.erase(known, without=without)
            self._accounts.remove(known.number)
            self._note("account-removed", known)
            # Last, since they are in a separate file: an interrupted erasure can be repeated.
            return replace(erased, jobs=self._call_jobs(lambda: self._erase_jobs(known.number), 0))

    def _require_other_admin(self, account: Account) -> None:
        admins = [account for account in self._accounts.all() if account.role == "admin"]
        if [admin.number for admin in admins] == [account.number]:
            raise UsageError(
                f"{account.name} is the only admin; first make another ('map4 accounts set NAME --role admin')"
            )

    def _erase_jobs(self, account: int) -> int:
        queue, beside = self._store.part(SqlJobs), self._store.place.beside
        opened = queue.page(statuses=Job.OPEN, asked_by=account, limit=Job.MOST_OPEN)
        erased, uploads = queue.erase(account)
        for sent in (*uploads, *(job.sent for job in opened if job.sent is not None)):
            jobs.SentFiles(beside).remove(sent)
        for number in erased:
            jobs.JobFiles(beside).remove(number)
        return len(erased)

    def _call_jobs(self, call: Callable[[], Any], otherwise: Any) -> Any:
        """Call `call` if the library has ever had jobs, else return `otherwise`."""
        return call() if SqlJobs.are_in(self._store) else otherwise

    # ---- passwords

    @needs("read")
    def hashed(self, password: str) -> str:
        """The slow hash of a password.

        raises UsageError: if it is too short, too long, or contains control characters
        """
        from map4.accounts.hashes import hash_of

        return hash_of(checked_password(password))

    @needs("read")
    def set_password(
        self, account: AnAccount, password: str, *, current: str | None = None, but: str | None = None
    ) -> Account:
        """Change an account's password, and end its sessions and log-ins.

        current: the current password, needed for the caller's own account
        but: id of a session or log-in to keep
        raises NotAllowedError: if the current password is wrong, or there is none (an admin must set the first)
        """
        known = self.get(account)
        if known.number == self.actor.id:
            from map4.accounts.hashes import check_password

            if current is None:
                raise UsageError(NEEDS_CURRENT)
            hashed = self._accounts.password_hash(known.number)
            if hashed is None:
                raise NotAllowedError(f"{known.name} has no password yet; an admin must set the first")
            if not check_password(hashed, current).is_right:
                raise NotAllowedError(WRONG_CURRENT)
        return self.put_password(known, self.hashed(password), but=but)

    @needs("read")
    def put_password(self, account: AnAccount, hashed: str, *, but: str | None = None) -> Account:
        """`set_password` with a hash, for callers that have checked the current password."""
        with self._store.at_once():
            known = self.get(account)
            now = self._accounts.change(known.number, password=hashed)
            self._accounts.end_all(known.number, ("session", "login"), but=but)
            self._note("password-changed", known)
        return now

    def password_hash(self, account: int) -> str | None:
        """The hash of an account's password; None if it has none."""
        return self._accounts.password_hash(account)

    def set_password_hash(self, account: int, hashed: str) -> None:
        """Replace the hash of an unchanged password."""
        self._accounts.change(account, password=hashed)

    # ---- what is kept

    @needs("read")
    def export(self, account: AnAccount, *, without: Collection[str] = ()) -> Person:
        """All data of a person; long lists are read when iterated.

        without: extras to leave out
        raises UsageError: if the library has tables of another extra that is not installed
        """
        known, store = self.get(account), self._store
        return Person(
            account=known,
            credentials=tuple(self._accounts.credentials(known.number, now=self._now())),
            jobs=tuple(self._call_jobs(lambda: store.part(SqlJobs).page(asked_by=known.number, limit=_MOST_JOBS), ())),
            audit=Requery(lambda: iter(self._accounts.audit(account=known.number, limit=1 << 60))),
            data=self._people.data_of(known.number, without=without),
        )

    @needs("read")
    def export_to(
        self, account: AnAccount, path: PathLike | BinaryIO, *, force: bool = False, without: Collection[str] = ()
    ) -> None:
        """Export to a file, atomically, or to a stream; never replaces music or files that map4 did not write.

        force: replace files that map4 did not write
        without: extras to leave out
        """
        from map4.core.store.output import OutputFiles

        person = self.export(account, without=without)

        def write(stream: BinaryIO) -> None:
            for piece in person.pieces():
                stream.write(piece.encode("utf-8", "replace"))

        if isinstance(path, (str, bytes, os.PathLike)):
            files = OutputFiles.of(self._store)
            files.write(path_text(path), write, format_name="person", force=force)
        else:
            write(path)

    @served("GET", "/audit", "The audit log of accounts and the library, newest first, as `map4 accounts audit`.",
            {"after": (int | None, None), "user:account": (int | None, None), "limit": (int, 50)},
            queue="quick")  # fmt: skip
    def audit(self, *, after: int | None = None, account: AnAccount | None = None, limit: int = 100) -> AuditPage:
        """A page of the audit log, newest first.

        after: number of the last entry of the previous page
        account: only actions by or on this account; a removed account by its number
        """
        if not 1 <= limit <= MOST_ENTRIES:
            raise UsageError(f"a page has 1 to {MOST_ENTRIES} entries, not {limit}; use 'after' for the next page")
        number = account if account is None or isinstance(account, int) else self.get(account).number
        entries = self._accounts.audit(before=after, account=number, limit=limit + 1)
        shown = tuple(entries[:limit])
        return AuditPage(entries=shown, next=shown[-1].number if len(entries) > limit else None)

    def note(
        self,
        action: AuditAction,
        *,
        account: int | None,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an action in the audit log."""
        self._accounts.note(action, account=account, subject=subject, detail=detail, now=self._now())

    def _note(self, action: AuditAction, about: Account, detail: Mapping[str, Any] | None = None) -> None:
        # Not by `note`, which needs an admin: users change their own passwords.
        by = None if action == "proxy-account-made" else self.actor.id
        self._accounts.note(action, account=by, subject=str(about.number), detail=detail, now=self._now())
