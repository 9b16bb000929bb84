"""Genres, and artists in credits, that are spelled in several ways."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from map4.core.base.text import clean
from map4.core.music.query.terms import quoted
from map4.core.music.track.credits import Credit
from map4.core.music.track.genre import NO_TABLE, GenreNames, GenreTable
from map4.core.music.track.track import Track
from map4.doctor.checks.groups import ARTIST_SPELLINGS, GENRE_SINGLES, GENRE_SPELLINGS, GroupDoubt, Offer

SHORT_FORMS = {
    "dnb": "drumbass", "db": "drumbass", "drumnbass": "drumbass", "rnb": "rb", "randb": "rb", "rocknroll": "rockroll",
}  # fmt: skip
"""Short forms of genres, both normalised by `normalise_genre`; `docs/doctor.md` lists them."""


def genre_key(genre: str, own: GenreNames = NO_TABLE) -> str:
    """Return a key that all spellings share: without case, accents, signs, blanks and "and"; "" if nothing is left.

    own: the library's table, whose spellings share the key of their genre
    """
    key = GenreTable.normalise(own.line(genre)[0])
    return SHORT_FORMS.get(key, key)


def genre_keys(text: str, own: GenreNames) -> set[str]:
    """Return the keys of all genres in a text."""
    return {genre_key(clean(part), own) for part in text.split(";")} - {""}


def respelled(text: str | None, genre: str, own: GenreNames = NO_TABLE) -> str | None:
    """Respell a genre in a text of genres like `genre`; None if the text has no other spelling of it."""
    parts = [part.strip() for part in (text or "").split(";")]
    is_same = {part: genre_key(part, own) == genre_key(genre, own) for part in parts if part}
    new = "; ".join(dict.fromkeys(genre if same else part for part, same in is_same.items()))
    return None if text is None or new == text or not any(is_same.values()) else new


@dataclass(frozen=True, slots=True)
class GenreTexts:
    """The genres of a library.

    texts: number of tracks with each text of genres, and a track with it
    own: the library's table of genres
    among: the keys of genres to check; None is all
    """

    texts: Mapping[str, tuple[int, int]]
    own: GenreNames = NO_TABLE
    among: Set[str] | None = None

    def spellings(self) -> dict[str, dict[str, tuple[int, str]]]:
        """The spellings of each genre, by key: each with its number of tracks and a text that has it.

        A genre of the table is the first, even if no track has it in that spelling.
        """
        spelled: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
        for text, (count, _) in self.texts.items():
            for part in dict.fromkeys(clean(part) for part in text.split(";")):
                if part and (key := genre_key(part, self.own)):
                    names = spelled[key]
                    if self.own.knows(part):
                        names.setdefault(self.own.line(part)[0], (0, text))
                    before, first = names.get(part, (0, text))
                    names[part] = before + count, first
        return spelled

    def is_wanted(self, key: str) -> bool:
        return self.among is None or key in self.among


def spelling_doubts(genres: GenreTexts) -> Iterator[GroupDoubt]:
    """Yield genres with several spellings, the most frequent first."""
    several = [
        (sum(count for count, _ in names.values()), names)
        for key, names in genres.spellings().items()
        if len(names) > 1 and genres.is_wanted(key)
    ]
    for total, spellings in sorted(several, key=lambda item: (-item[0], min(item[1]))):
        is_own = genres.own.knows(first := next(iter(spellings)))
        # Of two equally frequent spellings, prefer capital letters.
        ordered = sorted(
            ((name, count) for name, (count, _) in spellings.items()),
            key=lambda item: (is_own and item[0] != first, -item[1], item[0]),
        )
        names = [name for name, _ in ordered]
        offers = tuple(
            Offer(
                label=f"all {name}",
                values={"genre": name},
                query=" or ".join(f"genre:={quoted(other)}" for other in names if other != name),
            )
            for name in names[: 1 if is_own else _MOST_OFFERED]
        )
        yield GroupDoubt(
            check=GENRE_SPELLINGS,
            about=names[0],
            detail=", ".join(f"{name} ({count:,})" for name, count in ordered if count),
            count=total - ordered[0][1],
            file_ids=[genres.texts[spellings[names[-1]][1]][1]],
            offers=offers,
        )


def single_doubts(genres: GenreTexts) -> Iterator[GroupDoubt]:
    """Yield genres with a single track and a name near another, which is in the table or on several tracks."""
    from rapidfuzz import fuzz, process

    spelled, own = genres.spellings(), genres.own
    totals = {key: sum(count for count, _ in names.values()) for key, names in spelled.items()}
    table = {genre_key(name, own): name for name in own.all()}
    known = {key: max(names, key=lambda name: names[name][0]) for key, names in spelled.items() if totals[key] > 1}
    wider = {key: name for key, name in known.items() if totals[key] >= _LEAST_WIDER} | table
    known |= table
    for key, [name, *_] in sorted(spelled.items()):
        if totals[key] != 1 or key in known or not genres.is_wanted(key):
            continue
        words = name.split()
        ends = (wider.get(genre_key(" ".join(words[first:]), own)) for first in range(1, len(words)))
        near = next(filter(None, ends), None)
        if near is None and (
            similar := process.extractOne(key, [*known], scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE)
        ):
            near = known[similar[0]]
        if near is not None:
            text = spelled[key][name][1]
            parts = (near if (part := clean(each)) == name else part for each in text.split(";"))
            file_id = genres.texts[text][1]
            yield GroupDoubt(
                check=GENRE_SINGLES,
                about=name,
                detail=f"{near} has {totals.get(genre_key(near, own), 0):,}",
                count=1,
                file_ids=[file_id],
                offers=[
                    Offer(
                        label=f"change to {near}",
                        values={"genre": "; ".join(dict.fromkeys(filter(None, parts)))},
                        file_ids=[file_id],
                    )
                ],
            )


_LATIN_MARKS = re.compile("[\u0300-\u036f]")
_AND = re.compile(r"\s(?:and|&|\+)\s")
_SIGNS = re.compile(r"[\W_]+")
_INVERTED = re.compile(r"([^,&]+), (the|(?!the\b)[^\W\d_]+\.?)", re.IGNORECASE)
_SURE_RATIO = 2
"""A spelling with fewer times the tracks of another is no clear winner, unless only accents or an inversion differ."""
_MOST_OFFERED = 3
_LEAST_WIDER = 5
"""Minimum tracks of a genre to offer it for a longer name: "Hard Techno" is no mistake beside two tracks of Techno."""
_LEAST_ALIKE = 85.0  # RapidFuzz similarity, 0-100: Tecno and Techno score 91, Trip Hop and Hip Hop 77


@dataclass(slots=True)
class _Spelling:
    """A spelling of a name: number of tracks, a track, MusicBrainz ids, and whether the text of an artist has it."""

    count: int = 0
    file_id: int = -1
    ids: frozenset[str] = frozenset()
    is_of_artist: bool = False


def spelling_key(name: str) -> str:
    """Return a key that all spellings share: without case, accents, signs, blanks and "and"; "" if nothing is left.

    "Mø" is not "Mo": a letter without a base letter makes another name. "Beatles, The" is "The Beatles" and
    "Beatles", and "Jackson, Michael" is "Michael Jackson".
    """
    plain = _without_marks(_AND.sub(" ", _upright(name).casefold()))
    return _SIGNS.sub("", unicodedata.normalize("NFC", plain.removeprefix("the ")))


def _without_marks(text: str) -> str:
    return _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", text))


def _upright(name: str) -> str:
    """A name as it is spoken, if it is inverted: "Beatles, The", "Jackson, Michael"; not "Tyler, The Creator"."""
    match = _INVERTED.fullmatch(name)
    return f"{match[2]} {match[1]}" if match else name


def respelled_artist(text: str | None, name: str, whole: Sequence[str]) -> str | None:
    """Respell a name in an artist's text; None if the text has no other spelling of it."""
    new = text or ""
    for names in Credit.split(new, tuple(whole)) if new else ():
        for other in names:
            if other != name and spelling_key(other) == spelling_key(name):
                new = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", lambda _: name, new)
    return None if new == (text or "") else new


def respelled_value(track: Track, name: str, value: str) -> str | None:
    """Respell the genre or artist of a track; None if it has no other spelling."""
    if name == "genre":
        return respelled(track.named_genre(), value, track.genre_names)
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
            if not (key := spelling_key(name)) or (among is not None and key not in among):
                continue
            spelling = spelled[key].setdefault(name, _Spelling())
            spelling.count, spelling.file_id = spelling.count + count, file_id
            spelling.ids |= {artist_id} if isinstance(artist_id, str) else frozenset()
            spelling.is_of_artist |= role in ("main", "featured")
    several = [names for names in spelled.values() if len(names) > 1 and not _are_others([*names.values()])]
    for names in sorted(several, key=lambda names: (-sum(one.count for one in names.values()), min(names))):
        # Typing loses accents, and sorting inverts names.
        ordered = sorted(names, key=lambda name: (_upright(name) != name, name.isascii(), -names[name].count, name))
        first = ordered[0]
        offered = [name for name in ordered if names[name].is_of_artist]
        yield GroupDoubt(
            check=ARTIST_SPELLINGS,
            about=ordered[0],
            detail=", ".join(f"{name} ({names[name].count:,})" for name in ordered),
            count=sum(names[name].count for name in ordered[1:]),
            file_ids=[names[ordered[-1]].file_id],
            is_doubtful=any(
                _has_article(name) != _has_article(first)
                or (names[first].count < _SURE_RATIO * names[name].count and not _is_plain_form(name, first))
                for name in ordered[1:]
            ),
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


def _has_article(name: str) -> bool:
    """Whether a name begins with "The", which may make it another artist's: Band, The Band."""
    return _upright(name).casefold().startswith("the ")


def _is_plain_form(name: str, whole: str) -> bool:
    """True if only accents are missing, or the article is behind."""
    return _without_marks(whole) == (_upright(name) if name.endswith(", The") else name)


def _are_others(spellings: Sequence[_Spelling]) -> bool:
    """True if each spelling has MusicBrainz ids of its own."""
    ids = [artist_id for spelling in spellings for artist_id in spelling.ids]
    return all(spelling.ids for spelling in spellings) and len({*ids}) == len(ids)
