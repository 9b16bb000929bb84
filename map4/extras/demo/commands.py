"""`map4 demo`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import click

from map4.cli.exits import Exit
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import PathArgument
from map4.core.base.paths import quoted
from map4.core.base.text import counted
from map4.errors import FileError, Map4Error

_SEED = "velvet undertow"


@Map4Command.of(
    (Map4Error, "the folder was not written by the demo"), (FileError, "changed files stay"), Exit.NO_LIBRARY,
    Exit.INTERRUPTED, note="The next run continues.",
)  # fmt: skip
@click.argument("folder", metavar="[FOLDER]", default="demo-music", type=PathArgument())
@click.option("--compare", is_flag=True, help="Only compare FOLDER, as your library has it, with its tags.")
@click.option("--remove", is_flag=True, help="Delete the files that the demo wrote and that are unchanged.")
def command(folder: str, compare: bool, remove: bool) -> None:
    """Try map4 on demo music with known tempi and keys.

    Writes the music, scans it and compares with the true values. FOLDER (default: demo-music) is new, empty, or of an
    earlier run. It contains 42 synthesised tracks with tags, some odd files, and its own library; yours is not used.

    \b
    map4 demo
    map4 demo --remove
    map4 demo --compare ~/Music     your scanned music beside its tags
    """
    from map4.extras.demo.folder import DemoFolder
    from map4.extras.demo.views import compare_with_tags, compare_with_truth

    session = Session.current()
    if compare and remove:
        raise click.UsageError("--compare and --remove can't be used together.")
    if compare:
        with session.open_library(create=False) as library:
            compare_with_tags(session.out, folder, library)
        return
    demo = DemoFolder(folder)
    if remove:
        if not demo.truth:
            raise Map4Error(f"{folder} was not written by the demo; nothing is removed")
        kept = demo.remove()
        for path in kept:
            session.warn(f"map4: {path}: kept; it was changed after the demo wrote it")
        session.info(f"{folder}: removed" + (f", but {counted(len(kept), 'changed file')} kept" if kept else ""))
        if kept:
            sys.exit(FileError.exit_code)
        return
    with session.bar("writing demo music") as show:
        written = demo.write(on_file=lambda done, of: show(completed=done, total=of))
    session.info(f"{folder}: {counted(written, 'file')} written" if written else f"{folder}: complete")
    with demo.using_library():
        _scan(demo.library, folder)
        compare_with_truth(session.out, demo)
    for words in ("search bpm:120..128 energy:5..", f'playlist --seed "{_SEED}" -n 5', "serve --open"):
        session.info(f"next: {_program()} --library {quoted(demo.library)} {words}")


def _program() -> str:
    """The command as typed here: an environment that is not active needs its path."""
    beside = shutil.which("map4", path=os.path.dirname(sys.executable))
    return "map4" if shutil.which("map4") or beside is None else quoted(os.path.relpath(beside))


def _scan(library: str, folder: str) -> None:
    """Scan into the library of the demo, with its own command: an account or library of the environment has no say."""
    environment = {name: text for name, text in os.environ.items() if name not in ("MAP4_LIBRARY", "MAP4_USER")}
    words = [sys.executable, "-m", "map4", "--library", library, "scan", folder]
    ended = subprocess.run(words, env=environment, check=False).returncode
    if ended not in (0, FileError.exit_code):  # some files are broken on purpose
        sys.exit(ended)
