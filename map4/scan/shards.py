"""Shards of a collection: machines that know nothing of each other agree on who reads which file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from map4.base.text import name_key
from map4.errors import UsageError

MOST_SHARDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of so many parts of a collection, counted from 1; each file is in exactly one of them.

    A file's part is drawn from its path inside the folder that is scanned, whatever that folder is called on a machine,
    with `/` between names, in any case and composition of letters. So machines that mount one collection in different
    places agree, also those whose system spells é as two letters. How large a file is says nothing: parts are as even
    as dice are, of 100,000 files in 8 parts within 3 %.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A part as it is written: `2/8`. Raises UsageError if it is none."""
        found = re.fullmatch(r"\s*([0-9]{1,5})\s*/\s*([0-9]{1,5})\s*", text)
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= of <= MOST_SHARDS:
            raise UsageError(f"'{text}' is no shard; write the second of eight as 2/8, of {MOST_SHARDS:,} at most")
        return cls(number=number, of=of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, path: str, folders: Iterable[str]) -> bool:
        """Whether a file is in this part.

        path: absolute
        folders: what is scanned; of several around the file the outermost counts, and a file named itself is its name
        """
        around = [folder for folder in folders if path.startswith(os.path.join(folder, ""))]
        inside = path[len(os.path.join(min(around, key=len), "")) :] if around else os.path.basename(path)
        key = "/".join(name_key(name) for name in inside.split(os.sep))
        digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1
