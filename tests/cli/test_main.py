"""The command as a whole: help, mistakes, signals, and how errors are told."""

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from unittest.mock import Mock

import pytest
from conftest import REPOSITORY, Run
from doubtful_library import make_doubtful_library
from lanes import sampled

from map4 import Library
from map4.cli.main import IMPATIENT, SignalHandler, Terminated, cli
from map4.cli.output import printable_lines
from map4.duplicates import SqlCopies

TOO_MANY_FILES = "map4: too many open files; close other programs, or raise the limit that 'ulimit -n' shows"


def test_wrong_usage_gets_a_suggestion(inside: Run) -> None:
    for arguments, suggestion in (
        (["scna"], "'map4 scan'"),
        (["scan", "--jsnol"], "--jsonl"),
        (["schema", "trak"], "did you mean track?"),
        (["search", "--list", "a\nb"], "map4: a\ufffdb can't be read"),
        (["playlist", "check"], "Missing argument 'LIST'. For example: map4 playlist check friday.m3u8\n"),
        (["completion"], "Missing argument 'SHELL'. Choose from bash, zsh, fish, powershell\n"),
    ):
        result = inside(*arguments)
        assert (result.returncode, suggestion in result.stderr) == (2, True)


def test_versions_groups_and_invalid_decoders_are_shown_plainly(inside: Run, music: Path) -> None:
    import map4 as package

    assert inside("--version").stdout == f"map4 {package.__version__}\n"
    assert f'version = "{package.__version__}"' in (REPOSITORY / "pyproject.toml").read_text()
    alone = inside("library")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == inside("library", "--help").stdout
    assert "\ufffd" not in alone.stdout
    # A decoder that can be loaded but is no decoder is a failure of each file, not of the run.
    result = inside("scan", music, env={"MAP4_DECODER": "json:dumps"})
    assert (result.returncode, "Traceback" in result.stderr) == (3, False)


@pytest.mark.contract
def test_help_loads_no_heavy_library() -> None:
    heavy = {"numpy", "scipy", "rich", "av", "librosa", "mutagen", "pathlib", "dataclasses"}
    of_servers = {"starlette", "uvicorn", "msgspec", "prometheus_client", "map4.server.app"}
    code = (
        "import sys; from map4.cli.main import main\n"
        f"for words, absent in (['--help'], {heavy}), (['serve', '--help'], {of_servers}):\n"
        "    sys.argv = ['map4', *words]\n"
        "    try: main()\n    except SystemExit: pass\n"
        "    print(sorted(absent & set(sys.modules)))"
    )
    result = subprocess.run([os.sys.executable, "-c", code], capture_output=True, text=True, check=True)  # type: ignore[attr-defined]
    assert result.stdout.splitlines().count("[]") == 2


WITHOUT_NUMPY = [
    "search limit:1", "search --paths is:any", "search sort:artist --csv", "playlist list", "playlist delete nothing",
    "import waiting", "import history", "library info", "library verify", "library prune --yes", "scan",
    "set --query energy:1.. energy=5 --dry-run", "doctor", "doctor --json", "tags sound.mp3",
    "export -o all.csv", "export -o all.jsonl", "export -o all.xml", "config", "schema", "library forget /nowhere",
]  # fmt: skip
"""Of those that may not. What computes may: analyze, classify, compare, mix, playlist, similar, stats, tap."""


@pytest.mark.contract
def test_commands_that_compute_nothing_load_no_numpy(tmp_path: Path) -> None:
    """All of them in one process, which is enough: what one loads stays for the next."""
    with Library.open(make_doubtful_library(tmp_path / "l.map4")) as library:
        library._store.part(SqlCopies).alike.bring_up_to_date()  # as a scan does
    code = (
        "import sys\nfrom map4.cli.main import main\n"
        f"for words in {WITHOUT_NUMPY!r}:\n"
        "    sys.argv = ['map4', '--library', 'l.map4', *words.split()]\n"
        "    try: main()\n    except SystemExit: pass\n"
        "    if 'numpy' in sys.modules: sys.exit(words)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (result.returncode, "internal error" in result.stderr) == (0, False), result.stderr


_ALL = {"numpy", "logging", "concurrent.futures", "importlib.resources", "secrets", "map4.core.music.query.parser"}
_ALL |= {
    "map4.core.music.analysis.inside", "map4.core.music.track.imported", "map4.stats.records",
    "map4.core.music.mixing.mix_plan",
}  # fmt: skip
WITHOUT = {
    "playlist list": _ALL | {"map4.core.music.track.track", "map4.core.store.search", "map4.core.store.tracks"},
    "import waiting": _ALL | {"map4.core.music.track.track", "map4.core.store.tracks", "map4.formats.format"},
    "library info": _ALL - {"map4.core.music.analysis.inside"}
    | {"map4.core.music.track.track", "map4.core.store.search"},
    "playlist --query is:any -n 2": {
        "multiprocessing", "map4.scan.scan", "map4.formats.format", "map4.transitions.planning.plan",
    },
    "search mood:dark": {"anthropic", "map4.scan.scan"},
    "set a.mp3 energy=5": {"numpy", "importlib.resources", "map4.formats.format", "map4.duplicates.store.copies"},
}  # fmt: skip
"""What small commands need not wait for. With each module come dozens of records, a millisecond for each two."""


def test_modules_listed_as_not_loaded_exist_and_messages_keep_lines() -> None:
    named = set[str]().union(*WITHOUT.values())
    assert [name for name in sorted(named) if importlib.util.find_spec(name) is None] == []
    assert printable_lines("a\x1b\n\tb") == "a\ufffd\n    b"


@pytest.mark.contract
@pytest.mark.parametrize("words", sampled(WITHOUT, every=3))
def test_small_commands_load_few_modules(tmp_path: Path, words: str) -> None:
    make_doubtful_library(tmp_path / "l.map4")
    code = (
        "import sys\nfrom map4.cli.main import main\n"
        f"sys.argv = ['map4', '--library', 'l.map4', *{words.split()!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sys.modules, sep='\\n')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    loaded = set(result.stdout.splitlines())
    assert (loaded & WITHOUT[words], "map4.library" in loaded) == (set(), True), result.stderr


# ---- signals -------------------------------------------------------------------------------------


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Iterator[SignalHandler]:
    """The handler, not installed; the changes of its installation are undone."""

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield SignalHandler(end=end)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_first_signal_stops_and_later_signals_wait_for_the_clean_up(stop: SignalHandler) -> None:
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


def test_ctrl_c_interrupts_only_once(stop: SignalHandler) -> None:
    with pytest.raises(KeyboardInterrupt):
        stop(signal.SIGINT, None)
    stop(signal.SIGINT, None)


def _in_finalizer(number: int) -> None:
    class Late:
        def __del__(self) -> None:
            signal.raise_signal(number)

    Late()


def _in_compiled_code(number: int) -> None:
    ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))()


@pytest.mark.contract
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("number", "raised"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
@pytest.mark.parametrize("lose", [_in_finalizer, _in_compiled_code])
def test_signal_is_not_lost_if_python_drops_its_exception(
    stop: SignalHandler, number: signal.Signals, raised: type[BaseException], lose: Callable[[int], object]
) -> None:
    stop.install()
    lose(number)
    since = time.monotonic()
    with pytest.raises(raised):
        time.sleep(60)
    assert time.monotonic() - since < 30  # it wakes what sleeps


def test_signals_ignored_by_the_caller_are_not_handled(stop: SignalHandler) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    stop.install()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is stop
    assert signal.getsignal(signal.SIGINT) is stop


@pytest.mark.contract
def test_ctrl_c_while_modules_are_imported_prints_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import time; print('imported', flush=True); time.sleep(60)")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "map4"], env=env, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout.readline() == b"imported\n"
        process.send_signal(signal.SIGINT)
        assert (process.communicate(timeout=30)[1], process.returncode) == (b"", -signal.SIGINT)


# ---- how errors are told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(28, "No space left on device", "/tmp/x"), 1, "map4: /tmp/x: No space left on device; --debug"),
        (OSError(24, "Too many open files", "map4/x.py"), 1, "map4: too many open files; close other programs"),
        (OSError("odd"), 1, "map4: internal error: OSError: odd."),
        (ValueError("a\nb"), 1, "map4: internal error: ValueError: a\ufffdb. This is a bug"),
        (
            RuntimeError("can't start new thread"),
            1,
            "map4: out of memory; close other programs, or raise the limit if 'ulimit -v'",
        ),
        (Terminated(signal.SIGTERM), 143, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_gives_an_exit_code_and_one_line(
    error: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch, inside: Run
) -> None:
    monkeypatch.setattr(cli, "main", Mock(side_effect=error))
    done = inside("config")
    assert done.returncode == code
    assert done.stderr.startswith(message)


def test_error_without_file_descriptors_is_one_line(monkeypatch: pytest.MonkeyPatch, inside: Run) -> None:
    class NoDescriptors:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            raise OSError(24, "Too many open files", name)

    def fail(**settings: object) -> None:
        monkeypatch.delitem(sys.modules, "map4.cli.output")
        monkeypatch.setattr(sys, "meta_path", [NoDescriptors])
        raise ValueError

    monkeypatch.setattr(cli, "main", fail)
    done = inside("config")
    monkeypatch.undo()
    assert (done.returncode, done.stderr.splitlines()) == (1, [TOO_MANY_FILES])


def test_failed_clean_up_after_a_signal_does_not_hide_the_signal(monkeypatch: pytest.MonkeyPatch, inside: Run) -> None:
    def fail(**settings: object) -> None:
        try:
            raise Terminated(signal.SIGHUP)
        finally:
            raise AttributeError("of a worker that had not quite started")

    monkeypatch.setattr(cli, "main", fail)
    done = inside("scan")
    assert (done.returncode, done.stderr) == (129, "")


def test_debug_option_prints_the_traceback(monkeypatch: pytest.MonkeyPatch, inside: Run) -> None:
    monkeypatch.setattr(cli, "main", Mock(side_effect=EOFError("a worker has gone")))
    done = inside("--debug")
    assert (done.returncode, "Traceback" in done.stderr) == (1, True)


def test_broken_pipe_to_a_worker_is_an_error(monkeypatch: pytest.MonkeyPatch, inside: Run) -> None:
    from map4.settings import config

    monkeypatch.setattr(config, "Config", Mock(side_effect=BrokenPipeError(32, "Broken pipe")))
    done = inside("config")
    assert (done.returncode, "Broken pipe" in done.stderr) == (1, True)
