"""Results that took long, kept in a folder between runs, and never mixed with those of other code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measure import REPOSITORY

_CODE = ("core/audio", "core/dsp", "core/music", "scan")
"""Parts of map4 on which an analysis depends."""


class Kept:
    """A table from text to JSON values in one file, a line each, that grows as results come.

    folder : of the file
    name : of the program that the results are from
    digest : of its code and version; with another one nothing is known
    """

    def __init__(self, folder: Path, name: str, digest: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name.replace(' ', '-').replace('/', '-')}-{digest}.jsonl"
        self._known: dict[str, Any] = {}
        if self._path.exists():
            # An interrupted run may have left half a line; it ends the file, and what it says is computed again.
            whole = self._path.read_text(encoding="utf-8").rpartition("\n")[0]
            self._known = dict(map(json.loads, whole.splitlines()))
            self._path.write_text(whole + "\n" if whole else "", encoding="utf-8")

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> Any:
        return self._known[key]

    def add(self, key: str, value: Any) -> None:
        """Remember a result, also for later runs."""
        self._known[key] = value
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps([key, value]) + "\n")


def digest_of(files: Iterable[Path]) -> str:
    """Short hash of names and contents."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()[:12]


def analysis_digest() -> str:
    """Of everything in this map4 that an analysis depends on, its weights included."""
    folders = [[*(REPOSITORY / "map4" / part).rglob("*")] for part in _CODE]
    assert all(folders)
    return digest_of(file for files in folders for file in files if file.is_file() and file.suffix != ".pyc")
