"""`map4 connect`: music servers that the library is connected to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from map4.accounts.commands.passwords import typed_password
from map4.cli import progress
from map4.cli.exits import INTERRUPTED, Ending, exit_codes
from map4.cli.options import beginning, complete_list_names, from_library, json_option
from map4.cli.output import counted, printable, write_json, write_json_line
from map4.cli.session import Map4Command, Map4Group, Session, current_session, packages_of
from map4.cli.value_types import Seconds, WholeNumber
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.connect.access import connections
from map4.extras.connect.server import MusicServerError

if TYPE_CHECKING:
    from map4.base.asking.service import Fault
    from map4.extras.connect.records import Pulled, Pushed

_NONE = (NothingFoundError, "no such server, list or library")
_ENDINGS: tuple[Ending, ...] = (MusicServerError, _NONE)
_MOST_SECRET_BYTES = 4096
_MOST_TOLD = 10


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    return beginning(incomplete, from_library(ctx, lambda library: (one.name for one in connections(library).all())))


_name = click.argument("name", required=False, metavar="[NAME]", shell_complete=_complete)


@click.group(cls=Map4Group, epilog=exit_codes(*_ENDINGS, (FileError, "done in part")))
def command() -> None:
    """Exchange lists, stars and ratings with music servers.

    Servers of OpenSubsonic are meant: Navidrome, gonic, LMS, Ampache, supysonic and others. Only those that you connect
    are asked, and only by these commands. docs/connect.md says more.

    \b
    map4 connect add home https://music.example.org --login ann
    map4 connect status home
    map4 connect push "Friday" --to home
    map4 connect pull home
    """


@command.command(
    "add", cls=Map4Command, headings={"Who the library is there": "--login --password-stdin"},
    epilog=exit_codes(MusicServerError, INTERRUPTED),
)  # fmt: skip
@click.argument("name")
@click.argument("url")
@click.option("--login", metavar="USER", default="", help="Your name there; without, an API key is asked for.")
@click.option("--password-stdin", is_flag=True, help="Read password or key from the first line of stdin.")
@click.option("--open-to", multiple=True, metavar="ADDRESS",
              help="This machine may ask /connect/NAME/api without a token; repeatable.")  # fmt: skip
@json_option
def add(name: str, url: str, login: str, password_stdin: bool, open_to: Sequence[str], as_json: bool) -> None:
    """Connect the music server at URL, call it NAME, and find which of its songs are tracks here.

    The password is asked for, or read from stdin; it is kept encrypted, and sent as a hash with a salt. A server that
    takes no hash (supysonic, LMS) is sent the password itself, by https or on this machine alone; so is an API key.
    Where the password has changed there, the same line again gives the new one, and keeps all else.

    \b
    map4 connect add home https://music.example.org --login ann
    map4 connect add home http://localhost:4533 --login ann --password-stdin < pw
    """
    session = current_session()
    with session.open_library(create=True) as library, packages_of("serve", "passwords need"):
        secret = _secret(session, login, url, from_stdin=password_stdin)
        made = connections(library).add(name, url, login=login, secret=secret, open_to=open_to)
        session.say(f"connected to {made.url} ({made.server.type or 'a server'}) as '{made.name}'")
        with _reading(session) as (on_read, on_wait):
            state = connections(library).map(made.name, on_read=on_read, on_wait=on_wait)
    if as_json:
        write_json(state.to_record())
    session.say(_mapped(state.mapped, state.songs, session.command("connect", "status", made.name)))


@command.command("status", cls=Map4Command, epilog=exit_codes(_NONE))
@_name
@click.option("--songs", type=WholeNumber(min=0, max=10_000_000), default=20, metavar="N",
              help="Show N songs that are no track here (default: 20).")  # fmt: skip
@json_option
def status(name: str | None, songs: int, as_json: bool) -> None:
    """Show what of a server is mapped, how, and what is not and why; of all servers without NAME.

    Also what was changed both there and here: a star or a rating of the server that is kept beside yours. The server is
    not asked; 'map4 connect map' does that.

    \b
    map4 connect status
    map4 connect status home --songs 1000
    map4 connect status home --json | jq '.unmapped[].title'
    """
    from map4.extras.connect.records import ConnectionStates

    session = current_session()
    with session.open_library(create=False) as library:
        parts = connections(library)
        names = [one.name for one in parts.all()] if name is None else [name]
        if not names:
            parts.get()
        states = [parts.status(one, shown=songs) for one in names]
    if as_json:
        write_json(
            states[0].to_record() if name is not None else ConnectionStates(connections=tuple(states)).to_record()
        )
        return
    from map4.extras.connect.views import state_view

    for number, state in enumerate(states):
        for part in ("", *state_view(state)) if number else state_view(state):
            session.out.print(part, soft_wrap=True)


@command.command("map", cls=Map4Command, epilog=exit_codes(*_ENDINGS, INTERRUPTED))
@_name
@click.option("--listen", type=WholeNumber(min=1, max=100_000), metavar="N",
              help="Also fetch N songs that are no track by name, and compare how they sound.")  # fmt: skip
@json_option
def map_(name: str | None, listen: int | None, as_json: bool) -> None:
    """Read which songs a server has now, and find which tracks they are.

    A song is a track by the end of its path, or by artist, title and length; a live version, a remix, a radio edit or a
    remaster is never taken for another one. --listen fetches what is left, whole: the same audio, or the same
    recording, is the track.

    \b
    map4 connect map home
    map4 connect map home --listen 100
    """
    session = current_session()
    with session.open_library(create=False) as library, packages_of("serve", "passwords need"):
        parts = connections(library)
        with _reading(session) as (on_read, on_wait):
            state = parts.map(name, on_read=on_read, on_wait=on_wait)
        if listen is not None:
            with progress.bar(session, "listening", total=min(listen, state.songs - state.mapped)) as show:

                def heard(song: str, why: str) -> None:
                    show(advance=1)
                    if why:
                        session.tell(f"map4: {song}: {why}")

                found = parts.listen(name, most=listen, on_song=heard, on_wait=_waiting(session))
            session.say(f"{counted(found, 'song')} found by how they sound")
            state = parts.status(name)
    if as_json:
        write_json(state.to_record())
    session.say(_mapped(state.mapped, state.songs, session.command("connect", "status", state.connection.name)))


@command.command("push", cls=Map4Command,
                 epilog=exit_codes(*_ENDINGS, (FileError, "a list that was changed there is left alone"), INTERRUPTED)
                 )  # fmt: skip
@click.argument("lists", nargs=-1, required=True, metavar="LIST...", shell_complete=complete_list_names)
@click.option("--to", metavar="NAME", shell_complete=_complete, help="To this server; needed where there are several.")
@click.option("--force", is_flag=True, help="Write over a list of yours that was changed there since.")
@json_option
def push(lists: Sequence[str], to: str | None, force: bool, as_json: bool) -> None:
    """Write stored lists to a server: made there once, and written again each time.

    Lists that map4 did not make there are never changed nor deleted; where one is called so already, yours gets the
    name "LIST (map4)". A list that somebody changed there since is left alone, without --force. Tracks that are no song
    there are left out, and named.

    \b
    map4 connect push "Friday"
    map4 connect push "Friday" "Warm up" --to home
    """
    from map4.extras.connect.records import PushedLists

    session = current_session()
    with session.open_library(create=False) as library, packages_of("serve", "passwords need"):
        done = connections(library).push(lists, to, force=force, on_wait=_waiting(session))
    if as_json:
        write_json(PushedLists(lists=tuple(done)).to_record())
    for one in done:
        _tell_pushed(session, one)
    if any(one.status == "changed-there" for one in done):
        sys.exit(FileError.exit_code)


@command.command("pull", cls=Map4Command, headings={"Again and again": "--watch --every"},
                 epilog=exit_codes(*_ENDINGS, INTERRUPTED))  # fmt: skip
@_name
@click.option("--theirs", is_flag=True, help="Take the server's, too, of what was changed on both sides.")
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C; lists pushed before are written again, too.")
@click.option(
    "--every", type=Seconds(), default=300.0, metavar="S", help="With --watch: every S seconds (default: 300)."
)
@json_option
def pull(name: str | None, theirs: bool, watch: bool, every: float, as_json: bool) -> None:
    """Take over stars, ratings and plays that a server has of you.

    What only the server has changed since the last time counts here, too, and how often and when last you played a song
    there. What was changed on both sides stays as it is here; the server's is kept beside it, and 'map4 connect status'
    shows it. Nothing is written to the server, but with --watch the lists that you pushed, where these have changed.

    \b
    map4 connect pull home
    map4 connect pull home --theirs
    map4 connect pull home --watch --every 60
    """
    session = current_session()
    with session.open_library(create=False) as library, packages_of("serve", "passwords need"):
        if watch:
            for event in connections(library).watch(name, every_s=every, on_wait=_waiting(session)):
                _tell_event(session, event, as_json)
            return
        with _reading(session) as (on_read, on_wait):
            done = connections(library).pull(name, take_theirs=theirs, on_read=on_read, on_wait=on_wait)
    if as_json:
        write_json(done.to_record())
    _tell_pulled(session, done)


@command.command("remove", cls=Map4Command, epilog=exit_codes((Map4Error, "it is somebody else's"), _NONE))
@click.argument("name", shell_complete=_complete)
def remove(name: str) -> None:
    """Forget a server and its password; nothing there is changed.

    \b
    map4 connect remove home
    """
    session = current_session()
    with session.open_library(create=False) as library:
        gone = connections(library).remove(name)
    session.say(f"'{gone.name}' is not connected any more; lists that were written there stay")


# ---- told


@contextmanager
def _reading(session: Session) -> Iterator[tuple[Callable[[int], object], Callable[[Fault, float], object]]]:
    with progress.bar(session, "reading songs") as show:
        yield (lambda count: show(completed=count)), _waiting(session)


def _waiting(session: Session) -> Callable[[Fault, float], object]:
    return lambda fault, seconds: session.say(f"map4: {fault.message}; asked again in {seconds:.0f} s")


def _secret(session: Session, login: str, url: str, *, from_stdin: bool) -> str:
    what = f"Password of {login} at {url}" if login else f"API key at {url}"
    if not from_stdin:
        return typed_password(session, what)
    line = sys.stdin.buffer.readline(_MOST_SECRET_BYTES).removesuffix(b"\n").removesuffix(b"\r")
    return line.decode("utf-8", "replace")


def _mapped(mapped: int, songs: int, command: str) -> str:
    if mapped == songs:
        return f"all of its {counted(songs, 'song')} are tracks here" if songs else "it has no songs"
    return f"{mapped:,} of its {counted(songs, 'song')} are tracks here; '{command}' says which are not, and why"


def _tell_event(session: Session, event: Pulled | Pushed | Fault, as_json: bool) -> None:
    from map4.extras.connect.records import Pulled, Pushed

    if not isinstance(event, (Pulled, Pushed)):
        session.tell(f"map4: {event.message}; it is tried again")
    elif as_json:
        write_json_line(event.to_record())
    elif isinstance(event, Pushed):
        _tell_pushed(session, event)
    else:
        _tell_pulled(session, event)


_SAID = {
    "made": "made there as '{name}', with {songs}",
    "written": "written there, with {songs}",
    "unchanged": "as it was there, with {songs}",
    "changed-there": "left alone: somebody changed it there since; --force writes over it",
    "deleted-there": "left alone: it was deleted there; 'map4 connect push' makes it again",
}


def _tell_pushed(session: Session, one: Pushed) -> None:
    session.say(f"{one.list}: {_SAID[one.status].format(name=one.name, songs=counted(one.songs, 'song'))}")
    for track in one.left_out[:_MOST_TOLD]:
        session.say(f"  left out: {printable(track.path)} is no song of {one.connection}")
    if len(one.left_out) > _MOST_TOLD:
        session.say(f"  and {counted(len(one.left_out) - _MOST_TOLD, 'track')} more; --json names all")


def _tell_pulled(session: Session, done: Pulled) -> None:
    counts = {
        "star": done.stars,
        "star taken back": done.unstars,
        "rating": done.ratings,
        "play": done.plays,
        "track with another number of plays": done.counts,
    }
    many = {
        "star taken back": "stars taken back",
        "track with another number of plays": "tracks with another number of plays",
    }
    told = ", ".join(counted(count, what, many.get(what)) for what, count in counts.items() if count)
    session.say(f"{done.connection}: {told or 'nothing new'}")
    if done.beside:
        command = session.command("connect", "status", done.connection)
        session.say(
            f"{counted(len(done.beside), 'value')} changed on both sides, kept beside yours; '{command}' shows it"
        )
