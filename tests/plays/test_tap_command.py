"""`map4 tap`: a tempo by the space bar, in a terminal that is as before at the end."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from command_runs import run_inside
from conftest import Run

pytestmark = pytest.mark.contract

termios = pytest.importorskip("termios")
TAP_S = 0.2
PATIENCE_S = 60


class Keyboard:
    """A terminal whose keys a test presses."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.openpty()

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def read_until(self, text: str) -> str:
        """What is shown, up to a text."""
        shown = ""
        while text not in shown:
            assert select.select([self.ours], [], [], PATIENCE_S)[0], f"{text!r} does not come after {shown!r}"
            shown += os.read(self.ours, 4096).decode("utf-8", "replace")
        return shown

    def state(self) -> object:
        found = termios.tcgetattr(self.theirs)
        return found[:6]


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    found = Keyboard()
    yield found
    os.close(found.ours)
    os.close(found.theirs)


@pytest.fixture
def tapping(keyboard: Keyboard, scanned: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`map4 tap` on a terminal, ready for keys; the track is at 120 BPM."""
    before = keyboard.state()
    environment = {**os.environ, "MAP4_LIBRARY": str(tmp_path / "library.map4"), "COLUMNS": "100", "TERM": "xterm"}
    command = [sys.executable, "-m", "map4", "tap", str(scanned / "one.wav")]
    with subprocess.Popen(
        command, stdin=keyboard.theirs, stderr=keyboard.theirs, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        keyboard.read_until("no taps yet")
        assert keyboard.state() != before
        yield process
        process.kill()
    assert keyboard.state() == before


def test_taps_are_shown_and_set(tapping: subprocess.Popen[str], keyboard: Keyboard, scanned: Path, inside: Run) -> None:
    keyboard.press("x \x1b[A")
    time.sleep(TAP_S)  # taps are times
    keyboard.press(" ")
    keyboard.read_until("2 taps")
    keyboard.press("\x7f")
    keyboard.read_until("no tempo yet")
    shown, taps = "", []
    for _ in range(12):
        pressed_s = time.monotonic()
        keyboard.press(" ")
        shown += keyboard.read_until("\r")  # where nobody reads for a while, the next ones would come at once
        taps.append((pressed_s, time.monotonic()))
        time.sleep(TAP_S)
    keyboard.press("\r")
    shown += keyboard.read_until("[y/N]")
    assert re.search(r"measured 120\.\d, half 60\.\d, double 240\.\d", shown)
    assert re.search(r"\d taps  \d+\.\d BPM ± \d", shown)
    [offered] = re.findall(r"Set (\d+\.\d) BPM\?", shown)
    longest_s = max(shown_s - pressed_s for (pressed_s, _), (_, shown_s) in pairwise(taps))  # a busy machine is late
    assert 0.95 * 60 / longest_s < float(offered) < 1.05 * 60 / TAP_S  # one near 240 is 240
    keyboard.press("y\n")
    assert tapping.wait(20) == 0
    assert f"→ {offered}\n" in tapping.stdout.read()
    [track] = json.loads(inside("search", "is:set", "--json").stdout)["tracks"]
    assert track["tempo"]["bpm"] == pytest.approx(float(offered), abs=0.06)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_leaves_the_terminal_as_it_was(tapping: subprocess.Popen[str], number: int, code: int) -> None:
    tapping.send_signal(number)
    assert tapping.wait(20) == code


@pytest.mark.world
def test_tap_reads_keys_again_after_a_stop(tapping: subprocess.Popen[str], keyboard: Keyboard) -> None:
    cooked = termios.tcgetattr(keyboard.theirs)
    cooked[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(keyboard.theirs, termios.TCSANOW, cooked)  # as a shell does meanwhile
    tapping.send_signal(signal.SIGCONT)
    keyboard.press("xq")
    keyboard.read_until("8 taps are needed")
    assert tapping.wait(20) == 4


@pytest.mark.parametrize("keys", ["  q", "\r", "\x04"])
def test_too_few_taps_set_nothing(keyboard: Keyboard, scanned: Path, tmp_path: Path, keys: str) -> None:
    before = keyboard.state()
    # The keys wait in the terminal until they are read.
    raw = termios.tcgetattr(keyboard.theirs)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(keyboard.theirs, termios.TCSANOW, raw)
    keyboard.press(keys)
    result = run_inside(
        "tap", scanned / "one.wav", "--yes", library=tmp_path / "library.map4", stdin=keyboard.theirs, on_screen=True
    )
    assert result.returncode == 4
    assert "8 taps are needed for a tempo; nothing was set" in result.stderr
    assert before != keyboard.state()  # as this test set it, not as a shell has it


def test_tap_without_a_terminal_is_refused_with_a_hint(inside: Run, scanned: Path) -> None:
    result = inside("tap", scanned / "one.wav")
    assert result.returncode == 2
    assert "run this in a terminal, or set a tempo that you know: map4 set FILE bpm=87" in result.stderr


def test_tap_refuses_folders_and_unknown_files(keyboard: Keyboard, scanned: Path, tmp_path: Path) -> None:
    library, stray = tmp_path / "library.map4", tmp_path / "stray.wav"
    several = run_inside("tap", scanned, library=library, stdin=keyboard.theirs)
    assert (several.returncode, "a folder with 4 tracks" in several.stderr) == (2, True)
    unknown = run_inside("tap", stray, library=library, stdin=keyboard.theirs)
    assert unknown.returncode == 4
