"""Hashes of passwords that cost next to nothing: what takes 64 MiB and 50 ms is tried where it is made."""

from collections.abc import Iterator

import pytest

from map4.accounts import hashes as passwords


@pytest.fixture(scope="module")
def quick_hashes() -> Iterator[None]:
    """Of all tests of a module that uses this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", passwords.argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        passwords._decoy_hash.cache_clear()
        yield
    passwords._decoy_hash.cache_clear()
