"""Standard streams that are closed, full or cut off, and signals: a clear code, a sentence, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.cli import main as command_line
from map4.cli import streams
from map4.cli.main import IMPATIENT, Terminated
from map4.infra.workers.lanes import inline_lanes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="uses sh, /dev/full and signals")
MAP4 = [sys.executable, "-m", "map4"]
SENTENCE_OF_CLOSED = "map4: stdout can't be written: it is closed\n"


def in_shell(redirection: str, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of map4 with a redirection behind it."""
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", *MAP4, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def without_reader(*arguments: object) -> tuple[int, str]:
    """Exit code and stderr of map4 whose reader has gone before the first byte."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*MAP4, *map(str, arguments)], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_LIBRARY", str(tmp_path / "library.map4"))


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A library without processes, and the only file in it."""
    folder = tmp_path_factory.mktemp("analysed")
    file = write_clicks(folder / "one.wav")
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.analyze([file])
    return folder / "library.map4", file


@pytest.fixture
def file(analysed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that the library of this test knows."""
    monkeypatch.setenv("MAP4_LIBRARY", str(analysed[0]))
    return analysed[1]


@pytest.mark.parametrize(
    ("redirection", "arguments", "expected"),
    [
        (">&-", ["--version"], (1, "", SENTENCE_OF_CLOSED)),
        (">&- <&-", ["schema"], (1, "", SENTENCE_OF_CLOSED)),
        (">&- 2>&- <&-", ["config"], (1, "", "")),
        ("2>&-", ["scna"], (2, "", "")),
        ("<&-", ["scan", "--files-from", "-"], (4, "", "map4: the list of files is empty\n")),
        (">/dev/full", ["schema", "track"], (1, "", "map4: stdout can't be written: no space left on device\n")),
        ("2>/dev/full", ["scna"], (2, "", "")),
    ],
)
def test_streams_that_are_closed_or_full(
    redirection: str, arguments: list[str], expected: tuple[int, str, str]
) -> None:
    assert in_shell(redirection, *arguments) == expected


def test_a_table_and_a_panel_that_are_not_read_are_no_failure(file: Path) -> None:
    assert without_reader("analyze", file) == (0, "")
    assert without_reader("cache", "info") == (0, "")
    assert in_shell(">/dev/full", "analyze", "--csv", file)[0] == 1
    # A scan that has nothing for stdout needs none.
    assert in_shell(">&-", "scan", "-q", file) == (0, "", "")


def test_help_that_is_not_read_is_no_failure() -> None:
    assert without_reader("--help") == (0, "")


def test_a_panel_fits_what_it_is_shown_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    # Colour that was asked for goes into any terminal and pipe.
    assert "\x1b[" in in_shell("| cat", "analyze", "--color", "always", file)[1]
    for name, value in (("PYTHONIOENCODING", "ascii"), ("COLUMNS", "40"), ("PYTHONWARNINGS", "error")):
        monkeypatch.setenv(name, value)
    code, shown, said = in_shell("", "analyze", file)
    assert (code, said, shown.isascii()) == (0, "", True)
    assert {len(line) for line in shown.splitlines()} == {40}
    assert "dynamic range" in shown


# ---- signals -------------------------------------------------------------------------------------


def _as_from_a_terminal() -> None:
    """Undo what `nohup` and a shell's `&` leave to their children: signals that are ignored."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def scan(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A scan of slow files, of which the first is done."""
    folder = tmp_path / "slow"
    folder.mkdir()
    for index in range(6):
        write_clicks(folder / f"slow {index}.wav", 80 + index)
    process = subprocess.Popen(
        [*MAP4, "scan", "-j", "1", "--jsonl", str(folder)],
        env={**os.environ, "MAP4_DECODER": "doubles:open_audio"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_as_from_a_terminal,
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_terminal_that_is_closed_ends_a_scan_cleanly(scan: subprocess.Popen[bytes]) -> None:
    os.kill(scan.pid, signal.SIGHUP)
    os.kill(scan.pid, signal.SIGHUP)  # the shell's and the terminal's own
    _, said = scan.communicate(timeout=20)
    assert (scan.returncode, b"analysed and kept" in said, b"Traceback" in said) == (129, True, False)


def test_impatience_is_no_traceback(scan: subprocess.Popen[bytes]) -> None:
    for _ in range(3):
        os.killpg(scan.pid, signal.SIGINT)
    _, said = scan.communicate(timeout=20)
    assert (scan.returncode, b"Traceback" in said) == (130, False)


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> command_line._Stop:
    """The handler, not installed."""

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(command_line.os, "_exit", end)
    return command_line._Stop()


def test_the_first_signal_stops_and_the_next_ones_wait_for_the_clean_up(stop: command_line._Stop) -> None:
    with pytest.raises(Terminated) as raised:
        stop(signal.SIGTERM, None)
    assert raised.value.number == signal.SIGTERM
    stop(signal.SIGHUP, None)
    stop(signal.SIGTERM, None)
    for _ in range(IMPATIENT - 1):
        stop(signal.SIGINT, None)
    with pytest.raises(SystemExit) as ended:
        stop(signal.SIGINT, None)
    assert ended.value.code == 130


def test_ctrl_c_interrupts(stop: command_line._Stop) -> None:
    with pytest.raises(KeyboardInterrupt):
        stop(signal.SIGINT, None)
    stop(signal.SIGINT, None)


def test_what_the_caller_ignores_stays_ignored(stop: command_line._Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(command_line.atexit, "register", lambda *arguments: None)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        stop.install()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is stop
        assert signal.getsignal(signal.SIGINT) is stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# ---- how errors are told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device", "/tmp/x"), 1, "map4: /tmp/x: No space left on device; --debug"),
        (OSError("odd"), 1, "map4: internal error: OSError: odd."),
        (ValueError("a\nb"), 1, "map4: internal error: ValueError: a\ufffdb. This is a bug"),
        (Terminated(signal.SIGTERM), 143, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_becomes_a_code_and_a_line(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**settings: object) -> None:
        raise error

    monkeypatch.setattr(command_line.cli, "main", fail)
    monkeypatch.setattr(command_line, "discard_stdout", lambda: None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    assert command_line._run(["config"], command_line._Stop()) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_clean_up_that_fails_after_a_signal_does_not_hide_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**settings: object) -> None:
        try:
            raise Terminated(signal.SIGHUP)
        finally:
            raise AttributeError("of a worker that had not quite started")

    monkeypatch.setattr(command_line.cli, "main", fail)
    monkeypatch.setattr(command_line, "discard_stdout", lambda: None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    assert command_line._run(["scan"], command_line._Stop()) == 129
    assert capsys.readouterr().err == ""


def test_debugging_shows_where(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(**settings: object) -> None:
        raise EOFError("a worker has gone")

    monkeypatch.setattr(command_line.cli, "main", fail)
    assert command_line._run(["--debug"], command_line._Stop()) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_error_between_processes_is_not_taken_for_a_closed_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from map4.infra import config

    def fail(*arguments: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(config, "Config", fail)
    assert command_line._run(["config"], command_line._Stop()) == 1
    assert "Broken pipe" in capsys.readouterr().err


def test_a_stream_that_would_not_wait_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = bytes(1_000_000)  # more than any pipe holds
    received: list[bytes] = []

    def read() -> None:
        with open(reading, "rb") as file:
            received.append(file.read())

    reader = threading.Thread(target=read)
    with streams._Data(writing, "w") as raw:
        left = memoryview(data)
        assert raw.write(left[:65536]) > 0
        reader.start()
        left = left[65536:]
        while left:
            left = left[raw.write(left) :]
    reader.join(10)
    assert len(received[0]) == len(data)


def test_talk_that_can_not_be_said_is_lost() -> None:
    with open("/dev/full", "rb") as full, streams._Talk(os.dup(full.fileno()), "w") as talk:
        assert talk.write(b"words") == 5
    reading, writing = os.pipe()
    os.close(reading)
    with streams._Talk(writing, "w") as talk, pytest.raises(streams.PipeClosedError):
        talk.write(b"words")


@pytest.mark.parametrize(("encoding", "bar"), [("ascii", "#"), ("cp1252", "#"), ("utf-8", "█")])
def test_bars_have_a_twin_in_every_encoding(file: Path, encoding: str, bar: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*MAP4, "analyze", str(file)], capture_output=True, env=environment, timeout=60, check=True)
    shown = done.stdout.decode(encoding)
    assert bar * 5 in shown
    assert "?" not in shown


def test_only_what_an_encoding_lacks_is_replaced() -> None:
    streams.open_standard_streams()
    said = {
        errors: "a é – ▌▎新新→".encode("cp1252", f"map4.plain.{errors}") for errors in ("replace", "backslashreplace")
    }
    assert said == {
        "replace": "a é – # ??>".encode("cp1252"),
        "backslashreplace": "a é – # \\u65b0\\u65b0>".encode("cp1252"),
    }
