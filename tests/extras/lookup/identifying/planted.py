"""Planted cases of matching, by hand: each file has its recording among others, or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery


@dataclass(frozen=True, slots=True)
class Case:
    """A file, the recordings that a provider answers with, and the ids of those that it may be taken for."""

    name: str
    query: LookupQuery
    candidates: tuple[Candidate, ...]
    true_ids: frozenset[str]


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
