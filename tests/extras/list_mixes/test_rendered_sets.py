"""Sets as files: beats on beats at every joint, the planned length to the sample, tags, gaps, and nothing left over."""

import gc
import os
import re
import subprocess
import weakref
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from audio_files import NEEDS_FFMPEG
from clicking_tracks import clicking, nearest_s, pings_s
from conftest import Run
from list_libraries import FORMAT, WHEN
from live_server import listening
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from schemas import validated
from servers import settings_of

from map4 import Library
from map4.core.audio.converting import Encoding
from map4.core.audio.decode import open_audio
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.jobs import Identified, Stamp
from map4.core.base.actor import Actor
from map4.core.music.analysis.analysis import Loudness
from map4.core.music.analysis.audio import Identity
from map4.core.music.lists.listed import ListedPick
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.output import OutputFileError
from map4.core.store.tracks import SqlTracks
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.part import ListMixes
from map4.extras.list_mixes.planning import plan_set
from map4.extras.list_mixes.records import ListMix
from map4.extras.list_mixes.routes import streams_of
from map4.extras.list_mixes.sources import SampleReader, TrackVoice
from map4.extras.list_mixes.streams.pieces import StreamJob
from map4.extras.list_mixes.streams.rendering import encode, known_set
from map4.server.app import make_app
from map4.server.changes import changes_of

HZ = (700.0, 3000.0)
"""Of the pings of odd and even tracks."""
BANDS = ((400.0, 1000.0), (2200.0, 4000.0))
SHORT = {"beats": 48, "phrases": ((0, "intro"), (4, "drop"), (8, "outro"))}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three click tracks of 24 s that mix, of 44.1, 48 and 96 kHz, as WAV and FLAC; analysed by hand."""
    path = tmp_path / "library.map4"
    with closing(SqliteDatabase(str(path))) as database:
        store = SqlTracks(database)
        for number, (bpm, rate_hz) in enumerate(((120.0, 44_100), (123.0, 48_000), (121.0, 96_000))):
            name = f"{number}.{'flac' if number == 1 else 'wav'}"
            made = clicking(tmp_path, name, bpm, HZ[number % 2], rate_hz, 0.25 + number / 7, **SHORT)
            analysis = replace(made.analysis, loudness=Loudness(integrated_lufs=-20.0, true_peak_dbtp=-3.0))
            stamp = Stamp(os.path.getsize(made.path), 1, 1)
            identity = Identity(audio_id=f"a2-{number:032x}", format=FORMAT)
            identified = Identified(stamp=stamp, identity=identity, tags=made.tags)
            store.put_file(made.path, stamp, identified, now=WHEN, analysis=analysis.as_stored())
    return path


def planned(library: Library, query: str = "sort:path") -> ListMix:
    return library.part(ListMixes).plan(library.part(ListMixes).tracks(query))


def test_written_set_has_planned_length_chapters_and_aligned_beats(tmp_path: Path, library: Path) -> None:
    with Library.open(library) as opened:
        made = planned(opened)
        seen: list[float] = []
        written = opened.part(ListMixes).write(made, tmp_path / "set.wav", on_progress=seen.append)
    samples, rate_hz = sf.read(tmp_path / "set.wav")
    assert (rate_hz, samples.shape) == (44100, (round(made.lasts_s * 44100), 2))
    assert (written.gaps, seen) == ((), sorted(seen))
    pings = [pings_s(samples[:, 0], *band) for band in BANDS]
    assert [joint.kind for joint in made.joints] == ["beats", "beats"]
    for joint in made.joints:
        after = joint.at_s + joint.lasts_s
        middle = [at for at in pings[0] if joint.at_s + 1.0 < at < after - 1.0]
        assert len(middle) > 5
        assert nearest_s(middle, pings[1]).max() < 0.005
    bpm = 60.0 / np.median(np.diff(pings[0][pings[0] < made.joints[0].at_s]))
    assert bpm == pytest.approx(120.0, abs=0.1)
    assert seen[-1] == pytest.approx(made.lasts_s, abs=1e-4)
    assert written.size_bytes == (tmp_path / "set.wav").stat().st_size
    lines = (tmp_path / "set.txt").read_text().splitlines()
    assert (lines[0], len(lines)) == ("0:00 Ann - 0.wav", 3)
    sheet = (tmp_path / "set.cue").read_text()
    assert ('FILE "set.wav"' in sheet, sheet.count("TRACK")) == (True, 3)


@pytest.mark.world
def test_compressed_sets_have_planned_length_and_chapters(tmp_path: Path, library: Path) -> None:
    with Library.open(library) as opened:
        made = planned(opened)
        for suffix in ("m4a", "opus", "mp3"):
            opened.part(ListMixes).write(made, tmp_path / f"set.{suffix}", force=True)
            assert _decoded_s(tmp_path / f"set.{suffix}") == pytest.approx(made.lasts_s, abs=0.03)
    starts = [0.0, *(joint.swap_at_s or 0.0 for joint in made.joints)]
    tags = MP3(tmp_path / "set.mp3").tags
    assert [chapter.start_time for chapter in tags.getall("CHAP")] == [round(1000 * at_s) for at_s in starts]
    assert tags["TIT2"].text == ["Mix"]
    chapters = MP4(tmp_path / "set.m4a").chapters
    assert [chapter.title for chapter in chapters] == [track.name for track in made.tracks]


def _decoded_s(path: Path) -> float:
    with open_audio(str(path)) as stream:
        return sum(len(block) for block in stream.blocks()) / stream.sample_rate_hz


def test_damaged_file_ends_early_and_missing_file_is_skipped_without_silence(tmp_path: Path, library: Path) -> None:
    with Library.open(library) as opened:
        made = planned(opened)
        samples, rate_hz = sf.read(tmp_path / "0.wav")
        sf.write(tmp_path / "0.wav", samples[: 5 * rate_hz], rate_hz)
        (tmp_path / "1.flac").write_bytes(b"not music")
        written = opened.part(ListMixes).write(made, tmp_path / "set.flac")
        # As a stream, a set with gaps is made again: its drive may be back.
        opened.lists.save("Set", opened.lists.in_order(None, opened.part(ListMixes).tracks("sort:path")))
        opens = {"path": str(library), "decoder": DEFAULT_DECODER}
        job = StreamJob(
            opens, Actor.LOCAL, opened.lists.id_of("Set"), str(tmp_path / "kept"), "mp3", ListMixOptions(), 10**9
        )
        (tmp_path / "mixed").mkdir()  # the cache of a release candidate
        (tmp_path / "mixed" / "old.mp3").touch()
        path, *_ = encode(job, lambda *message: None)
        assert not (tmp_path / "mixed").exists()
        assert (os.path.getsize(path) > 0, known_set(path)) == (True, None)
        assert [os.stat(f"{path}{suffix}").st_mode & 0o077 for suffix in ("", ".json")] == [0, 0]
    early, skipped = sorted(written.gaps)
    assert "0.wav ended 0:11 early" in early
    assert "1.flac was skipped" in skipped
    heard, _ = sf.read(tmp_path / "set.flac")
    assert written.lasts_s == pytest.approx(len(heard) / 44100)
    pings = pings_s(heard[:, 0], *BANDS[0])
    assert np.diff(pings).max() < 2.0
    assert [chapter[-1] for chapter in FLAC(tmp_path / "set.flac").tags if "NAME" in chapter[0]] == [
        "Ann - 0.wav", "Ann - 2.wav"
    ]  # fmt: skip
    assert written.tracks == 2


@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 22_050), (2, 96_000), (6, 48_000)])
def test_files_of_any_channels_and_rate_play_in_stereo_at_one_rate(tmp_path: Path, channels: int, rate_hz: int) -> None:
    tone = 0.1 * np.sin(2 * np.pi * 500 * np.arange(2 * rate_hz) / rate_hz)
    sf.write(tmp_path / "a.flac", np.column_stack([tone] * channels), rate_hz)
    reader = SampleReader(str(tmp_path / "a.flac"), open_audio)
    with closing(reader):
        samples = reader.read(0, 3 * 44_100)
        assert reader.length == pytest.approx(2 * 44_100, abs=2)
    assert np.array_equal(samples[0], samples[1])
    level_db = 20 * np.log10(np.abs(samples).max() / 0.1)
    assert level_db == pytest.approx(-3.0 if channels == 1 else 0.0, abs=0.1)  # a mono file plays as loud as it is
    assert not samples[:, 2 * 44_100 + 10 :].any()
    spectrum = np.abs(np.fft.rfft(samples[0][:44_100]))
    assert spectrum.argmax() == 500


def test_finished_track_frees_its_memory(tmp_path: Path) -> None:
    made = clicking(tmp_path, "a.wav", 120.0, HZ[0], 44_100, **SHORT)
    [track] = plan_set([(made, ListedPick())], ListMixOptions(), name=None, left_out=()).tracks
    voice = TrackVoice(track, open_audio)
    assert voice.read(4_410).shape == (2, 4_410)
    gc.disable()
    try:
        voice.close()
        left = weakref.ref(voice)
        del voice
        assert left() is None
    finally:
        gc.enable()


def test_existing_file_is_kept_and_interrupted_write_leaves_nothing(
    tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(library) as opened:
        made, sets = planned(opened, "sort:path limit:1"), opened.part(ListMixes)
        before = sorted(os.listdir(tmp_path))

        def stop(done_s: float) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sets.write(made, tmp_path / "set.wav", on_progress=stop)
        monkeypatch.setattr(Encoding, "add", lambda *block: os.write(os.open("/dev/full", os.O_WRONLY), b"x"))
        with pytest.raises(OutputFileError, match=r"set\.mp3 can't be written: No space left on device; make room"):
            sets.write(made, tmp_path / "set.mp3")
        monkeypatch.undo()
        assert sorted(os.listdir(tmp_path)) == before
        (tmp_path / "set.cue").write_text("mine")
        with pytest.raises(OutputFileError, match=r"set\.cue exists; replace it with --force"):
            sets.write(made, tmp_path / "set.wav")
        sets.write(made, tmp_path / "set.wav", force=True)
        for refused in (sets.write, sets.check_write):
            with pytest.raises(OutputFileError):
                refused(made, tmp_path / "set.wav")


def test_command_plans_and_writes_a_set_and_names_skipped_tracks(inside: Run, tmp_path: Path, library: Path) -> None:
    document = validated(inside("mix", "--query", "sort:path", "--json").stdout, "list-mix")
    assert [joint["kind"] for joint in document["joints"]] == ["beats", "beats"]
    (tmp_path / "list.m3u8").write_text("0.wav\n1.flac\nnowhere.mp3\n")
    done = inside("mix", "list.m3u8", cwd=tmp_path)
    assert done.returncode == 0
    assert "left out: nowhere.mp3: not in the library" in done.stderr
    assert "Ann - 1.flac" in done.stdout
    assert re.search(r"^the tracks are \d+:\d\d long: \d+:\d\d overlap", done.stderr, re.MULTILINE), done.stderr
    done = inside("mix", "list.m3u8", "-o", "set.wav", "--json", cwd=tmp_path)
    assert (done.returncode, validated(done.stdout, "list-mix-file")["tracks"]) == (3, 2)
    assert inside("mix", "list.m3u8", "-o", "set.liq", cwd=tmp_path).returncode == 3
    history = validated(inside("export", "history", "--json").stdout, "export-history")["exports"]
    assert [entry["tracks"] for entry in history[:4]] == [2] * 4  # set.liq, and set.wav with two files beside it
    for words, message in (
        (("list.m3u8", "-o", "set.aiff"), "a set is written as"),
        (("list.m3u8", "-o", "new.wav", "--bitrate", "128"), "wav has no bit rate"),
        (("list.m3u8", "--query", "x"), "Name a list or give --query, not both"),
        ((), "Name two tracks or one list, or give --query"),
        (("0.wav",), "0.wav is a track; name a second track, or a list of tracks"),
        (("a", "b", "c"), "Name two tracks or one list; 'map4 playlist --save NAME' makes a list"),
        (("list.m3u8", "--bitrate", "128"), "--bitrate and --force need a file; name it with -o"),
        (("list.m3u8", "--render", "x.wav"), "--render is for two tracks: map4 mix A B"),
        (("0.wav", "1.flac", "-o", "x.wav"), "--output is for a list: map4 mix LIST"),
    ):
        done = inside("mix", *words, cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def _get(port: int, path: str, *, size: int, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers and the first bytes of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    data = answer.read(size)
    connection.close()
    return answer.status, answer.headers, data


@pytest.mark.world
@NEEDS_FFMPEG
def test_players_can_play_the_set(tmp_path: Path, library: Path) -> None:
    with Library.open(library) as opened:
        sets = opened.part(ListMixes)
        opened.lists.save("Set", opened.lists.in_order(None, sets.tracks("sort:path")))
        made, address = sets.plan("Set"), f"/api/v1/lists/{opened.lists.id_of('Set')}/mix.mp3"
    app = make_app(settings_of(library, log="text"), services=(changes_of, streams_of))
    with listening(app) as port:
        heard = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", f"http://127.0.0.1:{port}{address}", "-f", "f32le", "-ac", "1", "-"],
            capture_output=True, check=True,
        )  # fmt: skip
        samples = np.frombuffer(heard.stdout, dtype=np.float32).astype(float)
        assert len(samples) / 44100 == pytest.approx(made.lasts_s, abs=0.06)
        pings = [pings_s(samples, *band) for band in BANDS]
        for joint in made.joints:
            middle = [at for at in pings[0] if joint.at_s + 1.0 < at < joint.at_s + joint.lasts_s - 1.0]
            assert nearest_s(middle, pings[1]).max() < 0.005
        _, whole, _ = _get(port, address, size=10)
        total = int(whole["content-length"])
        status, headers, part = _get(port, address, size=10_000, Range="bytes=1000-1999")
        assert (status, len(part), headers["content-range"]) == (206, 1000, f"bytes 1000-1999/{total}")
        with Library.open(library) as opened:
            ann = opened.accounts.add("Ann")
            token = opened.acting_as(ann.actor()).credentials.add("player")
            shown = {"Authorization": f"Bearer {token.secret}"}
            assert [_get(port, address, size=10, **how)[0] for how in ({}, shown)] == [401, 200]
            opened.credentials.remove(token.credential.id)
            assert _get(port, address, size=10, **shown)[0] == 401
