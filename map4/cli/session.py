"""One run of the command: its global options, settings, terminals and library."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from functools import cached_property, partial
from typing import IO, TYPE_CHECKING, Any, Literal, Self, cast

import click

from map4.cli.exits import Ending, exit_codes
from map4.cli.help import Headings, Help, LazyCommands, help_all_option, unknown_command
from map4.cli.output import Stdout, WithoutPadding, end_pager
from map4.cli.value_types import Name, PathArgument
from map4.core.base.paths import command_line, display_path, shown_argument
from map4.core.base.text import printable
from map4.errors import NothingFoundError, UsageError
from map4.library import hookspecs

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console
    from rich.status import Status

    from map4.core.base.actor import Actor
    from map4.core.base.events import Writer
    from map4.core.music.analysis.key import Notation
    from map4.core.music.track.track import Failure, Track
    from map4.errors import FileError
    from map4.library import Library
    from map4.plugins import LaneFactory
    from map4.settings import Config

Show = Callable[..., object]

_LEAST_NAME, _MOST_NAME = 16, 40
# Columns used by the rest of a bar.
_BESIDE_NAME = 62

HELP_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 96}
GLOBAL_META = "map4.global_options"


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    # Global options work before and after the command; the last value wins.
    if value not in (None, False, 0) and parameter.name is not None:
        ctx.meta.setdefault(GLOBAL_META, {})[parameter.name] = value


def _global(*names: str, **settings: Any) -> click.Option:
    return click.Option([*names], expose_value=False, callback=_remember, **settings)


GLOBAL_OPTIONS: list[click.Parameter] = [
    _global(
        "--library",
        metavar="FILE",
        type=PathArgument(),
        help="The library: a file, or postgresql://... (also MAP4_LIBRARY).",
    ),
    _global("--config", metavar="FILE", type=PathArgument(), help="The configuration file (also MAP4_CONFIG)."),
    _global("--user", metavar="NAME", help="Act as this account (also MAP4_USER). Without it, nothing is restricted."),
    _global("-v", "--verbose", count=True, help="Print each analysed file; -vv prints every file."),
    _global("-q", "--quiet", is_flag=True, help="Print only the requested output and errors."),
    _global("--color", type=Name(["auto", "always", "never"]), help="When to use colour."),
    _global("--no-pager", is_flag=True, help="Don't send long output to a pager (also MAP4_PAGER=cat)."),
    _global("--no-input", is_flag=True, help="Never ask a question; fail instead."),
    _global("--debug", is_flag=True, help="Show a traceback when an error happens."),
]


def _with_global_options(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        **settings,
        "params": [*(settings.get("params") or []), *GLOBAL_OPTIONS],
        "context_settings": HELP_SETTINGS | (settings.get("context_settings") or {}),
    }


class Map4Command(Help):
    """A command that also accepts the global options.

    headings: help headings of its options that override `map4.cli.help.HEADINGS`
    plugins: a help heading, and the entry point group whose plug-ins are listed under it
    folded: see `Help`
    """

    global_options = GLOBAL_OPTIONS

    def __init__(
        self,
        *args: Any,
        headings: Headings | None = None,
        folded: Sequence[str] = (),
        plugins: tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **_with_global_options(kwargs))
        self.headings, self.folded, self.plugins = headings or {}, folded, plugins
        self.params.append(help_all_option())

    @classmethod
    def of(
        cls, *endings: Ending, done: str = "done", note: str = "", **settings: Any
    ) -> Callable[[Callable[..., Any]], Self]:
        """The decorator that makes a function such a command; its help ends with `exit_codes`, or with its group's."""
        epilog = exit_codes(*endings, done=done, note=note) if endings else None
        return click.command(cls=cls, epilog=epilog, **settings)


class Map4Group(Map4Command, LazyCommands):
    """A command with declared sub-commands, all of which accept the global options.

    name: as declared
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = f"{self.name} "

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without arguments, show the help and exit with 0."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


class Map4DefaultGroup(Map4Group):
    """A command with both sub-commands and arguments: the first word is a sub-command if it names one.

    A file named like a sub-command needs its folder, as in ./history.
    """

    allow_interspersed_args = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, invoke_without_command=True, **kwargs)
        # Commands share argument objects, so copy before changing one.
        first = next((param for param in self.params if isinstance(param, click.Argument)), None)
        self._argument = argument = copy(first)
        if argument is not None:
            self.params = [argument if param is first else param for param in self.params]
            own = argument.shell_complete

            def complete(ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
                names = [] if ctx.params.get(str(argument.name)) else self.shell_complete(ctx, incomplete)
                return [*own(ctx, incomplete), *names]

            argument.shell_complete = complete  # type: ignore[method-assign]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put a sub-command and its arguments into `ctx.args`; options before it belong to it."""
        place = self._place_of_word(ctx, args)
        if place is None:
            return click.Command.parse_args(self, ctx, args)
        if self.get_command(ctx, args[place]) is None:
            if self._argument is None and not ctx.resilient_parsing:
                raise unknown_command(ctx, args[place], self.list_commands(ctx))
            return click.Command.parse_args(self, ctx, args)
        ctx.args = [args[place], *args[:place], *args[place + 1 :]]
        return ctx.args

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its parameters; none in the context of a sub-command, whose usage line would repeat them."""
        return super().get_params(ctx) if ctx.command is self else []

    def _place_of_word(self, ctx: click.Context, args: list[str]) -> int | None:
        """Index of the first word that is neither an option nor an option's value; None after `--`."""
        parser = self.make_parser(ctx)
        parser.allow_interspersed_args = False
        try:
            given, others, _ = parser.parse_args(list(args))
        except click.UsageError:  # reported when the command is parsed
            return None
        words = list(others)
        for argument in self.params:
            # Click uses a sentinel object for missing values.
            if isinstance(argument, click.Argument) and isinstance(value := given.get(str(argument.name)), Sized):
                words += [value] if isinstance(value, str) else cast("list[str]", value)
        if not words:
            return None
        place = len(args) - len(words)
        return place if "--" not in args[:place] else None

    def invoke(self, ctx: click.Context) -> Any:
        if not ctx.args:
            return click.Command.invoke(self, ctx)
        name, command, args = self.resolve_command(ctx, ctx.args)
        assert command is not None
        ctx.invoked_subcommand = name
        with command.make_context(name, args, parent=ctx) as inner:
            return command.invoke(inner)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        pieces = click.Command.collect_usage_pieces(self, ctx)
        return pieces if self._argument is not None else [*pieces, "[COMMAND]"]


def _without_markup(text: str) -> str:
    """Text for a line that Rich draws: a name in brackets is no style."""
    from rich.markup import escape

    return escape(printable(text))


class Session(Stdout):
    """The global options of one run, and the settings, terminals and library that follow from them.

    Progress is shown on stderr, not drawn into a file or with -q.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self.user: str | None = options.get("user", os.environ.get("MAP4_USER") or None)
        self.is_quiet: bool = options.get("quiet", False)
        self._warned_of_ignored = False
        self.verbosity: int = options.get("verbose", 0)
        self.is_debugging: bool = options.get("debug", False) or bool(os.environ.get("MAP4_DEBUG"))
        self.may_ask: bool = not options.get("no_input", False) and sys.stdin is not None and sys.stdin.isatty()

    def without(self, option: str) -> Session:
        """A copy without one of the global options."""
        return Session({name: value for name, value in self._options.items() if name != option})

    @property
    def program(self) -> tuple[str, ...]:
        """The first words of a follow-up command that uses the same library, settings and account."""
        named = {"--config": os.path.abspath(self.config.file), "--library": shown_argument(self.config["library"])}
        given = (pair for pair in named.items() if self._options.get(pair[0][2:]))
        acting = ("--user", self._options["user"]) if self._options.get("user") else ()
        return ("map4", *(word for pair in given for word in pair), *acting)

    def command(self, *words: str) -> str:
        """A shell command line for users to copy."""
        return command_line(*self.program, *words)

    # ---- settings --------------------------------------------------------------------------------

    @property
    def library_shown(self) -> str:
        """The library's address without secrets."""
        return str(self.config.shown("library"))

    @property
    def notation(self) -> Notation:
        """How keys are shown."""
        return cast("Notation", self.config["output.key_notation"])

    @property
    def workers(self) -> dict[str, Any]:
        """Options of worker processes: `jobs` (None means one per usable core) and `timeout_s` (None: by size)."""
        return {"jobs": self.config["scan.jobs"], "timeout_s": self.config["scan.timeout"]}

    def open_library(
        self,
        lanes: LaneFactory | None = None,
        *,
        create: bool,
        temporary: bool = False,
        writer: Writer = "command",
        shared: str | None = None,
    ) -> Library:
        """Open the library from the settings.

        temporary: if there is no library, use one in memory
        """
        from map4.library.library import Library
        from map4.library.part import LibrarySettings

        settings = LibrarySettings.of(self.config)
        opened = partial(
            Library.open,
            shared=shared or settings.shared,
            lanes=lanes,
            decoder=settings.decoder,
            preferences=settings.preferences,
            writer=writer,
            on_update=lambda copy: self.info(
                f"map4: updating the library for this version (once); the old version is saved in {copy}"
            ),
        )
        try:
            library = opened(settings.path, create=create and not temporary)
        except NothingFoundError:
            if not temporary:
                raise
            library = opened(Library.IN_MEMORY)
        library.care.on_mirror = self._making_mirror()
        hookspecs.unfinished.call_each(self.warn)
        if not self._warned_of_ignored:  # a server opens the library many times
            self._warned_of_ignored = True
            for sentence in self.config.ignored(library.preferences):
                self.warn(f"map4: {sentence}")
        return library if self.user is None else self._acting(library, self.user)

    @staticmethod
    def _acting(library: Library, user: str) -> Library:
        """The library with the rights of an account."""
        try:
            return library.acting_as(library.accounts.get(user).actor())
        except BaseException:
            library.close()
            raise

    @property
    def actor(self) -> Actor:
        """The account that commands act as."""
        from map4.core.base.actor import Actor

        if self.user is None:
            return Actor.LOCAL
        with self.open_library(create=False) as library:
            return library.actor

    def require_no_user(self, command: str, why: str) -> None:
        """Raise UsageError if --user is given for a command that can't act as an account."""
        if self.user is not None:
            raise UsageError(f"map4 {command} {why}; remove --user or MAP4_USER")

    # ---- terminals -------------------------------------------------------------------------------

    def _making_mirror(self) -> Callable[[int, int], object]:
        """A callback that shows the progress of building the mirror of a large library."""
        doing, stack = "making the mirror of the library", ExitStack()
        lines: list[Status] = []

        def report(done: int, of: int) -> None:
            if done >= of:
                stack.close()
                lines.clear()
            elif self.shows_progress():
                from rich.errors import LiveError

                if not lines:
                    with suppress(LiveError):  # older versions of Rich allow only one live display
                        lines.append(stack.enter_context(self.err.status(doing)))
                for line in lines:
                    line.update(f"{doing}: {100 * done // of} %")

        return report

    def confirm(self, question: str, refusal: str) -> bool:
        """Ask a yes/no question on stderr.

        refusal: error message if there is no terminal to ask on
        """
        return bool(self._answer(click.confirm, question, refusal))

    def typed_secret(self, question: str) -> str:
        """Read a password from the terminal without echo."""
        ask = partial(click.prompt, hide_input=True, default="", show_default=False)
        return str(self._answer(ask, question, "a password prompt needs a terminal; otherwise use --password-stdin."))

    def _answer(self, ask: Callable[..., object], question: str, refusal: str) -> object:
        if not self.may_ask:
            raise click.UsageError(refusal)
        end_pager()
        try:
            return ask(printable(question), err=True)
        except click.Abort:
            click.echo(err=True)  # Ctrl-C and Ctrl-D leave the cursor on the line
            raise

    def require_yes(
        self,
        question: str,
        *,
        yes: bool = False,
        refusal: str = "This needs confirmation; add --yes to confirm.",
        otherwise: str = "left as it is",
    ) -> None:
        """Ask for confirmation; "no" raises NothingFoundError.

        yes: --yes was given, so don't ask
        refusal: error message if there is no terminal to ask on
        otherwise: message after "no"
        """
        if not yes and not self.confirm(question, refusal):
            raise NothingFoundError(otherwise)

    def require_sending(self, what: str, consent: Any, *, yes: bool, otherwise: str = "nothing was sent") -> None:
        """Report what will be sent from this machine; ask for consent the first time and store it."""
        is_allowed = yes or consent.is_given
        (self.info if is_allowed else self.warn)(what)  # show what the question is about, even with -q
        if not is_allowed:
            question = "Send this now and in future? Nothing else leaves this machine"
            refusal = "Sending this needs confirmation; add --yes to confirm."
            self.require_yes(question, refusal=refusal, otherwise=otherwise)
            consent.give()

    @staticmethod
    def current() -> Session:
        """The session of the running command."""
        return Session.of(click.get_current_context())

    @staticmethod
    def of(ctx: click.Context) -> Session:
        """The session of a Click context."""
        session = ctx.meta.get("map4.session")
        if not isinstance(session, Session):
            session = ctx.meta["map4.session"] = Session(ctx.meta.get(GLOBAL_META, {}))
        return session

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

    def report(self, sentences: Iterable[str]) -> None:
        """Print sentences on stderr, unless quiet, such as what a format could not store."""
        for sentence in sentences:
            self.info(f"map4: {sentence}")

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


def is_debugging(arguments: list[str]) -> bool:
    """Whether to show tracebacks: --debug or MAP4_DEBUG."""
    return "--debug" in arguments or bool(os.environ.get("MAP4_DEBUG"))
