"""A sentence while it is read: what is understood is taken out, the rest is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from map4.domain.genre import normalise_genre
from map4.domain.wishes.wishes import Known, Understood, Wishes
from map4.errors import UsageError

_MOST_GENRE_WORDS = 4
_PART = r"[^\s,;.!?\x00]+"
_NOT = re.compile(r"\b(?:but\s+)?(?:no|not|without|except|excluding)\s+(?:any\s+)?$", re.IGNORECASE)
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a an the of for some me my i we us want need would please give make create build find show get play list "
        "search music track tracks song songs tunes stuff something and or but with that which is are be in at on to "
        "all every from it its should lasting long tempo bpm",
    )
)


class Reading:
    """A sentence while it is read; what is understood is taken out of `left`, which keeps its length."""

    def __init__(self, text: str, known: Known) -> None:
        self.text = self.left = text
        self.known = known
        self.found: list[tuple[int, Understood]] = []
        self.any_of: dict[str, list[str]] = {}
        self.all_of: list[str] = []
        self.ranges: dict[str, tuple[float, float, str]] = {}
        self.options: dict[str, Any] = {}
        self.said: dict[str, str] = {}
        self.ends: dict[str, str] = {}
        self.begins = len(text)  # of words that are understood next, where a "no" before them belongs to them
        self.is_list = False

    def take(self, pattern: re.Pattern[str], use: Callable[[Reading, re.Match[str]], str | None]) -> None:
        """Take all that a pattern finds, and that `use` says the meaning of."""
        for match in pattern.finditer(self.left):
            start, end = match.span()
            if self.left[start:end].count("\x00"):
                continue
            meant = use(self, match)
            if meant is None:
                continue
            if "name" in match.groupdict() and match["name"] and self.said.get("name"):
                end = match.start("name") + len(self.said.pop("name"))
            self._consume(start, end, meant)

    def _consume(self, start: int, end: int, meant: str) -> None:
        start, self.begins = min(start, self.begins), len(self.text)
        self.found.append((start, Understood(words=" ".join(self.text[start:end].split()), meant=meant)))
        self.left = f"{self.left[:start]}{chr(0) * (end - start)}{self.left[end:]}"

    def option(self, name: str, value: Any, words: str) -> str:
        """Set an option once."""
        if self.options.get(name, value) != value:
            raise contradiction(self.said[name], words)
        self.options[name], self.said[name] = value, words
        return f"--{name} {value}"

    def between(self, name: str, low: float, high: float, words: str) -> str:
        """Narrow the range of a number."""
        before = self.ranges.get(name)
        if before is not None:
            low, high = max(low, before[0]), min(high, before[1])
            if low > high:
                raise contradiction(before[2], words)
        self.ranges[name] = low, high, words
        return _range(name, low, high)

    def term(self, match: re.Match[str], *terms: str) -> str:
        """Take terms, one of which must hold, or none where "no" stands before them."""
        refused = _NOT.search(self.left[: match.start()])
        if refused is not None:
            self.begins = refused.start()
            terms = tuple(f"^{term}" for term in terms)
            self.all_of += terms
            return " ".join(terms)
        self.any_of.setdefault(terms[0].partition(":")[0], []).extend(terms)
        return " or ".join(terms)

    def take_genres(self) -> None:
        """Take the genres that the library has, the longest names first; also the end of one: house of deep house."""
        names: dict[str, list[str]] = {}
        ends = set()
        for name in dict.fromkeys(part.strip() for genre in self.known.genres for part in genre.split(";")):
            if name and '"' not in name and name.isprintable():
                names.setdefault(normalise_genre(name), []).append(name)
                words = name.split()
                ends |= {normalise_genre(" ".join(words[start:])) for start in range(1, len(words))}
        for size in range(_MOST_GENRE_WORDS, 0, -1):
            pattern = re.compile(rf"(?=(?<!\w)({_PART}(?:\s+{_PART}){{{size - 1}}})(?!\w))")
            for match in pattern.finditer(self.left):
                self._take_genre(match, names, ends)

    def _take_genre(self, match: re.Match[str], names: Mapping[str, list[str]], ends: set[str]) -> None:
        start, end = match.span(1)
        said, plain = self.left[start:end], normalise_genre(match[1])
        words = said.casefold().split()
        if "\x00" in said or words[0] in _FILLERS or words[-1] in _FILLERS or not plain:
            return
        written = names.get(plain) or ([said.replace('"', "")] if plain in ends else [])
        if not written:
            return
        self._consume(start, end, self.term(match, *(f"genre:{quoted(name)}" for name in written[:3])))

    def wishes(self) -> Wishes:
        """All that was understood."""
        terms = [tuple(dict.fromkeys(any_of)) for any_of in self.any_of.values()]
        terms += [(_range(name, low, high),) for name, (low, high, _) in self.ranges.items()]
        terms += [(term,) for term in dict.fromkeys(self.all_of)]
        self.found.sort(key=lambda one: one[0])
        return Wishes(
            text=self.text,
            understood=tuple(one for _, one in self.found),
            not_understood=tuple(self._left_words()),
            terms=tuple(terms),
            options=self.options,
            ends=self.ends,
            is_list=self.is_list,
        )

    def _left_words(self) -> Iterable[str]:
        for either in re.finditer(r"(?<!\w)or(?!\w)", self.left, re.IGNORECASE):
            fields = [one.meant.partition(":")[0] for start, one in self.found if start < either.start()][-1:]
            fields += [one.meant.partition(":")[0] for start, one in self.found if start > either.start()][:1]
            if len(set(fields)) == 2:  # a query has no "or" between two kinds of things
                yield either[0]
        run: list[str] = []
        for word in re.findall(r"[^\s\x00]+|\x00+", f"{self.left}\x00"):
            bare = word.lstrip('"').rstrip(',;:.!?"\x00')
            if bare and bare.casefold() not in _FILLERS:
                run.append(bare)
            if run and (bare != word or bare.casefold() in _FILLERS):
                yield " ".join(run)
                run = []


def contradiction(first: str, second: str) -> UsageError:
    return UsageError(f"'{first.strip()}' and '{second.strip()}' can't both hold; leave one out")


def quoted(value: str) -> str:
    return value if re.fullmatch(r"\w+", value) else f'"{value}"'


def _range(name: str, low: float, high: float) -> str:
    ends = ["" if abs(end) == float("inf") else f"{end:g}" for end in (low, high)]
    return f"{name}:{ends[0]}" if ends[0] == ends[1] else f"{name}:{ends[0]}..{ends[1]}"
