"""How long 100,000 names take against dumps of 1,000,000 recordings: `python benchmarks/dump_lookup.py [FOLDER]`.

The dumps are made up, in the forms of MusicBrainz' canonical CSV and of Discogs' releases. Half of the names are in
them, a tenth of these with another case or accents; the rest is not. Each dump has a process of its own, so that the
memory is its own.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from map4.extras.lookup.identifying.albums import identify_album
from map4.extras.lookup.known_providers import import_dump
from map4.extras.lookup.lookup import LookupQuery
from map4.extras.lookup.providers.canonical_dump import CanonicalDump
from map4.extras.lookup.providers.discogs_dump import DiscogsDump

ROWS, NAMES, ON_A_RELEASE = 1_000_000, 100_000, 10
_SYLLABLES = (
    "ka", "ro", "mi", "len", "to", "va", "sil", "dor", "an", "be", "ru", "pex", "no", "il", "gar", "fen", "ya", "zo",
)  # fmt: skip
_RELEASE = (
    '<release id="{number}" status="Accepted"><images><image type="primary" width="600" height="600" uri="" uri150=""/>'
    "</images><artists><artist><id>{number}</id><name>{artist}</name><anv></anv><join></join><role></role><tracks>"
    '</tracks></artist></artists><title>{album}</title><labels><label name="{label}" catno="{label} {number}" id="5"/>'
    "</labels><extraartists><artist><id>9</id><name>Someone Else</name><anv></anv><join></join><role>Lacquer Cut By"
    '</role><tracks></tracks></artist></extraartists><formats><format name="Vinyl" qty="1" text=""><descriptions>'
    "<description>LP</description></descriptions></format></formats><genres><genre>Electronic</genre></genres><styles>"
    "<style>Deep House</style><style>Techno</style></styles><country>Sweden</country><released>1999-03-00</released>"
    "<notes>{album} was recorded at home.</notes><data_quality>Correct</data_quality><tracklist>{tracks}</tracklist>"
    '<identifiers><identifier type="Barcode" description="" value="75678"/></identifiers><videos><video duration="310" '
    'embed="true" src="https://www.youtube.com/watch?v=a"><title>{album}</title><description>{album}</description>'
    "</video></videos><companies></companies></release>\n"
)


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()


def _names(chance: random.Random, count: int = 3) -> str:
    return " ".join(_word(chance) for _ in range(count))


def _canonical(path: str, chance: random.Random) -> list[tuple[str, str]]:
    known = []
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["id", "artist_credit_id", "artist_mbids", "artist_credit_name", "release_mbid", "release_name",
             "recording_mbid", "recording_name", "combined_lookup", "score"]
        )  # fmt: skip
        for number in range(ROWS):
            artist, title = _names(chance, 2), _names(chance)
            recording = f"{number:08x}-0000-4000-8000-000000000000"
            release = f"{number // ON_A_RELEASE:08x}-1111-4000-8000-000000000000"
            writer.writerow([number, number, "x", artist, release, _word(chance), recording, title, "x", number])
            known.append((artist, title))
    return known


def _discogs(path: str, chance: random.Random) -> list[tuple[str, str]]:
    known = []
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        file.write("<releases>\n")
        for number in range(1, ROWS // ON_A_RELEASE + 1):
            artist, titles = _names(chance, 2), [_names(chance) for _ in range(ON_A_RELEASE)]
            tracks = "".join(
                f"<track><position>A{place}</position><title>{title}</title><duration>3:{20 + place}</duration></track>"
                for place, title in enumerate(titles, start=1)
            )
            album, label = _names(chance, 2), _word(chance)
            file.write(_RELEASE.format(number=number, artist=artist, album=album, label=label, tracks=tracks))
            known += [(artist, title) for title in titles]
        file.write("</releases>\n")
    return known


_KINDS = {"musicbrainz": (_canonical, CanonicalDump), "discogs": (_discogs, DiscogsDump)}


def measure(kind: str, folder: str) -> None:
    """Make a dump, import it, and look names up."""
    chance = random.Random(1)
    write, provider = _KINDS[kind]
    source, target = str(Path(folder) / "dump"), str(Path(folder) / "dump.sqlite")
    known = write(source, chance)[:: 2 * ROWS // NAMES]
    began = time.perf_counter()
    done = import_dump(source, target)
    imported_s = time.perf_counter() - began
    dump = provider(target)
    found = right = 0
    began = time.perf_counter()
    for number in range(NAMES):
        artist, title = known[number // 2]
        wanted = (artist, title)
        if number % 2:
            artist = _word(chance) + " Nobody"
        elif number % 20 == 0:
            artist, title = artist.upper(), title.replace("a", "á")
        query = LookupQuery(artist=artist, title=title, duration_s=205.0)
        [one] = identify_album([query], [dump.search(query, lambda request: None)])
        if one.best is not None:
            found += 1
            right += (one.best.candidate.artist, one.best.candidate.title) == wanted
    looked_up_s = time.perf_counter() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    sizes = " of ".join(f"{os.path.getsize(path) / 1e6:.0f} MB" for path in (target, source))
    print(f"{kind}: {done.recordings:,} recordings imported in {imported_s:.0f} s, {sizes}")
    print(f"{NAMES:,} names in {looked_up_s:.0f} s: {found:,} found, {right:,} right; {peak_mb:.0f} MB of memory")


def main() -> None:
    """Each kind in a process of its own."""
    if len(sys.argv) == 3:
        measure(sys.argv[1], sys.argv[2])
        return
    for kind in _KINDS:
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
            subprocess.run([sys.executable, __file__, kind, folder], check=True)


if __name__ == "__main__":
    main()
