"""Checks of albums whose tracks are apart: in several folders, or under several spellings."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import words_of
from map4.core.music.album import album_folder
from map4.core.music.track.fields import FIELDS
from map4.doctor.checks.albums import LEAST_NUMBERED, LEAST_TRACKS, PART_THERE, album_owner, clashes, doubt_about
from map4.doctor.checks.groups import (
    ALBUM_SPELLINGS,
    ALBUM_SPLIT,
    SECOND_NAMES,
    VALUES_WAIT,
    AlbumTrack,
    GroupDoubt,
    Offer,
)

_MOST_NAMED = 3


def album_key(album: str) -> str:
    """Return a key that all spellings of an album share: without case, accents and signs."""
    return words_of(album) or album.casefold()


def part_doubts(tracks: Sequence[AlbumTrack], checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Yield doubts about the tracks whose albums have one key, in any folder."""
    for album in _albums(tracks):
        if ALBUM_SPLIT.name in checks and (folders := _parts(album)):
            count_of = Counter(map(_folder, album))
            detail = ", ".join(f"{count_of[folder]} in {display_path(folder)}" for folder in folders)
            yield doubt_about(ALBUM_SPLIT, album, detail)
        if ALBUM_SPELLINGS.name in checks:
            yield from _spellings(album)


def _albums(tracks: Sequence[AlbumTrack]) -> list[list[AlbumTrack]]:
    """Group tracks by the artist of their album; those of many artists without an album artist may be one album."""
    named: dict[str, list[AlbumTrack]] = defaultdict(list)
    for track in tracks:
        named[album_owner(track)].append(track)
    loose = [track for track in tracks if not track.album_artist]
    if len({album_owner(track) for track in loose}) >= LEAST_TRACKS and not clashes(loose, lambda track: track.path):
        others = [[track for track in album if track.album_artist] for album in named.values()]
        return [loose, *filter(None, others)]
    return [*named.values()]


def _parts(album: Sequence[AlbumTrack]) -> list[str]:
    """Return the folders of an album whose numbers complete each other; empty if it is whole, or has copies."""
    discs: dict[str, set[int | None]] = defaultdict(set)
    for track in album:
        discs[_folder(track)].add(track.disc)
    each = [next(iter(disc_numbers)) for disc_numbers in discs.values() if len(disc_numbers) == 1]
    is_by_disc = len(discs) == len(each) == len({*each} - {None})
    numbers = {(track.disc, track.track) for track in album if track.track}
    if len(discs) < 2 or is_by_disc or len(numbers) < max(LEAST_NUMBERED, len(album)):
        return []
    most = Counter[int | None]()
    for disc, number in numbers:
        most[disc] = max(most[disc], number)
    return sorted(discs) if len(numbers) >= PART_THERE * most.total() else []


def _folder(track: AlbumTrack) -> str:
    return album_folder(os.path.dirname(track.path))


def name_doubts(names: Sequence[tuple[int, str]]) -> Iterator[GroupDoubt]:
    """Yield a doubt about files, given by id and path, if several paths are the same file on the disk now."""
    same: dict[tuple[int, int] | None, list[tuple[int, str]]] = defaultdict(list)
    for file_id, path in names:
        same[OnDisk(path).number()].append((file_id, path))
    for number, files in same.items():
        if number is not None and len(files) > 1:
            first, *others = (display_path(path) for _, path in files)
            offers = [
                Offer(label=f"forget {display_path(path)}", words=("library", "forget", path)) for _, path in files
            ]
            yield GroupDoubt(
                check=SECOND_NAMES, about=first, detail=f"also stored as {', '.join(others)}", count=len(files),
                file_ids=[file_id for file_id, _ in files], offers=offers[::-1],
            )  # fmt: skip


def waiting_doubts(path: str, values: Mapping[str, Any], tracks: Sequence[AlbumTrack]) -> Iterator[GroupDoubt]:
    """Yield a doubt about values that wait for a file which left the library, unless a file has them by now.

    tracks: the present files with its audio
    """
    if any(track.own >= values.keys() for track in tracks):
        return
    summary = ", ".join(f"{FIELDS[name].words} {value}" for name, value in values.items())
    offers = tuple(
        Offer(label=f"for {display_path(track.path)}", values=values, file_ids=[track.file_id])
        for track in tracks[:_MOST_NAMED]
    )
    yield replace(doubt_about(VALUES_WAIT, tracks, f"{summary} waits for its file", offers), about=display_path(path))


def _spellings(album: Sequence[AlbumTrack]) -> Iterator[GroupDoubt]:
    spelled = Counter(track.album for track in album)
    ordered = sorted(spelled.items(), key=lambda item: (-item[1], item[0]))
    changed = {name: [track for track in album if track.album != name] for name, _ in ordered}
    if len(ordered) < 2 or all("album" in track.own for track in changed[ordered[0][0]]):
        return
    offers = tuple(
        Offer(label=f"all {name}", values={"album": name}, file_ids=[track.file_id for track in changed[name]])
        for name, _ in ordered[:_MOST_NAMED]
    )
    detail = ", ".join(f"{name} ({count})" for name, count in ordered)
    yield doubt_about(ALBUM_SPELLINGS, changed[ordered[0][0]], detail, offers, about=album)
