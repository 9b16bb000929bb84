"""Records of accounts, credentials and the audit log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from map4.core.base.account import Account, Credential, CredentialId, CredentialKind, ScopeNames
from map4.core.base.actor import ROLES, SCOPES, Role, Scope
from map4.core.base.records import Json, Moment, Record
from map4.core.base.text import clean
from map4.errors import UsageError

_ROLE_WORDS = {
    "viewer": "can view and play",
    "user": "also has ratings and lists, and can correct values",
    "admin": "all rights",
}
_JOINERS = "\u200c\u200d"
"""Needed by Persian and Indic names; ignored when names are compared."""
# Ignorable and blank characters that are not in the category Cf (format).
_BLANK = frozenset(
    chr(number)
    for first, last in (
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x2800, 0x2800),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFC), (0xE0000, 0xE0FFF),
    )
    for number in range(first, last + 1)
)  # fmt: skip


def has_invisible(name: str) -> bool:
    """Return whether a name has invisible characters."""
    return any(_is_invisible(letter) for letter in name if letter not in _JOINERS)


def look_alike(name: str, other: str) -> bool:
    """Return whether two names look the same, with or without regard to case."""
    return _skeleton(name) == _skeleton(other) or _skeleton(_folded(name)) == _skeleton(_folded(other))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _skeleton(name: str) -> str:
    """Replace each character by the prototype of its look-alikes."""
    plain = unicodedata.normalize("NFKD", name)
    prototypes = _prototypes()
    shown = "".join(prototypes.get(letter, letter) for letter in plain if not _is_invisible(letter))
    return " ".join(unicodedata.normalize("NFKD", shown).split())


def _is_invisible(letter: str) -> bool:
    return letter in _BLANK or unicodedata.category(letter) == "Cf"


@cache
def _prototypes() -> dict[str, str]:
    prototypes: dict[str, str] = {}
    for line in files("map4.accounts").joinpath("data/confusables.txt").read_text("ascii").splitlines():
        if not line.startswith("#"):
            prototype, sources = line.split(":")
            text = "".join(chr(int(number, 16)) for number in prototype.split())
            prototypes.update((chr(int(number, 16)), text) for number in sources.split())
    return prototypes


AuditAction = Literal[
    "account-added", "account-changed", "account-removed", "password-changed", "proxy-account-made",
    "token-added", "token-removed", "token-rotated", "key-rotated",
    "logged-in", "logged-out", "login-failed", "login-throttled", "refresh-reused",
    "files-forgotten", "folder-forgotten", "files-heeded", "files-pruned", "analyses-cleared", "libraries-merged",
    "library-copied", "tags-written", "tags-restored", "copies-moved-away", "copies-put-back", "files-renamed",
    "source-preferred",
]  # fmt: skip
"""Audited actions: on accounts, and on the library or files for everybody. Values, lists, imports and exports have
their own history."""

ACCESS_S = 900
"""Lifetime of an access token in seconds; the account's rights are looked up on each use."""
MOST_NAME_LETTERS = 64
LEAST_PASSWORD_LETTERS = 8
MOST_PASSWORD_BYTES = 1024
_TAKEN = frozenset({"local", "nobody", "me"})
"""Reserved names."""
_PART_OF_ADDRESSES = "/\\:?#%"


class AccountList(Record, kind="accounts"):
    """All accounts, by name."""

    accounts: tuple[Account, ...]


class CredentialList(Record, kind="tokens"):
    """Credentials, newest first."""

    tokens: tuple[Credential, ...]


class Issued(
    Record,
    kind="issued-token",
    members="id=credential.id kind=credential.kind name=credential.name account.id=credential.account.number"
    " account.name=credential.account.name scopes=credential.scope_names created_at=credential.created_at"
    " expires_at=credential.expires_at last_used_at=credential.last_used_at secret",
):
    """A new credential with its secret.

    secret: store it; it can't be shown again
    """

    credential: Credential
    secret: str = field(repr=False)


class RotatedKey(Record, kind="rotated-key"):
    """The result of replacing the key that signs log-ins.

    id: of the new key
    old_until: tokens signed by the old key are valid until then
    """

    id: str
    old_until: Moment


class AuditEntry(Record):
    """An action on an account, or on the library or files for everybody.

    account: number of the acting account; 0 for local use; null if unknown
    subject: number of an account, or id of a token
    """

    number: Annotated[int, Json(minimum=1)]
    at: Moment
    account: int | None
    action: AuditAction
    subject: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)


class AuditPage(Record, kind="audit"):
    """A page of the audit log, newest first.

    next: the value of `after` for the next page; null on the last page
    """

    entries: tuple[AuditEntry, ...]
    next: int | None


class GrantedAccess(Record, kind="access"):
    """The tokens of a program's log-in. Send the access token as `Authorization: Bearer`.

    token_type: the scheme of the Authorization header
    expires_in: seconds
    refresh_token: works once, for a new access token and a new refresh token
    refresh_expires_in: seconds
    """

    access_token: str = field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Json(minimum=1)]
    refresh_token: str = field(repr=False)
    refresh_expires_in: Annotated[int, Json(minimum=1)]

    def __repr__(self) -> str:
        return "<GrantedAccess>"


class Me(Record, kind="me"):
    """The caller and its rights.

    account: null for local use without accounts
    scopes: scopes of the presented credential
    csrf: value of `X-CSRF-Token` for requests that change something; null without a session
    credential: the presented credential; null for log-in by a proxy, and without accounts
    has_accounts: whether there are accounts
    scope_words, role_words: what each scope allows, and each role
    """

    account: Account | None
    scopes: ScopeNames
    csrf: str | None
    credential: CredentialId | None
    has_accounts: bool
    scope_words: Mapping[str, str] = field(default_factory=lambda: SCOPES)
    role_words: Mapping[str, str] = field(default_factory=lambda: _ROLE_WORDS)

    def __repr__(self) -> str:
        return f"<Me {self.account.name if self.account else 'local'}>"


def checked_account_name(name: str) -> str:
    """The normalised name of an account.

    raises UsageError: if the name is invalid
    """
    normalized = unicodedata.normalize("NFC", name).strip()
    if not (_is_one_line(normalized) and re.search(r"\w", normalized)):
        raise UsageError(f"a name has 1 to {MOST_NAME_LETTERS} characters on one line, without control characters")
    if not any(map(str.isalpha, normalized)):
        raise UsageError(f"'{normalized}' looks like the number of an account; add a letter")
    if has_invisible(normalized):
        raise UsageError(f"the name {normalized!a} has invisible characters; leave them out")
    if wrong := next((letter for letter in normalized if letter in _PART_OF_ADDRESSES), None):
        raise UsageError(f"a name can't contain '{wrong}', which has a meaning in addresses; leave it out")
    if any(look_alike(normalized, taken) for taken in _TAKEN):
        raise UsageError(f"'{normalized}' looks like a reserved name; choose another name")
    return normalized


def checked_credential_name(name: str) -> str:
    """The normalised name of a token or device.

    raises UsageError: if the name is invalid
    """
    normalized = unicodedata.normalize("NFC", name).strip()
    if not _is_one_line(normalized):
        raise UsageError(
            f"the name of a token has 1 to {MOST_NAME_LETTERS} characters on one line; describe its purpose"
        )
    return normalized


def _is_one_line(name: str) -> bool:
    return 1 <= len(name) <= MOST_NAME_LETTERS and clean(name) == name


def checked_role(role: str) -> Role:
    """A role by its name.

    raises UsageError: if there is no such role
    """
    known = next((known_role for known_role in ROLES if known_role == role), None)
    if known is None:
        raise UsageError.no_such("role", role, ROLES)
    return known


def checked_password(password: str) -> str:
    """A password in NFC, ready for hashing.

    raises UsageError: if it is too short or too long, or contains control characters
    """
    normalized = unicodedata.normalize("NFC", password)
    if len(normalized) < LEAST_PASSWORD_LETTERS:
        raise UsageError(f"a password needs at least {LEAST_PASSWORD_LETTERS} characters; longer is better")
    if len(normalized.encode("utf-8", "replace")) > MOST_PASSWORD_BYTES:
        raise UsageError(f"a password can have at most {MOST_PASSWORD_BYTES} bytes")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in normalized):
        raise UsageError("a password can't contain line breaks, tabs or other control characters")
    return normalized


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential to store.

    digest: SHA-256 of its secret; None for a device
    sealed: the encrypted password of a device
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
    """A key for signing access tokens.

    until: its tokens are valid until then; None for the current key
    """

    id: str
    secret: bytes = field(repr=False)
    until: datetime | None
