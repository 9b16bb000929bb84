"""For search boxes: completions at the cursor (fields, their words, values of the library), and rules: terms as
rows of a form, each with a field, a relation and a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from map4.core.base.records import Count, Ordinal, Record
from map4.core.base.text import folded
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.query import fields
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.query.terms import quoted

MOST = 12
VALUES_OF = ("artist", "genre", "album", "label", "mark")  # fields whose values are searched if no field is given
_LEAST_LETTERS = 2
_BEHIND = re.compile(r"\S*")
_OPEN = re.compile(r'(?:^|\s)(\^?(?:[A-Za-z][A-Za-z_-]*:)?[~=]?"(?:[^"\\]|\\.)*)$|(\S*)$', re.DOTALL)
_TYPED = re.compile(r'(\^?)(?:([A-Za-z][A-Za-z_-]*):)?([~=]?)("?)(.*)', re.DOTALL)

Values = Callable[[str], Iterable[tuple[str, int]]]
"""The values of a field, most frequent first, each with how many tracks have it."""


class QueryCompletion(Record):
    """A completion.

    text: replaces the typed text
    about: its meaning
    count: the number of matching tracks; null if it is not a value
    """

    text: str
    about: str
    count: Ordinal | None = None


class Completions(Record, kind="completions", members="from=start to=end completions"):
    """The completions at the cursor.

    start, end: the part of the text that a completion replaces
    """

    start: Count
    end: Count
    completions: tuple[QueryCompletion, ...]

    @staticmethod
    def of(text: str, at: int, values: Values) -> Completions:
        """Completions at a position of a partly typed query; any text can be completed.

        at: position of the cursor
        values: called only if needed
        """
        at = min(max(at, 0), len(text))
        before = _OPEN.search(text[:at])
        start = at - len((before[1] or before[2] or "") if before else "")
        typed = _TYPED.fullmatch(text[start:at])
        behind = _BEHIND.match(text, at)
        end = behind.end() if behind else at
        if typed is None:
            return Completions(start=at, end=at, completions=())
        negated, name, modifier, quote, value = typed.groups()
        completions = _plain(value, quote, values) if name is None else _complete_field(name, modifier, value, values)
        by_text = {completion.text: completion for completion in completions}
        chosen = list(by_text.values())[:MOST]
        prefixed = (
            QueryCompletion(text=negated + completion.text, about=completion.about, count=completion.count)
            for completion in chosen
        )
        return Completions(start=start, end=end, completions=tuple(prefixed))


def _plain(typed: str, quote: str, values: Values) -> Iterator[QueryCompletion]:
    wanted = typed.lower().replace("_", "-")
    if not quote:
        for name, field in fields.FIELDS.items():
            names = (name, *(alias for alias, of in fields.ALIASES.items() if of == name))
            if any(name.startswith(wanted) for name in names):
                yield QueryCompletion(text=f"{name}:", about=field.help)
        if wanted:
            yield from (QueryCompletion(text=f"is:{word}", about=about) for word, about in fields.IS_WORDS.items()
                        if word.startswith(wanted))  # fmt: skip
    if len(typed) >= _LEAST_LETTERS:
        for name in VALUES_OF:
            yield from _values(name, typed, values)


def _complete_field(name: str, modifier: str, typed: str, values: Values) -> Iterator[QueryCompletion]:
    field = fields.field_named(name)
    if field is None:
        return
    if field.kind in ("text", "codec") and not field.values:
        yield from _values(field.name, typed, values)
        return
    before, comma, last = typed.rpartition(",")
    start, wanted = f"{field.name}:{modifier}{before}{comma}", last.lower().replace("_", "-")
    words: Sequence[tuple[str, str]] = [*field.values.items()]
    if field.kind == "is":
        words = list(fields.IS_WORDS.items())
    elif field.kind == "has":
        detected = [(word, "detected by map4") for word in fields.DETECTED_WORDS]
        words = [*((name, fields.FIELDS[name].help) for name in fields.VALUE_FIELDS), *detected]
    elif field.name == "sort":
        words = [(name, fields.FIELDS["shuffle" if name == RANDOM else name].help) for name in fields.SORT_FIELDS]
    elif field.kind == "key":
        words = [(key.camelot, key.name) for key in ALL_KEYS]
    elif field.kind == "level" and not typed:
        words = [(str(level), "energy level") for level in range(1, 11)]
    chosen = [(word, about) for word, about in words if word.lower().startswith(wanted)]
    yield from (QueryCompletion(text=start + word, about=about) for word, about in chosen)
    if not words and not typed:
        yield QueryCompletion(text=field.example, about=field.help)


def _values(name: str, typed: str, values: Values) -> Iterator[QueryCompletion]:
    """Values with a word that begins with the typed text."""
    wanted = folded(typed).strip()
    for value, count in values(name):
        plain = folded(value)
        if plain.startswith(wanted) or f" {wanted}" in plain:
            yield QueryCompletion(text=whole_term(name, value), about=f"{name}, {count:,}", count=count)


def whole_term(name: str, value: str) -> str:
    """The term that matches a whole text value."""
    return f"{name}:{value}" if fields.FIELDS[name].kind == "codec" else f"{name}:={quoted(value)}"


# ---- rules ---------------------------------------------------------------------------------------


FIELD, VALUE, OTHER = "{field}", "{value}", "{other}"  # places in the term of a relation; OTHER is the end of a range
_IS_KNOWN = (("is known", f"has:{FIELD}"), ("is unknown", f"missing:{FIELD}"))
_IS = (("is", f"{FIELD}:{VALUE}"), ("is not", f"^{FIELD}:{VALUE}"))
_RANGE = f"{FIELD}:{VALUE}..{OTHER}"
_NUMBER = (
    ("is at least", f"{FIELD}:{VALUE}.."), ("is at most", f"{FIELD}:..{VALUE}"), ("is between", _RANGE), *_IS,
    *_IS_KNOWN,
)  # fmt: skip
_FOLDED = ("is, or half or double", f"{FIELD}:~{VALUE}")
_RELATIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "words": (("contains", VALUE), ("does not contain", f"^{VALUE}")),
    "number": _NUMBER,
    "level": _NUMBER,
    "duration": _NUMBER,
    "date": (
        ("is within the last", f"{FIELD}:-{VALUE}"), ("is not within the last", f"^{FIELD}:-{VALUE}"),
        ("is since", f"{FIELD}:{VALUE}.."), ("is until", f"{FIELD}:..{VALUE}"), ("is between", _RANGE), *_IS,
        *_IS_KNOWN,
    ),
    "text": (
        ("contains", f"{FIELD}:{VALUE}"), ("does not contain", f"^{FIELD}:{VALUE}"), ("is", f"{FIELD}:={VALUE}"),
        ("is not", f"^{FIELD}:={VALUE}"), *_IS_KNOWN,
    ),
    "key": (("is", f"{FIELD}:{VALUE}"), ("mixes with", f"{FIELD}:~{VALUE}"), ("is not", f"^{FIELD}:{VALUE}"),
            *_IS_KNOWN),
    "path": (("is in", f"{FIELD}:{VALUE}"), ("is not in", f"^{FIELD}:{VALUE}")),
    "codec": _IS,
    "is": _IS,
    "clock": _IS,
}  # fmt: skip
"""Words between field and value, and the term, by kind of field."""


class RuleRelation(Record):
    """A relation of a rule.

    words: between the field and its value
    term: the query term, with `{value}`, and `{other}` as the end of a range, if it has any
    """

    words: str
    term: str


class RuleField(Record):
    """A field of rules.

    name: in queries; "" searches the names of a track
    about: its meaning, with units
    example: a query term
    values: all possible values with their meanings; empty if it has others
    """

    name: str
    title: str
    about: str
    example: str
    relations: tuple[RuleRelation, ...]
    values: Mapping[str, str]


class QueryRules(Record, kind="query-rules"):
    """The fields and relations of rules; queries can also have terms that are no rules."""

    fields: tuple[RuleField, ...]

    @staticmethod
    def all() -> QueryRules:
        """The rules for all fields of queries."""
        any_name = _rule("", "words", "Any name", "artist, title, album, genre or path", "house", {})
        queried = [(name, field) for name, field in fields.FIELDS.items() if field.kind in _RELATIONS]
        titles = {name: field.title or name.replace("-", " ").capitalize() for name, field in queried}
        rules = (_rule(name, of.kind, titles[name], of.help, of.example, of.values) for name, of in queried)
        return QueryRules(fields=(any_name, *rules))


def _rule(name: str, kind: str, title: str, about: str, example: str, values: Mapping[str, str]) -> RuleField:
    relations = list(_IS if values else _RELATIONS[kind])
    if name == "bpm":
        relations.insert(3, _FOLDED)
    return RuleField(
        name=name, title=title, about=about, example=example, values=fields.IS_WORDS if kind == "is" else values,
        relations=tuple(RuleRelation(words=words, term=term.replace(FIELD, name)) for words, term in relations),
    )  # fmt: skip
