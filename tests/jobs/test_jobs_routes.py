"""Jobs over HTTP: asked for, followed and ended."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import write_clicks
from jobs import DONE, STUB, job_processes, require_gone
from live_server import serving
from made_library import analysis_of, put
from schemas import validate
from servers import HERE, client_of, settings_of
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from map4.core.store.file.database import SqliteLocks
from map4.jobs.routes.job_service import jobs_of
from map4.jobs.store.file import SqliteJobs
from map4.library import Library
from map4.plugins import inline_lanes
from map4.scan.workers.lanes import NICENESS
from map4.server.app import SERVICES, make_app

pytestmark = pytest.mark.contract

API = "/api/v1"
STUBS = (partial(jobs_of, command=STUB),)
SHORTEST_POLL_S = 0.15


@pytest.fixture
def queue(bare: Path) -> Iterator[SqliteJobs]:
    """The jobs of `bare`, for what no request asks for."""
    with closing(SqliteJobs(str(bare))) as found:
        yield found


@pytest.fixture
def stubbed(bare: Path) -> Iterator[TestClient]:
    """A client of a server of `bare` whose jobs are stubs."""
    with TestClient(make_app(settings_of(bare), services=STUBS), base_url=HERE) as found:
        yield found


def until(client: TestClient, job: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """A job as it is when something is so of it; each change is waited for."""
    etag = ""
    for _ in range(200):
        answer = client.get(f"{API}/jobs/{job}?wait=20", headers={"If-None-Match": etag})
        etag = answer.headers["etag"]
        if answer.status_code == 200 and is_so(answer.json()):
            return validate(answer.json())
    pytest.fail(f"it never was so: {answer.json()}")


def done(client: TestClient, path: str, **body: Any) -> dict[str, Any]:
    """A job that was asked for, when it is over."""
    answer = client.post(API + path, json=body)
    assert answer.status_code == 202, answer.text
    asked = validate(answer.json())
    assert answer.headers["location"] == f"{API}/jobs/{asked['id']}"
    return until(client, asked["id"], lambda job: job["finished_at"] is not None)


def events(path: Path, job: str) -> list[dict[str, Any]]:
    with Library.open(path) as library:
        return [validate(event.to_record()) for event in library.events.since(job=job).events]


def test_invalid_requests_are_refused_before_a_job_is_created(listener: TestClient, tmp_path: Path) -> None:
    for path, body, status in (
        ("/scan", {"priority": 10}, 400),
        ("/scan", {"froce": True}, 400),
        ("/scan", {"files": ["/etc"]}, 403),
        ("/scan", {"not_before": "soon"}, 400),
        ("/scan", {"not_before": "2100-01-01T00:00:00"}, 400),
        ("/scan", {"max_age": "long"}, 400),
        ("/batch/analyze", {}, 400),
        ("/audio/batch-analyze", {"files": [str(tmp_path / "away.wav")]}, 403),
        ("/exports", {"to": "paper"}, 400),
        ("/exports", {}, 400),
        ("/exports", {"to": "csv", "playlist": "/etc/passwd"}, 404),
        ("/exports", {"to": "csv", "into": "/etc/passwd"}, 400),
        ("/exports", {"to": "csv", "made": "today"}, 400),
        ("/exports", {"to": "csv", "template": "none"}, 400),
        ("/duplicates", {"kinds": ["twins"]}, 400),
        ("/duplicates", {"kinds": "same_audio"}, 400),
        ("/jobs/job-1/retry", {}, 404),
    ):
        answer = listener.post(API + path, json=body)
        assert answer.status_code == status, (path, body, answer.text)
    assert listener.get(API + "/jobs").json()["jobs"] == []
    assert listener.get(API + "/jobs?limit=0").status_code == 400
    assert listener.get(API + "/jobs/12a").status_code == 400


def test_finished_export_job_has_a_file_to_download(stubbed: TestClient, queue: SqliteJobs, bare: Path) -> None:
    number = queue.add("export", {"write": "a,b", "then": [DONE]}, priority=5).number
    job = until(stubbed, f"job-{number}", lambda job: job["finished_at"] is not None)
    here = f"{API}/exports/{job['id']}"
    assert stubbed.get(here).json() == job
    answer = stubbed.get(here + "/file")
    assert (answer.text, answer.headers["content-disposition"]) == ("a,b", 'attachment; filename="list.csv"')
    assert stubbed.get(here + "/file", headers={"Range": "bytes=2-"}).text == "b"
    with Library.open(bare) as library:
        path = Path(library.jobs.file(job["id"]))
        put(bare, 1, analysis_of(1))
        library.export(bare.parent / "other.csv", query="is:any")
        history = [file.to_record() for file in library.files.written()]
    assert path.parent.parent.stat().st_mode & 0o77 == 0
    assert validate(stubbed.get(API + "/exports").json())["exports"] == history
    assert stubbed.get(f"{API}/batch/{job['id']}").status_code == 404


def test_pages_of_jobs_follow_each_other(stubbed: TestClient, queue: SqliteJobs) -> None:
    for _ in range(3):
        queue.add("scan", {}, priority=5, run_after=4e9)
    page = validate(stubbed.get(API + "/jobs?status=pending&status=waiting&kind=scan&limit=2").json())
    assert ([job["id"] for job in page["jobs"]], page["next"], page["server"]) == (["job-3", "job-2"], "job-2", True)
    page = stubbed.get(f"{API}/jobs?after={page['next']}").json()
    assert ([job["id"] for job in page["jobs"]], page["next"]) == (["job-1"], None)
    assert stubbed.get(API + "/jobs?kind=paint").status_code == 400


def test_job_is_cancelled_and_retried(stubbed: TestClient, queue: SqliteJobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    number = queue.add("scan", {"gate": str(gate), "then": [DONE]}, priority=5).number
    job = f"job-{number}"
    until(stubbed, job, lambda now: now["status"] == "processing")
    group = list(job_processes(os.getpid()))
    assert group
    typed = {"Content-Type": "application/json"}  # is enough, with no body
    assert stubbed.post(f"{API}/jobs/{job}/cancel", headers=typed).status_code == 200
    assert until(stubbed, job, lambda now: now["finished_at"] is not None)["status"] == "cancelled"
    require_gone(group)
    gate.touch()
    assert stubbed.post(f"{API}/jobs/{job}/retry", json={}).json()["status"] == "pending"
    assert until(stubbed, job, lambda now: now["finished_at"] is not None)["status"] == "completed"
    assert stubbed.post(f"{API}/jobs/{job}/retry", json={}).status_code == 400
    batch = f"{API}/batch/job-{queue.add('analyze', {'then': [DONE]}, priority=5, run_after=4e9).number}"
    assert stubbed.delete(batch).json() == stubbed.get(batch).json()
    assert stubbed.get(batch).json()["status"] == "cancelled"
    assert stubbed.delete(f"{API}/batch/{job}").status_code == 404


def test_long_poll_ends_on_a_change_or_after_its_time(stubbed: TestClient, queue: SqliteJobs) -> None:
    job = stubbed.post(API + "/duplicates", json={"not_before": "2100-01-01T00:00:00Z"}).json()["id"]
    first = stubbed.get(f"{API}/jobs/{job}?wait={SHORTEST_POLL_S}")
    assert (first.json()["status"], first.json()["not_before"]) == ("pending", "2100-01-01T00:00:00Z")
    assert first.elapsed.total_seconds() >= SHORTEST_POLL_S
    known = {"If-None-Match": first.headers["etag"]}
    assert stubbed.get(f"{API}/jobs/{job}", headers=known).status_code == 304
    assert stubbed.get(f"{API}/jobs/{job}?wait={SHORTEST_POLL_S}", headers=known).status_code == 304
    queue.cancel(1)
    # What changed before it asked is told at once.
    assert stubbed.get(f"{API}/jobs/{job}?wait=60", headers=known).json()["status"] == "cancelled"
    assert stubbed.get(f"{API}/jobs/{job}?wait=61").status_code == 400


@pytest.mark.parametrize("is_named", [False, True])
def test_folders_are_scanned_periodically(sound_library: Path, scanned_music: Path, is_named: bool) -> None:
    music = (scanned_music / "within",) if is_named else ()  # of a known folder, the rest of which stays as it is
    options = {"files": [str(*music)]} if is_named else {}
    settings = settings_of(sound_library, *music, rescan_s=3600.0)
    with TestClient(make_app(settings, services=STUBS), base_url=HERE) as client:
        while not (jobs := client.get(API + "/jobs").json()["jobs"]):
            pass
        assert [(job["kind"], job["priority"], job["options"]) for job in jobs] == [("scan", 2, options)]
        assert client.post(API + "/scan", json={}).json()["options"] == options


def test_daily_backup_runs_if_its_folder_is_set(sound_library: Path, tmp_path: Path) -> None:
    options = {"folder": str(tmp_path), "keep": 3}
    settings = settings_of(sound_library, config={f"backup.{name}": value for name, value in options.items()})
    with TestClient(make_app(settings, services=STUBS), base_url=HERE) as client:
        while not (jobs := client.get(API + "/jobs").json()["jobs"]):
            pass
        assert [(job["kind"], job["priority"], job["options"]) for job in jobs] == [("backup", 2, options)]
        assert client.post(API + "/backup", json={}).json()["options"] == options


def test_jobs_use_the_executor_and_need_the_folder_of_the_server(sound_library: Path, scanned_music: Path) -> None:
    with TestClient(make_app(settings_of(sound_library), services=STUBS), base_url=HERE) as client:
        refused = client.post(API + "/backup", json={})
        assert refused.status_code == 400
        assert "map4 config set backup.folder" in refused.json()["detail"]
        assert client.get(API + "/jobs").json()["jobs"] == []
    with client_of(sound_library, scanned_music, machines={"executor": "nowhere"}, services=SERVICES) as client:
        job = done(client, "/scan", force=True)
    assert job["status"] == "failed"
    assert "there is no executor 'nowhere'" in job["error"]["message"]


def test_first_scan_uses_the_folders_given_to_the_server(tmp_path: Path, scanned_music: Path) -> None:
    new = tmp_path / "new.map4"
    with TestClient(make_app(settings_of(new), services=STUBS), base_url=HERE) as client:
        assert client.post(API + "/scan", json={}).json()["hint"] == "set one with 'map4 serve --music FOLDER'"
        refused = client.post(API + "/scan", json={"files": [str(scanned_music)]})  # so naming one here would not do
        assert (refused.status_code, refused.json()["hint"]) == (403, "set them with 'map4 serve --music FOLDER'")
    with TestClient(make_app(settings_of(new, scanned_music), services=STUBS), base_url=HERE) as client:
        assert client.post(API + "/scan", json={}).json()["options"] == {"files": [str(scanned_music)]}


def test_websocket_sends_progress_and_closes(bare: Path, queue: SqliteJobs, tmp_path: Path) -> None:
    progress = {"percentage": 50.0, "current_file": "/a.wav", "eta_s": 2.0}
    gate = tmp_path / "gate"
    number = queue.add("scan", {"say": [{"progress": progress}], "gate": str(gate), "then": [DONE]}, priority=5).number
    with serving(bare, services=STUBS) as port:
        with connect(f"ws://localhost:{port}{API}/ws/progress/job-{number}") as socket:
            while (message := json.loads(socket.recv()))["percentage"] != 50.0:
                pass
            assert message == {"status": "processing", **progress}
            socket.send(b"a message to be ignored")
            gate.touch()
            assert [json.loads(message) for message in socket][-1]["status"] == "completed"
        unknown = connect(f"ws://localhost:{port}{API}/ws/progress/job-99")
        with unknown as socket, pytest.raises(ConnectionClosedError, match="no job 'job-99'"):
            socket.recv()


@pytest.mark.world
def test_scan_in_native_code_can_be_cancelled(sound_library: Path, scanned_music: Path, tmp_path: Path) -> None:
    opened = partial(Library.open, sound_library, lanes=inline_lanes, decoder="doubles:open_audio")
    folder = tmp_path / "more"
    folder.mkdir()
    write_clicks(folder / "hang.wav", 140)
    with client_of(sound_library, scanned_music, tmp_path, open_library=opened, services=SERVICES) as client:
        with SqliteLocks(str(sound_library)).scan(wait=False):
            job = client.post(API + "/scan", json={"files": [str(folder)], "force": True}).json()["id"]
            waiting = until(client, job, lambda now: now["status"] == "waiting")
            assert "another scan" in waiting["waiting_for"]
            assert done(client, "/exports", to="csv")["status"] == "completed"  # nothing else waits with it
        until(client, job, lambda now: now["status"] == "processing" and now["current_file"] is not None)
        group = list(job_processes(os.getpid()))
        workers = [pid for pid, leader in job_processes(os.getpid()).items() if pid != leader]
        assert max(os.getpriority(os.PRIO_PROCESS, pid) for pid in workers) >= NICENESS
        client.post(f"{API}/jobs/{job}/cancel", json={})
        over = until(client, job, lambda now: now["finished_at"] is not None)
        assert (over["status"], over["current_file"]) == ("cancelled", None)
        require_gone(group)
        (folder / "hang.wav").rename(folder / "well.wav")
        assert client.post(f"{API}/jobs/{job}/retry", json={}).json()["status"] == "pending"
        again = until(client, job, lambda now: now["finished_at"] is not None)
        assert (again["status"], again["result"]["found"]) == ("completed", 1)
