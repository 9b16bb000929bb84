"""How long 100,000 names take against a dump of 1,000,000 recordings: `python benchmarks/dump_lookup.py [FOLDER]`.

The dump is made up, in the form of MusicBrainz' canonical CSV. Half of the names are in it, a tenth of these with
another case or accents; the rest is not.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from map4.domain.lookup import Wish
from map4.infra.metadata_providers.canonical_dump import CanonicalDump, import_dump
from map4.selection.identifying.albums import identify_album

ROWS, NAMES = 1_000_000, 100_000
_SYLLABLES = (
    "ka", "ro", "mi", "len", "to", "va", "sil", "dor", "an", "be", "ru", "pex", "no", "il", "gar", "fen", "ya", "zo",
)  # fmt: skip


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()


def main() -> None:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        source, target = str(Path(folder) / "dump.csv"), str(Path(folder) / "dump.sqlite")
        known = []
        with open(source, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["id", "artist_credit_id", "artist_mbids", "artist_credit_name", "release_mbid", "release_name",
                 "recording_mbid", "recording_name", "combined_lookup", "score"]
            )  # fmt: skip
            for number in range(ROWS):
                artist, title = f"{_word(chance)} {_word(chance)}", f"{_word(chance)} {_word(chance)} {_word(chance)}"
                recording = f"{number:08x}-0000-4000-8000-000000000000"
                release = f"{number // 10:08x}-1111-4000-8000-000000000000"
                writer.writerow([number, number, "x", artist, release, _word(chance), recording, title, "x", number])
                if number % (2 * ROWS // NAMES) == 0:
                    known.append((artist, title, recording))
        began = time.perf_counter()
        rows = import_dump(source, target)
        imported_s = time.perf_counter() - began
        dump = CanonicalDump(target)
        found = right = 0
        began = time.perf_counter()
        for number in range(NAMES):
            artist, title, recording = known[number // 2]
            if number % 2:
                artist = _word(chance) + " Nobody"
            elif number % 20 == 0:
                artist, title = artist.upper(), title.replace("a", "á")
            wish = Wish(artist=artist, title=title, duration_s=200.0)
            [one] = identify_album([wish], [dump.search(wish, lambda request: None)])
            if one.best is not None:
                found += 1
                right += one.best.candidate.id == recording
        looked_up_s = time.perf_counter() - began
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"{rows:,} rows imported in {imported_s:.0f} s to {os.path.getsize(target) / 1e6:.0f} MB")
        print(f"{NAMES:,} names in {looked_up_s:.0f} s: {found:,} found, {right:,} right; {peak_mb:.0f} MB of memory")


if __name__ == "__main__":
    main()
