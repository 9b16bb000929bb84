"""Doubts of the doctor about imports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.core.store.sql_store import Store
from map4.doctor import Doubts, GroupDoubt, Offer
from map4.imports.give_back import ReturnedFiles
from map4.imports.store.doubts import import_doubts
from map4.library import hookspecs


@hookspecs.doubts.implementation
def doubts(store: Store, checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Yield doubts about imports. checks: names of the doctor's checks to make"""
    yield from import_doubts(store, checks)
    if Doubts.IMPORT_COPIES.name not in checks:
        return
    offers = (Offer(label="give them back", words=("doctor", "--apply", Doubts.IMPORT_COPIES.name)),)
    for moved in ReturnedFiles(store).each():
        detail = counted(len(moved.own), "entry", "entries")
        if moved.lists:
            detail += f"; with places in {_named(listed.name or '' for listed in moved.lists)}"
        if moved.unknown:
            detail += f"; no version says what {_named(moved.unknown)} had: look at it"
        paths = [track.path for track in moved.own.values()]
        yield GroupDoubt(
            check=Doubts.IMPORT_COPIES, about=display_path(moved.path), detail=detail, count=len(moved.own),
            file_ids=store.search.at_paths(paths).file_ids, offers=offers,
        )  # fmt: skip


_MOST_NAMED = 3


def _named(lists: Iterable[str]) -> str:
    names = [f"'{name}'" for name in lists]
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
