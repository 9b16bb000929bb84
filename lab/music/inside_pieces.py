"""The music of `inside.py`: made pieces are rendered once into a work folder, recordings stay where they are."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path

import dance_tracks
import dance_tracks_blind
import labelled_songs
import numpy as np
import rebarred_songs
import soundfile
from kept import digest_of
from made_track import Samples, Truth, write_piece
from manifest import read_manifest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from bar_truth import are_sure, first_bar_of_drums
from clip_parts import read_song
from midi_file import DRUM_CHANNEL, Note, read_notes
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ, synthesised

GTZAN, FOLK = "GTZAN excerpts", "Nottingham tunes"
PLAIN, ARRANGED, CUT, DRUMMERS = "songs, plain", "songs, arranged", "songs cut to 17 s", "human drummers"
OPEN, BLIND = "dance, open part", "dance, blind part"
METRES = {metre: f"songs in {name}" for metre, name in ((3, "3/4"), (5, "5/4"), (6, "6/8"), (7, "7/4"))}
FIRST_OPEN = 1_000
"""Numbers of open dance tracks from here on are the benchmark's."""
LEAST_DRUMS_S = 40.0
CUT_S = 17.0
"""As long as the GTZAN excerpts: what whole songs lose by it says whether length or sound is what makes those hard."""
GENERATORS = ("dance_tracks.py", "dance_tracks_blind.py", "dance_desk.py", "dance_forms.py", "made_track.py",
              "labelled_songs.py", "song_band.py", "rebarred_songs.py", "inside_pieces.py",
              "../training/bar_truth.py")  # fmt: skip
DRUM_OF = {22: 42, 26: 46, 40: 38, 58: 43, 50: 48, 55: 49, 52: 57, 59: 51}
"""Pads of the recorded kit (Roland TD-11) that General MIDI has under another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file and what is true of it; `part` is one of the names above."""

    part: str
    path: Path
    truth: Truth

    @property
    def key(self) -> str:
        """Unlike that of all others, and of the same piece made by other generators."""
        return f"{self.path.parent.name}/{self.truth.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How many pieces of each part; None takes all there are."""

    recordings: int | None = None
    songs: int = 60
    drummers: int | None = None
    metres: int = 24
    dance: int = 48

    @classmethod
    def quick(cls) -> Amounts:
        """Only to see that it runs."""
        return cls(recordings=4, songs=1, drummers=2, metres=1, dance=1)

    def only(self, names: Collection[str]) -> Amounts:
        """Nothing but those; all where none is named."""
        left_out = [each.name for each in fields(self) if names and each.name not in names]
        return replace(self, **dict.fromkeys(left_out, 0))


def pieces(shared: Path, work: Path, amounts: Amounts, tell: Callable[[str], None]) -> Iterator[Piece]:
    """All pieces; what is not in the work folder is rendered.

    shared: folder with `audio-dev` and `midi`; parts whose files are not there are left out
    work: folder for what is rendered, about 2 GB
    amounts: how many
    tell: is told what is left out
    """
    digest = digest_of(Path(__file__).parent / name for name in GENERATORS)
    folder = work / f"music-{digest}"
    manifest, midi = shared / "audio-dev" / "manifest.tsv", shared / "midi"
    if manifest.exists():
        yield from _recordings(manifest, amounts.recordings)
    else:
        tell(f"there is no {manifest}; {GTZAN} and {FOLK} are left out")
    if (midi / "pop909-phrases.zip").exists():
        yield from _songs(midi, folder, amounts)
        yield from _drummers(midi / "groove.zip", folder, amounts.drummers)
    else:
        tell(f"there are no songs in {midi}; all parts made of them are left out")
    yield from dance_pieces(folder, OPEN, range(FIRST_OPEN, FIRST_OPEN + amounts.dance))
    yield from dance_pieces(folder, BLIND, range(amounts.dance))


def dance_pieces(folder: Path, part: str, numbers: range) -> Iterator[Piece]:
    """Dance tracks of the open or the blind part."""
    maker = dance_tracks if part == OPEN else dance_tracks_blind
    for number in numbers:
        track = maker.draw_track(number)

        def play(track: dance_tracks.DanceTrack | dance_tracks_blind.BlindTrack = track) -> tuple[Samples, Truth]:
            return maker.render(track), track.truth

        yield _made(folder, part, track.truth.name, play, dance_tracks.RATE_HZ)


def _made(folder: Path, part: str, name: str, play: Callable[[], tuple[Samples, Truth]], rate_hz: int) -> Piece:
    """A piece from the folder, or played now and put there."""
    path = folder / f"{name}.flac"
    if not path.with_suffix(".json").exists():
        y, truth = play()
        write_piece(folder, truth, y, rate_hz)
    record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Piece(part=part, path=path, truth=Truth.of_record(record))


def _recordings(manifest: Path, limit: int | None) -> Iterator[Piece]:
    with open(manifest, encoding="utf-8", newline="") as lines:
        rows = {row["path"]: row for row in csv.DictReader(lines, delimiter="\t")}
    songs = read_manifest(manifest)
    for song in islice((song for song in songs if song.source == "gtzan" and song.beats_s), limit):
        duration_s = soundfile.info(song.path).duration
        text = (manifest.parent / rows[song.name]["beats"]).read_text(encoding="utf-8")
        beats = [
            (float(at), int(number)) for at, number in (line.split()[:2] for line in text.splitlines() if line.strip())
        ]
        beats = [(at, number) for at, number in beats if at < duration_s]
        truth = Truth(
            name=Path(song.name).stem, style=song.genre, bpm=song.bpm or 0.0, metre=max(number for _, number in beats),
            beats_s=tuple(at for at, _ in beats), downbeats_s=tuple(at for at, number in beats if number == 1),
        )  # fmt: skip
        yield Piece(part=GTZAN, path=song.path, truth=truth)
    for song in islice((song for song in songs if song.source == "nottingham"), limit):
        metre = rows[song.name]["note"].partition("M=")[2].split("/")[0]
        if metre.isdigit():
            truth = Truth(name=Path(song.name).stem, style=song.genre, bpm=song.bpm or 0.0, metre=int(metre),
                          beats_s=(), downbeats_s=())  # fmt: skip
            yield Piece(part=FOLK, path=song.path, truth=truth)


def _songs(midi: Path, folder: Path, amounts: Amounts) -> Iterator[Piece]:
    pop909 = str(midi / "pop909.zip")
    names = _fitting(midi, folder, amounts.songs)
    loaded: dict[str, labelled_songs.LabelledSong] = {}
    for part, is_arranged in ((PLAIN, False), (ARRANGED, True)):
        for name in names:

            def play(name: str = name, is_arranged: bool = is_arranged) -> tuple[Samples, Truth]:
                if not loaded:
                    found = labelled_songs.read_labelled(pop909, str(midi / "pop909-phrases.zip"), names)
                    loaded.update({song.name: song for song in found if song})
                return labelled_songs.perform(loaded[name], is_arranged=is_arranged)

            title = f"pop909-{name}-{'arranged' if is_arranged else 'plain'}"
            whole = _made(folder, part, title, play, SAMPLE_RATE_HZ)
            yield whole
            if int(name) % 2 == is_arranged:
                yield _made(folder, CUT, f"{title}-cut", lambda whole=whole: _middle(whole), SAMPLE_RATE_HZ)
    others = _steady(pop909, folder, amounts.metres * len(METRES))
    for shift, (metre, part) in enumerate(METRES.items()):
        for number in range(amounts.metres):
            name, with_drums = others[(number * len(METRES) + shift) % len(others)], number % 2 == 0

            def rebar(name: str = name, metre: int = metre, with_drums: bool = with_drums) -> tuple[Samples, Truth]:
                return rebarred_songs.rebarred(pop909, name, metre, with_drums=with_drums)

            title = f"metre-{metre}-{name}-{'drums' if with_drums else 'bare'}"
            yield _made(folder, part, title, rebar, SAMPLE_RATE_HZ)


def _middle(whole: Piece) -> tuple[Samples, Truth]:
    """The middle of a piece, without its phrases."""
    y, rate_hz = soundfile.read(whole.path, dtype="float32")
    start_s = round(0.5 * (y.size / rate_hz - CUT_S), 2)
    beats, downbeats = (
        tuple(round(at - start_s, 6) for at in times if 0.0 <= at - start_s < CUT_S)
        for times in (whole.truth.beats_s, whole.truth.downbeats_s)
    )
    first = round(start_s * rate_hz)
    truth = replace(whole.truth, name=f"{whole.truth.name}-cut", beats_s=beats, downbeats_s=downbeats, phrases=(),
                    other_boundaries_s=())  # fmt: skip
    return y[first : first + round(CUT_S * rate_hz)], truth


def _fitting(midi: Path, folder: Path, count: int) -> list[str]:
    """Numbers of the first songs kept apart whose labels fit."""
    pop909 = str(midi / "pop909.zip")
    apart = labelled_songs.benchmark_songs(pop909)
    found = labelled_songs.read_labelled(pop909, str(midi / "pop909-phrases.zip"), apart)
    return _remembered(folder / "fitting-songs.json", (song.name for song in found if song), count)


def _steady(pop909: str, folder: Path, count: int) -> list[str]:
    """Numbers of the first songs kept apart whose notes say clearly where bars begin."""
    apart = labelled_songs.benchmark_songs(pop909)
    found = (name for name in apart if are_sure(read_song(pop909, name)))
    return _remembered(folder / "steady-songs.json", found, count)


def _remembered(known: Path, found: Iterator[str], count: int) -> list[str]:
    """The first names, or all where there are fewer; read again where as many were asked for, as it takes a minute."""
    asked, names = json.loads(known.read_text(encoding="utf-8")) if known.exists() else (0, [])
    if asked < count:
        names = list(islice(found, count))
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps([count, names]), encoding="utf-8")
    return list(names[:count])


def _drummers(archive: Path, folder: Path, limit: int | None) -> Iterator[Piece]:
    """Long performances in four that the data set keeps for validation and test."""
    with zipfile.ZipFile(archive) as groove:
        rows = list(csv.DictReader(io.StringIO(groove.read("groove/info.csv").decode())))
    wanted = [row for row in rows if row["split"] != "train" and row["beat_type"] == "beat"
              and row["time_signature"] == "4-4" and float(row["duration"]) > LEAST_DRUMS_S]  # fmt: skip
    for row in wanted[:limit]:

        def play(row: dict[str, str] = row) -> tuple[Samples, Truth]:
            return _human_drums(archive, row)

        yield _made(folder, DRUMMERS, _title(row), play, SAMPLE_RATE_HZ)


def _title(row: dict[str, str]) -> str:
    return "groove-" + row["id"].replace("/", "-")


def _human_drums(archive: Path, row: dict[str, str]) -> tuple[Samples, Truth]:
    with zipfile.ZipFile(archive) as groove:
        tracks = read_notes(groove.read(f"groove/{row['midi_filename']}"))
    first_s, beat_s = 0.5, 60.0 / float(row["bpm"])
    notes = [Note(start=note.start + first_s, end=note.end + first_s, pitch=DRUM_OF.get(note.pitch, note.pitch),
                  velocity=max(1, note.velocity)) for notes in tracks.values() for note in notes]  # fmt: skip
    end_s = max(note.start for note in notes)
    beats = [round(first_s + number * beat_s, 6) for number in range(int((end_s - first_s) / beat_s) + 1)]
    y = synthesised([(DRUM_CHANNEL, 0, notes)], font=FLUID, room=True, gain=0.6)[: round((end_s + 1) * SAMPLE_RATE_HZ)]
    truth = Truth(name=_title(row), style=row["style"], bpm=float(row["bpm"]), metre=4, beats_s=tuple(beats),
                  downbeats_s=tuple(beats[first_bar_of_drums(notes, first_s, beat_s) :: 4]))  # fmt: skip
    return np.asarray(0.9 * y / max(1e-4, float(np.abs(y).max())), dtype=np.float32), truth
