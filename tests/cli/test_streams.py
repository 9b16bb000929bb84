"""Standard streams that are closed, full or cut off: a clear code, a sentence, never a traceback."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import Run, write_clicks

from map4 import Library
from map4.cli import output
from map4.scan.workers.lanes import inline_lanes

pytestmark = [pytest.mark.contract, pytest.mark.skipif(os.name != "posix", reason="uses sh, /dev/full and signals")]

MAP4 = [sys.executable, "-m", "map4"]
SENTENCE_OF_CLOSED = "map4: can't write to stdout: it is closed\n"


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


def without_reader(*arguments: object, both: bool = False) -> tuple[int, str | None]:
    """Exit code and stderr of map4 whose reader has gone before the first byte; with `both`, that of stderr too."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*MAP4, *map(str, arguments)],
            stdout=writing,
            stderr=writing if both else subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
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


def test_closed_or_full_streams_give_one_sentence_and_a_code() -> None:
    code = "import os; os.devnull = '/dev/full'; from map4.cli.main import main; main(['--version'])"
    done = subprocess.run(["sh", "-c", f'{sys.executable} -c "{code}" > /dev/full'], capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    cases = [
        (">&-", ["--version"], (1, "", SENTENCE_OF_CLOSED)),
        (">&- <&-", ["schema"], (1, "", SENTENCE_OF_CLOSED)),
        (">&- 2>&- <&-", ["config"], (1, "", "")),
        ("2>&-", ["scna"], (2, "", "")),
        ("<&-", ["scan", "--files-from", "-"], (4, "", "map4: the list of files is empty\n")),
        (">/dev/full", ["schema", "track"], (1, "", "map4: can't write to stdout: no space left on device\n")),
        ("2>/dev/full", ["scna"], (2, "", "")),
    ]
    for redirection, arguments, expected in cases:
        assert in_shell(redirection, *arguments) == expected
    assert without_reader("--help") == (0, "")


@pytest.mark.world
def test_table_or_panel_without_a_reader_exits_with_0(file: Path) -> None:
    assert without_reader("analyze", file) == (0, "")
    assert without_reader("library", "info") == (0, "")
    assert without_reader("search", "", both=True) == (0, None)
    assert in_shell(">/dev/full", "analyze", "--csv", file)[0] == 1
    # A scan that has nothing for stdout needs none.
    assert in_shell(">&-", "scan", "-q", file) == (0, "", "")


@pytest.mark.world
def test_panel_fits_encoding_and_width_of_the_terminal(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    # Colour that was asked for goes into any terminal and pipe.
    assert "\x1b[" in in_shell("| cat", "analyze", "--color", "always", file)[1]
    for name, value in (("PYTHONIOENCODING", "ascii"), ("COLUMNS", "40"), ("PYTHONWARNINGS", "error")):
        monkeypatch.setenv(name, value)
    code, shown, errors = in_shell("", "analyze", "--hamms", file)
    assert (code, errors, shown.isascii()) == (0, "", True)
    assert {len(line) for line in shown.splitlines()} == {40}
    assert "dynamic range" in shown


def test_writing_to_a_non_blocking_stream_waits() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = bytes(1_000_000)  # more than any pipe holds
    received: list[bytes] = []

    def read() -> None:
        with open(reading, "rb") as file:
            received.append(file.read())

    reader = threading.Thread(target=read)
    with output.DataStream(writing, "w") as raw:
        left = memoryview(data)
        assert raw.write(left[:65536]) > 0
        reader.start()
        left = left[65536:]
        while left:
            left = left[raw.write(left) :]
    reader.join(10)
    assert len(received[0]) == len(data)


def test_messages_to_a_full_device_are_dropped_and_missing_letters_replaced() -> None:
    with open("/dev/full", "rb") as full, output.TalkStream(os.dup(full.fileno()), "w") as talk:
        assert talk.write(b"words") == 5
    reading, writing = os.pipe()
    os.close(reading)
    with output.TalkStream(writing, "w") as talk, pytest.raises(output.PipeClosedError):
        talk.write(b"words")
    output.open_standard_streams()
    outputs = {
        errors: "a é – ▌▎新新→".encode("cp1252", f"map4.plain.{errors}") for errors in ("replace", "backslashreplace")
    }
    assert outputs == {
        "replace": "a é – # ??>".encode("cp1252"),
        "backslashreplace": "a é – # \\u65b0\\u65b0>".encode("cp1252"),
    }


@pytest.mark.parametrize(("encoding", "bar"), [("cp1252", "="), pytest.param("utf-8", "━", marks=pytest.mark.world)])
def test_bars_have_a_substitute_in_every_encoding(file: Path, encoding: str, bar: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [*MAP4, "analyze", "--hamms", str(file)], capture_output=True, env=environment, timeout=60, check=True
    )
    shown = done.stdout.decode(encoding)
    assert bar * 5 in shown
    assert "?" not in shown


@pytest.mark.world
@pytest.mark.parametrize("columns", ["0", pytest.param("", marks=pytest.mark.world)])
def test_columns_variable_of_0_is_ignored(map4: Run, sound_library: Path, columns: str) -> None:
    unset = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("COLUMNS", raising=False)
        usual = map4("--library", sound_library, "search", "is:any", env=unset)
    found = map4("--library", sound_library, "search", "is:any", env={**unset, "COLUMNS": columns})
    assert found.stdout == usual.stdout
    assert "\n" in found.stdout.strip()
