"""Slips in queries: what other programs would understand, and what can't have been meant as text here.

A sign within a title is text (`(I Can't Get No) Satisfaction`, `a > b`). Next to the name of a field it is none, and
would only make the query find nothing, or too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from map4.domain.query.fields import Field, field_named
from map4.domain.query.terms import Token
from map4.errors import QueryError

_NUMBERS = ("number", "level", "duration", "date")
_SIGNS = "(>=|<=|=>|=<|==|!=|<>|>|<|=)"
_COMPARED = re.compile(rf"([A-Za-z][A-Za-z_-]*){_SIGNS}(.*)", re.DOTALL)
_SIGN = re.compile(rf"{_SIGNS}(.*)", re.DOTALL)
_SPAN = re.compile(r"(?:[-–—]|\.\.\.?|to) ?([0-9.]\S*)")
_FIELD_IN_BRACKET = re.compile(r"\(+\^?([A-Za-z][A-Za-z_-]*):")
_OR_SIGNS, _AND_SIGNS = ("|", "||"), ("AND", "&&")


def refuse_slips(terms: Sequence[Token]) -> None:
    """Refuse what can't have been meant as text.

    Raises
    ------
    QueryError
        If a term is a slip; it shows the right form.
    """
    for place in range(len(terms)):
        for look in _LOOKS:
            look(terms, place)


def doubt_about(terms: Sequence[Token]) -> str | None:
    """Why a query may have found nothing: a sign that was taken for text. None where there is no such sign."""
    for place, token in enumerate(terms):
        if not _is_text(token):
            continue
        if token.value in _OR_SIGNS:
            return f"'{token.value}' is text here; for one or the other write 'or' between them"
        if token.value in _AND_SIGNS:
            return f"'{token.value}' is text here; all terms must hold anyway"
        if token.value == "NOT" and place + 1 < len(terms):
            return f"'NOT' is text here; to leave tracks out write ^{_text(terms[place + 1])}"
        compared = _COMPARED.fullmatch(token.value)
        if compared is not None and compared[3][:1].isdecimal():
            return f"'{token.value}' is text here; numbers are asked for as in bpm:120..128"
    return None


def _is_text(token: Token | None) -> bool:
    return token is not None and token.field is None and not token.quoted


def _field(token: Token | None) -> Field | None:
    return field_named(token.field) if token is not None and token.field is not None else None


def _at(terms: Sequence[Token], place: int) -> Token | None:
    return terms[place] if 0 <= place < len(terms) else None


def _text(token: Token) -> str:
    return token.query[token.start : token.end]


# ---- what is looked for; each raises the error -----------------------------------------------------


def _comparison(terms: Sequence[Token], place: int) -> None:
    """`bpm>120`, and `bpm > 120` of a field with numbers."""
    token, after = terms[place], _at(terms, place + 1)
    if not _is_text(token):
        return
    last = place
    found = _COMPARED.fullmatch(token.value)
    if found is not None and (field := field_named(found[1])) is not None:
        sign, value = found[2], found[3]
    else:
        field = field_named(token.value)
        found = _SIGN.fullmatch(after.value) if after is not None and _is_text(after) else None
        if field is None or field.kind not in _NUMBERS or found is None or after is None:
            return
        sign, value, last = found[1], found[2], place + 1
    following = _at(terms, last + 1)
    if not value and following is not None and following.field is None:
        value, last = following.value, last + 1
    elif value.startswith('"') and (closed := re.compile('"[^"]*"').search(token.query, token.start)):
        value = closed[0]
    raise QueryError(
        f"a field takes a colon, not '{sign}'; write {_compared(field, sign, value)}. As text: put quotes around it",
        token.query,
        token.start,
        terms[last].end,
    )


def _compared(field: Field, sign: str, value: str) -> str:
    if not value or (field.kind in _NUMBERS and not re.match("[-.0-9]", value)):
        return field.example
    if field.kind in _NUMBERS and sign in (">", ">=", "=>"):
        return f"{field.name}:{value}.. for {value} and more"
    if field.kind in _NUMBERS and sign in ("<", "<=", "=<"):
        return f"{field.name}:..{value} for {value} and less"
    return f"{'^' * (sign in ('!=', '<>'))}{field.name}:{value}"


def _open_quote(terms: Sequence[Token], place: int) -> None:
    """`"deep house`, and `artist:"the the`."""
    token = terms[place]
    if token.quoted or not token.value.startswith('"'):
        return
    start = token.end - len(token.value)
    if '"' in token.query[start + 1 :]:
        raise QueryError("a blank must follow the quote that closes a text", token.query, start, token.end)
    last = next((other.start for other in terms[place + 1 :] if _field(other)), len(token.query))
    text = token.query[start + 1 : last].strip()
    raise QueryError(
        f'this quote is not closed; write {token.query[token.start : start]}"{text}"' if text else
        "this quote is not closed; leave it out, or put one at the end too",
        token.query, start, last,
    )  # fmt: skip


def _several(terms: Sequence[Token], place: int) -> None:
    """`genre:house,techno`, and `genre:house|techno`."""
    token = terms[place]
    field = _field(token)
    if field is None or token.quoted or field.kind in ("path", "control"):
        return
    commas = "," if field.kind in ("text", "is", "has") else ""
    parts = [part for part in re.split(f"[|{commas}]+", token.value) if part]
    if len(parts) < 2:
        return
    if field.kind in ("key", "codec"):
        raise token.error(f"write {token.field}:{token.modifier}{','.join(parts)}", at_value=False)
    each = [f"{'^' * token.negated}{token.field}:{token.modifier}{part}" for part in parts]
    # What is none of them is not this one, and not that one.
    right = " ".join(each) if token.negated else _either(terms, place, place + 1, each)
    as_text = f'. As one text: {token.field}:"{token.value}"' if field.kind == "text" else ""
    raise token.error(f"a term has one value; write {right}{as_text}", at_value=False)


def _span(terms: Sequence[Token], place: int) -> None:
    """`bpm:120 - 128`."""
    token, field = terms[place], _field(terms[place])
    rest = [other for other in terms[place + 1 : place + 3] if _is_text(other)]
    if field is None or field.kind not in _NUMBERS or token.quoted or ".." in token.value or not token.value:
        return
    for count in range(1, len(rest) + 1):
        found = _SPAN.fullmatch(" ".join(other.value for other in rest[:count]))
        if found is not None:
            right = f"{token.field}:{token.modifier}{token.value}..{found[1].lstrip('.')}"
            raise QueryError(
                f"a range is written without blanks: {right}", token.query, token.start, rest[count - 1].end
            )


def _bracket(terms: Sequence[Token], place: int) -> None:
    """`(genre:house or genre:techno) bpm:120`, and `^(live remix)`."""
    token = terms[place]
    if not _is_text(token) or not token.value.startswith("("):
        return
    inside = [token]
    while not inside[-1].value.endswith(")") and (after := _at(terms, place + len(inside))) is not None:
        inside.append(after)
    named = _FIELD_IN_BRACKET.match(token.value)
    has_field = (named is not None and field_named(named[1]) is not None) or any(map(_field, inside[1:]))
    has_or = any(_is_or(other) for other in inside)
    if not (has_field or has_or or (token.negated and len(inside) > 1)):
        return
    between = token.query[token.start + token.negated : inside[-1].end].strip("()").strip()
    each = [text for part in re.split(r"\s(?:or|OR)(?:\s|$)", f" {between}") if (text := part.strip())]
    if token.negated:
        right = " ".join(f"^{word}" for part in each for word in part.split())
    else:
        right = _either(terms, place, place + len(inside), each)
    raise QueryError(f"there are no brackets; write {right}", token.query, token.start, inside[-1].end)


def _is_or(token: Token) -> bool:
    return _is_text(token) and token.value in ("or", "OR")


def _word_of_logic(terms: Sequence[Token], place: int) -> None:
    """`NOT house`, `genre:house AND bpm:120`, and `genre:house | genre:techno`."""
    token, before, after = terms[place], _at(terms, place - 1), _at(terms, place + 1)
    if not _is_text(token) or token.negated or after is None:
        return
    word = token.value
    sides = (_field(before) is not None) + (_field(after) is not None)
    # All in capitals it may be a title: DO NOT DISTURB.
    if (word in ("NOT", "not") and _field(after)) or (word == "NOT" and not after.value.isupper()):
        raise QueryError(
            f"to leave tracks out write ^{_text(after).lstrip('^')}; in quotes 'not' is text",
            token.query,
            token.start,
            after.end,
        )
    if (word in _AND_SIGNS and sides) or (word == "and" and sides == 2):
        raise token.error(f"all terms must hold anyway; leave out '{word}'", at_value=False)
    if word in _OR_SIGNS and sides:
        raise token.error("for one or the other write 'or' between them", at_value=False)


def _either(terms: Sequence[Token], first: int, end: int, alternatives: Sequence[str]) -> str:
    """A query with each of some alternatives in the place of the terms `first` to before `end`."""
    start = max((place + 1 for place in range(first) if _is_or(terms[place])), default=0)
    stop = next((place for place in range(end, len(terms)) if _is_or(terms[place])), len(terms))
    before, behind = terms[start:first], terms[end:stop]
    whole = [token for token in (*before, *behind) if (field := _field(token)) and field.kind == "control"]
    groups = [
        [*(_text(token) for token in before if token not in whole), one,
         *(_text(token) for token in behind if token not in whole)]
        for one in alternatives
    ]  # fmt: skip
    return " ".join([" or ".join(" ".join(group) for group in groups), *map(_text, whole)])


_LOOKS: tuple[Callable[[Sequence[Token], int], None], ...] = (
    _open_quote,
    _bracket,
    _comparison,
    _several,
    _span,
    _word_of_logic,
)
