"""Genres, and artists in credits, that are spelled in several ways."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from map4.base.text import clean
from map4.doctor.checks.groups import ARTIST_SPELLINGS, GENRE_SPELLINGS, GroupDoubt, Offer
from map4.music.query.terms import quoted
from map4.music.track.credits import Credit, split_artist
from map4.music.track.genre import normalise_genre
from map4.music.track.track import Track

SHORT_FORMS = {
    "dnb": "drumbass", "db": "drumbass", "drumnbass": "drumbass", "rnb": "rb", "randb": "rb", "rocknroll": "rockroll",
}  # fmt: skip
"""Short forms of genres, both normalised by `normalise_genre`; `docs/doctor.md` lists them."""


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


_LATIN_MARKS = re.compile("[\u0300-\u036f]")
_AND = re.compile(r"\s(?:and|&|\+)\s")
_SIGNS = re.compile(r"[\W_]+")
_MOST_OFFERED = 3


@dataclass(slots=True)
class _Spelling:
    """A spelling of a name: number of tracks, a track, MusicBrainz ids, and whether the text of an artist has it."""

    count: int = 0
    file_id: int = -1
    ids: frozenset[str] = frozenset()
    is_of_artist: bool = False


def artist_key(name: str) -> str:
    """Return a key that all spellings share: without case, accents, signs, blanks and "and"; "" if nothing is left.

    "Mø" is not "Mo": a letter without a base letter makes another name.
    """
    plain = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", _AND.sub(" ", name.casefold())))
    return _SIGNS.sub("", unicodedata.normalize("NFC", plain))


def respelled_artist(text: str | None, name: str, whole: Sequence[str]) -> str | None:
    """Respell a name in an artist's text; None if the text has no other spelling of it."""
    new = text or ""
    for names in split_artist(new, tuple(whole)) if new else ():
        for other in names:
            if other != name and artist_key(other) == artist_key(name):
                new = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", lambda _: name, new)
    return None if new == (text or "") else new


def respelled_value(track: Track, name: str, value: str) -> str | None:
    """Respell the genre or artist of a track; None if it has no other spelling."""
    if name == "genre":
        return respelled(track.named_genre(), value)
    return respelled_artist(track.artist(), value, track.whole_names)


def artist_doubts(
    credited: Iterable[tuple[Sequence[Credit], int, int]], among: frozenset[str] | None = None
) -> Iterator[GroupDoubt]:
    """Yield artists with several spellings, the most frequent first; names with different MusicBrainz ids are others.

    credited: credits, the number of tracks with these, and a track
    among: only names with these keys
    """
    spelled: dict[str, dict[str, _Spelling]] = defaultdict(dict)
    for listed, count, file_id in credited:
        for name, role, artist_id in dict.fromkeys((one.name, one.role, one.id) for one in listed):
            if not (key := artist_key(name)) or (among is not None and key not in among):
                continue
            spelling = spelled[key].setdefault(name, _Spelling())
            spelling.count, spelling.file_id = spelling.count + count, file_id
            spelling.ids |= {artist_id} if isinstance(artist_id, str) else frozenset()
            spelling.is_of_artist |= role in ("main", "featured")
    several = [names for names in spelled.values() if len(names) > 1 and not _are_others([*names.values()])]
    for names in sorted(several, key=lambda names: (-sum(one.count for one in names.values()), min(names))):
        ordered = sorted(names, key=lambda name: (-names[name].count, name))
        offered = [name for name in ordered if names[name].is_of_artist]
        yield GroupDoubt(
            check=ARTIST_SPELLINGS,
            about=ordered[0],
            detail=", ".join(f"{name} ({names[name].count:,})" for name in ordered),
            count=sum(names[name].count for name in ordered[1:]),
            file_ids=[names[ordered[-1]].file_id],
            offers=tuple(
                Offer(
                    label=f"all {name}",
                    values={"artist": name},
                    query=" or ".join(f"artist:={quoted(other)}" for other in offered if other != name),
                )
                for name in ordered[:_MOST_OFFERED]
                if {*offered} - {name}
            ),
        )


def _are_others(spellings: Sequence[_Spelling]) -> bool:
    """True if each spelling has MusicBrainz ids of its own."""
    ids = [artist_id for spelling in spellings for artist_id in spelling.ids]
    return all(spelling.ids for spelling in spellings) and len({*ids}) == len(ids)
