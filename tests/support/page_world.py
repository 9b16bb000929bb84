"""A library with its server, and the page of it in somebody's hand."""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import soundfile
from browser import expect
from hands import Hand, Keys, Touch, middle
from live_server import listening
from playlist_library import make_playlist_library
from servers import settings_of
from signals import RATE_HZ, beat_times, click, mix, place, sine

from map4.library import Library
from map4.plugins import inline_lanes
from map4.server.app import make_app

KEY = "0123456789abcdef" * 2
SONG_S = 20.0


def make_songs(folder: Path) -> Path:
    """A library of sixty tracks that are made up and two whose files are there, in `music`."""
    (folder / "music").mkdir()
    make_playlist_library(folder / "library.map4")
    drum = sine(60.0, 0.12, level=0.4) * np.linspace(1.0, 0.0, round(0.12 * RATE_HZ), dtype=np.float32)
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        for name, bpm, hz in (("alpha", 120.0, 1000), ("beta", 123.0, 1500)):
            times_s = beat_times(bpm, SONG_S - 0.3, first_beat_s=0.28)
            sound = mix(place(click(frequency_hz=hz, level=0.3), times_s, SONG_S), place(drum, times_s[::4], SONG_S))
            soundfile.write(folder / "music" / f"{name}.wav", sound, RATE_HZ)
            library.scan([folder / "music" / f"{name}.wav"], jobs=1)
            library.set([folder / "music" / f"{name}.wav"], title=name.title())
    return folder


class Served:
    """A library of its own, and its server."""

    def __init__(self, folder: Path, music: Path) -> None:
        self.folder, self.path, self.music = folder, folder / "library.map4", music
        self._server, self.port = ExitStack(), 0

    def start(self) -> None:
        opened = lambda: Library.open(self.path, lanes=self.lanes)  # noqa: E731
        settings = settings_of(self.path, self.music, key=KEY, open_library=opened)
        self.port = self._server.enter_context(listening(make_app(settings), self.port))

    lanes: Any = staticmethod(inline_lanes)

    def stop(self) -> None:
        self._server.close()


class World(Served):
    """The same, and the page in the hand."""

    def __init__(self, folder: Path, music: Path, hand: Hand, ends: ExitStack) -> None:
        super().__init__(folder, music)
        self.hand, self.page, self._ends = hand, hand.page, ends

    def open(self, address: str = "") -> Any:
        self._ends.callback(self.stop)
        self.start()
        self.page.goto("about:blank")
        self.hand.tab.said.clear()
        self.page.goto(f"http://127.0.0.1:{self.port}/{address}#key={KEY}")
        expect(self.page.locator("main").get_by_role("heading", level=1)).to_be_attached()
        return self.page

    def reload(self) -> None:
        self.page.reload()
        expect(self.page.locator("main").get_by_role("heading", level=1)).to_be_attached()

    def restart(self) -> None:
        """The server ends and is there again; the page takes up by itself."""
        self.stop()
        self.start()
        expect(self.page.locator("button.waiting", has_text="Offline")).to_be_hidden(timeout=60_000)

    def ask(self, path: str, **params: Any) -> Any:
        answer = httpx2.get(f"http://127.0.0.1:{self.port}/api/v1/{path}", params=params)
        answer.raise_for_status()
        return answer.json()

    def until(self, condition: Callable[[], Any]) -> Any:
        """What the server knows in the end."""
        deadline = time.monotonic() + 90  # passes at once on an idle machine
        while not (found := condition()) and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
        assert found
        return found

    def button(self, name: str | re.Pattern[str], within: Any = None, *, exact: bool = False) -> Any:
        return (within or self.page).get_by_role("button", name=name, exact=exact)

    def press(self, name: str | re.Pattern[str], within: Any = None, *, exact: bool = False) -> None:
        self.hand.press(self.button(name, within, exact=exact).first)

    def act(self, name: str | re.Pattern[str]) -> None:
        """Press an act of the open menu."""
        self.hand.press(self.page.get_by_role("menu").get_by_role("menuitem", name=name).first)

    def wait_for_toast(self, text: str) -> None:
        expect(self.page.locator(".toast [role=status]")).to_contain_text(text, timeout=60_000)

    def undo(self) -> None:
        if isinstance(self.hand, Keys):
            self.hand.keys("Tab")
            while self.page.evaluate("document.activeElement.matches('input, textarea, select')"):
                self.hand.keys("Tab")  # a field has an undo of its own
            self.hand.keys("Control+z")
        else:
            self.press("Undo", self.page.locator(".toast"))
        self.wait_for_toast("Undone")

    def row(self, title: str) -> Any:
        return self.page.locator("main table.tracks tbody tr", has=self.page.get_by_text(title, exact=True))

    def pick(self, row: Any) -> None:
        """One more row of the table, besides what is selected."""
        row.scroll_into_view_if_needed()
        if isinstance(self.hand, Touch):
            self.hand.rest_on(*middle(row.locator(".title")))
        else:
            row.locator(".title").click(modifiers=["Control"])

    def lists(self) -> dict[str, list[str]]:
        found = self.ask("lists")["lists"]
        return {playlist["name"]: self.titles(playlist["id"]) for playlist in found}

    def titles(self, of: str) -> list[str]:
        return [pick["track"]["tags"]["title"] for pick in self.ask(f"lists/{of}")["picks"]]

    def friday(self, *tracks: str) -> str:
        """The id of a list of five tracks, or of these."""
        base = f"http://127.0.0.1:{self.port}/api/v1"
        ids = tracks or [track["audio_id"] for track in self.ask("search", q="artist:Artist", limit=5)["tracks"]]
        answer = httpx2.post(f"{base}/lists", json={"name": "Friday", "tracks": list(ids)})
        answer.raise_for_status()
        return str(answer.json()["id"])
