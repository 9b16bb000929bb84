"""Artists that are spelled in several ways in credits."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from map4.doctor.checks.genre_spellings import respelled
from map4.doctor.checks.groups import ARTIST_SPELLINGS, GroupDoubt, Offer
from map4.music.query.terms import quoted
from map4.music.track.credits import Credit, split_artist
from map4.music.track.track import Track

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
