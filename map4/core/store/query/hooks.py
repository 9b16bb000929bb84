"""What subjects add to queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from map4.core.base.declarations import FunctionHook

if TYPE_CHECKING:
    from map4.core.music.query.terms import Words
    from map4.core.store.query.forms import FileIds


@FunctionHook
def genre_words(words: Words) -> FileIds:
    """Further files whose genre has these words."""


@FunctionHook
def copied_files(store: Any) -> Collection[int]:
    """The files of `is:copy`. store: the open `Store`, whose module imports this"""
