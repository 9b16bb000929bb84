"""A set that liquidsoap plays, crossed and stretched as radios do it, and what `map4 unmix` says of it.

    python benchmarks/unmix_liquidsoap.py MUSIC LIBRARY [--tracks 6] [--ratio 0.95] [--cross 12]

Tracks are played whole, one after the other. Where each begins follows from their lengths: liquidsoap's crossfade takes
so many seconds from both, and its stretch makes all shorter or longer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from unmix_mixes import is_blind, is_strange, length_s, music_in

from map4 import Library

LEAST_S = 60.0
SCRIPT = """
settings.init.allow_root.set(true)
settings.log.file.set(false)
s = playlist(mode="normal", loop=false, "{folder}/list.m3u")
s = crossfade(duration={cross}, fade_in={fade}, fade_out={fade}, smart=false, s)
s = stretch(ratio={ratio}, s)
clock.assign_new(sync="none", [s])
output.file(%wav(stereo=true, channels=2, samplesize=16), "{folder}/set.wav", fallible=true, on_stop=shutdown, s)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Have a set played, and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path)
    parser.add_argument("library", type=Path, help="in which these songs are, as unmix.py makes it")
    parser.add_argument("--tracks", type=int, default=6)
    parser.add_argument("--ratio", type=float, default=0.95)
    parser.add_argument("--cross", type=float, default=12.0)
    parser.add_argument("--blind", type=int, metavar="SEED", help="draw them from the songs kept for judging")
    chosen = parser.parse_args(arguments)
    songs = [song for song in music_in(chosen.music) if not is_strange(song)]
    if chosen.blind is not None:
        kept = [song for song in songs if is_blind(song) and length_s(song) > LEAST_S]
        songs = [kept[index] for index in np.random.default_rng([44, chosen.blind]).permutation(len(kept))]
    songs = songs[: chosen.tracks]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "list.m3u").write_text("".join(f"{song}\n" for song in songs))
        script = Path(folder, "set.liq")
        numbers = {"cross": float(chosen.cross), "fade": chosen.cross * 2.0 / 3.0, "ratio": float(chosen.ratio)}
        script.write_text(SCRIPT.format(folder=folder, **numbers))
        subprocess.run(["liquidsoap", str(script)], check=True, capture_output=True)
        with Library.open(chosen.library, create=False) as library:
            [said] = library.unmix(Path(folder, "set.wav"))
    at_s = 0.0
    for song in songs:
        length = length_s(song) * chosen.ratio
        its = [one for one in said.known() if one.track is not None and Path(one.track.path).stem == song.stem]
        found = min(its, key=lambda one: abs(one.start_s - at_s), default=None)
        errors = "missed" if found is None or found.speed is None else (
            f"start {found.start_s - at_s:+.2f} s, end {found.end_s - at_s - length:+.2f} s, "
            f"speed {100.0 * (found.speed * chosen.ratio - 1.0):+.3f} %"
        )  # fmt: skip
        print(f"{song.stem[:40]:40} {at_s:7.1f} {errors}")
        at_s += length - chosen.cross * chosen.ratio
    print(f"{len(said.known())} tracks were named, {len(songs)} played")


if __name__ == "__main__":
    main()
