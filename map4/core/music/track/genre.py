"""Genre families: the family of a genre tag, and how well two families fit in a list."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import chain
from typing import Any

from map4.core.base.records import Record
from map4.core.base.text import folded
from map4.core.music.track.labels import Labels
from map4.errors import UsageError

GENRES_FILE = "data/genres.toml"

SAME_FAMILY_FIT = 1.0

# Separators of several genres and of levels in a tag ("House; Techno", "Electronic/Dance", "Electronic > House").
_SEPARATORS = re.compile(r"\s*(?:[;,/|\\>\0]|---+|\s-\s|::)\s*")
_ID3_NUMBER = re.compile(r"\(\d+\)")
_NOT_A_LETTER = re.compile(r"[^\w]+|_")
# Joining words that other spellings replace by a sign or omit ("Drum & Bass", "Drum'n'Bass").
_JOINTS = frozenset({"and", "n", "und", "et", "y", "e"})
_EMPTY_WORDS = frozenset({"music", "musik", "musique", "genre"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GenreTable:
    """Genre families, their genres, and how well they fit.

    genres: normalised genre (see `normalise_genre`) -> family
    fits: two families -> 0-1; other pairs have `other_fit`, the same family 1
    """

    families: tuple[str, ...]
    genres: Mapping[str, str]
    fits: Mapping[frozenset[str], float]
    other_fit: float

    def __post_init__(self) -> None:
        unknown = {*self.genres.values(), *(name for pair in self.fits for name in pair)} - {*self.families}
        if unknown:
            raise ValueError(f"unknown genre family: {', '.join(sorted(unknown))}")
        for value in (*self.fits.values(), self.other_fit):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"a fit must be within [0, 1], got {value}")

    def family(self, text: str | None) -> str | None:
        """The family of a genre tag; None if unknown.

        The tag is looked up as a whole, then each of its genres in order ("House; Techno"): whole, then by its last
        words, which determine the genre ("Deep Tribal House").
        """
        if not text:
            return None
        whole = self.genres.get(GenreTable.normalise(text))
        if whole is not None:
            return whole
        parts = [part for part in _SEPARATORS.split(text) if part]
        return next((family for part in parts for family in self._last_words(part)), None)

    def _last_words(self, text: str) -> Iterator[str]:
        words = _words(text)
        for first in range(len(words)):
            family = self.genres.get("".join(words[first:]))
            if family is not None:
                yield family

    def track_family(self, label_family: str | None, tag: str | None) -> str | None:
        """The family of a track from its labels, else from its genre tag; None if neither has a known family."""
        return label_family if label_family in self.families else self.family(tag)

    def fit(self, a: str | None, b: str | None) -> float | None:
        """The fit of two families, 0-1; None if either is unknown."""
        if a is None or b is None:
            return None
        return SAME_FAMILY_FIT if a == b else self.fits.get(frozenset((a, b)), self.other_fit)

    @staticmethod
    @cache
    def shipped() -> GenreTable:
        """The shipped table, loaded once."""
        from importlib.resources import files

        return GenreTable.read(
            tomllib.loads(files("map4.core.music").joinpath(GENRES_FILE).read_text(encoding="utf-8"))
        )

    @staticmethod
    def read(content: Mapping[str, Any]) -> GenreTable:
        """Create a table from the content of a file like `genres.toml`."""
        seen: dict[str, str] = {}
        for family, names in content["families"].items():
            for name in names:
                if (first := seen.setdefault(GenreTable.normalise(name), family)) != family:
                    raise ValueError(f"'{name}' is in two genre families, {first} and {family}")
        return GenreTable(
            families=tuple(content["families"]),
            genres=seen,
            fits={frozenset((a, b)): float(fit) for a, others in content["fits"].items() for b, fit in others.items()},
            other_fit=float(content["other"]),
        )

    @staticmethod
    def normalise(text: str) -> str:
        """Normalise a genre: remove case, accents, punctuation, spaces, "and", "music".

        "Drum & Bass", "drum'n'bass" and "Drum and Bass" all become "drumbass".
        """
        return "".join(_words(text))


def _words(text: str) -> list[str]:
    # casefold() decomposes ß and İ; their accents are then removed like others.
    plain = _ID3_NUMBER.sub(" ", text)
    if plain.isascii():  # the usual case, which needs no decomposition
        letters = plain.casefold()
    else:
        apart = unicodedata.normalize("NFKD", plain).casefold()
        letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = [word for word in _NOT_A_LETTER.split(letters) if word]
    content_words = [word for word in words if word not in _JOINTS and word not in _EMPTY_WORDS]
    return content_words or words


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
                    if not isinstance(text, str) or ";" in text or not text or Labels.clean_text(text) != text:
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
        """The table as `read` reads it."""
        # JSON escapes are also TOML's, and names have no control characters.
        return "\n".join(
            "\n".join((
                f"[{name}]",
                *(" = ".join(json.dumps(each, ensure_ascii=False) for each in row) for row in table.items()), "",
            ))
            for name, table in (("spellings", self.spellings), ("parents", self.parents))
        )  # fmt: skip

    @staticmethod
    def read(text: str) -> GenreNames:
        """Read a table from TOML."""
        content = tomllib.loads(text)
        for name, table in content.items():
            if name not in ("spellings", "parents"):
                raise UsageError.no_such("table", name, ("spellings", "parents"))
            if not isinstance(table, dict):
                raise ValueError(f'{name} is not a table; write [{name}], then lines such as "Deep House" = "House"')
        return GenreNames(**content)


NO_TABLE = GenreNames()
