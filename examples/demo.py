"""A folder of music to try map4 on, with known tempi and keys.

    python examples/demo.py write FOLDER
    map4 --library FILE scan FOLDER
    python examples/demo.py compare FOLDER --library FILE

`write` synthesises the folder (once; a second call has nothing to do). `compare` shows what map4 found beside what
is true; for a folder of your own music, beside what the tags say.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence


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
    from map4.infra.config import Config

    try:
        if options.command == "write":
            from demo_folder import write_demo

            write_demo(options.folder)
        else:
            from demo_compare import compare_folder

            compare_folder(os.path.expanduser(options.folder), options.library or Config({}, os.environ)["library"])
    except (DemoError, Map4Error, OSError) as error:
        print(f"demo.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo.py: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
