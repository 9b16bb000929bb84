"""What a server is told when it is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from map4.app.paths import is_inside, whole_path
from map4.domain.playlist.call_options import Preset
from map4.domain.playlist.presets import shipped_presets
from map4.domain.track.track import display_path
from map4.errors import LibraryWriteError, Map4Error, UsageError

if TYPE_CHECKING:
    from map4.library import Library

API = "/api/v1"
"""All routes but those of the server itself are below it."""

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine, as seen from it alone."""

MB = 1_000_000


class OutsideMusicError(Map4Error):
    """A path that lies in none of the music folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a server is told.

    library: its file
    open_library: opens it; each thread has one of its own
    music: the folders that may be read, absolute; none takes the folders that were scanned
    program: what commands begin with that findings offer, to name this library
    host, port: where it listens
    presets: of playlists, by name
    jobs, timeout_s: as for a scan, for what is analysed
    exclude: patterns of files that no scan takes
    rescan_s: scan these folders every so many seconds; None never
    providers: settings of providers of metadata, by name
    readers: threads that answer what takes no time
    apart: processes that answer what takes long, which begin with the first question; without, threads do
    most_body_bytes, most_upload_bytes, most_upload_s: longer ones are refused
    header_timeout_s, body_timeout_s, upload_timeout_s: so much of a request has to be there after so long
    requests_per_minute: of each token or session, and of each address that shows none; 0 allows any number; a phone
        that fills its memory asks for each album, as fast as it gets them
    upload_bytes_per_day: of each account; 0 allows any number
    redis: the address of a Redis where several servers count these, and wrong log-ins, together
    """

    library: str
    open_library: Callable[[], Library]
    music: tuple[str, ...] = ()
    program: tuple[str, ...] = ("map4",)
    host: str = "127.0.0.1"
    port: int = 8000
    presets: Mapping[str, Preset] = field(default_factory=shipped_presets)
    jobs: int | None = None
    timeout_s: float | None = None
    exclude: tuple[str, ...] = ()
    rescan_s: float | None = None
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    readers: int = 3
    apart: int = 0
    most_body_bytes: int = MB
    most_upload_bytes: int = 300 * MB
    most_upload_s: float = 2 * 3600.0
    header_timeout_s: float = 10.0
    body_timeout_s: float = 20.0
    upload_timeout_s: float = 300.0
    requests_per_minute: int = 12_000
    upload_bytes_per_day: int = 10_000 * MB
    redis: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.host not in LOCAL_HOSTS:
            raise UsageError(
                f"map4 serve listens on this machine only (--host 127.0.0.1), not on {self.host}: there are no "
                "accounts yet, so that anyone who reaches the port could do everything"
            )

    def open_again(self) -> Library:
        """The library that was there when the server began: none is made in the place of one that has gone."""
        self.require_there()
        return self.open_library()

    def require_there(self) -> None:
        """Refuse to go on without the file of the library."""
        if not os.path.exists(self.library):
            raise LibraryWriteError(f"the library {self.library} is not there any more; is its drive connected?")

    def inside_music(self, library: Library, path: str) -> str:
        """The real path of a file or folder, all links resolved; one outside the music folders is refused.

        path: as it was asked for
        """
        real = os.path.realpath(whole_path(path))
        for folder in self.music or tuple(library.files.folders()):
            root = os.path.realpath(folder)
            if is_inside(real, root):
                return real
        raise OutsideMusicError(
            f"{display_path(path)} lies in none of the music folders; 'map4 serve --music FOLDER' names them"
        )
