"""Certainties fitted to what the user of a library knows: one is told everywhere, and what was measured stays."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from doubtful_library import SOUND, put
from doubtful_users import UNJUDGED, make_users_library
from libraries import audio_id, execute, put_imported
from made_library import database_of
from schemas import validate

from map4 import Library
from map4.music.analysis.analysis import DOUBTFUL
from map4.music.analysis.certainty import Certainties, FittedCertainty
from map4.music.analysis.inside import Bars, Metre
from map4.music.query.context import Preferences
from map4.music.track.cues import GridMark
from map4.music.track.tags import Tags
from map4.stats.accuracy.judged import Share
from map4.store.tracks import SqlTracks

JUDGED = 240


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_users_library(tmp_path_factory.mktemp("users") / "library.map4", JUDGED)


@pytest.fixture(scope="module")
def fit(path: Path) -> FittedCertainty:
    """What this user's tempi are fitted by."""
    with Library.open(path) as library:
        tempo, key, _ = library.calibration().fields
    assert (key.fitted, key.values) == (None, 0)
    assert tempo.fitted is not None
    return FittedCertainty.of_text(tempo.fitted)


def test_accuracy_uses_imported_values_only_on_request(path: Path) -> None:
    with Library.open(path) as library:
        own, with_imported = library.accuracy(), library.accuracy(imported=True)
        some = library.accuracy("bpm:150..")
        fits = library.calibration(imported=True)
    tempo, key, bars = own.fields
    assert (own.sources, with_imported.sources) == (("user",), ("user", "imported"))
    assert (tempo.field, tempo.right.count, key.field, key.right.count) == ("tempo", JUDGED, "key", 0)
    assert (bars.field, bars.right.count, bars.near) == ("bars", 0, Share(count=0, right=0))
    assert tempo.right.right < tempo.near.right == JUDGED
    assert (with_imported.fields[1].right.count, with_imported.fields[1].right.right) == (JUDGED // 2, JUDGED // 4)
    assert with_imported.fields[0] == tempo  # what the user set comes before
    assert 0 < some.fields[0].right.count < JUDGED
    assert fits.fields[1].values == JUDGED // 2
    for record in (own, with_imported, fits):
        validate(json.loads(json.dumps(record.to_record())))


def test_a_recording_counts_once_and_older_analyses_are_left_out(tmp_path: Path) -> None:
    path = make_users_library(tmp_path / "library.map4", 4)
    execute(path, "UPDATE analyses SET version = version - 1 WHERE audio_id = ?", [audio_id(1)])
    execute(path, "UPDATE files SET audio_id = ? WHERE audio_id = ?", [audio_id(0), audio_id(4)])
    with Library.open(path) as library:
        assert library.count("is:set") == 5
        found = library.accuracy()
    assert (found.fields[0].right.count, found.stale) == (3, 1)


def test_a_fitted_certainty_is_the_same_everywhere(path: Path, fit: FittedCertainty) -> None:
    fitted = Preferences(certainties=Certainties(tempo=fit))
    with Library.open(path) as plain, Library.open(path, preferences=fitted) as library:
        measured = {track.path: track.analysis for track in plain.tracks.all()}
        tracks = [track for track in library.tracks.all() if track.bpm_source() == "measured"]
        told = {track.path: track.tempo_confidence() or 0.0 for track in tracks}
        doubtful = {at for at, sure in told.items() if sure < DOUBTFUL}

        assert len(told) == UNJUDGED
        for track in tracks:
            analysis = measured[track.path]
            assert told[track.path] == fit.of(analysis.tempo.confidence) != analysis.tempo.confidence
            assert track.to_record()["tempo"]["confidence"] == told[track.path]
            assert track.analysis.key == analysis.key
        assert 0 < len(doubtful) < UNJUDGED
        assert {track.path for track in library.search(f"tempo-confidence:..{DOUBTFUL - 1e-6}")} == doubtful
        order = [told[track.path] for track in library.search("tempo-confidence:0.. sort:tempo-confidence")]
        assert order == sorted(told.values())
        assert {one.track.path for one in library.doctor.findings(only=["tempo_doubtful"])} == doubtful
        assert library.stats().doubtful_tempo == len(doubtful)
        assert {track.path for track in library.search("is:doubtful")} == doubtful
        assert plain.stats().doubtful_tempo < len(doubtful)


def test_calibration_lowers_the_error_and_is_fitted_to_measurements(path: Path, fit: FittedCertainty) -> None:
    with (
        Library.open(path) as plain,
        Library.open(path, preferences=Preferences(certainties=Certainties(tempo=fit))) as library,
    ):
        before, after = plain.accuracy().fields[0], library.accuracy().fields[0]
        assert library.calibration() == plain.calibration()
    assert (before.fitted, after.fitted) == (None, str(fit))
    assert after.calibration_error < before.calibration_error / 2
    assert after.right == before.right


def test_bars_are_compared_with_grids_that_have_bars(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    beats = tuple(0.5 * number for number in range(160))
    ones = beats[::4]
    bars = Bars(downbeats_s=ones, confidence=0.95, metre=Metre(beats_per_bar=4, confidence=0.95))
    with database_of(path) as database:
        store = SqlTracks(database)
        for number in range(4):
            put(store, f"/m/{number}.mp3", replace(SOUND, beats_s=beats, bars=bars if number < 3 else None), Tags())
        with database.transaction() as connection:
            said = GridMark(position_s=0.5, bpm=120.0, metre=4, beat=1)
            put_imported(connection, audio_id(2), grid=(said,))
    with Library.open(path) as library:
        for name, beat in ((0, 1), (1, 3), (3, 1)):
            grid = [{"position_s": 0.0, "bpm": 120.0, "metre": 4, "beat": beat}]
            library.set(f"/m/{name}.mp3", grid=grid)
        own, with_imported = (library.accuracy(imported=imported).fields[2] for imported in (False, True))
        calibration = library.calibration()
    assert own.right == Share(count=2, right=1)
    assert own.near == Share(count=2, right=2)
    assert (own.sure.count, own.unknown, own.fitted) == (2, 1, None)
    assert with_imported.right == Share(count=3, right=1)
    fit = FittedCertainty(slope=0.5, shift=-1.0, version=SOUND.version)
    with Library.open(path, preferences=Preferences(certainties=Certainties(bars=fit))) as library:
        fitted = library.accuracy().fields[2]
        [doubted, *_] = library.search("sort:path")
        assert library.calibration() == calibration
    assert (calibration.fields[2].values, fitted.fitted, fitted.right, fitted.sure.count) == (2, str(fit), own.right, 0)
    assert doubted.analysis.bars.sure == fit.of(0.95) == fitted.bands[0].certainty
