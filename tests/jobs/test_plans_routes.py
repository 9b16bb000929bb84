"""Two steps: what would be done is shown, and then done as it was shown, once, by who asked for it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras
from lanes import sampled
from libraries import execute
from plan_jobs import API, Heard, Killed, KilledAfter, begun, carried_out, planned, refused
from schemas import validate
from servers import WHO, client_of
from starlette.testclient import TestClient
from tagged_files import known, stuffed

from map4.core.audio.tags import read_tags
from map4.core.base.actor import SCOPES, Actor
from map4.errors import NothingFoundError
from map4.jobs.plans.common import Selected
from map4.library import Library
from map4.plugins import inline_lanes
from map4.server.admission import KEY_HEADER
from map4.server.app import SERVICES
from map4.tags.journals import JournalWriter
from map4.tags.options import TagOptions
from map4.tags.use import Tagging

PAIR = {name: Actor(id=n, name=name, scopes=frozenset(SCOPES)) for n, name in enumerate(("Ann", "Bob"), start=1)}
WRITE = {"query": "is:any", "fields": ["key", "energy"]}


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    """Two files with tags, one without key."""
    folder = tmp_path / "music"
    folder.mkdir()
    return [stuffed(folder / "one.mp3"), stuffed(folder / "two.flac")]


@pytest.fixture
def path(tmp_path: Path, music: list[Path]) -> Path:
    """A library that knows them."""
    return Path(known(tmp_path / "library.map4", *music))


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    """A client of its server, which does no jobs."""
    with client_of(path) as found:
        yield found


def sent(client: TestClient, name: str, data: bytes, status: int = 201, **fields: Any) -> Any:
    """A plan to import a file."""
    answer = client.post(f"{API}/plans/import", files={"file": (name, data)}, data=fields)
    assert answer.status_code == status, answer.text
    return validate(answer.json()) if status == 201 else answer.json()


def stored(path: Path, column: str = "id") -> list[str]:
    """What is stored of the plans of a library, oldest first."""
    with closing(sqlite3.connect(f"{path}.jobs")) as jobs:
        if jobs.execute("SELECT 1 FROM sqlite_master WHERE name = 'plans'").fetchone() is None:
            return []
        return [value for (value,) in jobs.execute(f"SELECT {column} FROM plans ORDER BY made_at")]


def done(client: TestClient, path: Path, kind: str, body: Any) -> Any:
    """What came of a plan that was made and begun."""
    plan = planned(client, kind, body)
    assert begun(client, plan)["kind"] == kind
    return carried_out(path, plan)


def test_plan_of_tags_names_other_files_with_the_audio(path: Path, music: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copy(music[0], tmp_path / "copy.mp3"))
    known(path, copy)
    with Library.open(path) as library:
        library.set(copy, energy=9)
    with client_of(path) as client:
        plan = planned(client, "tags", {"query": f'path:"{music[0].parent}"', "fields": ["energy"]})
    assert [change["also"] for change in plan["changes"]] == [[str(copy)], []]
    assert plan["warnings"] == [
        f"values that you set for these files are also set for files with the same audio: {copy}"
    ]


@pytest.mark.contract
def test_planned_tags_are_shown_written_and_undone(path: Path, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    with client_of(path, services=SERVICES) as client:
        plan = planned(client, "tags", WRITE)
        assert (plan["kind"], plan["count"], plan["job"]) == ("tags", 2, None)
        assert plan["summary"] == "2 files would be written: key of 2, energy of 2"
        changes = {Path(change["path"]).name: [(f["name"], f["before"], f["after"]) for f in change["fields"]]
                for change in plan["changes"]}  # fmt: skip
        assert changes["one.mp3"] == [("key", None, "F#m"), ("energy", None, "7")]
        assert [path.read_bytes() for path in music] == before  # nothing is done by the first step
        assert client.get(f"{API}/plans/{plan['id']}").json() == plan

        def over(job: Any) -> Any:
            while job["finished_at"] is None:
                job = client.get(f"{API}/jobs/{job['id']}?wait=20").json()
            return validate(job)

        job = over(begun(client, plan))
        assert (job["status"], job["kind"], job["result"]["done"]) == ("completed", "tags", 2)
        assert client.get(f"{API}/plans/{plan['id']}").json()["job"] == job["id"]
        assert read_tags(str(music[0])).key == "F#m"
        [journal] = validate(client.get(f"{API}/undo?kind=tags").json())["steps"]
        undo = job["result"]["undo"]
        assert undo == {"plan": "undo", "body": {"kind": "tags", "name": journal["name"]}}
        back = planned(client, undo["plan"], undo["body"])
        assert back["changes"][0]["fields"][0]["after"] is None
        assert over(begun(client, back))["result"]["done"] == 2
    assert [path.read_bytes() for path in music] == before


def test_plan_is_executed_once_before_it_expires(path: Path, client: TestClient) -> None:
    plan = planned(client, "tags", WRITE)
    job = begun(client, plan)
    again = begun(client, plan, 409)
    assert (job["id"] in again["detail"], again["type"]) == (True, "urn:map4:problem:already-begun")
    assert len(client.get(f"{API}/jobs").json()["jobs"]) == 1
    late = planned(client, "tags", WRITE)
    execute(f"{path}.jobs", "UPDATE plans SET made_at = made_at - 601 WHERE id = ?", (late["id"],))
    assert client.get(f"{API}/plans/{late['id']}").status_code == 404
    assert "plan it again" in begun(client, late, 404)["detail"]
    other = planned(client, "tags", WRITE)
    assert stored(path) == [plan["id"], other["id"]]  # what nobody can begin goes
    assert begun(client, plan, 409)["detail"] == again["detail"]
    for wrong in ("p-1", "p-" + "0" * 32, "..%2f..%2fetc", "tags"):
        assert client.get(f"{API}/plans/{wrong}").status_code == 404, wrong


def test_plans_of_other_accounts_are_not_found(path: Path) -> None:
    with client_of(path, actor_of=PAIR) as client:
        plan = planned(client, "tags", WRITE, **{WHO: "Ann"})
        assert client.get(f"{API}/plans/{plan['id']}", headers={WHO: "Bob"}).status_code == 404
        begun(client, plan, 404, **{WHO: "Bob"})
        begun(client, plan, **{WHO: "Ann"})
        with Library.open(path) as library, pytest.raises(NothingFoundError, match="no such plan"):
            library.acting_as(PAIR["Bob"]).plans.carry_out(plan["id"], Heard())


def test_plans_are_deleted_with_their_account(path: Path) -> None:
    with Library.open(path) as library:
        ann, bob = (library.accounts.add(name, "admin") for name in ("Ann", "Bob"))
        for account in (ann, bob):
            library.acting_as(account.actor()).plans.make(
                "tags", selected=Selected(query="is:any"), options=TagOptions(fields=("key",))
            )
        assert len(stored(path)) == 2
        library.accounts.remove(ann.number)
        [left] = stored(path)
        assert library.acting_as(bob.actor()).plans.get(left).kind == "tags"


def test_without_the_key_nothing_is_planned_or_started(path: Path, client: TestClient) -> None:
    plan = planned(client, "tags", WRITE)
    for wrong in ("", "0" * 32):
        refusal = planned(client, "tags", WRITE, 403, **{KEY_HEADER: wrong})
        assert refusal["type"] == "urn:map4:problem:key-needed"
        assert client.get(f"{API}/plans/{plan['id']}", headers={KEY_HEADER: wrong}).status_code == 403
        begun(client, plan, 403, **{KEY_HEADER: wrong})
    begun(client, plan)


def test_tracks_changed_since_the_plan_are_skipped(path: Path, client: TestClient, music: list[Path]) -> None:
    file_path = music[0]
    plan = planned(client, "tags", WRITE)
    begun(client, plan)
    with Library.open(path) as library:
        library.set([file_path], key="1A")  # another value counts
    before = file_path.read_bytes()
    heard = Heard()
    result = carried_out(path, plan, heard)
    assert (result["done"], result["left_alone"], file_path.read_bytes()) == (1, 1, before)
    [problem] = result["problems"]
    assert (problem["path"], "make a new plan" in problem["problem"]) == (str(file_path), True)
    lines = [value["state"] for what, value in heard.told if what == "line"]
    assert (sorted(lines), heard.told[-1]) == (["left_alone", "written"], ("progress", (2, 2)))
    again = planned(client, "tags", WRITE)
    begun(client, again)
    with Library.open(path) as library:
        library.files.forget([file_path])
    assert "no longer in the library" in refused(path, again)


@pytest.mark.world
@pytest.mark.parametrize("lines", [1, 2, 3, 5])
def test_tags_written_before_a_kill_are_counted_and_undone(path: Path, music: list[Path], lines: int) -> None:
    music += [stuffed(music[0].with_name(f"more{n}{suffix}")) for n, suffix in enumerate((".mp3", ".flac", ".mp3"))]
    known(path, *music[2:])
    before = [path.read_bytes() for path in music]
    with client_of(path) as client:
        plan = planned(client, "tags", WRITE)
        begun(client, plan)
        with pytest.raises(Killed):
            carried_out(path, plan, KilledAfter(lines))
        again = carried_out(path, plan)
        [journal] = client.get(f"{API}/undo?kind=tags").json()["steps"]
        assert (again["done"], again["left_alone"], journal["count"]) == (5, 0, 5)
        assert again["undo"]["body"] == {"kind": "tags", "name": again["journal"]}
        back = planned(client, "undo", again["undo"]["body"])
        begun(client, back)
        with pytest.raises(Killed):
            carried_out(path, back, KilledAfter(lines))
        assert carried_out(path, back)["done"] == 5
    assert [path.read_bytes() for path in music] == before


@pytest.mark.parametrize(("at", "changed"), [((JournalWriter, "note"), 0), ((Tagging, "_take_over"), 1)])
def test_kill_around_a_file_change_leaves_one_journal_of_all_files(
    path: Path, music: list[Path], monkeypatch: pytest.MonkeyPatch, at: tuple[type, str], changed: int
) -> None:
    before = [path.read_bytes() for path in music]
    usual = getattr(*at)

    def killed(*given: Any) -> None:
        if not changed:
            usual(*given)
        raise Killed

    with client_of(path) as client:
        plan = planned(client, "tags", WRITE)
        begun(client, plan)
        with monkeypatch.context() as patched:
            patched.setattr(*at, killed)
            with pytest.raises(Killed):
                carried_out(path, plan)
        assert sum(path.read_bytes() != old for path, old in zip(music, before, strict=True)) == changed
        again = carried_out(path, plan)
        assert (again["done"], again["left_alone"]) == (2, 0)
        [journal] = client.get(f"{API}/undo?kind=tags").json()["steps"]
        assert journal["count"] == 2
        back = planned(client, "undo", again["undo"]["body"])
        begun(client, back)
        undone = carried_out(path, back)
        assert (undone["done"], undone["left_alone"]) == (2, 0)
    assert [path.read_bytes() for path in music] == before


def test_import_killed_before_its_result_is_counted(path: Path, music: list[Path]) -> None:
    with client_of(path) as client:
        plan = sent(client, "Friday.m3u8", f"#EXTM3U\n{music[0]}\n{music[1]}\n".encode())
        begun(client, plan)
        first, again = carried_out(path, plan), carried_out(path, plan)
    assert first["done"] > 0
    assert again == first


def test_ten_plans_are_kept_and_too_many_files_refused(
    path: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [planned(client, "tags", WRITE)["id"] for _ in range(12)]
    assert stored(path) == ids[2:]
    assert Path(f"{path}.jobs").stat().st_mode & 0o77 == 0
    monkeypatch.setattr("map4.tags.plans.MOST_READ", 1)
    assert "at most 1 files, not 2; narrow the query" in planned(client, "tags", WRITE, 400)["detail"]


def test_files_outside_the_music_folders_are_not_changed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with client_of(path, tmp_path / "elsewhere") as client:
        plan = planned(client, "tags", WRITE)
        assert (plan["count"], plan["left_alone"], plan["changes"][0]["fields"]) == (0, 2, [])
        assert "music folders" in plan["changes"][0]["problem"]
        assert "no changes" in begun(client, plan, 400)["detail"]


def test_invalid_plan_requests_are_refused(path: Path, client: TestClient) -> None:
    wishes: list[tuple[str, Any, int]] = [
        ("tags", {}, 400),
        ("tags", {"query": "is:any"}, 400),
        ("tags", {"query": " ", "fields": ["bpm"]}, 400),
        ("tags", {"query": "is:any", "tracks": ["x"], "fields": ["bpm"]}, 400),
        ("tags", {"query": "is:any", "fields": ["colour"]}, 400),
        ("tags", {"query": "is:any", "fields": ["bpm"], "dry_run": True}, 400),
        ("tags", {"tracks": ["/etc/passwd"], "fields": ["bpm"]}, 404),
        ("undo", {"kind": "tags", "name": "../../etc/passwd"}, 404),
        ("undo", {"kind": "tags"}, 404),
        ("undo", {"kind": "set"}, 404),
        ("undo", {"kind": "x"}, 400),
        ("import", {}, 400),
        ("forget", {"folder": "/etc", "imported": "/etc"}, 400),
        ("forget", {"imported": "/etc/passwd"}, 404),
        ("forget", {}, 400),
        ("forget", {"folder": "/etc"}, 404),
        ("forget", {"query": "is:any", "plays": True}, 400),
        ("forget", {"folder": "/etc", "query": "is:any"}, 400),
        ("p-0", {}, 404),
        *chain(*of_extras("WRONG_PLANS")),
    ]
    for kind, body, status in wishes:
        assert planned(client, kind, body, status)["status"] == status
    assert stored(path) == []


def test_many_files_or_a_folder_can_be_forgotten_or_ignored(path: Path, client: TestClient, music: list[Path]) -> None:
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([music[0].parent])
    plan = planned(client, "forget", {"query": "path:one.mp3", "ignore": True})
    assert [change["path"] for change in plan["changes"]] == [str(music[0])]
    assert "future scans skip them" in plan["summary"]
    begun(client, plan)
    assert [carried_out(path, plan)["done"] for _ in range(2)] == [1, 1]  # the second as after a kill
    with Library.open(path) as library:
        assert [file.path for file in library.files.ignored()] == [str(music[0])]
    assert done(client, path, "forget", {"folder": str(music[0].parent)})["done"] == 1
    with Library.open(path) as library:
        assert (library.files.folders(), library.count()) == ([], 1)
    assert all(path.exists() for path in music)


def test_undo_of_an_import_deletes_its_plays_and_forget_keeps_them(path: Path, client: TestClient) -> None:
    log = b"Artist,Title,Played at\nA,One,2026-11-01 10:00:00\nZed,Nowhere,2026-11-01 10:04:00\n"
    plan = sent(client, "aired.csv", log)
    begun(client, plan)
    back = carried_out(path, plan)["undo"]
    assert (back["plan"], back["body"]["plays"]) == ("forget", True)

    def plays() -> int:
        return len(client.get(f"{API}/plays").json()["plays"])

    kept = planned(client, "forget", {"imported": back["body"]["imported"]})
    assert kept["summary"].endswith("its lists stay; 2 plays would stay")
    begun(client, kept)
    assert (carried_out(path, kept)["done"], plays()) == (1, 2)
    planned(client, "forget", {"imported": back["body"]["imported"]}, 404)
    gone = planned(client, "forget", back["body"])
    assert gone["summary"].endswith("its lists stay; 2 plays would be deleted, too")
    begun(client, gone)
    assert (carried_out(path, gone)["done"], plays()) == (1, 0)
    planned(client, "forget", back["body"], 404)


def _rekordbox(*tracks: tuple[Path, float]) -> bytes:
    rows = "".join(
        f'<TRACK TrackID="{number}" Name="{path.stem}" TotalTime="200" Rating="255" AverageBpm="{bpm}" '
        f'Location="file://localhost{path}"/>'
        for number, (path, bpm) in enumerate(tracks, start=1)
    )
    return (
        '<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="7.0"/>'
        f'<COLLECTION Entries="{len(tracks)}">{rows}</COLLECTION></DJ_PLAYLISTS>'
    ).encode()


def test_uploaded_lists_become_marks(path: Path, client: TestClient, music: list[Path]) -> None:
    data = "\n".join(map(str, music[:2])).encode()
    assert "grouping has no effect" in sent(client, "peak.m3u8", data, 400, marks=["lists", "grouping"])["detail"]
    plan = sent(client, "peak.m3u8", data, marks="lists")
    assert plan["details"]["marks"] == 2
    begun(client, plan)
    assert carried_out(path, plan)["import"]["marks_step"] is not None
    assert [(mark["name"], mark["tracks"]) for mark in client.get(f"{API}/marks").json()["marks"]] == [("peak", 2)]
    again = sent(client, "peak.m3u8", data, marks="lists")
    assert again["details"]["marks"] == 0
    assert "crates" in sent(client, "peak.m3u8", data, 400, marks="crates")["detail"]


def test_uploaded_collection_is_previewed_then_imported(path: Path, client: TestClient, music: list[Path]) -> None:
    data = _rekordbox((music[0], 99.0), (Path("/away/three.mp3"), 120.0))
    plan = sent(client, "../my collection.xml", data)
    assert plan["summary"].startswith("1 of 2 tracks found; new for 1 track: tempo, title and artist")
    assert plan["summary"].endswith("the values of 1 track change")
    [change] = plan["changes"]
    assert change["path"] == str(music[0])
    fields = {field["name"]: (field["before"], field["after"]) for field in change["fields"]}
    assert fields["rating"] == ("1.0", "5.0")
    assert any("path_map" in warning for warning in plan["warnings"])
    assert [entry["location"] for entry in plan["details"]["waiting"]] == ["file://localhost/away/three.mp3"]
    assert client.get(f"{API}/imports").json()["imports"] == []
    begun(client, plan)
    result, again = (carried_out(path, plan) for _ in range(2))  # the second as after a kill
    assert (result["done"], result["import"]["matched"], again["import"]["matched"]) == (1, 1, 1)
    [entry] = client.get(f"{API}/imports").json()["imports"]
    assert entry["path"] == f"{path}.uploads/local/my collection.xml"
    assert client.get(f"{API}/search?q=rating:5").json()["ids"] != []
    # The same name again replaces what it said.
    again = sent(client, "my collection.xml", _rekordbox((music[0], 99.0)))
    assert any("imported before" in warning for warning in again["warnings"])
    assert "nothing in it is new" in again["summary"]
    undo = planned(client, result["undo"]["plan"], result["undo"]["body"])
    assert undo["summary"].startswith("the data of my collection.xml about 2 tracks")
    begun(client, undo)
    assert carried_out(path, undo)["done"] == 1
    assert client.get(f"{API}/imports").json()["imports"] == []


@pytest.mark.parametrize(("name", "data", "word"), sampled([
    ("library.zip", b"PK\x03\x04" + bytes(100), "archive"),
    ("collection.nml", b"<NML", "collection.nml: this is not a library"),
    ("rekordbox (1).xml", b"<NML", "rekordbox (1).xml: this is not a library that map4 can read; it reads "),
    ("..", b"nothing", "not a library"),
    ("m.db", b"SQLite format 3\0" + bytes(100), ""),
    ("a" * 300, b"", "empty"),
    ("rekordbox.xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><DJ_PLAYLISTS>&e;</DJ_PLAYLISTS>', ""),
], every=3))  # fmt: skip
def test_upload_of_no_collection_is_refused(path: Path, client: TestClient, name: str, data: bytes, word: str) -> None:
    answer = client.post(f"{API}/plans/import", files={"file": (name, data)})
    assert 400 <= answer.status_code < 500
    assert word in answer.json()["detail"]
    assert not any(word in answer.text for word in ("root:", "map4-upload", "seeds"))
    assert stored(path) == []


def test_uploaded_backup_is_restored(path: Path, client: TestClient, tmp_path: Path) -> None:
    with Library.open(path) as library:
        library.care.backup(tmp_path / "one.map4")
        library.set(library.search(), mark=["later"])
    answer = client.post(f"{API}/plans/restore", files={"file": ("one.map4", (tmp_path / "one.map4").read_bytes())})
    assert answer.status_code == 201, answer.text
    assert answer.json()["summary"].startswith("one.map4 (")
    begun(client, answer.json())
    assert client.get(f"{API}/marks").json()["marks"] != []  # nothing is done by the first step
    result = carried_out(path, answer.json())
    assert client.get(f"{API}/marks").json()["marks"] == []
    with Library.open(result["kept_at"]) as before:
        assert before.count("mark:later") == before.count() > 0


@pytest.mark.parametrize("data", [b"", b"ID3", b"SQLite format 3\0" + bytes(100), b"SQLite format 3\0" + bytes(9)])
def test_invalid_backups_are_refused(path: Path, client: TestClient, data: bytes) -> None:
    answer = client.post(f"{API}/plans/restore", files={"file": ("mine.map4", data)})
    assert answer.status_code == 400
    assert "map4-upload" not in answer.text
    assert stored(path) == []
