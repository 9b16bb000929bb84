"""Libraries of a server: whatever writes, does it in its turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from libraries import file_id
from servers import client_of, settings_of
from starlette.testclient import TestClient
from starlette.types import Message

from map4.core.base.actor import Actor
from map4.core.base.child_process import Child
from map4.errors import LibraryBusyError, LibraryDamagedError, LibraryWriteError, Map4Error
from map4.library import Library
from map4.server.libraries import Libraries
from map4.server.library_process import LibraryProcess
from map4.server.problems import problem_of
from map4.server.route import RequestInput, Route

API = "/api/v1"


def _libraries(client: TestClient) -> Libraries:
    found: Libraries = client.app.state.context.libraries  # type: ignore[attr-defined]
    return found


@pytest.mark.contract
def test_analysis_for_a_request_is_written_in_its_turn(
    sound_library: Path, scanned_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, is_refused = Libraries.turn, [True]

    @contextmanager
    def asked(libraries: Libraries) -> Iterator[None]:
        if is_refused[0]:
            raise LibraryBusyError("not now")
        with turn(libraries):
            yield

    def analysed(client: TestClient) -> int:
        asked_for = {"path": str(scanned_music / "one.wav"), "force": True}
        return client.post(f"{API}/tracks/analyze", json=asked_for).status_code

    monkeypatch.setattr(Libraries, "turn", asked)
    with client_of(sound_library, scanned_music) as client:
        before = _libraries(client).state()
        analysed(client)
        assert _libraries(client).state() == before
        is_refused[0] = False
        assert analysed(client) == 200
        assert _libraries(client).state() != before


@pytest.mark.contract
@pytest.mark.parametrize("apart", [0, 1])
def test_comparing_for_an_answer_writes_nothing(made: Path, apart: int) -> None:
    with client_of(made, apart=apart) as client:
        assert client.put(f"{API}/tracks/{file_id(1)}", json={"year": 1931}).status_code == 200
        before = _libraries(client).state()
        answers = [client.get(f"{API}/{path}") for path in ("duplicates", "search?q=is:copy")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert _libraries(client).state() == before


def test_writer_waits_for_the_turn_of_another(client: TestClient) -> None:
    libraries, portal, order = _libraries(client), client.portal, list[str]()

    def written(library: Library) -> None:
        order.append("written")

    with libraries.turn():
        writing = portal.start_task_soon(partial(libraries.ask, written, Actor.LOCAL, queue="write"))
        portal.call(partial(libraries.ask, Library.count, Actor.LOCAL, queue="quick"))
        order.append("the turn is over")
    writing.result()
    assert order == ["the turn is over", "written"]


@pytest.mark.contract
def test_first_request_starts_the_processes(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, start = threading.Event(), LibraryProcess.start

    def noted(process: LibraryProcess) -> Child:
        begun.set()
        return start(process)

    monkeypatch.setattr(LibraryProcess, "start", noted)
    with client_of(made, apart=1) as client:
        client.get("/health")
        assert not begun.is_set()  # a server that nobody asks needs none
        client.get(f"{API}/tracks")
        assert begun.wait(20)


def test_turn_is_refused_and_hides_the_folder_of_the_library_if_that_is_gone(made: Path) -> None:
    with client_of(made) as client:
        made.write_bytes(b"damaged" * 1000)
        damaged = client.get(f"{API}/search").json()["detail"]
        made.unlink()
        with pytest.raises(LibraryBusyError, match="try again"), _libraries(client).turn():
            pass
        gone = client.get(f"{API}/search").json()["detail"]
    assert (f"library {made.name} is" in damaged, gone.split(";")[0]) == (True, f"the library {made.name} is gone")


@pytest.mark.contract
@pytest.mark.parametrize("apart", [0, 1])
def test_writes_are_refused_after_damage_until_the_library_is_whole(made: Path, apart: int) -> None:
    with client_of(made, apart=apart) as client:
        sound = (
            client.post(f"{API}/lists", json={"name": "Before", "tracks": [file_id(1)]}).status_code,
            client.get("/ready").status_code,
        )
        whole = made.read_bytes()
        with made.open("r+b") as file:
            file.truncate(len(whole) // 2)
        reads = [client.get(f"{API}/{path}") for path in ("search?q=a", "stats/library", "duplicates")]
        damaged = [answer for answer in reads if answer.status_code != 200]
        written = client.post(f"{API}/lists", json={"name": "Lost", "tracks": [file_id(1)]})
        ready = client.get("/ready")
        with pytest.raises(LibraryDamagedError), _libraries(client).turn():
            pass
        made.write_bytes(whole)
        again = (
            client.post(f"{API}/lists", json={"name": "After", "tracks": [file_id(1)]}).status_code,
            client.get("/ready").status_code,
        )
        names = [playlist["name"] for playlist in client.get(f"{API}/lists").json()["lists"]]
    assert (sound, again, names) == ((201, 200), (201, 200), ["After", "Before"])
    assert [(answer.status_code, answer.json()["title"]) for answer in (*damaged, written)] == [
        (503, "The library is damaged")
    ] * (len(damaged) + 1)
    assert damaged
    assert (ready.status_code, ready.json()) == (503, {"status": "the library is damaged"})


def test_damaged_jobs_refuse_no_writes(made: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.map4"
    link.symlink_to(made)
    with client_of(link) as client:
        Path(f"{made}.jobs").write_bytes(b"damaged" * 1000)
        jobs = client.get(f"{API}/jobs")
        written = client.post(f"{API}/lists", json={"name": "New", "tracks": [file_id(1)]})
    assert (jobs.status_code, f"in {made.name}.jobs can't be read" in jobs.json()["detail"]) == (503, True)
    assert written.status_code == 201


@pytest.mark.parametrize("message", ["{} is odd", "remains of {}: {}.jobs", "can't open '{}'"])
def test_messages_name_no_folder_of_the_library(made: Path, message: str) -> None:
    def fail(library: Library, asked: RequestInput) -> dict[str, Any]:
        raise LibraryWriteError(message.replace("{}", str(made)))

    route = Route("GET", "/odd", "read", "Odd.", fail, answer="stats")
    with client_of(made, routes=(route,)) as client:
        assert client.get(f"{API}/odd").json()["detail"] == message.replace("{}", made.name)


@pytest.mark.contract
@pytest.mark.parametrize(("name", "title"), [("SIGBUS", "The library is damaged"), ("SIGKILL", "A process of the")])
def test_ended_process_is_an_error_of_the_server(made: Path, name: str, title: str) -> None:
    class EndedLibrary(LibraryProcess):
        def _answer(self, question: Any, progress: Any) -> Any:
            self._ended = name
            raise EOFError

    ended = EndedLibrary(partial(Library.open, made), settings_of(made), print)
    with pytest.raises(Map4Error) as raised:
        ended.acting_as(Actor.LOCAL)("question")
    problem = problem_of(raised.value)
    assert (problem.status_code, title in bytes(problem.body).decode()) == (503, True)


def test_request_of_a_disconnected_client_is_abandoned(made: Path) -> None:
    begun, over, sent = threading.Event(), threading.Event(), list[Message]()

    def count(library: Library, asked: RequestInput) -> dict[str, Any]:
        begun.set()
        assert over.wait(20)
        return {}

    async def receive() -> Message:
        if not begun.is_set():
            return {"type": "http.request"}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    route = Route("GET", "/long", "read", "Long.", count, answer="stats", queue="worker")
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"{API}/long",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    with client_of(made, routes=(route,)) as client:
        client.portal.call(client.app, scope, receive, send)
        over.set()
    assert sent[0]["status"] == 499
