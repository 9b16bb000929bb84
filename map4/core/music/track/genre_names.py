"""A library's own table of genres: spellings of a genre, and the wider genre that each belongs to."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from itertools import chain

from map4.core.base.near_names import no_such
from map4.core.base.records import Record
from map4.core.base.text import folded
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import clean_text

MOST_NAMES = 10_000  # maximum number of spellings and parents
MOST_LEVELS = 20  # maximum number of steps from a spelling to its last parent


class GenreNames(Record, kind="genre-table"):
    """Spellings and parents of genres ('map4 config genres --json'); case and accents make no difference.

    spellings: the genre that each spelling means
    parents: the wider genre of each genre
    """

    spellings: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self._steps) > MOST_NAMES:
            raise ValueError(f"{len(self._steps):,} genres are too many; the maximum is {MOST_NAMES:,}")
        self._lines  # noqa: B018 - raises an error for a circle

    @cached_property
    def _steps(self) -> dict[str, tuple[str, bool]]:
        """The next genre of each folded name, and whether the name is only a spelling of it."""
        steps = dict[str, tuple[str, bool]]()
        for is_spelling, table in ((True, self.spellings), (False, self.parents)):
            for name, genre in table.items():
                for text in (name, genre):
                    if not isinstance(text, str) or ";" in text or not text or clean_text(text) != text:
                        raise ValueError(
                            f"{text!r} of {name!r} is not a genre; write a single genre as text, without ';'"
                        )
                if folded(name) in steps:
                    raise ValueError(f"'{name}' has two lines, for '{steps[folded(name)][0]}' and '{genre}'")
                if not (is_spelling and folded(name) == folded(genre)):  # only the case, which `_written` knows
                    steps[folded(name)] = genre, is_spelling
        return steps

    @cached_property
    def _written(self) -> dict[str, str]:
        """Each folded name as it is written: as a parent or genre, if it is there."""
        names = chain(self.parents, self.parents.values(), self.spellings.values(), self.spellings)
        return {folded(name): name for name in reversed([*names])}

    @cached_property
    def _lines(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(self._walk(name)) for name in self._written}

    def _walk(self, name: str) -> Iterator[str]:
        """The genre of a folded name, then its parents; raises ValueError in a circle."""
        passed, is_spelling = [name], False
        while True:
            genre, is_spelling = self._steps.get(name, (None, False))
            if not is_spelling:
                yield self._written[name]
            if genre is None:
                return
            name = folded(genre)
            if name in passed:
                circle = " → ".join(self._written[each] for each in (*passed[passed.index(name) :], name))
                raise ValueError(f"genres go in a circle: {circle}")
            if len(passed) == MOST_LEVELS:
                raise ValueError(f"'{self._written[passed[0]]}' has more than {MOST_LEVELS} levels above it")
            passed.append(name)

    def knows(self, genre: str) -> bool:
        return folded(genre) in self._written

    def line(self, genre: str) -> tuple[str, ...]:
        """A genre in its spelling, then its parents; an unknown genre is returned unchanged."""
        return self._lines.get(folded(genre), (genre,))

    def genres_of(self, text: str | None) -> list[str]:
        """The genres of a text such as "Prog House; Techno", each with its parents, once."""
        parts = (part.strip() for part in (text or "").split(";"))
        return [*dict.fromkeys(genre for part in parts if part for genre in self.line(part))]

    def respelled(self, text: str) -> str:
        """A text of genres in their spellings; unchanged if it has no other."""
        parts = [part.strip() for part in text.split(";")]
        new = [self.line(part)[0] for part in parts if part]
        return text if new == [part for part in parts if part] else "; ".join(dict.fromkeys(new))

    def all(self) -> set[str]:
        """The genres of the table, in their spellings."""
        return {line[0] for line in self._lines.values()}

    def matching(self, is_meant: Callable[[str], bool]) -> set[str]:
        """The genres of the table with a spelling that a condition matches; none if it matches all names below them."""
        meant = {line[0] for name, line in self._lines.items() if is_meant(self._written[name])}
        names = (self._written[name] for name, line in self._lines.items() if not meant.isdisjoint(line))
        return set() if all(map(is_meant, names)) else meant

    @cached_property
    def families(self) -> GenreTable:
        """The shipped families with these genres: each is in its own family, else in that of its nearest parent."""
        shipped, own = GenreTable.shipped(), dict[str, str]()
        for name, line in self._lines.items():
            whole = (shipped.genres.get(GenreTable.normalise(genre)) for genre in line)
            family = next(filter(None, chain(whole, map(shipped.family, line))), None)
            own |= {GenreTable.normalise(name): family} if family else {}
        return replace(shipped, genres={**shipped.genres, **own}) if own else shipped

    def to_toml(self) -> str:
        """The table as `read_genre_names` reads it."""
        # JSON escapes are also TOML's, and names have no control characters.
        return "\n".join(
            "\n".join((
                f"[{name}]",
                *(" = ".join(json.dumps(each, ensure_ascii=False) for each in row) for row in table.items()), "",
            ))
            for name, table in (("spellings", self.spellings), ("parents", self.parents))
        )  # fmt: skip


NO_TABLE = GenreNames()


def read_genre_names(text: str) -> GenreNames:
    """Read a table from TOML."""
    content = tomllib.loads(text)
    for name, table in content.items():
        if name not in ("spellings", "parents"):
            raise no_such("table", name, ("spellings", "parents"))
        if not isinstance(table, dict):
            raise ValueError(f'{name} is not a table; write [{name}], then lines such as "Deep House" = "House"')
    return GenreNames(**content)
