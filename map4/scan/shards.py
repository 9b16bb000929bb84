"""Shards of a collection: independent machines agree on which of them reads which file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from map4.core.base.text import name_key
from map4.errors import UsageError

MOST_SHARDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `of` parts of a collection, counted from 1; each file is in exactly one part.

    A hash of the path inside the scanned folder decides a file's part, whatever the folder is called on a machine, with
    `/` between names, ignoring case and Unicode composition. So machines that mount a collection in different places
    agree, even if one of them stores é as two characters. File sizes don't matter; the parts are about equal: 100,000
    files in 8 parts differ by less than 3 %.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse a shard like `2/8`; raises UsageError if the text is invalid."""
        match = re.fullmatch(r"\s*([0-9]{1,5})\s*/\s*([0-9]{1,5})\s*", text)
        number, of = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= of <= MOST_SHARDS:
            raise UsageError(f"'{text}' is not a shard; write the second of eight as 2/8, of {MOST_SHARDS:,} at most")
        return cls(number=number, of=of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, path: str, folders: Iterable[str]) -> bool:
        """Return whether a file is in this part.

        path: absolute
        folders: the scanned folders; the outermost around the file counts; a file that is given itself is its name
        """
        around = [folder for folder in folders if path.startswith(os.path.join(folder, ""))]
        inside = path[len(os.path.join(min(around, key=len), "")) :] if around else os.path.basename(path)
        key = "/".join(name_key(name) for name in inside.split(os.sep))
        digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1
