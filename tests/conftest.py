"""Shared by all tests: nothing of the user's own folders is ever touched, and no network is used."""

import gc
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from unittest import mock

# As the command and its workers have it: threads of BLAS wait for each other on busy cores.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
# No test asks the keyring of who runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from network_guard import LOG, install

from map4.core.store.file import schema

TESTS = Path(__file__).resolve().parent
# Of commands, of servers, of every kind of store, and of extras.
pytest_plugins = (
    "browser_fixtures",
    "lanes",
    "missing_programs",
    "clocks",
    "quick_ciphers",
    "quick_hashes",
    "started",
    "command_fixtures",
    "server_fixtures",
    "store_fixtures",
    *(f"extras.{path.parent.name}.fixtures" for path in sorted(TESTS.glob("extras/*/fixtures.py"))),
)
REPOSITORY = TESTS.parent
PYTHONPATH = os.pathsep.join(map(str, (REPOSITORY, TESTS, TESTS / "support")))
SHARED = REPOSITORY.parent / "shared"
RATE_HZ = 22050
MEMORY = "/dev/shm"
SHORT = (str, bytes, int, float, tuple, type(None))
MEMORY_FOR_A_RUN_BYTES = 6_000_000_000
# Children of a run that a shell started in the background would ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that has much else to do is no fault of a test. `make test` tries the same few examples each time, so that
# it tells of the change at hand; `make test-all` looks for what nobody has met, many others each time.
for profile, tried in (("few", 10), ("many", 100)):
    settings.register_profile(
        profile,
        deadline=None,
        max_examples=tried,
        derandomize=profile == "few",
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("few")
# Else each process parses all of map4, and the examples depend on what it has imported.
providers._get_local_constants = lambda: providers._local_constants


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes a folder, beside which `mktemp` need not look for a free name among thousands."""
    homes = tmp_path_factory.mktemp("homes")
    numbers = itertools.count()

    def new_home() -> Path:
        home = homes / str(next(numbers))
        home.mkdir()
        return home

    return new_home


@pytest.fixture(autouse=True)
def own_home(new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home folder for this test alone, none of the caller's settings, and no network.

    The test fails if it, or a process that it started, called beyond this machine.
    """
    install()
    home = new_home()
    log = f"{home}.network"
    for name in [name for name in os.environ if name.startswith("MAP4_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "USERPROFILE", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    monkeypatch.setenv(LOG, log)
    monkeypatch.delenv("NO_COLOR", raising=False)
    # Else each process of a test would compile all that it imports.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    yield
    with suppress(FileNotFoundError), open(log, encoding="utf-8") as stream:  # a test may have changed what a look says
        pytest.fail(f"used the network: {stream.read()}")


@pytest.fixture(scope="session", autouse=True)
def new_libraries_are_copies() -> Iterator[None]:
    """Each process of tests makes the tables of one library; those of all others are a copy, which is much quicker."""
    steps = tuple(schema.MIGRATIONS)
    real = schema.migrate
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as empty:
        real(empty)
        lock = threading.Lock()

        def migrate(connection: sqlite3.Connection, migrations: Sequence[schema.Migration] | None = None) -> None:
            has_tables = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            if has_tables or tuple(migrations or schema.MIGRATIONS) != steps:
                real(connection, migrations)
                return
            with lock:  # the connection itself reads no tables, which takes as long as all else
                empty.execute("UPDATE library_identity SET uid = lower(hex(randomblob(8)))")  # each has its own
                empty.backup(connection)

        with mock.patch.object(schema, "migrate", migrate):
            yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared audio, which only a full checkout has beside it."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (test audio), which is not here")
    return SHARED


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def map4(tmp_path: Path) -> Run:
    """Run the real command in a real process, on a library of this test's own."""

    def run(*arguments: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MAP4_LIBRARY": str(tmp_path / "library.map4"), **settings.pop("env", {})}  # type: ignore[dict-item]
        return subprocess.run(
            [sys.executable, "-m", "map4", *map(str, arguments)],
            capture_output=True,
            text=settings.pop("text", True),
            timeout=settings.pop("timeout", 120),
            env=environment,
            **settings,  # type: ignore[call-overload]
        )

    return run


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder of four short, different WAV files, one of them in a sub-folder."""
    folder = tmp_path / "music"
    (folder / "sub").mkdir(parents=True)
    for name, bpm in (("one.wav", 120), ("two.wav", 100), ("three.wav", 90), ("sub/four.wav", 140)):
        write_clicks(folder / name, bpm)
    return folder


def write_clicks(path: Path, bpm: float = 120.0, seconds: float = 2.0, rate_hz: int = RATE_HZ, **options: str) -> Path:
    """A short file of clicks over a chord, cheap to analyse, its content set by the tempo."""
    soundfile.write(path, _clicks(bpm, seconds, rate_hz), rate_hz, **options)
    return path


@lru_cache(maxsize=64)  # most tests ask for the same four
def _clicks(bpm: float, seconds: float, rate_hz: int) -> np.ndarray:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    chord = 0.05 * sum(np.sin(2 * np.pi * f * t) for f in (220.0, 261.63, 329.63))
    since_beat = t % (60.0 / bpm)
    click = 0.5 * np.sin(2 * np.pi * 1000 * since_beat) * np.exp(-since_beat * 200)
    return (chord + click).astype(np.float32)


def pytest_configure(config: pytest.Config) -> None:
    # Files of tests lie in memory, where that has room for those of a whole run: a disk is waited for at each flush.
    has_room = os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > MEMORY_FOR_A_RUN_BYTES
    if has_room and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = MEMORY
        tempfile.tempdir = None  # asked anew
    gc.disable()  # nothing that tests are collected from is garbage


def pytest_collection(session: pytest.Session) -> None:
    if session.config.args == session.config.getini("testpaths"):  # all of them
        parts = sorted(path.name for path in TESTS.iterdir() if path.is_dir() or path.match("test_*.py"))
        # Each worker starts with a share of its own, so that no two compile the same files.
        worker = getattr(session.config, "workerinput", None)
        start = len(parts) * int(worker["workerid"][2:]) // worker["workercount"] if worker else 0
        session.config.args = [f"tests/{part}" for part in (*parts[start:], *parts[:start])]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # all workers have one order
        items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0])


def pytest_collection_finish() -> None:
    # Else each collection of garbage would look at all tests and modules again.
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[object]:
    """The same of what a file of tests imported: repairs and restores collect garbage each time."""
    done = yield
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()
    return done


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[object]:
    """Of a test that fails while it goes through a table it is said where it stood."""
    try:
        return (yield)
    except Exception as error:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code is pyfuncitem.obj.__code__:
                own = [
                    f"{name} = {value!r:.200}"
                    for name, value in frame.f_locals.items()
                    if name[0] != "@" and isinstance(value, SHORT)
                ]
                error.add_note("\n".join(["where", *own]))
        raise
