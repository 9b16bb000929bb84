"""`map4 serve`: the HTTP server."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from os import PathLike
from typing import NoReturn

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import Minutes
from map4.core.base.call_options import CallOptions, option
from map4.core.base.paths import absolute_path, is_database
from map4.errors import LibraryBusyError, Map4Error, UsageError
from map4.scan import MachineOptions
from map4.version import Packages

# Processes for slow requests, since one request may take a minute, such as the doctor on all tracks.
_APART = 2


class ServeOptions(CallOptions):
    """The addresses of a server, its trusted callers, and its folders."""

    music: Iterable[PathLike[str]] = option(
        (), "--music", "Read and scan only DIR (a new library immediately); repeatable. Default: scanned folders.",
        metavar="DIR",
    )  # fmt: skip
    host: str = option("127.0.0.1", "--host", "Address to listen on; 0.0.0.0 or :: means all of this machine.",
                       shows_default=True, metavar="ADDRESS")  # fmt: skip
    port: int = option(8000, "--port", "Port to listen on; 0 means any free port.", least=0, most=65535,
                       shows_default=True, metavar="N")  # fmt: skip
    cert: PathLike[str] | None = option(None, "--cert", "Use TLS with this certificate (PEM).", metavar="FILE")
    key: PathLike[str] | None = option(None, "--key", "The private key of --cert (PEM).", metavar="FILE")
    proxies: Iterable[str] = option(
        (), "--proxy", "Trust this proxy (address or network) to identify callers; repeatable.", metavar="ADDRESS"
    )
    plain_http: bool = option(False, "--plain-http", "Allow unencrypted access, for private networks.")
    allow_origins: Iterable[str] = option(
        (), "--allow-origin", "Allow pages of this origin, such as a web player; repeatable.", metavar="ORIGIN"
    )
    metrics_from: Iterable[str] = option(
        (), "--metrics-from", "Allow /metrics without a token from this address or network; repeatable.",
        metavar="ADDRESS",
    )  # fmt: skip
    base_path: str | None = option(
        None, "--base-path", "Path prefix of all addresses behind a proxy, such as /map4.", metavar="PATH"
    )
    shared: PathLike[str] | None = option(
        None, "--shared", "Folder for files of jobs, shared by the servers of a library in a database.", metavar="DIR"
    )
    is_check: bool = option(False, "--check", "Only check whether a server answers there and can read its library.")
    is_open: bool = option(False, "--open", "Open it in a browser.")


@Map4Command.of(
    (Map4Error, "--check failed"), (Map4Error, "the library can't be used"), (Map4Error, "the port is in use"),
    (UsageError, "a package is missing"), (LibraryBusyError, "another server of this library is running"),
    Exit.INTERRUPTED, Exit.TERMINATED, done="with --check: the server is healthy",
    note="Otherwise it runs until stopped.",
    headings={
        "Where it listens": "--host --port --base-path --open --check",
        "Access from other machines": "--cert --key --proxy --plain-http --allow-origin --metrics-from",
        "What it reads": "--music --rescan --shared",
        "On other machines": "--executor --scheduler --map",
    },
)  # fmt: skip
@CallOption.of(ServeOptions, "given")
@CallOption.of(MachineOptions, "machines", without=("jobs", "timeout_s"))
@click.option("--rescan", "rescan_min", type=Minutes(min=1, max=1e6), metavar="MIN", help="Scan every MIN minutes.")
def command(given: ServeOptions, machines: MachineOptions, rescan_min: float | None) -> None:
    """Serve the library to browsers, programs and players.

    It returns the same records as the commands with --json, for pages, phones and programs. Open
    http://localhost:8000 in a browser.

    By default it is only reachable from this machine, without log-in until there are accounts ('map4 accounts add').
    For other machines use --host; they need an account, and TLS or a proxy that provides it.

    \b
    map4 serve
    map4 serve --music ~/Music --open
    map4 serve --check --port 8000
    map4 serve --host 0.0.0.0 --cert music.pem --key music.key
    curl 'http://localhost:8000/api/v1/search?q=genre:house'
    """
    session = Session.current()
    if given.is_check:
        _check(given.host, given.port)
    session.require_no_user("serve", "authenticates each request")
    for folder in given.music:
        if not os.path.isdir(os.path.expanduser(folder)):
            raise UsageError(f"--music: there is no folder {folder}")
    cert, key, shared = given.cert, given.key, None if given.shared is None else os.fspath(given.shared)
    if (cert is None) != (key is None):
        raise UsageError("--cert and --key must be given together: the certificate and its key")
    machines.lanes(lambda count: ())  # report wrong options at start
    with Packages("serve").needed():
        from map4.server.connections.exposure import ADMIN_PASSWORD_FILE, page_for_here
        from map4.server.serving import serve
        from map4.server.settings import ServerSettings
        from map4.server.systemd import Systemd
        from map4.server.tls import Tls

    def started(address: str) -> None:
        session.info(f"map4: serving on {address}; stop with Ctrl-C")
        page = page_for_here(settings, address)
        if page != address and sys.stderr.isatty():  # the key is in no log
            session.info(f"map4: your own page, which can also change files: {page}")
        if given.is_open:
            _show(session, page)

    config = session.config
    settings = ServerSettings(
        library=None if is_database(config["library"]) else absolute_path(config["library"]),
        open_library=partial(session.open_library, create=True, writer="server", shared=shared),
        music=tuple(absolute_path(folder) for folder in given.music),
        scans_new=bool(given.music),
        program=session.program,
        host=given.host,
        port=given.port,
        tls=None if cert is None or key is None else Tls(absolute_path(cert), absolute_path(key), config["serve.tls"]),
        proxies=config.overridden("serve.proxies", given.proxies, "--proxy"),
        plain_http=given.plain_http,
        allow_origins=config.overridden("serve.allow_origins", given.allow_origins, "--allow-origin"),
        base_path=config.overridden("serve.base_path", given.base_path, "--base-path"),
        user_header=config["serve.user_header"],
        log=config["serve.log"],
        log_days={level: float(days) for level, days in (level.split(":") for level in config["serve.log_days"])},
        metrics_from=config.overridden("serve.metrics_from", given.metrics_from, "--metrics-from"),
        new_accounts=config["serve.new_accounts"],
        admin_password_file=os.environ.get(ADMIN_PASSWORD_FILE) or None,
        requests_per_minute=config["serve.requests_per_minute"],
        upload_bytes_per_day=round(config["serve.upload_gb_per_day"] * 1e9),
        config={name: setting.value for name, setting in config.values().items()},
        notation=session.notation,
        **session.workers,
        machines=asdict(machines),
        exclude=tuple(config["scan.exclude"]),
        rescan_s=rescan_min and 60 * rescan_min,
        apart=_APART,
        most_upload_s=3600 * config["serve.upload_hours"],
    )
    serve(settings, on_start=started, systemd=Systemd.of(os.environ), debug=session.is_debugging)


def _check(host: str, port: int) -> NoReturn:
    """Print the result of a health check and exit with 0 or 1."""
    from map4.server.check import check

    health = check(host, port)
    Session.current().echo(health.message)
    click.get_current_context().exit(0 if health.is_well else 1)


def _show(session: Session, address: str) -> None:
    """Open a browser, in a thread: some block until their window closes."""
    import webbrowser

    # Without a screen, a text browser would take over the terminal.
    places = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    has_screen = sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in places)

    def show() -> None:
        if not (has_screen and webbrowser.open(address)):
            session.info("map4: no browser found; open the address yourself")

    threading.Thread(target=show, name="map4-browser", daemon=True).start()
