"""A folder of music to try map4 on, with known tempi and keys.

    python examples/demo.py write FOLDER
    map4 --library FILE scan FOLDER
    python examples/demo.py compare FOLDER --library FILE

`write` synthesises the folder (once; a second call has nothing to do). `compare` shows what map4 found beside what
is true; for a folder of your own music, beside what the tags say. It ends with lines to try next.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

SEED = "Electronic/Nadia Vellum/Basement Weather/01 Velvet Undertow.flac"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status: 0 done, 1 could not, 2 wrong usage, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="demo.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="synthesise the demo folder")
    write.add_argument("folder", metavar="FOLDER")
    compare = commands.add_parser("compare", help="show what a scan found beside what is true")
    compare.add_argument("folder", metavar="FOLDER")
    compare.add_argument("--library", metavar="FILE", help="the library that was scanned into (default: your own)")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a name shows a question mark instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")

    from demo_folder import DemoError

    from map4.errors import Map4Error
    from map4.settings.config import Config

    try:
        if options.command == "write":
            from demo_folder import write_demo

            write_demo(options.folder)
        else:
            from demo_compare import compare_folder

            compare_folder(os.path.expanduser(options.folder), options.library or Config({}, os.environ)["library"])
            print("\ntry next:", *next_lines(options.folder, options.library), sep="\n  ")
    except (DemoError, Map4Error, OSError) as error:
        print(f"demo.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo.py: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def next_lines(folder: str, library: str | None) -> list[str]:
    """Three lines for the shell the demo was made in: the first makes map4 a command, and the library scanned its own.

    Parameters
    ----------
    library : the file, or None for the user's own library, which map4 takes without being told
    """
    ready = []
    activate = os.path.join(sys.prefix, "bin", "activate")
    if sys.prefix != sys.base_prefix and os.path.exists(activate):
        ready.append(f". {shlex.quote(os.path.relpath(activate))}")
    if library is not None:
        ready.append(f"export MAP4_LIBRARY={shlex.quote(os.path.abspath(library))}")
    if os.path.exists(os.path.join(folder, SEED)):
        tries = ["map4 search bpm:120..128 energy:5..", "map4 playlist --seed 'velvet undertow' -n 5"]
    else:
        tries = ["map4 stats", "map4 search sort:bpm limit:20"]
    return [*(["; ".join(ready)] if ready else []), *tries]


if __name__ == "__main__":
    sys.exit(main())
