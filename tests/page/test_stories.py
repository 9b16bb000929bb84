"""Stories of one who uses the page, each told by a mouse, by a finger, and by keys alone.

A story pauses twice in its middle, where the page is loaded anew, and then the server ends and starts again: it loses
nothing by that. Stories that pass in Firefox, too, are in `stories/`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from extra_cases import of_extras
from hands import Hand, Keys, Mouse, Touch, middle
from page_world import World, make_songs
from quarantines import WORD_S, put_roots, scanned, write_sound
from stored import put_track
from tagged_files import known, stuffed

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or ""), pytest.mark.world]

# A page whose server is away says so on its console; nothing else is to be there.
AWAY = re.compile(r"ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|NETWORK)")


Story = Iterator[None]


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_songs(tmp_path_factory.mktemp("stories"))


@pytest.fixture(scope="module")
def touched(started: Tab) -> Iterator[Tab]:
    context = started.page.context.browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2,
        color_scheme="dark",
    )  # fmt: skip
    yield Tab(context.new_page())
    context.close()


def curve(world: World) -> Story:
    page = world.open("lists")
    world.press("New set")
    expect(page.get_by_label("Name of the set")).to_have_value("New set")
    yield
    world.press("Make", exact=True)
    expect(page.locator(".place")).to_have_count(20)
    made = world.until(lambda: world.lists()["New set"])
    yield
    hand = page.locator(".curve .hand").nth(2)
    x, y = middle(hand.locator(".knob"))
    world.hand.carry(hand, [(x, y - 60)], ["PageDown"])
    moved = world.until(lambda: (now := world.lists()["New set"]) != made and now)
    expect(page.locator(".place .name b")).to_have_text(moved)


# Whether no part of a row covers another.
APART = """(row) => [...row.children].filter((part) => part.checkVisibility()).map((part) =>
  part.getBoundingClientRect()).every(({ left }, i, all) => !i || left >= all[i - 1].right)"""


def _set(world: World) -> tuple[Any, str, list[str]]:
    world.start()
    of = world.friday()
    world.stop()
    page = world.open(f"lists/{of}")
    expect(page.locator(".place")).to_have_count(5)
    assert page.locator(".place .track").first.evaluate(APART)
    return page, of, world.titles(of)


def _track(page: Any, number: int) -> Any:
    return page.locator(".place .track").nth(number - 1)


def _at_row(world: World, number: int, name: str, key: str) -> None:
    """What stands at a track of the set, or its key."""
    track = _track(world.page, number)
    if isinstance(world.hand, Keys):
        world.hand.reach(world.page.locator(".places .track[tabindex='0']"))
        world.hand.keys("Home", *["ArrowDown"] * (number - 1), key)
    elif name.startswith("."):
        world.hand.press(world.page.locator(".place").nth(number - 1).locator(name))
    else:
        world.hand.press(track.locator(".more"))
        world.act(name)


def replace(world: World) -> Story:
    page, of, before = _set(world)
    _at_row(world, 2, "Lock: keep", "l")
    world.wait_for_toast("is locked")
    yield
    expect(_track(page, 2)).to_have_attribute("aria-label", re.compile(f"^{before[1]} .*, locked"))
    world.press("Shape…")
    world.press("Replace 4 tracks…")
    world.press("Replace", page.get_by_role("dialog"), exact=True)
    world.wait_for_toast("Set regenerated")
    made = world.titles(of)
    assert made[1] == before[1]
    yield
    _at_row(world, 3, "Suggest a replacement", "r")
    expect(page.locator(".slots li")).to_have_count(3)
    chosen = page.locator(".slots li b").first.inner_text()
    world.hand.press(page.locator(".slots li button").first)
    world.wait_for_toast(f"{made[2]} replaced by {chosen}")
    assert world.titles(of) == [*made[:2], chosen, *made[3:]]
    world.undo()
    world.until(lambda: world.titles(of) == made)


def reorder(world: World) -> Story:
    page, of, before = _set(world)
    after = [before[1], before[2], before[0], *before[3:]]
    if isinstance(world.hand, Keys):
        _at_row(world, 1, "", "Alt+ArrowDown")
        world.hand.keys("Alt+ArrowDown")
    else:
        world.hand.carry(_track(page, 1).locator(".handle"), [middle(_track(page, 3), 0.9)], [])
    world.wait_for_toast(f"{before[0]}, place 3 of 5")
    world.until(lambda: world.titles(of) == after)
    yield
    expect(page.locator(".place .name b")).to_have_text(after)
    yield
    _at_row(world, 5, "Remove", "Delete")
    world.until(lambda: world.titles(of) == after[:4])
    world.undo()
    world.until(lambda: world.titles(of) == after)


def joint(world: World) -> Story:
    world.start()
    of = world.friday(*[track["audio_id"] for track in world.ask("search", q="path:wav sort:title")["tracks"]])
    world.stop()
    page = world.open(f"lists/{of}")
    expect(page.locator(".place")).to_have_count(2)
    yield
    expect(page.locator(".place")).to_have_count(2)
    _at_row(world, 1, ".hear", "h")
    bar, sounds = page.get_by_role("region", name="Player"), page.locator(".player-bar .what a")
    expect(sounds).to_have_text("Alpha → Beta")
    yield
    _at_row(world, 1, ".hear", "h")
    expect(sounds).to_have_text("Alpha → Beta")
    expect(world.button("Stop", bar)).to_be_visible()
    world.press("Stop", bar)
    expect(world.button("Stop", bar)).to_have_count(0)
    with page.expect_response(lambda answer: "/strip?" in answer.url and answer.ok):
        _at_row(world, 1, ".onward .joint", "i")
    expect(page.locator(".joint-box .grip.leave")).to_be_visible()


def _alpha(world: World) -> tuple[Any, str]:
    with Library.open(world.path) as library:
        [track] = library.search("title:=Alpha")
    return world.open(f"tracks/{track.audio_id}"), str(track.audio_id)


def tempo(world: World) -> Story:
    page, of = _alpha(world)
    bpm = lambda: world.ask(f"tracks/{of}")["tempo"]["bpm"]  # noqa: E731
    first = bpm()
    assert first == pytest.approx(120, abs=0.1)
    world.press("Half the tempo")
    world.until(lambda: bpm() == first / 2)
    yield
    field = page.get_by_role("textbox", name="Tempo")
    expect(field).to_have_value(re.compile("^(60|59[.]9)"))
    yield
    world.hand.write(field, "124")
    page.keyboard.press("Enter")
    world.until(lambda: bpm() == 124)
    world.undo()
    world.until(lambda: bpm() == first / 2)


def tempo_range(world: World) -> Story:
    with closing(SqliteStore(str(world.path))) as store:
        put_track(store, 900, title="Doubt", genre="House", bpm=170.0, tempo_confidence=0.4, half_confidence=0.3)
    page = world.open("mend?check=tempo_doubtful")
    bpm = lambda: world.ask("search", q="title:=Doubt")["tracks"][0]["tempo"]["bpm"]  # noqa: E731
    set_ranges = lambda: {row["query"]: row["range"] for row in world.ask("tempo-ranges")["ranges"]}  # noqa: E731
    world.press("Set a tempo range…")
    form = page.get_by_role("dialog", name="Tempo ranges")
    expect(form.get_by_text("No range is set")).to_be_visible()
    world.hand.choose(form.get_by_label("For"), "a genre or another query")
    world.hand.write(form.get_by_label("Query"), "genre:house")
    world.press("Set the range", form)
    world.wait_for_toast("genre:house: 80..159 BPM")
    assert (set_ranges(), bpm()) == ({"genre:house": "80..159"}, 85.0)
    yield
    world.hand.press(page.get_by_role("link", name="Settings"))
    world.press("Tempo ranges of the library…")
    expect(form.get_by_role("listitem")).to_contain_text("80..159 for genre:house")
    world.hand.write(form.get_by_label("BPM"), "60..119")
    world.press("Set the range", form)
    world.wait_for_toast("all tracks: 60..119 BPM")
    assert set_ranges() == {"": "60..119", "genre:house": "80..159"}
    world.undo()
    assert (set_ranges(), bpm()) == ({"genre:house": "80..159"}, 85.0)
    yield
    world.press("Tempo ranges of the library…")
    world.press("Undo the last change", form)
    expect(form.get_by_text("No range is set")).to_be_visible()
    assert (set_ranges(), bpm()) == ({}, 170.0)


def tags(world: World) -> Story:
    file = stuffed(world.music / "one.mp3")
    world.path.unlink()
    known(world.path, file)
    before = file.read_bytes()
    page = world.open("mend?check=write-tags")
    yield
    world.press("Write tags…")
    form = page.get_by_role("dialog", name="Write tags")
    world.hand.press(form.get_by_label("energy"))
    world.press("Preview the changes", form)
    expect(form.get_by_role("listitem")).to_contain_text("energy")
    assert file.read_bytes() == before
    world.press("Write 1 file", form)
    world.wait_for_toast("Tags of 1 file written")
    assert file.read_bytes() != before
    yield
    world.press("Restore the files written")
    world.press("Restore 1 file", page.get_by_role("dialog"))
    world.wait_for_toast("1 file restored")
    assert file.read_bytes() == before


def scan(world: World) -> Story:
    (world.music / "House").mkdir()
    for number in range(2):
        write_sound(world.music / "House" / f"{number}.wav", seed=number + 1, seconds=2.0)
    world.path.unlink()
    with Library.open(world.path):
        pass
    page = world.open()
    world.press("Choose folders")
    yield
    picker = page.get_by_role("dialog", name="Choose a music folder")
    if not picker.count():
        world.press("Add folder…")
    world.press("‥", picker)
    expect(picker.get_by_text("For other folders, restart the server with map4 serve --music")).to_be_visible()
    world.press(str(world.music), picker)
    world.press("House", picker)
    expect(picker.get_by_text("No folders here")).to_be_visible()
    world.press("Scan this folder", picker)
    yield
    jobs = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    expect(jobs.get_by_text(re.compile("^done"))).to_be_visible(timeout=30_000)
    assert len(world.ask("search", q="")["tracks"]) == 2


def cancel(world: World) -> Story:
    for number in range(40):
        write_sound(world.music / f"{number:02}.wav", seed=number, seconds=60.0)
    world.path.unlink()
    with Library.open(world.path):
        pass
    put_roots(world.path, world.music)
    page = world.open("tasks")
    world.press(f"Scan {world.music}")
    job = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    expect(job.get_by_role("progressbar")).to_be_visible()
    yield
    expect(job.get_by_role("progressbar")).to_be_visible()
    yield
    world.until(lambda: world.ask("search", q="")["tracks"])
    world.press("Cancel", job)
    expect(job).to_contain_text("cancelled", timeout=20_000)
    assert 0 < len(world.ask("search", q="", limit=100)["tracks"]) < 40
    expect(world.button("Try again", job)).to_be_visible()


OF_EXTRAS = chain(*of_extras("STORIES", module="stories"))
STORIES = (scan, curve, replace, reorder, joint, tempo, tempo_range, tags, cancel, *OF_EXTRAS)

OF_SONGS = {joint, tempo}


@pytest.mark.parametrize("kind", [Mouse, Touch, Keys], ids=lambda kind: kind.name)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_story_passes_by_mouse_touch_and_keyboard(
    story: Callable[[World], Story], kind: type[Hand], started: Tab, touched: Tab, songs: Path, tmp_path: Path
) -> None:
    tab = touched if kind is Touch else started  # a finger has a phone, in the dark
    if tab is started:
        tab.page.set_viewport_size({"width": 1180, "height": 820})
    with ExitStack() as ends:
        (tmp_path / "music").mkdir()
        music = songs if story in OF_SONGS else tmp_path
        world = World(tmp_path, music / "music", kind(tab), ends)
        world.path.write_bytes((songs / "library.map4").read_bytes())
        ends.callback(tab.page.goto, "about:blank")
        story_steps = story(world)
        next(story_steps)
        assert tab.faults() == []
        world.reload()
        next(story_steps)
        assert tab.faults() == []
        world.restart()
        assert next(story_steps, None) is None
        assert tab.faults() == []
        assert [message for message in tab.said if not AWAY.search(message)] == []


def test_copy_with_a_later_start_plays_from_the_same_place(started: Tab, tmp_path: Path) -> None:
    first, late = (write_sound(tmp_path / "music" / f"{name}.wav", seed=at, seconds=30.0)
                   for at, name in enumerate(("first", "late")))  # fmt: skip
    scanned(tmp_path / "library.map4", first)
    scanned(tmp_path / "library.map4", late, lag_words=30)
    with ExitStack() as ends:
        world = World(tmp_path, tmp_path / "music", Mouse(started), ends)
        page = world.open("mend?check=copies")
        world.press(f"Play {first}")
        time = page.get_by_role("region", name="Player").locator(".time")
        expect(time).to_have_text(re.compile("0:01 /"))
        world.press(f"Play {late}")
        expect(time).to_have_text(re.compile(rf"0:{round(30 * WORD_S) + 1:02} /"))
        page.goto("about:blank")
