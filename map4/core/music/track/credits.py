"""The credits of a track: the names in its tags and look-ups as a list, each with its role.

A joined name ("Simon & Garfunkel", "AC/DC", "Tyler, The Creator") is never split by guessing. Separate are the values
of a tag, the names that a tagger lists in ARTISTS, and guests after "feat.", "ft." or "featuring".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar, Literal, get_args

from map4.core.base.records import Absent, Record
from map4.core.base.text import MOST_LETTERS, folded, words_of
from map4.core.music.track.tags import Tags

Role = Literal["main", "featured", "remixer", "composer", "producer"]
"""main: an artist of the track; featured: a guest, in the artist or the title."""
ROLES: tuple[Role, ...] = get_args(Role)
CREDITED = ("remixer", "composer", "producer")  # the roles that are fields of a track
WHOLE_NAMES = ("Little Feat",)  # names that a rule would split

_BETWEEN_VALUES = "; "
_SPACES = r"\s\u001c-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""All white space, in a class of a pattern: `\\s` of Postgres may be only ASCII, as its `\\d`."""
# "A Feat of Strength" and "50 Ft. Queenie" name no guests.
_BRACKETS = r"()\[\]（）【】"
_FEATURING = (
    rf"(?!F(?:eaturing|eat|t)[{_SPACES}]+[a-z])(?:[Ff][Ee][Aa][Tt](?:[Uu][Rr][Ii][Nn][Gg])?"
    rf"|(?<!^[0-9][{_SPACES}])(?<!^[0-9][0-9][{_SPACES}])[Ff][Tt])"
    rf"(?:\.[{_SPACES}]*|[{_SPACES}]+)(?=[^{_SPACES}&+,;/)\]）】])"
)
# A bracket that ends with "Mix" names the mixer's guests.
_GUEST = (
    rf"[(\[（【][{_SPACES}]*{_FEATURING}([^{_BRACKETS}]+)[)\]）】]?"
    # Outside of brackets up to a version ("feat. B - Radio Edit").
    rf"|(?<=[^{_SPACES}][{_SPACES}]){_FEATURING}"
    rf"(?![^{_BRACKETS}]*[{_SPACES}](?:[Rr]e-?)?(?:[Mm]ix|[Ee]dit|[Dd]ub)[)\]）】])"
    rf"((?:(?![{_SPACES}][-–—][{_SPACES}]|[{_SPACES}]{_FEATURING})[^{_BRACKETS}])+)"
)
"""A pattern of guests: in brackets the first group, else the second. Postgres reads it too."""
_GUESTS = re.compile(_GUEST)
_JOINERS = frozenset({"and", "feat", "featuring", "ft", "the", "vs", "with", "x"})
_FIRST_MASK = 0xF0000  # private use
_MASK = re.compile("[\U000f0000-\U000f00ff]")
_CACHE_SIZE = 2**14


class Credit(Record):
    """A person or group credited on a track.

    id: at MusicBrainz, if the tags or a look-up have it
    """

    name: str
    role: Role
    id: str | Absent = ...

    SPACES: ClassVar[str] = _SPACES
    GUESTS: ClassVar[str] = _GUEST

    @staticmethod
    def split(text: str, whole: Sequence[str] = WHOLE_NAMES) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The main names and the guests of an artist's text."""
        masked, names = _masked(text, whole)
        mains: list[str] = []
        guests: list[str] = []
        for value in masked.split(_BETWEEN_VALUES):
            of_value = _guests_in(value)
            main = " ".join(_GUESTS.sub(" ", value).split()) if of_value else ""
            guests += of_value if main else ()
            mains.append(main or value.strip())
        return _unmasked(mains, names), _unmasked(guests, names)

    @staticmethod
    def of_tags(tags: Tags) -> tuple[Credit, ...]:
        """The credits that the tags of a file name."""
        others = {role: getattr(tags, role) for role in CREDITED}
        return credits_of(tags.artist, title=tags.title, artists=tags.artists, ids=tags.artist_ids, **others)

    @staticmethod
    def more_words(artist: str | None, listed: Iterable[Credit]) -> str | None:
        """The folded artist with the other names of its credits, for the index of words; None without others."""
        known = {folded(value.strip()) for value in (artist or "").split(_BETWEEN_VALUES)}
        more = [name for credit in listed if (name := folded(credit.name)) not in known]
        if not more:
            return None
        return _BETWEEN_VALUES.join([*([folded(artist)] if artist else []), *dict.fromkeys(more)])[:MOST_LETTERS]

    @staticmethod
    def guests_of(title: str, whole: Sequence[str] = WHOLE_NAMES) -> tuple[str, ...]:
        """The guests that a title names."""
        masked, names = _masked(title, whole)
        return _unmasked(_guests_in(masked), names)


@lru_cache(_CACHE_SIZE)
@lru_cache(_CACHE_SIZE)
def artist_key(text: str | None) -> str:
    """A key that credits of the same main artists share, without guests, case and accents; "" if unknown."""
    mains = Credit.split(text)[0] if text and may_have_guests(text) else (text or "",)
    return folded("; ".join(mains)).strip()


@lru_cache(_CACHE_SIZE)
def may_have_guests(text: str) -> bool:
    """A quick check that rejects most texts without guests."""
    plain = text.lower()
    return "ft" in plain or "feat" in plain


def _guests_in(text: str) -> list[str]:
    return [(match[1] or match[2]).strip() for match in _GUESTS.finditer(text)] if may_have_guests(text) else []


def _masked(text: str, whole: Sequence[str]) -> tuple[str, list[str]]:
    """The text with a letter instead of each name that stays whole, and these names."""
    lower, masked = text.casefold(), list[str]()
    names = sorted((name for name in whole if name and name.casefold() in lower), key=len, reverse=True)
    if not names:
        return text, masked

    def mask(match: re.Match[str]) -> str:
        masked.append(match[0])
        return chr(_FIRST_MASK + min(len(masked), 0x100) - 1)

    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", mask, text, flags=re.IGNORECASE), masked


def _unmasked(texts: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    def name(match: re.Match[str]) -> str:
        place = ord(match[0]) - _FIRST_MASK
        return names[place] if place < len(names) else match[0]

    return tuple(dict.fromkeys(_MASK.sub(name, text) if names else text for text in texts if text))


def values_of(text: str | None, whole: Sequence[str] = WHOLE_NAMES) -> tuple[str, ...]:
    """The values of a tag that is stored as a text."""
    masked, names = _masked(text or "", whole)
    return _unmasked((value.strip() for value in masked.split(_BETWEEN_VALUES)), names)


def name_key(name: str) -> str:
    """A key that all spellings of a name share: without case, accents and signs."""
    return words_of(name) or name


@lru_cache(_CACHE_SIZE)
def credits_of(
    artist: str | None,
    *,
    title: str | None = None,
    artists: str | None = None,
    ids: str | None = None,
    whole: Sequence[str] = WHOLE_NAMES,
    **others: str | None,
) -> tuple[Credit, ...]:
    """The credits of a track: main artists, guests, and the others in the order of `ROLES`.

    artists, ids: the list of the artist's names, and of their MusicBrainz ids, as tagged or looked up
    whole: names that stay whole
    others: the text of each field of `CREDITED`
    """
    mains, guests = Credit.split(artist, whole) if artist else ((), ())
    known, named = values_of(ids), values_of(artists, whole)
    of_title = Credit.guests_of(title, whole) if title and artist else ()
    if artist and len(known) == 1 and not guests and artists in (None, artist):
        mains = named = (artist,)  # a single id, also if the name has a semicolon: "Kairon; IRSE!"
    if len(named) == 1 < len(known) == len(parts := named[0].split("/")):  # several values in ID3v2.3
        named = tuple(part.strip() for part in parts)
    if named:
        as_guests, as_mains = _words((*guests, *of_title)), _words(mains)
        are_guests = [_words([name]) in as_guests and _words([name]) not in as_mains for name in named]
    else:
        named = (*mains, *guests)
        are_guests = [place >= len(mains) for place in range(len(named))]
    if len(known) != len(named):
        known = ()
    listed = [
        _credit(name, "featured" if is_guest else "main", known[place] if known else None)
        for place, (name, is_guest) in enumerate(zip(named, are_guests, strict=True))
    ]
    listed += [_credit(guest, "featured") for guest in (*guests, *of_title) if not covers(guest, named)]
    listed += [_credit(name, role) for role in ROLES if role in CREDITED for name in values_of(others.get(role), whole)]
    return tuple({(name_key(credit.name), credit.role): credit for credit in reversed(listed)}.values())[::-1]


def fitting_list(
    artists: str | None, artist: str | None, *, is_of_same: bool, whole: Sequence[str] = WHOLE_NAMES
) -> str | None:
    """The list of an artist's names, if it is from the source of the artist or consists of the artist's words."""
    return artists if artists and (is_of_same or covers(artist or "", values_of(artists, whole))) else None


def _credit(name: str, role: Role, artist_id: str | None = None) -> Credit:
    return Credit(name=name, role=role) if artist_id is None else Credit(name=name, role=role, id=artist_id)


def _words(names: Iterable[str]) -> str:
    return f" {' '.join(map(words_of, names))} "


def covers(text: str, names: Iterable[str]) -> bool:
    """True if a text is only names in the list and joining words: "B & C" for B and C."""
    rest = f" {words_of(text)} "
    if not rest.strip():
        return text in names
    for name in sorted(map(words_of, names), key=len, reverse=True):
        rest = rest.replace(f" {name} ", "  ") if name else rest
    return _JOINERS.issuperset(rest.split())
