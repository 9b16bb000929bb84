"""The files of a library: its folders, ignored files, written files, and a file's audio and cover."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from map4 import plays, search
from map4.care import SqlCare
from map4.core.base.actor import needs, served
from map4.core.base.paths import PathLike, Paths, absolute_path, as_paths, display_path, display_paths, known_names
from map4.core.store.written_files import SqlWrittenFiles, WrittenFile
from map4.errors import NothingFoundError
from map4.library.part import LibraryPart
from map4.scan import folders
from map4.scan.folders import Folder, FolderList
from map4.scan.store import IgnoredFile, SqlIgnoredFiles
from map4.scan.walk import DiskFiles

if TYPE_CHECKING:
    from map4.core.audio.tags.pictures import EmbeddedPicture
    from map4.core.music.analysis.audio import ConvertedFormat
    from map4.core.music.analysis.inside import Strip
    from map4.core.music.track.lyrics import Lyrics
    from map4.core.music.track.track import Track
    from map4.plays import Conversion


class FilesPart(LibraryPart, scope="read"):
    """The files: scanned folders, ignored files, files map4 wrote; cover, lyrics and converted audio of a track."""

    def folders(self) -> list[str]:
        """Return the scanned folders."""
        return list(self._store.tracks.roots())

    @needs("scan")
    def described(self, folders: Paths | None = None) -> tuple[Folder, ...]:
        """Describe folders (default: the scanned folders): number of tracks in each, and when it was scanned."""
        scanned = self._store.tracks.scanned_at()
        roots = self._store.tracks.roots()
        named = list(roots) if folders is None else list(dict.fromkeys(map(absolute_path, as_paths(folders))))
        return tuple(
            Folder(
                path=path,
                name=display_path(os.path.basename(path) or path),
                tracks=count,
                is_scanned=path in scanned,
                scanned_at=scanned.get(path),
                is_there=os.path.isdir(path),
            )
            for path, count in zip(named, self._store.tracks.counts_inside(named), strict=True)
        )

    @needs("scan")
    def folders_in(self, folder: PathLike, within: Sequence[PathLike]) -> FolderList:
        """Return the sub-folders of a folder, to choose one; hidden folders and links out of `within` are left out.

        within: real paths of the folders that may be listed; one of them contains `folder`
        raises NothingFoundError: if it can't be read
        """
        path, allowed = absolute_path(folder), [absolute_path(real) for real in within]
        try:
            with os.scandir(path) as entries:
                shown = islice(entries, folders.MOST_LOOKED_AT)
                names = [entry.name for entry in shown if folders.is_shown(entry, allowed)]
                is_cut = next(entries, None) is not None
        except OSError as error:
            raise NothingFoundError(
                f"{display_path(path)} can't be read ({error.strerror}); choose another folder"
            ) from None
        names.sort(key=lambda name: (name.casefold(), name))
        around = os.path.dirname(path)
        return folders.FolderList(
            folder=path,
            parent=around if around != path and folders.is_inside_any(around, allowed) else None,
            folders=self.described([os.path.join(path, name) for name in names[: folders.MOST_LISTED]]),
            is_cut=is_cut or len(names) > folders.MOST_LISTED,
        )

    def states(self) -> dict[str, int]:
        """Return how many files are in each state."""
        return self._store.part(SqlCare).states()

    @needs("scan")
    def forget(self, tracks: Paths, *, ignore: bool = False) -> int:
        """Remove files from the library and leave them on disk; returns how many were removed.

        Stored lists keep the entries as missing. Measured and set values stay until `care.prune`, so the next scan,
        which finds the files again, is fast.

        tracks: tracks of this library, or names of its tracks (`tracks.named`)
        ignore: skip these files in future scans
        """
        paths = (track.path for track in self._tracks(tracks))
        count = self._store.part(SqlIgnoredFiles).forget(paths, ignore=ignore, now=datetime.now(UTC))
        if count:
            self._note("files-forgotten", files=count)
        return count

    @needs("scan")
    def forget_folder(self, folder: PathLike) -> int:
        """Stop scanning a folder unless it is named; its absent files become missing; returns how many did.

        raises NothingFoundError: if it is not a scanned folder
        """
        roots = self._store.tracks.roots()
        [root] = known_names([folder], roots)
        if root not in roots:
            listed = f"; there are {display_paths(list(roots))}" if roots else ""
            raise NothingFoundError(f"{display_path(root)} is not a scanned folder{listed}")
        self._store.tracks.remove_root(root)
        files = DiskFiles()
        gone = [path for path in self._store.tracks.present_inside(root, without=()) if not files.exists(path)]
        self._store.tracks.mark_missing(gone, now=datetime.now(UTC))
        self._note("folder-forgotten", folder=display_path(root))
        return len(gone)

    @served("GET", "/ignored", "The files that scans ignore, as `map4 library forget --list`.",
            record="map4.scan.store:IgnoredFileList", queue="quick", cache="alike")  # fmt: skip
    def ignored(self) -> list[IgnoredFile]:
        """Return the files that scans leave out, by path."""
        return self._store.part(SqlIgnoredFiles).all()

    @needs("scan")
    @served("DELETE", "/ignored", "Stop ignoring files in scans, as `map4 library forget --undo`.",
            {"path:paths": (list[str], ...)}, shows="ignored", record="map4.scan.store:IgnoredFileList", queue="write",
            example={"path": ["{music}/one.wav", "{music}/again.wav"]})  # fmt: skip
    def unignore(self, paths: Paths) -> list[str]:
        """Include ignored files in scans again; returns the files that were ignored.

        raises NothingFoundError: if none of them was ignored
        """
        wanted = as_paths(paths)
        restored = self._store.part(SqlIgnoredFiles).unignore(known_names(wanted, self._store.tracks.roots()))
        if wanted and not restored:
            raise NothingFoundError("none of these files is ignored; see 'map4 library forget --list'")
        if restored:
            self._note("files-heeded", files=len(restored))
        return restored

    @served("GET", "/exports", "The files that map4 wrote, as `map4 export history`.",
            record="map4.exports.options:ExportHistory")  # fmt: skip
    def written(self) -> list[WrittenFile]:
        """Return the files that map4 wrote, newest first: exports, lists, and reports of checks."""
        return self._store.part(SqlWrittenFiles).all()

    def cover(self, path: PathLike, *, side_px: int | None = None) -> EmbeddedPicture | None:
        """Return the picture of a file: from its tags, else its folder, else a thumbnail that `map4 lookup` got.

        side_px: scale it down to this size, as JPEG; None returns it unchanged
        """
        return search.cover_of_track(absolute_path(path), self._store, side_px)

    def lyrics(self, path: PathLike) -> Lyrics | None:
        """Return the lyrics of a song, from a `.lrc` or `.txt` file beside it or from its tags; None without any."""
        from map4.core.audio.tags.lyrics import lyrics_of

        return lyrics_of(absolute_path(path))

    def strip(
        self,
        track: Track,
        from_s: float = 0.0,
        to_s: float = math.inf,
        *,
        points: int = 1024,
        address: str = "",
        timeout_s: float | None = None,
    ) -> Strip:
        """Return part of a track's strip at up to 200 points a second; decoded once, then cached in the user's cache
        folder.

        track: of this library
        points: maximum number of points
        address: the `id` in the answer; default: the audio id
        raises UsageError: if the part is empty or outside the track
        raises FileError: if its audio was never identified, or can't be decoded
        """
        named = address or track.audio_id or ""
        return plays.strip_of(self._services, track, named, (from_s, to_s), points, timeout_s=timeout_s)

    def converted(
        self,
        track: Track,
        form: ConvertedFormat,
        part_s: tuple[float, float] | None = None,
        *,
        speed: float = 1.0,
        kbps: int | None = None,
        timeout_s: float | None = None,
    ) -> str:
        """Return the path of a track's audio as "opus", "mp3" or "wav" in the user's cache folder; made only once.

        track: of this library
        part_s: start and end, at most four minutes, exact to the sample as "wav"; None is the whole track
        speed: tempo factor of a part, 0.5 to 2, at the same pitch (the extra `stretch`)
        kbps: average bit rate: for "opus" 32, 64, 96, 128 or 192, for "mp3" also 256; None is the default (128, 256)
        timeout_s: as for `scan`
        raises UsageError: if there is no such part or bit rate, or its pitch can't be kept
        raises FileError: if its audio was never identified, or can't be decoded
        raises Map4Error: if the cache folder can't be written
        """
        return self.conversion(track, form, part_s, speed=speed, kbps=kbps, timeout_s=timeout_s).made()

    def conversion(
        self, track: Track, form: ConvertedFormat, part_s: tuple[float, float | None] | None = None, **how: Any
    ) -> Conversion:
        """Return the conversion of a track's audio, not begun, for callers that read it while it is written.

        part_s: as for `converted`; without an end, to that of the track, however long
        how: as for `converted`
        """
        return plays.Conversion.of(self._services, track, form, part_s, **how)
