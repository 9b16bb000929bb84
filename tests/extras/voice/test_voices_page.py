"""Voices of a track below its waveform, in a real browser."""

from functools import partial
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from conftest import write_clicks
from live_server import serving

from map4.library import Library
from map4.plugins import inline_lanes

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]
LONG_S, ABOVE_BOTTOM = 20.0, 27


def test_voices_are_drawn_and_their_ends_dragged(started: Tab, tmp_path: Path) -> None:
    song = write_clicks(tmp_path / "song.wav", seconds=LONG_S)
    with Library.open(tmp_path / "l.map4", lanes=inline_lanes) as library:
        [track] = library.analyze([song])
        library.voice.set(song, "2-5,8-14")
        with serving(tmp_path / "l.map4", tmp_path) as port:
            page = started.page
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/tracks/{track.audio_id}")
            expect(page.get_by_role("heading", level=1)).to_have_text("song.wav")
            box = page.locator(".wave").bounding_box()
            assert box is not None
            x, y, a_second = box["x"], box["y"] + box["height"] - ABOVE_BOTTOM, box["width"] / LONG_S
            drawn = (14, 16, [(2, 5), (8, 16)]), (5, 1, [(8, 16)]), (8, 18, []), (12, 9, [(9, 12)])
            stored = partial(page.expect_response, lambda answer: answer.request.method == "PUT")
            for from_s, to_s, expected in drawn:
                page.mouse.move(x + from_s * a_second, y)
                page.mouse.down()
                page.mouse.move(x + to_s * a_second, y, steps=4)
                with stored():
                    page.mouse.up()
                [track] = library.search("")
                assert [(round(span.start_s), round(span.end_s)) for span in track.block("voice").spans] == expected
            with stored():
                page.keyboard.press("V")
            assert library.count("is:instrumental") == 1
            with stored():
                page.get_by_role("button", name="Undo").click()
            assert library.count("voice-intro:8s..10s") == 1
            assert started.faults() == []
