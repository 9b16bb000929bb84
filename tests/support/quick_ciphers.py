"""Keys of encrypted databases that cost little: `test_stick_databases.py` has a test in 256,000 rounds (.13 s)."""

from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec

import pytest


@pytest.fixture
def quick_ciphers() -> Iterator[None]:
    """SQLCipher derives a key in ten rounds in this process."""
    if find_spec("sqlcipher3") is None:
        yield
        return
    from sqlcipher3 import dbapi2

    with closing(dbapi2.connect(":memory:")) as connection:
        [(rounds,)] = connection.execute("PRAGMA cipher_default_kdf_iter")
        connection.execute("PRAGMA cipher_default_kdf_iter = 10")
        yield
        connection.execute(f"PRAGMA cipher_default_kdf_iter = {rounds}")
