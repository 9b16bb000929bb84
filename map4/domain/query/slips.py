"""Slips in queries: what other programs would understand, and what can't have been meant as text here.

A sign within a title is text (`(I Can't Get No) Satisfaction`, `a > b`). Next to the name of a field it is none, and
would only make the query find nothing, or too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from map4.domain.query.fields import IS_WORDS, NO_IS_WORDS, QueryField, field_named
from map4.domain.query.spellings import NUMBERS, SIGN, SIGNS, can_be_read, right_form
from map4.domain.query.terms import Token, tokens

_COMPARED = re.compile(rf"([A-Za-z][A-Za-z_-]*){SIGNS}(.*)", re.DOTALL)
_FIELD_IN_BRACKET = re.compile(r"\(+\^?([A-Za-z][A-Za-z_-]*)[:<>=!]")
_AND_SIGNS = ("AND", "&&")
_NOT_THIS = re.compile(r"([-!])([^\W\d_](?:.*[^-!])?)", re.DOTALL)
"""What is between two of these signs is a name: `-M-`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What can't have been meant as it is written.

    start, end: where in the query, as in `QueryError`
    instead: what may have been meant, best first; whether each can be read is not known
    note: what is said behind the one that is offered
    """

    problem: str
    start: int
    end: int
    instead: tuple[str, ...] = ()
    note: str = ""


def find_slip(terms: Sequence[Token]) -> Slip | None:
    """The first thing in a query that can't have been meant as text."""
    # A value that is wrong is told before what stands around it, as what is offered for that would hold it.
    return next((slip for look in _LOOKS for place in range(len(terms)) if (slip := look(terms, place))), None)


def doubt_about(terms: Sequence[Token]) -> str | None:
    """Why a query may have found nothing: what was taken for text. None where nothing looks like a slip."""
    for place, token in enumerate(terms):
        if not _is_text(token):
            continue
        if token.value in _AND_SIGNS:
            return f"'{token.value}' is text here; all terms must hold anyway"
        if token.value in ("NOT", "not") and place + 1 < len(terms):
            return f"'{token.value}' is text here; to leave tracks out write ^{_text(terms[place + 1])}"
        if len(terms) == 1 and (word := token.value.lower()) in IS_WORDS.keys() | NO_IS_WORDS.keys():
            return f"'{token.value}' is text here; write {NO_IS_WORDS.get(word, f'is:{word}')}"
        compared = _COMPARED.fullmatch(token.value)
        if compared is not None and compared[3][:1].isdecimal():
            return f"'{token.value}' is text here; write numbers as in bpm:120..128"
        if (field := field_named(token.value)) is not None:
            for last, text in _going_on(terms, place):
                right = right_form(field, token, text)
                if right is not None and find_slip(tokens(right[0])) is None:
                    written = token.query[token.start : terms[last].end]
                    return f"'{written}' is text here; for the field {field.name} write {right[0]}{right[1]}"
            if len(terms) == 1 and field.kind != "control":  # all that a shell leaves of bpm>120
                return f"'{token.value}' is text here; write the field {field.name} as in {field.example}"
    return None


def _is_text(token: Token | None) -> bool:
    return token is not None and token.field is None and not token.quoted


def _field(token: Token | None) -> QueryField | None:
    return field_named(token.field) if token is not None and token.field is not None else None


def _at(terms: Sequence[Token], place: int) -> Token | None:
    return terms[place] if 0 <= place < len(terms) else None


def _text(token: Token) -> str:
    return token.query[token.start : token.end]


def _going_on(terms: Sequence[Token], place: int) -> Iterator[tuple[int, str]]:
    """The place of the last one, and the text, of up to three words of text behind a term; the most words first."""
    words: list[str] = []
    for token in terms[place + 1 : place + 4]:
        if not _is_text(token) or token.negated:
            break
        words.append(token.value)
    for count in range(len(words), 0, -1):
        yield place + count, " ".join(words[:count])


# ---- what is looked for ----------------------------------------------------------------------------


def _comparison(terms: Sequence[Token], place: int) -> Slip | None:
    """`bpm>120`, and `bpm > 120` of a field with numbers."""
    token, after = terms[place], _at(terms, place + 1)
    if not _is_text(token):
        return None
    last = place
    found = _COMPARED.fullmatch(token.value)
    if found is not None and (field := field_named(found[1])) is not None:
        sign, value = found[2], found[3]
    else:
        field = field_named(token.value)
        found = SIGN.fullmatch(after.value) if after is not None and _is_text(after) else None
        if field is None or field.kind not in NUMBERS or found is None:
            return None
        sign, value, last = found[1], found[2], place + 1
    following = _at(terms, last + 1)
    if not value and following is not None and following.field is None:
        value, last = following.value, last + 1
    elif value.startswith('"') and (closed := re.compile('"[^"]*"').search(token.query, token.start)):
        value = closed[0]
    right, note = right_form(field, token, f"{sign}{value}") or (f"{field.name}:{value}", "")
    return Slip(
        problem=f"a field takes a colon, not '{sign}'",
        start=token.start,
        end=terms[last].end,
        instead=(right, field.example),
        note=f"{note}; as text put quotes around it",
    )


def _value(terms: Sequence[Token], place: int) -> Slip | None:
    """`bpm:>120`, `bpm:=120`, `bpm:120-128`, `bpm:120 - 128`, and `bpm: 120`."""
    token, field = terms[place], _field(terms[place])
    if field is None or token.quoted or field.kind == "control":
        return None
    if field.kind not in NUMBERS and token.value and (field.kind == "text" or token.modifier != "="):
        return None
    own = f"{token.modifier.strip('~')}{token.value}"
    for last, text in (*_going_on(terms, place), (place, "")):
        if last > place and own.strip("<>=!") and not re.match(r"[-–—.]|to\b", text):
            continue  # a value has ended; what stands behind it is text
        if last == place and (not own or can_be_read(_text(token))):
            return None
        value = f"{own} {text}".strip()
        if (right := right_form(field, token, value)) is not None:
            blanks = " and without blanks" * (last > place)
            if (sign := SIGN.match(value)) is not None:
                problem = f"there is no '{sign[1]}' here"
            else:
                problem = f"a range is written with '..'{blanks}" if own else "there may be no blank after the colon"
            return Slip(problem=problem, start=token.start, end=terms[last].end, instead=right[:1], note=right[1])
    return None


def _minus(terms: Sequence[Token], place: int) -> Slip | None:
    """`-genre:house`."""
    token = terms[place]
    if token.field is None or not token.field.startswith("-") or (field := field_named(token.field[1:])) is None:
        return None
    right = f"^{field.name}:{token.query[token.value_start : token.end]}"
    return Slip(
        problem="to leave tracks out, begin with ^ and not with -",
        start=token.start,
        end=token.end,
        instead=(right, f"^{field.example}"),
    )


def _not_value(terms: Sequence[Token], place: int) -> Slip | None:
    """`genre:!house`, and `house -live`: as text they would bring just what was to be left out."""
    token = terms[place]
    if token.quoted or token.negated or not (found := _NOT_THIS.fullmatch(token.value)):
        return None
    if (field := _field(token)) is None:
        if token.field is not None or found[1] != "-" or place == 0:
            return None
    elif field.kind == "control":
        return None
    before = "" if field is None else f"{field.name}:"
    return Slip(
        problem="to leave tracks out, put a ^ before the term",
        start=token.start,
        end=token.end,
        instead=(f"^{before}{found[2]}",),
        note="; as text put quotes around it",
    )


def _open_quote(terms: Sequence[Token], place: int) -> Slip | None:
    """`"deep house`, and `artist:"the the`."""
    token = terms[place]
    if token.quoted or not token.value.startswith('"'):
        return None
    start = token.end - len(token.value)
    if '"' in token.query[start + 1 :]:
        return Slip(problem="put a blank after the quote that closes a text", start=start, end=token.end)
    last = next((other.start for other in terms[place + 1 :] if _field(other)), len(token.query))
    text = token.query[start + 1 : last].strip()
    return Slip(
        problem="this quote is not closed" if text else
        "this quote is not closed; leave it out, or put one at the end too",
        start=start,
        end=last,
        instead=(f'{token.query[token.start : start]}"{text}"',) if text else (),
    )  # fmt: skip


def _several(terms: Sequence[Token], place: int) -> Slip | None:
    """`genre:house,techno`, `genre:house|techno`, and `genre:house|bpm:120`."""
    token = terms[place]
    field = _field(token)
    if field is None or token.quoted or field.kind in ("path", "control"):
        return None
    commas = "," if field.kind in ("text", "is", "has") else ""
    written = [part for part in re.split(f"[|{commas}]+", token.value) if part]
    parts = [_own_value(field, part) for part in written]
    if len(parts) < 2:
        return None
    sign, has_others = "^" * token.negated, any(map(_begins_with_field, parts))
    if field.kind in ("key", "codec") and not has_others:
        right = f"{sign}{token.field}:{token.modifier}{','.join(parts)}"
        return Slip(problem="separate several with commas", start=token.start, end=token.end, instead=(right,))
    own = f"{sign}{token.field}:{token.modifier}"
    each = [f"{sign}{part}" if _begins_with_field(part) else f"{own}{part}" for part in parts]
    is_one_text = field.kind == "text" and '"' not in token.value and not any(map(_begins_with_field, written))
    return Slip(
        problem="a term has one value",
        start=token.start,
        end=token.end,
        # What is none of them is not this one, and not that one.
        instead=(" ".join(each) if token.negated else _either(terms, place, place + 1, each),),
        note=f'. As one text: {token.field}:"{token.value}"' if is_one_text else "",
    )


def _own_value(field: QueryField, part: str) -> str:
    """What is asked of a field in `genre:house|genre:techno`; what is not of this field as it stands."""
    name, _, value = part.partition(":")
    return value if value and field_named(name) == field else part


def _begins_with_field(part: str) -> bool:
    name, colon, _ = part.partition(":")
    return bool(colon) and field_named(name) is not None


def _bracket(terms: Sequence[Token], place: int) -> Slip | None:
    """`(genre:house or genre:techno) bpm:120`, and `^(live remix)`."""
    token = terms[place]
    if not _is_text(token) or not token.value.startswith("("):
        return None
    inside = [token]
    while not inside[-1].value.endswith(")") and (after := _at(terms, place + len(inside))) is not None:
        inside.append(after)
    named = _FIELD_IN_BRACKET.match(token.value)
    has_field = (named is not None and field_named(named[1]) is not None) or any(map(_field, inside[1:]))
    has_or = any(_is_or(other) for other in inside)
    if not (has_field or has_or or (token.negated and len(inside) > 1)):
        return None
    between = token.query[token.start + token.negated : inside[-1].end].strip("()").strip()
    each = [text for part in re.split(r"\s(?:or|OR)(?:\s|$)", f" {between}") if (text := part.strip())]
    if token.negated:
        right = " ".join(f"^{word}" for part in each for word in part.split())
    else:
        right = _either(terms, place, place + len(inside), each)
    return Slip(problem="there are no brackets", start=token.start, end=inside[-1].end, instead=(right,))


def _is_or(token: Token) -> bool:
    return _is_text(token) and token.value in ("or", "OR")


def _word_of_logic(terms: Sequence[Token], place: int) -> Slip | None:
    """`NOT house`, and `genre:house AND bpm:120`."""
    token, before, after = terms[place], _at(terms, place - 1), _at(terms, place + 1)
    if not _is_text(token) or token.negated or after is None:
        return None
    word, start, end = token.value, token.start, token.end
    sides = (_field(before) is not None) + (_field(after) is not None)
    # All in capitals it may be a title: DO NOT DISTURB.
    if (word in ("NOT", "not") and _field(after)) or (word == "NOT" and not after.value.isupper()):
        return Slip(
            problem=f"to leave tracks out, put a ^ before the term in the place of '{word}'",
            start=start,
            end=after.end,
            instead=(f"^{_text(after).lstrip('^')}",),
            note="; as text put quotes around it",
        )
    if (word in _AND_SIGNS and sides) or (word == "and" and sides == 2):
        return Slip(problem=f"all terms must hold anyway; leave out '{word}'", start=start, end=end)
    return None


def _or_sign(terms: Sequence[Token], place: int) -> Slip | None:
    """`house | techno`, `house|techno`, and `genre:house || genre:techno`."""
    token, first, end = terms[place], place, place + 1
    if not _is_text(token) or "|" not in token.value:
        return None
    each = [part for part in token.value.split("|") if part]
    if not each:
        first = place - 1
        each = [_text(terms[first])] if first >= 0 else []
        end = place
        while end + 1 < len(terms) and _is_text(terms[end]) and not terms[end].value.strip("|"):
            each.append(_text(terms[end + 1]))
            end += 2
    if len(each) < 2:
        return None
    return Slip(
        problem="for one or the other put 'or' between them",
        start=terms[first].start,
        end=terms[end - 1].end,
        instead=(_either(terms, first, end, each),),
        note="; as text put quotes around it",
    )


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


_LOOKS: tuple[Callable[[Sequence[Token], int], Slip | None], ...] = (
    _minus,
    _not_value,
    _open_quote,
    _comparison,
    _value,
    _several,
    _bracket,
    _or_sign,
    _word_of_logic,
)
