"""Tracks of Discogs' releases, in the form of discogs.com/developers (`/releases/{id}`).

Discogs has releases, not recordings: tracks of the same names and similar length are one recording here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from map4.core.base.text import whole_number, words_of
from map4.extras.lookup.lookup import Appearance, Candidate

_HOMONYM = re.compile(r" \(\d+\)$")  # distinguishes artists or labels of the same name: "Aurora (2)"
_ON_MEDIUM = re.compile(r"(?:\w+[-.: ])?(\d{1,4})")
"""The third track in "3", "1-3" and "CD2-3"; sides of records have letters and are counted."""
_NO_NUMBER, _NO_LABEL, _VARIOUS = "none", "Not On Label", "Various"
NOT_ITS_OWN = frozenset({"Compilation", "Mixed", "Sampler", "Unofficial Release", "Partially Unofficial"})
_SAME_LENGTH_S, _MOST_STYLES = 3, 3
_PLAIN = (" original mix", " original version", " album version")  # suffixes that do not name another version
_JOINERS = frozenset({"and", "feat", "featuring", "ft", "pres", "presents", "the", "vs", "with", "x"})


class Pressing(NamedTuple):
    """A track on a release; `place` counts all tracks of the release, `position` those of its medium, both from 1."""

    release_id: int
    place: int
    position: int
    artist: str
    title: str
    remixer: str
    duration_s: int | None
    album: str
    label: str
    catalog_number: str
    date: str
    genre: str
    is_own: bool

    @property
    def id(self) -> str:
        """Recording id, from its first release."""
        return f"{self.release_id}/{self.place}"


def pressings(release: Mapping[str, Any]) -> Iterator[Pressing]:
    """The tracks of a release."""
    artist, release_id = _credit(release.get("artists")), int(release["id"])
    if not 0 < release_id < 1 << 63:
        raise ValueError("not a release id")
    labels = release.get("labels") or ()
    names = [_HOMONYM.sub("", each.get("name") or "") for each in labels]
    numbers = [each.get("catno") or "" for each in labels]
    label = next((name for name in names if name and not name.startswith(_NO_LABEL)), "")
    number = next((number for number in numbers if number and number.casefold() != _NO_NUMBER), "")
    described = {text for form in release.get("formats") or () for text in form.get("descriptions") or ()}
    tracks = [track for track in _flat(release.get("tracklist") or ()) if track.get("title")]
    for place, track in enumerate(tracks, start=1):
        on_medium = _ON_MEDIUM.fullmatch(track.get("position") or "")
        yield Pressing(
            release_id=release_id,
            place=place,
            position=int(on_medium[1]) if on_medium else place,
            artist=_credit(track.get("artists")) or artist,
            title=str(track["title"]),
            remixer=_credit(
                [artist for artist in track.get("extraartists") or () if "Remix" in (artist.get("role") or "")]
            ),
            duration_s=_seconds(track.get("duration") or ""),
            album=str(release.get("title") or ""),
            label=label,
            catalog_number=number,
            date=str(release.get("released") or "").replace("-00", ""),
            genre="; ".join((release.get("styles") or release.get("genres") or ())[:_MOST_STYLES]),
            is_own=artist != _VARIOUS and not described & NOT_ITS_OWN,
        )


def recordings(pressings: Iterable[Pressing]) -> list[list[Pressing]]:
    """Group tracks into recordings, oldest Discogs entries first: the same names, and lengths within 3 s."""
    by_names: dict[str, list[list[Pressing]]] = {}
    # tracks of unknown length last: they join the first group of their names
    for pressing in sorted(
        set(pressings), key=lambda pressing: (pressing.duration_s is None, pressing.release_id, pressing.place)
    ):
        groups = by_names.setdefault(_names_key(pressing.artist, pressing.title), [])
        group = next((group for group in groups if _is_as_long(group[0], pressing)), None)
        if group is None:
            groups.append(group := [])
        group.append(pressing)
    return [sorted(group) for groups in by_names.values() for group in groups]


def _names_key(artist: str, title: str) -> str:
    """Artists and title in a normalised spelling, with the artists' words sorted."""
    words = words_of(artist).split()
    names = [word for word in words if word not in _JOINERS] or words
    title = words_of(title)
    if title.endswith(_PLAIN):
        title = title.rsplit(maxsplit=2)[0]
    return f"{' '.join(sorted(names))}|{title}"


def candidate_of(recording: Sequence[Pressing]) -> Candidate:
    """A recording with its releases."""
    first = recording[0]
    return Candidate(
        id=first.id,
        artist=first.artist,
        title=first.title,
        duration_s=next((float(pressing.duration_s) for pressing in recording if pressing.duration_s), None),
        appearances=tuple(
            Appearance(
                release_id=str(pressing.release_id),
                title=pressing.album,
                date=pressing.date or None,
                position=pressing.position,
                catalog_numbers=(pressing.catalog_number,) if pressing.catalog_number else (),
                is_own=pressing.is_own,
            )
            for pressing in recording
        ),
    )


def values_of(recording: Sequence[Pressing], release_id: str | None) -> dict[str, Any]:
    """Values of a recording on a release; its first year is the oldest among its releases."""
    chosen = next((pressing for pressing in recording if str(pressing.release_id) == release_id), recording[0])
    years = [year for pressing in recording if (year := whole_number(pressing.date[:4])) is not None]
    values = {
        **{name: getattr(chosen, name) for name in ("artist", "title", "album", "label", "catalog_number", "genre")},
        "remixer": next((pressing.remixer for pressing in (chosen, *recording) if pressing.remixer), ""),
        "release_date": chosen.date,
        "track": chosen.position,
        "original_year": min(years, default=None),
    }
    return {name: value for name, value in values.items() if value}


def _flat(tracks: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Tracks without headings; a track with numbered parts is replaced by its parts."""
    for track in tracks:
        parts = track.get("sub_tracks") or ()
        yield from parts if any(part.get("position") for part in parts) else [track] if track.get("position") else []


def _credit(artists: Iterable[Mapping[str, Any]] | None) -> str:
    text = ""
    for artist in artists or ():
        text += _HOMONYM.sub("", artist["name"])
        join = artist.get("join") or "&"
        text += f"{join} " if join in ",;" else f" {join} "
    return text.removesuffix(", ").removesuffix(" & ").strip()


def _seconds(text: str) -> int | None:
    parts = text.strip().split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdecimal() and len(part) < 5 for part in parts):
        return None
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return seconds or None


def _is_as_long(pressing: Pressing, other: Pressing) -> bool:
    a, b = pressing.duration_s, other.duration_s
    return a is None or b is None or abs(a - b) <= _SAME_LENGTH_S


def joined(number: str) -> str:
    """A catalogue number without characters that vary by spelling."""
    return words_of(number).replace(" ", "")
