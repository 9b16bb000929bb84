"""What an album is: the files of a folder, and of its folders of discs, with one album name; and its loudness."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

_DISC_FOLDER = re.compile(r"(?:cd|dis[ck])[ _-]*(\d{1,2})", re.IGNORECASE)
_FOLDERS = 2**14  # whose discs are cached
_GATE_LU = 10.0  # EBU Tech 3341: what is quieter than this below the mean does not count


@lru_cache(maxsize=_FOLDERS)
def _disc_of_folder(folder: str) -> int | None:
    """The number of a folder that is named like a disc of an album: `CD 1`, `Disc 02`; else None."""
    name = os.path.basename(folder)
    return int(found[1]) if name[:1] in "cdCD" and (found := _DISC_FOLDER.fullmatch(name)) else None


def album_folder(folder: str) -> str:
    """The folder of the album that a file in this folder belongs to: above the folder of a disc."""
    return folder if _disc_of_folder(folder) is None else os.path.dirname(folder)


def album_of(folder: str, name: str) -> tuple[str, str]:
    """What all files of an album share, from the folder and the album name of any."""
    return album_folder(folder), name.casefold()


@dataclass(frozen=True, slots=True)
class AlbumPlace:
    """The place of a track: its album as `album_of` has it, its disc, and its number there."""

    album: tuple[str, str]
    disc: int
    number: int

    @staticmethod
    def disc_of(folder: str, disc: int | None) -> int | None:
        """The disc of a file in this folder; if it is unknown, the number in the name of the folder."""
        return disc or _disc_of_folder(folder)

    def beside(self, step: int) -> AlbumPlace:
        """The place `step` tracks later on the disc."""
        return AlbumPlace(self.album, self.disc, self.number + step)


@dataclass(frozen=True, slots=True)
class Segue:
    """How the sound of a track goes on in the next: where it ends in the first, and where it begins in the second.

    These are the ends of the files, or a little inside if they do not state the delay of their encoder.
    """

    VERSION: ClassVar[int] = 1
    """The version of the rule that compares two neighbours; results of other versions are ignored."""

    leave_s: float
    enter_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumLevel:
    """The level of an album.

    gain_db: gain to -18 LUFS that keeps the differences between its tracks
    peak_dbtp: the highest true peak; None if unknown
    """

    REPLAYGAIN_LUFS: ClassVar[float] = -18.0
    """The target loudness of ReplayGain 2.0."""

    gain_db: float
    peak_dbtp: float | None

    @classmethod
    def of(cls, tracks: Iterable[TrackLevel]) -> AlbumLevel | None:
        """Return the level of an album, as if its tracks were played one after the other; None without any.

        Tracks are gated as a whole: those 10 LU below the mean don't count.
        """
        tracks = [track for track in tracks if track.duration_s > 0.0]
        if not tracks:
            return None
        least_lufs = _mean_lufs(tracks) - _GATE_LU
        loud = [track for track in tracks if track.loudness_lufs > least_lufs]
        return cls(
            gain_db=round(AlbumLevel.REPLAYGAIN_LUFS - _mean_lufs(loud), 2),
            peak_dbtp=max((track.peak_dbtp for track in tracks if track.peak_dbtp is not None), default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLevel:
    """The level of a track: LUFS, dBTP (None if unknown) and seconds."""

    loudness_lufs: float
    peak_dbtp: float | None
    duration_s: float


def _mean_lufs(tracks: Iterable[TrackLevel]) -> float:
    energies = [(track.duration_s * 10.0 ** (track.loudness_lufs / 10.0), track.duration_s) for track in tracks]
    return 10.0 * math.log10(sum(energy for energy, _ in energies) / sum(duration_s for _, duration_s in energies))
