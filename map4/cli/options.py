"""Options shared by several commands, and their value types."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from map4.cli.output import JSON_WANTED
from map4.cli.session import Session
from map4.cli.value_types import Age, Minutes, Name, Number, PathArgument, Seconds, WholeNumber
from map4.core.base.call_options import Option, declared_options
from map4.core.base.paths import absolute_path
from map4.core.base.regular_files import NotRegularError, OnDisk, within
from map4.errors import Map4Error, NothingFoundError, UsageError

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Notation
    from map4.library import Library


F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
ClickOption = Callable[[Any], Any]
"""The return type of `click.option`."""

KEY_NOTATIONS = ("camelot", "openkey", "musical")


# ---- types of values -----------------------------------------------------------------------------


class QueryText(click.ParamType[str]):
    """A query, parsed before the library is opened, so that mistakes are reported even without a library."""

    name = "query"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from map4.core.music.query.parser import Query

        Query.parse(str(value))
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """See `complete_fields`."""
        return CallOption.complete_fields(ctx, param, incomplete)


# ---- one value of several options ----------------------------------------------------------------


# ---- options -------------------------------------------------------------------------------------


def _remember_json(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    ctx.meta[JSON_WANTED] = value


def _notation(key_notation: Notation | None) -> Notation:
    return key_notation or Session.current().notation


STREAM = "-"
# Each path takes about 100 bytes of memory; a folder is cheaper.
_MOST_LISTED = 1_000_000

_LIST_OF_FILES = click.option(
    "--files-from",
    metavar="FILE",
    type=PathArgument(allow_dash=True),
    help="Read more paths from FILE ('-' is stdin), one per line, or each ended by NUL.",
)


def read_source(source: str) -> bytes:
    """The content of a list from the command line; `-` is stdin."""
    from map4.core.music.lists.tracklist import ParsedPlaylist

    try:
        if source == STREAM:
            return within(sys.stdin.buffer.read(ParsedPlaylist.MOST_BYTES + 1), ParsedPlaylist.MOST_BYTES, source)
        return OnDisk(os.path.expanduser(source)).read(most_bytes=ParsedPlaylist.MOST_BYTES)
    except NotRegularError as error:
        raise click.UsageError(f"{source} can't be read: {error.strerror}; pipe into '-' instead") from None
    except OSError as error:
        raise click.UsageError(f"{'stdin' if source == STREAM else source} can't be read: {error.strerror}") from None
    except ValueError:
        raise click.UsageError(f"{source!r} is not a path: it contains a NUL") from None


def _listed_paths(source: str) -> Iterator[str]:
    """Absolute paths from --files-from, byte for byte. No path contains a NUL, so one in the list ends each path."""
    content = read_source(source)
    separator = b"\0" if b"\0" in content else b"\n"
    if content.count(separator) > _MOST_LISTED:
        raise click.UsageError(f"{source} lists more than {_MOST_LISTED:,} files; pass their folder instead")
    for line in content.split(separator):
        name = line.rstrip(b"\r") if separator == b"\n" else line
        if name:
            yield absolute_path(name)  # lines are always paths, never words of a track's name


_TYPES: dict[str, Callable[[], click.ParamType[Any]]] = {
    "Query": QueryText,
    timedelta.__name__: Age,
    os.PathLike.__name__: PathArgument,
}
"""Click types of Python-only classes, by class name."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _read(option: Option, value: Any) -> Any:
    if option.is_table:
        pairs = {text: text.partition("=") for text in value}
        wrong = next((text for text, (name, equals, _) in pairs.items() if not equals or not name), None)
        if wrong is not None:
            raise click.UsageError(f"'{wrong}' is not an option; write it as NAME=VALUE.")
        return {name: value for name, _, value in pairs.values()}
    try:
        return option.reads(value) if option.reads is not None and isinstance(value, str) else value
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _click_option(option: Option, complete: Callable[..., Any] | None) -> ClickOption:
    if option.choices and option.metavar:
        complete = CallOption.completing(lambda: option.choices)
    settings: dict[str, Any] = {"help": option.help, "metavar": option.metavar, "shell_complete": complete}
    settings["hidden"] = option.deprecated is not None
    if option.shows_default:
        settings |= {"default": _plain(option.default), "show_default": True}
    if bool in option.kinds and "/" not in option.flags:
        settings |= {"is_flag": True, "callback": partial(_switched, not option.flags.startswith("--no-"))}
    elif bool in option.kinds:
        settings |= {"default": None}
    else:
        settings |= {"type": _type(option), "multiple": option.is_table or (option.is_list and option.reads is None)}
    return click.option(*option.flags.split(), option.name, cls=CallOption, heading=option.heading, **settings)


def _switched(value: bool, ctx: click.Context, param: click.Parameter, given: bool) -> bool | None:
    return value if given else None


def _type(option: Option) -> click.ParamType[Any] | None:
    own = next((_TYPES[kind.__name__] for kind in option.kinds if kind.__name__ in _TYPES), None)
    if own is not None:
        return own()
    if option.choices:
        return None if option.metavar else Name(option.choices)
    if float in option.kinds and option.name.endswith("_s") and option.least is None:
        return Seconds()
    if float in option.kinds and option.name == "minutes":
        return Minutes(option.least, option.most, min_open=option.above)
    if str not in option.kinds and float in option.kinds and option.reads is None:
        return Number(option.least, option.most, min_open=option.above)
    if str in option.kinds or int not in option.kinds:
        return None
    return WholeNumber(option.least, option.most)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """A default as people write it: 2, not 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class CallOption(click.Option):
    """An option with its heading in the help; and the options that commands share."""

    def __init__(self, *args: Any, heading: str | None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.heading = heading

    @staticmethod
    def collected(parameter: str, make: Callable[..., Any], *options: ClickOption) -> Callable[[F], F]:
        """Add options whose values the command receives as one parameter.

        parameter: name of the command's parameter
        make: called with the option values by name; its result is the parameter's value
        options: from `click.option`, `click.argument` or `collect`; `make` receives the collected value of the last
        """

        def declared(**values: Any) -> Any:
            return make(**values)

        collector = CallOption.added(declared, *options)
        parameters = click.command(collector).params
        known: Any = click.option
        same_options = [known(cls=lambda *_, own=parameter: own) for parameter in parameters]

        def decorate(function: F) -> F:
            @functools.wraps(function)
            def command(*args: Any, **kwargs: Any) -> Any:
                values = {parameter.name: kwargs.pop(parameter.name) for parameter in parameters}
                # A group that only dispatches to a sub-command needs no value.
                value = None if click.get_current_context().invoked_subcommand else collector(**values)
                return function(*args, **{parameter: value}, **kwargs)

            return CallOption.added(command, *same_options)  # type: ignore[no-any-return]

        return decorate

    @staticmethod
    def added(function: Any, *options: ClickOption) -> Any:
        """Add options to a command, in order."""
        return functools.reduce(lambda decorated, option: option(decorated), reversed(options), function)

    @staticmethod
    def of_extra(made: Iterator[ClickOption]) -> ClickOption:
        """The options that an extra adds to a command; without the extra, none."""
        return next(made, lambda command: command)

    @staticmethod
    def of(
        record: type,
        parameter: str = "options",
        *,
        without: Collection[str] = (),
        complete: Mapping[str, Callable[..., Any]] = _NOTHING,
    ) -> Callable[[F], F]:
        """Add the options that a record declares; the command receives a record built from the given values.

        without: names of options that this command leaves out
        complete: `shell_complete` callbacks by option name
        """
        declared = [option for option in declared_options(record).values() if option.name not in without]

        def made(**values: Any) -> Any:
            given = {name: value for name, value in values.items() if value not in (None, ())}
            for option in declared:
                if option.name in given:
                    given[option.name] = _read(option, given[option.name])
                if option.setting is not None and (option.is_list or option.name not in given):
                    configured = Session.current().config[option.setting]
                    given[option.name] = (*configured, *given.get(option.name, ())) if option.is_list else configured
            return record(**given)

        options = (_click_option(option, complete.get(option.name)) for option in declared if option.flags)
        return CallOption.collected(parameter, made, *options)

    @staticmethod
    def completing(names: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
        """For `shell_complete`: the names that begin with the typed text."""
        return lambda ctx, param, incomplete: [name for name in names() if name.startswith(incomplete)]

    @staticmethod
    def complete_fields(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """For `shell_complete` of a query: fields that match the start of its last term, each with a colon."""
        from map4.core.music.query.fields import FIELDS

        before, blank, term = incomplete.rpartition(" ")
        sign = "^" * term.startswith("^")
        names = [name for name in FIELDS if name.startswith(term.lower().removeprefix("^").replace("_", "-"))]
        return [CompletionItem(f"{before}{blank}{sign}{name}:") for name in names]

    @staticmethod
    def complete_marks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """For `shell_complete`: marks in use."""
        return CallOption.beginning(
            incomplete, CallOption.from_library(ctx, lambda library: [mark.name for mark in library.marks.all().marks])
        )

    @staticmethod
    def from_library(ctx: click.Context, ask: Callable[[Library], Iterable[T]]) -> list[T]:
        """Distinct values from the library, for completion; empty without a library."""
        try:
            with Session.of(ctx).open_library(create=False) as library:
                return list(dict.fromkeys(ask(library)))
        except Map4Error:  # no error messages during completion
            return []

    @staticmethod
    def beginning(incomplete: str, names: Iterable[str]) -> list[CompletionItem[str]]:
        """The names that begin with the typed text, in any case."""
        return [CompletionItem(name) for name in names if name.casefold().startswith(incomplete.casefold())]

    @staticmethod
    def given() -> set[str]:
        """Names of the parameters given to the running command, without global options."""
        ctx = click.get_current_context()
        given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        return given | {"as_json"} if Session.wants_json() else given

    @staticmethod
    def json_of(about: str) -> ClickOption:
        """The option --json; `print_json` asks whether it was given."""
        return click.option("--json", "as_json", is_flag=True, expose_value=False, callback=_remember_json, help=about)

    json = json_of("Print one JSON document.")

    @staticmethod
    def yes(about: str = "Don't ask for confirmation.", *, shown: bool = True) -> ClickOption:
        """The option -y, --yes; hidden and without effect where nothing is asked."""
        return click.option("-y", "--yes", is_flag=True, help=about, hidden=not shown, expose_value=shown)

    @staticmethod
    def dry_run(about: str) -> ClickOption:
        """The option -n, --dry-run."""
        return click.option("-n", "--dry-run", is_flag=True, help=about)

    without = click.option(
        "--without",
        multiple=True,
        metavar="EXTRA",
        help="Leave out the tables of an extra that is not installed; repeatable.",
    )

    strict = click.option("--strict", is_flag=True, help="Exit with 3 if there are findings.")

    relative_to = click.option("--relative-to", metavar="DIR", type=PathArgument(), help="Write paths relative to DIR.")

    @staticmethod
    def query(about: str = "Only tracks that match") -> ClickOption:
        """The option --query; `about` is its help, to which a pointer to the query language is added."""
        return click.option("--query", metavar="QUERY", type=QueryText(), help=f"{about}, as in 'map4 search'.")

    @staticmethod
    def files(metavar: str) -> Callable[[F], F]:
        """Add FILE… and --files-from; the command receives all paths as `files`.

        An empty list is a NothingFoundError: it must not mean every file.
        """

        def paths(files: tuple[str, ...], files_from: str | None) -> tuple[str, ...]:
            paths = (*files, *(() if files_from is None else _listed_paths(files_from)))
            if not paths and files_from:
                raise NothingFoundError("the list of files is empty")
            return paths

        argument = click.argument("files", nargs=-1, type=PathArgument(), metavar=metavar)
        return CallOption.collected("files", paths, argument, _LIST_OF_FILES)

    @staticmethod
    def notation(command: F) -> F:
        """Add --key-notation; the command receives `notation`, by default from the settings."""
        about = "How keys are written (also MAP4_KEY_NOTATION)."
        option = click.option("--key-notation", type=Name(KEY_NOTATIONS), help=about)
        return CallOption.collected("notation", _notation, option)(command)
