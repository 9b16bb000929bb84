"""*Write to a stick* on the page of a list, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from browser import WHY_NOT, Tab, expect
from extras.stick.stick_music import StickWorld
from live_server import serving
from quarantines import opened

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[StickWorld, str]]:
    world = StickWorld(tmp_path)
    config = {"serve.sticks": (str(world.stick),)}
    with serving(world.library, config=config, key="5ec2e7") as port:
        yield world, f"http://127.0.0.1:{port}"


def test_page_writes_a_list_to_a_stick(started: Tab, world: tuple[StickWorld, str]) -> None:
    place, server = world
    with opened(place.library) as library:
        tracks = [track.audio_id for track in library.search("")]
    number = httpx2.post(f"{server}/api/v1/lists", json={"name": "Friday", "tracks": tracks}).json()["id"]
    page = started.page
    page.goto(f"{server}/lists/{number}#key=5ec2e7")
    expect(page.locator(".place")).to_have_count(3)
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("menuitem", name="Write to a stick…").click()
    form = page.get_by_role("dialog", name="Write to a stick")
    form.get_by_label("Oldest player").select_option("cdj-3000")
    expect(form.get_by_role("status")).to_contain_text(f"{place.stick} is no mounted stick")  # how the preview ended
    assert started.faults() == []
    form.get_by_role("button", name="Write to the stick").click()
    expect(page.locator(".toast [role=status]")).to_contain_text(f"{place.stick} is no mounted stick")  # the write
    job, preview = [job["options"] for job in httpx2.get(f"{server}/api/v1/jobs").json()["jobs"]][:2]
    assert (job["to"], job["player"]) == (str(place.stick), "cdj-3000")
    assert preview == {**job, "dry_run": True} != job
