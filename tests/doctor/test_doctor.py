"""What facts tell of a check is what the check says of the whole track."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from doubtful_library import DOUBTFUL, NOW, SOUND, put
from made_library import database_of
from stored import put_observations

from map4 import Library
from map4.core.audio.jobs import Identified, Stamp
from map4.core.music.analysis.analysis import Analysis, Grid, KeyCandidate, KeyEstimate, Spectrum, Tempo, TempoCandidate
from map4.core.music.analysis.audio import AudioFormat, Identity
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.analysis.key import Key
from map4.core.music.query.context import Preferences
from map4.core.music.track.imported import GridMark, ImportedValues
from map4.core.music.track.observations import Observation
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import DEFAULT_PREFERENCE, Failure, Source
from map4.core.store.tracks import SqlTracks
from map4.doctor.checks.diagnosis import CHECKS, diagnose
from map4.doctor.checks.groups import ALL_CHECKS
from map4.errors import UsageError

TRACKS = 400
CODECS = ("mp3", "aac", "opus", "flac", "wma", "pcm")
PREFERENCES: tuple[tuple[Source, ...], ...] = (DEFAULT_PREFERENCE, ("tag", "imported", "measured"))


def _bars(sure: float, metre_sure: float) -> Bars:
    return Bars(downbeats_s=(), confidence=sure, metre=Metre(beats_per_bar=4, confidence=metre_sure), grid_beat=1)


def _analysis(dice: random.Random) -> Analysis:
    bpm, key = dice.choice([62.0, 87.0, 87.0004, 124.0, 174.0, 240.0]), Key.parse(dice.choice(["8A", "9B"]))
    sure = dice.choice([0.2, 0.4999, 0.5, 0.55, 0.97, 0.97])
    others = (TempoCandidate(bpm=2 * bpm, confidence=dice.choice([0.8 * sure, 0.79 * sure, 0.01])),)
    runner_up = KeyCandidate(key=Key.parse("9A"), confidence=dice.choice([0.8 * sure, 0.1]))
    spectrum = Spectrum(
        centroid_hz=1500.0, bandwidth_hz=1200.0, rolloff_hz=3000.0, flatness=0.01, flux=0.1, onset_rate_hz=3.0,
        cutoff_hz=dice.choice([None, 16_000.0, 20_000.0]), cutoff_drop_db=40.0,
    )  # fmt: skip
    return replace(
        SOUND,
        grid=dice.choice([None, *8 * [Grid(first_beat_s=dice.choice([0.1, 0.1, 0.34]), bpm=124.0)]]),
        bars=dice.choice([None, *4 * [_bars(dice.choice([0.3, 0.4999, 0.5, 0.97]), dice.choice([0.45, 0.9, 0.9]))]]),
        tempo=dice.choice([None, *4 * [Tempo(bpm=bpm, confidence=sure, alternatives=dice.choice([(), others]))]]),
        key=dice.choice([None, *4 * [KeyEstimate(key=key, confidence=sure, runner_up=dice.choice([None, runner_up]))]]),
        loudness=replace(SOUND.loudness, clipped_per_minute=dice.choice([None, 0.0, 59.9, 60.0])),
        cue_in_s=dice.choice([None, 0.0, 5.0, 5.1]),
        cue_out_s=dice.choice([None, 240.0, 225.0, 224.9]),
        flags=dice.choice([(), (), ("silent",), ("damaged", "truncated"), ("truncated",)]),
        spectrum=dice.choice([None, spectrum]),
        version=dice.choice([DOUBTFUL.version, DOUBTFUL.version, 1]),
    )


def _put(store: SqlTracks, number: int, dice: random.Random) -> None:
    form = AudioFormat(
        codec=dice.choice(CODECS),
        sample_rate_hz=dice.choice([22_050, 32_000, 44_100]), channels=dice.choice([1, 2, 6]),
        bits=None, payload_bytes=dice.choice([40, 64, 76, 79, 122, 320, 900]) * 30_000,
    )  # fmt: skip
    tags = Tags(
        artist=dice.choice([None, "A", "Ã␁t", "Êèíî", "Ändé"]),
        title=dice.choice([None, "T"]), genre=dice.choice([None, "House", "Drum & Bass"]),
        bpm=dice.choice([None, 124.0, 83.5, 87.0, 119.23, 248.0]), key=dice.choice([None, "8A", "Am", "9B", "no key"]),
    )  # fmt: skip
    if number % 29 == 0:
        tags = replace(tags, artist="Unbekannter Künstler")
    elif number % 31 == 0:
        tags = replace(tags, title="Track 03")
    tags = replace(tags, year=(None, 1999, 1900, 1850, 2099)[number % 5])
    stamp = Stamp(1, 1, 1, number)
    identity = dice.choice([None, *9 * [Identity(audio_id=f"a1-{number:032x}", format=form)]])
    failure = Failure(kind="corrupt", message="is cut off") if identity is None or dice.random() < 0.1 else None
    analysis = None if identity is None or dice.random() < 0.1 else _analysis(dice)
    store.put_file(
        f"/m/{number % 7}/{number}.mp3",
        stamp,
        Identified(stamp=stamp, identity=identity, tags=tags),
        now=NOW,
        analysis=analysis,
        failure=failure,
    )


@pytest.fixture(scope="module")
def various(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tracks with values on both sides of every limit."""
    path, dice = tmp_path_factory.mktemp("various") / "library.map4", random.Random(21)
    with database_of(path) as database:
        store = SqlTracks(database)
        for number in range(TRACKS):
            _put(store, number, dice)
        store.mark_missing([f"/m/{number % 7}/{number}.mp3" for number in range(0, TRACKS, 20)], now=NOW)
        with database.transaction() as connection:
            for number in range(0, TRACKS, 3):
                beat = dice.choice([None, 1, 2, 3])
                mark = GridMark(position_s=0.1, bpm=dice.choice([124.0, 124.0, 124.3]), metre=beat and 4, beat=beat)
                grid = () if number % 4 == 3 else (mark,)
                imported = ImportedValues(
                    bpm=dice.choice([None, 124.0, 90.0]), key=dice.choice([None, Key.parse("8A")]), grid=grid,
                    title=dice.choice([None, "Said"]), genre=dice.choice([None, "Techno"]),
                )  # fmt: skip
                files = connection.execute("SELECT audio_id, uid FROM files WHERE audio_id = ?", (f"a1-{number:032x}",))
                for addresses in files.fetchall():
                    for row in zip(addresses, map(json.dumps, ImportedValues.split(imported.to_data())), strict=True):
                        connection.execute("INSERT INTO imported (audio_id, data) VALUES (?, ?)", row)
    with Library.open(path) as library:
        tracks = [track for track in library.tracks.all() if track.audio_id]
        with database_of(path) as database:
            put_observations(database, [
                (track.audio_id, _observed(name, value))
                for track in tracks[::4]
                for name, value in (
                    ("bpm", dice.choice([41.6, 62.0, 89.9, 90.6, 124.0, 174.0, 248.0])),
                    ("key", dice.choice(["8A", "9B"])),
                    ("label", "Warp"), ("title", dice.choice(["T", "Told", "T 128 - 8A"])),
                )
            ])  # fmt: skip
        library.set(tracks[::11], bpm=100)
        library.set(tracks[::13], key="3A")
        library.set(tracks[::17], genre="House", artist="Own")
        library.set(tracks[::23], artist="Unknown")
        library.set(tracks[5::19], grid=[{"position_s": 0.1, "bpm": 124.0}])
    return path


def test_artist_of_several_titles_is_no_placeholder(tmp_path: Path) -> None:
    with database_of(tmp_path / "library.map4") as database:
        for artist in ("Artist", "Artist 1", "Unknown Artist", "Interpret"):
            for title in ("Blue", "Red") if artist != "Interpret" else ("Blue", "Track 02"):
                put(SqlTracks(database), f"/m/{artist} {title}.mp3", SOUND, Tags(artist=artist, title=title))
    with Library.open(tmp_path / "library.map4") as library:
        assert library.doctor.examine(only=["missing_tags"]).counts["missing_tags"] == 4
        named = sorted(finding.track.path for finding in library.doctor.findings(only=["missing_tags"]))
    assert named == [f"/m/{name}.mp3" for name in (
        "Interpret Blue", "Interpret Track 02", "Unknown Artist Blue", "Unknown Artist Red",
    )]  # fmt: skip


def _observed(name: str, value: object) -> Observation:
    return Observation(provider="p", provider_id="1", field=name, value=value, score=0.9, fetched_at="2026-11-21")


@pytest.mark.world
def test_half_or_double_tempo_of_a_provider_is_no_contradiction(various: Path) -> None:
    with Library.open(various) as library:
        disagreeing = [
            item for item in library.doctor.findings(only=["tempo_disagrees"]) if "looked up is" in item.detail
        ]
    assert disagreeing
    assert not any("measured 124.0" in item.detail and "looked up is 62" in item.detail for item in disagreeing)
    assert not any("measured 87.0" in item.detail and "looked up is 174" in item.detail for item in disagreeing)


@pytest.mark.parametrize("sources", PREFERENCES[::-1], ids=["tags first", "usual"])
def test_findings_from_facts_agree_with_findings_from_tracks(various: Path, sources: tuple[Source, ...]) -> None:
    with Library.open(various) as library:
        library.set_preferences(Preferences(sources=sources))
        expected = [item for track in library.search("is:any") for item in diagnose(track)]
        found = list(library.doctor.findings())
        counted = library.doctor.examine()
        shown = list(library.doctor.examine(most=2).findings)
        with pytest.raises(UsageError, match="not -1"):
            library.doctor.examine(most=-1)
    wanted = Counter(item.check.name for item in expected)
    assert set(wanted) == {check.name for check in CHECKS} - {"copies"}  # each has something to tell apart
    assert [(item.check.name, item.track.path, item.detail) for item in found] == [
        (item.check.name, item.track.path, item.detail) for item in expected
    ]
    assert counted.counts == wanted
    assert counted.tracks == len({item.track.path for item in expected})
    assert Counter(item.check.name for item in shown) == {name: min(2, count) for name, count in wanted.items()}
    first = {name: [item.track.path for item in expected if item.check.name == name][:2] for name in wanted}
    assert {name: [item.track.path for item in shown if item.check.name == name] for name in wanted} == first


def test_findings_have_the_order_of_the_query_and_read_only_shown_tracks(various: Path) -> None:
    with Library.open(various) as library:
        asked = "sort:bpm- limit:50 offset:3"
        paths = [item.track.path for track in library.search(asked) for item in diagnose(track)]
        assert [item.track.path for item in library.doctor.findings(asked)] == paths
    with Library.open(various) as library:
        few = library.doctor.examine(only=["missing_tags"], most=1)
        assert few.counts["missing_tags"] > 20
        assert len(list(few.findings)) == 1


def test_garbled_artist_is_proposed_as_another_file_has_it(tmp_path: Path) -> None:
    texts = {
        "right": Tags(artist="Věra Bílá", album_artist="田村"),
        "garbled": Tags(artist="Vìra Bílá", title="Pøi"),
        "kanji": Tags(artist="“c‘º"),
        "other": Tags(artist="Martinù"),
        "unknown": Tags(artist="<unknown>"),
        "upper": Tags(artist="VĚRA BÍLÁ"),
        "vìra bílá - Title": Tags(),
    }
    with database_of(tmp_path / "library.map4") as database:
        for name, tags in texts.items():
            put(SqlTracks(database), f"/m/{name}.mp3", SOUND, tags)
    with Library.open(tmp_path / "library.map4") as library:
        found = {Path(finding.track.path).stem: finding for finding in library.doctor.findings(only=["garbled"])}
        assert {name: finding.choices[1].values for name, finding in found.items()} == {
            "garbled": {"artist": "Věra Bílá", "title": "Při"},
            "kanji": {"artist": "田村"},
        }
        assert library.doctor.examine(only=["garbled"]).counts == {"garbled": 2}
        missing = {Path(finding.track.path).stem for finding in library.doctor.findings(only=["missing_tags"])}
        assert {"unknown", "vìra bílá - Title"} <= missing


def test_checks_are_ordered_by_harm() -> None:
    names = [check.name for check in ALL_CHECKS]
    assert len({*names}) == len(names)
    wanted = ["damaged", "values_wait", "garbled", "missing_tags", "bars_doubtful", "album_years", "cover_missing"]
    assert [name for name in names if name in wanted] == wanted
