"""bliss-audio's vector of each file named on stdin, a line of JSON each; its own distance of two is the Euclidean one.

Runs in a Python that has bliss-audio (`pip install bliss-audio`) and needs nothing else.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Answer each path with `{"path", "vector"}`; null where the file can't be analysed."""
    from bliss_audio import Song

    for line in sys.stdin:
        path = json.loads(line)
        try:
            vector = list(Song(path).analysis)
        except Exception as error:  # around one plug-in: it has no answer for this file
            print(f"{path}: {error}", file=sys.stderr)
            vector = None
        print(json.dumps({"path": path, "vector": vector}), flush=True)


if __name__ == "__main__":
    main()
