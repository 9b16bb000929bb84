"""A library of untidy names, with the names that it should get, and how many files have them.

    python lab/music/untidy_library.py make FOLDER [--tracks N]
    python lab/music/untidy_library.py judge FOLDER

Short noise in FLAC, ten tracks an album. Some albums have garbled tags, lie in two folders, or spell their artist in
two ways; some files have no tags but their name, featured artists in titles, or a copy under another name. The truth
is in FOLDER/truth.json: the audio id of each track with its path, as `map4 rename` makes it of the right tags.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from mutagen.flac import FLAC

from map4.audio.identity import identify
from map4.extras.rename.names import legal_name

TEMPLATE = "{albumartist|artist}/{year} {album}/{track:02} {title}"
FIRST = ["Velvet", "Núria", "Björk", "Café", "Señor", "Harbour", "Lost", "Émile", "Night", "Zoë", "Silver", "Paper"]
LAST = ["Undertow", "Ångström", "Lights", "Peña", "Ferry", "Müller", "Signal", "Garden", "Łódź", "Wolves", "Arcade"]
WORDS = ["Blue", "Glass", "Río", "Quiet", "Engine", "Été", "Hollow", "Star", "Çelik", "Morning", "Wire", "Salt", "Dust"]
TRACKS = 10


def artist_names(rng: random.Random) -> list[str]:
    pairs = [f"{first} {last}" for first in FIRST for last in LAST]
    return rng.sample([*pairs, *(f"The {pair}" for pair in pairs), *(f"DJ {pair}" for pair in pairs)], 3 * len(pairs))


def make(folder: Path, tracks: int) -> None:
    rng, truth = random.Random(1), dict[str, str]()
    names = artist_names(rng)
    for number in range(tracks // TRACKS):
        artist, year = names[number % len(names)], str(1970 + rng.randrange(55))
        album = f"{' '.join(rng.sample(WORDS, 2))} {number}"
        faults = {fault for fault in ("garbled", "split", "spelled") if rng.random() < 0.1}
        for track in range(1, TRACKS + 1):
            title = f"{' '.join(rng.sample(WORDS, 3))}{' (feat. Mo)' * (rng.random() < 0.1)}"
            tags = {"artist": artist, "album": album, "title": title, "date": year, "tracknumber": f"{track}/{TRACKS}"}
            path = make_file(folder, tags, faults, number, track, rng)
            audio = identify(str(path))
            assert audio.audio_id is not None
            name = f"{legal_name(artist)}/{year} {legal_name(album)}/{track:02} {legal_name(title)}.flac"
            truth[audio.audio_id] = name
    (folder / "truth.json").write_text(json.dumps(truth))


def make_file(
    folder: Path, tags: dict[str, str], faults: set[str], number: int, track: int, rng: random.Random
) -> Path:
    """Write a file as a person may have it: with the faults of its album, and some of its own."""
    place = folder / "music" / f"{tags['artist']} - {tags['album']}"
    if "split" in faults and track > TRACKS // 2:
        place = folder / "music" / "Incoming" / f"rip{number}"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{track:02} - {tags['artist']} - {tags['title']}.flac"
    if (is_bare := rng.random() < 0.05) and rng.random() < 0.5:
        path = place / f"{tags['artist']} - {tags['title']}.flac"
    noise = 0.1 * np.random.default_rng(TRACKS * number + track).standard_normal(12_000)
    soundfile.write(path, noise, 8000)
    if not is_bare:
        written = dict(tags)
        if "spelled" in faults and track % 3 == 0:
            written["artist"] = tags["artist"].upper()
        if "garbled" in faults:
            written = {name: value.encode().decode("latin-1") for name, value in written.items()}
        file = FLAC(path)
        for name, value in written.items():
            file[name] = value
        file.save()
    if rng.random() < 0.03:
        (folder / "music" / "Copies").mkdir(exist_ok=True)
        shutil.copy(path, folder / "music" / "Copies" / f"{number}-{track} copy.flac")
    return path


def judge(folder: Path) -> None:
    """Print how many tracks have the right path, and what others lack."""
    truth, seen = json.loads((folder / "truth.json").read_text()), Counter[str]()
    for path in (folder / "music").rglob("*.flac"):
        name, wanted = str(path.relative_to(folder / "music")), truth[str(identify(str(path)).audio_id)]
        right = [part == other for part, other in zip(name.split("/"), wanted.split("/"), strict=False)]
        parts = ["artist", "album", "track"]
        wrong = " ".join(part for part, is_right in zip(parts, right, strict=False) if not is_right)
        seen["right" if name == wanted else "not moved" if len(right) < 3 else f"wrong: {wrong}"] += 1
    print(json.dumps({"tracks": len(truth), "files": seen.total(), **dict(seen.most_common())}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "judge"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, default=3000)
    given = parser.parse_args()
    if given.what == "make":
        make(given.folder, given.tracks)
    else:
        judge(given.folder)
