"""Each extra of the package, installed alone into an empty environment, starts the command that it is for."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, write_clicks

pytestmark = pytest.mark.world

UV = Path(sys.executable).parent / "uv"
EXTRAS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys()
HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
STARTS = {
    "cluster": ("--library new.map4 scan --executor dask --scheduler tcp://127.0.0.1:1 music", "no scheduler answers"),
    "keyring": ("lookup --provider discogs --yes", "keyring: 'keyring set map4 DISCOGS_TOKEN'"),
    "mcp": ("mcp", '"serverInfo"'),
    "postgres": ("--library postgresql://127.0.0.1:1/x stats", "can't be reached"),
    "redis": ("serve --port 0", "serving on http"),
    "rekordbox": ("import x.db --from rekordbox-db", "can't be unlocked"),
    "research": ("export -o t.parquet", "2 tracks"),
    "sentry": ("serve --port 0", "serving on http"),
    "serve": ("serve --port 0", "serving on http"),
    "sound": ("play music/a.wav", "no audio device|PortAudio|no sound"),
    "stretch": ("mix music/a.wav music/b.wav --render r.wav", "the mix begins at"),
    "voice": ("scan --voice", "voices: 2 listened to"),
    "watch": ("scan --watch music", "nothing new"),
}
"""The command of each extra, and its output once the packages are loaded."""
SETTINGS = {"redis": {"MAP4_REDIS": "redis://127.0.0.1:1"}, "sentry": {"MAP4_SENTRY": "http://key@127.0.0.1:1/1"}}
MISSING = re.compile("pip install|more packages|not installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, REPOSITORY)
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    [built] = folder.iterdir()
    return built


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Path]:
    """An empty environment, which is removed at once: it is large."""
    if not UV.exists():
        pytest.skip("needs uv")
    uv("venv", tmp_path / "empty", "--python", sys.executable)
    if uv("pip", "install", "--dry-run", "--refresh", "click", "--python", tmp_path / "empty", check=False).returncode:
        pytest.skip("needs a package registry")
    yield tmp_path / "empty"
    shutil.rmtree(tmp_path / "empty")


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_single_extra_starts_its_command(extra: str, wheel: Path, environment: Path, tmp_path: Path) -> None:
    uv("pip", "install", f"{wheel}[{extra}]", "--python", environment)
    (tmp_path / "music").mkdir()
    for name, bpm in (("a", 120), ("b", 124)):
        write_clicks(tmp_path / f"music/{name}.wav", bpm=bpm, seconds=20.0)
    (tmp_path / "x.db").write_bytes(bytes(range(256)) * 64)
    words, expected = STARTS[extra]
    # No player of the system is on this path.
    env = {"HOME": str(tmp_path), "PATH": str(tmp_path), "MAP4_LIBRARY": str(tmp_path / "l.map4"), "LANG": "C.UTF-8"}
    map4, pipe, output = environment / "bin/map4", subprocess.PIPE, ""
    subprocess.run([map4, "scan", "music"], cwd=tmp_path, env=env, check=True, capture_output=True)
    (tmp_path / "hello").write_text(json.dumps(HELLO) + "\n")
    with (
        open(tmp_path / "hello") as hello,
        subprocess.Popen(
            [map4, *words.split()], cwd=tmp_path, env=env | SETTINGS.get(extra, {}), text=True,
            stdin=hello, stdout=pipe, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        for line in process.stdout or ():
            output += line
            if re.search(expected, output):
                break
        process.terminate()
    assert re.search(expected, output), output
    assert not MISSING.search(output), output


def test_light_install_scans_and_names_the_packages_of_a_second_opinion(
    wheel: Path, environment: Path, tmp_path: Path
) -> None:
    uv("pip", "install", "--overrides", REPOSITORY / "light.txt", wheel, "--python", environment)
    installed = {path.name.partition("-")[0] for path in environment.glob("lib/*/site-packages/*.dist-info")}
    assert {"librosa", "scipy"} <= installed
    assert not {"numba", "llvmlite", "scikit_learn", "joblib"} & installed
    write_clicks(tmp_path / "a.wav", seconds=20.0)
    env = {"HOME": str(tmp_path), "PATH": "", "MAP4_LIBRARY": str(tmp_path / "l.map4")}
    for words, code in ((["scan", "a.wav"], 0), (["doctor", "--second-opinion"], 2)):
        command = [environment / "bin/map4", *words]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
    assert done.stderr == (
        "map4: librosa needs more packages (no numba, sklearn, joblib): pip install '.' in map4's checkout\n"
    )


def uv(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [UV, *words, "--quiet", "--link-mode", "symlink"]
    return subprocess.run(command, check=check, capture_output=True, text=True)
