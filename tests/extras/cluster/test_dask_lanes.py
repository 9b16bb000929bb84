"""Scans by a real Dask cluster: a scheduler and two workers, each a process, over TCP."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import write_clicks
from extras.cluster.dask_clusters import Cluster, cluster_in
from waiting import wait_until

from map4 import Library
from map4.core.audio.jobs import IdentifyJob, Stamp
from map4.errors import UsageError, WorkerStartError
from map4.extras.cluster import remote
from map4.extras.cluster.remote import Versions, run_here
from map4.jobs.requests import JobRequest
from map4.jobs.runner import RunnerOptions
from map4.scan.options import MachineOptions

pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="needs the extra 'cluster'")
COUNT = 6


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for number in range(COUNT):
        write_clicks(folder / f"{number}.wav", 90 + 5 * number)
    (folder / "broken.mp3").write_bytes(b"no audio" * 500)
    return folder


def measured(library: Library) -> dict[str, object]:
    return {Path(track.path).name: (track.audio_id, track.analysis) for track in library.search("")}


@pytest.mark.world
@pytest.mark.parametrize("seen", ["as here", "elsewhere", "not at all"])
def test_cluster_and_local_analysis_agree(seen: str, cluster: Cluster, music: Path, tmp_path: Path) -> None:
    maps: dict[str, list[str]] = {"as here": [], "elsewhere": [f"{music}={tmp_path}/copy"],
                                  "not at all": [f"{music}=/nowhere"]}  # fmt: skip
    shutil.copytree(music, tmp_path / "copy")
    with Library.open(tmp_path / "own.map4") as own:
        own.scan([music])
        expected = measured(own)
    with Library.open(tmp_path / "library.map4") as library:
        summary = library.scan([music], executor="dask", scheduler=cluster.address, maps=maps[seen])
        assert (summary.analysed, summary.failed) == (COUNT, 1)
        assert measured(library) == expected
        again = library.scan([music])  # files are known as they are here
        assert (again.unchanged, again.known_failed) == (COUNT, 1)


@pytest.mark.world
def test_file_that_kills_its_worker_fails_and_others_continue(cluster: Cluster, music: Path, tmp_path: Path) -> None:
    for path in music.glob("*.wav"):
        shutil.copy(path, tmp_path / path.name)
    write_clicks(tmp_path / "crash.wav", 131)
    with Library.open(tmp_path / "library.map4", decoder="doubles:open_audio") as library:
        summary = library.scan([tmp_path], executor="dask", scheduler=cluster.address)
        assert (summary.analysed, summary.failed) == (COUNT, 1)
        [failed] = library.search("is:failed")
        assert (Path(failed.path).name, failed.failure and failed.failure.kind) == ("crash.wav", "crashed")


@pytest.mark.world
def test_single_files_are_analysed_on_the_cluster(cluster: Cluster, music: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        [track] = library.analyze([music / "0.wav"], executor="dask", scheduler=cluster.address)
        assert track.state == "ok"


@pytest.mark.world
def test_server_jobs_run_on_the_cluster(cluster: Cluster, music: Path, tmp_path: Path) -> None:
    usual = asdict(MachineOptions(executor="dask", scheduler=cluster.address, maps=[f"{music}=/nowhere"]))
    with Library.open(tmp_path / "library.map4") as library:
        runner = library.jobs.runner(RunnerOptions(usual=usual))
        runner.start()
        try:
            job = library.jobs.submit(JobRequest(kind="scan", files=[music]))
            wait_until(lambda: library.jobs.get(job.id).is_final, 120.0)
            found = library.jobs.get(job.id)
        finally:
            runner.stop()
        assert (found.status, found.error) == ("completed", None)
        assert len(measured(library)) == COUNT


@pytest.mark.world
def test_other_version_refused(cluster: Cluster, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.cluster.dask_lanes.Versions", lambda: Versions(map4="0.0.1"))
    with Library.open(tmp_path / "library.map4") as library, pytest.raises(WorkerStartError, match=r"map4 0\.0\.1"):
        library.scan([music], executor="dask", scheduler=cluster.address)


@pytest.mark.contract
def test_missing_scheduler_is_reported(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.cluster.dask_lanes.CONNECT_S", 0.2)
    with Library.open(tmp_path / "library.map4") as library:
        with pytest.raises(WorkerStartError, match="is it running"):
            library.scan([music], executor="dask", scheduler="tcp://127.0.0.1:9")
        with pytest.raises(UsageError, match="needs the scheduler's address"):
            library.scan([music], executor="dask")
        with pytest.raises(UsageError, match="there is no executor 'dusk'"):
            library.scan([music], executor="dusk")
        with pytest.raises(UsageError, match="need --executor"):
            library.scan([music], scheduler="tcp://127.0.0.1:9")


def test_different_file_of_the_same_name_is_refused(music: Path) -> None:
    path = music / "0.wav"
    status = path.stat()
    job = IdentifyJob(path=str(path), stamp=Stamp(status.st_size + 1, status.st_mtime_ns, status.st_ctime_ns))
    assert run_here(job, 60.0, Versions()) is None
    with pytest.raises(WorkerStartError, match="install the same"):
        run_here(job, 60.0, Versions(analysis=0))
    assert remote.versions()[1] == Versions()
