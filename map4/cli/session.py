"""One run of the command: its global options, and the settings, terminals and library they lead to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import click

from map4.base.library_address import shown_argument
from map4.cli.help import Headings, Help, command_rows, help_all_option, unknown_command
from map4.cli.streams import WithoutPadding
from map4.cli.value_types import Name, PathArgument
from map4.errors import NothingFoundError, UsageError
from map4.version import how_to_add

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console
    from rich.status import Status

    from map4.base.actor import Actor
    from map4.base.events import Writer
    from map4.exports import Figure
    from map4.library import Library
    from map4.lists import Preset
    from map4.music.analysis.key import Notation
    from map4.music.mixing.harmony import HarmonicRule
    from map4.music.track.track import Track
    from map4.plugins import LaneFactory
    from map4.settings import Config

HELP_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 96}
_META = "map4.global_options"
_MOST_COLUMNS = 120
"""Of a picture; a wider one would be higher than the screen."""


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    # Global options work before and after the command; the one given last counts.
    if value not in (None, False, 0) and parameter.name is not None:
        ctx.meta.setdefault(_META, {})[parameter.name] = value


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
    _global("--user", metavar="NAME", help="Do it as this account (also MAP4_USER); without, everything is allowed."),
    _global("-v", "--verbose", count=True, help="Name each file that is analysed; -vv every file."),
    _global("-q", "--quiet", is_flag=True, help="Print errors only (and what was asked for)."),
    _global("--color", type=Name(["auto", "always", "never"]), help="When to use colour."),
    _global("--no-input", is_flag=True, help="Never ask a question; fail instead."),
    _global("--debug", is_flag=True, help="Show where in the program an error happened."),
]


def _with_global_options(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        **settings,
        "params": [*(settings.get("params") or []), *GLOBAL_OPTIONS],
        "context_settings": HELP_SETTINGS | (settings.get("context_settings") or {}),
    }


class Map4Command(Help):
    """A command that takes the global options too.

    headings: where its options stand in the help that `map4.cli.help.HEADINGS` would put elsewhere
    plugins: a heading of its help, and the group of entry points of other packages that are listed under it
    folded: as of `Help`
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


class Map4Group(Map4Command, click.Group):
    """A command with sub-commands; all take the global options."""

    command_class = Map4Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the sub-command, or say which one was probably meant."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise unknown_command(ctx, args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(command_rows(self, ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Alone, it shows its help, as `map4` does: that is an answer, and no wrong usage."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


class Map4DefaultGroup(Map4Group):
    """A command that has sub-commands, too: its first word is one of them, or else an argument of its own.

    A file that is called like a sub-command is named by its folder, as in ./history.
    """

    allow_interspersed_args = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, invoke_without_command=True, **kwargs)
        # Commands share their arguments.
        self._argument = argument = copy(next((one for one in self.params if isinstance(one, click.Argument)), None))
        if argument is not None:
            self.params = [argument if isinstance(one, click.Argument) else one for one in self.params]
            own = argument.shell_complete

            def complete(ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
                names = [] if ctx.params.get(str(argument.name)) else self.shell_complete(ctx, incomplete)
                return [*own(ctx, incomplete), *names]

            argument.shell_complete = complete  # type: ignore[method-assign]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave a sub-command and all its words in `ctx.args`; options before it are its own."""
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
        """Its parameters; for a sub-command none, whose name would have them in it."""
        return super().get_params(ctx) if ctx.command is self else []

    def _place_of_word(self, ctx: click.Context, args: list[str]) -> int | None:
        """Where the first word that is no option, nor the value of one, stands; a word after -- is an argument."""
        parser = self.make_parser(ctx)
        parser.allow_interspersed_args = False
        try:
            given, others, _ = parser.parse_args(list(args))
        except click.UsageError:  # told when the command is parsed
            return None
        words = others if self._argument is None else given.get(str(self._argument.name))
        if not words or not isinstance(words, Sized):  # Click has an object of its own for nothing
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


class Session:
    """The global options of one run, and what they lead to."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self.user: str | None = options.get("user", os.environ.get("MAP4_USER") or None)
        self.is_quiet: bool = options.get("quiet", False)
        self.verbosity: int = options.get("verbose", 0)
        self.is_debugging: bool = options.get("debug", False) or bool(os.environ.get("MAP4_DEBUG"))
        self.may_ask: bool = not options.get("no_input", False) and sys.stdin is not None and sys.stdin.isatty()

    def without(self, option: str) -> Session:
        """The same run without one of its global options."""
        return Session({name: value for name, value in self._options.items() if name != option})

    @property
    def program(self) -> tuple[str, ...]:
        """What a command begins with that goes on with this library and these settings."""
        named = {"--config": os.path.abspath(self.config.file), "--library": shown_argument(self.config["library"])}
        given = (pair for pair in named.items() if self._options.get(pair[0][2:]))
        acting = ("--user", self._options["user"]) if self._options.get("user") else ()
        return ("map4", *(word for pair in given for word in pair), *acting)

    def command(self, *words: str) -> str:
        """A command to be copied, as every one that is told with its arguments."""
        from map4.base.paths import quoted

        return " ".join(map(quoted, (*self.program, *words)))

    # ---- settings --------------------------------------------------------------------------------

    @cached_property
    def config(self) -> Config:
        """Settings, with these options on top."""
        from map4.settings import Config

        overrides = {"library": self._options.get("library"), "output.color": self._options.get("color")}
        return Config(overrides, os.environ, self._options.get("config"))

    @property
    def library_shown(self) -> str:
        """The library of the settings, as it may be told."""
        return str(self.config.told("library"))

    @property
    def notation(self) -> Notation:
        """How keys are shown."""
        found: Notation = self.config["output.key_notation"]
        return found

    @property
    def presets(self) -> dict[str, Preset]:
        """Presets of playlists, those of the settings too."""
        from map4.lists import read_presets, shipped_presets

        return {**shipped_presets(), **read_presets(self.config["playlist.presets"])}

    @property
    def models(self) -> dict[str, Any]:
        """Language models by name; the settings for Claude count where Claude is asked."""
        claude = {"provider": "claude", "model": self.config["classify.model"], "url": self.config["classify.base_url"]}
        return {"claude": claude, **self.config["classify.models"]}

    @property
    def jobs(self) -> int | None:
        """How many worker processes; None takes one for each usable core."""
        found: int | None = self.config["scan.jobs"]
        return found

    @property
    def timeout_s(self) -> float | None:
        """Seconds a file may take; None grows with its size."""
        found: float | None = self.config["scan.timeout"]
        return found

    def open_library(
        self,
        lanes: LaneFactory | None = None,
        *,
        create: bool,
        temporary: bool = False,
        writer: Writer = "command",
        harmonic: HarmonicRule = "flexible",
        shared: str | None = None,
    ) -> Library:
        """The library of the settings; where there is none, with `temporary` one that is gone at the end."""
        from map4.library import Library
        from map4.opening import LibrarySettings

        settings = LibrarySettings.of(self.config)
        opened = partial(
            Library.open,
            shared=shared or settings.shared,
            lanes=lanes,
            decoder=settings.decoder,
            preferences=replace(settings.preferences, harmonic=harmonic),
            writer=writer,
            on_update=lambda kept: self.say(
                f"map4: brings the library up to date for this version, once; it is kept as it was in {kept}"
            ),
        )
        try:
            library = opened(settings.path, create=create and not temporary)
        except NothingFoundError:
            if not temporary:
                raise
            library = opened(Library.IN_MEMORY)
        library.care.on_mirror = self._making_mirror()
        return library if self.user is None else self._acting(library, self.user)

    @staticmethod
    def _acting(library: Library, user: str) -> Library:
        """The library as an account uses it."""
        try:
            return library.acting_as(library.accounts.get(user).actor())
        except BaseException:
            library.close()
            raise

    @property
    def actor(self) -> Actor:
        """Who commands act as."""
        from map4.base.actor import LOCAL

        if self.user is None:
            return LOCAL
        with self.open_library(create=False) as library:
            return library.actor

    def require_no_user(self, command: str, why: str) -> None:
        """Refuse a command to act as an account, where none can."""
        if self.user is not None:
            raise UsageError(f"map4 {command} {why}; leave --user (or MAP4_USER) out")

    # ---- terminals -------------------------------------------------------------------------------

    @cached_property
    def out(self) -> Console:
        """The terminal of stdout."""
        return self._console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """The terminal of stderr."""
        return self._console(stderr=True)

    def print_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows of cells in columns on stdout."""
        from map4.cli.views.columns import print_rows

        print_rows(self.out, rows)

    def draw(self, figures: Callable[[], Iterable[Figure]]) -> bool:
        """Show figures as pictures, where the settings and the terminal have them; whether it did."""
        if self.config["output.pictures"] == "none" or not sys.stdout.isatty():
            return False
        from map4.cli.output import kitty_picture, write_text
        from map4.exports import png_of

        for figure in figures():
            write_text(f"\n{figure.title}\n{kitty_picture(png_of(figure), min(self.out.width, _MOST_COLUMNS))}\n")
        return True

    def shows_progress(self) -> bool:
        """Whether stderr is a terminal that draws how far a command is."""
        # Asked first of the stream itself: a command from cron need not import Rich, nor draw into a file when colour
        # is forced.
        if self.is_quiet or not sys.stderr.isatty():
            return False
        return self.err.is_terminal and not self.err.is_dumb_terminal

    def _making_mirror(self) -> Callable[[int, int], object]:
        """Says how far the mirror of a large library is, for which the first answer waits."""
        doing, stack = "making the mirror of the library", ExitStack()
        lines: list[Status] = []

        def tell(done: int, of: int) -> None:
            if done >= of:
                stack.close()
                lines.clear()
            elif self.shows_progress():
                from rich.errors import LiveError

                if not lines:
                    with suppress(LiveError):  # older versions draw one thing at a time
                        lines.append(stack.enter_context(self.err.status(doing)))
                for line in lines:
                    line.update(f"{doing}: {100 * done // of} %")

        return tell

    def say(self, message: str) -> None:
        """A line on stderr, unless quiet."""
        if not self.is_quiet:
            self.tell(message)

    def tell(self, message: str) -> None:
        """A line on stderr; above the progress bar, where one is drawn."""
        from map4.cli.output import printable

        if sys.stdout.isatty():  # what was answered before stands above it
            sys.stdout.flush()
        if "err" in self.__dict__:  # only then can there be a bar; Rich is not imported for a line alone
            self.err.print(printable(message), soft_wrap=True)
        else:
            click.echo(printable(message), err=True)

    def tell_failures(self, tracks: Iterable[Track]) -> None:
        """A line on stderr for each track that could not be analysed."""
        from map4.cli.output import failure_line

        for track in tracks:
            if track.failure is not None:
                self.tell(failure_line(track.path, track.failure))

    def confirm(self, question: str, refusal: str) -> bool:
        """Ask on stderr."""
        from map4.cli.output import printable

        if not self.may_ask:
            raise click.UsageError(refusal)
        try:
            return click.confirm(printable(question), err=True)
        except click.Abort:
            click.echo(err=True)  # Ctrl-C and Ctrl-D end no line
            raise

    def require_yes(
        self,
        question: str,
        *,
        yes: bool = False,
        refusal: str = "This asks first; say --yes to do it without asking.",
        otherwise: str = "left as it is",
    ) -> None:
        """Ask before a change; a no is a NothingFoundError.

        yes: the answer was given as an option
        refusal: error where no terminal can be asked
        otherwise: what a no leaves
        """
        if not yes and not self.confirm(question, refusal):
            raise NothingFoundError(otherwise)

    def require_sending(self, what: str, consent: Any, *, yes: bool, otherwise: str = "nothing was sent") -> None:
        """Say what is about to leave this machine; ask the first time, and keep a yes in the consent."""
        is_allowed = yes or consent.is_given
        (self.say if is_allowed else self.tell)(what)  # a question needs to be understood, also with -q
        if not is_allowed:
            question = "Send this, now and from now on? Nothing else leaves this machine"
            refusal = "This asks first whether it may send that; say --yes to send it without asking."
            self.require_yes(question, refusal=refusal, otherwise=otherwise)
            consent.give()

    def _console(self, *, stderr: bool) -> Console:
        from rich.console import Console

        color = self.config["output.color"]
        # Rich gives a dumb terminal no colour even when asked to; without a colour system it styles nothing at all.
        is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
        systems: dict[str, Literal["standard", "auto"] | None] = {
            "never": None,
            "always": "standard" if is_dumb else "auto",
        }
        stream = sys.stderr if stderr else sys.stdout
        # Emacs and some containers set COLUMNS to 0, which means that it is unknown.
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
def packages_of(extra: str, what: str | None = None) -> Iterator[None]:
    """Around an import of what an extra brings: without it, one line says how to get it.

    what: what needs it, where that is not the command of its name
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "map4":
            raise
        raise UsageError(f"{what or f'map4 {extra} needs'} more packages: {how_to_add(extra)}") from None


def current_session() -> Session:
    """The session of the command that runs."""
    return session_of(click.get_current_context())


def session_of(ctx: click.Context) -> Session:
    """The session of a run."""
    found = ctx.meta.get("map4.session")
    if not isinstance(found, Session):
        found = ctx.meta["map4.session"] = Session(ctx.meta.get(_META, {}))
    return found


def is_debugging(arguments: list[str]) -> bool:
    """Whether tracebacks are wanted."""
    return "--debug" in arguments or bool(os.environ.get("MAP4_DEBUG"))
