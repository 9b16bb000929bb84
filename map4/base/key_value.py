"""Cached texts by key: answers of services, so that no query is repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

T = TypeVar("T")


class KeyValue(Protocol):
    """A cache of texts. A cache that can't be used is empty; it warns once and does not raise."""

    def get(self, key: str, convert: Callable[[str], T]) -> T | None:
        """The converted text, None if missing; a text that can't be converted counts as damage."""

    def all_keys(self) -> frozenset[str]:
        """The keys of all texts, including expired ones."""

    def put(self, texts: Mapping[str, str], *, keep_s: float) -> None:
        """Store texts for at most `keep_s`."""

    def forget(self, keys: Iterable[str] | None = None) -> int:
        """Drop texts (without keys all, including damaged ones); returns their number."""

    def close(self) -> None:
        """Close the cache; it opens again when needed."""
