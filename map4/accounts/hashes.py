"""Password hashes: argon2id, and bcrypt as in htpasswd files; a check takes about 50 ms and 64 MiB, so run it outside a
library's thread. Needs the extra serve."""

from __future__ import annotations

import re
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import argon2
import bcrypt
from argon2.exceptions import InvalidHashError, VerificationError

from map4.errors import UsageError

MEMORY_KIB = 64 * 1024
"""64 MiB, three passes, four lanes: RFC 9106, section 4, second choice, for machines with little memory."""
_HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=MEMORY_KIB, parallelism=4)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes `MEMORY_KIB`; further log-ins wait."""
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-9]|2[0-9]|3[01])\$[./A-Za-z0-9]{53}")
_MOST_BCRYPT_BYTES = 72
_MOST_BCRYPT_COST, _MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 12, 256 * 1024, 8, 16
"""Limits for given hashes: higher costs would block the server, and log-in times would reveal the account."""
_COSTS_TOO_MUCH = (
    "this hash is too slow to check at each log-in; use bcrypt with a cost of at most 12, or argon2 with at most "
    "256 MiB, 8 passes and 16 lanes"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a password check.

    renewed: a new hash, if the stored hash has outdated parameters
    """

    is_right: bool
    renewed: str | None = field(default=None, repr=False)


def hash_of(password: str) -> str:
    """The argon2id hash of a password, with salt and costs; takes about 50 ms and 64 MiB."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def check_password(hashed: str | None, password: str) -> Checked:
    """Check a password against a hash. None never matches and takes as long."""
    composed = unicodedata.normalize("NFC", password)  # like `checked_password`, but old passwords may be shorter
    try:
        is_right, is_outdated = _verified(hashed, composed)
    except (VerificationError, InvalidHashError, ValueError):  # ValueError: a lone surrogate, a NUL
        return Checked(False)
    return Checked(is_right, hash_of(composed) if is_right and is_outdated else None)


def _verified(hashed: str | None, password: str) -> tuple[bool, bool]:
    """Whether a password is right, and whether its hash is outdated."""
    if hashed is not None and not hashed.startswith("$2"):
        with _AT_ONCE:
            return _HASHER.verify(hashed, password), _HASHER.check_needs_rehash(hashed)
    of_nobody = _decoy_hash()  # so that timing reveals neither the account nor the kind of hash
    with _AT_ONCE, suppress(VerificationError):
        _HASHER.verify(of_nobody, password)
    if hashed is None:
        return False, False
    with _AT_ONCE:
        return bcrypt.checkpw(password.encode()[:_MOST_BCRYPT_BYTES], hashed.encode()), True


def checked_hash(hashed: str) -> str:
    """Validate an argon2 or bcrypt hash from another program.

    raises UsageError: if it is not a hash, or too slow to check
    """
    text = hashed.strip()
    if (match := _BCRYPT.fullmatch(text)) is not None:
        if int(match[1]) > _MOST_BCRYPT_COST:
            raise UsageError(_COSTS_TOO_MUCH)
        return text
    try:
        costs = argon2.extract_parameters(text)
        if costs.type == argon2.Type.D:  # argon2d: timing attacks may reveal the password
            raise InvalidHashError
    except InvalidHashError:
        raise UsageError(
            "not an argon2 ($argon2id$…) or bcrypt ($2b$…) hash; make one with 'htpasswd -B' or 'argon2'"
        ) from None
    if costs.memory_cost > _MOST_MEMORY_KIB or costs.time_cost > _MOST_PASSES or costs.parallelism > _MOST_LANES:
        raise UsageError(_COSTS_TOO_MUCH)
    return text


@cache
def _decoy_hash() -> str:
    return hash_of("nobody has this password")
