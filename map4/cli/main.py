"""The `map4` command: its sub-commands, loaded when called, and where every error becomes an exit code."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

# Before numpy: its BLAS would start a thread a core, which only gets in the way of the workers.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import click  # noqa: E402

from map4 import __version__  # noqa: E402
from map4.cli.options import GLOBAL_OPTIONS, HELP_SETTINGS, is_debugging  # noqa: E402
from map4.errors import Map4Error  # noqa: E402

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
EXIT_SCAN_PIPE_CLOSED = 141

# Name -> module and the line `map4 --help` shows; the modules are imported only when their command is called.
COMMANDS: dict[str, tuple[str, str]] = {
    "scan": ("map4.cli.scan", "Find audio files and analyse what is new or changed."),
    "analyze": ("map4.cli.analyze", "Analyse single files and show them in full."),
    "cache": ("map4.cli.cache", "Look into, check, repair, prune and back up the library."),
    "config": ("map4.cli.config", "Show every setting and where it comes from."),
    "schema": ("map4.cli.schema", "Print the JSON Schema of what map4 prints."),
    "completion": ("map4.cli.completion", "Print the Tab completion script of a shell."),
}

EXAMPLES = """\
map4: tempo, key, loudness and mixability of a folder of music

  map4 scan ~/Music                   analyse a folder; again later, only what is new
  map4 analyze track.mp3              one track in full
  map4 scan ~/Music --jsonl | jq .    every track as a line of JSON

map4 --help lists all commands, map4 COMMAND --help explains one.
"""


class Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt, nothing may catch it on its way."""


class PipeClosedError(Exception):
    """Whoever read our output has gone; raised instead of BrokenPipeError, which Click would turn into exit 1."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments; --help prints in here."""
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError as error:
            raise PipeClosedError from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise PipeClosedError from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        if args and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, 1, 0.5)
            hint = f" Did you mean '{near[0]}'?" if near else " 'map4 --help' lists all commands."
            raise click.UsageError(f"There is no command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings=HELP_SETTINGS,
    epilog="Exit codes: 0 done, 1 could not do it, 2 wrong usage, 3 done but some files newly failed, "
    "4 nothing found, 75 another scan is running, 130 interrupted, 143 terminated.",
    params=[*GLOBAL_OPTIONS, click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False,
                                          callback=lambda ctx, _, value: _print_version(ctx, value),
                                          help="Print the version and exit.")],
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Tempo, key, loudness and mixability of a folder of music."""
    if ctx.invoked_subcommand is None:
        click.echo(EXAMPLES, nl=False)


def _print_version(ctx: click.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"map4 {__version__}")
        ctx.exit()


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit code."""
    arguments = sys.argv[1:] if args is None else args
    signal.signal(signal.SIGTERM, _on_sigterm)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if is_debugging(arguments):
        os.environ["MAP4_DEBUG"] = "1"  # the workers see it too
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _closed_pipe(arguments)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        result = cli.main(args=arguments, prog_name="map4", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except PipeClosedError:
        return _closed_pipe(arguments)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except Terminated:
        return EXIT_TERMINATED
    except click.ClickException as error:
        _say(error.format_message(), error.ctx if isinstance(error, click.UsageError) else None)
        return error.exit_code
    except Map4Error as error:
        if is_debugging(arguments):
            raise
        _say(str(error))
        return error.exit_code
    except Exception as error:
        if is_debugging(arguments):
            raise
        _say(f"internal error: {type(error).__name__}: {error}. This is a bug in map4; --debug shows where it happened")
        return 1


def _say(message: str, ctx: click.Context | None = None) -> None:
    from map4.cli.output import printable

    with contextlib.suppress(BrokenPipeError):
        if ctx is not None:
            click.echo(ctx.get_usage(), err=True)
        click.echo(f"map4: {printable(message)}", err=True)


def _closed_pipe(arguments: list[str]) -> int:
    # Whoever read our output has seen enough. What is still buffered must not raise again at exit.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    is_scan = next((argument for argument in arguments if argument in COMMANDS), None) == "scan"
    return EXIT_SCAN_PIPE_CLOSED if is_scan else 0


def _on_sigterm(number: int, frame: FrameType | None) -> Any:
    raise Terminated


__all__ = ["COMMANDS", "cli", "main"]
