"""Hashes of passwords, those that are made elsewhere too."""

import argon2
import bcrypt
import pytest

from map4.accounts.hashes import check_password, checked_hash
from map4.errors import UsageError

_SALT, _END = "a" * 21 + "u", "b" * 31


def _argon2(memory_kib: int = 64, passes: int = 1, kind: argon2.Type = argon2.Type.ID) -> str:
    hasher = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=kind)
    return hasher.hash("correct horse")


@pytest.mark.parametrize("kind", [argon2.Type.ID, argon2.Type.I])
def test_argon2_and_bcrypt_hashes_are_supported(kind: argon2.Type) -> None:
    for made in (_argon2(kind=kind), bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()):
        hashed = checked_hash(f" {made}\n")
        checked = check_password(hashed, "correct horse")
        assert checked.is_right
        assert checked.renewed
        assert not check_password(hashed, "wrong horse").is_right


@pytest.mark.parametrize(
    "hashed",
    [f"$2b$13${_SALT}{_END}", f"$2y$31${_SALT}{_END}", _argon2(passes=9),
     _argon2().replace("m=64", f"m={256 * 1024 + 1}")],
    ids=["bcrypt 13", "bcrypt 31", "nine passes", "much memory"],
)  # fmt: skip
def test_hashes_that_cost_too_much_are_refused_unchecked(hashed: str) -> None:
    with pytest.raises(UsageError, match="is too slow to check at each log-in; use bcrypt with a cost of"):
        checked_hash(hashed)


def test_unsupported_hashes_are_refused() -> None:
    cases = ["", "password", f"$2b$03${_SALT}{_END}", "$apr1$x$y", _argon2(kind=argon2.Type.D)]
    for hashed in cases:
        with pytest.raises(UsageError, match="not an argon2"):
            checked_hash(hashed)
