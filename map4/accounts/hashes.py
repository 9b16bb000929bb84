"""Password hashes: argon2id, and bcrypt as in htpasswd files. Needs the extra serve."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
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
class Verdict:
    """Whether a password is right, and whether its hash is outdated."""

    is_right: bool
    is_outdated: bool = False


WRONG = Verdict(is_right=False)


def hash_of(password: str) -> str:
    """The argon2id hash of a password, with salt and costs; takes about 50 ms and 64 MiB."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify(hashed: str | None, password: str) -> Verdict:
    """Check a password against a hash. None never matches and takes as long."""
    if hashed is None:
        verify(_of_nobody(), password)
        return WRONG
    if hashed.startswith("$2"):
        verify(_of_nobody(), password)  # so that timing does not reveal the kind of hash
        secret = password.encode()[:_MOST_BCRYPT_BYTES]
        with _AT_ONCE:
            return Verdict(is_right=bcrypt.checkpw(secret, hashed.encode()), is_outdated=True)
    try:
        with _AT_ONCE:
            _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return WRONG
    return Verdict(is_right=True, is_outdated=_HASHER.check_needs_rehash(hashed))


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
def _of_nobody() -> str:
    return hash_of("nobody has this password")
