"""Thumbnails of covers: got once for an album whose files have none, kept on this machine, and shown from there."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extras.lookup.lookup_runs import ALBUM, Run, opened
from extras.lookup.musicbrainz_server import polar
from PIL import Image
from service_double import Server, Turn, serving
from service_faults import FAULTS

from map4 import Library
from map4.extras.lookup.covers import clear_lookups
from map4.search.covers import may_have_covers

pytestmark = pytest.mark.contract


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (250, 250), (200, 30, 30)).save(out, "JPEG")
    return out.getvalue()


JPEG = _picture()


class Covers:
    """The Cover Art Archive: it sends to another address, where the picture is."""

    def __init__(self) -> None:
        self.release_ids = {*polar().releases}

    def answer(self, turn: Turn) -> tuple[int, Any]:
        release_id = turn.path.removeprefix("/release/").removesuffix("/front-250")
        if turn.path.startswith("/pictures/"):
            return 200, JPEG
        return (307, b"") if release_id in self.release_ids else (404, {"error": "no cover"})


def send_on(turn: Turn) -> None:
    status, _ = turn.server.catalogue.answer(turn)
    if status == 307:
        turn.send(307, b"", location=f"{turn.server.url}/pictures/1.jpg")
    else:
        turn.good()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """An album that was found at MusicBrainz."""
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with serving(polar()) as server, opened(tmp_path, ALBUM) as library:
        assert Run(library, server.url, tmp_path).statuses == ["accepted"] * 4
        yield library


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Covers(), send_on) as found:
        yield found


def look_up(library: Library, server: Server, folder: Path, **options: Any) -> Run:
    return Run(library, server.url, folder, provider="coverart", **options)


def test_one_cover_is_fetched_for_an_album_and_removed_with_lookups(
    library: Library, server: Server, tmp_path: Path
) -> None:
    path = "/music/1.mp3"
    assert library.files.cover(path) is None
    assert may_have_covers(["/music"]) == [None]
    run = look_up(library, server, tmp_path)
    assert run.statuses == ["accepted"] * 4
    assert [turn.path.rpartition("/")[2] for turn in server.turns] == ["front-250", "1.jpg"]
    assert "map4/" in server.turns[0].agent
    picture = library.files.cover(path)
    assert (picture.data, picture.media_type) == (JPEG, "image/jpeg")
    assert may_have_covers(["/music"]) == [1]
    assert look_up(library, server, tmp_path).statuses == ["known"] * 4
    assert len(server.turns) == 2
    assert "coverart" not in str(library.track(path).to_record()["metadata"])
    kept = list(tmp_path.rglob("covers/*"))
    assert [path.read_bytes() for path in kept] == [JPEG]
    look_up(library, server, tmp_path)
    clear_lookups(print)
    assert library.files.cover("/music/1.mp3") is None


def test_reports_show_stored_covers_unless_disabled(library: Library, server: Server, tmp_path: Path) -> None:
    def page(**options: str) -> str:
        library.export(out := io.BytesIO(), to="html", template="dj_setlist", more=options)
        return out.getvalue().decode()

    assert "<img class=" not in page()
    look_up(library, server, tmp_path)
    assert page().count('<img class="cover" alt="" src="data:image/jpeg;base64,') == 4
    assert "<img class=" not in page(covers="no")


def test_album_without_a_cover_is_requested_once(library: Library, server: Server, tmp_path: Path) -> None:
    server.catalogue.release_ids.clear()
    assert look_up(library, server, tmp_path).statuses == ["none"] * 4
    assert look_up(library, server, tmp_path).statuses == ["known"] * 4
    assert len(server.turns) == 1
    assert library.files.cover("/music/1.mp3") is None
    assert look_up(library, server, tmp_path, force=True).statuses == ["none"] * 4


def test_covers_are_requested_after_musicbrainz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving(polar()) as first, serving(Covers(), send_on) as second, opened(tmp_path, ALBUM) as library:
        settings = {"contact": "me@example.org", "interval_s": 0.0}
        summary = library.lookups.run(
            providers=["coverart", "musicbrainz"],
            settings={"musicbrainz": {"url": first.url, **settings}, "coverart": {"url": second.url, **settings}},
            answers=str(tmp_path / "answers"), rates=str(tmp_path / "rates"),
        )  # fmt: skip
        assert summary.accepted == 8
        assert summary.requests == {"coverart": 1, "musicbrainz": 9}


@pytest.mark.parametrize("name", ["429 with a time", "HTML", "trickles"])
def test_fault_keeps_covers_already_fetched(name: str, library: Library, server: Server, tmp_path: Path) -> None:
    server.act = FAULTS[name]
    run = look_up(library, server, tmp_path, moment_s=0.15 if name in ("hangs", "trickles") else 60.0)
    assert run.statuses == ["failed"] * 4
    assert all(line.isprintable() for line in run.told)
    assert len(run.summary.failures) == 1
    assert not [*tmp_path.rglob("covers/*")]
    assert library.track("/music/1.mp3").label() == "Warp"
