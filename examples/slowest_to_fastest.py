"""Write a playlist of a folder, from the slowest to the fastest track.

    python examples/slowest_to_fastest.py FOLDER > slow-to-fast.m3u8

The folder is scanned first (into the library of the command line, or the one MAP4_LIBRARY names), which takes no time
where nothing is new. Tracks without a tempo are left out; half-sure ones are marked with a question mark.
"""

from __future__ import annotations

import os
import sys

from map4 import Library
from map4.scan.events import FileDone

SURE = 0.5


def main(folder: str) -> int:
    """Scan the folder, then print the list; return the exit status."""
    inside = os.path.join(os.path.abspath(folder), "")
    with Library.open(os.environ.get("MAP4_LIBRARY")) as library:
        for event in library.scan_events([folder]):
            if isinstance(event, FileDone) and event.failure is not None:
                print(f"{event.path}: {event.failure.message}", file=sys.stderr)
        tracks = [t for t in library.tracks.all() if t.state == "ok" and t.bpm() and t.path.startswith(inside)]
    print("#EXTM3U")
    for track in sorted(tracks, key=lambda track: track.bpm() or 0.0):
        measured = track.analysis.tempo if track.analysis else None
        doubt = "?" if measured is not None and measured.confidence < SURE else ""
        names = [text for text in (track.tags.artist, track.tags.title) if text] or [os.path.basename(track.path)]
        seconds = round(track.analysis.duration_s) if track.analysis else -1
        print(f"#EXTINF:{seconds},{track.bpm():.1f}{doubt} BPM {' – '.join(names)}\n{track.path}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for stream in (sys.stdout, sys.stderr):
        # Names that are not UTF-8 go out with the bytes they have.
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1]))
