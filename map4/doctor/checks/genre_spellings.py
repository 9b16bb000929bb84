"""Genres that are spelled in several ways."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from map4.base.text import clean
from map4.doctor.checks.groups import GENRE_SPELLINGS, GroupDoubt, Offer
from map4.music.query.terms import quoted
from map4.music.track.genre import normalise_genre

SHORT_FORMS = {
    "dnb": "drumbass", "db": "drumbass", "drumnbass": "drumbass", "rnb": "rb", "randb": "rb", "rocknroll": "rockroll",
}  # fmt: skip
"""Short forms of genres, both normalised by `normalise_genre`; `docs/doctor.md` lists them."""
_MOST_OFFERED = 3


def genre_key(genre: str) -> str:
    """Return a key that all spellings share: without case, accents, signs, blanks and "and"; "" if nothing is left."""
    key = normalise_genre(genre)
    return SHORT_FORMS.get(key, key)


def genre_keys(text: str) -> set[str]:
    """Return the keys of all genres in a text."""
    return {genre_key(part) for part in text.split(";")} - {""}


def respelled(text: str | None, genre: str) -> str | None:
    """Respell a genre in a text of genres like `genre`; None if the text has no other spelling of it."""
    parts = [part.strip() for part in (text or "").split(";")]
    key = genre_key(genre)
    new = "; ".join(dict.fromkeys(genre if part and genre_key(part) == key else part for part in parts if part))
    return None if text is None or new == text or not any(genre_key(part) == key for part in parts if part) else new


def spelling_doubts(texts: Mapping[str, int], holder: Callable[[str], int | None]) -> Iterator[GroupDoubt]:
    """Yield genres with several spellings, the most frequent first.

    texts: number of tracks per text of genres
    holder: returns a track with a text
    """
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    texts_of: dict[str, str] = {}
    for text, count in texts.items():
        for part in dict.fromkeys(clean(part) for part in text.split(";")):
            if part and (key := genre_key(part)):
                spelled[key][part] += count
                texts_of.setdefault(part, text)
    several = [counts for counts in spelled.values() if len(counts) > 1]
    for spellings in sorted(several, key=lambda counts: (-counts.total(), min(counts))):
        # Of two equally frequent spellings, prefer capital letters.
        ordered = sorted(spellings.items(), key=lambda item: (-item[1], item[0]))
        names = [name for name, _ in ordered]
        file_id = holder(texts_of[names[-1]])
        if file_id is None:
            continue
        offers = tuple(
            Offer(
                label=f"all {name}",
                values={"genre": name},
                query=" or ".join(f"genre:={quoted(other)}" for other in names if other != name),
            )
            for name in names[:_MOST_OFFERED]
        )
        yield GroupDoubt(
            check=GENRE_SPELLINGS,
            about=names[0],
            detail=", ".join(f"{name} ({count:,})" for name, count in ordered),
            count=spellings.total() - ordered[0][1],
            file_ids=[file_id],
            offers=offers,
        )
