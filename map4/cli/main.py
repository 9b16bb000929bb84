"""The `map4` command: loads sub-commands when called and turns every error into an exit code."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import errno
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from map4.errors import UsageError

# Set before importing numpy: its BLAS would start a thread per core and slow the workers down.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import click  # noqa: E402

from map4.cli.exits import ALL_ENDINGS, EXIT_SIGNAL, Exit, exit_codes  # noqa: E402
from map4.cli.help import Help, LazyCommands, command_named, help_all_option, topics  # noqa: E402
from map4.cli.output import OutputError, PipeClosedError, discard_stdout, end_pager, open_standard_streams, start_pager  # noqa: E402  # noqa: E402
from map4.cli.session import GLOBAL_OPTIONS, HELP_SETTINGS, Session, is_debugging  # noqa: E402
from map4.core.base.declaration import load  # noqa: E402
from map4.core.base.machine import is_limited, require_room_for_numpy  # noqa: E402
from map4.core.base.paths import quoted, shown_argument  # noqa: E402
from map4.core.base.stability import reported_to  # noqa: E402
from map4.core.base.text import printable  # noqa: E402
from map4.errors import MOST_CHOICES, AmbiguousNameError, Map4Error, QueryError  # noqa: E402
from map4.version import __version__  # noqa: E402

# This many Ctrl-C end the process immediately.
IMPATIENT = 3
# Python's default of 700 objects runs the collector some sixty times during imports, for nothing.
GARBAGE_AFTER = 50_000
AGAIN_S = 0.05
"""Delay in seconds before a signal whose exception was lost is raised again."""
_NO_FILES_LEFT = (errno.EMFILE, errno.ENFILE)
_OUT_OF_FILES = "too many open files; close other programs, or raise the limit that 'ulimit -n' shows"
_SHOW_CURSOR = b"\x1b[?25h"

GROUPS = ("Start", "Find", "Make sets", "Tidy", "Exchange", "Share", "Maintain")
"""Headings of the commands in `map4 --help`, in order."""
GLOBAL = "Global options, before or after a command"

EXAMPLES = """\
map4: analyse a music folder, find tracks, build sets, tidy tags

  map4 scan ~/Music                      analyse a folder; later only new files
  map4 search bpm:120..128 key:~8A       find tracks by tempo, key or words
  map4 playlist --seed track.mp3 -n 20   make a playlist that mixes well

'map4 help' lists all commands, 'map4 help playlist' explains one.
"""


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived; like KeyboardInterrupt, not an Exception."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class MainGroup(Help, LazyCommands):
    """The `map4` command."""

    headings = {GLOBAL: " ".join((*(option.opts[-1] for option in GLOBAL_OPTIONS), "--version", "--help"))}  # noqa: RUF012
    folded = (GLOBAL,)
    command_groups = GROUPS

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the topics. Exit codes are in the topic "scripting" and the manual page."""
        formatter.write(f"Topics (map4 help TOPIC): {' '.join(topic.name for topic in topics())}\n")

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with reported_to(lambda deprecation, _, flag: Session.current().info(f"map4: {deprecation.text(flag)}")):
                return super().invoke(ctx)
        except (BrokenPipeError, EOFError) as error:
            # A pipe between map4's processes (stdout raises `PipeClosedError`); Click would exit silently.
            raise RuntimeError(f"{type(error).__name__}: {error}") from error


@click.group(
    cls=MainGroup,
    invoke_without_command=True,
    context_settings=HELP_SETTINGS,
    epilog=exit_codes(*ALL_ENDINGS),
    params=[*GLOBAL_OPTIONS, click.Option(["-V", "--version"], is_flag=True, is_eager=True, expose_value=False,
                                          callback=lambda ctx, _, value: _print_version(ctx, value),
                                          help="Print the version and exit."),
            help_all_option()],
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Analyse music, find tracks, build sets, tidy tags, work with DJ programs."""
    if ctx.invoked_subcommand is None:
        click.echo(EXAMPLES, nl=False)


def _print_version(ctx: click.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"map4 {__version__}")
        ctx.exit()


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit code."""
    gc.set_threshold(GARBAGE_AFTER)
    open_standard_streams()
    arguments = sys.argv[1:] if args is None else args
    stop = SignalHandler()
    stop.install()
    if is_debugging(arguments):
        os.environ["MAP4_DEBUG"] = "1"  # for the worker processes
    start_pager(arguments)
    code = run(arguments, stop)
    end_pager()
    sys.exit(code)


class SignalHandler:
    """Turns the first signal into an exception; later signals don't interrupt the clean-up.

    end: ends the process immediately with an exit code, after repeated Ctrl-C
    """

    def __init__(self, *, end: Callable[[int], object] = os._exit) -> None:
        self.is_ending = False
        self._interrupts = 0
        self._raised: BaseException | None = None
        self._unraisable = sys.unraisablehook
        self._end = end

    def install(self) -> None:
        """Handle Ctrl-C, SIGTERM and SIGHUP."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            # Keep signals ignored that the caller ignores, as nohup and shells with background jobs do.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self)
                # A signal after Python has removed its handlers at exit would change the exit code.
                atexit.register(signal.signal, number, signal.SIG_IGN)
        sys.unraisablehook = self._raise_again

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts >= IMPATIENT:
                with contextlib.suppress(OSError):
                    if os.isatty(2):
                        os.write(2, _SHOW_CURSOR)  # a progress bar hides it
                self._end(EXIT_SIGNAL + signal.SIGINT)
        if self.is_ending:
            return
        self.is_ending = True
        self._raised = KeyboardInterrupt() if number == signal.SIGINT else Terminated(number)
        raise self._raised

    def _raise_again(self, lost: sys.UnraisableHookArgs) -> None:
        """Raise a signal's exception again if Python dropped it in a finalizer."""
        error, self._raised = self._raised, None
        if error is None or lost.exc_value is not error:
            self._raised = error
            self._unraisable(lost)
            return
        number = error.number if isinstance(error, Terminated) else signal.SIGINT
        self.is_ending = False
        # Unlike `interrupt_main` (the only choice on Windows), pthread_kill wakes a waiting main thread.
        wake = getattr(signal, "pthread_kill", lambda _, number: _thread.interrupt_main(number))
        again = threading.Timer(AGAIN_S, wake, [threading.main_thread().ident, number])
        again.daemon = True
        again.start()


def run(arguments: list[str], stop: SignalHandler | None = None) -> int:
    """Run the command in this process and return its exit code; errors are printed on stderr.

    stop: notified when the command has ended and clean-up begins
    """
    stop = stop or SignalHandler()
    require_room_for_numpy()
    try:
        result = cli.main(args=arguments, prog_name="map4", standalone_mode=False)
    except SystemExit as error:
        result = error.code
    except BaseException as error:
        stop.is_ending = True
        result = _explain(error, arguments)
    code = result if isinstance(result, int) else 0
    try:
        sys.stdout.flush()  # flush now: Python's flush at exit can't report errors
    except BaseException as error:
        stop.is_ending = True
        code = _explain(error, arguments)
        sys.stdout = None  # Python would flush it again, and exit with 120 if that fails
    stop.is_ending = True
    return code


def _explain(error: BaseException, arguments: list[str]) -> int:
    """Print what happened, if there is anything to report, and return the exit code."""
    try:
        return _explained(error, arguments)
    except OSError as another:
        if another.errno not in _NO_FILES_LEFT:
            raise
        _print(_OUT_OF_FILES)  # nothing more can be imported to explain the error
        return 1


def _explained(error: BaseException, arguments: list[str]) -> int:
    if isinstance(error, PipeClosedError):
        discard_stdout()  # its reader has closed it
        command = next(filter(None, map(command_named, arguments)), None)
        return Exit.PIPE_CLOSED[0] if command and command.must_finish else 0
    if (number := _signal_behind(error)) is not None:
        discard_stdout()  # its reader may hang
        if not is_debugging(arguments):
            # After a signal, don't report errors from shutting down half-started workers.
            sys.unraisablehook = lambda unraisable: None
        return EXIT_SIGNAL + number
    if isinstance(error, click.ClickException):
        if isinstance(error, click.NoSuchOption) and error.ctx is not None:
            error = _with_near_option(error, error.ctx, arguments)
        message = f"{error.format_message()}{_example(error) if isinstance(error, click.MissingParameter) else ''}"
        _print(printable(message), error.ctx if isinstance(error, click.UsageError) else None)
        return error.exit_code
    if isinstance(error, OutputError):
        discard_stdout()
    if is_debugging(arguments):
        sys.excepthook(type(error), error, error.__traceback__)
    from map4.cli.output import printable_lines

    if isinstance(error, AmbiguousNameError):
        _print(_choices_of(error, arguments))
        return error.exit_code
    # A query error has several lines, with a mark under the mistake; other messages are one line.
    _print((printable_lines if isinstance(error, QueryError) else printable)(_sentence(error)))
    return error.exit_code if isinstance(error, Map4Error) else 1


def _example(error: click.MissingParameter) -> str:
    """The first example of the help of a command; empty if the missing argument has its choices."""
    ctx = error.ctx
    lines = (line.strip() for line in (ctx.command.help or "").splitlines()) if ctx else ()
    example = next((line.partition("  ")[0] for line in lines if ctx and line.startswith(f"{ctx.command_path} ")), None)
    return f" For example: {example}" if example and error.format_message().endswith(".") else ""


def _with_near_option(error: click.NoSuchOption, ctx: click.Context, arguments: list[str]) -> click.NoSuchOption:
    """The error with a hint: the closest option, or how to name a file that begins with a dash."""
    from map4.cli.guesses import option_meant

    options = ctx.command.get_params(ctx)
    known = {name.lstrip("-"): name for option in options for name in option.opts if name.startswith("--")}
    file = next(
        (argument for argument in arguments if argument.startswith(error.option_name) and os.path.lexists(argument)),
        None,
    )
    if file is not None:
        return click.NoSuchOption(error.option_name, f"{error.message} For the file, write ./{file}", ctx=ctx)
    if (meant := option_meant(ctx, error.option_name)) is not None:
        return click.NoSuchOption(error.option_name, f"{error.message} {meant}", ctx=ctx)
    near = [known[name] for name in UsageError.near(error.option_name.lstrip("-"), known)]
    listed = "" if near else f" '{ctx.command_path} --help' lists them."
    return click.NoSuchOption(error.option_name, f"{error.message}{listed}", near, ctx)


def _choices_of(error: AmbiguousNameError, arguments: list[str]) -> str:
    """The tracks that an ambiguous name may mean, each as the typed command with the path instead of the name."""
    lines = [error.summary()]
    words = [shown_argument(each) for each in arguments]
    is_word = any(_replaced(each, error.name, "") != each for each in arguments)
    for caption, path in error.choices[:MOST_CHOICES]:
        lines += [
            f"  {caption}",
            f"    map4 {' '.join(quoted(_replaced(each, error.name, path, not is_word)) for each in words)}",
        ]
    if len(error.choices) > MOST_CHOICES:
        lines.append("  … and more; 'map4 search' shows all")
    return "\n".join(map(printable, lines))


def _replaced(argument: str, name: str, path: str, is_part: bool = False) -> str:
    """An argument, or its value after `=`, with the name replaced by the path.

    is_part: also replace the name inside a sentence
    """
    if is_part:
        import re

        return re.sub(rf"['\"]?{re.escape(name)}['\"]?", lambda match: f'"{path}"', argument, count=1)
    option, equals, value = argument.partition("=")
    if option.startswith("--") and equals and value == name:
        return f"{option}={path}"
    return path if argument == name else argument


def _signal_behind(error: BaseException | None) -> int | None:
    """The signal that ended the command, even if the clean-up failed too; None without a signal."""
    while error is not None:
        if isinstance(error, Terminated):
            return error.number
        if isinstance(error, (click.Abort, KeyboardInterrupt)):
            return signal.SIGINT
        error = error.__context__
    return None


def _sentence(error: BaseException) -> str:
    if isinstance(error, Map4Error):
        return str(error)
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and is_limited()) or _is_out_of_room(error):
        return "out of memory; close other programs, or raise the limit if 'ulimit -v' shows one"
    if isinstance(error, OSError) and error.errno in _NO_FILES_LEFT:
        return _OUT_OF_FILES
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
        return f"{where}{error.strerror}; --debug shows where it happened"
    load("map4.core.base.files.last_error:LastError").keep(error)
    what = f"{type(error).__name__}: {error}".rstrip(".")
    return f"internal error: {what}. This is a bug in map4; 'map4 doctor --report FILE' writes what to report"


def _is_out_of_room(error: BaseException) -> bool:
    """Whether a thread could not start, most likely without memory for its stack; Python has no error class for it."""
    return isinstance(error, RuntimeError) and str(error) == "can't start new thread"


def _print(message: str, ctx: click.Context | None = None) -> None:
    with contextlib.suppress(PipeClosedError):
        if ctx is not None:
            click.echo(ctx.get_usage(), err=True)
        click.echo(f"map4: {message}", err=True)


__all__ = ["GROUPS", "SignalHandler", "cli", "main", "run"]
