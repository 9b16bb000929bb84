"""Move libraries of other programs, and compare each certificate with an independent reader of the files.

    python lab/measure/moves.py FOLDER [TARGET]...

Prints a line for each library and target, and every loss that the certificate does not name.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "tests" / "support")]

from extras.move.test_move import require_equal

from map4 import Library
from map4.errors import Map4Error

SOURCES = (".xml", ".nml", ".db", ".pdb", ".crate", ".m3u8")
COMPARED = (".xml", ".nml")
TARGETS = ("rekordbox", "traktor", "virtualdj", "serato", "mixxx", "folder")


def main(folder: Path, targets: tuple[str, ...]) -> int:
    """Return the number of libraries with a loss that is not named."""
    silent = 0
    for source in sorted(path for path in folder.rglob("*") if path.suffix in SOURCES):
        for target in targets:
            with tempfile.TemporaryDirectory() as made, Library.open(Path(made, "l.map4"), create=True) as library:
                try:
                    certificate = library.move(source, target, output=Path(made, "moved"))
                    verdict = f"{len(certificate.losses)} losses, {certificate.lost} that the program can hold"
                    if source.suffix in COMPARED:
                        require_equal(certificate, source, Path(made, "moved"))
                        verdict += ", as read independently"
                except Map4Error as error:
                    verdict = f"refused: {str(error)[:100]}"
                except AssertionError as error:
                    verdict, silent = str(error), silent + 1
            print(f"{source.name[:40]:40} {target:10} {verdict}")
    return silent


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), tuple(sys.argv[2:]) or TARGETS) > 0)
