"""A track in full, in a real browser, of real files: cue points, the grid and the tempo are set by ear, and undone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browser import WHY_NOT, Tab, expect
from live_server import listening
from servers import settings_of
from signals import RATE_HZ, beat_times, click, mix, place, sine

from map4.library import Library
from map4.music.analysis.tapped_tempo import tapped_tempo
from map4.plugins import inline_lanes
from map4.server.app import make_app
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

LONG_S, BPM, FIRST_S = 30.0, 120.0, 0.28
BEAT_S = 60.0 / BPM


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """A library of two songs, and the id of the one that is looked at."""
    folder = tmp_path_factory.mktemp("track")
    (folder / "music").mkdir()
    drum = sine(60.0, 0.12, level=0.4) * np.linspace(1.0, 0.0, round(0.12 * RATE_HZ), dtype=np.float32)
    for name, bpm, hz in (("song.wav", BPM, 1000), ("other.wav", 123.0, 1500)):
        times_s = beat_times(bpm, LONG_S - 0.3, first_beat_s=FIRST_S)
        sound = mix(place(click(frequency_hz=hz, level=0.3), times_s, LONG_S), place(drum, times_s[::4], LONG_S))
        soundfile.write(folder / "music" / name, sound, RATE_HZ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
            library.scan([folder / "music"], jobs=1)
            track = library.track(folder / "music" / "song.wav")
        yield folder / "library.map4", folder / "music", str(track and track.audio_id)


@pytest.fixture(scope="module")
def port(made: tuple[Path, Path, str]) -> Iterator[int]:
    with listening(make_app(settings_of(made[0], made[1]))) as found:
        yield found


@pytest.fixture
def tab(started: Tab, port: int, made: tuple[Path, Path, str]) -> Iterator[Tab]:
    """The track's page, with nothing set."""
    with Library.open(made[0]) as library:
        library.set([made[1] / "song.wav"], unset=["cues", "bpm", "grid"])
    started.said.clear()
    started.page.set_viewport_size({"width": 1280, "height": 900})
    started.page.goto(f"http://127.0.0.1:{port}/tracks/{made[2]}")
    expect(started.page.get_by_role("heading", level=1)).to_have_text("song.wav")
    yield started
    assert started.said == []


def record(tab: Tab, port: int, made: tuple[Path, Path, str]) -> dict[str, Any]:
    answer = tab.page.request.get(f"http://127.0.0.1:{port}/api/v1/tracks/{made[2]}?beats=true&cues=true")
    found: dict[str, Any] = json.loads(answer.body())
    return found


def set_cues(found: dict[str, Any]) -> list[tuple[float, str | None, float | None]]:
    return [
        (one["position_s"], one["name"], one["length_s"]) for one in (found["user"] or {"cues": None})["cues"] or []
    ]


def test_a_cue_is_placed_named_moved_and_undone_by_keyboard_alone(
    tab: Tab, port: int, made: tuple[Path, Path, str]
) -> None:
    page, toast = tab.page, tab.page.locator(".toast [role=status]")
    strip = page.get_by_role("slider", name="Position in the track")
    strip.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")  # the first beat, and four on
    expect(strip).to_have_attribute("aria-valuetext", "0:02.3, bar 2")
    page.keyboard.press("c")
    expect(toast).to_have_text("Cue placed at 0:02.3, bar 2")
    [(at_s, name, length_s)] = set_cues(record(tab, port, made))
    assert (at_s, name, length_s) == (pytest.approx(FIRST_S + 4 * BEAT_S, abs=0.03), None, None)
    field = page.get_by_role("textbox", name="Name of cue at 0:02.3")
    field.focus()
    page.keyboard.type("Drop")
    page.keyboard.press("Enter")
    expect(toast).to_have_text("Cue named Drop")
    page.get_by_role("textbox", name="Position of Drop").focus()
    page.keyboard.press("ArrowUp")
    expect(toast).to_contain_text("Drop moved to 0:02.7")
    expect(page.get_by_role("textbox", name="Position of Drop")).to_be_focused()
    page.keyboard.press("Escape")
    strip.focus()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("textbox", name="Position of Drop")).to_have_value(re.compile("0:02.2"))
    expect(toast).to_contain_text("Undone: Drop moved")
    page.keyboard.press("Control+z")
    expect(toast).to_contain_text("Undone: Cue named")
    expect(page.get_by_role("textbox", name="Name of cue at 0:02.3")).to_have_value("")
    page.keyboard.press("Control+z")
    expect(page.locator(".cues li:not(.found)")).to_have_count(0)
    expect(toast).to_contain_text("Undone: Cue placed")
    assert (record(tab, port, made)["user"] or {}).get("cues") is None
    assert tab.faults() == []


def test_the_focus_and_a_name_follow_a_cue_that_passes_another(
    tab: Tab, port: int, made: tuple[Path, Path, str]
) -> None:
    page, toast, its = tab.page, tab.page.locator(".toast [role=status]"), made[1] / "song.wav"
    held = page.locator(".cues li", has=page.locator(":focus")).get_by_role("combobox")
    cues = [
        {"position_s": FIRST_S + beat * BEAT_S, "number": number} for number, beat in enumerate((4, 5))
    ]  # fmt: skip
    with Library.open(made[0]) as library:
        library.set([its], cues=cues)
    page.reload()
    page.get_by_role("textbox", name="Position of cue at 0:02.3").focus()
    for at in ("0:02.7", "0:03.2"):
        page.keyboard.press("ArrowUp")
        expect(page.locator(".cue-place:focus")).to_have_value(re.compile(at))
        expect(held).to_have_value("0")
    page.get_by_role("textbox", name="Name of cue at 0:03.3").focus()
    page.keyboard.type("Drop")
    early = {"position_s": 1.0, "number": 2, "name": "Early"}
    stored = (record(tab, port, made)["user"] or {})["cues"]
    page.request.put(f"http://127.0.0.1:{port}/api/v1/tracks/{made[2]}", data={"cues": [early, *stored]})
    expect(page.locator(".cues li:not(.found)")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(toast).to_have_text("Cue named Drop")
    assert [name for _, name, _ in set_cues(record(tab, port, made))] == ["Early", None, "Drop"]
    page.locator("h1").click()
    names = page.locator(".cues li:not(.found)").get_by_role("textbox", name="Name of")
    assert [name.input_value() for name in names.all()] == ["Early", "", "Drop"]
    page.locator(".cues li").first.get_by_role("button", name="Play from").focus()
    expect(page.locator(".cues [data-chosen]")).to_have_count(1)
    with Library.open(made[0]) as library:
        other = library.track(made[1] / "other.wav")
    page.evaluate("id => history.pushState(null, '', id)", other and other.audio_id)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("other.wav")
    expect(page.locator(".cues [data-chosen]")).to_have_count(0)


def test_cues_show_before_the_server_responds_and_go_if_it_refuses(
    tab: Tab, port: int, made: tuple[Path, Path, str]
) -> None:
    page, toast, placed = tab.page, tab.page.locator(".toast [role=status]"), tab.page.locator(".cues li:not(.found)")
    held, methods = list[Any](), ["PUT"]
    page.route(
        "**/api/v1/tracks/*",
        lambda route: held.append(route) if route.request.method in methods else route.continue_(),
    )

    def next_sent() -> Any:
        while not held:
            page.wait_for_timeout(10)
        return held.pop()

    page.locator(".wave").focus()
    for key in ("h", "3", "Shift+ArrowRight", "Shift+C"):
        page.keyboard.press(key)
    # The memory cue is at the same place as the hot cue.
    expect(page.locator(".cues [data-chosen]").get_by_role("combobox")).to_have_value("")
    for key in ("Shift+ArrowRight", "c", "4"):
        page.keyboard.press(key)
    buttons = placed.get_by_role("combobox", name="Button of")
    expect(buttons).to_have_count(3)
    assert [one.input_value() for one in buttons.all()] == ["2", "", "0"]
    expect(page.get_by_role("textbox", name="Rating")).to_have_value("4")
    assert set_cues(record(tab, port, made)) == []
    page.keyboard.press("Comma")
    expect(page.get_by_role("slider", name="Position in the track")).to_have_attribute(
        "aria-valuetext", re.compile("bar 1")
    )
    moved = page.get_by_role("textbox", name="Position of cue at 0:02.3")
    before = float(moved.input_value().removeprefix("0:"))
    moved.press("Alt+ArrowUp")
    for _ in range(5):
        next_sent().continue_()
    expect(toast).to_contain_text("moved to 0:02.")
    assert max(at_s for at_s, _, _ in set_cues(record(tab, port, made))) == pytest.approx(before + 0.001, abs=0.0006)
    page.locator(".wave").press("5")
    page.get_by_role("button", name="Delete cue at 0:00.3").first.press("Delete")
    expect(placed).to_have_count(2)
    next_sent().continue_()
    refused = next_sent()
    methods.append("GET")
    refused.abort()
    expect(toast).to_have_text("Not saved: cue at 0:00.3 deleted. The server does not respond.")
    expect(placed).to_have_count(3)
    expect(page.get_by_role("textbox", name="Rating")).to_have_value("5")  # before the track is read again
    methods.remove("GET")
    next_sent().abort()
    again = page.locator("main").get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    expect(placed.first).to_be_visible()  # what was there stays in sight
    again.click()
    expect(again).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Try again").click()
    expect(placed).to_have_count(2)
    next_sent().continue_()
    expect(toast).to_have_text("cue at 0:00.3 deleted")
    page.unroute_all()
    tab.said.clear()  # the browser reports the aborted request


def test_a_pending_edit_does_not_disturb_what_is_opened_next(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    page, held, overviews = tab.page, list[Any](), list[Any]()
    page.route(
        "**/api/v1/tracks/*",
        lambda route: held.append(route) if route.request.method == "PUT" else route.continue_(),
    )
    page.route("**/overview", lambda route: overviews.append(route))
    with Library.open(made[0]) as library:
        other = library.track(made[1] / "other.wav")
    page.locator(".wave").press("1")
    expect(page.get_by_role("textbox", name="Rating")).to_have_value("1")
    page.evaluate("id => history.pushState(null, '', id)", other and other.audio_id)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.locator(".track-full")).to_be_hidden()
    held.pop().continue_()
    expect(page.locator(".toast [role=status]")).to_contain_text("Rated")
    while not overviews:
        page.wait_for_timeout(10)
    with page.expect_response("**/find-similar"):
        overviews.pop().continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("other.wav")
    page.locator(".wave").press("2")
    expect(page.get_by_role("textbox", name="Rating")).to_have_value("2")
    for key in ("g", "w"):
        page.keyboard.press(key)
    expect(page).to_have_title("Work · map4")
    with page.expect_response("**/changes?track=*"):  # read after the track is drawn
        held.pop().continue_()
    expect(page).to_have_title("Work · map4")
    page.unroute_all()


def test_a_cue_is_dragged_on_the_strip_and_a_loop_made_by_mouse(
    tab: Tab, port: int, made: tuple[Path, Path, str]
) -> None:
    page = tab.page
    page.get_by_role("combobox", name="Loop from here").select_option("4")
    expect(page.get_by_role("combobox", name="Length of loop at")).to_have_value("4")
    expect(page.locator(".toast [role=status]")).to_contain_text("Loop placed")
    assert set_cues(record(tab, port, made)) == [(pytest.approx(FIRST_S, abs=0.03), None, pytest.approx(2.0, abs=0.01))]
    box = page.locator(".wave").bounding_box()
    assert box is not None
    a_second = box["width"] / LONG_S
    page.mouse.move(box["x"] + FIRST_S * a_second + 4, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 6 * a_second, box["y"] + 30, steps=4)
    page.keyboard.press("Escape")  # cancels
    page.mouse.up()
    page.mouse.move(box["x"] + FIRST_S * a_second + 4, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 10.1 * a_second, box["y"] + 30, steps=4)
    page.mouse.up()
    expect(page.locator(".toast [role=status]")).to_contain_text("moved to 0:09.")
    [(at_s, _, length_s)] = set_cues(record(tab, port, made))
    assert (at_s - FIRST_S) / BEAT_S == pytest.approx(round((at_s - FIRST_S) / BEAT_S), abs=0.06)  # on a beat
    assert at_s == pytest.approx(10.1, abs=0.4)
    assert length_s == pytest.approx(2.0, abs=0.01)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("textbox", name="Position of loop at")).to_have_value(re.compile("0:00.2"))
    page.get_by_role("button", name="Delete loop at").click()
    expect(page.locator(".cues li:not(.found)")).to_have_count(0)


def test_escape_returns_a_dragged_cue_to_its_place_off_the_beats(tab: Tab, made: tuple[Path, Path, str]) -> None:
    page, at_s = tab.page, 10.11
    with Library.open(made[0]) as library:
        library.set([made[1] / "song.wav"], cues=[{"position_s": at_s}])
    page.reload()
    expect(page.locator(".cues li:not(.found)")).to_have_count(1)
    box = page.locator(".wave").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * at_s / LONG_S
    page.mouse.move(x + 4, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(x + 200, box["y"] + 30, steps=4)
    expect(page.locator("output.at")).to_contain_text("0:14.")
    page.keyboard.press("Escape")
    expect(page.locator("output.at")).to_contain_text("0:10.1")
    page.mouse.up()
    page.mouse.move(x - 3, box["y"] + 12)
    expect(page.locator(".wave")).to_have_class(re.compile("over-cue"))


def test_a_tempo_is_mended_by_halving_and_bar_one_is_shifted(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    page = tab.page
    tempo = page.get_by_role("textbox", name="Tempo")
    expect(tempo).to_have_value("120")
    page.locator(".wave").focus()
    page.keyboard.press("[")
    expect(tempo).to_have_value("60")
    expect(page.locator(".toast [role=status]")).to_contain_text("Half the tempo")
    now = record(tab, port, made)
    assert [mark["bpm"] for mark in now["grid_marks"]] == [pytest.approx(60, abs=0.1)]  # the lines go with it
    page.get_by_role("button", name="Remove your Tempo").click()
    expect(tempo).to_have_value("120")
    page.get_by_role("button", name="Bar one a beat later").click()
    expect(page.get_by_text("your grid")).to_be_visible()
    [mark] = record(tab, port, made)["grid_marks"]
    assert mark["beat"] == 1
    assert (mark["position_s"] - FIRST_S) / BEAT_S % 4 == pytest.approx(1, abs=0.06)
    row = page.locator(".steps li").first
    expect(row).to_contain_text("grid")
    row.get_by_role("button", name="Undo step").click()
    expect(page.get_by_text("your grid")).to_have_count(0)


def test_taps_say_what_they_say_on_the_command_line(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    rng = np.random.default_rng(4)
    runs = [
        [*np.cumsum(rng.normal(0.5, 0.02, 12))],
        [*np.cumsum([0.4] * 9 + [0.8] + [0.4] * 4 + [0.15, 0.4, 0.4])],
        [0.0, 0.05, 0.5, 1.0, 9.0, 9.7, 10.4],
        [1.0],
    ]
    module = tab.run(
        "document.querySelector('script[type=module]').src.replace('page/live.js', 'search/page/tapping.js')"
    )
    for taps in runs:
        said = tab.run("async ([module, taps]) => (await import(module)).tappedTempo(taps)", [module, taps])
        expected = tapped_tempo(taps)
        assert (said is None) == (expected is None)
        assert said is None or expected is None or (said["bpm"], said["spread"], said["taps"]) == (
            pytest.approx(expected.bpm), pytest.approx(expected.spread_bpm), expected.taps,
        )  # fmt: skip
    page = tab.page
    page.locator(".wave").focus()
    tab.run("""async () => {
        let now = 1000;
        performance.now = () => now;
        for (let tap = 0; tap < 9; tap++) {
            document.querySelector(".wave").dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true }));
            now += 666.7;
        }
        delete performance.now;
    }""")
    expect(page.get_by_text("9 taps: 90.0 ± 0.0 BPM")).to_be_visible()
    page.keyboard.press("T")
    expect(page.get_by_role("textbox", name="Tempo")).to_have_value("90")
    expect(page.locator(".toast [role=status]")).to_contain_text("Tempo set to 90")
    assert record(tab, port, made)["tempo"]["bpm"] == 90


def test_marks_are_given_taken_off_and_undone(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    page = tab.page

    def marks() -> list[str]:
        found: list[str] = (record(tab, port, made)["user"] or {"marks": None})["marks"] or []
        return found

    typed = page.get_by_role("combobox", name="Add a mark")
    for number, mark in enumerate(("peak", "after 3"), start=1):
        typed.fill(mark)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Remove the mark")).to_have_count(number)
        expect(page.locator(".toast [role=status]")).to_have_text(f"Marked {mark}")
    assert marks() == ["after 3", "peak"]
    page.get_by_role("button", name="Remove the mark peak").click()
    expect(page.locator(".toast [role=status]")).to_have_text("Mark peak removed")
    expect(page.get_by_role("button", name="Remove the mark")).to_have_count(1)
    assert marks() == ["after 3"]
    assert tab.faults() == []
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Remove the mark")).to_have_count(2)
    expect(page.locator(".toast [role=status]")).to_contain_text("Undone")
    assert marks() == ["after 3", "peak"]
    page.locator(".wave").focus()
    page.keyboard.press("2")
    expect(page.locator(".toast [role=status]")).to_contain_text("Rated 2 stars")
    page.reload()
    expect(page.get_by_role("button", name="Remove the mark")).to_have_count(2)
    page.locator(".wave").focus()
    page.keyboard.press("Shift+M")
    page.keyboard.press("3")
    expect(page.locator(".toast [role=status]")).to_have_text("No mark has the key 3.")
    page.keyboard.press("Shift+M")
    page.keyboard.press("1")
    expect(page.get_by_role("button", name="Remove the mark")).to_have_count(1)
    expect(page.locator(".toast [role=status]")).to_contain_text("removed")
    assert len(marks()) == 1
    assert (record(tab, port, made)["user"] or {})["rating"] == 2


@pytest.mark.world
def test_the_strip_shows_more_the_nearer_one_looks(tab: Tab) -> None:
    page = tab.page
    with page.expect_response(lambda answer: "/strip?" in answer.url) as fine:
        page.locator(".wave").hover(position={"x": 400, "y": 100})
        for _ in range(6):
            page.mouse.wheel(0, -400)
    assert fine.value.ok
    page.locator(".wave").focus()
    page.keyboard.press("w")
    page.keyboard.press("o")
    shown = "c => c.getContext('2d').getImageData(0, 100, c.width, 1).data.filter((v, i) => i % 4 === 3 && v).length"
    assert tab.run(f"({shown})(document.querySelector('.wave canvas'))") > 0


# The last two: what they leave in the player stands there in every tab that comes.
def test_arrows_and_space_are_about_the_track_that_is_looked_at_or_heard(tab: Tab) -> None:
    page, bar = tab.page, tab.page.get_by_role("region", name="Player")
    view, place = page.get_by_role("heading", level=1), page.locator("output.at")
    page.get_by_role("button", name="Play other.wav", exact=True).first.click()
    expect(bar.get_by_role("button", name="Pause")).to_be_visible()
    view.focus()
    page.keyboard.press("Space")  # another one sounds
    expect(bar.get_by_role("button", name="Play")).to_be_visible()
    heard = tab.run("document.querySelector('.player-bar .head').style.left")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(place).to_have_text(re.compile(r"0:02\.3, bar 2"))
    assert tab.run("document.querySelector('.player-bar .head').style.left") == heard
    page.keyboard.press("Space")  # nothing does
    expect(bar.get_by_role("link")).to_have_text("song.wav")
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts").get_by_role("term").all_inner_texts()
    assert (keys.count("→"), keys.count("Space")) == (1, 1)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="map4").click()  # what has no title is called by its file in every view
    titles = page.locator(".tracks td.title span:not(:empty)")
    expect(titles).to_have_text(["other.wav", "song.wav"])


def test_a_loop_repeats_until_it_is_left(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    page, place = tab.page, tab.page.get_by_role("slider", name="Position in the track").first
    with Library.open(made[0]) as library:
        library.set([made[1] / "song.wav"], cues=[{"position_s": 2.0, "kind": "loop", "length_s": BEAT_S}])
    page.reload()
    tab.run("""() => {
        const Node = AudioBufferSourceNode;
        window.loops = [];
        window.AudioBufferSourceNode = class extends Node {
            constructor(context, how) {
                super(context, how);
                loops.push([how.loop, how.loopEnd, how.buffer.duration > how.loopEnd]);
            }
        };
    }""")
    page.get_by_role("button", name="Copy to other copies").click()
    expect(page.locator(".toast [role=status]")).to_have_text("No other copies found")
    page.get_by_role("button", name="Repeat loop at 0:02.0").click()
    expect(page.get_by_role("button", name="Leave loop at 0:02.0")).to_be_visible()
    assert tab.run("loops") == [[True, BEAT_S, True]]
    page.wait_for_timeout(1000 * BEAT_S)
    expect(place).to_have_attribute("aria-valuetext", re.compile(r"0:02\.[0-5]"))
    page.locator(".wave").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    assert len(tab.run("loops")) == 2
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Repeat loop at 0:02.0")).to_be_visible()
    expect(place).to_have_attribute("aria-valuetext", re.compile(r"0:0[3-9]"))
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Leave loop at 0:02.0")).to_be_visible()
    page.get_by_role("combobox", name="Length of loop").select_option("2")
    expect(page.get_by_role("button", name="Repeat loop at 0:02.0")).to_be_visible()  # it is another one
    held = list[Any]()
    page.route("**/audio?as=wav*", lambda route: held.append(route))
    page.locator(".wave").focus()
    for _ in range(2):
        page.keyboard.press("l")  # called off before its sound is there
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    while not held:
        page.wait_for_timeout(10)
    with page.expect_response("**/audio?as=wav*"):
        held.pop().continue_()
    page.wait_for_timeout(100)
    assert len(tab.run("loops")) == 3
    page.unroute_all()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Repeat loop at 0:02.0")).to_be_visible()


def test_what_is_typed_stays_where_the_track_is_shown_anew(started: Tab, made: tuple[Path, Path, str]) -> None:
    library, music, audio_id = made
    with listening(make_app(settings_of(library, music), services=(changes_of,))) as port:
        page, toast = started.page, started.page.locator(".toast [role=status]")
        page.goto(f"http://127.0.0.1:{port}/tracks/{audio_id}")
        page.get_by_role("slider", name="Position in the track").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("c")
        expect(toast).to_contain_text("Cue placed")
        page.get_by_role("textbox", name="Name of cue at").first.focus()
        page.keyboard.type("Dr")
        with page.expect_response(lambda answer: "beats=true" in answer.url), Library.open(library) as opened:
            opened.set([music / "song.wav"], rating=4)  # somebody else says something of it
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.keyboard.type("op")
        page.keyboard.press("Enter")
        expect(toast).to_have_text("Cue named Drop")
        expect(page.get_by_role("textbox", name="Position of Drop")).to_be_visible()
        page.route("**/tracks/*beats=true*", lambda route: route.abort())
        with Library.open(library) as opened:
            opened.set([music / "song.wav"], rating=3)
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        page.unroute_all()
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)  # once the server is there again
        page.goto("about:blank")


def test_a_position_in_the_address_counts_if_the_track_changes_meanwhile(
    started: Tab, made: tuple[Path, Path, str]
) -> None:
    library, music, audio_id = made
    page, overviews = started.page, list[Any]()
    with listening(make_app(settings_of(library, music), services=(changes_of,))) as port:
        page.route("**/overview", lambda route: overviews.append(route))
        with page.expect_response("**/events*"):
            page.goto(f"http://127.0.0.1:{port}/tracks/{audio_id}?at=10")
        with Library.open(library) as opened:
            while len(overviews) < 2:  # the track is asked for again
                opened.set([music / "song.wav"], rating=len(overviews) + 1)
                page.wait_for_timeout(100)
        for overview in overviews:
            overview.continue_()
        expect(page.locator("output.at")).to_have_text(re.compile("0:10"))
        page.unroute_all()
        page.goto(f"http://127.0.0.1:{port}/tracks/a2-none")
        page.get_by_role("button", name="All tracks").click()  # to try again would not help
        expect(page.get_by_role("heading", name="Browse")).to_be_attached()
        page.goto("about:blank")
