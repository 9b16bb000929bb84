"""Checks passwords, which takes about 50 ms and 64 MiB; run it outside a library's thread. Needs the extra serve."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from map4.accounts.hashes import WRONG, hash_of, verify


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a password check.

    renewed: a new hash, if the stored hash has outdated parameters
    """

    is_right: bool
    renewed: str | None = field(default=None, repr=False)


def check_password(hashed: str | None, password: str) -> Checked:
    """Check a password against a hash. None never matches and takes as long."""
    composed = unicodedata.normalize("NFC", password)  # like `checked_password`, but old passwords may be shorter
    try:
        verdict = verify(hashed, composed)
    except ValueError:  # not hashable: a lone surrogate, a NUL
        verdict = WRONG
    return Checked(verdict.is_right, hash_of(composed) if verdict.is_right and verdict.is_outdated else None)
