"""The terminals of a session: lines, tables, and progress on stderr."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import click

from map4.cli.output import Stdout
from map4.cli.streams import WithoutPadding, end_pager
from map4.core.base.paths import display_path
from map4.core.base.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from map4.core.music.track.track import Failure, Track
    from map4.errors import FileError
    from map4.settings import Config

Show = Callable[..., object]

_LEAST_NAME, _MOST_NAME = 16, 40
# Columns used by the rest of a bar.
_BESIDE_NAME = 62


def _without_markup(text: str) -> str:
    """Text for a line that Rich draws: a name in brackets is no style."""
    from rich.markup import escape

    return escape(printable(text))


class Terminals(Stdout):
    """The settings and terminals of a session, and its progress on stderr, not drawn into a file or with -q."""

    is_quiet: bool
    _options: dict[str, Any]

    @cached_property
    def config(self) -> Config:
        """The settings, overridden by the global options."""
        from map4.settings import Config

        overrides = {**self._options, "output.color": self._options.get("color")}
        return Config(overrides, os.environ, self._options.get("config"))

    @cached_property
    def out(self) -> Console:
        """The console on stdout."""
        return self._console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """The console on stderr."""
        return self._console(stderr=True)

    def print_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows of cells as aligned columns on stdout."""
        from map4.cli.views.columns import print_rows

        print_rows(self.out, rows)

    def shows_progress(self) -> bool:
        """Whether progress is drawn on stderr."""
        # Check the stream first: cron jobs skip the import of Rich, and forced colour draws no bar into a file.
        if self.is_quiet or not sys.stderr.isatty():
            return False
        return self.err.is_terminal and not self.err.is_dumb_terminal

    def echo(self, text: str) -> None:
        """Print a line on stdout; no text of a file or a server can control the terminal."""
        click.echo(printable(text))

    def info(self, message: str) -> None:
        """Print a line on stderr, unless quiet."""
        if not self.is_quiet:
            self.warn(message)

    def warn(self, message: str) -> None:
        """Print a line on stderr, above the progress bar if there is one."""
        if sys.stdout.isatty():  # keep the order of output and messages
            sys.stdout.flush()
        if "err" in self.__dict__:  # only then can a bar exist; don't import Rich for one line
            self.err.print(printable(message), soft_wrap=True)
        else:
            click.echo(printable(message), err=True)

    def warn_of_failures(self, tracks: Iterable[Track]) -> None:
        """Print a line on stderr for each track whose analysis failed."""
        for track in tracks:
            if track.failure is not None:
                self.warn_of(track.path, track.failure)

    def warn_of(self, path: str, failure: Failure | FileError) -> None:
        """Print the message for a file whose analysis failed."""
        self.warn(f"map4: {display_path(path)}: {failure.message} ({failure.kind})")

    def _console(self, *, stderr: bool) -> Console:
        from rich.console import Console

        color = self.config["output.color"]
        # Rich disables colour on dumb terminals even if forced; without a colour system it applies no styles.
        is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
        systems: dict[str, Literal["standard", "auto"] | None] = {
            "never": None,
            "always": "standard" if is_dumb else "auto",
        }
        stream = sys.stderr if stderr else sys.stdout
        # Emacs and some containers set COLUMNS to 0, meaning unknown.
        environ = {name: value for name, value in os.environ.items() if name != "COLUMNS" or value.strip("0 ")}
        return Console(
            file=stream if stream.isatty() else cast("IO[str]", WithoutPadding(stream)),
            force_terminal=True if color == "always" else None,
            color_system=systems.get(color, "auto"),
            highlight=False,
            markup=False,
            emoji=False,
            _environ=environ,
        )

    @contextmanager
    def status(self, doing: str, *, every: int = 1) -> Iterator[Show]:
        """Show what is being done; yields a function that takes the progress as text.

        every: show only every n-th call, to save time
        """
        if not self.shows_progress():
            yield lambda progress: None
            return
        calls = itertools.count(1)
        with self.err.status(doing) as line:

            def show(progress: str) -> None:
                if next(calls) % every == 0:
                    line.update(_without_markup(f"{doing}: {progress}"))

            yield show

    @contextmanager
    def reporting_stop(self, done: Callable[[], str]) -> Iterator[None]:
        """Report what was done if Ctrl-C, a signal or a closed pipe ends the work.

        done: returns what was done, and how to undo it or to continue
        """
        try:
            yield
        except BaseException as error:
            if not isinstance(error, (Exception, SystemExit)):
                self.info(f"map4: stopped; {done()}")
            raise

    @contextmanager
    def comparing_sounds(self) -> Iterator[Callable[[int, int], object]]:
        """Show the progress of comparing new recordings with the others."""
        with self.status("comparing sounds", every=100) as show:
            yield lambda done, of: show(f"{100 * done // of} %")

    @contextmanager
    def bar(
        self, doing: str, *, total: int | None = None, is_wanted: bool = True, named: bool = False
    ) -> Iterator[Show]:
        """Draw a progress bar; yields a function that updates it.

        The function takes the arguments of Rich's `Progress.update` (`completed`, `advance`, `total`, `description`)
        and the texts `rate`, `failures` and, if `named`, `name` (the current item).
        """
        if not is_wanted or not self.shows_progress():
            yield lambda **changes: None
            return
        end_pager()
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column

        columns: tuple[ProgressColumn, ...] = (
            SpinnerColumn("line"),  # moves before the first files are counted
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[failures]}"),
        )
        # The name has a fixed width, so that nothing moves; narrow terminals omit it.
        room = min(_MOST_NAME, self.err.width - _BESIDE_NAME) if named else 0
        if room >= _LEAST_NAME:
            columns = (*columns, TextColumn("{task.fields[name]}", table_column=Column(width=room, no_wrap=True)))
        with Progress(*columns, console=self.err, transient=True) as progress:
            task = progress.add_task(doing, total=total, rate="", failures="", name="")
            yield lambda **changes: progress.update(
                task, **changes | {name: _without_markup(changes[name]) for name in changes.keys() & {"name"}}
            )
