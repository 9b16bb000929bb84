"""Group files with the same recording by audio id, sound and name, and versions of a song."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from map4.core.base.text import folded
from map4.duplicates.finding.choice import CopyChoice, FileFacts
from map4.duplicates.records import GroupKind
from map4.search import SongName, is_stems

SURE = 0.9  # from this certainty on, similar sounds are the same recording; below they are only likely the same
# Certainty by error rate of two fingerprints, linear in between. Measured (docs/doctor.md).
_CERTAINTIES = ((0.0, 0.999), (0.15, 0.99), (0.20, SURE), (0.30, 0.5), (0.38, 0.0))
MOST_ALONE_S = 15.0
"""Maximum sound that another copy lacks: 5 s cut at either end, and what fingerprints lose at ends. With
more it is an edit."""
LEAST_LIKELY = 0.5  # less certain names or sounds form no group
_NUMBERS_OF_NAME = re.compile(r"^(?:disc\s*)?(?:(\d{1,2})[-.])?([a-h]?\d{1,3})(?=\s*[.\-_)]|\s)", re.IGNORECASE)


class NamedFile(NamedTuple):
    """The names and numbers in a file's tags."""

    file_id: int
    audio_id: str
    path: str
    artist: str | None
    title: str | None
    isrc: str | None
    catalog_number: str | None
    album: str | None
    disc_number: int | None
    track: int | None
    duration_s: float | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> NamedFile:
        """The file of a row with these columns, the path as bytes, and others after them."""
        file_id, audio_id, path, artist, title, isrc, catalog, album, disc, track, duration_s, *_ = row
        # A text instead of a number is damage, which is reported when the row is read.
        length = None if duration_s is None else float(duration_s)
        return cls(file_id, audio_id, os.fsdecode(path), artist, title, isrc, catalog, album, disc, track, length)


@dataclass(frozen=True, slots=True)
class SoundPair:
    """Two recordings (audio ids) with similar fingerprints; see `sound_keys.FingerprintMatch`."""

    first: str
    second: str
    error_rate: float
    alone_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyGroup:
    """Files of a group, the copy to keep first, with the certainty of each; see `map4.duplicates.records`."""

    kind: GroupKind
    files: tuple[FileFacts, ...]
    certainties: tuple[float, ...]


def certainty_of_sound(error_rate: float) -> float:
    """Return the certainty (0-1) that two fingerprints with this share of differing bits are of the same recording."""
    for (x0, y0), (x1, y1) in pairwise(_CERTAINTIES):
        if error_rate <= x1:
            return round(y0 + (y1 - y0) * (error_rate - x0) / (x1 - x0), 4)
    return 0.0


def same_recordings(
    files: Iterable[FileFacts], pairs: Iterable[SoundPair], choice: CopyChoice, *, by_sound: bool = True
) -> list[CopyGroup]:
    """Group files with the same audio or the same sound.

    files: files whose audio id others also have, or that is in `pairs`; other files are in no group
    by_sound: False groups only by audio id
    """
    of_audio: dict[str, list[FileFacts]] = {}
    for file in files:
        of_audio.setdefault(file.audio_id, []).append(file)
    edges = _edges(of_audio, pairs) if by_sound else {}
    groups = []
    for audio_ids in _stars(of_audio, edges, choice, SURE):
        for members in _tracks_apart(choice.ordered(file for name in audio_ids for file in of_audio[name])):
            is_one = len({file.audio_id for file in members}) == 1
            kind: GroupKind = "same_audio" if is_one else "same_recording"
            certainties = tuple(1.0 if is_one else audio_ids[file.audio_id] for file in members)
            groups.append(CopyGroup(kind=kind, files=tuple(members), certainties=certainties))
    return groups


def _tracks_apart(files: Iterable[FileFacts]) -> list[list[FileFacts]]:
    """Split files into groups of copies; files without copies are left out."""
    groups: list[list[FileFacts]] = []
    for file in files:
        mine = next((group for group in groups if not any(_are_apart(file, other) for other in group)), None)
        if mine is None:
            groups.append([file])
        else:
            mine.append(file)
    return [group for group in groups if len(group) > 1]


def _are_apart(file: FileFacts, other: FileFacts) -> bool:
    """True if two files are not copies of each other though they sound the same."""
    if is_stems(file.path) != is_stems(other.path) or are_two_tracks(file, other):
        return True
    # Silence is the same everywhere: only its place on an album identifies it.
    is_elsewhere = _place(file) != _place(other) or (not file.track and _are_numbered_apart(file, other))
    return (file.is_silent or other.is_silent) and is_elsewhere


def _place(file: FileFacts | NamedFile) -> tuple[str, int | None, int | None]:
    return folded(file.album or ""), file.disc_number or 1, file.track


def numbers_of_name(path: str) -> tuple[str, str] | None:
    """Return disc (empty if unknown) and track from the start of a file name ("2-03 Song.flac", "B1 Song.flac")."""
    match = _NUMBERS_OF_NAME.match(os.path.basename(path))
    return None if match is None else ((match[1] or "").lstrip("0"), match[2].casefold().lstrip("0"))


def are_two_tracks(file: FileFacts | NamedFile, other: FileFacts | NamedFile) -> bool:
    """True if two files are different tracks of an album, by their tags, or else by the numbers in their names."""
    if not file.album or not other.album or folded(file.album) != folded(other.album):
        return False
    if file.disc_number and other.disc_number and file.disc_number != other.disc_number:
        return True
    return file.track != other.track if file.track and other.track else _are_numbered_apart(file, other)


def _are_numbered_apart(file: FileFacts | NamedFile, other: FileFacts | NamedFile) -> bool:
    """True if the names of two files in a folder begin with different track numbers."""
    mine, theirs = numbers_of_name(file.path), numbers_of_name(other.path)
    is_one_folder = os.path.dirname(file.path) == os.path.dirname(other.path)
    return is_one_folder and mine is not None and theirs is not None and mine != theirs


def linked_groups(
    kind: GroupKind, files: Iterable[FileFacts], links: Iterable[tuple[str, str, float]], choice: CopyChoice
) -> list[CopyGroup]:
    """Group files that are joined by links, one file per recording.

    links: two audio ids, and the certainty that they belong together
    """
    of_audio = {file.audio_id: [file] for file in files}
    edges: dict[str, dict[str, float]] = {}
    for first, second, certainty in links:
        if first in of_audio and second in of_audio:
            for mine, other in ((first, second), (second, first)):
                known = edges.setdefault(mine, {})
                known[other] = max(certainty, known.get(other, 0.0))
    groups = []
    for audio_ids in _stars({name: of_audio[name] for name in edges}, edges, choice, LEAST_LIKELY):
        members = choice.ordered(file for audio_id in audio_ids for file in of_audio[audio_id])
        if len(members) > 1:
            certainties = tuple(audio_ids[file.audio_id] for file in members)
            groups.append(CopyGroup(kind=kind, files=tuple(members), certainties=certainties))
    return groups


_Edges = Mapping[str, Mapping[str, float]]


def _stars(
    of_audio: Mapping[str, Sequence[FileFacts]], edges: _Edges, choice: CopyChoice, least: float
) -> Iterator[dict[str, float]]:
    """Yield groups of recordings, each with its certainty relative to the file to keep."""
    done: set[str] = set()
    for audio_id in of_audio:
        left = _reached(audio_id, edges) if audio_id not in done else set()
        done.update(left)
        while left:
            # Sameness is not transitive: only files that are surely the same as the kept file stay in its group.
            kept_file = choice.ordered(file for name in left for file in of_audio[name])[0]
            sure = {
                name: certainty
                for name, certainty in _certainties(kept_file.audio_id, edges, left).items()
                if certainty >= least
            }
            yield sure
            left = left - sure.keys()


def _edges(of_audio: Mapping[str, Sequence[FileFacts]], pairs: Iterable[SoundPair]) -> _Edges:
    """Return for each recording those that sound the same and have the same version name, with their certainty."""
    edges: dict[str, dict[str, float]] = {}
    for pair in pairs:
        mine, other = of_audio.get(pair.first), of_audio.get(pair.second)
        certainty = certainty_of_sound(pair.error_rate)
        if not mine or not other or certainty < SURE or pair.alone_s > MOST_ALONE_S:
            continue
        if _versions(mine).isdisjoint(_versions(other)):
            continue
        edges.setdefault(pair.first, {})[pair.second] = certainty
        edges.setdefault(pair.second, {})[pair.first] = certainty
    return edges


def _versions(files: Iterable[FileFacts]) -> set[frozenset[str]]:
    return {name_of(file).version for file in files}


def name_of(file: FileFacts) -> SongName:
    """Return artist, title and version from a file's tags or name."""
    return SongName.of(file.artist, file.title, file.path, advisory=file.advisory)


def _reached(start: str, edges: _Edges) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in edges.get(waiting.pop(), {}):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


def _certainties(start: str, edges: _Edges, among: Collection[str]) -> dict[str, float]:
    """Return the certainty that each is the same as the first: the best product along any path, as copies may only be
    linked through others."""
    certainties, waiting = {start: 1.0}, [start]
    while waiting:
        here = waiting.pop(0)
        for other, certainty in edges.get(here, {}).items():
            along = round(certainties[here] * certainty, 4)
            if other in among and along > certainties.get(other, 0.0):
                certainties[other] = along
                waiting.append(other)
    return certainties
