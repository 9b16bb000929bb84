"""Every view, in a real browser, of a library whose texts try to be more than texts."""

import contextlib
from itertools import chain
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, browser, expect
from extra_cases import of_extras
from libraries import number_files
from live_server import serving
from made_library import TRACKS, analysis_of, put
from report_tracks import NASTY

from map4.core.music.track.tags import Tags
from map4.errors import UsageError
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

TEXTS = (*NASTY, '<img src=x onerror="window.hit=1">', "👩‍🎤 ‏שלום‎ مرحبا", "a/b\\c:d")
NONE_IN_PATHS = str.maketrans({"/": "⁄", "\0": "", "\ud800": "\udce9"})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "library.map4"
    with Library.open(path):
        pass
    for number in range(TRACKS):
        text = TEXTS[number % len(TEXTS)]
        tags = Tags(title=text, artist=text, album=text, genre=text, comment=text, label=text)
        name = f"/music/{text.translate(NONE_IN_PATHS)[:80]}/{text.translate(NONE_IN_PATHS)[:80]}{number}.mp3"
        put(path, number, analysis_of(number), name=name, tags=tags if number % 4 else Tags(comment="none"))
    number_files(path)
    with Library.open(path) as opened:
        made = opened.playlist([], n=8, relax=True).to_tracklist()
        for text in TEXTS:
            with contextlib.suppress(UsageError):  # what no list can be called
                opened.lists.save(text.replace("/", "⁄")[:100], made)
    return path


@pytest.mark.parametrize("width", [360, 1280])
def test_texts_stay_texts_in_every_view(library: Path, width: int) -> None:
    with Library.open(library) as opened:
        lists = [playlist.id for playlist in opened.lists.stored()][::6]
        tracks = [track.audio_id for track in opened.search("")][::4]
    views = [
        "",
        *chain(*of_extras("ON_PHONE")),
        "lists",
        "mend",
        "tasks",
        *(f"lists/{playlist}" for playlist in lists),
        *(f"tracks/{track}" for track in tracks),
    ]
    with browser() as tab, serving(library) as port:
        page, wrong = tab.page, list[str]()
        page.set_viewport_size({"width": width, "height": 740})
        for view in views:
            page.goto(f"http://127.0.0.1:{port}/{view}")
            expect(page.locator("main:not([aria-busy]) > :not([hidden]) :is(h1, h2)").first).to_be_attached()
            page.wait_for_timeout(400)  # what comes behind the first answer
            wrong += _wrong(tab, view, width)
        assert wrong == []


def _wrong(tab: Tab, view: str, width: int) -> list[str]:
    """What a view says on the console, runs, or lets stick out."""
    messages = [message for message in tab.said if "status of 40" not in message]  # no file is there
    tab.said.clear()
    if tab.run(
        "window.hit || document.querySelectorAll('img[src=x], img[src^=file], script:not([src], [type])').length"
    ):
        messages.append("runs")
    if turned := tab.run("document.body.innerText.match(/.{0,20}[\\p{Bidi_C}\x1b\x9b].{0,20}/u)"):
        messages.append(f"{turned} turned")
    if (wide := tab.run("Math.max(...[document.documentElement, ...document.querySelectorAll('main, main > *')]"
                        ".map((one) => one.scrollWidth))")) > width:  # fmt: skip
        messages.append(f"{wide} wide")
    return [f"{view}: {message}" for message in messages]
