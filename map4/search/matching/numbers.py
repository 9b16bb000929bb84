"""Read the numbers in titles: a title with another number is another piece.

Digits, Roman numerals and number words are compared by value, so "No. 5", "#5" and "Nr. V" are equal, and "Pt. 2" and
"Part Two". A track number before a title, and the year of a remaster, say nothing about the piece.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import folded

_SIGN = re.compile(r"[.*!$]")
_LETTER = r"[^\W\d_]"
# "T.N.T.", "N.W.A" and "M*A*S*H", but not "J. Cole" or "will.i.am".
_INITIALS = re.compile(rf"(?<![^\W_]){_LETTER}(?:[.*]{_LETTER})+(?![^\W_])")
# Also "J. J. Cale" and "D-A-D", which would be numbers and movements in a title.
_INITIALS_OF_ARTIST = re.compile(rf"(?<![^\W_]){_LETTER}(?:[.*\s-]+{_LETTER})+(?![^\W_])")
# "Ke$ha", "A$AP" and "Bada$$", but not "$100".
_DOLLARS = re.compile(rf"(?<={_LETTER})\$+|\$+(?={_LETTER})")
# "P!nk" and "Sh!t", but not "Stop!Stop": a syllable before it has a vowel.
_EXCLAMATION = re.compile(r"\b([^\W\d_aeiouy]+)!(?=[^\W\d_])")


def folded_name(text: str) -> str:
    """The folded text, with initials as a word and signs within words as letters."""
    text = folded(text)
    if not _SIGN.search(text):
        return text
    text = _DOLLARS.sub(lambda match: "s" * len(match[0]), text)
    text = _EXCLAMATION.sub(r"\1i", text)
    return _INITIALS.sub(_without_marks, text)


def with_joined_initials(artist: str) -> str:
    """The name of an artist with initials as a word, also separated by blanks: "j. j. cale" is "jj cale"."""
    return _INITIALS_OF_ARTIST.sub(_without_marks, artist)


def _without_marks(match: re.Match[str]) -> str:
    return "".join(filter(str.isalpha, match[0]))


# Commands on lists load this module; importlib.resources would make them slower.
_FILE = os.path.join(os.path.dirname(__file__), "numbers.toml")
_DATA = tomllib.loads(OnDisk(_FILE).read(most_bytes=100_000).decode())
_WORDS = {name: tuple(words.split()) for name, words in _DATA["words"].items()}
_NUMBER, _CATALOGUE = "number", "opus"
_LABELS = {word: word for word in _WORDS["labels"]}
_LABELS |= {word: label for label, words in _DATA["labels"].items() for word in words.split()}
_PARTS, _LETTERED = frozenset(_WORDS["parts"]), frozenset(_WORDS["lettered"])
_UNITS = _WORDS["units"]
_TENS = {word: 10 * value for value, word in enumerate(_WORDS["tens"], start=2)}
_CARDINALS = {word: str(value) for value, word in enumerate((*_UNITS, *_WORDS["teens"]))}
_CARDINALS |= {word: str(value) for word, value in _TENS.items()}
_ORDINALS = {word: str(value) for value, word in enumerate(_WORDS["ordinals"], start=1)}
_FOREIGN = {word: value for value, words in _DATA["foreign"].items() for word in words.split()}
_ROMANS = {
    "x" * tens + ones: str(10 * tens + value)
    for tens in range(4)
    for value, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens or value
}
_LETTERS = frozenset("ivx")
_SECTIONS = frozenset("abcdefgh")
# Also words, names or kisses, except at the end.
_ROMAN_OR_WORD = frozenset({"vi", "xi", "xx", "xxx"})
_BEFORE_I, _BEFORE_ONE = frozenset(_WORDS["before_i"]), frozenset(_WORDS["before_one"])
_SYLLABLES: dict[str, str] = _DATA["syllables"]
_HOMOPHONES = {"2": ("to", "too"), "4": ("for",)}
_MEASURES = frozenset(_WORDS["measures"])
_YEAR = re.compile(r"(?:19|20)\d\d")

_NUMBER_WORDS = frozenset({*_CARDINALS, *_ORDINALS, *_ROMANS})
_AFTER_LABELS = frozenset({*_FOREIGN, *_SECTIONS})
_SPELT_WORD = re.compile(r"[^\W_]+")
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
_ANY_FIGURE = re.compile(r"\d")
_THOUSANDS = re.compile(r"(?<![\d.,'])(\d{1,3})((?:[,.']\d{3})+)(?![\d.,']*\d)")
_COMPOUND = re.compile(rf"\b({'|'.join(_TENS)})[ -]({'|'.join(_UNITS[1:])})\b")
# "Pt2", "Vol.3" and "No5", but not "v2", which is as often a part of a name.
_JOINED = re.compile(
    rf"\b({'|'.join(sorted((word for word in _LABELS if len(word) > 1), key=len, reverse=True))})(?=\d)"
)
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_COUNT = re.compile(r"[\d.]+|\d+(?:st|nd|rd|th)")
_FIGURES = re.compile(r"\d+")
# "No. 1b"; "3d" is the measure of a picture.
_SECTION_OF_NUMBER = re.compile(r"(\d+)([abc])")
# "03 Title", "3. Title", "12 - Title", "1-03 Title", "A2. Title"; "5. Sinfonie" counts symphonies.
_TRACK_NUMBER = re.compile(
    r"\s*(?:\d{1,2}-0\d[.)]?\s+|0\d(?:[.)-]\s*|\s+(?:[-–—]\s*)?)|(?:\d{1,3}|[a-h]\d{1,2})(?:[.)]\s+|\s+[-–—]\s+))"
    rf"(?!(?:{'|'.join(sorted(_LABELS, key=len, reverse=True))})\b)(?=.*[^\W\d_])"
)
_END_OF_PHRASE = re.compile(r"[:;()\[\]/|–—]|\s-\s")
_RANGE = re.compile(r"\s*[-–—/&+,]\s*")
_FILLERS = frozenset({"of", "and", "to"})


class _Number(NamedTuple):
    """A number in a title.

    label: the word before it, in its usual spelling; "" if there is none
    word: as written
    is_certain: False for a word such as "two" in a sentence, which only contradicts another number
    """

    value: str
    label: str
    word: str
    is_certain: bool


# Tuples, as 100,000 are created at once.
class NumberedTitle(NamedTuple):
    """The words of a title, with numbers in their usual form.

    words: lower-case words; "no. 5" is "5", "pt. ii" is "part 2"
    spelt: the words as written
    bare: `words` without a track number before the title
    numbers: without those that say nothing about the piece
    is_only_number: whether the text only names a number: "Pt. 2"
    """

    words: str
    spelt: str
    bare: str
    numbers: tuple[_Number, ...] = ()
    is_only_number: bool = False

    def is_other_than(self, other: NumberedTitle, *, in_order: bool = True) -> bool:
        """True if the numbers show that two titles name different pieces.

        in_order: False if the words of one title may be in another order
        """
        if not self.numbers and not other.numbers:
            return False
        own, others = _group_by_label(self.numbers), _group_by_label(other.numbers)
        if any(own[label] != others[label] for label in own.keys() & others.keys()):
            return True
        mine, theirs = _missing(self, other), _missing(other, self)
        if any(number.is_certain for number in (*mine, *theirs)) or (mine and theirs):
            return True
        return in_order and not _is_same_order(self.numbers, other.numbers)

    @classmethod
    def of(cls, title: str) -> NumberedTitle:
        """Read the numbers in a title, or in a text such as "Pt. 2"."""
        text = folded_name(title)
        spelt_words = _SPELT_WORD.findall(text)
        spelt = " ".join(spelt_words)
        has_figures = _ANY_FIGURE.search(text) is not None
        if not has_figures and not _may_have_number(spelt_words):
            return cls(words=spelt, spelt=spelt, bare=spelt)
        if has_figures:
            text = text.replace("♯", "#").replace("’", "'")
            text = _THOUSANDS.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)
            text = _JOINED.sub(r"\1 ", text)
        elif not _TENS.keys().isdisjoint(spelt_words):
            text = _COMPOUND.sub(lambda match: str(_TENS[match[1]] + _UNITS.index(match[2])), text)
        prefix = _TRACK_NUMBER.match(text) if has_figures else None
        before = [] if prefix is None else _WORD.findall(prefix[0])
        reader = _Reader(text, 0 if prefix is None else prefix.end())
        words, bare = " ".join([*before, *reader.words]), " ".join(reader.words)
        return cls(
            words=words, spelt=spelt, bare=bare, numbers=tuple(reader.numbers), is_only_number=reader.is_only_number
        )


def _may_have_number(words: Sequence[str]) -> bool:
    """False for most titles, which need no second look."""
    if not _NUMBER_WORDS.isdisjoint(words) or 1 in map(len, words[1:]):
        return True
    return not _AFTER_LABELS.isdisjoint(words) and not _LABELS.keys().isdisjoint(words)


def _is_letter(word: str) -> bool:
    return len(word) == 1 and "a" <= word <= "z"


class _Reader:
    """Reads words and numbers of a folded text, from a place on."""

    def __init__(self, text: str, start: int) -> None:
        matches = list(_WORD.finditer(text, start))
        ends = [start, *(match.end() for match in matches)]
        starts = [*(match.start() for match in matches), len(text)]
        # The text before each word, and after the last.
        self._gaps = [text[end:begin] for end, begin in zip(ends, starts, strict=True)]
        self._raw = [match[0] for match in matches]
        self.words: list[str] = []
        self.numbers: list[_Number] = []
        self._range = ""  # the label of the number before, which holds for "Parts I-V"
        is_of_number = [
            self._read(place) or word in _LABELS or word in _FILLERS for place, word in enumerate(self._raw)
        ]
        self.is_only_number = bool(self.numbers) and all(is_of_number)

    def _read(self, place: int) -> bool:
        """Append a word in its usual form; True if it is a number."""
        word, label = self._raw[place], self._label(place)
        value, is_certain = self._value(place, word, label)
        self._range = label if value else self._range if word in ("and", "to") else ""
        if not value:
            self.words.append(_SYLLABLES.get(word, word))
            return False
        if place and _LABELS.get(self._raw[place - 1]) == label and self.words:
            self.words[-1:] = [] if label == _NUMBER else [label]
        elif label == _NUMBER and place and self._raw[place - 1] == "n":
            self.words.pop()
        # A letter stays one: "You and I". So does a word with figures: "U2".
        is_name = (word in _LETTERS and not label) or (not word.isalpha() and not _COUNT.fullmatch(word))
        self.words.append(word if is_name else value)
        if not self._is_of_edition(place):
            self.numbers.append(_Number(value, label, word, is_certain))
        return True

    def _label(self, place: int) -> str:
        """The label of a number at a place, from the word or sign before it; "" if there is none."""
        gap, before = self._gaps[place], self._raw[place - 1] if place else ""
        if "#" in gap or (before == "n" and "°" in gap):
            return _NUMBER
        label = _LABELS.get(before, "")
        # "No One" and "Oh No I" are no numbers, "No. One" is.
        if before in ("no", "nos") and "." not in gap and not self._raw[place][0].isdigit():
            label = "" if len(self._raw[place]) == 1 or self._raw[place] in _CARDINALS else label
        is_range = self._range in _PARTS and (_RANGE.fullmatch(gap) or before in ("and", "to"))
        return label or (self._range if is_range else "")

    def _value(self, place: int, word: str, label: str) -> tuple[str, bool]:
        """The value of a word, "" if it is no number, and whether that is certain."""
        if label in _LETTERED and word in _SECTIONS and self._is_last(place):
            return word, True
        if word[0].isdigit() and word.replace(".", "").isdigit():
            return _plain(word), True
        if word in _SYLLABLES:
            return "", False
        if match := _ORDINAL.fullmatch(word):
            return _plain(match[1]), True
        if match := _SECTION_OF_NUMBER.fullmatch(word):
            return _plain(match[1]) + match[2], True
        if figures := _FIGURES.findall(word):
            return "" if _FIGURES.sub("", word) in _MEASURES else " ".join(map(_plain, figures)), True
        if word in _ROMANS:
            return self._roman(place, word, label)
        if word in _FOREIGN and label in _PARTS and word not in _CARDINALS:
            return _FOREIGN[word], True
        before = self._raw[place - 1] if place else ""
        if word in _CARDINALS:
            is_pronoun = word == "one" and before in _BEFORE_ONE
            return _CARDINALS[word], bool(label) or (place > 0 and self._is_last(place) and not is_pronoun)
        if _is_letter(word) and place and not self._gaps[place].endswith("'") and self._is_last(place):
            return word, False  # "Suite A" is not "Suite B"
        return _ORDINALS.get(word, ""), False

    def _roman(self, place: int, word: str, label: str) -> tuple[str, bool]:
        gap, after = self._gaps[place], self._gaps[place + 1]
        if len(word) == 1 and label not in (*_PARTS, _NUMBER):
            # "Untitled V", and "I. Allegro" also after the name of the work; "You and I" is a pronoun.
            is_movement = after.startswith(". ") and (place == 0 or _END_OF_PHRASE.search(gap) is not None)
            is_pronoun = word == "i" and ("&" in gap or (place > 0 and self._raw[place - 1] in _BEFORE_I))
            if not is_movement and (is_pronoun or place == 0 or not self._is_last(place)):
                return "", False
        elif word in _ROMAN_OR_WORD and not label and not self._is_last(place):
            return "", False
        return _ROMANS[word], True

    def _is_last(self, place: int) -> bool:
        return place + 1 == len(self._raw) or _END_OF_PHRASE.search(self._gaps[place + 1]) is not None

    def _is_of_edition(self, place: int) -> bool:
        """True for the year of a remaster, a tempo, and the count in "Part 1 of 2"."""
        words = self._raw
        near = (*words[max(0, place - 2) : place], *words[place + 1 : place + 4])
        if _YEAR.fullmatch(words[place]) and any(word.startswith("remaster") for word in near):
            return True
        is_count = (
            place > 1 and words[place - 1] == "of" and bool(self.numbers) and words[place - 2] == self.numbers[-1].word
        )
        return is_count or (place + 1 < len(words) and words[place + 1] in _MEASURES)


def _plain(figures: str) -> str:
    return figures if "." in figures else figures.lstrip("0") or "0"


def _group_by_label(numbers: Sequence[_Number]) -> dict[str, list[str]]:
    """Sorted values by what they count; "Symphony 5" and "Symphony No. 5" count the same without a label."""
    by_label: dict[str, list[str]] = {}
    for number in numbers:
        if number.label not in ("", _NUMBER):
            by_label.setdefault(number.label, []).append(number.value)
    return {label: sorted(values) for label, values in by_label.items()}


def _missing(mine: NumberedTitle, other: NumberedTitle) -> list[_Number]:
    """The numbers of a title that the other lacks."""
    left = Counter(number.value for number in other.numbers)
    words, own_words = other.spelt.split(), mine.spelt.split()
    missing: list[_Number] = []
    for number in mine.numbers:
        same = next((value for value in left if left[value] and _is_same(number.value, value)), None)
        if same is not None:
            left[same] -= 1
            continue
        is_left_out = number.label == _CATALOGUE and all(their.label != _CATALOGUE for their in other.numbers)
        is_written = not number.word[0].isdigit() and number.word in words
        is_homophone = any(
            words.count(word) > own_words.count(word) for word in _HOMOPHONES.get(number.word, ()) if not number.label
        )
        if not (is_left_out or is_written or is_homophone):
            missing.append(number)
    return missing


def _is_same(value: str, other: str) -> bool:
    """True for equal numbers; also for "'88" and "1988"."""
    short, long = sorted((value, other), key=len)
    return value == other or (len(short) == 2 and _YEAR.fullmatch(long) is not None and long.endswith(short))


def _is_same_order(mine: Sequence[_Number], other: Sequence[_Number]) -> bool:
    """False for numbers without labels in another order: "2-1" is not "1-2"."""
    values = [
        [number.value for number in numbers if number.is_certain and not number.label] for numbers in (mine, other)
    ]
    return values[0] == values[1] or Counter(values[0]) != Counter(values[1])
