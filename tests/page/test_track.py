"""A track in full, in a real browser, of real files: focus, drags, the strip, loops and typed names."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browser import WHY_NOT, Tab, expect
from live_server import serving
from signals import RATE_HZ, beat_times, click, mix, place, sine

from map4.core.music.analysis.analysis import TempoCandidate
from map4.library import Library
from map4.plugins import inline_lanes
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
    with serving(made[0], made[1]) as found:
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
        (cue["position_s"], cue["name"], cue["length_s"]) for cue in (found["user"] or {"cues": None})["cues"] or []
    ]


def test_the_focus_follows_a_cue_that_passes_another(tab: Tab, made: tuple[Path, Path, str]) -> None:
    page = tab.page
    cues = [{"position_s": FIRST_S + beat * BEAT_S, "number": number} for number, beat in enumerate((4, 5))]
    with Library.open(made[0]) as library:
        library.set([made[1] / "song.wav"], cues=cues)
    page.reload()
    page.get_by_role("textbox", name="Position of cue at 0:02.3").focus()
    for at in ("0:02.7", "0:03.2"):
        page.keyboard.press("ArrowUp")
        expect(page.locator(".cue-place:focus")).to_have_value(re.compile(at))
        held = page.locator(".cues li", has=page.locator(":focus")).get_by_role("combobox")
        expect(held).to_have_value("0")
    assert tab.faults() == []


def test_track_outside_the_music_folders_shows_the_reason_without_more_requests(
    started: Tab, made: tuple[Path, Path, str], tmp_path: Path
) -> None:
    page, copy = started.page, tmp_path / "copy.map4"
    with Library.open(made[0]) as library:
        library.care.backup(copy)  # as another server may have the library
    with serving(copy, tmp_path) as port:
        page.goto(f"http://127.0.0.1:{port}/tracks/{made[2]}")
        expect(page.locator("main").get_by_role("alert").first).to_contain_text("is outside the music folders")
        page.locator(".wave").focus()
        page.keyboard.type("++++----", delay=100)
        assert [url for url in started.asked if f":{port}/" in url and "/strip" in url] == []
        started.said.clear()  # its tags were refused


def test_a_cue_is_dragged_on_the_strip_and_a_loop_made_by_mouse(
    tab: Tab, port: int, made: tuple[Path, Path, str]
) -> None:
    page = tab.page
    page.get_by_role("button", name="Loop…").click()
    page.get_by_role("menuitem", name="4 beats").click()
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


def test_zooming_in_loads_a_finer_strip(tab: Tab) -> None:
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


def test_a_loop_repeats_until_it_is_left(tab: Tab, made: tuple[Path, Path, str]) -> None:
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


def test_typed_text_survives_a_redraw_of_the_track(started: Tab, made: tuple[Path, Path, str]) -> None:
    library, music, audio_id = made
    with serving(library, music, services=(changes_of,)) as port:
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
        page.goto("about:blank")


def test_likely_second_tempo_is_shown_and_taken(tab: Tab, port: int, made: tuple[Path, Path, str]) -> None:
    page, (path, _, audio_id) = tab.page, made
    with Library.open(path) as library:
        analysis: Any = library._store.tracks.analysis(audio_id)
        tempo = replace(
            analysis.tempo, confidence=0.6, alternatives=(TempoCandidate(bpm=2 * analysis.tempo.bpm, confidence=0.4),)
        )
        library._store.tracks.put_analysis(audio_id, replace(analysis, tempo=tempo), now=datetime.now(UTC))
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.get_by_role("gridcell", name="120.0 or 240.0")).to_be_visible()
    page.goto(f"http://127.0.0.1:{port}/tracks/{audio_id}")
    swap = page.get_by_role("button", name="or 240")
    expect(swap).to_have_attribute("aria-keyshortcuts", "]")
    swap.click()
    expect(page.locator(".toast [role=status]")).to_have_text("Double the tempo: 240 BPM")
    expect(page.get_by_role("textbox", name="Tempo", exact=True)).to_have_value("240")
    expect(swap).to_have_count(0)
