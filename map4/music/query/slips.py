"""Detect mistakes in queries: syntax of other programs, and text that can't be meant as text.

A symbol within a title is text (`(I Can't Get No) Satisfaction`, `a > b`). Next to a field name it is a mistake that
would match nothing, or too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from map4.music.query.fields import IS_WORDS, NO_IS_WORDS, field_named
from map4.music.query.slip import Slip, as_written, field_of, is_text, term_at
from map4.music.query.slips_of_logic import (
    AND_SIGNS,
    find_bracket,
    find_or_sign,
    find_several,
    find_word_of_logic,
)
from map4.music.query.spellings import NUMBERS, SIGN, SIGNS, can_be_read, right_form
from map4.music.query.terms import Token, tokens

_COMPARED = re.compile(rf"([A-Za-z][A-Za-z_-]*){SIGNS}(.*)", re.DOTALL)
_NOT_THIS = re.compile(r"([-!])([^\W\d_](?:.*[^-!])?)", re.DOTALL)
"""A word between two such signs is a name: `-M-`."""


def find_slip(terms: Sequence[Token]) -> Slip | None:
    """The first part of a query that can't be meant as text."""
    # Wrong values come before their surroundings, because a suggestion for those would contain the wrong value.
    return next((slip for look in _LOOKS for place in range(len(terms)) if (slip := look(terms, place))), None)


def doubt_about(terms: Sequence[Token]) -> str | None:
    """A possible reason for an empty result: a mistake read as text. None if nothing looks like a mistake."""
    for place, token in enumerate(terms):
        if not is_text(token):
            continue
        if token.value in AND_SIGNS:
            return f"'{token.value}' is text here; all terms must hold anyway"
        if token.value in ("NOT", "not") and place + 1 < len(terms):
            return f"'{token.value}' is text here; to leave tracks out write ^{as_written(terms[place + 1])}"
        if place and token.value.lower() in ("minor", "major") and terms[place - 1].field == "key":
            return f"'{token.value}' is text here; write key:\"{terms[place - 1].value} {token.value}\""
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
            if len(terms) == 1 and field.kind != "control":  # a shell leaves only this of bpm>120
                return f"'{token.value}' is text here; write the field {field.name} as in {field.example}"
    return None


def _going_on(terms: Sequence[Token], place: int) -> Iterator[tuple[int, str]]:
    """The position of the last word, and the text, of up to three text words after a term; the longest first."""
    words: list[str] = []
    for token in terms[place + 1 : place + 4]:
        if not is_text(token) or token.negated:
            break
        words.append(token.value)
    for count in range(len(words), 0, -1):
        yield place + count, " ".join(words[:count])


# ---- detectors -----------------------------------------------------------------------------------


def _comparison(terms: Sequence[Token], place: int) -> Slip | None:
    """`bpm>120`, and `bpm > 120` for a field with numbers."""
    token, after = terms[place], term_at(terms, place + 1)
    if not is_text(token):
        return None
    last = place
    match = _COMPARED.fullmatch(token.value)
    if match is not None and (field := field_named(match[1])) is not None:
        sign, value = match[2], match[3]
    else:
        field = field_named(token.value)
        match = SIGN.fullmatch(after.value) if after is not None and is_text(after) else None
        if field is None or field.kind not in NUMBERS or match is None:
            return None
        sign, value, last = match[1], match[2], place + 1
    following = term_at(terms, last + 1)
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
    token, field = terms[place], field_of(terms[place])
    if field is None or token.quoted or field.kind == "control":
        return None
    if field.kind not in NUMBERS and token.value and (field.kind == "text" or token.modifier != "="):
        return None
    own = f"{token.modifier.strip('~')}{token.value}"
    for last, text in (*_going_on(terms, place), (place, "")):
        if last > place and own.strip("<>=!") and not re.match(r"[-–—.]|to\b", text):
            continue  # the value has ended; the rest is text
        if last == place and (not own or can_be_read(as_written(token))):
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
    """`genre:!house`, and `house -live`: as text they would match the tracks to exclude."""
    token = terms[place]
    if token.quoted or token.negated or not (match := _NOT_THIS.fullmatch(token.value)):
        return None
    if (field := field_of(token)) is None:
        if token.field is not None or match[1] != "-" or place == 0:
            return None
    elif field.kind == "control":
        return None
    before = "" if field is None else f"{field.name}:"
    return Slip(
        problem="to leave tracks out, put a ^ before the term",
        start=token.start,
        end=token.end,
        instead=(f"^{before}{match[2]}",),
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
    last = next((other.start for other in terms[place + 1 :] if field_of(other)), len(token.query))
    text = token.query[start + 1 : last].strip()
    return Slip(
        problem="this quote is not closed" if text else
        "this quote is not closed; leave it out, or put one at the end too",
        start=start,
        end=last,
        instead=(f'{token.query[token.start : start]}"{text}"',) if text else (),
    )  # fmt: skip


_LOOKS: tuple[Callable[[Sequence[Token], int], Slip | None], ...] = (
    _minus,
    _not_value,
    _open_quote,
    _comparison,
    _value,
    find_several,
    find_bracket,
    find_or_sign,
    find_word_of_logic,
)
