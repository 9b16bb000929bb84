"""Whether a password is right: some 50 ms and 64 MiB, no work for who holds a library. Needs map4's extra serve."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from map4.accounts.hashes import WRONG, hash_of, verify


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a password that was checked.

    renewed: its hash made anew, where the one that is kept was made otherwise than map4 makes them now
    """

    is_right: bool
    renewed: str | None = field(default=None, repr=False)


def check_password(hashed: str | None, password: str) -> Checked:
    """Whether a password is that of a hash; of None it never is, which takes as long."""
    composed = unicodedata.normalize("NFC", password)  # as `checked_password` has it; old ones may be shorter
    try:
        verdict = verify(hashed, composed)
    except ValueError:  # letters that no hash is made of: half a letter, a zero byte
        verdict = WRONG
    return Checked(verdict.is_right, hash_of(composed) if verdict.is_right and verdict.is_outdated else None)
