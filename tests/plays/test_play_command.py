"""`map4 play`: by what is on the machine, and never by a shell."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock, Mock

import numpy as np
import pytest
from conftest import Run

pytestmark = pytest.mark.contract

posix = pytest.mark.skipif(sys.platform == "win32", reason="players are scripts here")
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put players into a PATH that has nothing else; what they were called with is written down."""
    folder, called = tmp_path / "bin", tmp_path / "called"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    def add(*names: str, script: str = "") -> Path:
        for name in names:
            program = folder / name
            program.write_text(f'#!/bin/sh\nprintf "%s\\n" "${{0##*/}}" "$@" >{called}\n{script}')
            program.chmod(0o755)
        return called

    return add


@posix
@pytest.mark.parametrize(
    ("player", "arguments"),
    [
        ("mpv", ["--no-video", "--really-quiet", "--start=3.500", "--", "FILE"]),
        ("ffplay", ["-nodisp", "-autoexit", "-loglevel", "error", "-ss", "3.500", "-i", "file:FILE"]),
        ("vlc", ["--intf", "dummy", "--no-video", "--play-and-exit", "--start-time=3.500", "FILE"]),
    ],
)
def test_plays_from_a_place(inside: Run, install: Install, tmp_path: Path, player: str, arguments: list[str]) -> None:
    file = tmp_path / "-x; $(touch hit) 'a' .mp3"
    file.write_bytes(b"x")
    called = install(player, "aplay")
    result = inside("play", "--from", "0:03.5", "--", file.name, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert called.read_text().splitlines() == [player, *(argument.replace("FILE", str(file)) for argument in arguments)]
    assert not (tmp_path / "hit").exists()


@posix
def test_first_suitable_player_is_used(inside: Run, install: Install, scanned: Path, tmp_path: Path) -> None:
    called = install("aplay")
    wave, other = scanned / "one.wav", tmp_path / "a.mp3"
    other.write_bytes(b"x")
    assert inside("play", wave).returncode == 0
    assert called.read_text().splitlines() == ["aplay", "-q", str(wave)]
    for arguments in ((other,), (wave, "--from", "2")):
        refused = inside("play", *arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "aplay can't play" in refused.stderr
        assert "install mpv, ffplay" in refused.stderr
    install("mpv")
    assert inside("play", wave, "--from", "2").returncode == 0
    assert called.read_text().startswith("mpv\n")


@posix
def test_missing_and_failed_players_are_reported(inside: Run, install: Install, scanned: Path) -> None:
    result = inside("play", scanned / "one.wav")
    assert result.returncode == 1
    assert "this machine has no program that plays sound; install mpv, ffplay (of FFmpeg) or vlc" in result.stderr
    assert "'.[sound]'" in result.stderr
    install("mpv", script="exit 7")
    result = inside("play", scanned / "one.wav")
    assert result.returncode == 1
    assert "mpv could not play" in result.stderr
    assert "(exit code 7)" in result.stderr


@posix
def test_missing_portaudio_is_reported(
    inside: Run, install: Install, scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.syspath_prepend(str(tmp_path))
    result = inside("play", scanned / "one.wav")
    assert result.returncode == 1
    assert "or install PortAudio" in result.stderr
    assert "'.[sound]'" not in result.stderr


@posix
@pytest.mark.parametrize(
    ("message", "program"),
    [
        ("ALSA lib pcm.c: Unknown PCM default\nNo more combinations to try, audio open failed", "no audio device"),
        ("file:WAVE: Invalid data found", "ffplay could not play"),
    ],
)
def test_failure_of_ffplay_is_reported(
    inside: Run, install: Install, scanned: Path, message: str, program: str
) -> None:
    wave = scanned / "one.wav"
    install("ffplay", script=f"echo '{message.replace('WAVE', str(wave))}' >&2")
    result = inside("play", wave)
    assert (result.returncode, program in result.stderr, "ALSA" in result.stderr) == (1, True, False)
    install("ffplay", script="echo '[mp3] Header missing' >&2")  # a flaw of a file that is played
    result = inside("play", wave)
    assert (result.returncode, result.stderr) == (0, "")


@posix
def test_play_places_come_from_the_library(inside: Run, install: Install, scanned: Path, tmp_path: Path) -> None:
    called = install("mpv")
    assert inside("play", scanned / "one.wav", "--from", "first-beat").returncode == 0
    [start] = [line for line in called.read_text().splitlines() if line.startswith("--start=")]
    assert float(start.removeprefix("--start=")) < 1.0
    assert inside("play", scanned / "one.wav", "--from", "chorus").returncode == 4
    assert inside("play", scanned / "one.wav", "--from", "9:00").returncode == 2
    assert inside("play", tmp_path / "none.mp3").returncode == 4
    assert inside("play", scanned).returncode == 2


@pytest.mark.world
@posix
def test_ctrl_c_ends_the_player_silently(install: Install, scanned: Path, tmp_path: Path) -> None:
    running = tmp_path / "running"
    os.mkfifo(running)
    install("mpv", script=f'trap "" INT\necho $$ >{running}\nwhile :; do /bin/sleep 0.05; done\n')
    environment = {**os.environ, "MAP4_LIBRARY": str(tmp_path / "library.map4")}
    command = [sys.executable, "-m", "map4", "play", str(scanned / "one.wav")]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        player = int(running.read_text())  # waits until it plays
        try:
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, "".join(output).strip()) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.kill(player, 0)


def test_sounddevice_plays_last(inside: Run, install: Install, scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[np.ndarray] = []
    module = Mock(OutputStream=MagicMock(), PortAudioError=OSError)
    module.OutputStream.return_value.__enter__.return_value.write = heard.append
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    assert inside("play", scanned / "one.wav").returncode == 0
    whole = np.concatenate(heard)
    heard.clear()
    assert inside("play", scanned / "one.wav", "--from", "3").returncode == 0
    rate = len(whole) / 8.0
    assert np.array_equal(np.concatenate(heard), whole[round(3 * rate) :])

    module.OutputStream = Mock(side_effect=OSError("no default output device"))
    result = inside("play", scanned / "one.wav")
    assert (result.returncode, "no sound: no default output device" in result.stderr) == (1, True)
