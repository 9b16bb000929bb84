"""The lists of a stick after a write: map4's new and changed ones, and all others as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, count

from map4.core.base.text import name_key
from map4.core.music.lists.tracklist import Tracklist
from map4.extras.stick.names import shown
from map4.extras.stick.records import StickList, StickListState, WrittenStickList
from map4.formats import folders_and_name


class PlannedLists:
    """Lists and folders of a stick.

    all: lists and folders as they become
    own: map4's lists and folders by number, as in `OwnStickList.lists`
    shown: the lists with what happens to them
    """

    def __init__(self, existing: Iterable[StickList], own: Mapping[int, tuple[str, ...]]) -> None:
        self._by_number = {listed.number: listed for listed in existing}
        self.all: Collection[StickList] = self._by_number.values()
        self.own = {number: names for number, names in own.items() if number in self._by_number}
        self.shown: list[WrittenStickList] = []
        self._named = set[int]()

    def add(self, wanted: Tracklist, tracks: tuple[int, ...], owner: int) -> None:
        """Plan a list of an account; another account's or program's list of its name stays beside it."""
        folders, name = folders_and_name(wanted)
        parent, path = 0, (*folders, name or "")
        for depth, folder in enumerate(folders, start=1):
            parent = self._folder(parent, folder, path[:depth])
            self._named.add(parent)
        owned = (f"account {owner}", *path) if owner else path
        same = (number for number, names in self.own.items() if names == owned)
        number = next((number for number in same if not self._by_number[number].is_folder), None) or self._new_number()
        before = self._by_number.get(number)
        free = before.name if before is not None else self._free_name(parent, path[-1])
        after = StickList(number=number, name=free, parent=parent, tracks=tracks)
        self._by_number[number], self.own[number] = after, owned
        self._named.add(number)
        self._show(after, "new" if before is None else "same" if before == after else "changed")

    def complete(self, *, prune: bool) -> None:
        """Show the other lists; `prune` removes map4's, and its empty folders."""
        others = [listed for listed in self.all if listed.number not in self._named]
        folders = [listed for listed in others if listed.is_folder]
        folders.sort(key=lambda folder: len(self.own.get(folder.number, ())), reverse=True)  # innermost first
        for listed in (*(listed for listed in others if not listed.is_folder), *folders):
            number = listed.number
            is_removed = prune and number in self.own and not any(each.parent == number for each in self.all)
            if is_removed:
                del self._by_number[number], self.own[number]
            if not listed.is_folder:
                self._show(listed, "removed" if is_removed else "stays")

    def _show(self, listed: StickList, state: StickListState) -> None:
        folders, parent = list[StickList](), self._by_number.get(listed.parent)
        while parent is not None and parent not in folders:
            folders.insert(0, parent)
            parent = self._by_number.get(parent.parent)
        names = tuple(folder.name for folder in folders)
        self.shown.append(WrittenStickList(name=listed.name, folders=names, state=state, tracks=len(listed.tracks)))

    def _folder(self, parent: int, name: str, path: tuple[str, ...]) -> int:
        """Return the number of a folder, which is made if it does not exist."""
        for listed in self.all:
            if listed.is_folder and listed.parent == parent and name_key(listed.name) == name_key(shown(name)):
                return listed.number
        number = self._new_number()
        self._by_number[number] = StickList(number=number, name=shown(name), parent=parent, is_folder=True)
        self.own[number] = path
        return number

    def _new_number(self) -> int:
        return 1 + max(self._by_number, default=0)

    def _free_name(self, parent: int, name: str) -> str:
        taken = {name_key(listed.name) for listed in self.all if listed.parent == parent}
        name = shown(name) or "Unnamed"
        names = chain([name], (f"{name} ({number})" for number in count(2)))
        return next(free for free in names if name_key(free) not in taken)
