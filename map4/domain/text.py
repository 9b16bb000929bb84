"""Text as people compare it: without case, accents and marks."""

from __future__ import annotations

import unicodedata

MOST_LETTERS = 4000
"""Of a text from a file: longer ones are lyrics, licences or base64 in the wrong field; nothing shows that much."""


def folded(text: str) -> str:
    """Lower case without accents: "Björk" and "BJORK" are the same.

    Letters that are no base with a mark stay (ø, ß as ss), as in the full-text index of the library.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def has_words(text: str) -> bool:
    """Whether there is a letter or digit in it, which is what the full-text index is made of."""
    # As FTS5's unicode61: letters, numbers, and what is for private use.
    return any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Co" for c in text)
