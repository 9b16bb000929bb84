"""What map4 and other programs say about files; answers are kept in a folder, so that a second run costs nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np
from conversation import PROGRAMS, command_of, converse, version_of
from kept import Kept, analysis_digest, digest_of
from manifest import Song

from map4 import Library
from map4.core.audio.decode import open_audio
from map4.core.music.analysis.key import Key

MAP4 = "map4"
DEFAULT_WORK = Path(tempfile.gettempdir()) / "map4-accuracy"
COMPARATORS = ("librosa", "essentia", "mixxx", "aubio", "madmom")
_READ_BY_ALL = (".wav", ".flac", ".mp3", ".ogg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What one estimator says about one file; None for what it does not know or never tells.

    bpm, key : the best candidates; a key in any spelling that map4 reads
    second_bpm, second_key : the next best
    bpm_confidence, key_confidence : 0-1
    beats_s, downbeats_s : seconds, ascending
    grid : first beat in seconds and BPM
    """

    bpm: float | None = None
    second_bpm: float | None = None
    bpm_confidence: float | None = None
    key: str | None = None
    second_key: str | None = None
    key_confidence: float | None = None
    beats_s: tuple[float, ...] = ()
    downbeats_s: tuple[float, ...] | None = None
    grid: tuple[float, float] | None = None

    @property
    def parsed_key(self) -> Key | None:
        """The key as map4 reads it."""
        return None if self.key is None else Key.parse(self.key)

    @property
    def parsed_second_key(self) -> Key | None:
        """The next best key as map4 reads it."""
        return None if self.second_key is None else Key.parse(self.second_key)


Answers = dict[str, dict[str, Prediction]]
"""By estimator, by name of the file; a file on which the estimator failed is absent."""
Progress = Callable[[str], None]


def ask_map4(songs: Sequence[Song], work: Path, jobs: int | None, tell: Progress) -> Answers:
    """Analyse with this map4, in worker processes.

    songs : files
    work : folder of kept answers
    jobs : workers; None takes one a core
    tell : is told what goes on
    """
    kept = Kept(work, MAP4, analysis_digest())
    by_path = {os.path.abspath(song.path): song for song in songs if song.sha1 not in kept}
    tell(f"{MAP4}: {len(by_path)} of {len(songs)} files to analyse")
    with Library.open(Library.IN_MEMORY) as library:
        for track in library.analyze_events(by_path, jobs=jobs, store=False, beats=True):
            record = replace(track, prefer=("measured",)).to_record(beats=True)
            kept.add(by_path[track.path].sha1, {MAP4: asdict(prediction_of(record))})
    return _gathered(songs, kept)


def prediction_of(record: dict[str, Any]) -> Prediction:
    """What a `map4/track/1` record with beats says."""
    tempo, key, grid = record["tempo"], record["key"], record["grid"]
    alternatives = tempo["alternatives"] if tempo else []
    runner_up = key["runner_up"] if key else None
    return Prediction(
        bpm=tempo["bpm"] if tempo else None,
        second_bpm=alternatives[0]["bpm"] if alternatives else None,
        bpm_confidence=tempo["confidence"] if tempo else None,
        key=key["camelot"] if key else None,
        second_key=runner_up["camelot"] if runner_up else None,
        key_confidence=key["confidence"] if key else None,
        beats_s=tuple(record["beats_s"] or ()),
        downbeats_s=None if record["downbeats_s"] is None else tuple(record["downbeats_s"]),
        grid=(grid["first_beat_s"], grid["bpm"]) if grid else None,
    )


def ask_comparator(name: str, chosen: Mapping[str, str], songs: Sequence[Song], work: Path, tell: Progress) -> Answers:
    """Let another program estimate, in a Python of its own.

    name : of `COMPARATORS`, or one that tells bars
    chosen : interpreters by name, as `conversation.interpreters` gives them
    songs, work, tell : as for `ask_map4`

    returns: Answers, one estimator for each way it has; empty where it is not installed.
    """
    version = version_of(name, chosen)
    if version is None:
        tell(f"{name} is not installed, or not in this Python (--python {name}=FILE); left out")
        return {}
    kept = Kept(work, version, digest_of([PROGRAMS / f"with_{name}.py", PROGRAMS / "lines.py"]))
    wanted = {_readable(song, work / "decoded"): song for song in songs if song.sha1 not in kept}
    tell(f"{version}: {len(wanted)} of {len(songs)} files to estimate")
    for answer in converse(command_of(name, chosen), list(wanted)):
        song = wanted[answer["path"]]
        if answer["error"] is not None:
            tell(f"{version}: {song.name}: {answer['error']}")
        kept.add(song.sha1, answer["estimates"])
    return _gathered(songs, kept)


def _readable(song: Song, folder: Path) -> str:
    """The file itself where every program can read it, else its samples as WAV, decoded by map4."""
    if song.path.suffix.lower() in _READ_BY_ALL:
        return str(song.path)
    import soundfile

    target = folder / f"{song.sha1}.wav"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open_audio(str(song.path)) as stream:
            samples = np.concatenate(list(stream.blocks()))
            soundfile.write(target, samples, stream.sample_rate_hz, subtype="FLOAT")
    return str(target)


def _gathered(songs: Sequence[Song], kept: Kept) -> Answers:
    answers: Answers = {}
    for song in songs:
        for estimator, fields in kept[song.sha1].items() if song.sha1 in kept else ():
            answers.setdefault(estimator, {})[song.name] = _prediction(fields)
    return answers


def _prediction(fields: dict[str, Any]) -> Prediction:
    known = {one.name: fields[one.name] for one in dataclass_fields(Prediction) if one.name in fields}
    times = {name: tuple(known[name]) for name in ("beats_s", "downbeats_s", "grid") if known.get(name)}
    return Prediction(**{**known, **times})
