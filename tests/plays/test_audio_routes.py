"""Audio over HTTP: ranges as players ask for them, conversions, and files that are sent."""

import asyncio
import io
import os
import shutil
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import live_server
import numpy as np
import pytest
import soundfile
from conftest import write_clicks
from lanes import sampled
from PIL import Image
from servers import client_of
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from map4.core.audio.mixdown import stretch
from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.audio.tags import read_file_tags, read_tags
from map4.core.audio.tags.pictures import embedded_cover
from map4.core.music.analysis.audio import ConvertedFormat
from map4.errors import UsageError
from map4.library import Library
from map4.plugins import inline_lanes
from map4.server.answers import FileAnswer, Responses


@pytest.fixture
def audio_address(listener: TestClient) -> str:
    """The address of a track's audio."""
    [address, *_] = listener.get("/api/v1/search", params={"q": "three"}).json()["ids"]
    return f"/api/v1/tracks/{address}/audio"


def test_file_is_sent_unchanged(listener: TestClient, audio_address: str, scanned_music: Path) -> None:
    answer = listener.get(audio_address)
    assert answer.content == (scanned_music / "three.wav").read_bytes()
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    head = listener.head(audio_address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(("asked", "first", "last"), [("0-99", 0, 99), ("1000-", 1000, None), ("-100", -100, None)])
def test_ranges(
    listener: TestClient, audio_address: str, scanned_music: Path, asked: str, first: int, last: int | None
) -> None:
    whole = (scanned_music / "three.wav").read_bytes()
    answer = listener.get(audio_address, headers={"Range": f"bytes={asked}"})
    wanted = whole[first:] if last is None else whole[first : last + 1]
    assert (answer.status_code, answer.content) == (206, wanted)
    begins = first % len(whole)
    assert answer.headers["content-range"] == f"bytes {begins}-{begins + len(wanted) - 1}/{len(whole)}"


def test_range_comes_in_pieces_if_requested(listener: TestClient, audio_address: str, scanned_music: Path) -> None:
    whole = (scanned_music / "three.wav").read_bytes()
    for asked, last in (("0-", 999), (f"0-{len(whole) - 1}", 999), ("0-99", 99)):
        answer = listener.get(audio_address, params={"piece": 1000}, headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, whole[: last + 1]), asked
        assert answer.headers["content-range"] == f"bytes 0-{last}/{len(whole)}"
    begin = len(whole) - 10
    answer = listener.get(audio_address, params={"piece": 1000}, headers={"Range": f"bytes={begin}-"})
    assert (answer.status_code, answer.content) == (206, whole[-10:])
    assert listener.get(audio_address, params={"piece": 1000}).content == whole
    assert listener.get(audio_address, params={"piece": 0}).status_code == 400


def test_invalid_range_and_changed_file_are_handled(
    listener: TestClient, audio_address: str, scanned_music: Path
) -> None:
    size = (scanned_music / "three.wav").stat().st_size
    outside = listener.get(audio_address, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    assert listener.get(audio_address, headers={"Range": "lines=0-1"}).status_code == 200  # of a unit that nobody knows
    etag = listener.get(audio_address).headers["etag"]
    assert listener.get(audio_address, headers={"Range": "bytes=0-9", "If-Range": etag}).status_code == 206
    assert listener.get(audio_address, headers={"Range": "bytes=0-9", "If-Range": '"older"'}).status_code == 200
    for more in ({}, {"Range": "bytes=0-9"}):  # what is known is not sent, whatever part of it is asked for
        known = listener.get(audio_address, headers={"If-None-Match": etag, **more})
        assert (known.status_code, known.content) == (304, b"")
    assert listener.head(audio_address, headers={"If-None-Match": etag}).status_code == 304


def test_range_headers_are_parsed_or_ignored(listener: TestClient, audio_address: str) -> None:
    digits = "9" * 5000
    for header, ranges in {
        "bytes=0-9": [(0, 9)], "Bytes=5-": [(5, None)], "bytes=-5": [(None, 5)],
        "bytes=,1-2 ,\t3-": [(1, 2), (3, None)], "bytes=" + "0" * 5000 + "-7": [(0, 7)],
        f"bytes={digits}-": [(10**18 - 1, None)], f"bytes=1-{digits}": [(1, 10**18 - 1)],
        "": [], "bytes": [], "bytes=": [], "lines=0-9": [], "bytes=-": [], "bytes=100-50": [], "bytes=²-": [],
        "bytes=1-٣": [], "bytes=0-9,x": [], "bytes=+1-2": [],
    }.items():  # fmt: skip
        assert Responses.byte_ranges(header) == ranges, header
    for header, status in (
        ("bytes=100-50", 200),
        ("bytes=x", 200),
        (f"bytes={digits}-", 416),
        (f"bytes=1-{digits}", 206),
        ("bytes=1-5,999999999-,-0", 206),
    ):
        for piece in ({}, {"piece": 1000}):
            assert listener.get(audio_address, params=piece, headers={"Range": header}).status_code == status, (
                header,
                piece,
            )


@pytest.mark.parametrize(("form", "media_type"), [("opus", "audio/ogg"), ("mp3", "audio/mpeg"), ("wav", "audio/wav")])
def test_converts_once_with_ranges(
    listener: TestClient, audio_address: str, form: str, media_type: str, own_home: None
) -> None:
    answer = listener.get(audio_address, params={"as": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    sound, rate_hz = soundfile.read(io.BytesIO(answer.content))
    assert len(sound) / rate_hz == pytest.approx(2.0, abs=0.06)
    [made] = (Path(os.environ["XDG_CACHE_HOME"]) / "map4" / "audio").iterdir()
    written = made.stat().st_ino
    begun, answer = answer.content, listener.get(audio_address, params={"as": form})
    assert sum(byte != other for byte, other in zip(begun, answer.content, strict=False)) < 500  # lengths in headers
    assert (len(begun) == len(answer.content)) == (form != "wav")  # whose tags come last
    range_of_it = {"Range": "bytes=10-19", "If-Range": answer.headers["etag"]}
    part = listener.get(audio_address, params={"as": form}, headers=range_of_it)
    assert (part.status_code, part.content) == (206, answer.content[10:20])
    assert made.stat().st_ino == written
    known = listener.get(audio_address, params={"as": form}, headers={"If-None-Match": answer.headers["etag"]})
    assert known.status_code == 304


@pytest.mark.parametrize("form", ["opus", "mp3", "wav"])
def test_conversion_has_tags_cover(sound_library: Path, tmp_path: Path, own_home: None, form: ConvertedFormat) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (900, 900), "red").save(picture, "PNG")
    with Library.open(sound_library, lanes=inline_lanes) as library:
        track = library.track("three")
        music = Path(shutil.copytree(Path(track.path).parent, tmp_path / "own"))
        (music / "cover.png").write_bytes(picture.getvalue())
        library.scan(music, jobs=1)
        library.set(music / "three.wav", title="Tïtle", genre="House")
        library.set(music / "three.wav", album="One", track=3)
        track = library.track(music / "three.wav")
        path = library.files.converted(track, form)
        assert library.files.converted(track, form) == path
        assert {os.stat(way).st_mode & 0o077 for way in (path, os.path.dirname(path))} == {0}
        found, cover = read_file_tags(path), embedded_cover(path)
        assert (found.title, found.genre, found.album, found.track) == ("Tïtle", "House", "One", 3)
        assert found.gain_db == pytest.approx(-18.0 - (track.analysis.loudness.integrated_lufs or 0.0), abs=0.01)
        assert found.album_gain_db == pytest.approx(found.gain_db, abs=0.01)
        assert Image.open(io.BytesIO(cover.data)).size == (600, 600)
        library.set(music / "three.wav", title="Other")
        track = library.track(music / "three.wav")
        assert read_tags(library.files.converted(track, form)).title == "Other"


@pytest.mark.parametrize(("from_s", "to_s"), [(0.0, 0.25), (0.4, 1.337), (1.9, 4.0)])
def test_a_part_is_exact_to_the_sample(
    listener: TestClient, audio_address: str, scanned_music: Path, from_s: float, to_s: float, own_home: None
) -> None:
    whole, rate_hz = soundfile.read(scanned_music / "three.wav", dtype="int16")
    asked = {"as": "wav", "from_s": from_s, "to_s": to_s}
    answer = listener.get(audio_address, params=asked)
    assert answer.headers["content-type"] == "audio/wav"
    sound, its_rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert its_rate_hz == rate_hz
    wanted = whole[round(from_s * rate_hz) : round(to_s * rate_hz)]
    assert len(sound) == len(wanted) > 0
    assert abs(sound.astype(int) - wanted).max() <= 1  # rounded anew
    assert (
        listener.get(audio_address, params=asked, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )


@pytest.mark.skipif(not stretch.TimeStretch.can_keep_pitch(), reason="no package keeps the pitch here")
def test_part_plays_faster_at_its_pitch(listener: TestClient, audio_address: str, own_home: None) -> None:
    sounds = {}
    for speed in (1.0, 1.04):
        answer = listener.get(audio_address, params={"as": "wav", "from_s": 0.5, "to_s": 1.5, "speed": speed})
        sounds[speed], rate_hz = soundfile.read(io.BytesIO(answer.content), always_2d=True)
        assert len(sounds[speed]) == pytest.approx(rate_hz / speed, abs=2)
    as_it_is, faster = (np.abs(np.fft.rfft(sound[:, 0], n=rate_hz)) for sound in sounds.values())
    hz = int(as_it_is.argmax())  # the strongest note of a chord
    assert faster[hz - 2 : hz + 3].max() > 10 * faster[round(1.04 * hz) - 2 : round(1.04 * hz) + 3].max()


def test_parts_of_the_strip_are_finer_and_faster_parts_need_the_extra(
    listener: TestClient, audio_address: str, own_home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: False)
    answer = listener.get(audio_address, params={"as": "wav", "from_s": 0.5, "to_s": 1.5, "speed": 1.04})
    assert (answer.status_code, "'.[stretch]'" in answer.json()["detail"]) == (400, True)
    strip = audio_address.replace("/audio", "/strip")
    whole = listener.get(strip).json()
    assert (whole["schema"], whole["from_s"], len(whole["low"])) == ("map4/strip/1", 0, 400)
    part = listener.get(strip, params={"from_s": 1, "to_s": 1.5, "points": 4096}).json()
    assert (part["from_s"], part["to_s"], len(part["high"])) == (1, 1.5, 100)
    behind = {"from_s": whole["to_s"] + 1}
    for wrong in ({"points": 0}, {"points": 4097}, {"from_s": 2, "to_s": 1}, behind):
        assert listener.get(strip, params=wrong).status_code == 400, wrong


@pytest.mark.parametrize(("asked", "message"), sampled([
    ({"as": "wav", "from_s": 1}, "give from_s and to_s"),
    ({"from_s": 1, "to_s": 2}, "use as=wav"),
    ({"as": "wav", "from_s": -1, "to_s": 2}, "must begin at 0 s or later"),
    ({"as": "wav", "from_s": 1, "to_s": 1}, "end after its beginning"),
    ({"as": "wav", "from_s": "nan", "to_s": 1}, ""),
    ({"as": "wav", "from_s": 0, "to_s": "inf"}, ""),
    ({"as": "wav", "from_s": 0, "to_s": 1, "speed": 3}, "between 0.5 and 2"),
    ({"as": "wav", "from_s": 0, "to_s": 1, "speed": "nan"}, ""),
    ({"as": "wav", "speed": 1.1}, "give from_s and to_s"),
    ({"as": "wav", "from_s": 0, "to_s": 241}, "240 s long at most"),
    ({"as": "wav", "from_s": 60, "to_s": 61}, "after the end of the track, which is 2.0 s long"),
], every=3))  # fmt: skip
def test_invalid_part_of_audio_is_refused(
    listener: TestClient, audio_address: str, asked: dict[str, str], message: str
) -> None:
    answer = listener.get(audio_address, params=asked)
    assert (answer.status_code, message in answer.json()["detail"]) == (400, True), answer.json()


def test_file_outside_the_music_folders_is_refused(sound_library: Path, audio_address: str, tmp_path: Path) -> None:
    with client_of(sound_library, tmp_path) as client:
        answer = client.get(audio_address)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:map4:problem:outside-music")


def test_upload_is_analysed_and_deleted(
    listener: TestClient, sound_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    held.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(held))
    sent = write_clicks(tmp_path / "sent.wav", 132)
    before = sound_library.read_bytes()
    with sent.open("rb") as file:
        form = {"files": {"file": ("../../My Track.wav", file)}, "data": {"beats": "1"}}
        answer = listener.post("/api/v1/tracks/analyze", **form)
    with Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library:
        [track] = library.analyze([sent], store=False, beats=True)
    assert answer.json() == replace(track, path="My Track.wav").to_record(beats=True)
    assert list(held.iterdir()) == []
    assert sound_library.read_bytes() == before
    with Library.open(sound_library) as library:
        assert len(list(library.tracks.all())) == 5


def test_upload_is_stored_on_disk_once(listener: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = tmp_path / "held"
    held.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(held))
    sent = os.urandom(3_000_000)
    seen: list[int] = []

    def decoded(library: Library, paths: list[str], **options: object) -> object:
        seen.extend(path.stat().st_size for path in held.rglob("*") if path.is_file())
        open_files = {
            os.fstat(int(descriptor)).st_ino for descriptor in os.listdir("/dev/fd") if _is_large(int(descriptor))
        }
        seen.append(len(open_files))
        raise UsageError("seen enough")

    monkeypatch.setattr(Library, "analyze", decoded)
    listener.post("/api/v1/tracks/analyze", files={"file": ("x.wav", sent)})
    assert seen == [len(sent), 0]


def _is_large(descriptor: int) -> bool:
    with suppress(OSError):
        return os.fstat(descriptor).st_size == 3_000_000
    return False


def test_upload_is_searched_for_and_forms_answered_like_json(listener: TestClient, scanned_music: Path) -> None:
    sent = (scanned_music / "two.wav").read_bytes()
    answer = listener.post("/api/v1/audio/find-similar", files={"file": ("x.wav", sent)}, data={"by": "mix", "n": "2"})
    assert answer.status_code == 200, answer.json()
    assert len(answer.json()["ids"]) == 2
    assert answer.json()["wanted"] == [{"path": "x.wav"}]  # not where it lay meanwhile
    named = [str(scanned_music / name) for name in ("two.wav", "one.wav")]
    form = [("files", (None, name)) for name in named] + [("n", (None, "1"))]
    answers = [
        listener.post("/api/v1/audio/find-similar", **body)
        for body in ({"files": form}, {"json": {"files": named, "n": 1}})
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    forgotten = listener.post("/api/v1/audio/find-similar", files={"file": (None, "two.wav")})
    assert forgotten.json()["detail"] == "send one file, in the field 'file'"


UPLOAD_ROUTES = ("/api/v1/tracks/analyze", "/api/v1/audio/find-similar")


@pytest.mark.parametrize("route", UPLOAD_ROUTES)
def test_upload_without_sound_is_reported_by_its_own_name(listener: TestClient, route: str) -> None:
    answer = listener.post(route, files={"file": ("poem.txt", b"no sound at all")})
    assert (answer.status_code, answer.json()["code"]) == (422, 3)
    assert "poem.txt" in answer.json()["detail"]
    assert "/tmp" not in answer.text


def test_an_upload_with_hours_of_audio_is_refused(sound_library: Path, scanned_music: Path, tmp_path: Path) -> None:
    sent = write_clicks(tmp_path / "sent.wav", 132).read_bytes()
    with client_of(sound_library, scanned_music, most_upload_s=0.9) as client:
        for route in UPLOAD_ROUTES:
            answer = client.post(route, files={"file": ("x.wav", sent)}).json()
            assert (answer["status"], answer["error_kind"]) == (422, "too_long")
            assert answer["detail"] == (
                "x.wav holds more than 0.00025 h of audio; the server's setting serve.upload_hours allows more"
            )
        music = client.post("/api/v1/tracks/analyze", json={"path": str(scanned_music / "two.wav"), "force": True})
        assert music.status_code == 200  # of the library's own files, any length


def test_a_file_of_the_music_is_analysed_and_stored(sound_library: Path, scanned_music: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    write_clicks(more / "new.wav", 111)
    with client_of(sound_library, more) as client:
        answer = client.post("/api/v1/tracks/analyze", json={"path": str(more / "new.wav")})
        assert answer.json()["state"] == "ok"
        assert client.get(f"/api/v1/tracks/{answer.json()['audio_id']}").status_code == 200
        (more / "link.wav").symlink_to(scanned_music / "one.wav")
        assert client.post("/api/v1/tracks/analyze", json={"path": str(more / "link.wav")}).status_code == 403
        assert client.post("/api/v1/tracks/analyze", json={"path": str(more)}).status_code == 404


@pytest.mark.parametrize("ranges", [b"bytes=0-9,500000-500009", b"bytes=0-", b""])
@pytest.mark.parametrize("goes", ["before it is sent", "while it is sent", "half of it", "grows instead"])
def test_vanished_file_answers_404(tmp_path: Path, goes: str, ranges: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "secret title.wav"
    path.write_bytes(b"x" * 1_000_000)
    sent: list[Message] = []
    if goes == "before it is sent":
        path.unlink()

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.start" and goes == "while it is sent":
            path.unlink()
        if message["type"] == "http.response.start" and goes == "half of it":
            os.truncate(path, 300_000)
        if message["type"] == "http.response.start" and goes == "grows instead":
            os.truncate(path, 1_300_000)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "method": "GET", "headers": [(b"range", ranges)]}
    asyncio.run(FileAnswer(str(path), media_type="audio/wav")(scope, receive, send))
    is_whole = sent[-1]["type"] == "http.response.body" and not sent[-1].get("more_body", False)
    assert is_whole == (goes in ("before it is sent", "grows instead"))
    assert sent[0]["status"] == (404 if goes == "before it is sent" else 206 if ranges else 200)
    assert sum(len(headers.get("body", b"")) for headers in sent) <= 1_000_000
    assert "secret" not in caplog.text + "".join(str(headers) for headers in sent)


@pytest.mark.contract
def test_disconnected_client_is_not_taken_for_a_missing_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "one.wav"
    path.write_bytes(b"x" * 50_000_000)
    app = Starlette(routes=[Route("/", lambda request: FileAnswer(str(path)))])
    app.state.changes = SimpleNamespace(end=lambda: None)
    with live_server.listening(app) as port:
        for header, begin in ((b"", b"200 OK"), (b"Range: bytes=0-9\r\n", b"206 Pa")):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n")
                assert client.recv(15) == b"HTTP/1.1 " + begin
    assert caplog.text == ""
