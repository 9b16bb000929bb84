"""`map4 connect`: connections to music servers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4Group, Session
from map4.cli.value_types import Seconds, WholeNumber
from map4.core.base.text import counted
from map4.core.music.lists.tracklist import LiveNotes
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.connect.music_server import checked_address
from map4.extras.connect.records import ConnectionStates, Pulled, Pushed, PushedLists
from map4.extras.connect.server import MusicServerError
from map4.lists.commands.completion import complete_list_names
from map4.version import Packages

if TYPE_CHECKING:
    from map4.extras.connect.part import ConnectionsPart
    from map4.extras.shared.service import Fault
    from map4.library import Library

_NONE = (NothingFoundError, "no such server, list or library")
_ENDINGS = (MusicServerError, _NONE)
_MOST_SECRET_BYTES = 4096
_MOST_SHOWN = 10


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    return CallOption.beginning(
        incomplete, CallOption.from_library(ctx, lambda library: (server.name for server in _part(library).all()))
    )


_name = click.argument("name", required=False, metavar="[NAME]", shell_complete=_complete)


@Map4Group.of(*_ENDINGS, (FileError, "done in part"), name="connect")
def command() -> None:
    """Exchange lists, stars and ratings with music servers.

    Works with Jellyfin, Lyrion (no lists) and OpenSubsonic servers: Navidrome, gonic, LMS, Ampache and others. Only
    connected servers are contacted, and only by these commands. See docs/music-servers.md.

    \b
    map4 connect add home https://music.example.org --login ann
    map4 connect status home
    map4 connect push "Friday" --to home
    map4 connect pull home
    """


@Map4Command.of(MusicServerError, Exit.INTERRUPTED, headings={"Account on the server": "--login --password-stdin"})
@click.argument("name")
@click.argument("url")
@click.option(
    "--login", metavar="USER", default="", help="Your user name there. Without it, map4 prompts for an API key."
)
@click.option("--password-stdin", is_flag=True, help="Read the password or key from the first line of stdin.")
@click.option("--open-to", multiple=True, metavar="ADDRESS",
              help="Allow the machine at ADDRESS to use /connect/NAME/api without a token (repeatable).")  # fmt: skip
@CallOption.json
def add(name: str, url: str, login: str, password_stdin: bool, open_to: Sequence[str]) -> None:
    """Connect the music server at URL as NAME, and match its songs with your tracks.

    The password is prompted for, or read from stdin. It is stored encrypted and sent as a salted hash. If a server
    accepts no hash (supysonic, LMS, Jellyfin, Lyrion), the password itself is sent, but only by https or to this
    machine; the same applies to API keys. If the password changes there, run the same command again to store the new
    one; everything else is kept.

    \b
    map4 connect add home https://music.example.org --login ann
    map4 connect add home http://localhost:4533 --login ann --password-stdin < pw
    """
    session = Session.current()
    with session.open_library(create=True) as library, Packages("serve").needed("passwords need"):
        secret = _secret(session, login, checked_address(url), from_stdin=password_stdin)
        connection = _part(library).add(name, url, login=login, secret=secret, open_to=open_to)
        session.info(f"connected to {connection.url} ({connection.server.type or 'a server'}) as '{connection.name}'")
        with _reading(session) as (on_read, on_wait):
            state = _part(library).map(connection.name, on_read=on_read, on_wait=on_wait)
    Session.print_json(state)
    session.info(_mapped(state.mapped, state.songs, session.command("connect", "status", connection.name)))


@Map4Command.of(*_ENDINGS, Exit.INTERRUPTED, headings={"Match again": "--match --listen"})
@_name
@click.option("--songs", type=WholeNumber(min=0, max=10_000_000), default=20, metavar="N",
              help="Show up to N unmatched songs (default: 20).")  # fmt: skip
@click.option("--match", is_flag=True, help="First read the songs of the server, and match them with your tracks.")
@click.option("--listen", type=WholeNumber(min=1, max=100_000), metavar="N",
              help="With --match: also download N unmatched songs and compare their audio.")  # fmt: skip
@CallOption.json
def status(name: str | None, songs: int, match: bool, listen: int | None) -> None:
    """Show which songs of a server are matched, how, and why others are not. Without NAME, show all servers.

    Also shows stars and ratings that were changed on both sides; the server's value is stored next to yours. The server
    is only contacted with --match.

    A song matches by the end of its path, or by artist, title and length. A live version, remix, radio edit or remaster
    never matches another version. --listen downloads unmatched songs whole; the same audio or the same recording is
    a match.

    \b
    map4 connect status
    map4 connect status home --songs 1000
    map4 connect status home --match --listen 100
    map4 connect status home --json | jq '.unmapped[].title'
    """
    if listen is not None and not match:
        raise click.UsageError("--listen needs --match")
    session = Session.current()
    with session.open_library(create=False) as library:
        parts = _part(library)
        if match:
            name = _match_again(session, parts, name, listen)
        names = [server.name for server in parts.all()] if name is None else [name]
        if not names:
            parts.get()
        states = [parts.status(server, shown=songs) for server in names]
    if Session.print_json(states[0] if name is not None else ConnectionStates(connections=tuple(states))):
        return
    from map4.extras.connect.views import state_view

    for number, state in enumerate(states):
        for part in ("", *state_view(state)) if number else state_view(state):
            session.out.print(part, soft_wrap=True)


def _match_again(session: Session, parts: ConnectionsPart, name: str | None, listen: int | None) -> str:
    """Read and match the songs of a server; return its name."""
    with Packages("serve").needed("passwords need"):
        with _reading(session) as (on_read, on_wait):
            state = parts.map(name, on_read=on_read, on_wait=on_wait)
        if listen is not None:
            with session.bar("listening", total=min(listen, state.songs - state.mapped)) as show:

                def on_song(song: str, why: str) -> None:
                    show(advance=1)
                    if why:
                        session.warn(f"map4: {song}: {why}")

                count = parts.listen(name, most=listen, on_song=on_song, on_wait=_waiting(session))
            session.info(f"{counted(count, 'song')} matched by their audio")
    return state.connection.name


@Map4Command.of(*_ENDINGS, (FileError, "a list changed there was not overwritten"), Exit.INTERRUPTED)
@click.argument("lists", nargs=-1, required=True, metavar="LIST...", shell_complete=complete_list_names)
@click.option(
    "--to", metavar="NAME", shell_complete=_complete, help="Write to this server (required if there are several)."
)
@click.option("--force", is_flag=True, help="Overwrite a list of yours that was changed there.")
@CallOption.json
def push(lists: Sequence[str], to: str | None, force: bool) -> None:
    """Write stored lists to a server: create them once, and update them each time.

    Lists that map4 did not create there are never changed or deleted. If the name is taken, yours is named
    "LIST (map4)". A list that was changed there in the meantime is skipped unless you pass --force. Tracks without
    a matching song are left out and listed.

    \b
    map4 connect push "Friday"
    map4 connect push "Friday" "Warm up" --to home
    """
    session = Session.current()
    with session.open_library(create=False) as library, Packages("serve").needed("passwords need"):
        done = _part(library).push(lists, to, force=force, on_wait=_waiting(session))
    Session.print_json(PushedLists(lists=tuple(done)))
    for pushed in done:
        _print_pushed(session, pushed)
    if any(pushed.status == "changed-there" for pushed in done):
        sys.exit(FileError.exit_code)


@Map4Command.of(*_ENDINGS, Exit.INTERRUPTED, headings={"Repeat": "--watch --every"})
@_name
@click.option("--theirs", is_flag=True, help="If both sides changed, use the server's value.")
@click.option("--watch", is_flag=True, help="Repeat until Ctrl-C; also update lists that were pushed before.")
@click.option(
    "--every", type=Seconds(), default=300.0, metavar="S", help="Interval of --watch in seconds (default: 300)."
)
@CallOption.json
def pull(name: str | None, theirs: bool, watch: bool, every: float) -> None:
    """Import your stars, ratings and plays from a server.

    Values that changed only on the server since the last pull are applied here, with how often and when last you played
    each song there. If both sides changed, your value stays; the server's is stored next to it and shown by 'map4
    connect status'. Nothing is written to the server, except by --watch, which updates the lists that you pushed.

    \b
    map4 connect pull home
    map4 connect pull home --theirs
    map4 connect pull home --watch --every 60
    """
    session = Session.current()
    with session.open_library(create=False) as library, Packages("serve").needed("passwords need"):
        if watch:
            for event in _part(library).watch(name, every_s=every, on_wait=_waiting(session)):
                if not isinstance(event, (Pulled, Pushed)):
                    session.warn(f"map4: {event.message}; trying again")
                elif Session.wants_json():
                    Session.write_json_line(event.to_record())
                elif isinstance(event, Pushed):
                    _print_pushed(session, event)
                else:
                    _print_pulled(session, event)
            return
        with _reading(session) as (on_read, on_wait):
            done = _part(library).pull(name, take_theirs=theirs, on_read=on_read, on_wait=on_wait)
    Session.print_json(done)
    _print_pulled(session, done)


@Map4Command.of((Map4Error, "it belongs to another account"), _NONE)
@click.argument("name", shell_complete=_complete)
def remove(name: str) -> None:
    """Delete a connection and its password; nothing on the server changes.

    \b
    map4 connect remove home
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        gone = _part(library).remove(name)
    session.info(f"'{gone.name}' is disconnected; the lists on the server stay")


# ---- output


@contextmanager
def _reading(session: Session) -> Iterator[tuple[Callable[[int], object], Callable[[Fault, float], object]]]:
    with session.bar("reading songs") as show:
        yield (lambda count: show(completed=count)), _waiting(session)


def _waiting(session: Session) -> Callable[[Fault, float], object]:
    return lambda fault, seconds: session.info(f"map4: {fault.message}; next try in {seconds:.0f} s")


def _secret(session: Session, login: str, url: str, *, from_stdin: bool) -> str:
    what = f"Password of {login} at {url}" if login else f"API key at {url} (empty for Lyrion)"
    if not from_stdin:
        return session.typed_secret(what)
    line = sys.stdin.buffer.readline(_MOST_SECRET_BYTES).removesuffix(b"\n").removesuffix(b"\r")
    return line.decode("utf-8", "replace")


def _mapped(mapped: int, songs: int, command: str) -> str:
    if mapped == songs:
        return f"all of its {counted(songs, 'song')} are matched" if songs else "it has no songs"
    return f"{mapped:,} of its {counted(songs, 'song')} are matched; for the others, see '{command}'"


_NEWS = {
    "made": "created there as '{name}', with {songs}",
    "written": "written there, with {songs}",
    "unchanged": "unchanged there, with {songs}",
    "changed-there": "skipped: it was changed there; to overwrite it, use --force",
    "deleted-there": "skipped: it was deleted there; to create it again, run 'map4 connect push'",
}


def _print_pushed(session: Session, pushed: Pushed) -> None:
    session.info(f"{pushed.list}: {_NEWS[pushed.status].format(name=pushed.name, songs=counted(pushed.songs, 'song'))}")
    for sentence in LiveNotes(copies=pushed.copies).sentences():
        session.info(f"  {sentence}")
    for track in pushed.left_out[:_MOST_SHOWN]:
        session.info(f"  left out: {track.path} has no song on {pushed.connection}")
    if len(pushed.left_out) > _MOST_SHOWN:
        session.info(f"  and {counted(len(pushed.left_out) - _MOST_SHOWN, 'track')} more; --json lists all")


def _print_pulled(session: Session, done: Pulled) -> None:
    counts = {
        "star": done.stars,
        "star removed": done.unstars,
        "rating": done.ratings,
        "play": done.plays,
        "play count changed": done.counts,
    }
    many = {"star removed": "stars removed", "play count changed": "play counts changed"}
    news = ", ".join(counted(count, what, many.get(what)) for what, count in counts.items() if count)
    session.info(f"{done.connection}: {news or 'nothing new'}")
    if done.beside:
        command = session.command("connect", "status", done.connection)
        session.info(f"{counted(len(done.beside), 'value')} changed on both sides; yours stays, see '{command}'")


def _part(library: Library) -> ConnectionsPart:
    from map4.extras.connect.part import ConnectionsPart

    return library.part(ConnectionsPart)
