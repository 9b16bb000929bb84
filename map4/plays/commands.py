"""`map4 play` and `map4 tap`: play a track, and tap along to find its tempo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.core.base.text import bpm_text, counted
from map4.core.music.analysis.tapped_tempo import TappedTempo
from map4.core.music.track.track import Source, Track
from map4.errors import FileError, NothingFoundError, PlayerError, UsageError
from map4.plays.keys import KeyPress
from map4.values import ValueEdit

if TYPE_CHECKING:
    from map4.library import Library


@Map4Command.of(
    PlayerError, (FileError, "the file can't be read"), (NothingFoundError, "no such file, track, bar or cue point"),
    Exit.INTERRUPTED, done="played",
)  # fmt: skip
@click.argument("file", type=PathArgument(), metavar="FILE")
@click.option("--from", "place", metavar="PLACE", help="Start there: drop, mix-in, 1:23, 90s or 'bar 33'.")
def play(file: str, place: str | None) -> None:
    """Play a track, from any place in it.

    The first of these programs that is installed and can play the file is used: mpv, ffplay, vlc, afplay, pw-play,
    paplay, aplay; without any of them the package sounddevice (map4's extra sound). Ctrl-C ends playback; other keys
    go to the player. PLACE is a time, a bar, or an imported or detected cue point by its kind (first-beat, mix-in,
    drop, break, mix-out, outro) or its name; bars and cue points are known for tracks of the library.
    FILE is a file, or a track of the library by its audio id or words.

    \b
    map4 play track.mp3
    map4 play 'velvet undertow' --from drop
    map4 play track.mp3 --from 'bar 33'
    """
    session = Session.current()
    with session.open_library(create=True, temporary=True) as library:
        [path] = Selection.named_paths(session, library, [file])
        library.play(path, place)


_DONE = ("q", "Q", "\r", "\n", KeyPress.END)
_ERASE = ("\x7f", "\b")
_WHOSE: dict[Source, str] = {"measured": "measured", "imported": "imported", "tag": "tagged", "provider": "looked up"}
_NO_TERMINAL = "Tapping needs a keyboard: run this in a terminal, or set a tempo that you know: map4 set FILE bpm=87"


@Map4Command.of(
    (UsageError, "no terminal"), Exit.NO_TRACK, (NothingFoundError, "too few taps"), Exit.REFUSED, Exit.INTERRUPTED
)
@click.argument("file", type=PathArgument(), metavar="FILE")
@CallOption.yes("Don't ask before the tempo is set.")
def tap(file: str, yes: bool) -> None:
    """Tap along with the music to find its tempo, and set it.

    Play the track in any player and press the space bar on each beat. The tempo and its spread are shown as you tap.
    Enter or q ends, Backspace restarts. From eight taps on, map4 offers to set the tempo, as 'map4 set' does. Taps
    near the measured tempo, its half or its double set exactly that value. FILE is a track of the library, by its
    path, its audio id or words.

    \b
    map4 tap track.mp3
    map4 tap 'velvet undertow'
    """
    session = Session.current()
    if not session.may_ask:
        raise click.UsageError(_NO_TERMINAL)
    with session.open_library(create=False) as library:
        track = _track(session, library, file)
        tapped = _tap(session, track)
        _offer(session, library, track, tapped, yes=yes)


def _track(session: Session, library: Library, file: str) -> Track:
    selection = Selection(files=(file,))
    picked = selection.pick_some(session, library)
    if len(picked.tracks) > 1:
        raise click.UsageError(f"{file} is a folder with {len(picked.tracks)} tracks; name one of them.")
    return next(iter(picked.tracks))


def _tap(session: Session, track: Track) -> TappedTempo | None:
    """Show the tempo while it is tapped, until a key ends it."""
    session.warn(f"{track.caption()}: space bar on each beat, Backspace restarts, Enter ends")
    known = _known(track)
    times_s: list[float] = []
    tempo = None
    show = _line(session)
    with KeyPress.each() as keys:
        show(f"no taps yet{_tempi_text(known)}")
        for press in keys:
            if press.key in _DONE:
                break
            if press.key in _ERASE:
                times_s = []
            elif press.key == " ":
                times_s.append(press.at_s)
            tempo = TappedTempo.of(times_s)
            show(f"{_tempo_text(tempo)}{_tempi_text(known)}")
    if session.err.is_terminal:
        click.echo(err=True)  # noqa: TID251
    return tempo


def _tempo_text(tempo: TappedTempo | None) -> str:
    if tempo is None:
        return "no tempo yet"
    return f"{counted(tempo.taps, 'tap')}  {tempo.bpm:.1f} BPM ± {tempo.spread_bpm:.1f}"


def _line(session: Session) -> Callable[[str], None]:
    """Return a function that draws a line over the previous line; it does nothing if stderr is no terminal."""
    if not session.err.is_terminal:
        return lambda text: None
    width = session.err.width - 1
    return lambda text: click.echo(f"\r{text[:width].ljust(width)}", nl=False, err=True)  # noqa: TID251


def _known(track: Track) -> tuple[str, float] | None:
    """Return the current tempo without the user's own, and its source."""
    sources = track.bpm_sources()
    return next(((_WHOSE[source], sources[source]) for source in track.prefer if source in sources), None)


def _tempi_text(known: tuple[str, float] | None) -> str:
    """Format the known tempo, its half and its double, to show beside the tapped tempo."""
    if known is None:
        return ""
    whose, bpm = known
    return f"   {whose} {bpm:.1f}, half {bpm / 2:.1f}, double {bpm * 2:.1f}"


def _meaning(bpm: float, known: tuple[str, float] | None) -> str:
    """Describe a tempo relative to the known tempo; empty if unrelated."""
    if known is None:
        return ""
    names = {1.0: "the", 0.5: "half the", 2.0: "double the"}
    return next(
        (f", {name} {known[0]} tempo" for factor, name in names.items() if bpm == round(known[1] * factor, 3)), ""
    )


def _offer(session: Session, library: Library, track: Track, tapped: TappedTempo | None, *, yes: bool) -> None:
    if tapped is None or not tapped.is_enough:
        raise NothingFoundError(f"{TappedTempo.LEAST_TAPS} taps are needed for a tempo; nothing was set")
    known = _known(track)
    bpm = tapped.meant(known and known[1])
    edit = ValueEdit(bpm=bpm)  # reports an invalid value before any question
    session.warn(f"{_tempo_text(tapped)}: that is {bpm_text(bpm, is_own=True)} BPM{_meaning(bpm, known)}")
    session.require_yes(f"Set {bpm_text(bpm, is_own=True)} BPM?", yes=yes, refusal=_NO_TERMINAL)
    from map4.values.views import show_changes

    show_changes(session, library.set([track], edit))
