"""Planted cases of matching: some hundred by hand, as many made; each file has its recording among others, or not."""

from __future__ import annotations

import random
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery

MADE = 320
"""So many are made, so that at least half are, and some 40 of each kind."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file, the recordings that a provider answers with, and the ids of those that it may be taken for."""

    name: str
    query: LookupQuery
    candidates: tuple[Candidate, ...]
    true_ids: frozenset[str]

    @property
    def is_held_out(self) -> bool:
        """Whether this one was not looked at while thresholds were chosen: a third."""
        return zlib.crc32(self.name.encode()) % 3 == 0


def all_cases() -> list[Case]:
    """Those by hand, and those that are made."""
    return [*by_hand(), *made()]


def by_hand() -> Iterator[Case]:
    text = (Path(__file__).parent / "planted.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            mine, _, others = line.partition("=>")
            candidates, true_ids = [], set()
            for place, other in enumerate(others.split(";;")):
                candidate = _candidate(other.strip().removeprefix("*"), f"{place:08d}")
                candidates.append(candidate)
                if other.strip().startswith("*"):
                    true_ids.add(candidate.id)
            yield Case(line, _query(mine), tuple(candidates), frozenset(true_ids))


def _parts(text: str) -> tuple[str | None, str | None, float | None, dict[str, str]]:
    artist, title, length, more = (*(part.strip() for part in text.split("|")), "", "", "")[:4]
    values: dict[str, str] = {}
    for word in more.split():
        if "=" in word:
            name, _, value = word.partition("=")
            values[name] = value
        else:
            values[name] += f" {word}"
    return artist or None, title or None, float(length) if length else None, values


def _query(text: str) -> LookupQuery:
    artist, title, length_s, more = _parts(text)
    return LookupQuery(
        artist=artist, title=title, duration_s=length_s, isrc=more.get("isrc"), recording_id=more.get("id"),
        album=more.get("album"), catalog_number=more.get("cat"),
        track=int(more["track"]) if "track" in more else None,
    )  # fmt: skip


def _candidate(text: str, plain_id: str) -> Candidate:
    artist, title, length_s, more = _parts(text)
    place = int(more["track"]) if "track" in more else None
    numbers = (more["cat"],) if "cat" in more else ()
    on = Appearance(release_id=f"r{plain_id}", title=more.get("album"), position=place, catalog_numbers=numbers)
    return Candidate(
        id=more.get("id", plain_id), artist=artist, title=title, remark=more.get("remark"), duration_s=length_s,
        isrcs=(more["isrc"],) if "isrc" in more else (), appearances=(on,),
    )  # fmt: skip


_FIRST = (
    "Nova",
    "Amber",
    "Silent",
    "Velvet",
    "Crystal",
    "Broken",
    "Hidden",
    "Electric",
    "Lunar",
    "Golden",
    "Été",
    "Ørsted",
)
_LAST = ("Parade", "Machine", "Garden", "Society", "Pilots", "Assembly", "Wolves", "Orchestra", "Theory", "Brigade")
_WORDS = (
    "river", "signal", "winter", "mirror", "shadow", "engine", "carousel", "harvest", "satellite", "canyon", "lantern",
    "thunder", "paradise", "momentum", "gravity", "horizon", "memory", "cathedral", "diamond", "wildfire",
)  # fmt: skip
_REMIXERS = ("Okafor", "Lindqvist", "Tanaka", "Moreau", "Petrov", "Silva")
_VERSIONS = ("radio edit", "extended mix", "dub mix", "live", "instrumental", "acoustic", "club mix")


def made(seed: int = 22) -> Iterator[Case]:
    """The same recordings each time: a true one, others of its artist and title, and what a tagger makes of a name."""
    chance = random.Random(seed)
    for number in range(MADE):
        artist = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        guest = f"{chance.choice(_FIRST)} {chance.choice(_LAST)} Jr"
        title = " ".join(word.capitalize() for word in chance.sample(_WORDS, 2))
        length_s = chance.uniform(150, 480)
        base = Candidate(id=f"{number}-true", artist=artist, title=title, duration_s=round(length_s, 1))
        remixed = f"{title} ({chance.choice(_REMIXERS)} remix)"
        version = f"{title} ({chance.choice(_VERSIONS)})"
        others = [
            replace(base, id=f"{number}-remix", title=remixed, duration_s=length_s + chance.uniform(-8, 120)),
            replace(base, id=f"{number}-version", title=version, duration_s=length_s + chance.uniform(-60, 60)),
            replace(base, id=f"{number}-title", title=f"{title.split()[0]} {chance.choice(_WORDS).capitalize()}ing"),
            replace(base, id=f"{number}-artist", artist=f"{chance.choice(_LAST)} {chance.choice(_REMIXERS)}"),
        ]
        asked = chance.choice(("plain", "remix", "version", "gone", "wrong length", "guest", "isrc", "remark"))
        true = {"remix": others[0], "version": others[1]}.get(asked, base)
        found = [base, *others]
        query = LookupQuery(
            artist=true.artist, title=true.title, duration_s=(true.duration_s or 0) + chance.uniform(-2.5, 2.5)
        )
        if asked == "gone":  # the provider does not have this one
            found = others
        elif asked == "wrong length":  # the file was cut, or is another take
            query = replace(query, duration_s=(query.duration_s or 0) + chance.choice((-45, 40, 70)))
        elif asked == "guest":
            true = replace(base, artist=f"{artist} feat. {guest}")
            found[0] = true
            query = chance.choice(
                (replace(query, title=f"{title} (feat. {guest})"), replace(query, artist=f"{guest} & {artist}"))
            )
        elif asked == "isrc":
            code = f"DEA{number:09d}"
            true = replace(base, isrcs=(code,))
            found[0] = true
            query = replace(query, isrc=code, duration_s=chance.choice((None, query.duration_s)))
        elif asked == "remark":  # the version stands beside the title
            found = [replace(base, remark=chance.choice(("live, 1998-03-02", "demo", "remix"))), *others]
        chance.shuffle(found)
        name = f"made {number} {asked}: {query.artist} – {query.title}"
        has_none = asked in ("gone", "wrong length", "remark")
        yield Case(name, _typed(query, chance), tuple(found), frozenset() if has_none else frozenset((true.id,)))


def _typed(query: LookupQuery, chance: random.Random) -> LookupQuery:
    """As taggers and people write it."""
    artist, title = query.artist or "", query.title or ""
    how = chance.randrange(8)
    if how == 0:
        artist, title = artist.upper(), title.upper()
    elif how == 1:
        title = title.replace("(", "[").replace(")", "]")
    elif how == 2:
        place = chance.randrange(1, len(title) // 3)
        title = title[:place] + title[place + 1 :]  # a letter is missing
    elif how == 3:
        title = unicodedata.normalize("NFD", title)
        artist = unicodedata.normalize("NFD", artist)
    elif how == 4:
        title += chance.choice((" (Remastered 2009)", " - Remastered", " (Original Mix)" if "(" not in title else ""))
    elif how == 5 and "(" in title and "feat" not in title:
        head, _, tail = title.partition(" (")
        title = f"{head} - {tail.rstrip(')')}"
    return replace(query, artist=artist, title=title)
