"""Texts under keys, kept for a while: what was asked of a service and answered, so that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

T = TypeVar("T")


class KeyValue(Protocol):
    """A place where texts are kept. One that can't be used holds nothing and raises nothing: it warns once."""

    def get(self, key: str, convert: Callable[[str], T]) -> T | None:
        """What is made of a text, None without one; one of which nothing can be made is damage."""

    def all_keys(self) -> frozenset[str]:
        """The keys of all texts, also of those that are too old by now."""

    def put(self, texts: Mapping[str, str], *, keep_s: float) -> None:
        """Keep texts for so long at most."""

    def forget(self, keys: Iterable[str] | None = None) -> int:
        """Drop texts, without keys all of them and what is damaged; gives how many there were."""

    def close(self) -> None:
        """Let go of it; it is opened again when it is needed."""
