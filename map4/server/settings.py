"""The settings of a server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal

from map4.core.base.paths import display_path, is_inside, named_on_disk, whole_path
from map4.core.music.analysis.key import Notation
from map4.errors import LibraryWriteError, NotAllowedError, UsageError
from map4.server.tls import Tls

if TYPE_CHECKING:
    from map4.library import Library

API = "/api/v1"
"""Path of all routes except those of the server itself."""

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Local names of this machine."""

NewAccounts = Literal["no", "viewer", "user"]

MB = 1_000_000
MOST_CONNECTIONS = 2_000

LOG_DAYS: Mapping[str, float] = {"info": 7, "warning": 30, "error": 90}


def is_address(host: str) -> bool:
    """Whether a server can listen there: only addresses and localhost, since other names may change."""
    try:
        return host == "localhost" or bool(ip_address(host))
    except ValueError:
        return False


class OutsideMusicError(NotAllowedError):
    """A path outside the music folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The settings of a server.

    library: the library file
    open_library: opens the library; each thread has its own
    music: readable folders, absolute; empty means the scanned folders
    program: first words of suggested commands, which name this library
    host, port: where it listens
    tls: certificate and oldest TLS version; None for plain HTTP
    proxies: addresses and networks of trusted proxies
    plain_http: whether other machines may connect without TLS and without a proxy
    allow_origins: allowed origins of other pages; "null" is for pages without an origin, such as files
    base_path: path prefix of its addresses, without a slash at the end; empty for the root
    user_header: header in which a proxy sends the name of an authenticated user
    metrics_from: addresses and networks that can read /metrics without a credential
    log: "text" (messages on stderr), "json" (lines on stdout), or a folder for such lines
    log_days: days to keep lines in files, by level
    new_accounts: role of accounts made for unknown names from a proxy; "no" makes none
    jobs, timeout_s: as for a scan, for analyses
    machines: options of scans for the machines on which jobs analyse files
    exclude: patterns of files that scans skip
    scans_new: scan the folders of `music` at start if the library was never scanned
    rescan_s: interval of automatic scans in seconds; None for none
    notation: key notation of pages
    readers: number of threads for fast requests
    apart: number of processes for slow requests, started at the first one; 0 uses threads
    most_body_bytes, most_upload_bytes, most_upload_s: limits of bodies and uploads
    most_set_bytes, most_set_s: limits of recorded sets to un-mix
    header_timeout_s, body_timeout_s, upload_timeout_s, set_timeout_s: seconds until each part must be complete
    most_connections: maximum number of open connections; `map4 serve` lowers it to fit the limit of open files
    admin_password_file: file with the password of the first admin, used if there is no account
    requests_per_minute: per token, session, or anonymous address; 0 for no limit; a phone that fills its cache requests
        album after album as fast as possible
    upload_bytes_per_day: per account; 0 for no limit
    config: settings by name, for subjects and extras
    key: the local key of the page opened on this machine, used while there are no accounts; new in each run
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
    jobs: int | None = None
    timeout_s: float | None = None
    machines: Mapping[str, Any] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    scans_new: bool = False
    rescan_s: float | None = None
    notation: Notation = "camelot"
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
                f"--host {self.host} is not an address; give an address of this machine, such as 127.0.0.1 for local "
                "access only, or 0.0.0.0 for all addresses"
            )
        if self.user_header and not self.proxies:
            raise UsageError(
                f"the user header {self.user_header} needs a trusted proxy that sets it; name the proxy with --proxy "
                "ADDRESS, or serve.proxies in map4.toml"
            )

    @property
    def is_local_only(self) -> bool:
        """Whether it only listens on this machine."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def is_for_this_machine(self) -> bool:
        """Whether only this machine can reach it, so that no account is needed."""
        return self.is_local_only and not self.proxies

    def open_again(self) -> Library:
        """Open the library again; a missing library is an error and not made new."""
        self.require_there()
        return self.open_library()

    def require_there(self) -> None:
        """Raise LibraryWriteError if the library file is gone."""
        if self.library is not None and not os.path.exists(self.library):
            error = LibraryWriteError(f"the library {self.library} is gone; is its drive connected?")
            raise error.of_library(self.library)

    def inside_music(self, library: Library, path: str) -> str:
        """The real path of a file or folder, with links resolved; raises if it is outside the music folders.

        path: as requested
        """
        return inside(path, self.music or tuple(library.files.folders()))

    def home(self) -> tuple[str, ...]:
        """The home folder, in which local users can choose folders to scan if `music` is empty."""
        home = os.path.realpath(os.path.expanduser("~"))
        return (home,) if self.is_for_this_machine and not self.music and os.path.dirname(home) != home else ()


def inside(path: str, folders: Iterable[str]) -> str:
    """The real path of a file or folder, with links resolved; raises OutsideMusicError outside these folders."""
    real = os.path.realpath(named_on_disk(whole_path(path)))
    if any(is_inside(real, os.path.realpath(folder)) for folder in folders):
        return real
    raise OutsideMusicError(
        f"{display_path(path)} is outside the music folders; set them with 'map4 serve --music FOLDER'"
    )
