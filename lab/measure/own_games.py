"""Make a folder of whole produced tracks, from mods whose charts state every beat, for `games.py --shared FOLDER`.

    python lab/measure/own_games.py MIRROR FOLDER [--part first] [--shared DIR]

MIRROR has a bare snapshot of each repository of `sources.tsv`, as OWNER+NAME/repo; DIR the script of
`../shared/games` that reads charts. Choose on the parts *first* and *open*; *final* has other makers, to look at
once. The music belongs to others: use it to measure and to choose, never to teach. Needs ffmpeg.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LAB = Path(__file__).resolve().parents[1]
SHARED = LAB.parents[1] / "shared" / "games"
SOURCES = Path(__file__).with_name("sources.tsv")
PARTS = ("first", "open", "final")


def main() -> None:
    """Mix each song, and write its truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mirror", type=Path, metavar="MIRROR")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help="default: ../shared/games")
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    options = parser.parse_args()
    sys.path.insert(0, str(options.shared))
    wanted = defaultdict(set)
    with open(SOURCES, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["set"] == "own_games" and row["part"] in (options.part or PARTS):
                wanted[row["source"]].add(row["path"])
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = [row for repo, paths in wanted.items() for row in _songs(options.mirror, options.folder, repo, paths)]
    (options.folder / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    trusted = "".join(f"{row['file']}\ttrue\n" for row in rows)
    (options.folder / "songs.tsv").write_text("file\tbars_trusted\n" + trusted, encoding="utf-8")
    print(f"{len(rows)} of {sum(map(len, wanted.values()))} songs")


def _songs(mirror: Path, folder: Path, name: str, paths: set[str]) -> Iterator[dict[str, Any]]:
    """The wanted songs of a repository, whose files are written on the way."""
    import rebuild

    try:
        repo = rebuild.Repo(str(mirror), name)
    except FileNotFoundError:
        print(f"bring {name} first", file=sys.stderr)
        return
    for song in rebuild.do_fnf(repo):
        if isinstance(song, tuple) or song["audio"][0] not in paths:
            continue
        title = Path(song["audio"][0]).parent.name
        file = f"{name.replace('/', '+')}+{title}.flac"
        _mix([(Path(part).suffix, repo.get(part)) for part in song["audio"]], folder / file)
        seconds = rebuild.probe(str(folder / file))
        beats, downbeats = ([at for at in times if at <= seconds] for times in song["grid"](seconds))
        bpm, changes = rebuild.dominant(beats)
        yield {"file": file, "source": "fnf", "title": title, "bpm": bpm, "tempo_changes": changes, "beats": beats,
               "downbeats": downbeats, "metre": song["metre"]}  # fmt: skip


def _mix(parts: list[tuple[str, bytes]], file: Path) -> None:
    """Add the instruments and the voices."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
    for index, (suffix, content) in enumerate(parts):
        part = file.with_suffix(f".{index}{suffix}")
        part.write_bytes(content)
        command += ["-i", str(part)]
    mixed = f"amix=inputs={len(parts)}:duration=longest:normalize=0"
    subprocess.run([*command, "-filter_complex", mixed, "-ar", "44100", "-ac", "2", str(file)], check=True)
    for index, (suffix, _) in enumerate(parts):
        file.with_suffix(f".{index}{suffix}").unlink()


if __name__ == "__main__":
    main()
