"""Accounts: the people who share a library."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from map4.accounts.records import AuditAction, AuditPage, checked_account_name, checked_password, checked_role
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.base.account import Account
from map4.base.actor import LOCAL, Actor, Role, needing
from map4.base.given_paths import PathLike, path_text
from map4.base.near_names import did_you_mean
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.jobs import MOST_OPEN, OPEN, SqlJobs
from map4.store.sql_store import Store

if TYPE_CHECKING:
    from map4.accounts.person import Erased, Person, Taken

MOST_ENTRIES = 1000
"""Of the audit log, on a page."""
_MOST_JOBS = 10_000
SAY_CURRENT = "say your current password, too; an admin can give you another one without"
WRONG_CURRENT = "the current password is wrong; an admin can give you another one"
_ME = "me"
_NUMBER = re.compile("[1-9][0-9]{8}")
AnAccount = Account | int | str
"""An account, its number, or its name."""


def utc_now() -> datetime:
    """The time that accounts are kept by."""
    return datetime.now(UTC)


@needing(
    {
        "read": "any get hashed put_password set_password export export_to",
        "admin": """
            all find was_removed without_own add take_local change remove audit password_hash set_password_hash note
        """,
    }
)
class Accounts:
    """The people who share a library: their names, roles and passwords, and what is kept of them.

    Everybody may see, export and give a new password to their own account; the rest is for admins.
    """

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store, self._now = store, now
        self._accounts, self._people = store.part(SqlAccounts), store.part(SqlPeople)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._store.actor

    def any(self) -> bool:
        """Whether there is an account: then a server asks who one is."""
        return self._accounts.has_any()

    def all(self) -> Sequence[Account]:
        """All accounts, by name."""
        return self._accounts.all()

    def without_own(self) -> frozenset[int]:
        """Numbers of the accounts without ratings, lists and plays: of tracks all of them see the same."""
        return self._people.without_own()

    def find(self, account: int | str) -> Account | None:
        """By number, or by name in any case; None where there is none."""
        return self._accounts.find(account)

    def was_removed(self, account: int) -> bool:
        """Whether a number was that of an account that is not there any more."""
        return self._accounts.was_removed(account)

    def get(self, account: AnAccount) -> Account:
        """An account by its name in any case, by its number, or one's own as "me".

        raises NothingFoundError: if there is none
        raises NotAllowedError: if it is another's, and who asks is no admin
        """
        named = self.actor.id if account == _ME else account.number if isinstance(account, Account) else account
        found = self._accounts.find(named)
        if found is None and isinstance(named, str) and _NUMBER.fullmatch(named):
            found = self._accounts.find(int(named))
        if found is None or found.number != self.actor.id:
            self.actor.require("admin")
        if found is None:
            raise self._unknown(named)
        return found

    def _unknown(self, account: int | str) -> NothingFoundError:
        if account in (LOCAL.id, LOCAL.name):
            return NothingFoundError("who sits at the library's machine has no account; 'map4 users list' shows all")
        names = [one.name for one in self._accounts.all()]
        told = did_you_mean(str(account), names) if names else "'map4 users add NAME' makes the first one"
        return NothingFoundError(f"there is no account '{account}'; {told}")

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
        """Make an account; the first one is an admin's.

        role: "viewer", "user" or "admin"; None is an admin where it is the first, else a user
        password: at least 8 letters; without, nobody can log in with one
        hashed: in its place its hash, of argon2 or bcrypt
        by_proxy: whether it is made because a proxy says that there is somebody of this name; never an admin
        raises UsageError: if it can't be called so, the name is taken, or the password or hash is none
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
                raise NotAllowedError("a proxy makes no admin, and not the first account; 'map4 users add NAME' does")
            if is_first and role != "admin":
                raise UsageError("the first account is an admin's, who looks after the others; leave the role out")
            made = self._accounts.add(name, role, hashed, self._now())
            action: AuditAction = "proxy-account-made" if by_proxy else "account-added"
            self._note(action, made, {"role": role})
        return made

    def take_local(self, account: AnAccount) -> Taken:
        """Give the only account what who sits at the library's machine has: ratings, lists, stars, exports, jobs.

        Lists that all could see they see further on; those that came from DJ programs stay everybody's.

        raises UsageError: if there are other accounts
        """
        found = self.get(account)
        with self._store.at_once():
            if len(self._accounts.all()) > 1:
                raise UsageError("only the first account can take over what was there before there were accounts")
            taken = self._people.take_local(found)
            return replace(
                taken, jobs=self._of_jobs(lambda: self._store.part(SqlJobs).reassign(LOCAL.id, found.actor()), 0)
            )

    def change(self, account: AnAccount, *, name: str | None = None, role: Role | None = None) -> Account:
        """Give an account another name or role; the last admin stays one.

        raises UsageError: if the name is taken, or nobody would be an admin any more
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
            before, after = ({"name": one.name, "role": one.role} for one in (was, now))
            self._note("account-changed", now, dict(after.items() - before.items()))
            self._of_jobs(lambda: self._store.part(SqlJobs).reassign(now.number, now.actor()), 0)
        return now

    def remove(self, account: AnAccount, *, without: Collection[str] = ()) -> Erased:
        """Erase an account and what is kept of the person: credentials, ratings, lists that are theirs alone, jobs.

        Lists that others see become everybody's. What counts for all stays, with a number that is nobody's any more.

        without: extras whose tables are left as they are
        raises UsageError: if it is the last admin, and there are other accounts; or if the library has tables of
            another extra that is not installed
        """
        from map4.jobs.plans.files import PlanFiles

        with self._store.at_once():
            found = self.get(account)
            if len(self._accounts.all()) > 1:
                self._require_other_admin(found)
            erased = self._people.erase(found, without=without)
            self._accounts.remove(found.number)
            self._note("account-removed", found)
            # Last, as they have files of their own: whoever is interrupted can do it again.
            PlanFiles(self._store.place.beside).erase(found.number)
            return replace(erased, jobs=self._of_jobs(lambda: self._erase_jobs(found.number), 0))

    def _require_other_admin(self, account: Account) -> None:
        admins = [one for one in self._accounts.all() if one.role == "admin"]
        if [one.number for one in admins] == [account.number]:
            raise UsageError(f"{account.name} is the only admin; make another one first ('map4 users role NAME admin')")

    def _erase_jobs(self, account: int) -> int:
        from map4.jobs import JobFiles, SentFiles

        beside = self._store.place.beside
        for job in self._store.part(SqlJobs).page(statuses=OPEN, kinds=["unmix"], asked_by=account, limit=MOST_OPEN):
            if job.sent is not None:
                SentFiles(beside).remove(job.sent)
        erased, files = self._store.part(SqlJobs).erase(account), JobFiles(beside)
        for number in erased:
            files.remove(number)
        return len(erased)

    def _of_jobs(self, found: Callable[[], Any], otherwise: Any) -> Any:
        """What is asked of the jobs, where there ever was one."""
        return found() if SqlJobs.are_in(self._store) else otherwise

    # ---- passwords

    def hashed(self, password: str) -> str:
        """The hash of a password, made to be slow.

        raises UsageError: if it is too short, too long, or holds controls
        """
        from map4.accounts.hashes import hash_of

        return hash_of(checked_password(password))

    def set_password(
        self, account: AnAccount, password: str, *, current: str | None = None, but: str | None = None
    ) -> Account:
        """Give an account another password, and end its sessions and log-ins.

        current: the one that it has, which one needs for one's own
        but: the id of a session or log-in that goes on
        raises NotAllowedError: if the current one is wrong, or there is none, which takes an admin
        """
        found = self.get(account)
        if found.number == self.actor.id:
            self._require_current(found, current)
        return self.put_password(found, self.hashed(password), but=but)

    def _require_current(self, account: Account, current: str | None) -> None:
        from map4.accounts.checked_passwords import check_password

        if current is None:
            raise UsageError(SAY_CURRENT)
        hashed = self._accounts.password_hash(account.number)
        if hashed is None:
            raise NotAllowedError(f"{account.name} has no password yet; an admin gives the first one")
        if not check_password(hashed, current).is_right:
            raise NotAllowedError(WRONG_CURRENT)

    def put_password(self, account: AnAccount, hashed: str, *, but: str | None = None) -> Account:
        """The same with the hash, for who has looked at the current password already."""
        with self._store.at_once():
            found = self.get(account)
            now = self._accounts.change(found.number, password=hashed)
            self._accounts.end_all(found.number, ("session", "login"), but=but)
            self._note("password-changed", found)
        return now

    def password_hash(self, account: int) -> str | None:
        """The hash of a password; None where there is none."""
        return self._accounts.password_hash(account)

    def set_password_hash(self, account: int, hashed: str) -> None:
        """Put a hash that was made anew in the place of the one before; the password is the same."""
        self._accounts.change(account, password=hashed)

    # ---- what is kept

    def export(self, account: AnAccount, *, without: Collection[str] = ()) -> Person:
        """All that is kept of a person; what there may be much of is read when it is asked for.

        without: extras to leave out
        raises UsageError: if the library has tables of another extra that is not installed
        """
        from map4.accounts.person import Person
        from map4.base.records import Asked

        found, store = self.get(account), self._store
        return Person(
            account=found,
            credentials=tuple(self._accounts.credentials(found.number, now=self._now())),
            jobs=tuple(self._of_jobs(lambda: store.part(SqlJobs).page(asked_by=found.number, limit=_MOST_JOBS), ())),
            audit=Asked(lambda: iter(self._accounts.audit(account=found.number, limit=1 << 60))),
            kept=self._people.kept_of(found.number, without=without),
        )

    def export_to(
        self, account: AnAccount, path: PathLike | BinaryIO, *, force: bool = False, without: Collection[str] = ()
    ) -> None:
        """Write it to a file, whole or not at all, or to a stream; never over music or what map4 did not write.

        force: replace another file
        without: extras to leave out
        """
        from map4.store.output import OutputFiles

        person = self.export(account, without=without)

        def write(stream: BinaryIO) -> None:
            for piece in person.pieces():
                stream.write(piece.encode("utf-8", "replace"))

        if isinstance(path, (str, bytes, os.PathLike)):
            files = OutputFiles(self._store.written, self._store.place.beside)
            files.write(path_text(path), write, format_name="person", force=force)
        else:
            write(path)

    def audit(self, *, after: int | None = None, account: AnAccount | None = None, limit: int = 100) -> AuditPage:
        """What was done with accounts, the newest first.

        after: the number of the last entry of the page before
        account: only what it did, or was done to it; one that was removed by its number
        """
        if not 1 <= limit <= MOST_ENTRIES:
            raise UsageError(f"a page has 1 to {MOST_ENTRIES} entries, not {limit}; 'after' leads to the next")
        number = account if account is None or isinstance(account, int) else self.get(account).number
        found = self._accounts.audit(before=after, account=number, limit=limit + 1)
        shown = tuple(found[:limit])
        return AuditPage(entries=shown, next=shown[-1].number if len(found) > limit else None)

    def note(
        self,
        action: AuditAction,
        *,
        account: int | None,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what was done with accounts."""
        self._accounts.note(action, account=account, subject=subject, detail=detail, now=self._now())

    def _note(self, action: AuditAction, about: Account, detail: Mapping[str, Any] | None = None) -> None:
        # Not by `note`, which is an admin's: a password is one's own.
        by = None if action == "proxy-account-made" else self.actor.id
        self._accounts.note(action, account=by, subject=str(about.number), detail=detail, now=self._now())
