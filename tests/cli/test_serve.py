"""`map4 serve`, as a real process on a real socket of this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest
from conftest import Run, write_clicks
from started import Start

from map4.errors import Map4Error
from map4.library import Library
from map4.server.serving import listen
from map4.server.settings import ServerSettings

pytestmark = pytest.mark.contract


def _get(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    return _request(port, "GET", path, None, headers)


def _request(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Host": f"localhost:{port}", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_server_answers_until_sigterm(start: Start, map4: Run, tmp_path: Path) -> None:
    process, port = start()
    second = map4("serve", "--port", "0")
    assert second.returncode == 75
    assert second.stderr.startswith("map4: 'map4 serve' already runs for")
    following = HTTPConnection("127.0.0.1", port, timeout=10)
    following.request("GET", "/api/v1/events", headers={"Host": "localhost"})
    stream = following.getresponse()
    assert _get(port, "/health")[0] == 200
    assert _get(port, "/health", Host="evil.example")[0] == 421
    status, body = _get(port, "/api/v1/search?q=")
    assert (status, json.loads(body)["tracks"]) == (200, [])
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert _request(port, "POST", "/api/v1/tracks/analyze", b"no form", form)[0] == 400
    with socket.create_connection(("127.0.0.1", port)) as idle:  # nobody waits for one who asks nothing
        process.send_signal(signal.SIGTERM)
        assert process.wait(9) == 143  # sooner than requests are given
        assert re.fullmatch(rb"retry: 2000\n\n(id: \d+-\d+\n\n)+", stream.read())
        assert idle.recv(1) == b""
    assert not list(tmp_path.glob("*-wal"))  # all is in the library
    assert process.stderr.read() == ""  # what strangers send wrong is not logged


@pytest.mark.world
def test_serve_with_music_scans_it_into_a_new_library(start: Start, music: Path) -> None:
    _, port = start("--music", music)
    for _ in range(100):
        [job] = json.loads(_get(port, "/api/v1/jobs")[1])["jobs"] or [{"id": "", "kind": "scan", "status": "pending"}]
        if job["status"] == "completed":
            break
        _get(port, f"/api/v1/jobs/{job['id']}?wait=5") if job["id"] else time.sleep(0.1)
    assert (job["kind"], job["status"], job["options"]["files"]) == ("scan", "completed", [str(music)])
    assert len(json.loads(_get(port, "/api/v1/search?q=")[1])["tracks"]) == 4


@pytest.mark.world
@pytest.mark.parametrize(
    ("number", "ends_itself", "status", "code"), [(signal.SIGTERM, True, 200, 143), (signal.SIGINT, False, 503, 130)]
)
def test_running_request_is_answered_unless_a_second_signal_comes(
    start: Start, number: signal.Signals, ends_itself: bool, status: int, code: int
) -> None:
    process, port = start()
    body = b'{"query": ""}'
    head = f"POST /api/v1/search/advanced HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as running:
        running.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        assert _get(port, "/health")[0] == 200  # so that the other has begun
        process.send_signal(number)
        while _is_listening(port):
            time.sleep(0.01)
        running.sendall(body[5:]) if ends_itself else process.send_signal(number)
        assert running.recv(1000).startswith(f"HTTP/1.1 {status}".encode())
    assert process.wait(10) == code
    assert not re.search("Traceback|[0-9a-f]{32}", process.stderr.read())  # nor the key


@pytest.mark.world
def test_ctrl_c_twice_at_once_stops_the_server_normally(tmp_path: Path) -> None:
    program = (  # the second comes while the first is being taken
        "import os, signal, sys, threading; from map4.cli.main import main; begin = threading.Timer.start; "
        "threading.Timer.start = lambda one: (setattr(threading.Timer, 'start', begin), "
        "os.kill(os.getpid(), signal.SIGINT), begin(one)); main(sys.argv[1:])"
    )
    arguments = ["serve", "--port", "0", "--library", str(tmp_path / "library.map4")]
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True)
    assert "serving on" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert not re.search("Traceback|[0-9a-f]{32}", process.stderr.read())  # nor the key


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.world
def test_open_option_shows_the_page_in_a_browser(start: Start, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shown}.part && mv {shown}.part {shown}\n')
    browser.chmod(0o755)
    process, port = start("--open", env={"BROWSER": str(browser)})
    until = time.monotonic() + 10
    while not shown.exists() and time.monotonic() < until:
        time.sleep(0.02)
    page = re.escape(f"http://localhost:{port}/#key=") + "[0-9a-f]{32}"
    assert re.fullmatch(page, shown.read_text())
    process.send_signal(signal.SIGINT)
    assert "key" not in process.communicate(timeout=10)[1]  # which may be a log


@pytest.mark.world
def test_open_without_a_browser_is_reported(start: Start) -> None:
    process, _ = start("--open", env={"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""})
    assert process.stderr.readline() == "map4: no browser found; open the address yourself\n"


@pytest.mark.world
def test_key_is_printed_only_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "map4", "serve", "--port", "0", "--library", tmp_path / "library.map4"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    with open(ours, encoding="utf-8") as terminal:
        lines = [terminal.readline(), terminal.readline()]
        process.terminate()
        process.wait(10)
    assert re.search(r"your own page, .*/#key=[0-9a-f]{32}$", lines[1].rstrip())


def test_taken_port_is_reported_and_leaves_no_file(inside: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = inside("serve", "--port", port)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"map4: port {port} can't be listened on (Address already in use); another server")
    assert not list(tmp_path.glob("*.map4*"))


@pytest.mark.world
def test_port_taken_by_map4_is_recognised(start: Start, tmp_path: Path) -> None:
    _, port = start()
    other = tmp_path / "other.map4"
    with pytest.raises(Map4Error, match="another map4 serve uses it"):
        listen(ServerSettings(library=str(other), open_library=partial(Library.open, other), port=port))


def test_missing_extra_prints_the_command_to_install_it(map4: Run, tmp_path: Path) -> None:
    (tmp_path / "starlette.py").write_text("import no_such_module")
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    done = map4("serve", env={"PYTHONPATH": path})
    assert done.returncode == 2
    assert done.stderr == (
        "map4: map4 serve needs more packages (No module named 'no_such_module'): pip install '.[serve]' in map4's "
        "checkout\n"
    )


@pytest.mark.world
def test_slow_client_is_cut_off_and_others_are_answered(tmp_path: Path) -> None:
    script = (
        "import logging, sys; from functools import partial; from map4.library import Library; "
        "from map4.server.serving import serve; from map4.server.settings import ServerSettings; "
        "lost = 9 * ['socket.send() raised exception.']; "
        "serve(ServerSettings(library=sys.argv[1], open_library=partial(Library.open, sys.argv[1]), port=0, "
        "header_timeout_s=0.5, body_timeout_s=0.5), on_start=lambda address: print(address, flush=True) or "
        "[*map(logging.getLogger('asyncio').warning, lost)])"
    )
    command = [sys.executable, "-c", script, tmp_path / "library.map4"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    port = int(process.stdout.readline().rpartition(":")[2])
    try:
        head = f"POST /api/v1/search/advanced HTTP/1.1\r\nHost: localhost:{port}\r\n".encode()
        json_head = b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        slow = {"headers": head, "body": head + json_head, "nothing": b""}
        clients = {name: socket.create_connection(("127.0.0.1", port), timeout=10) for name in slow}
        for name, sent in slow.items():
            clients[name].sendall(sent)
        assert _get(port, "/health")[0] == 200
        assert clients["headers"].recv(10) == b""
        assert clients["nothing"].recv(10) == b""
        assert b" 408 " in clients["body"].recv(1000)
        for client in clients.values():
            client.close()
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
                answer = b"".join(iter(lambda: client.recv(1000), b""))  # it is closed
            assert answer.startswith(b"HTTP/1.1 400 ")
        for method, is_late in (("HEAD", False), ("HEAD", True), ("GET", True)):  # nor does it end in a traceback
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                head = f"{method} /health HTTP/1.1\r\nHost: localhost:{port}\r\nTransfer-Encoding: chunked\r\n\r\n"
                wrong = b"no number\r\n\r\n"
                client.sendall(head.encode() + (b"" if is_late else wrong))
                begun = client.recv(1) if is_late else b""
                client.sendall(wrong if is_late else b"")
                answer = begun + b"".join(iter(lambda: client.recv(1000), b""))
            assert answer.startswith(b"HTTP/1.1 200 " if is_late else b"HTTP/1.1 400 ")
    finally:
        process.kill()
        _, errors = process.communicate()
    assert errors == "socket.send() raised exception.\nInvalid HTTP request received.\n"  # each of them once


_HANGING = """
import os, re, tempfile
from map4.core.audio.decode import open_audio as open_real
def open_audio(path):
    if path.endswith(".hang"):
        os.close(tempfile.mkstemp(dir=os.environ["BEGUN"])[0])
        re.match(r"(a+)+$", "a" * 60 + "b")
    return open_real(path)
"""


def _sent(port: int, file: Path, name: str) -> socket.socket:
    """A client that has sent a file to be analysed."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode()
    body += file.read_bytes() + b"\r\n--b--\r\n"
    head = f"POST /api/v1/tracks/analyze HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {len(body)}\r\n"
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode() + body)
    return client


@pytest.mark.world
def test_the_analysis_of_an_upload_ends_with_its_client_and_with_the_server(start: Start, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(_HANGING)
    begun, file = tmp_path / "begun", write_clicks(tmp_path / "fine.wav")
    begun.mkdir()
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    process, port = start(env={"MAP4_DECODER": "hanging:open_audio", "PYTHONPATH": path, "BEGUN": str(begun)})

    def wait_for(count: int) -> None:
        while len(os.listdir(begun)) < count:
            time.sleep(0.01)

    clients = [_sent(port, file, "x.hang") for _ in range(4)]
    wait_for(2)  # the others wait for their turn
    for client in clients:
        client.close()
    status = b""
    for _ in range(100):  # it may not have seen all of them go yet
        with _sent(port, file, "fine.wav") as client:
            status = client.recv(12)
        if status == b"HTTP/1.1 200":
            break
        time.sleep(0.05)
    assert status == b"HTTP/1.1 200"
    with _sent(port, file, "x.hang") as client:
        wait_for(3)
        process.send_signal(signal.SIGTERM)
        while socket.socket().connect_ex(("127.0.0.1", port)) == 0:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert client.recv(12) == b"HTTP/1.1 503"
        assert process.wait(10) == 143
