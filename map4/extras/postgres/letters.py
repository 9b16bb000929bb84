"""Folding rules of non-ASCII letters as a table: the rules of Python and of SQLite's word index.

Each rule concerns a single letter, so a database without these rules gives the same results.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache

from map4.core.base.text import folded

# Ranges of letters and signs that are examined; code points between them behave alike.
_LOOKED_AT = (range(0x80, 0xD800), range(0xE000, 0x32000), range(0xE0000, 0xE0200))
_ALIKE = (0xD800, 0x32000, 0xE0200, 0xF0000, 0x100000)
_AT_ONCE = 4_000
_TOKENS = "CREATE VIRTUAL TABLE said USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')"
_TERMS = "CREATE VIRTUAL TABLE terms USING fts5vocab (said, instance)"
Row = tuple[int, str | None, str | None, str | None]
"""First code point; folded form, form as part of a word, form in the word index; None if unchanged."""


@cache
def letters() -> tuple[Row, ...]:
    """Rows; each is valid from its code point to the next row's."""
    rows: list[Row] = []
    for number, forms in sorted(_each()):
        plain, word, token = (None if form == chr(number) else form for form in forms)
        row = (number, plain, word, token)
        if not rows or rows[-1][1:] != row[1:]:
            rows.append(row)
    return tuple(rows)


def _each() -> Iterator[tuple[int, tuple[str, str, str]]]:
    numbers = [*_ALIKE[1:], *(number for part in _LOOKED_AT for number in part)]
    for number, token in zip(numbers, _tokens(numbers), strict=True):
        plain = folded(chr(number))
        yield number, (plain, "".join(letter if letter.isalnum() else " " for letter in folded(plain)), token)
    yield _ALIKE[0], ("", " ", " ")  # not letters


def _tokens(numbers: Sequence[int]) -> Iterator[str]:
    """SQLite's word-index form of each letter: other letters, a blank if it separates words, or nothing."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_TOKENS)
        connection.execute(_TERMS)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            connection.execute("DELETE FROM said")
            connection.execute("INSERT INTO said VALUES (?)", (" | ".join(f"0{chr(code)}1" for code in some),))
            terms = iter([term for (term,) in connection.execute("SELECT term FROM terms ORDER BY offset")])
            for term in terms:
                yield " " if term == "0" and next(terms) else term[1:-1]
