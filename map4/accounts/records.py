"""People who share a library: their accounts, what shows that one is somebody, and what is noted of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from map4.accounts.lookalikes import has_invisible, look_alike
from map4.base.account import Account, ScopeNames
from map4.base.actor import ROLES, Actor, Role, Scope
from map4.base.near_names import no_such
from map4.base.records import Json, Moment, Record
from map4.base.text import clean
from map4.errors import UsageError

CredentialKind = Literal["token", "device", "session", "login"]
"""token: of a program; device: the password of one player; session: the cookie of the page; login: access tokens, which
a refresh token renews."""
CREDENTIAL_KINDS: tuple[CredentialKind, ...] = get_args(CredentialKind)

AuditAction = Literal[
    "account-added", "account-changed", "account-removed", "password-changed", "proxy-account-made",
    "token-added", "token-removed", "token-rotated", "key-rotated",
    "logged-in", "logged-out", "login-failed", "login-throttled", "refresh-reused",
    "files-forgotten", "folder-forgotten", "files-heeded", "files-pruned", "analyses-cleared", "libraries-merged",
    "library-copied", "tags-written", "tags-restored", "copies-moved-away", "copies-put-back", "source-preferred",
]  # fmt: skip
"""What is noted: what was done with accounts, and what was done to the library or to files for everybody that no
history tells (that of values, of lists, imports and exports have their own)."""

MOST_NAME_LETTERS = 64
LEAST_PASSWORD_LETTERS = 8
MOST_PASSWORD_BYTES = 1024
_TAKEN = frozenset({"local", "nobody", "me"})
"""Names of who is no account."""
_PART_OF_ADDRESSES = "/\\:?#%"

CredentialId = Annotated[str, Json(pattern="^t-[0-9a-f]{16}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList(Record, kind="accounts"):
    """All accounts, by name."""

    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(
    Record,
    kind="token",
    members="id kind name account.id=account.number account.name=account.name scopes=scope_names created_at"
    " expires_at last_used_at",
):
    """What shows that one is somebody; what is secret of it is nowhere.

    name: what it is for: a program, a device, a browser
    scopes: what may be done with it, as far as the role goes
    expires_at: null never
    last_used_at: to ten minutes
    """

    id: CredentialId
    kind: CredentialKind
    name: str
    account: Account
    scopes: frozenset[Scope]
    created_at: Moment
    expires_at: Moment | None = None
    last_used_at: Moment | None = None

    @property
    def scope_names(self) -> ScopeNames:
        return tuple(scope for scope in self.account.scopes if scope in self.scopes)

    def actor(self) -> Actor:
        """Who asks with it."""
        return self.account.actor(self.scopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialList(Record, kind="tokens"):
    """What shows that one is somebody, the newest first."""

    tokens: tuple[Credential, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued(
    Record,
    kind="issued-token",
    members="id=credential.id kind=credential.kind name=credential.name account.id=credential.account.number"
    " account.name=credential.account.name scopes=credential.scope_names created_at=credential.created_at"
    " expires_at=credential.expires_at last_used_at=credential.last_used_at secret",
):
    """What was made, with its secret, which is nowhere else.

    secret: to be kept; it can't be shown again
    """

    credential: Credential
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatedKey(Record, kind="rotated-key"):
    """Another key that log-ins are signed with.

    id: of the new one
    old_until: what the one before signed is good until then
    """

    id: str
    old_until: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Record):
    """Something that was done with accounts, or with the library and files for everybody, and by whom.

    account: number of who did it, 0 who sits at the library's machine; null where nobody was known
    subject: number of an account, or id of a token
    """

    number: Annotated[int, Json(minimum=1)]
    at: Moment
    account: int | None
    action: AuditAction
    subject: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(Record, kind="audit"):
    """What was done with accounts and the library as a whole, the newest first.

    next: what to give as `after` for the next page; null on the last one
    """

    entries: tuple[AuditEntry, ...]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedAccess(Record, kind="access"):
    """What a log-in of a program gives: `Authorization: Bearer` and the access token, as long as that is good.

    token_type: how it is to be sent
    expires_in: seconds
    refresh_token: gives another access token, and another refresh token; it works once
    refresh_expires_in: seconds
    """

    access_token: str = field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Json(minimum=1)]
    refresh_token: str = field(repr=False)
    refresh_expires_in: Annotated[int, Json(minimum=1)]

    def __repr__(self) -> str:
        return "<GrantedAccess>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Me(Record, kind="me"):
    """Who asks, and what they may do.

    account: null of who sits at the library's machine, where there are no accounts
    scopes: what may be done with what was shown
    csrf: what a page sends as `X-CSRF-Token` with what changes something; null without a session
    credential: what shows who asks; null where a proxy says it, and without accounts
    has_accounts: whether there are any
    """

    account: Account | None
    scopes: ScopeNames
    csrf: str | None
    credential: CredentialId | None
    has_accounts: bool

    def __repr__(self) -> str:
        return f"<Me {self.account.name if self.account else 'local'}>"


def checked_account_name(name: str) -> str:
    """The name of an account as it is kept.

    raises UsageError: if no account can be called so
    """
    kept = unicodedata.normalize("NFC", name).strip()
    if not (_is_one_line(kept) and re.search(r"\w", kept)):
        raise UsageError(f"a name is 1 to {MOST_NAME_LETTERS} letters on one line, without controls")
    if not any(map(str.isalpha, kept)):
        raise UsageError(f"'{kept}' has no letter, and numbers name accounts; add a letter")
    if has_invisible(kept):
        raise UsageError(f"the name {kept!a} has characters that nobody sees; leave them out")
    if wrong := next((letter for letter in kept if letter in _PART_OF_ADDRESSES), None):
        raise UsageError(f"a name has no '{wrong}', which means something in addresses; leave it out")
    if any(look_alike(kept, taken) for taken in _TAKEN):
        raise UsageError(f"'{kept}' means something else; choose another name")
    return kept


def checked_credential_name(name: str) -> str:
    """What a token or device is called, as it is kept.

    raises UsageError: if none can be called so
    """
    kept = unicodedata.normalize("NFC", name).strip()
    if not _is_one_line(kept):
        raise UsageError(f"a token is called by 1 to {MOST_NAME_LETTERS} letters on one line; say what it is for")
    return kept


def _is_one_line(name: str) -> bool:
    return 1 <= len(name) <= MOST_NAME_LETTERS and clean(name) == name


def digest_of(secret: str) -> bytes:
    """What is kept of a secret that map4 made: with 256 random bits, nobody finds one for a digest by trying."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def checked_role(role: str) -> Role:
    """A role by its name.

    raises UsageError: if it is none
    """
    found = next((one for one in ROLES if one == role), None)
    if found is None:
        raise no_such("role", role, ROLES)
    return found


def checked_password(password: str) -> str:
    """A password as it is hashed: its letters composed, however a keyboard sends them.

    raises UsageError: if it is too short or too long, or holds controls
    """
    kept = unicodedata.normalize("NFC", password)
    if len(kept) < LEAST_PASSWORD_LETTERS:
        raise UsageError(f"a password has at least {LEAST_PASSWORD_LETTERS} letters; longer is better")
    if len(kept.encode("utf-8", "replace")) > MOST_PASSWORD_BYTES:
        raise UsageError(f"a password has at most {MOST_PASSWORD_BYTES} bytes")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in kept):
        raise UsageError("a password has no line breaks, tabs or other controls")
    return kept


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
