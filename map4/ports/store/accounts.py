"""Who shares a library, what shows that one is somebody, and what was done with accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from map4.domain.accounts import Account, AuditAction, AuditEntry, Credential, CredentialKind
    from map4.domain.actor import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential that is made.

    digest: SHA-256 of its secret; None of a device
    sealed: of a device its password, encrypted
    """

    account: int
    kind: CredentialKind
    name: str
    scopes: frozenset[Scope]
    digest: bytes | None = field(default=None, repr=False)
    sealed: bytes | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """What access tokens are signed with.

    until: what it signed is good until then; None of the one that signs now
    """

    id: str
    secret: bytes = field(repr=False)
    until: datetime | None


class AccountStore(Protocol):
    """Accounts and credentials of one library. Times are UTC. What is past its end counts as gone."""

    def library_id(self) -> str:
        """16 hex digits that are this library's own; its copies have the same."""

    # ---- accounts

    def has_any(self) -> bool:
        """Whether there is an account."""

    def all(self) -> Sequence[Account]:
        """By name."""

    def find(self, account: int | str) -> Account | None:
        """By number, or by name in any case."""

    def add(self, name: str, role: Role, password: str | None, now: datetime) -> Account:
        """Make one; `password` is its hash.

        raises UsageError: if the name is taken
        """

    def change(
        self, account: int, *, name: str | None = None, role: Role | None = None, password: str | None = None
    ) -> Account:
        """Change what is given, of one that exists; `password` is the hash.

        raises UsageError: if the name is taken
        """

    def remove(self, account: int) -> None:
        """Forget it with its credentials; its number is given to nobody else."""

    def was_removed(self, account: int) -> bool:
        """Whether a number was that of an account, as long as that is noted."""

    def password_hash(self, account: int) -> str | None:
        """The hash of its password; None where it has none."""

    # ---- credentials

    def issue(self, credential: NewCredential, now: datetime) -> Credential:
        """Keep a new one."""

    def credential(self, credential: str, now: datetime) -> Credential | None:
        """By id."""

    def known(self, digest: bytes, now: datetime) -> Credential | None:
        """By the SHA-256 of its secret."""

    def credentials(
        self, account: int | None = None, *, kinds: Collection[CredentialKind] = (), now: datetime
    ) -> Sequence[Credential]:
        """Of an account or of all, of these kinds or of all; the newest first."""

    def sealed(self, account: int, now: datetime) -> Sequence[tuple[Credential, bytes]]:
        """The devices of an account, with their encrypted passwords."""

    def renew(self, credential: str, digest: bytes, *, expires_at: datetime | None, now: datetime) -> bool:
        """Give it another secret, and another end; whether it is there. The one before is remembered: `renewed`."""

    def renewed(self, digest: bytes, now: datetime) -> tuple[Credential, datetime] | None:
        """The credential of which this secret was one before the present one, and when it was renewed last."""

    def end(self, credentials: Collection[str]) -> int:
        """Forget these; how many there were."""

    def end_all(self, account: int, kinds: Collection[CredentialKind], *, but: str | None = None) -> int:
        """Forget all of these kinds, but one; how many there were."""

    def touch(self, uses: Mapping[str, datetime], *, session_until: datetime) -> None:
        """Note when credentials were last used; sessions among them hold until then."""

    def sweep(self, now: datetime) -> int:
        """Forget credentials and keys that are past their end, and secrets renewed a month ago; how many there were."""

    # ---- keys that sign access tokens

    def signing_keys(self, now: datetime) -> Sequence[SigningKey]:
        """Those whose tokens may still be good, the one that signs first; none where none was made yet."""

    def add_signing_key(self, secret: bytes, *, old_until: datetime, now: datetime) -> SigningKey:
        """Sign with another one from now on; what the others signed is good until `old_until`."""

    # ---- what was done

    def note(
        self,
        action: AuditAction,
        *,
        account: int | None,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
        now: datetime,
    ) -> None:
        """Note that an account did something; the last hundred thousand are kept."""

    def audit(self, *, before: int | None = None, account: int | None = None, limit: int) -> Sequence[AuditEntry]:
        """The newest first, those before a number; of all, or of what one account did or was done to."""
