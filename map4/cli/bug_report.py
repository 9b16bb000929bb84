"""The facts that a report of a bug needs, without names and paths of music, and without secrets."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import distributions

import click

from map4.cli.options import STREAM
from map4.cli.session import Session
from map4.core.base.files.last_error import LastError
from map4.errors import Map4Error, UsageError
from map4.version import __version__

_NAMED = ("library", "roots", "labels")  # members of `map4 library info` with names


def write_bug_report(session: Session, file: str) -> None:
    """Print the report, and write it to a new file; on a terminal after a question."""
    text = "".join(f"{name}: {value}\n" for name, value in _facts(session))
    click.echo(text, nl=False)
    if file == STREAM:
        return
    if session.may_ask:
        session.require_yes(f"Write this to {file}?", otherwise="not written")
    try:
        with open(file, "x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; name a new file") from None
    session.info(f"{file}: written")


def _facts(session: Session) -> Iterator[tuple[str, str]]:
    yield "map4", f"{__version__}, Python {platform.python_version()}"
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    installed = {package.name.lower(): package for package in distributions()}
    needs = getattr(installed.get("map4-music"), "requires", None) or ()
    used = {re.split(r"[^\w.-]", need)[0].lower() for need in needs if "test" not in need.rpartition("extra")[2]}
    plugins = {name for name, package in installed.items() if any(e.group[:5] == "map4." for e in package.entry_points)}
    packages = sorted((used | plugins) & installed.keys())
    yield "packages", ", ".join(f"{name} {installed[name].version}" for name in packages)
    for name, setting in session.config.values().items():
        if setting.origin != "default":
            yield "setting", f"{name} = {setting.value if isinstance(setting.value, (int, float)) else 'set'}"
    try:
        with session.open_library(create=False) as library:
            known = library.care.info(parts=False)
        yield "library", ", ".join(f"{name} {value}" for name, value in known.items() if name not in _NAMED)
    except Map4Error as error:
        yield "library", type(error).__name__
    yield "last error", LastError.read()
