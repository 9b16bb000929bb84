"""Options that several commands share, and the session made of them."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from map4.domain.harmony import HarmonicRule
    from map4.infra.config import Config
    from map4.library import Library

F = TypeVar("F", bound=Callable[..., Any])

HELP_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 96}
_META = "map4.global_options"
# A hundred years: an older analysis there is not, and what a date can hold has an end.
MOST_AGE = timedelta(days=36525)


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    # Global options work before and after the command; the one given last counts.
    if value not in (None, False, 0) and parameter.name is not None:
        ctx.meta.setdefault(_META, {})[parameter.name] = value


def _global(*names: str, **settings: Any) -> click.Option:
    return click.Option([*names], expose_value=False, callback=_remember, **settings)


GLOBAL_OPTIONS: list[click.Parameter] = [
    _global("--library", metavar="FILE", type=click.Path(), help="The library file (also MAP4_LIBRARY)."),
    _global("--config", metavar="FILE", type=click.Path(), help="The configuration file (also MAP4_CONFIG)."),
    _global("-v", "--verbose", count=True, help="Name each file that was read; -vv every file."),
    _global("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
    _global("--color", type=click.Choice(["auto", "always", "never"]), help="When to use colour."),
    _global("--no-input", is_flag=True, help="Never ask; fail instead."),
    _global("--debug", is_flag=True, help="Show tracebacks."),
]


class Map4Command(click.Command):
    """A command that takes the global options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *GLOBAL_OPTIONS]
        kwargs["context_settings"] = HELP_SETTINGS | (kwargs.get("context_settings") or {})
        super().__init__(*args, **kwargs)


class Map4Group(click.Group):
    """A command with sub-commands; all take the global options."""

    command_class = Map4Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *GLOBAL_OPTIONS]
        kwargs["context_settings"] = HELP_SETTINGS | (kwargs.get("context_settings") or {})
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Alone, it shows its help, as `map4` does: that is an answer, and no wrong usage."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


class Session:
    """The global options of one run, and what they lead to."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self.is_quiet: bool = options.get("quiet", False)
        self.verbosity: int = options.get("verbose", 0)
        self.may_ask: bool = not options.get("no_input", False) and sys.stdin is not None and sys.stdin.isatty()

    def without(self, option: str) -> Session:
        """The same run without one of its global options."""
        return Session({name: value for name, value in self._options.items() if name != option})

    @cached_property
    def config(self) -> Config:
        """Settings, with these options on top."""
        from map4.infra.config import Config

        overrides = {"library": self._options.get("library"), "output.color": self._options.get("color")}
        return Config(overrides, os.environ, self._options.get("config"))

    @cached_property
    def out(self) -> Console:
        """Terminal of the data."""
        return self._console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Terminal of the talk."""
        return self._console(stderr=True)

    def open_library(self, *, create: bool, temporary: bool = False, harmonic: HarmonicRule = "flexible") -> Library:
        """The library in force; where there is none, with `temporary` one that is gone at the end."""
        from map4.domain.preferences import Preferences
        from map4.library import Library

        path = self.config["library"]
        if temporary and not os.path.exists(path):
            path = Library.IN_MEMORY
        preferences = Preferences(sources=tuple(self.config["analysis.prefer"]), harmonic=harmonic)
        return Library.open(path, create=create, decoder=self.config["analysis.decoder"], preferences=preferences)

    def say(self, message: str) -> None:
        """A line on stderr, unless quiet."""
        if not self.is_quiet:
            self.tell(message)

    def tell(self, message: str) -> None:
        """A line on stderr; above the progress bar, where one is drawn."""
        from map4.cli.output import printable

        if "err" in self.__dict__:  # only then can there be a bar; Rich is not imported for a line alone
            self.err.print(printable(message), soft_wrap=True)
        else:
            click.echo(printable(message), err=True)

    def _console(self, *, stderr: bool) -> Console:
        from rich.console import Console

        color = self.config["output.color"]
        # Rich gives a dumb terminal no colour even when asked to; without a colour system it styles nothing at all.
        is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
        systems: dict[str, Literal["standard", "auto"] | None] = {
            "never": None,
            "always": "standard" if is_dumb else "auto",
        }
        return Console(
            stderr=stderr,
            force_terminal=True if color == "always" else None,
            color_system=systems.get(color, "auto"),
            highlight=False,
            markup=False,
            emoji=False,
        )


def current_session() -> Session:
    """The session of the command that runs."""
    ctx = click.get_current_context()
    found = ctx.meta.get("map4.session")
    if not isinstance(found, Session):
        found = ctx.meta["map4.session"] = Session(ctx.meta.get(_META, {}))
    return found


def is_debugging(arguments: list[str]) -> bool:
    """Whether tracebacks are wanted."""
    return "--debug" in arguments or bool(os.environ.get("MAP4_DEBUG"))


class Age(click.ParamType[timedelta]):
    """A span of time up to a century: 90m, 12h, 30d, 2w."""

    name = "age"
    _units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}  # noqa: RUF012

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the text."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([mhdw])", str(value).strip().lower())
        if not found:
            self.fail(f"'{value}' is no span of time; write it as 12h, 30d or 2w", param, ctx)
        age = timedelta(**{self._units[found[2]]: float(found[1])})
        if age > MOST_AGE:
            self.fail(f"'{value}' is more than a hundred years", param, ctx)
        return age


class QueryText(click.ParamType[str]):
    """A query, which is read before anything is opened: a slip in it is told also where there is no library yet."""

    name = "query"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it, and give the text."""
        from map4.domain.query.parser import parse_query

        parse_query(str(value))
        return str(value)


def query_option(about: str = "Only tracks that match", *, default: str | None = None) -> Callable[[F], F]:
    """Add --query; `about` is its help but for where queries are explained."""
    return click.option(
        "--query", metavar="QUERY", type=QueryText(), default=default, help=f"{about}, as in 'map4 search'."
    )


class Seconds(click.ParamType[float]):
    """A number of seconds that something may take."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text."""
        from map4.infra.config import LEAST_SECONDS, MOST_SECONDS

        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not LEAST_SECONDS <= seconds <= MOST_SECONDS:  # not a number is in no range
            self.fail(f"'{value}' is no number of seconds from {LEAST_SECONDS:g} to {MOST_SECONDS:.0f}", param, ctx)
        return seconds


def file_list_options(function: F) -> F:
    """Add --files-from and --files-from0."""
    for name, what in (("--files-from", "a line"), ("--files-from0", "ended by NUL")):
        text = f"Read more paths from FILE ('-' is stdin), {what} each."
        function = click.option(name, metavar="FILE", type=click.Path(allow_dash=True), help=text)(function)
    return function


def listed_paths(files_from: str | None, files_from0: str | None) -> Iterator[str]:
    """Paths of --files-from and --files-from0; their bytes are kept as they are."""
    for source, separator in ((files_from, b"\n"), (files_from0, b"\0")):
        if source is None:
            continue
        try:
            with click.open_file(source, "rb") as file:
                content = file.read()
        except OSError as error:
            raise click.UsageError(f"{source} can't be read: {error.strerror}") from None
        if separator == b"\n" and b"\0" in content:
            raise click.UsageError(f"{source} holds NUL bytes, which no path has; read it with --files-from0")
        for line in content.split(separator):
            name = line.rstrip(b"\r") if separator == b"\n" else line
            if name:
                yield os.fsdecode(name)
