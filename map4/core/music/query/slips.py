"""Detect mistakes in queries: syntax of other programs, and text that can't be meant as text.

A symbol within a title is text (`(I Can't Get No) Satisfaction`, `a > b`). Next to a field name it is a mistake that
would match nothing, or too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from map4.core.base.declaration import QueryField
from map4.core.music.query.fields import IS_WORDS, NO_IS_WORDS, VALUE_FIELDS, field_named
from map4.core.music.query.terms import Token, read_condition
from map4.errors import QueryError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A part of a query that can't be meant as written.

    start, end: its position in the query, as in `QueryError`
    instead: suggestions, best first; they may be invalid
    note: text after the suggestion
    """

    problem: str
    start: int
    end: int
    instead: tuple[str, ...] = ()
    note: str = ""


def _is_text(token: Token | None) -> bool:
    """True for a text term without quotes."""
    return token is not None and token.field is None and not token.quoted


def field_of(token: Token | None) -> QueryField | None:
    """The field of a term; None for text and unknown names."""
    return field_named(token.field) if token is not None and token.field is not None else None


def _term_at(terms: Sequence[Token], place: int) -> Token | None:
    return terms[place] if 0 <= place < len(terms) else None


_NUMBERS = ("number", "level", "duration", "date")  # kinds of fields with ordered values
_SIGNS = "(>=|<=|=>|=<|==|!=|<>|>|<|=)"
_SIGN = re.compile(rf"{_SIGNS} ?(.*)", re.DOTALL)  # a comparison sign and its value
# Ranges are shorter than this; each dash is tried.
_LONGEST_RANGE = 60
_BETWEEN = re.compile(r" ?(?:\.\.+|[-–—]|\bto\b) ?")


def _right_form(field: QueryField, token: Token, value: str) -> tuple[str, str] | None:
    """Convert a value in another program's syntax to a term.

    token: the original; its `^` and `~` are kept
    value: with its signs and blanks
    returns: a valid term, and a note on its meaning ("" if obvious); None if there is none
    """
    return next((form for form in _forms(field, token, value) if _can_be_read(form[0])), None)


def _forms(field: QueryField, token: Token, value: str) -> Iterator[tuple[str, str]]:
    sign, bare = ("", value) if (match := _SIGN.fullmatch(value)) is None else match.groups()
    is_negated = token.negated != (sign in ("!=", "<>"))  # ^x:!=y is x:y
    before = f"{'^' if is_negated else ''}{field.name}:{'~' if token.modifier == '~' else ''}"
    if field.kind not in _NUMBERS:
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


def _can_be_read(term: str) -> bool:
    """True if a text is a single valid field term."""
    read = Token.all(term)
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
    fields = [name if field_named(name) else "".join(UsageError.near(name, VALUE_FIELDS)) for name in keywords]
    terms = dict(zip(fields, keywords.values(), strict=True))
    if "" in terms:
        return None
    return " ".join(f'{name}:"{value}"' if " " in str(value) else f"{name}:{value}" for name, value in terms.items())


_FIELD_IN_BRACKET = re.compile(r"\(+\^?([A-Za-z][A-Za-z_-]*)[:<>=!]")
_AND_SIGNS = ("AND", "&&")


def _several(terms: Sequence[Token], place: int) -> Slip | None:
    """`genre:house,techno`, `genre:house|techno`, and `genre:house|bpm:120`."""
    token = terms[place]
    field = field_of(token)
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
        # Not any of several means: not the first and not the second.
        instead=(" ".join(each) if token.negated else _either(terms, place, place + 1, each),),
        note=f'. As one text: {token.field}:"{token.value}"' if is_one_text else "",
    )


def _own_value(field: QueryField, part: str) -> str:
    """The value of a part in `genre:house|genre:techno`; a part with another field is unchanged."""
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
    while not inside[-1].value.endswith(")") and (after := _term_at(terms, place + len(inside))) is not None:
        inside.append(after)
    named = _FIELD_IN_BRACKET.match(token.value)
    has_field = (named is not None and field_named(named[1]) is not None) or any(map(field_of, inside[1:]))
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
    token, before, after = terms[place], _term_at(terms, place - 1), _term_at(terms, place + 1)
    if not _is_text(token) or token.negated or after is None:
        return None
    word, start, end = token.value, token.start, token.end
    sides = sum(field_of(side) is not None for side in (before, after))
    # In capitals it may be a title: DO NOT DISTURB.
    if (word in ("NOT", "not") and field_of(after)) or (word == "NOT" and not after.value.isupper()):
        return Slip(
            problem=f"to leave tracks out, put a ^ before the term instead of '{word}'",
            start=start,
            end=after.end,
            instead=(f"^{after.written.lstrip('^')}",),
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
        each = [terms[first].written] if first >= 0 else []
        end = place
        while end + 1 < len(terms) and _is_text(terms[end]) and not terms[end].value.strip("|"):
            each.append(terms[end + 1].written)
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
    """A query with each alternative replacing the terms from `first` to before `end`."""
    start = max((place + 1 for place in range(first) if _is_or(terms[place])), default=0)
    stop = next((place for place in range(end, len(terms)) if _is_or(terms[place])), len(terms))
    before, behind = terms[start:first], terms[end:stop]
    whole = [token for token in (*before, *behind) if (field := field_of(token)) and field.kind == "control"]
    groups = [
        [*(token.written for token in before if token not in whole), alternative,
         *(token.written for token in behind if token not in whole)]
        for alternative in alternatives
    ]  # fmt: skip
    return " ".join([" or ".join(" ".join(group) for group in groups), *(token.written for token in whole)])


_COMPARED = re.compile(rf"([A-Za-z][A-Za-z_-]*){_SIGNS}(.*)", re.DOTALL)
_NOT_THIS = re.compile(r"([-!])([^\W\d_](?:.*[^-!])?)", re.DOTALL)  # a word between two such signs is a name: `-M-`


def find_slip(terms: Sequence[Token]) -> Slip | None:
    """The first part of a query that can't be meant as text."""
    # Wrong values come before their surroundings, because a suggestion for those would contain the wrong value.
    return next((slip for look in _LOOKS for place in range(len(terms)) if (slip := look(terms, place))), None)


def doubt_about(terms: Sequence[Token]) -> str | None:
    """A possible reason for an empty result: a mistake read as text. None if nothing looks like a mistake."""
    for place, token in enumerate(terms):
        if not _is_text(token):
            continue
        if token.value in _AND_SIGNS:
            return f"'{token.value}' is text here; all terms must hold anyway"
        if token.value in ("NOT", "not") and place + 1 < len(terms):
            return f"'{token.value}' is text here; to leave tracks out write ^{terms[place + 1].written}"
        if place and token.value.lower() in ("minor", "major") and terms[place - 1].field == "key":
            return f"'{token.value}' is text here; write key:\"{terms[place - 1].value} {token.value}\""
        if len(terms) == 1 and (word := token.value.lower()) in IS_WORDS.keys() | NO_IS_WORDS.keys():
            return f"'{token.value}' is text here; write {NO_IS_WORDS.get(word, f'is:{word}')}"
        compared = _COMPARED.fullmatch(token.value)
        if compared is not None and compared[3][:1].isdecimal():
            return f"'{token.value}' is text here; write numbers as in bpm:120..128"
        if (field := field_named(token.value)) is not None:
            for last, text in _going_on(terms, place):
                right = _right_form(field, token, text)
                if right is not None and find_slip(Token.all(right[0])) is None:
                    written = token.query[token.start : terms[last].end]
                    return f"'{written}' is text here; for the field {field.name} write {right[0]}{right[1]}"
            if len(terms) == 1 and field.kind != "control":  # a shell leaves only this of bpm>120
                return f"'{token.value}' is text here; write the field {field.name} as in {field.example}"
    return None


def _going_on(terms: Sequence[Token], place: int) -> Iterator[tuple[int, str]]:
    """The position of the last word, and the text, of up to three text words after a term; the longest first."""
    words: list[str] = []
    for token in terms[place + 1 : place + 4]:
        if not _is_text(token) or token.negated:
            break
        words.append(token.value)
    for count in range(len(words), 0, -1):
        yield place + count, " ".join(words[:count])


# ---- detectors -----------------------------------------------------------------------------------


def _comparison(terms: Sequence[Token], place: int) -> Slip | None:
    """`bpm>120`, and `bpm > 120` for a field with numbers."""
    token, after = terms[place], _term_at(terms, place + 1)
    if not _is_text(token):
        return None
    last = place
    match = _COMPARED.fullmatch(token.value)
    if match is not None and (field := field_named(match[1])) is not None:
        sign, value = match[2], match[3]
    else:
        field = field_named(token.value)
        match = _SIGN.fullmatch(after.value) if after is not None and _is_text(after) else None
        if field is None or field.kind not in _NUMBERS or match is None:
            return None
        sign, value, last = match[1], match[2], place + 1
    following = _term_at(terms, last + 1)
    if not value and following is not None and following.field is None:
        value, last = following.value, last + 1
    elif value.startswith('"') and (closed := re.compile('"[^"]*"').search(token.query, token.start)):
        value = closed[0]
    right, note = _right_form(field, token, f"{sign}{value}") or (f"{field.name}:{value}", "")
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
    if field.kind not in _NUMBERS and token.value and (field.kind == "text" or token.modifier != "="):
        return None
    own = f"{token.modifier.strip('~')}{token.value}"
    for last, text in (*_going_on(terms, place), (place, "")):
        if last > place and own.strip("<>=!") and not re.match(r"[-–—.]|to\b", text):
            continue  # the value has ended; the rest is text
        if last == place and (not own or _can_be_read(token.written)):
            return None
        value = f"{own} {text}".strip()
        if (right := _right_form(field, token, value)) is not None:
            blanks = " and without blanks" if last > place else ""
            if (sign := _SIGN.match(value)) is not None:
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
    _several,
    _bracket,
    _or_sign,
    _word_of_logic,
)
