"""Ids of the protocol, 32 hex digits, for map4's own.

An id is a block of AES with a key of the library: it is stable and leads back to map4's id without a table, and it
can't be guessed. Players request pictures without any credential, so the id of a picture is its secret.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

_KINDS = ("al-", "ar-", "l-", "f-", "ge-", "u-", "v-")
"""Prefixes of ids of 16 hex digits: of albums, artists, lists and files, and here also of genres, users and views."""
_TAGS = {hashlib.blake2b(kind.encode(), digest_size=8).digest(): kind for kind in _KINDS}
_TAG_OF = {kind: tag for tag, kind in _TAGS.items()}
_ID = re.compile("[0-9a-f]{32}")
_CACHE_SIZE = 50_000
MUSIC, LISTS = (f"v-{number:016x}" for number in (1, 2))
"""The views: all music, and the lists."""


class Ids:
    """Converts ids for one library."""

    def __init__(self, library_id: str) -> None:
        key = hashlib.blake2b(library_id.encode(), person=b"map4 jellyfin", digest_size=32)
        self.shown = lru_cache(_CACHE_SIZE)(self._shown)
        """The protocol's id for map4's id of a track, album, artist, list, genre, user or view."""
        self._cipher = Cipher(AES(key.digest()), modes.ECB())  # single blocks, each different
        # Public, so it depends only on the part of the library's id that is in names of cookies.
        self.server = hashlib.blake2b(library_id[:8].encode(), digest_size=16).hexdigest()

    def _shown(self, own: str) -> str:
        kind, _, digits = own.partition("-")
        tag = _TAG_OF.get(f"{kind}-", b"")  # the 16 bytes of an audio id leave no room for a tag
        return self._cipher.encryptor().update(bytes.fromhex(digits) + tag).hex()

    def own(self, shown: str) -> tuple[str, ...]:
        """map4's id, or both possible audio ids; empty for text that is no id."""
        if not _ID.fullmatch(plain := shown.replace("-", "").lower()):
            return ()
        block = self._cipher.decryptor().update(bytes.fromhex(plain))
        kind = _TAGS.get(block[8:])
        return (f"{kind}{block[:8].hex()}",) if kind else (f"a1-{block.hex()}", f"a2-{block.hex()}")


def genre_id(name: str) -> str:
    return f"ge-{hashlib.blake2b(name.encode(errors='surrogateescape'), digest_size=8).hexdigest()}"


def user_id(account: int) -> str:
    return f"u-{account:016x}"


def genres_by_id(names: Iterable[str]) -> dict[str, str]:
    return {genre_id(name): name for name in names}
