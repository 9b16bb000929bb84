"""Group files with the same recording by audio id, sound and name, and versions of a song; choose copies to keep."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from map4.core.base.paths import display_path
from map4.core.base.text import folded
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.placeholders import Placeholder
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
    firsts: list[list[FileFacts]] = []  # of each kind in a group: thousands of copies may be of one kind
    group_of: dict[object, int] = {}
    files = list(files)
    for file, kind in zip(files, _kinds(files), strict=True):
        if kind not in group_of:
            known = enumerate(firsts)
            at = next((at for at, others in known if not any(_are_apart(file, other) for other in others)), len(groups))
            if at == len(groups):
                groups.append([])
                firsts.append([])
            group_of[kind] = at
            firsts[at].append(file)
        groups[group_of[kind]].append(file)
    return [group for group in groups if len(group) > 1]


def _kinds(files: Sequence[FileFacts]) -> Iterator[object]:
    """Yield all that `_are_apart` reads of each file."""
    has_silence, are_tracks = any(file.is_silent for file in files), all(file.track for file in files)
    for file in files:
        numbers = numbers_of_name(file.path) if not are_tracks and (file.album or has_silence) else None
        named = numbers and (numbers, os.path.dirname(file.path))
        yield is_stems(file.path), file.is_silent, file.disc_number, _place(file), named


def _are_apart(file: FileFacts, other: FileFacts) -> bool:
    """True if two files are not copies of each other though they sound the same. What it reads is in `_kinds`."""
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


_LOSSLESS, _UNPACKED = 90, 85
"""FLAC 16/44, and WAV of the same samples, which takes twice the space and seldom has tags."""
_MORE_BITS, _MORE_RATE, _LESS = 4, 4, 6
_CD_BITS, _CD_RATE_HZ, _HIGH_RATE_HZ, _LOW_RATE_HZ = 16, 44_100, 88_200, 32_000
# MP3 bit rates in kbit/s at two points of the scale, which is logarithmic between and beyond them.
_LOW_KBPS, _LOW_QUALITY, _HIGH_KBPS, _HIGH_QUALITY = 128.0, 55.0, 320.0, 75.0
_LEAST_LOSSY, _MOST_LOSSY = 20, 78  # below WAV, even at the highest bit rates
_UNKNOWN = 50
_ALIKE = 2  # of two parts of a file, as the rate varies


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """The facts about a file for the choice between copies.

    is_damaged: whether parts of it can't be decoded, or are missing
    is_silent: whether it contains no sound
    is_tag_broken: whether a tag at its beginning ends elsewhere than it says
    is_upscaled: whether it was made from a lossy file with fewer bits; None if unknown
    tags: number of usual tags that it has, or that the user set for it
    cues: number of imported cue points
    rating: stars, 0-5; None without a rating
    lists: number of stored playlists that contain it
    is_set: whether the user set values of the recording
    album_neighbours: number of other tracks of its album in its folder
    is_gone: whether the file is missing
    """

    file_id: int
    audio_id: str
    path: str
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    disc_number: int | None = None
    track: int | None = None
    advisory: str | None = None
    duration_s: float | None = None
    codec: str | None = None
    sample_rate_hz: int | None = None
    bits: int | None = None
    channels: int | None = None
    bit_rate_bps: float | None = None
    is_damaged: bool = False
    is_silent: bool = False
    is_tag_broken: bool = False
    is_upscaled: bool | None = None
    tags: int = 0
    cues: int = 0
    rating: float | None = None
    lists: int = 0
    is_set: bool = False
    album_neighbours: int = 0
    is_gone: bool = False

    @property
    def is_lossless(self) -> bool:
        """Return whether its codec keeps every sample."""
        return self.codec in AudioFormat.LOSSLESS_CODECS


def quality(file: FileFacts) -> int:
    """Rate how good the sound of a file can be, 0-100.

    FLAC 16 bit 44.1 kHz is 90, WAV 85, MP3 at 320 kbit/s 75 and at 128 kbit/s 55; more bits and rates count a little
    more. A file made from a lossy file with fewer bits has at most 55.
    """
    value = _lossless_quality(file) if file.is_lossless else _lossy_quality(file)
    return min(value, round(_LOW_QUALITY)) if file.is_upscaled else value  # what its source lost can not come back


def _lossless_quality(file: FileFacts) -> int:
    value = _UNPACKED if file.codec == "pcm" else _LOSSLESS
    if (file.bits or _CD_BITS) > _CD_BITS:
        value += _MORE_BITS
    if (file.sample_rate_hz or _CD_RATE_HZ) >= _HIGH_RATE_HZ:
        value += _MORE_RATE
    if (file.sample_rate_hz or _CD_RATE_HZ) < _LOW_RATE_HZ or (file.bits or _CD_BITS) < _CD_BITS:
        value -= _LESS
    return value


def _lossy_quality(file: FileFacts) -> int:
    if not file.bit_rate_bps:
        return _UNKNOWN
    kbps = AudioFormat.mp3_bps(file.codec, file.bit_rate_bps, file.channels) / 1000.0
    # Each further doubling of the rate is heard less.
    octaves = math.log2(kbps / _LOW_KBPS) / math.log2(_HIGH_KBPS * AudioFormat.NEARLY_THE_RATE / _LOW_KBPS)
    value = _LOW_QUALITY + octaves * (_HIGH_QUALITY - _LOW_QUALITY)
    # An old codec gains nothing beyond MP3 at 320 kbit/s.
    if value > _HIGH_QUALITY and file.codec in AudioFormat.LOSSY_OLD:
        value = _HIGH_QUALITY
    return round(min(max(value, _LEAST_LOSSY), _MOST_LOSSY))


_SUFFIXES = {"mp3": ".mp3", "flac": ".flac"}
# As programs name copies: "x copy 2", "x - Copy (2)", "x (copy)", "Copy of x", "x (1)", "x 1".
_COPY = "|".join(Placeholder.COPY_WORDS)
_NAMED_AS_COPY = re.compile(
    rf"^(?:{_COPY}) (?:of|von|de|di) |[ _(-](?:{_COPY})\)?(?: \d+| \(\d+\))?$|\(\d{{1,2}}\)$| \d$", re.IGNORECASE
)
_REASONS = {
    0: "you chose it", 1: "the others are damaged", 3: "the others were made from lossy files",
    4: "the others are shorter", 7: "the others are named like copies", 9: "it has a rating",
    11: "you set values for it", 12: "its tags say more", 13: "its suffix is that of its format",
    14: "they are equally good; it has the shortest name", 15: "they are equally good; its path comes first",
}  # fmt: skip
"""Reasons by the place of the first difference in `CopyChoice._rank`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyChoice:
    """How to choose the copy to keep.

    keep: files (ids) that are always kept
    preferred: folders with the files (ids) in each; their files are kept before others, in the order of the folders
    """

    keep: frozenset[int] = frozenset()
    preferred: Sequence[tuple[str, frozenset[int]]] = ()

    def ordered(self, files: Iterable[FileFacts]) -> list[FileFacts]:
        # Of equal files, `unlike` keeps the file with most additions, which shows the others as cut.
        files = sorted(files, key=_additions, reverse=True)
        unlike = {(*self._rank_before_lengths(one), one.codec, one.duration_s, quality(one)): one for one in files}
        return sorted(files, key=lambda file: self._rank(file, unlike.values()))

    def why(self, ordered: Sequence[FileFacts]) -> str:
        """Return why the first file is to be kept, in a sentence."""
        first, second = ordered[0], ordered[1]
        mine, other = self._rank(first, ordered), self._rank(second, ordered)
        place = next((i for i, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b), len(mine) - 1)
        match place:
            case 2:
                return f"it is in {self._folder_of(first)}, which you prefer"
            case 5:
                return _sound_reason(first, second)
            case 6:
                more = "more" if second.album_neighbours else "other"
                return f"{more} tracks of its album are in its folder: {first.album_neighbours}"
            case 8:
                return f"it has more cue points: {first.cues}" if second.cues else "only it has cue points"
            case 10:
                return "it is in more lists" if second.lists else "the others are in no list"
        return _REASONS[place]

    def _rank(self, file: FileFacts, files: Iterable[FileFacts]) -> tuple[Any, ...]:
        name, before = os.path.basename(file.path), self._rank_before_lengths(file)
        match = _NAMED_AS_COPY.search(os.path.splitext(name)[0])
        return (
            *before,
            # Compared only among files that tie so far, as a longer one may be damaged.
            any(_is_cut(file, other) for other in files if self._rank_before_lengths(other) == before),
            (-quality(file), file.is_tag_broken),
            -file.album_neighbours,
            match is not None and not (file.title or "").casefold().endswith(match[0].strip(" _-").casefold()),
            *_additions(file),
            not name.lower().endswith(_SUFFIXES.get(file.codec or "", "")),
            len(name),  # the shortest name: programs append to names of copies
            file.path,
        )

    def _rank_before_lengths(self, file: FileFacts) -> tuple[bool | int, ...]:
        # The choice of the user counts before everything.
        return file.file_id not in self.keep, file.is_damaged, self._place(file), file.is_upscaled is True

    def _place(self, file: FileFacts) -> int:
        """Return the number of the first preferred folder with the file."""
        inside = (i for i, (_, files) in enumerate(self.preferred) if file.file_id in files)
        return next(inside, len(self.preferred))

    def _folder_of(self, file: FileFacts) -> str:
        place = self._place(file)
        return display_path(self.preferred[place][0]) if place < len(self.preferred) else ""


def _additions(file: FileFacts) -> tuple[bool | int, ...]:
    return -file.cues, file.rating is None, -file.lists, not file.is_set, -file.tags


def _is_cut(file: FileFacts, other: FileFacts) -> bool:
    """Return whether a file seems to be the other one, cut: the same format, shorter, and nothing else in its favour.

    Some formats state no length, so a cut file is not known as damaged.
    """
    if file.duration_s is None or other.duration_s is None or file.codec != other.codec:
        return False
    is_shorter = other.duration_s - file.duration_s >= _LENGTH_SHOWN_S
    return is_shorter and abs(quality(file) - quality(other)) <= _ALIKE and _additions(other) <= _additions(file)


def _sound_reason(first: FileFacts, second: FileFacts) -> str:
    if quality(first) == quality(second):
        return "the others begin with a broken tag"
    if first.is_lossless and not second.is_lossless:
        return "it is lossless"
    if first.is_lossless:
        more = (first.bits or 0, first.sample_rate_hz or 0) > (second.bits or 0, second.sample_rate_hz or 0)
        return f"it has more detail: {format_text(first)}" if more else f"{format_text(first)} holds the same, packed"
    if first.codec == second.codec:
        return f"it has more bits: {format_text(first)} against {format_text(second)}"
    return f"its codec and bits keep more of the sound: {format_text(first)} against {format_text(second)}"


def format_text(file: FileFacts) -> str:
    """Format a codec: `FLAC 24 bit 96 kHz`, `MP3 320 kbit/s`."""
    if file.codec is None:
        return "unknown format"
    name = "WAV/AIFF" if file.codec == "pcm" else file.codec.upper()
    if file.is_lossless:
        bits = f" {file.bits} bit" if file.bits else ""
        rate = f" {file.sample_rate_hz / 1000:g} kHz" if file.sample_rate_hz else ""
        return f"{name}{bits}{rate}"
    return f"{name} {file.bit_rate_bps / 1000:.0f} kbit/s" if file.bit_rate_bps else name


def remarks(file: FileFacts, kept_file: FileFacts) -> tuple[str, ...]:
    """Return advantages and disadvantages of a file, and its differences from the kept copy, in plain words."""
    notes = [format_text(file)]
    if file.is_damaged:
        notes.append("damaged")
    if file.is_upscaled:
        notes.append("upscaled")
    if file is not kept_file and file.audio_id == kept_file.audio_id:
        notes.append("same audio")
    if file.duration_s is not None and kept_file.duration_s is not None:
        longer_s = file.duration_s - kept_file.duration_s
        if abs(longer_s) >= _LENGTH_SHOWN_S:
            notes.append(f"{abs(longer_s):.0f} s {'longer' if longer_s > 0 else 'shorter'}")
    if file.cues:
        notes.append(f"{file.cues} cue point{'' if file.cues == 1 else 's'}")
    if file.rating is not None:
        notes.append(f"rated {file.rating:g}")
    if file.lists:
        notes.append(f"in {file.lists} list{'' if file.lists == 1 else 's'}")
    if file.is_set:
        notes.append("values of yours")
    return tuple(notes)


_LENGTH_SHOWN_S = 1.0
