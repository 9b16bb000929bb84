"""A process that does the jobs of a library, as `map4 serve` does, until its stdin closes."""

import sys

from map4 import Library


def main() -> None:
    with Library.open(sys.argv[1], decoder="doubles:open_audio") as library:
        runner = library.jobs.runner()
        runner.start()
        sys.stdout.write("\n")
        sys.stdout.flush()
        sys.stdin.read()
        runner.stop()


if __name__ == "__main__":
    main()
