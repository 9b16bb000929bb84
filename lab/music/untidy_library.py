"""A library of untidy names, with the names that it should get, and how many files have them.

    python -m pytest tests/extras/rename/test_untidy_library.py --lanes world

Short noise in FLAC, ten tracks an album. Some albums have garbled tags, lie in two folders, or spell their artist in
two ways; some files have no tags but their name, featured artists in titles, or a copy: under another name, without
tags as "Unknown Artist - Track 01", or with other right tags. `tidy` follows the recipe of docs/doctor.md. The file
truth.json has the right and the written tags of each file by its number, and its path after renaming.
"""

from __future__ import annotations

import json
import random
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from map4.extras.rename.names import legal_name

TEMPLATE = "{albumartist|artist}/{year} {album}/{track:02} {title}"
FIRST = ["Velvet", "Núria", "Björk", "Café", "Señor", "Harbour", "Lost", "Émile", "Night", "Zoë", "Silver", "Paper"]
LAST = ["Undertow", "Ångström", "Lights", "Peña", "Ferry", "Müller", "Signal", "Garden", "Łódź", "Wolves", "Arcade"]
WORDS = ["Blue", "Glass", "Río", "Quiet", "Engine", "Été", "Hollow", "Star", "Çelik", "Morning", "Wire", "Salt", "Dust"]
TRACKS = 10
NAMES = ("artist", "title", "album")
NUMBER = "untidy_number"
RECIPE = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"


def artist_names(rng: random.Random) -> list[str]:
    pairs = [f"{first} {last}" for first in FIRST for last in LAST]
    return rng.sample([*pairs, *(f"The {pair}" for pair in pairs), *(f"DJ {pair}" for pair in pairs)], 3 * len(pairs))


class Truth(dict[str, dict[str, Any]]):
    """The truth of the files that were written, by number."""

    def tag(self, path: Path, written: Mapping[str, str], *right: Mapping[str, str]) -> None:
        """Write tags into a file, and note the right ones: of a release that has its audio."""
        number, file = str(len(self)), FLAC(path)
        file.delete()
        for name, value in {**written, NUMBER: number}.items():
            file[name] = value
        file.save()
        self[number] = {
            "paths": [path_of(tags) for tags in right],
            "right": {name: [tags[name] for tags in right] for name in NAMES},
            "before": {name: written.get(name, "") for name in NAMES},
        }


def path_of(tags: Mapping[str, str]) -> str:
    artist, album, title = (legal_name(tags[name]) for name in ("artist", "album", "title"))
    return f"{artist}/{tags['date']} {album}/{int(tags['tracknumber'].split('/')[0]):02} {title}.flac"


def make(folder: Path, tracks: int, often: float = 1.0) -> None:
    """Make a library. often: how much more frequent faults are than in a usual one"""
    rng, truth = random.Random(1), Truth()
    names = artist_names(rng)
    for number in range(tracks // TRACKS):
        artist, year = names[number % len(names)], str(1970 + rng.randrange(55))
        album = f"{' '.join(rng.sample(WORDS, 2))} {number}"
        faults = {fault for fault in ("garbled", "split", "spelled") if rng.random() < 0.1 * often}
        for track in range(1, TRACKS + 1):
            title = f"{' '.join(rng.sample(WORDS, 3))}{' (feat. Mo)' * (rng.random() < 0.1)}"
            tags = {"artist": artist, "album": album, "title": title, "date": year, "tracknumber": f"{track}/{TRACKS}"}
            faulty = {fault for fault in ("bare", "copied", "nameless copy", "other release")
                      if rng.random() < (0.05 if fault == "bare" else 0.03) * often}  # fmt: skip
            make_files(folder / "music", tags, faults | faulty, number, track, rng, truth)
    (folder / "truth.json").write_text(json.dumps(truth))


def make_files(
    music: Path, tags: dict[str, str], faults: set[str], number: int, track: int, rng: random.Random, truth: Truth
) -> None:
    """Write a track as a person may have it: with the faults of its album, and some of its own; and its copies."""
    place = music / f"{tags['artist']} - {tags['album']}"
    if "split" in faults and track > TRACKS // 2:
        place = music / "Incoming" / f"rip{number}"
    path = place / f"{track:02} - {tags['artist']} - {tags['title']}.flac"
    if "bare" in faults and rng.random() < 0.5:
        path = place / f"{tags['artist']} - {tags['title']}.flac"
    place.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(TRACKS * number + track).standard_normal(12_000)
    soundfile.write(path, noise, 8000)
    written = {} if "bare" in faults else dict(tags)
    if "spelled" in faults and track % 3 == 0 and written:
        written["artist"] = tags["artist"].upper()
    if "garbled" in faults:
        written = {name: value.encode().decode("latin-1") for name, value in written.items()}
    hits = {**tags, "artist": f"Mo & {tags['artist']}", "title": f"{tags['title']} (Live)", "album": f"Hits {number}"}
    releases = (tags, hits) if "other release" in faults else (tags,)  # each is right for a file without tags
    right = (tags,) if written else releases
    truth.tag(path, written, *right)
    copies: dict[str, tuple[str, Mapping[str, str], tuple[Mapping[str, str], ...]]] = {
        "copied": (f"Copies/{number}-{track} copy", written, right),
        "nameless copy": (f"Incoming/{number}/Unknown Artist - Track {track:02}", {}, releases),
        "other release": (f"Hits {number}/{track:02} {hits['title']}", hits, (hits,)),
    }
    for fault in sorted(faults & copies.keys()):
        name, its_tags, its_right = copies[fault]
        copy = music / f"{name}.flac"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        truth.tag(copy, its_tags, *its_right)


def tidy(folder: Path, map4: Callable[[Sequence[str]], object]) -> None:
    """Follow the recipe. map4: runs the command with these words"""
    [recipe] = re.findall(r"### From untidy to tidy\n.*?```sh\n(.*?)```", RECIPE.read_text(), re.DOTALL)
    for step in ("doctor", "tags write", "duplicates", "rename"):
        recipe = recipe.replace(f"map4 {step} ", f"map4 {step} --yes ")
    for name in ("Music", "Copies"):
        recipe = recipe.replace(f"~/{name}", shlex.quote(str(folder / name.lower())))
    for line in recipe.splitlines():
        map4(shlex.split(line, comments=True)[1:])


def judge(folder: Path) -> Counter[str]:
    """Count files with the right path, what others lack, and names that were right or missing and are wrong now."""
    truth, seen = json.loads((folder / "truth.json").read_text()), Counter[str]()
    for path in folder.rglob("*.flac"):
        tags = FLAC(path)
        file = truth[tags[NUMBER][0]]
        for name in NAMES:
            now, before, right = tags.get(name, [""])[0], file["before"][name], file["right"][name]
            # An empty tag may get the spelling of another file.
            is_other = now.casefold() not in map(str.casefold, right) if not before else before in right
            seen["worse"] += now not in (before, *right) and is_other
            seen["mended"] += now in right and before not in right
        if not path.is_relative_to(folder / "music"):
            continue
        name = str(path.relative_to(folder / "music"))
        is_right = [part == other for part, other in zip(name.split("/"), file["paths"][0].split("/"), strict=False)]
        wrong = " ".join(part for part, right in zip(("artist", "album", "track"), is_right, strict=False) if not right)
        seen["files"] += 1
        seen["right" if name in file["paths"] else "not moved" if len(is_right) < 3 else f"wrong: {wrong}"] += 1
    return seen
