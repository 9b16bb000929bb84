"""Detect mistakes in combining terms: several values of a field, brackets, and logical operators."""

from __future__ import annotations

import re
from collections.abc import Sequence

from map4.base.declaration import QueryField
from map4.music.query.fields import field_named
from map4.music.query.slip import Slip, as_written, field_of, is_text, term_at
from map4.music.query.terms import Token

_FIELD_IN_BRACKET = re.compile(r"\(+\^?([A-Za-z][A-Za-z_-]*)[:<>=!]")
AND_SIGNS = ("AND", "&&")


def find_several(terms: Sequence[Token], place: int) -> Slip | None:
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


def find_bracket(terms: Sequence[Token], place: int) -> Slip | None:
    """`(genre:house or genre:techno) bpm:120`, and `^(live remix)`."""
    token = terms[place]
    if not is_text(token) or not token.value.startswith("("):
        return None
    inside = [token]
    while not inside[-1].value.endswith(")") and (after := term_at(terms, place + len(inside))) is not None:
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
    return is_text(token) and token.value in ("or", "OR")


def find_word_of_logic(terms: Sequence[Token], place: int) -> Slip | None:
    """`NOT house`, and `genre:house AND bpm:120`."""
    token, before, after = terms[place], term_at(terms, place - 1), term_at(terms, place + 1)
    if not is_text(token) or token.negated or after is None:
        return None
    word, start, end = token.value, token.start, token.end
    sides = (field_of(before) is not None) + (field_of(after) is not None)
    # In capitals it may be a title: DO NOT DISTURB.
    if (word in ("NOT", "not") and field_of(after)) or (word == "NOT" and not after.value.isupper()):
        return Slip(
            problem=f"to leave tracks out, put a ^ before the term instead of '{word}'",
            start=start,
            end=after.end,
            instead=(f"^{as_written(after).lstrip('^')}",),
            note="; as text put quotes around it",
        )
    if (word in AND_SIGNS and sides) or (word == "and" and sides == 2):
        return Slip(problem=f"all terms must hold anyway; leave out '{word}'", start=start, end=end)
    return None


def find_or_sign(terms: Sequence[Token], place: int) -> Slip | None:
    """`house | techno`, `house|techno`, and `genre:house || genre:techno`."""
    token, first, end = terms[place], place, place + 1
    if not is_text(token) or "|" not in token.value:
        return None
    each = [part for part in token.value.split("|") if part]
    if not each:
        first = place - 1
        each = [as_written(terms[first])] if first >= 0 else []
        end = place
        while end + 1 < len(terms) and is_text(terms[end]) and not terms[end].value.strip("|"):
            each.append(as_written(terms[end + 1]))
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
        [*(as_written(token) for token in before if token not in whole), alternative,
         *(as_written(token) for token in behind if token not in whole)]
        for alternative in alternatives
    ]  # fmt: skip
    return " ".join([" or ".join(" ".join(group) for group in groups), *map(as_written, whole)])
