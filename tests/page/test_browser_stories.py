"""Stories in Chromium and in Firefox, written once in stories/ for puppeteer-core, each run here with its library."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras
from mixable_tracks import make_mixable_library
from page_world import KEY, Served, make_songs
from quarantines import copy_of, put_roots, scanned, write_sound
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = pytest.mark.world

HERE = Path(__file__).parent
COMMANDS = {"chrome": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
NAMES = {"chrome": "Chromium", "firefox": "Firefox"}
# Firefox has no phone here.
WAYS = [("chrome", "mouse"), ("chrome", "touch"), ("chrome", "keys"), ("firefox", "mouse"), ("firefox", "keys")]
PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """A browser that runs stories, and where it puts what it downloads."""

    process: "subprocess.Popen[str]"
    downloads: Path

    def _exchange(self, about: dict[str, Any] | None) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(about) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline() or '{"failed": "the browser ended"}')
        return answer

    def run(self, served: Served, story: str, hand: str, about: dict[str, Any]) -> None:
        answer = self._exchange({"story": story, "hand": hand, "port": served.port, **about})
        while answer.get("ask") == "restart":
            served.stop()
            served.start()
            answer = self._exchange({})
        if answer["failed"]:
            pytest.fail(answer["failed"], pytrace=False)


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = next((found for name in COMMANDS[request.param] if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"needs {NAMES[request.param]}, which is not installed")
    if shutil.which("node") is None or not (HERE / "node_modules" / "puppeteer-core").is_dir():
        pytest.skip("needs node and puppeteer-core: make checks-of-page")
    downloads = tmp_path_factory.mktemp("downloads")
    command = ["node", HERE / "stories" / "run.mjs", request.param, path, downloads]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        browser = Browser(process, downloads)
        yield browser
        assert process.stdin is not None
        process.stdin.close()


# ---- the library of each story --------------------------------------------------------------------


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_songs(tmp_path_factory.mktemp("songs"))


def _songs(served: Served, songs: Path) -> dict[str, Any]:
    served.path.write_bytes((songs / "library.map4").read_bytes())
    served.music = songs / "music"
    return {"key": KEY}


def _albums(served: Served, songs: Path) -> dict[str, Any]:
    with closing(SqliteStore(str(served.path))) as store:
        for number in range(180):
            album = number // 3
            put_track(
                store, number, artist=f"Artist {album % 20:02}", title=f"Song {number:03}", album=f"Album {album:02}",
                genre=("House", "Techno")[album % 2], path=f"/music/{album:02}/{number:03}.mp3",
            )  # fmt: skip
    return {"key": KEY}


def _people(served: Served, songs: Path) -> dict[str, Any]:
    with Library.open(served.path) as library:
        library.accounts.add("Ann", password=PASSWORD)
    with closing(SqliteStore(str(served.path))) as store:
        for number in range(3):
            put_track(store, number, title=f"Song {number}", bpm=120.0 + number)
    return {"name": "Ann", "password": PASSWORD}


def _collection(served: Served, songs: Path) -> dict[str, Any]:
    about = _songs(served, songs)
    file = served.folder / "collection.xml"
    file.write_text(
        '<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="7.0"/><COLLECTION Entries="1">'
        '<TRACK TrackID="1" Name="0" TotalTime="20" AverageBpm="99" Rating="255" '
        'Location="file://localhost/there/alpha.wav"/></COLLECTION></DJ_PLAYLISTS>'
    )
    return {**about, "file": str(file), "moved": f"/there={served.music}"}


def _mixable(served: Served, songs: Path) -> dict[str, Any]:
    make_mixable_library(served.path, 34)
    return {"key": KEY}


def _copies(served: Served, songs: Path) -> dict[str, Any]:
    kept, other = write_sound(served.music / "a.wav"), served.music / "other" / "b.wav"
    copy_of(kept, other)
    scanned(served.path, kept, other)
    put_roots(served.path, served.music)
    return {"key": KEY, "kept": str(kept), "other": str(other)}


# The function that prepares its library, and the module of the story.
OWN = HERE / "stories" / "stories.mjs"
STORIES: dict[str, tuple[Callable[[Served, Path], dict[str, Any]], Path]] = {
    "browse": (_songs, OWN), "hear": (_songs, OWN), "similar": (_songs, OWN), "albums": (_albums, OWN),
    "logIn": (_people, OWN), "collection": (_collection, OWN), "duplicates": (_copies, OWN), "cue": (_songs, OWN),
    "set": (_mixable, OWN),
    **{name: (_songs, module) for name, module in chain(*of_extras("BROWSER_STORIES", module="stories"))},
}  # fmt: skip


CASES = [(*way, story) for way in WAYS for story in STORIES if story != "set" or way[1] == "keys"]


@pytest.mark.parametrize(("browser", "hand", "story"), CASES, indirect=["browser"], scope="module")
def test_story_passes_in_chromium_and_firefox(
    browser: Browser, story: str, hand: str, songs: Path, tmp_path: Path
) -> None:
    (tmp_path / "music").mkdir()
    with ExitStack() as ends:
        served = Served(tmp_path, tmp_path / "music")
        prepare, module = STORIES[story]
        about = prepare(served, songs)
        ends.callback(served.stop)
        served.start()
        browser.run(served, story, hand, {**about, "module": module.as_uri(), "downloads": str(browser.downloads)})
