"""Stories of the map: see `tests/page/test_stories.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from browser import expect
from hands import Keys
from page_world import World

Story = Iterator[None]


def _map(world: World) -> Any:
    page = world.open("map")
    expect(page.locator(".sound-map .acts output")).to_have_text("62 tracks")
    return page


def lasso(world: World) -> Story:
    page = _map(world)
    ground, label = page.locator(".ground canvas[tabindex]"), page.locator(".sound-map .acts output")
    if isinstance(world.hand, Keys):
        far = (key for arrow in ("Right", "Left", "Down") for key in (*[f"Arrow{arrow}"] * 8, " "))
        world.hand.carry(ground, [], [*far])
    else:
        world.press("Lasso")
        box = ground.bounding_box()
        shares = [(0.02, 0.5), (0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.51)]
        world.hand.carry(ground, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares], [])
    expect(label).to_contain_text("selected")
    page.wait_for_timeout(500)  # with each corner another number
    count = int(label.inner_text().split()[0])
    assert count > 1
    yield
    expect(label).to_have_text(f"{count} selected")
    yield
    world.press("Add to the set")
    world.until(lambda: [len(playlist) for playlist in world.lists().values()] == [count])


def path(world: World) -> Story:
    page = _map(world)
    ground, label = page.locator(".ground canvas[tabindex]"), page.locator(".sound-map .acts output")
    if isinstance(world.hand, Keys):
        world.hand.carry(ground, [], ["ArrowRight", " ", "ArrowLeft", "ArrowLeft", "ArrowDown", " "])
    else:
        for number in (1, 3):
            world.pick(page.locator("main table.tracks tbody tr:not(.waiting)").nth(number))
    expect(label).to_have_text("2 selected")
    yield
    expect(label).to_have_text("2 selected")
    world.press("Path between the two")
    world.wait_for_toast("Path of")
    yield
    count = int(label.inner_text().split()[0])
    world.press("Add to the set")
    world.until(lambda: [len(playlist) for playlist in world.lists().values()] == [count])


STORIES = (lasso, path)

BROWSER_STORIES = (("map", Path(__file__).with_name("stories.mjs")),)
