"""Talk with the programs of `comparators/`, each in a Python of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROGRAMS = Path(__file__).with_name("comparators")
BROKEN = "the program broke down"

Answer = dict[str, Any]
"""As `comparators/lines.py` has it: `path`, `estimates`, `cpu_s`, `error`."""


class Conversation:
    """A program that is asked about one file after the other.

    command : program and arguments
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def ask(self, path: str | Path) -> Answer:
        """Its answer about a file; one with an error where the program breaks down on it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        try:
            print(json.dumps(str(path)), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:  # it is gone already
            pass
        return json.loads(line) if line else {"path": str(path), "estimates": {}, "cpu_s": None, "error": BROKEN}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def converse(command: Sequence[str | Path], paths: Sequence[str]) -> Iterator[Answer]:
    """Ask a program about many files.

    command : program and arguments
    paths : of the files

    Yields
    ------
    One answer a file, in order. A program that breaks down is started again behind the file that it broke down on.
    """
    left = list(paths)
    while left:
        with Conversation(command) as talk:
            while left:
                answer = talk.ask(left.pop(0))
                yield answer
                if answer["error"] == BROKEN:
                    break


def version_of(name: str, chosen: Mapping[str, str]) -> str | None:
    """Name and version of what a comparator compares with; None where it is not installed."""
    try:
        asked = subprocess.run([*command_of(name, chosen), "--version"], capture_output=True, text=True, check=False)
    except OSError:  # no such interpreter
        return None
    return None if asked.returncode != 0 else str(json.loads(asked.stdout)["version"])


def command_of(name: str, chosen: Mapping[str, str]) -> list[str]:
    """How a comparator is run: by the interpreter that was chosen for it, or by this one."""
    return [chosen.get(name, sys.executable), str(PROGRAMS / f"with_{name}.py")]


def add_interpreters(parser: argparse.ArgumentParser, names: Iterable[str], otherwise: str = "this one") -> None:
    """The option that says which Python runs which program; its value is a list of (name, interpreter)."""
    whose = f"interpreter that runs one of {', '.join(names)} (default: {otherwise})"
    parser.add_argument("--python", action="append", type=_interpreter, default=[], metavar="NAME=FILE", help=whose)


def _interpreter(choice: str) -> tuple[str, str]:
    name, _, python = choice.partition("=")
    if not python:
        raise argparse.ArgumentTypeError(f"'{choice}' names no interpreter; write essentia=/path/to/python")
    if not (PROGRAMS / f"with_{name}.py").is_file():
        known = ", ".join(sorted(path.stem.removeprefix("with_") for path in PROGRAMS.glob("with_*.py")))
        raise argparse.ArgumentTypeError(f"nothing here runs '{name}'; there are {known}")
    return name, python
