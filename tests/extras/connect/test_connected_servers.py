"""Real servers: supysonic, another program, and map4 itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio_files import make, noise
from live_server import serving

from map4 import Library
from map4.accounts.sealing import KEY_FILE_VARIABLE
from map4.plugins import inline_lanes

pytestmark = pytest.mark.world


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for number in range(6):
        path = tmp_path / "music" / f"Artist {number % 2}" / "Album" / f"{number:02} Title {number}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path, noise(3.0 + number, seed=number))
        tags: Any = mutagen.File(path, easy=True)  # type: ignore[attr-defined]
        tags.update({"artist": f"Artist {number % 2}", "title": f"Title {number}", "album": "Album"})
        tags.save()
    return tmp_path / "music"


@pytest.fixture
def library(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "secret.key"))
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as found:
        found.scan([music])
        yield found


def keep(library: Library, titles: list[int]) -> None:
    tracks = [track for number in titles for track in library.search(f'title:="Title {number}"')]
    known = {playlist.name for playlist in library.lists.stored()}
    name = "Friday" if "Friday" in known else None
    content = library.lists.in_order(name, tracks)
    library.lists.change("Friday", content) if name else library.lists.save("Friday", content)


def test_another_map4_can_be_mapped(library: Library, music: Path, tmp_path: Path, zone: Callable[[str], None]) -> None:
    zone("Asia/Tokyo")  # servers tell times in UTC
    other = tmp_path / "other.map4"
    with Library.open(other, lanes=inline_lanes) as theirs:
        theirs.scan([music])
    with serving(other, music) as port:
        made = library.connections.add("other", f"http://127.0.0.1:{port}", login="ann", secret="any")
        assert (made.sign_in, made.server.type) == ("token", "map4")
        assert library.connections.map().matches == {"path": 6}
        for titles, status in (([3, 1, 2], "made"), ([3, 1, 2], "unchanged"), ([0, 5], "written")):
            keep(library, titles)
            assert library.connections.push(["Friday"])[0].status == status
        with Library.open(other) as theirs:
            assert [track.title() for track in theirs.lists.read_stored("Friday").tracks()] == ["Title 0", "Title 5"]
            theirs.set(list(theirs.search("title:2")), rating=3)
            [track] = theirs.search('title:="Title 4"')
            for hour in (3, 5):
                theirs.plays.add(track, at=datetime(2026, 1, 2, hour, tzinfo=UTC))
        done = [library.connections.pull() for _ in range(2)]
        assert [(report.ratings, report.plays, report.counts) for report in done] == [(1, 1, 1), (0, 0, 0)]
        assert [(play.title, play.at) for play in library.plays.page().plays] == [("Title 4", "2026-01-02T05:00:00Z")]
        assert [(track.title(), track.play_count()) for track in library.search("plays:1..")] == [("Title 4", 2)]
