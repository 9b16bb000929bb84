"""What a server is told when it is started."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal

from map4.base.given_paths import is_inside, whole_path
from map4.errors import LibraryWriteError, Map4Error, UsageError
from map4.lists import Preset, shipped_presets
from map4.music.analysis.key import Notation
from map4.music.track.track import display_path
from map4.scan import MachineOptions, named_on_disk
from map4.server.tls import Tls
from map4.store.backups import BackupOptions

if TYPE_CHECKING:
    from map4.library import Library

API = "/api/v1"
"""All routes but those of the server itself are below it."""

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine, as seen from it alone."""

NewAccounts = Literal["no", "viewer", "user"]

MB = 1_000_000
MOST_CONNECTIONS = 2_000

LOG_DAYS: Mapping[str, float] = {"info": 7, "warning": 30, "error": 90}


def is_address(host: str) -> bool:
    """Whether a server may be told to listen there: at an address, since a name may come to mean another."""
    try:
        return host == "localhost" or bool(ip_address(host))
    except ValueError:
        return False


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
    tls: the certificate that it shows, and how old a client may be; without, it speaks plain HTTP
    proxies: addresses and networks of proxies, whose word counts about who asks
    plain_http: whether others may ask without TLS and without a proxy
    allow_origins: of pages of other hosts that may ask; "null" is that of pages without one, such as files
    base_path: what its addresses begin with, without a slash at the end; empty at the root of its host
    user_header: in which a proxy names who asks, whom it knows already
    metrics_from: addresses and networks that may read /metrics without showing who asks
    log: "text": what is wrong on stderr; "json": lines on stdout; or a folder of such lines
    log_days: so many days lines of each level are kept there
    new_accounts: the role of accounts that are made for names it has not heard before; "no" makes none
    presets: of playlists, by name
    jobs, timeout_s: as for a scan, for what is analysed
    machines: where jobs have files analysed
    exclude: patterns of files that no scan takes
    scans_new: scan the folders of `music` at once if the library was never scanned
    rescan_s: scan these folders every so many seconds; None never
    backup: where a backup of each day goes; None makes none
    notation: of keys, for pages
    models: language models by name, as in the setting classify.models
    readers: threads that answer what takes no time
    apart: processes that answer what takes long, which begin with the first question; without, threads do
    most_body_bytes, most_upload_bytes, most_upload_s: longer ones are refused
    most_set_bytes, most_set_s: of a recorded set that is sent to be un-mixed
    header_timeout_s, body_timeout_s, upload_timeout_s, set_timeout_s: so much of a request is there after so long
    most_connections: that are open at once; `map4 serve` lowers it to what its limit of open files allows
    admin_password_file: holds the password of the first admin, where there is no account
    requests_per_minute: of each token or session, and of each address that shows none; 0 allows any number; a phone
        that fills its memory asks for each album, as fast as it gets them
    upload_bytes_per_day: of each account; 0 allows any number
    config: values of settings by their names, of which extras read theirs
    key: what the page shows that was opened for who sits at this machine, as long as there are no accounts; another
        one in each run
    """

    library: str | None
    open_library: Callable[[], Library]
    music: tuple[str, ...] = ()
    program: tuple[str, ...] = ("map4",)
    host: str = "127.0.0.1"
    port: int = 8000
    tls: Tls | None = None
    proxies: tuple[str, ...] = ()
    plain_http: bool = False
    allow_origins: tuple[str, ...] = ()
    base_path: str = ""
    user_header: str | None = None
    new_accounts: NewAccounts = "no"
    metrics_from: tuple[str, ...] = ()
    log: str = "text"
    log_days: Mapping[str, float] = field(default_factory=lambda: dict(LOG_DAYS))
    admin_password_file: str | None = None
    presets: Mapping[str, Preset] = field(default_factory=shipped_presets)
    jobs: int | None = None
    timeout_s: float | None = None
    machines: MachineOptions = field(default_factory=MachineOptions)
    exclude: tuple[str, ...] = ()
    scans_new: bool = False
    rescan_s: float | None = None
    backup: BackupOptions | None = None
    notation: Notation = "camelot"
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    readers: int = 3
    apart: int = 0
    most_body_bytes: int = MB
    most_upload_bytes: int = 300 * MB
    most_upload_s: float = 2 * 3600.0
    most_set_bytes: int = 1_000 * MB
    most_set_s: float = 12 * 3600.0
    header_timeout_s: float = 10.0
    body_timeout_s: float = 20.0
    upload_timeout_s: float = 300.0
    set_timeout_s: float = 3600.0
    most_connections: int = MOST_CONNECTIONS
    requests_per_minute: int = 12_000
    upload_bytes_per_day: int = 10_000 * MB
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    key: str = field(default_factory=partial(secrets.token_hex, 16), repr=False)

    def __post_init__(self) -> None:
        if not is_address(self.host):
            raise UsageError(
                f"--host {self.host} is no address; give one of this machine, such as 127.0.0.1 for it alone, or "
                "0.0.0.0 for all of them"
            )
        if self.user_header and not self.proxies:
            raise UsageError(
                f"the header {self.user_header} says who asks only where a proxy sets it; name that proxy with --proxy "
                "ADDRESS, or serve.proxies in map4.toml"
            )

    @property
    def listens_here_alone(self) -> bool:
        """Whether only programs of this machine reach it."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def is_for_this_machine(self) -> bool:
        """Whether nobody else can ask: then it needs no account."""
        return self.listens_here_alone and not self.proxies

    def open_again(self) -> Library:
        """The library that was there when the server began: none is made in the place of one that has gone."""
        self.require_there()
        return self.open_library()

    def require_there(self) -> None:
        """Refuse to go on without the file of the library."""
        if self.library is not None and not os.path.exists(self.library):
            raise LibraryWriteError(f"the library {self.library} is not there any more; is its drive connected?")

    def inside_music(self, library: Library, path: str) -> str:
        """The real path of a file or folder, all links resolved; one outside the music folders is refused.

        path: as it was asked for
        """
        return inside(path, self.music or tuple(library.files.folders()))

    def home(self) -> tuple[str, ...]:
        """The home folder, in which who sits at this machine may pick what is scanned, where no music is named."""
        home = os.path.realpath(os.path.expanduser("~"))
        return (home,) if self.is_for_this_machine and not self.music and os.path.dirname(home) != home else ()


def inside(path: str, folders: Iterable[str]) -> str:
    """The real path of a file or folder, all links resolved; one that lies in none of these folders is refused."""
    real = os.path.realpath(named_on_disk(whole_path(path)))
    if any(is_inside(real, os.path.realpath(folder)) for folder in folders):
        return real
    raise OutsideMusicError(
        f"{display_path(path)} lies in none of the music folders; 'map4 serve --music FOLDER' names them"
    )
