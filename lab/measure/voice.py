"""How well voices are detected, by seconds, where sung notes or separate voice tracks tell the truth.

    OMP_NUM_THREADS=1 python lab/measure/voice.py MIRROR

MIRROR has bare snapshots (OWNER+NAME/repo) of UltraStar-Deluxe/songs and of the fnf repositories of ../shared/games.
Only fnf songs of its songs.tsv count; their Inst and Voices are mixed here. Instrumental parts of both, and music of
../shared/audio-dev, have no voice. No audio or truth is kept. Makers are split in two: choose on `open`, report `kept`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

LAB = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(LAB.parent))

import numpy as np
import soundfile as sf
from scipy.ndimage import binary_closing

from map4.core.audio.decoder import load_decoder
from map4.extras.voice.listener import RATE_HZ, VoiceListener, spans_of, voice_chances
from map4.extras.voice.store import MOST_PERCENT

SHARED = LAB.parents[1] / "shared"
sys.path.append(str(SHARED / "games"))

from rebuild import Repo

LEFT_OUT = "Pornophonique"  # a game console sings as much as its singer
HEARD_DB = -30.0
"""A voice track sounds from here below its loudest tenth."""
SUNG = ("songs", "game songs", "game voices")
Array = np.ndarray[Any, Any]


class Piece(NamedTuple):
    """truth: whether there is a voice, ten times a second; None: nowhere"""

    name: str
    maker: str
    genre: str
    read: Callable[[], tuple[Array, int]]
    truth: Callable[[], Array] | None = None


def samples_of(data: bytes) -> tuple[Array, int]:
    samples, rate_hz = sf.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return samples.mean(axis=1, keepdims=True), rate_hz


def decoded(path: str) -> tuple[Array, int]:
    with load_decoder()(path) as stream:
        return np.concatenate(list(stream.blocks())), stream.sample_rate_hz


def mixed(one: bytes, other: bytes) -> tuple[Array, int]:
    (a, rate_hz), (b, _) = samples_of(one), samples_of(other)
    a, b = (np.pad(part, ((0, max(len(a), len(b)) - len(part)), (0, 0))) for part in (a, b))
    return np.clip(a + b, -1.0, 1.0), rate_hz


def closed(heard: Array) -> Array:
    """Without gaps of half a second: breaths."""
    return binary_closing(heard, np.ones(1 + RATE_HZ // 2))


def of_voice_track(data: bytes) -> Array:
    samples, rate_hz = samples_of(data)
    hop = rate_hz // RATE_HZ
    power = (samples[: len(samples) // hop * hop, 0] ** 2).reshape(-1, hop).mean(axis=1)
    return closed(power > np.quantile(power, 0.9) * 10 ** (HEARD_DB / 10))


def of_notes(text: str) -> Array:
    """The notes of a song of UltraStar; a beat is a quarter of one of its BPM."""
    head = {name: value.replace(",", ".") for name, value in re.findall(r"(?m)^#(BPM|GAP):(.*?)\s*$", text)}
    beat_s, gap_s = 15.0 / float(head["BPM"]), float(head.get("GAP", 0)) / 1000.0
    heard = np.zeros(3600 * RATE_HZ, bool)
    for at, beats in re.findall(r"(?m)^[:*FRG]\s+(-?\d+)\s+(\d+)\s", text):
        start_s = gap_s + int(at) * beat_s
        heard[max(0, round(start_s * RATE_HZ)) : round((start_s + int(beats) * beat_s) * RATE_HZ)] = True
    return closed(heard)


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((SHARED / table).read_text(encoding="utf-8").splitlines(), delimiter="\t"))


def pieces(mirror: Path) -> Iterator[Piece]:
    songs = Repo(mirror, "UltraStar-Deluxe/songs")
    for path in sorted(filter(songs.has, songs.files)):
        if re.search(r"/(audio|instrumental)\.(ogg|mp3)$", path) and LEFT_OUT not in path:
            folder, sound = Path(path).parent, partial(samples_of, songs.get(path))
            is_sung = "/audio." in path
            truth = partial(of_notes, songs.text(f"{folder}/song.txt")) if is_sung else None
            yield Piece(path, folder.name.split(" - ")[0], "songs" if is_sung else "karaoke", sound, truth)
    listed = {row["file"] for row in rows("games/songs.tsv")}
    for name in (row["repo"] for row in rows("games/games.tsv") if "fnf" in row["kinds"]):
        mod, maker = Repo(mirror, name), name.split("/")[0]
        for path in sorted(filter(mod.has, mod.files)):
            blob, beside = mod.files[path], path.replace("Inst", "Voices")
            if beside != path and any(f"fnf/{maker[:14]}__" in file and f"_{blob[:5]}." in file for file in listed):
                inst, voice = mod.get(path), mod.get(beside) if mod.has(beside) else b""
                yield Piece(f"{name}/{path}", maker, "chip leads", partial(samples_of, inst))
                sung = {"game songs": partial(mixed, inst, voice), "game voices": partial(samples_of, voice)}
                for genre, sound in sung.items() if voice else ():
                    yield Piece(f"{name}/{path} {genre}", maker, genre, sound, partial(of_voice_track, voice))
    for row in rows("audio-dev/manifest.tsv"):
        genre, source = re.split(r"[ /]", row["genre"])[0], row["source"]
        if source not in ("fnf", "ultrastar-cc", "gtzan") or genre in ("classical", "jazz"):  # others may sing
            path = str(SHARED / "audio-dev" / row["path"])
            yield Piece(row["path"], source, genre, partial(decoded, path))


def detect(piece: Piece) -> tuple[Array, float]:
    """Of each second: its truth, whether a span has it, and the chance; shape (3, n). CPU seconds for four minutes."""
    samples, rate_hz = piece.read()
    began, listener = time.process_time(), VoiceListener(rate_hz)
    for at in range(0, len(samples), 65536):
        listener.feed(samples[at : at + 65536])
    chances = voice_chances(listener.finish())
    cpu_s = 240.0 * (time.process_time() - began) * rate_hz / len(samples)
    said, truth = np.zeros(len(chances)), np.zeros(len(chances))
    for span in spans_of(chances):
        said[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)] = 1.0
    known = piece.truth()[: len(truth)] if piece.truth is not None else []
    truth[: len(known)] = known
    whole = len(chances) // RATE_HZ * RATE_HZ
    truth, said, chances = (part[:whole].reshape(-1, RATE_HZ).mean(axis=1) for part in (truth, said, chances))
    return np.stack([truth >= 0.5, said >= 0.5, chances]), cpu_s


def figures(each: list[Array]) -> dict[str, Any]:
    truth, said, chance = np.hstack(each)[0] > 0, np.hstack(each)[1] > 0, np.hstack(each)[2]
    places = np.minimum((chance * 10).astype(int), 9)
    parts = [places == place for place in np.unique(places)]
    recall, right = (truth & said).sum() / truth.sum(), (~truth & ~said).sum() / (~truth).sum()
    ece = sum(abs(truth[part].mean() - chance[part].mean()) * part.mean() for part in parts)
    values = (len(truth), (truth & said).sum() / said.sum(), recall, (recall + right) / 2, ece)
    names = ("seconds", "precision", "recall", "balanced", "ece")
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}


def without(each: list[Array]) -> dict[str, Any]:
    shares = [float(seconds[1].mean()) for seconds in each]
    few = sum(100.0 * share < MOST_PERCENT for share in shares) / len(each)
    return {"tracks": len(each), "false": round(float(np.hstack(each)[1].mean()), 3), "instrumental": round(few, 2)}


def measure(every: list[Piece]) -> dict[str, Any]:
    makers, cpu_s = sorted({piece.maker for piece in every}), list[float]()
    seconds: dict[str, dict[str, list[Array]]] = defaultdict(lambda: defaultdict(list))
    for piece in every:
        part, (scored, took_s) = ("open", "kept")[makers.index(piece.maker) % 2], detect(piece)
        cpu_s.append(took_s)
        for genre in (piece.genre, *(["without voice"] if piece.truth is None else [])):
            seconds[part][genre].append(scored)
    told: dict[str, Any] = {"cpu_s_of_4_min": round(float(np.median(cpu_s)), 3)}
    for part, genres in seconds.items():
        told[part] = {genre: (figures if genre in SUNG else without)(each) for genre, each in genres.items()}
        told[part]["songs and without voice"] = figures([*genres["songs"], *genres["without voice"]])
    return told


if __name__ == "__main__":
    print(json.dumps(measure(list(pieces(Path(sys.argv[1])))), indent=1))
