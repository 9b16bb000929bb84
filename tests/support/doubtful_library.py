"""A small library with something for the doctor."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stored import put_observations

from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, KeyCandidate, KeyEstimate, Loudness, Tempo, TempoCandidate
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.analysis.key import Key
from map4.core.music.track.observations import Observation
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOUND = Analysis(
    duration_s=240.0,
    tempo=Tempo(bpm=124.0, confidence=0.97, alternatives=(TempoCandidate(bpm=62.0, confidence=0.02),)),
    key=KeyEstimate(key=Key.parse("8A"), confidence=0.9),
    energy=0.62,
    loudness=Loudness(integrated_lufs=-8.5, range_lu=4.0, true_peak_dbtp=0.2, clipped_per_minute=0.0),
    cue_in_s=0.0,
    cue_out_s=240.0,
)
DOUBTFUL = replace(
    SOUND,
    tempo=Tempo(bpm=87.0, confidence=0.4, alternatives=(TempoCandidate(bpm=174.0, confidence=0.38),)),
    key=KeyEstimate(
        key=Key.parse("9B"), confidence=0.3, runner_up=KeyCandidate(key=Key.parse("9A"), confidence=0.29)
    ),
    loudness=replace(SOUND.loudness, clipped_per_minute=150.0),
)  # fmt: skip


def put(store: SqlTracks, path: str, analysis: Analysis | None, tags: Tags, failure: Failure | None = None) -> None:
    number = len(list(store.tracks()))
    form = AudioFormat(codec="mp3", sample_rate_hz=44_100, channels=2, bits=None, payload_bytes=240 * 320_000 // 8)
    identity = Identity(audio_id=f"a1-{number:032x}", format=form)
    identified = Identified(stamp=Stamp(1, 1, 1, number), identity=identity, tags=tags, failure=None)
    store.put_file(path, identified.stamp, identified, now=NOW, analysis=analysis, failure=failure)


def make_doubtful_library(path: Path) -> Path:
    """Four files: one that is sound, one in doubt, one without tags, and one that failed."""
    database = SqliteDatabase(str(path))
    store = SqlTracks(database)
    put(store, "/m/sound.mp3", SOUND, Tags(artist="A", title="Sound", genre="House", year=1999))
    put(store, "/m/doubtful one.mp3", DOUBTFUL, Tags(artist="B", title="Doubtful", genre="Drum & Bass", year=2005))
    put(store, "/m/untagged.mp3", SOUND, Tags())
    put(store, "/m/broken.mp3", None, Tags(artist="C", title="Broken"), Failure(kind="corrupt", message="is cut off"))
    database.close()
    return path


def make_albums_library(path: Path) -> Path:
    """A compilation of three artists in two spellings of a genre, and an album of one with a year that is another."""
    database = SqliteDatabase(str(path))
    store = SqlTracks(database)
    for number, (artist, genre) in enumerate((("A", "Drum & Bass"), ("B", "House; DnB"), ("C", "Drum & Bass")), 1):
        tags = Tags(artist=artist, title=f"Song {artist}", album="Sampler", track=number, genre=genre)
        put(store, f"/m/Sampler/{number}.mp3", SOUND, tags)
    for number in range(1, 5):
        tags = Tags(artist="D", title=f"Part {number}", album="Parts", track=number, year=1999 + (number == 2))
        put(store, f"/m/D/Parts/{number}.mp3", SOUND, tags)
    database.close()
    return path


def make_disputed_library(path: Path) -> Path:
    """Three files of one label, which a provider calls another, of the last again another."""
    database = SqliteDatabase(str(path))
    store = SqlTracks(database)
    for title in ("One", "Two", "Zero"):
        put(store, f"/m/{title}.mp3", SOUND, Tags(artist="A", title=title, label="Polar"))
    labels = {0: "Warp", 1: "Warp", 2: "Ninja Tune"}
    usual = {"provider": "musicbrainz", "provider_id": "r", "score": 0.9, "fetched_at": "2026-11-21T18:00:00Z"}
    put_observations(
        database,
        [
            (f"a1-{number:032x}", Observation(field="label", value=label, **usual))  # type: ignore[arg-type]
            for number, label in labels.items()
        ],
    )
    database.close()
    return path
