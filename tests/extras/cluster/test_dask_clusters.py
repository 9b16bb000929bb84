"""What may happen to a Dask cluster: its processes are killed, it speaks TLS, it is gone for a while."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate_in
from conftest import write_clicks
from extras.cluster.dask_clusters import Cluster, cluster_in, worker_of

from map4 import Library
from map4.errors import WorkerStartError
from map4.scan.options import FileDone, FileStarted

pytestmark = [
    pytest.mark.world,
    # Looked for, not imported, by all who collect this.
    pytest.mark.skipif(find_spec("distributed") is None, reason="needs the extra 'cluster'"),
]
COUNT = 12
_MAP4 = (sys.executable, "-m", "map4")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for number in range(COUNT):
        write_clicks(folder / f"{number}.wav", 90 + 5 * number)
    return folder


def scan(cluster: Cluster, library: Path, music: Path, *more: str, **how: object) -> subprocess.CompletedProcess[str]:
    command = [*_MAP4, "--library", str(library), "-v", "scan", "--executor", "dask", "--scheduler", cluster.address]
    return subprocess.run([*command, *more, str(music)], capture_output=True, text=True, timeout=120, **how)  # type: ignore[call-overload, no-any-return]


def known(library: Path) -> dict[str, str]:
    with Library.open(library) as opened:
        return {Path(track.path).name: track.state for track in opened.search("is:any")}


# ---- killed in the middle --------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["a worker", "the scheduler"])
def test_finished_files_are_kept_after_a_kill_and_the_rest_resumed(who: str, music: Path, tmp_path: Path) -> None:
    library, done = tmp_path / "library.map4", list[str]()
    with cluster_in(tmp_path) as cluster, Library.open(library) as opened:
        killed = {"a worker": cluster.workers[0], "the scheduler": cluster.scheduler}[who]
        with ExitStack() as expected:
            if who == "the scheduler":
                expected.enter_context(pytest.raises(WorkerStartError, match="the scheduler is gone"))
            for event in opened.scan_events([music], executor="dask", scheduler=cluster.address):
                if isinstance(event, FileDone):
                    done.append(Path(event.path).name)
                    if len(done) == 3:
                        killed.send_signal(signal.SIGKILL)
    assert len(done) == len(set(done)) >= 3
    assert sorted(known(library)) == sorted(done)
    with cluster_in(tmp_path) as another:
        summary = scan(another, library, music)
    assert summary.stderr.count("\nanalysed") + summary.stderr.startswith("analysed") == COUNT - len(done)
    assert known(library) == {f"{number}.wav": "ok" for number in range(COUNT)}


def test_a_parent_that_is_killed_loses_and_doubles_nothing(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.map4"
    with cluster_in(tmp_path) as cluster:
        command = [*_MAP4, "--library", str(library), "-v", "scan", "--executor", "dask"]
        command += ["--executor", "dask", "--scheduler", cluster.address, str(music)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as parent:
            for _ in range(3):
                assert parent.stderr.readline().startswith("analysed")
            parent.send_signal(signal.SIGKILL)
        before = known(library)
        assert 3 <= len(before) < COUNT
        again = scan(cluster, library, music)
    assert f"{COUNT - len(before)} analysed, {len(before)} unchanged" in again.stderr
    assert known(library) == {f"{number}.wav": "ok" for number in range(COUNT)}


def test_a_file_that_kills_workers_is_recorded_and_skipped(music: Path, tmp_path: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.map4"
    shutil.copytree(music, folder)
    write_clicks(folder / "end_worker.wav", 131)
    gives_up_soon = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with cluster_in(tmp_path, workers=4, environment=gives_up_soon) as cluster:
        done = scan(cluster, library, folder, env={**os.environ, "MAP4_DECODER": "doubles:open_audio"})
        assert done.returncode == 3, done.stderr
        assert sum(worker.poll() is not None for worker in cluster.workers) == 2
    assert "every worker that processed it was lost" in done.stderr
    expected = {f"{number}.wav": "ok" for number in range(COUNT)}
    assert known(library) == expected | {"end_worker.wav": "failed"}


# ---- who may connect, and who does what -----------------------------------------------------------


def test_tls_follows_the_settings_of_dask(music: Path, tmp_path: Path) -> None:
    def speaking_tls(name: str) -> dict[str, str]:
        cert, key = certificate_in(tmp_path, name)
        files = {"TLS__CA_FILE": tmp_path / "all.pem", "REQUIRE_ENCRYPTION": True}
        for role in ("SCHEDULER", "WORKER", "CLIENT"):
            files |= {f"TLS__{role}__CERT": cert, f"TLS__{role}__KEY": key}
        return {f"DASK_DISTRIBUTED__COMM__{setting}": str(value) for setting, value in files.items()}

    ours, foreign = speaking_tls("ours"), speaking_tls("foreign")
    shutil.copy(tmp_path / "ours.pem", tmp_path / "all.pem")
    with cluster_in(tmp_path, environment=ours, protocol="tls") as cluster:
        assert cluster.address.startswith("tls://")
        done = scan(cluster, tmp_path / "library.map4", music, env=os.environ | ours)
        assert f"{COUNT} analysed" in done.stderr
        for others in ({}, foreign):
            refused = scan(cluster, tmp_path / "no.map4", music, env=os.environ | others)
            assert refused.returncode == 1, refused.stderr
            assert "Traceback" not in refused.stderr
            assert f"no scheduler answers at {cluster.address}" in refused.stderr


@pytest.mark.parametrize("address", ["boss", "tcp://127.0.0.1", "foo://127.0.0.1:8786"])
def test_invalid_scheduler_address_is_reported_at_once(address: str, music: Path, tmp_path: Path) -> None:
    refused = scan(Cluster(address, None, []), tmp_path / "library.map4", music)  # type: ignore[arg-type]
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert f"no scheduler answers at {address}" in refused.stderr


def test_worker_of_each_file_is_reported(music: Path, tmp_path: Path) -> None:
    with cluster_in(tmp_path) as cluster:
        with Library.open(tmp_path / "events.map4") as library:
            events = list(library.scan_events([music], executor="dask", scheduler=cluster.address))
        done = scan(cluster, tmp_path / "library.map4", music)
    assert {event.worker for event in events if isinstance(event, FileDone | FileStarted)} == {"one", "two"}
    lines = [line for line in done.stderr.splitlines() if line.startswith("analysed")]
    assert len(lines) == COUNT
    assert {line.rpartition(" (by ")[2] for line in lines} == {"one)", "two)"}


# ---- watched ---------------------------------------------------------------------------------------


@contextmanager
def watching(cluster: Cluster, library: Path, music: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*_MAP4, "--library", str(library), "scan", "--watch", "--jsonl", "--settle", "0.2"]
    command += ["--executor", "dask", "--scheduler", cluster.address, str(music)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_message(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says next."""
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def batch(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the next batch says of files, up to its end."""
    files: dict[str, str] = {}
    while (message := next_message(process))["schema"] != "map4/scan-summary/1":
        if message["schema"] == "map4/track/1":
            files[Path(message["path"]).name] = message["change"]
    return files


def test_a_watched_folder_is_kept_up_to_date_by_a_cluster(music: Path, tmp_path: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.map4"
    shutil.copytree(music, folder)
    with cluster_in(tmp_path) as cluster, watching(cluster, library, folder) as process:
        assert batch(process) == {f"{number}.wav": "analysed" for number in range(COUNT)}
        write_clicks(folder / "added.wav", 171)
        assert batch(process) == {"added.wav": "analysed"}
        write_clicks(folder / "0.wav", 173)
        assert batch(process) == {"0.wav": "analysed"}
        (folder / "1.wav").unlink()
        assert batch(process) == {"1.wav": "missing"}
        many = [write_clicks(tmp_path / f"{60 + number}.wav", 60 + number, 20.0) for number in range(20)]
        for path in many:
            path.rename(folder / path.name)
        done = [next_message(process)["path"]]
        cluster.workers[0].send_signal(signal.SIGKILL)  # with files that it works on
        tracks = (message for _ in count() if (message := next_message(process))["schema"] == "map4/track/1")
        for track in islice(tracks, len(many) - 1):
            assert track["change"] == "analysed"
            done.append(track["path"])
        assert sorted(done) == sorted(str(folder / path.name) for path in many)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in err) == (143, False), err
    assert known(library) == {path.name: "ok" for path in folder.iterdir()} | {"1.wav": "missing"}


def test_watch_waits_for_a_lost_cluster(music: Path, tmp_path: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.map4"
    shutil.copytree(music, folder)
    with cluster_in(tmp_path) as cluster, watching(cluster, library, folder) as process:
        assert len(batch(process)) == COUNT
        for worker in cluster.workers:
            worker.kill()
        write_clicks(folder / "added.wav", 171)
        waits = next_message(process)
        assert (waits["event"], "has no workers" in waits["message"]) == ("waiting", True)
        with worker_of(cluster, tmp_path):
            assert batch(process) == {"added.wav": "analysed"}
