"""Convert field conditions from the syntax of other programs: `>120`, `120-130`, `120+`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from map4.base.declaration import QueryField
from map4.base.near_names import near_names
from map4.errors import QueryError
from map4.music.query.fields import VALUE_FIELDS, field_named
from map4.music.query.terms import Token, tokens
from map4.music.query.values import read_condition

NUMBERS = ("number", "level", "duration", "date")
"""Kinds of fields with ordered values."""
SIGNS = "(>=|<=|=>|=<|==|!=|<>|>|<|=)"
SIGN = re.compile(rf"{SIGNS} ?(.*)", re.DOTALL)
"""A comparison sign and its value."""
# Ranges are shorter than this; each dash is tried.
_LONGEST_RANGE = 60
_BETWEEN = re.compile(r" ?(?:\.\.+|[-–—]|\bto\b) ?")


def right_form(field: QueryField, token: Token, value: str) -> tuple[str, str] | None:
    """Convert a value in another program's syntax to a term.

    token: the original; its `^` and `~` are kept
    value: with its signs and blanks
    returns: a valid term, and a note on its meaning ("" if obvious); None if there is none
    """
    return next((form for form in _forms(field, token, value) if can_be_read(form[0])), None)


def _forms(field: QueryField, token: Token, value: str) -> Iterator[tuple[str, str]]:
    sign, bare = ("", value) if (match := SIGN.fullmatch(value)) is None else match.groups()
    before = f"{'^' * (token.negated != (sign in ('!=', '<>')))}{field.name}:{'~' * (token.modifier == '~')}"
    if field.kind not in NUMBERS:
        yield f"{before}{bare}", ""
        return
    if sign in (">", ">=", "=>") or bare.endswith(("+", "-")):
        least = bare.rstrip("+-")
        yield f"{before}{least}..", f" for {least} and more"
        return
    if sign in ("<", "<=", "=<"):
        yield f"{before}..{bare}", f" for {bare} and less"
        return
    yield f"{before}{bare}", ""
    for between in _BETWEEN.finditer(bare) if len(bare) <= _LONGEST_RANGE else ():
        ends = bare[: between.start()], bare[between.end() :]
        if all(ends) and between[0] != "..":  # the range was valid syntax, so something else is wrong
            yield f"{before}{ends[0]}..{ends[1]}", ""
            yield f"{before}{ends[1]}..{ends[0]}", ""


def can_be_read(term: str) -> bool:
    """True if a text is a single valid field term."""
    read = tokens(term)
    field = field_named(read[0].field) if len(read) == 1 and read[0].field is not None else None
    if field is None or field.kind == "control" or not read[0].value:
        return False
    try:
        read_condition(read[0], field)
    except QueryError:
        return False
    return True


def query_of_keywords(keywords: Mapping[str, object]) -> str | None:
    """The query for the keyword arguments of a call; None unless each name is or resembles a field."""
    fields = [name if field_named(name) else "".join(near_names(name, VALUE_FIELDS)) for name in keywords]
    terms = dict(zip(fields, keywords.values(), strict=True))
    if "" in terms:
        return None
    return " ".join(f'{name}:"{value}"' if " " in str(value) else f"{name}:{value}" for name, value in terms.items())
