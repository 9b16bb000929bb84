"""Recorded sets that are sent: their limits, their job, and that the recording is gone with it, however it ends."""

import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from extras.unmix import recorded_sets as sets
from extras.unmix.unmixed_by_hand import played, recorded_set
from jobs import STUB, kill_server, start_server
from playlist_library import make_playlist_library, song
from schemas import validate
from servers import HERE, client_of, settings_of
from signals import RATE_HZ
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from map4.core.base.actor import SCOPES, Actor
from map4.jobs.files import LONGEST_SENT_S, SentFiles
from map4.jobs.requests import JobRequest
from map4.jobs.routes.job_service import jobs_of
from map4.jobs.store.file import SqliteJobs
from map4.library import Library
from map4.server.app import SERVICES, make_app
from map4.server.connections import uploads

API = "/api/v1"
FORM = {"file": ("Friday night.mp3", b"0123456789", "audio/mpeg")}
STUBS = (partial(jobs_of, command=STUB),)


def sent(library: Path) -> list[Path]:
    """All files of recordings that are there."""
    folder = Path(f"{library}.sent")
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def ended(client: TestClient, job: str) -> dict[str, Any]:
    for _ in range(100):
        found: dict[str, Any] = client.get(f"{API}/jobs/{job}?wait=5").json()
        if found["finished_at"]:
            return validate(found)
    pytest.fail("it did not end")


@pytest.mark.world
def test_set_of_a_killed_server_is_unmixed_by_the_next_and_deleted(bare: Path, tmp_path: Path) -> None:
    recording = io.BytesIO()
    sf.write(recording, sets.song(50, 25.0), RATE_HZ, format="FLAC")
    with client_of(bare) as client:  # which does no jobs
        answer = client.post(f"{API}/unmix", files={"file": ("Friday.flac", recording.getvalue())})
        assert answer.status_code == 202, answer.text
        job = validate(answer.json())
        assert answer.headers["location"] == f"{API}/jobs/{job['id']}"
        assert (job["kind"], job["options"]["name"]) == ("unmix", "Friday.flac")
    [path] = sent(bare)
    assert path.read_bytes() == recording.getvalue()
    assert path.parent.stat().st_mode & 0o077 == 0
    with Library.open(bare) as library:
        killed = start_server(str(bare))
        while library.jobs.get(job["id"]).status == "pending":
            time.sleep(0.005)
        kill_server(killed)
        assert library.jobs.get(job["id"]).status == "processing"
    assert sent(bare) == [path]
    with client_of(bare, services=SERVICES) as client:
        done = ended(client, job["id"])
        assert (done["status"], done["attempts"]) == ("completed", 1)
        assert sent(bare) == []
        made = client.get(f"{API}/unmix/{job['id']}/file?format=json").json()
        assert validate(made) == done["result"]
        assert (made["path"], [track["track"] for track in made["tracks"]]) == ("Friday.flac", [None])
        assert client.get(f"{API}/unmix/{job['id']}").json() == done
        refused = client.post(f"{API}/jobs/{job['id']}/retry", json={})
        assert (refused.status_code, refused.json()["hint"]) == (400, "upload it again")


@pytest.mark.contract
@pytest.mark.parametrize(
    "how", ["done", "cancelled", "cancelled before", pytest.param("failed", marks=pytest.mark.world)]
)
def test_upload_is_deleted_when_its_job_ends(bare: Path, tmp_path: Path, how: str) -> None:
    files = SentFiles(str(bare))
    lies = Path(files.room()) / "upload.mp3"
    lies.write_bytes(b"sound")
    taken = files.take(str(lies))
    options: dict[str, Any] = {"sent": taken, "name": "x.mp3"}
    options |= {"done": {"echo": True}, "failed": {"then": [{"failed": {"kind": "usage", "code": 2, "message": ""}}]},
                "cancelled": {"gate": str(tmp_path / "never")}}.get(how, {})  # fmt: skip
    with closing(SqliteJobs(str(bare))) as jobs:
        name = jobs.add("unmix", options, priority=5).id
    if how == "cancelled before":
        with client_of(bare) as client:
            assert client.post(f"{API}/jobs/{name}/cancel", json={}).json()["status"] == "cancelled"
            assert sent(bare) == []
        return
    with TestClient(make_app(settings_of(bare), services=STUBS), base_url=HERE) as client:
        if how == "cancelled":
            while client.get(f"{API}/jobs/{name}").json()["status"] != "processing":
                time.sleep(0.01)
            assert len(sent(bare)) == 1
            client.post(f"{API}/jobs/{name}/cancel", json={})
        assert ended(client, name)["status"] == {"done": "completed"}.get(how, how)
        assert sent(bare) == []


def test_leftover_uploads_are_removed_and_waiting_ones_kept(bare: Path) -> None:
    files = SentFiles(str(bare))
    kept = []
    for name in ("waits", "fresh", "left"):
        lies = Path(files.room()) / name
        lies.write_bytes(b"sound")
        kept.append(files.take(str(lies)))
    with Library.open(bare) as library, closing(SqliteJobs(str(bare))) as jobs:
        jobs.add("unmix", {"sent": kept[0], "name": "x.mp3"}, priority=5, run_after=time.time() + 1000)
        old = time.time() - LONGEST_SENT_S - 60
        half_sent = Path(files.room()) / "map4-upload-abc"
        half_sent.mkdir()
        for path in (Path(files.folder) / kept[0], Path(files.folder) / kept[2], half_sent):
            os.utime(path, (old, old))
        runner = library.jobs.runner()
        runner.start()
        while half_sent.exists() or len(sent(bare)) > 2:
            time.sleep(0.01)
        runner.stop()
    assert sorted(path.name for path in sent(bare)) == ["fresh", "waits"]


def test_removing_an_account_deletes_its_recordings(bare: Path) -> None:
    with Library.open(bare) as library:
        library.accounts.add("Ann", role="admin")
        bob = library.accounts.add("Bob")
        asked = library.acting_as(Actor(id=bob.number, name="Bob", scopes=frozenset(SCOPES)))
        lies = Path(asked.jobs.room_for_sets()) / "upload.mp3"
        lies.write_bytes(b"sound")
        from map4.extras.unmix.request import UnmixRequest

        asked.jobs.submit_set(JobRequest(kind="unmix", options=UnmixRequest(name="x.mp3")), str(lies))
        assert len(sent(bare)) == 1
        library.accounts.remove("Bob")
    assert sent(bare) == []


def test_invalid_requests_are_refused_and_leave_no_upload(sound_library: Path, scanned_music: Path) -> None:
    with client_of(sound_library, scanned_music) as client:
        client.post(f"{API}/lists", json={"name": "Friday", "tracks": []})
        for fields, code, message in (
            ({"query": "bpm:x"}, 400, "is not a number"),
            ({"save": "Friday"}, 409, "Friday"),
            ({"playlist": "Nobody"}, 404, "Nobody"),
            ({"playlist": "Friday", "tracklist": "a - b"}, 400, "not both"),
            ({"tracklist": 100_001 * "x"}, 400, "longer than 100.0 kB"),
            ({"keep": "true"}, 400, "give the start"),
            ({"froce": "true"}, 400, "there is no option 'froce'"),
            ({"path": str(scanned_music / "one.wav")}, 400, "upload the recording"),
            ({"sent": "s-" + 32 * "0"}, 400, "there is no option 'sent'"),
        ):
            answer = client.post(f"{API}/unmix", files=FORM, data=fields)
            assert (answer.status_code, message in answer.json()["detail"]) == (code, True), answer.text
        with_chapters = client.post(f"{API}/unmix", files={"file": ("x.wav", b"x")}, data={"chapters": "true"})
        assert with_chapters.json()["detail"].endswith("; use a CUE sheet instead")
        for body, code in (({}, 400), ({"path": "/etc/passwd"}, 403), ({"path": str(scanned_music / "x.wav")}, 404)):
            assert client.post(f"{API}/unmix", json=body).status_code == code
        assert client.get(f"{API}/jobs").json()["jobs"] == []
    assert sent(sound_library) == []


def test_recording_in_a_music_folder_is_kept(sound_library: Path, scanned_music: Path) -> None:
    path = scanned_music / "one.wav"
    with client_of(sound_library, scanned_music) as client:
        job = client.post(f"{API}/unmix", json={"path": str(path), "keep": True, "priority": 9}).json()
        assert (job["options"]["path"], job["options"]["name"], job["priority"]) == (str(path), "one.wav", 9)
        client.post(f"{API}/jobs/{job['id']}/cancel", json={})
        assert client.post(f"{API}/jobs/{job['id']}/retry", json={}).json()["status"] == "pending"
    assert path.exists()
    assert sent(sound_library) == []


def test_recorded_sets_have_their_own_size_limit(bare: Path) -> None:
    with client_of(bare, most_upload_bytes=1_000, most_set_bytes=10_000) as client:
        large, too_large = ({"file": ("x.mp3", size * b"x")} for size in (5_000, 10_001))
        assert client.post(f"{API}/tracks/analyze", files=large).status_code == 413
        assert client.post(f"{API}/unmix", files=large).status_code == 202
        assert client.post(f"{API}/unmix", files=too_large).status_code == 413
        assert len(sent(bare)) == 1
        in_pieces = client.post(
            f"{API}/unmix", content=(b"x" * 1_000 for _ in range(11)),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )  # fmt: skip
        assert in_pieces.status_code == 413
    assert [path.parent.name[:2] for path in sent(bare)] == ["s-"]


def test_recording_counts_towards_the_daily_upload_limit(bare: Path) -> None:
    async def ann(connection: HTTPConnection) -> Actor | None:
        return Actor(id=31, name="Ann", scopes=frozenset(SCOPES))

    with client_of(bare, actor_of=ann, upload_bytes_per_day=1_000) as client:
        half = {"file": ("x.mp3", 600 * b"x")}
        assert [client.post(f"{API}/unmix", files=half).status_code for _ in range(2)] == [202, 429]
        assert client.post(f"{API}/unmix", files={"file": ("x.mp3", 1_001 * b"x")}).status_code == 413


def test_full_disk_refuses_an_upload_and_leaves_nothing(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_of(bare) as client:
        with monkeypatch.context() as patched:
            patched.setattr(uploads.shutil, "disk_usage", lambda folder: uploads.shutil._ntuple_diskusage(1, 0, 10**8))
            answer = client.post(f"{API}/unmix", files=FORM)
            assert answer.status_code == 507
            detail = answer.json()["detail"]
            assert detail.startswith("the library's disk has no room for 188 bytes: 100.0 MB are free")

        def full(path: str) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:  # it became full meanwhile
            patched.setattr("map4.jobs.files.SafeFile.sync", full)
            answer = client.post(f"{API}/unmix", files=FORM)
            assert (answer.status_code, "No space left on device" in answer.json()["detail"]) == (503, True)
        assert client.get(f"{API}/jobs").json()["jobs"] == []
    assert sent(bare) == []


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A client of a server with a list that was found, and its job."""
    path = make_playlist_library(tmp_path_factory.mktemp("found") / "made.map4")
    gone = played("/gone/x.mp3", artist="Nobody", title="Gone")
    made = recorded_set("Friday.mp3", played(song(1), title="Title 1"), played(song(2), title="Title 2"), gone)
    with closing(SqliteJobs(str(path))) as jobs:
        name = jobs.add("unmix", {"name": "Friday.mp3", "sent": "s-" + 32 * "0"}, priority=5).id
        job = jobs.claim("me", ["unmix"])
        jobs.finish("me", job.number, "completed", result=json.loads(json.dumps(made.document())))
        jobs.add("unmix", {"name": "next.mp3"}, priority=5)
    with client_of(path) as client:
        yield client, name


def test_tracklist_can_be_downloaded_in_every_form(found: tuple[TestClient, str]) -> None:
    client, job = found
    for form, suffix, begins in (
        ("cue", "cue", b'REM COMMENT "map4 unmix"\r\nFILE "Friday.mp3" MP3\r\n'),
        ("html", "html", b"<!DOCTYPE html>"),
        ("m3u8", "m3u8", b"#EXTM3U"),
        ("json", "json", b'{\n "schema": "map4/unmix/1"'),
        ("xspf", "xspf", b"<?xml"),
    ):
        answer = client.get(f"{API}/unmix/{job}/file?format={form}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''Friday.{suffix}"
        assert answer.content.startswith(begins)
    page = client.get(f"{API}/unmix/{job}/file?format=html").text
    assert '<a href="Friday.mp3#t=4.5">' in page
    for form, code, message in (("chapters", 404, '"chapters": true'), ("wav", 400, "cue, html")):
        refused = client.get(f"{API}/unmix/{job}/file?format={form}")
        assert (refused.status_code, message in refused.json()["detail"]) == (code, True)
    assert client.get(f"{API}/unmix/job-2/file").json()["detail"] == "job-2 has no track list: it is pending"


def test_unmixed_set_is_saved_as_history_and_plays_once(found: tuple[TestClient, str]) -> None:
    client, job = found
    assert client.post(f"{API}/unmix/{job}/keep", json={}).status_code == 400
    assert client.post(f"{API}/unmix/{job}/keep", json={"keep": True}).status_code == 400  # when?
    wanted = {"save": "Friday night", "keep": True, "ended": "2026-11-21T23:00:20Z"}
    kept = client.post(f"{API}/unmix/{job}/keep", json=wanted)
    assert kept.status_code == 200, kept.text
    document = validate(kept.json())
    assert (document["plays"], document["began"]) == (3, "2026-11-21T23:00:00Z")
    shown = client.get(f"{API}/lists/{document['list']}").json()
    assert (shown["name"], len(shown["picks"])) == ("Friday night", 3)
    assert client.get(f"{API}/lists?history=true").json()["lists"][0]["name"] == "Friday night"
    assert client.post(f"{API}/unmix/{job}/keep", json=wanted).status_code == 409
    again = client.post(f"{API}/unmix/{job}/keep", json={**wanted, "force": True}).json()
    assert (again["list"], again["plays"], again["step"]) == (document["list"], 0, document["step"])
    undone = client.post(f"{API}/unmix/undo", json={"step": document["step"]})
    assert (validate(undone.json())["plays"], undone.json()["list"]) == (3, document["list"])
    assert (client.get(f"{API}/plays").json()["plays"], client.get(f"{API}/lists").json()["lists"]) == ([], [])
    assert client.post(f"{API}/unmix/undo", json={"step": document["step"]}).status_code == 404
