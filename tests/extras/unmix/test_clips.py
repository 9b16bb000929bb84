"""Clips of a few seconds: the track, its place, and how sure that is, in Python, as a command and as a job."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile as sf
import soxr
from browser import BROWSER, FLAGS, WHY_NOT, browser, expect
from conftest import Run
from extras.unmix import recorded_sets as sets
from live_server import listening
from page_world import KEY
from schemas import validated
from servers import settings_of
from signals import RATE_HZ

from map4 import Library
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.music.track.track import Track
from map4.errors import FileError
from map4.extras.unmix.finding.candidates import LineCandidate
from map4.extras.unmix.job import unmix
from map4.extras.unmix.reader import SetReader, clip_certainty
from map4.extras.unmix.records import unmixed_of
from map4.extras.unmix.request import UnmixRequest
from map4.extras.unmix.set_words import playings
from map4.plugins import inline_lanes
from map4.server.app import make_app

AT_S, CLIP_S, SPEED = 14.0, 12.0, 1.024


def candidate(score: float, track: int) -> LineCandidate:
    way = next(number for number, each in enumerate(playings()) if each.speed == each.pitch == 1.03)
    return LineCandidate(track=track, playing=way, lag=-70, first=0, last=60, score=score, error_rate=0.5)


def test_certainty_of_a_clip_grows_and_only_sure_tracks_are_named() -> None:
    assert clip_certainty(0.45, 20.0) > 0.95 > 0.1 > clip_certainty(0.3, 20.0)
    certainties = [clip_certainty(0.4, seconds) for seconds in (8.0, 12.0, 20.0, 30.0)]
    assert certainties == sorted(certainties)
    assert clip_certainty(0.4, 300.0) == clip_certainty(0.4, 30.0)  # only 30 s are compared
    tracks = {number: Track(path=f"/m/{number}.mp3", state="ok") for number in (1, 2, 3)}
    store = Mock()
    store.tracks.tracks_by_id = lambda ids, beats: iter([tracks[number] for number in ids])
    reader = SetReader(store, Mock(side_effect=FileError("unreadable", "is gone")), is_clip=True, on_stage=Mock())
    levels = np.zeros((1000, 32), np.uint8)
    [named] = reader._of_clip([candidate(0.6, 2), candidate(0.5, 1), candidate(0.3, 3)], levels, 20.0)
    assert named.track is not None
    assert (named.track.path, [other.path for other in named.alternatives]) == ("/m/2.mp3", ["/m/1.mp3"])
    assert (named.start_s, named.end_s, named.speed, named.pitch) == (0.0, 20.0, 1.03, 1.03)
    assert named.track_start_s == pytest.approx(70 / Fingerprint.RATE_HZ)
    assert (named.track_end_s or 0.0) - (named.track_start_s or 0.0) == pytest.approx(20.0 * 1.03)
    assert not [*reader._of_clip([candidate(0.3, 3)], levels, 20.0), *reader._of_clip([], levels, 20.0)]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    sets.make_library(folder)
    rng = np.random.default_rng(74)
    for name, seed in (("known", 3), ("unknown", 98)):
        begin = round(AT_S * RATE_HZ)
        part = sets.song(seed)[begin : begin + round(CLIP_S * SPEED * RATE_HZ)]
        part = soxr.resample(part, RATE_HZ * SPEED, RATE_HZ)
        noise = rng.standard_normal(len(part)) * part.std() / 2.0
        sf.write(folder / f"{name}.wav", (0.5 * (part + noise)).astype(np.float32), RATE_HZ)
    return folder


@pytest.fixture
def library(made_once: Path) -> Iterator[Library]:
    with Library.open(made_once / "sets.map4") as opened:
        yield opened


@pytest.mark.world
def test_clip_names_the_track_and_its_place_or_nothing(made_once: Path, library: Library) -> None:
    known, unknown, short = library.unmix([made_once / "known.wav", made_once / "unknown.wav", short_clip(made_once)])
    [passage] = known.tracks
    assert passage.track is not None
    assert Path(passage.track.path).name == "song-3.flac"
    assert passage.track_start_s == pytest.approx(AT_S, abs=0.05)
    assert (passage.speed, (passage.certainty or 0.0) > 0.9) == (pytest.approx(SPEED, abs=0.001), True)
    assert ([each.track for each in unknown.tracks], unknown.compared, unknown.failure) == ([None], 4, None)
    assert short.failure is not None
    assert short.failure.message == "is 5 s long; a clip has at least 8 s"


def short_clip(folder: Path) -> Path:
    sound, rate_hz = sf.read(folder / "known.wav")
    sf.write(folder / "short.wav", sound[: 5 * rate_hz], rate_hz)
    return folder / "short.wav"


@pytest.mark.world
def test_command_and_job_take_a_clip(inside: Run, made_once: Path, tmp_path: Path, library: Library) -> None:
    shutil.copy(made_once / "sets.map4", tmp_path / "library.map4")
    done = inside("unmix", "--clip", made_once / "known.wav", env={"COLUMNS": "120"})
    assert (done.returncode, done.stdout.splitlines()) == (
        0, ["song-3.flac at 0:14–0:26, +2.4 %, 99 % sure", "1 track in 0:12; 4 compared"]
    )  # fmt: skip
    document = validated(inside("unmix", "--clip", "--json", made_once / "known.wav").stdout, "unmix")
    request = UnmixRequest(path=str(made_once / "known.wav"), clip=True)
    assert unmix(library, [], request, Mock(), {"folder": None})["tracks"] == document["tracks"]
    assert len(unmixed_of(document).tracks) == 1
    missed = inside("unmix", "--clip", made_once / "unknown.wav")
    assert (missed.returncode, "no track detected" in missed.stderr) == (4, True)


@pytest.mark.world
@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
def test_microphone_names_the_track_that_plays(made_once: Path, tmp_path: Path) -> None:
    """A file is the microphone of this browser; it is blocked, stopped, and then heard for ten seconds."""
    library = Path(shutil.copy(made_once / "sets.map4", tmp_path / "library.map4"))
    sf.write(tmp_path / "room.wav", sets.song(3), RATE_HZ, subtype="PCM_16")
    heard = f"--use-file-for-fake-audio-capture={tmp_path / 'room.wav'}"
    settings = settings_of(library, made_once, key=KEY, open_library=lambda: Library.open(library, lanes=inline_lanes))
    with browser() as tab, listening(make_app(settings)) as port:
        started = tab.page.context.browser.browser_type.launch(  # type: ignore[union-attr]
            executable_path=BROWSER, args=[*FLAGS, "--use-fake-device-for-media-stream", heard]
        )
        try:
            context = started.new_context(permissions=[])
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}/unmix#key={KEY}")
            listen, toast = page.get_by_role("button", name="What is this?"), page.locator(".toast")
            listen.click()
            expect(toast).to_contain_text("The microphone is blocked: allow it for this page in the browser.")
            context.grant_permissions(["microphone"])
            listen.click()
            expect(page.locator(".sends [role=status]")).to_have_text(re.compile(r"^Listening: \d+ s$"))
            page.get_by_role("button", name="Stop", exact=True).click()
            expect(toast).to_contain_text("Stopped; nothing was sent.")
            listen.click()
            expect(page.locator(".unmix .lead")).to_have_text(re.compile(r"^song-3\.flac · from 0:\d\d · \d\d % sure$"))
            expect(page.locator(".heard-set tbody tr")).to_have_count(1)
        finally:
            started.close()
