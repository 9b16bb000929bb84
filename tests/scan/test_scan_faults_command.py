"""What goes wrong around a scan: crashing, hanging and killed decoders, kill -9, signals, pipes, disks and rights."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, write_clicks

pytestmark = pytest.mark.contract

DOUBLES = {"MAP4_DECODER": "doubles:open_audio"}


def kinds(result: subprocess.CompletedProcess[str]) -> dict[str, str | None]:
    records = [json.loads(line) for line in result.stdout.splitlines()][:-1]
    return {Path(r["path"]).name: r["error"] and r["error"]["kind"] for r in records}


def start(tmp_path: Path, *arguments: object, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "map4", *map(str, arguments)],
        env={**os.environ, "MAP4_LIBRARY": str(tmp_path / "library.map4"), **DOUBLES, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def session_members(session: int) -> set[int]:
    """Processes of a session that are not just waiting to be reaped."""
    members = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                members.add(int(entry.name))
    return members


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition: object, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def slow_folder(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "slow"
    folder.mkdir()
    for index in range(count):
        write_clicks(folder / f"slow {index:02}.wav", 80 + index)
    return folder


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder of a short name: that of a socket in it may have 107 letters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_faulty_files_fail_and_the_others_are_analysed(map4: Run, music: Path) -> None:
    for index, name in enumerate(("crash", "hang", "killed", "nomemory", "raise")):
        write_clicks(music / f"{name}.wav", 60 + index)
    result = map4("scan", "--jsonl", "--timeout", "3", music, env=DOUBLES)
    assert result.returncode == 3
    assert kinds(result) == {
        "one.wav": None, "two.wav": None, "three.wav": None, "four.wav": None, "crash.wav": "crashed",
        "hang.wav": "timeout", "killed.wav": "no_memory", "nomemory.wav": "no_memory", "raise.wav": "crashed",
    }  # fmt: skip
    assert "Traceback" not in result.stderr
    again = map4("scan", "--json", music, env=DOUBLES)
    assert (again.returncode, json.loads(again.stdout)["known_failed"]) == (0, 5)


@pytest.mark.world
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killed_scan_ends_workers_and_continues_next_time(tmp_path: Path, temporary: Path, map4: Run) -> None:
    folder = slow_folder(tmp_path, 10)
    log = tmp_path / "decoded.log"
    library = tmp_path / "library.map4"
    process = start(tmp_path, "scan", "-j", "2", folder, DOUBLES_LOG=str(log), TMPDIR=str(temporary))

    def stored() -> int:
        if not library.exists():
            return 0
        with sqlite3.connect(f"file:{library}?mode=ro", uri=True) as connection:
            try:
                return int(connection.execute("SELECT count(*) FROM analyses").fetchone()[0])
            except sqlite3.OperationalError:
                return 0

    assert wait_until(lambda: stored() >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert wait_until(lambda: not session_members(process.pid), 10)
    assert list(temporary.iterdir()) == []
    kept = stored()
    second = map4("scan", "--json", folder, env={**DOUBLES, "DOUBLES_LOG": str(log), "DOUBLES_SLOW_S": "0"})
    found = json.loads(second.stdout)
    assert (found["unchanged"], found["analysed"]) == (kept, 10 - kept)
    # What was stored was decoded once; only what was under way at the kill may have been begun twice.
    decoded = Counter(log.read_text().splitlines())
    assert set(decoded.values()) <= {1, 2}
    assert sum(decoded.values()) - 10 <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.world)]
)
def test_signal_stops_and_keeps_finished_files(tmp_path: Path, map4: Run, number: signal.Signals, code: int) -> None:
    folder = slow_folder(tmp_path, 8)
    process = start(tmp_path, "scan", "-j", "1", "--jsonl", folder)
    finished = [process.stdout.readline() for _ in range(2)]
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal sends Ctrl-C: to the workers too
    else:
        os.kill(process.pid, number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == code
    assert b"Traceback" not in stderr
    assert b"analysed and kept" in stderr
    assert wait_until(lambda: not session_members(process.pid), 10)
    found = json.loads(map4("scan", "--json").stdout)  # the folder is known by now
    assert found["unchanged"] >= len(finished)
    assert found["unchanged"] + found["analysed"] == 8


@pytest.mark.world
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_stuck_in_native_code_ends_with_its_parent(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    write_clicks(folder / "hang.wav")
    process = start(tmp_path, "scan", "-j", "1", folder)
    # The worker burns time in native code once it hangs; what it did before that took less.
    assert wait_until(lambda: max(map(cpu_seconds, session_members(process.pid)), default=0.0) > 2.0)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert wait_until(lambda: not session_members(process.pid), 5)


@pytest.mark.parametrize("delay_s", [0.15, 0.5])
def test_a_signal_while_the_workers_start(tmp_path: Path, music: Path, delay_s: float) -> None:
    write_clicks(music / "slow.wav", 66)
    process = start(tmp_path, "scan", "--force", music)
    time.sleep(delay_s)
    process.terminate()
    _, stderr = process.communicate(timeout=20)
    # Before Python has come as far as our handler, the signal's own way of ending counts.
    assert process.returncode in (143, -signal.SIGTERM, 0)
    assert b"rror" not in stderr


@pytest.mark.world
def test_second_scan_of_a_library_is_refused_or_waits(tmp_path: Path, inside: Run) -> None:
    folder = slow_folder(tmp_path, 3)
    first = start(tmp_path, "scan", "-j", "1", "--jsonl", folder)
    first.stdout.readline()
    busy = inside("scan", folder, env=DOUBLES)
    assert (busy.returncode, "another scan" in busy.stderr) == (75, True)
    waited = inside("scan", "--wait", "--json", folder, env={**DOUBLES, "DOUBLES_SLOW_S": "0"})
    first.communicate(timeout=30)
    assert first.returncode == 0
    assert (waited.returncode, json.loads(waited.stdout)["unchanged"]) == (0, 3)


@pytest.mark.world
def test_reading_import_and_export_work_while_a_scan_runs(tmp_path: Path, inside: Run, music: Path) -> None:
    folder, gate = tmp_path / "folder", tmp_path / "gate"
    folder.mkdir()
    files = [write_clicks(folder / name, 80 + index) for index, name in enumerate(("first.wav", "held.wav"))]
    first = start(tmp_path, "scan", "-j", "1", "--jsonl", folder, DOUBLES_GATE=str(gate))
    first.stdout.readline()
    assert inside("library", "info").returncode == 0
    assert inside("analyze", "--json", music / "one.wav").returncode == 0
    assert inside("library", "backup", tmp_path / "during.bak").returncode == 0
    (tmp_path / "list.m3u8").write_text("\n".join(map(str, files)))
    assert inside("import", tmp_path / "list.m3u8").returncode == 0
    assert inside("export", "-o", tmp_path / "during.csv").returncode == 0
    assert first.poll() is None
    gate.touch()
    first.communicate(timeout=30)
    assert first.returncode == 0
    found = json.loads(inside("export", "--playlist", "list", "--to", "json", "-o", "-").stdout)
    assert [track["state"] for track in found["tracks"]] == ["ok", "ok"]


@pytest.mark.world
def test_a_closed_pipe_ends_quietly(tmp_path: Path, map4: Run, music: Path) -> None:
    process = start(tmp_path, "scan", "--jsonl", music)
    process.stdout.close()
    stderr = process.stderr.read()
    assert (process.wait(timeout=30), b"Traceback" in stderr, b"Error" in stderr) == (141, False, False)
    reader = start(tmp_path, "schema", "track")
    reader.stdout.close()
    assert reader.stderr.read() == b""
    assert reader.wait(timeout=30) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.1 MB, of which an empty library takes half."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1100k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_full_disk_stops_and_keeps_finished_files(tmp_path: Path, inside: Run, music: Path, small_disk: Path) -> None:
    library = {"MAP4_LIBRARY": str(small_disk / "library.map4")}
    assert inside("scan", music, env=library).returncode == 0
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="space"):
        filler.write_bytes(bytes(1_100_000))
    full = inside("scan", slow_folder(tmp_path, 6), env=library)
    assert (full.returncode, "no space left" in full.stderr) == (1, True)
    filler.unlink()
    assert json.loads(inside("library", "verify", "--json", env=library).stdout)["sound"]
    assert json.loads(inside("library", "info", "--json", env=library).stdout)["files"]["ok"] >= 4


def test_read_only_library_is_readable_and_refuses_scans(inside: Run, music: Path, small_disk: Path) -> None:
    library = {"MAP4_LIBRARY": str(small_disk / "library.map4")}
    inside("scan", music, env=library)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    info = inside("library", "info", "--json", env=library)
    scan = inside("scan", music, env=library)
    assert (info.returncode, json.loads(info.stdout)["files"]["ok"]) == (0, 4)
    assert (scan.returncode, "read-only" in scan.stderr) == (1, True)
    kept = inside("analyze", music / "one.wav", env=library)
    assert (kept.returncode, "make it writable or store nothing of it: --no-store" in kept.stderr) == (1, True)
    assert inside("analyze", "--no-store", music / "one.wav", env=library).returncode == 0


def test_a_damaged_library_is_never_replaced_by_itself(tmp_path: Path, inside: Run, music: Path) -> None:
    inside("scan", music)
    whole = (tmp_path / "library.map4").read_bytes()
    (tmp_path / "library.map4").write_bytes(whole[:8192])
    for command in (("scan", music), ("analyze", music / "one.wav"), ("library", "info")):
        result = inside(*command)
        assert result.returncode == 1
        for way_out in ("library verify", "library repair", "library restore"):
            assert way_out in result.stderr
    assert (tmp_path / "library.map4").read_bytes() == whole[:8192]


@pytest.mark.world
def test_empty_library_file_is_refused_and_restored_from_a_backup(tmp_path: Path, inside: Run, music: Path) -> None:
    inside("scan", music)
    library, backup = tmp_path / "library.map4", tmp_path / "backup.map4"
    inside("library", "backup", backup)
    before = inside("search", "is:any", "--paths").stdout
    library.write_bytes(b"")
    for command in (
        ("scan", music),
        ("search",),
        ("library", "info"),
        ("library", "verify"),
        ("library", "repair", "--yes"),
    ):
        result = inside(*command)
        assert (result.returncode, result.stdout, library.read_bytes()) == (1, "", b"")
        assert f"{library} is an empty file, not a library" in result.stderr
        assert "library restore" in result.stderr
        assert "damaged" not in result.stderr
    restored = inside("library", "restore", backup, "--yes")
    assert (restored.returncode, "kept" in restored.stderr) == (0, False)
    assert inside("search", "is:any", "--paths").stdout == before != ""


def test_foreign_file_is_refused_as_a_library_and_left_unchanged(tmp_path: Path, inside: Run, music: Path) -> None:
    (tmp_path / "library.map4").write_text("# Not a library\n" * 1000)
    for command in (("scan", music), ("library", "info"), ("library", "verify"), ("doctor",)):
        result = inside(*command)
        assert (result.returncode, result.stdout) == (1, "")
        assert f"{tmp_path / 'library.map4'} is not a map4 library" in result.stderr
    assert inside("library", "repair", "--yes").returncode == 1
    assert (tmp_path / "library.map4").read_text() == "# Not a library\n" * 1000
