"""Rules: the terms of queries as rows of a form, each with a field, a relation and a value."""

from __future__ import annotations

from collections.abc import Mapping

from map4.core.base.records import Record
from map4.core.music.query.fields import FIELDS, IS_WORDS

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


def query_rules() -> QueryRules:
    """The rules for all fields of queries."""
    any_name = _rule("", "words", "Any name", "artist, title, album, genre or path", "house", {})
    fields = [(name, field) for name, field in FIELDS.items() if field.kind in _RELATIONS]
    titles = {name: field.title or name.replace("-", " ").capitalize() for name, field in fields}
    return QueryRules(
        fields=(any_name, *(_rule(name, of.kind, titles[name], of.help, of.example, of.values) for name, of in fields))
    )


def _rule(name: str, kind: str, title: str, about: str, example: str, values: Mapping[str, str]) -> RuleField:
    relations = list(_IS if values else _RELATIONS[kind])
    if name == "bpm":
        relations.insert(3, _FOLDED)
    return RuleField(
        name=name, title=title, about=about, example=example, values=IS_WORDS if kind == "is" else values,
        relations=tuple(RuleRelation(words=words, term=term.replace(FIELD, name)) for words, term in relations),
    )  # fmt: skip
