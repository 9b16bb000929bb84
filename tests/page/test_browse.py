"""Browse: tracks are found, sorted, selected, rated and told apart, by mouse, by finger and by keys alone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, Tab, expect
from live_server import listening
from pypdf import PdfReader
from servers import settings_of
from stored import put_track

from map4.library import Library
from map4.server.app import make_app
from map4.store.sqlite_store import SqliteStore

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

COUNT = 90
NO_MATCH = "No match yet. Results kept."
TITLES = (
    "[...document.querySelectorAll('.tracks tbody tr:not(.waiting) td.title > span')].map((one) => one.textContent)"
)


def fill(path: Path) -> None:
    """Tracks of three genres, slower and slower, in keys around the wheel."""
    with closing(SqliteStore(str(path))) as store:
        for number in range(COUNT):
            put_track(
                store, number, bpm=round(140.0 - number / 2, 1), key=f"{1 + number % 12}A", energy=(number % 10) / 10,
                artist=f"Artist {number % 5}", title=f"Song {number:03}", duration_s=200.0 + number,
                genre=("House", "Techno", "Deep House")[number % 3],
                path=f"/music/{'ab'[number // 45]}/{number:03}.mp3",
            )  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browse") / "library.map4"
    fill(path)
    return path


@pytest.fixture(scope="module")
def root(library: Path) -> Iterator[str]:
    with listening(make_app(settings_of(library))) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def tab(started: Tab, root: str) -> Iterator[Tab]:
    """The page as it is first seen."""
    started.page.set_viewport_size({"width": 1440, "height": 800})
    opened(started, root)
    yield started
    assert started.said == []


def opened(tab: Tab, address: str) -> Any:
    tab.page.goto("about:blank")
    tab.said.clear()
    tab.page.goto(address)
    tab.page.locator(".tracks tbody tr:not(.waiting) td.title").first.wait_for()
    return tab.page


def count(tab: Tab) -> Any:
    return tab.page.locator(".browse output")


def titles(tab: Tab) -> list[str]:
    found: list[str] = tab.run(TITLES)
    return found


def found(root: str, query: str) -> list[Any]:
    tracks: list[Any] = httpx2.get(f"{root}api/v1/search", params={"q": query}).json()["tracks"]
    return tracks


def rating_of(root: str, title: str) -> float | None:
    asked = {"q": f'title:="{title}"', "fields": "rating"}
    [rating] = httpx2.get(f"{root}api/v1/columns", params=asked).json()["columns"]["rating"]
    return rating  # type: ignore[no-any-return]


@pytest.mark.contract
def test_what_is_asked_stands_in_the_address_and_the_way_back_leads_through_it(tab: Tab, root: str) -> None:
    page = tab.page
    expect(count(tab)).to_have_text(f"{COUNT} tracks")
    page.keyboard.press("/")
    page.keyboard.type("genre:=house bpm:130..")
    page.keyboard.press("Enter")
    expect(count(tab)).to_have_text(f"7 of {COUNT} tracks")
    page.get_by_role("button", name="BPM").click()
    expect(page).to_have_url(re.compile(r"\?q=genre.*sort=bpm$"))
    expect(page.locator("td.title").first).to_have_text("Song 018")
    page.reload()
    expect(page.locator("td.title").first).to_have_text("Song 018")
    assert page.get_by_role("combobox", name="Search").input_value() == "genre:=house bpm:130.."
    page.go_back()
    expect(page.locator("td.title").first).to_have_text("Song 000")
    page.go_back()
    expect(count(tab)).to_have_text(f"{COUNT} tracks")
    assert page.get_by_role("combobox", name="Search").input_value() == ""


def test_a_query_is_completed_and_what_is_wrong_is_said_at_its_place(tab: Tab) -> None:
    page, box = tab.page, tab.page.get_by_role("combobox", name="Search")
    box.click()
    page.keyboard.type("gen")
    expect(page.get_by_role("option").first).to_contain_text("genre:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name=re.compile("Deep House"))).to_be_visible()
    page.keyboard.type("dee")
    expect(page.get_by_role("option")).to_have_count(1)
    assert [url for url in tab.asked if "/columns?q=genre%3A&" in url] == []  # half typed
    page.keyboard.press("Tab")
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    box.fill("bmp:120")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="no field 'bmp'")).to_be_visible()
    assert box.get_attribute("aria-invalid") == "true"
    assert len(titles(tab)) > 10  # what was found before stays
    assert set(tab.said) == {"Failed to load resource: the server responded with a status of 400 (Bad Request)"}
    tab.said.clear()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(count(tab)).to_have_text(f"{COUNT} tracks")


def test_rows_stay_while_the_typed_query_matches_nothing_yet(tab: Tab) -> None:
    page, held = tab.page, tab.page.locator(".query-box .held")
    page.keyboard.press("/")
    page.keyboard.type("house ")
    expect(count(tab)).to_have_text(f"60 of {COUNT} tracks")
    for more in ("bp", "m", ":", "1", "2"):
        page.keyboard.type(more)
        page.wait_for_timeout(300)  # twice as long as the page waits for more
        expect(held).to_have_text("" if more == ":" else NO_MATCH)
        assert len(titles(tab)) > 10
    expect(page).to_have_url(re.compile(r"\?q=house$"))  # acts on the results concern those shown
    assert tab.faults() == []
    page.keyboard.type("0")
    expect(count(tab)).to_have_text(f"2 of {COUNT} tracks")
    expect(held).to_have_text("")
    page.keyboard.type("0")
    expect(held).not_to_have_text("")
    page.keyboard.press("Enter")  # meant as it is
    expect(page.locator(".browse")).to_contain_text("No tracks match.")
    expect(held).to_have_text("")
    page.keyboard.press("/")
    page.keyboard.press("End")
    page.keyboard.type(" q")  # no results to keep
    expect(page).to_have_url(re.compile(r"bpm%3A1200\+q$"))
    expect(held).to_have_text("")


def test_while_a_query_is_held_acts_concern_the_rows_and_typed_text_stays(tab: Tab, root: str) -> None:
    page, box, held = tab.page, tab.page.get_by_role("combobox", name="Search"), tab.page.locator(".query-box .held")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("/")
    page.keyboard.type("house")
    expect(count(tab)).to_have_text(f"60 of {COUNT} tracks")
    box.fill("bpm:abc")
    expect(page.locator(".query-box .told")).not_to_be_empty()
    tab.said.clear()
    box.fill("bpm:999")
    expect(held).to_have_text(NO_MATCH)
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("button", name=re.compile("Copy as command")).click()
    expect(page.locator(".toast [role=status]")).to_have_text("Copied: map4 search house")
    box.fill("bpm:abc")  # wrong again
    expect(page.locator(".query-box .told")).not_to_be_empty()
    opened(tab, f"{root}?q=bpm:1..500")
    box.press("End")
    page.keyboard.type(" zzzq")
    expect(held).to_have_text(NO_MATCH)
    page.get_by_role("button", name="BPM").click()
    expect(page).to_have_url(re.compile(r"sort=bpm$"))
    assert (box.input_value(), held.inner_text()) == ("bpm:1..500 zzzq", NO_MATCH)
    page.set_viewport_size({"width": 360, "height": 740})
    box.press("End")
    page.keyboard.type(" gen")
    expect(page.get_by_role("option").first).to_be_visible()
    said, offered = held.bounding_box(), page.locator(".offered").bounding_box()
    assert said["height"] < 30
    assert offered["y"] >= said["y"] + said["height"]
    page.set_viewport_size({"width": 1440, "height": 800})
    page.get_by_role("link", name="Albums").click()
    expect(page.get_by_role("heading", name="Albums")).to_be_attached()
    expect(box).to_have_value("")
    box.fill("zzzq")
    expect(held).to_have_text(NO_MATCH)
    page.get_by_role("combobox", name="Sort by").select_option("Year, newest first")
    expect(page).to_have_url(re.compile(r"sort=year$"))
    assert (box.input_value(), held.inner_text()) == ("zzzq", NO_MATCH)
    for wrong, told in (("bpm:abc", re.compile("abc")), ("bpm:999", ""), ("bpm:abc", re.compile("abc"))):
        box.fill(wrong)
        expect(page.locator(".query-box .told")).to_have_text(told)
    tab.said.clear()


def test_the_tree_narrows_the_question_and_takes_it_back(tab: Tab) -> None:
    page, box = tab.page, tab.page.get_by_role("combobox", name="Search")
    page.get_by_role("treeitem", name="Genres").click()
    page.get_by_role("treeitem", name="Deep House, 30").click()
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    page.get_by_role("treeitem", name="Artists").click()
    page.get_by_role("treeitem", name="Artist 2, 6").click()
    expect(count(tab)).to_have_text(f"6 of {COUNT} tracks")
    assert box.input_value() == 'genre:="Deep House" artist:="Artist 2"'
    page.get_by_role("treeitem", name="House, 6", exact=True).click()  # another genre in its place
    assert box.input_value() == 'artist:="Artist 2" genre:="House"'
    page.get_by_role("treeitem", name="All").click()
    expect(count(tab)).to_have_text(f"{COUNT} tracks")


def test_a_list_takes_what_is_dragged_onto_it_and_is_shown_in_its_order(tab: Tab, root: str) -> None:
    page, friday = tab.page, tab.page.get_by_role("treeitem", name=re.compile("Friday"))
    ids = httpx2.get(f"{root}api/v1/columns", params={"q": "genre:=techno", "fields": "id"}).json()["columns"]["id"]
    made = httpx2.post(f"{root}api/v1/lists", json={"name": "Friday", "tracks": [ids[2], ids[0]]}).json()
    page.get_by_role("treeitem", name="Lists").click()
    page.locator("td.title", has_text="Song 006").drag_to(friday.locator(".branch"))
    expect(page.locator(".toast")).to_contain_text("1 track added to Friday")
    friday.locator(".branch").click()
    expect(page.locator(".browse .about")).to_contain_text("List: Friday")
    expect(count(tab)).to_have_text("3 tracks")
    assert titles(tab) == ["Song 007", "Song 001", "Song 006"]
    assert page.url.endswith(f"?in={made['id']}")
    page.keyboard.press("Control+z")
    expect(count(tab)).to_have_text("2 tracks")
    page.get_by_role("button", name="Show all tracks").click()
    expect(count(tab)).to_have_text(f"{COUNT} tracks")
    page.get_by_role("treeitem", name=re.compile("^New")).click()
    expect(page.get_by_role("combobox", name="Search")).to_have_value("added:-2w")


def test_what_is_asked_is_kept_as_a_live_list(tab: Tab, root: str) -> None:
    page, dialog = tab.page, tab.page.locator("dialog")
    box, now = page.get_by_role("combobox", name="Search"), dialog.locator("output")
    page.get_by_role("button", name="Rules").click()
    dialog.get_by_role("button", name="Add a rule").click()
    dialog.get_by_label("Field").select_option("Genre")
    dialog.get_by_label("Relation").select_option("is")
    dialog.get_by_label("Value").fill("techno")
    expect(dialog.locator("output")).to_have_text("30 tracks")
    assert tab.faults() == []
    dialog.get_by_role("button", name="Search", exact=True).click()
    expect(box).to_have_value("genre:=techno")
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("button", name="Save as live list").click()
    expect(now).to_contain_text("30 tracks now")
    dialog.get_by_label("Name").fill("Fast")
    dialog.get_by_label("Order", exact=True).fill("bpm-")
    dialog.get_by_label("Maximum tracks per artist").fill("1")
    expect(now).to_contain_text("5 tracks now")
    dialog.get_by_label("As text").fill("genre:=techno bmp:120")
    expect(dialog.get_by_label("Rules")).to_contain_text("Only as text: bmp:120")
    expect(now).to_contain_text("here is no field 'bmp'")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".told")).to_contain_text("here is no field 'bmp'")
    dialog.get_by_label("As text").fill("genre:=techno")
    dialog.get_by_role("button", name="Add a rule").click()
    dialog.get_by_label("Field").last.select_option("BPM")
    dialog.get_by_label("Relation").last.select_option("is at most")
    dialog.get_by_label("Value").last.fill("130")
    expect(dialog.get_by_label("As text")).to_have_value("genre:=techno bpm:..130")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Fast saved: 5 tracks now")
    fast = page.get_by_role("treeitem", name="↻ Fast, 5")
    fast.locator(".branch").click()
    expect(page.locator(".browse .about")).to_contain_text("Live list: Fast (genre:=techno bpm:..130)")
    expect(count(tab)).to_have_text("5 tracks")
    wanted = found(root, "genre:=techno bpm:..130 sort:bpm- limit:5")
    assert titles(tab) == [one["tags"]["title"] for one in wanted]

    page.goto(f"{root}lists")
    page.get_by_role("button", name="More actions: Fast").click()
    page.get_by_role("button", name="Edit the search").click()
    expect(now).to_contain_text("5 tracks now")
    dialog.get_by_label("Maximum tracks per artist").fill("")
    dialog.get_by_label("Maximum tracks", exact=True).fill("7")
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="Fast")
    expect(row.locator("td").first).to_have_text("7")
    page.get_by_role("button", name="More actions: Fast").click()
    page.get_by_role("button", name="Turn into a normal list").click()
    expect(row).not_to_contain_text("↻")
    page.get_by_role("button", name="More actions: Fast").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    assert {one.partition("(")[2] for one in tab.said} == {"Bad Request)"}  # what was mistyped
    tab.said.clear()


def test_marks_are_shown_found_and_set_by_a_key(tab: Tab, root: str) -> None:
    page, [first] = tab.page, found(root, 'title:="Song 003"')
    page.set_viewport_size({"width": 1920, "height": 800})  # there is room for the column
    path = f"{root}api/v1/tracks"
    httpx2.put(path, json={"tracks": [first["audio_id"]], "mark": ["after 3", "peak"]}).raise_for_status()
    opened(tab, root)
    chip = page.get_by_role("button", name="peak", exact=True)
    expect(chip).to_have_count(1)
    page.get_by_text("Song 002", exact=True).click()
    page.keyboard.press("Shift+M")
    page.keyboard.press("2")
    expect(chip).to_have_count(2)
    chip.first.click()
    expect(count(tab)).to_have_text(f"2 of {COUNT} tracks")
    expect(page).to_have_url(re.compile("q=mark"))
    assert tab.faults() == []
    page.keyboard.press("Control+z")
    expect(count(tab)).to_have_text(f"1 of {COUNT} tracks")
    assert titles(tab) == ["Song 003"]


@pytest.mark.world
def test_a_digit_that_no_mark_has_gives_no_stars(tab: Tab, root: str) -> None:
    page, [first] = tab.page, found(root, 'title:="Song 010"')
    tracks = {"tracks": [first["audio_id"]]}
    httpx2.put(f"{root}api/v1/tracks", json={**tracks, "rating": 4}).raise_for_status()
    for mark in httpx2.get(f"{root}api/v1/marks").json()["marks"]:
        httpx2.delete(f"{root}api/v1/marks", params={"mark": mark["name"]}).raise_for_status()

    def refused(*digits: str) -> None:
        opened(tab, f'{root}?q=title:="Song 010"')
        expect(count(tab)).to_have_text(f"1 of {COUNT} tracks")
        page.locator(".tracks td.title").click()
        for digit in digits:
            page.keyboard.press("Shift+M")
            page.keyboard.press(digit)
            expect(page.locator(".toast [role=status]")).to_have_text(f"No mark has the key {digit}.")
            expect(page.locator(".rate")).to_contain_text("4 of 5 stars")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).not_to_contain_text("M 3")
        page.keyboard.press("Escape")

    refused("3", "1", "0")
    httpx2.put(f"{root}api/v1/tracks", json={**tracks, "mark": ["peak"]}).raise_for_status()
    refused("3", "0")
    assert rating_of(root, "Song 010") == 4
    httpx2.put(f"{root}api/v1/tracks", json={**tracks, "unset": ["rating"], "unmark": ["peak"]}).raise_for_status()


WATCHED_STARS = """() => {
  globalThis.seenStars = [];
  const look = () => {
    const row = [...document.querySelectorAll(".tracks tbody tr")].find((one) => one.textContent.includes("Song 004"));
    const text = row?.querySelector(".rate b").textContent;
    if (text && text !== seenStars.at(-1)) seenStars.push(text);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.world
def test_stars_are_given_by_click_and_digit_and_undone(tab: Tab, root: str) -> None:
    page = tab.page
    row = page.locator(".tracks tbody tr", has_text="Song 004")
    tab.run(WATCHED_STARS)
    row.locator(".rate i").nth(3).click()
    expect(row.locator(".rate")).to_contain_text("4 of 5 stars")
    expect(page.locator(".toast")).to_contain_text("★★★★: 1 track")
    assert rating_of(root, "Song 004") == 4
    page.wait_for_timeout(1500)  # until the table has heard of the change
    assert tab.run("seenStars") == ["no stars", "4 of 5 stars"]
    page.get_by_role("button", name="Undo").click()
    expect(row.locator(".rate")).to_contain_text("no stars")
    assert rating_of(root, "Song 004") is None
    page.locator(".tracks tbody tr", has_text="Song 006").locator("td.title").click()
    page.locator(".tracks tbody tr", has_text="Song 008").locator("td.title").click(modifiers=["Shift"])
    expect(page.locator(".browse .chosen")).to_contain_text("3 selected")
    page.keyboard.press("5")
    expect(page.locator(".toast")).to_contain_text("★★★★★: 3 tracks")
    assert [rating_of(root, f"Song 00{number}") for number in (5, 6, 7, 8, 9)] == [None, 5, 5, 5, None]
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert rating_of(root, "Song 007") is None
    page.route("**/api/v1/**", lambda route: route.continue_() if route.request.method == "GET" else route.abort())
    row.locator(".rate i").nth(2).click()
    toast = page.locator(".toast [role=status]")
    expect(toast).to_have_text("Not saved: rating of Song 004. The server does not respond.")
    assert rating_of(root, "Song 004") is None
    page.unroute_all()
    page.locator(".toast").get_by_role("button", name="Try again").click()
    expect(toast).to_contain_text("★★★: 1 track")
    assert rating_of(root, "Song 004") == 3
    tab.said.clear()  # the browser reports the aborted requests


def to_paper(tab: Tab, key: str) -> None:
    """Presses a key, and waits until the page opens the print dialog."""
    tab.run("window.print = () => { document.body.dataset.isPrinted = 1; }; 0")
    tab.page.keyboard.press(key)
    expect(tab.page.locator("body[data-is-printed]")).to_have_count(1)


def printed(tab: Tab) -> list[str]:
    """The titles on paper, as the print dialog of the browser has them."""
    pdf = tab.page.pdf(prefer_css_page_size=True)
    return re.findall(r"Song \d+", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.mark.parametrize("size", [(1440, 800), (390, 780)])
def test_what_is_found_is_printed_and_shown_as_before(tab: Tab, root: str, size: tuple[int, int]) -> None:
    page = tab.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(tab, f"{root}?sort=title-")
    expected = [f"Song {number:03}" for number in reversed(range(COUNT))]
    expect(count(tab)).to_have_text(f"{COUNT} tracks")
    shown = titles(tab)
    to_paper(tab, "Control+p")  # reads all rows first
    assert printed(tab) == expected
    tab.run("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".query-box .told")).to_have_text("")
    expect(page.locator(".tracks tbody tr.waiting")).to_have_count(0)
    assert titles(tab) == shown
    assert size[0] < 1000 or printed(tab) == expected  # by the menu of the browser


def test_rows_that_were_never_in_sight_are_printed(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in range(450):
            put_track(store, number, title=f"Song {number:03}", bpm=120.0)
    with listening(make_app(settings_of(path))) as port:
        opened(tab, f"http://127.0.0.1:{port}/?sort=title")
        expect(count(tab)).to_have_text("450 tracks")
        to_paper(tab, "Control+p")
        assert printed(tab) == [f"Song {number:03}" for number in range(450)]


def test_a_list_that_is_opened_after_browse_is_printed(tab: Tab, root: str) -> None:
    page, tracks = tab.page, found(root, "genre:=Techno")[:3]
    ids = [track["audio_id"] for track in tracks]
    made = httpx2.post(f"{root}api/v1/lists", json={"name": "Booth", "tracks": ids}).raise_for_status().json()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Sets").click()
    page.locator("main").get_by_role("link", name="Booth").click()
    expect(page.locator(".place .name b")).to_have_count(3)
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("button", name="Print for the booth").focus()
    to_paper(tab, "Enter")
    tab.asked.clear()
    assert set(printed(tab)) == {track["tags"]["title"] for track in tracks}
    assert [url for url in tab.asked if "/columns" in url] == []  # Browse is not printed along
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Browse").click()
    expect(page.locator(".query-box .told")).to_have_text("")
    assert titles(tab)[0] == "Song 000"
    tab.run("localStorage.clear()")  # the set that is worked on
    page.goto("about:blank")  # else the page may look for it once more, and get a 404
    httpx2.delete(f"{root}api/v1/lists/{made['id']}").raise_for_status()


def test_values_are_set_for_several_after_one_has_seen_what_would_change(tab: Tab, root: str) -> None:
    page = tab.page
    page.locator("td.title", has_text="Song 010").click()
    page.locator("td.title", has_text="Song 012").click(modifiers=["Control"])
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Set values of 2 tracks")
    dialog.get_by_label("Genre", exact=True).fill("Garage")
    expect(dialog.locator(".would")).to_contain_text("2 would change")
    expect(dialog.locator(".would tr").first).to_contain_text("Techno → Garage")
    dialog.get_by_role("button", name="Set").click()
    expect(page.locator(".toast")).to_contain_text("Set genre: 2 tracks")
    assert len(found(root, "genre:=Garage")) == 2
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert found(root, "genre:=Garage") == []


def test_by_keys_alone(tab: Tab) -> None:
    page = tab.page
    page.keyboard.press("/")
    page.keyboard.type("techno")
    page.keyboard.press("Enter")
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    page.keyboard.press("ArrowDown")
    for key in ("x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".browse .chosen")).to_contain_text("2 selected")
    assert tab.faults() == []
    set_tab, rows = page.locator(".set-pane .tab").bounding_box(), page.locator(".browse .list").bounding_box()
    assert rows["x"] + rows["width"] <= set_tab["x"] or rows["y"] + rows["height"] <= set_tab["y"]
    assert tab.run("[...document.querySelectorAll('tr[aria-selected] td.title')].map((one) => one.innerText)") == [
        "Song 001",
        "Song 007",
    ]
    page.keyboard.press("Escape")
    expect(page.locator(".browse .chosen")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("tr.current td.title")).to_have_text("Song 088")
    page.keyboard.press("Control+a")
    expect(page.locator(".browse .chosen")).to_contain_text("30 selected")
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("button", name="Set values…")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    for act in ("Similar sound", "Tracks to mix into", "5 stars", "Select all", "Jump to a row by typing"):
        expect(sheet).to_contain_text(act)
    page.keyboard.press("Escape")


def test_columns_that_were_chosen_are_there_again(tab: Tab) -> None:
    page = tab.page
    heads = "[...document.querySelectorAll('.tracks th')].map((one) => one.innerText)"
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Energy").uncheck()
    page.get_by_role("button", name="Artist: earlier").click()
    page.get_by_role("button", name="Artist: earlier").click()
    before = tab.run(heads)
    assert "Energy" not in before
    assert before.index("Artist") < before.index("Title")
    page.reload()
    page.locator("td.title").first.wait_for()
    assert tab.run(heads) == before
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("button", name="Automatic").click()
    assert "Energy" in tab.run(heads)
    assert tab.run("localStorage.getItem('map4.columns')") is None


def test_what_changes_elsewhere_comes_without_moving_what_one_looks_at(tab: Tab, root: str, library: Path) -> None:
    page = opened(tab, f"{root}?sort=title")
    page.locator(".tracks").focus()
    page.keyboard.press("End")
    current = page.locator("tr.current")
    expect(current).to_contain_text("Song 089")
    top = current.evaluate("row => row.getBoundingClientRect().top")
    with Library.open(library) as opened_again:
        [track] = opened_again.search('title:="Song 003"')
        opened_again.set([track], title="Zebra")
    expect(page.locator("td.title", has_text="Zebra")).to_be_visible(timeout=8000)
    expect(current).to_contain_text("Song 089")
    assert abs(current.evaluate("row => row.getBoundingClientRect().top") - top) <= 36
    page.locator(".list").evaluate("list => list.scrollTo(0, 0)")
    expect(page.locator("td.title").first).to_have_text("Song 000")
    with Library.open(library) as opened_again:
        opened_again.set([track], unset=["title"])
    expect(page.locator("td.title").nth(3)).to_have_text("Song 003", timeout=8000)
    page.keyboard.press("ArrowUp")
    expect(current).to_contain_text("Song 088")  # of the row that was current, and out of sight


def test_another_order_begins_at_its_top_also_where_something_changes_before_it_is_there(
    tab: Tab, root: str, library: Path
) -> None:
    page, asked, held = opened(tab, root), "**/columns?*sort=bpm*", list[Any]()
    page.locator(".list").evaluate("list => list.scrollTo(0, 1800)")
    page.route(asked, lambda route: held.append(route))
    with page.expect_request(asked):
        page.get_by_role("button", name="BPM").click()
    with page.expect_request(asked), Library.open(library) as opened_again:
        opened_again.set(opened_again.search('title:="Song 003"'), rating=4)
    for one in held:
        one.continue_()
    page.unroute(asked)
    expect(page.locator("td.title").first).to_have_text("Song 089")
    assert page.locator(".list").evaluate("list => list.scrollTop") == 0


def test_a_field_takes_back_what_was_typed_and_nothing_else(tab: Tab, root: str) -> None:
    page = opened(tab, root)
    box, stars = page.get_by_role("combobox", name="Search"), page.locator("tr[aria-rowindex='2'] .rate")
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator(".toast")).to_contain_text("★★★")
    box.click()
    page.keyboard.type("genre:techno")
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    page.keyboard.press("Control+a")
    page.keyboard.type("ener")
    expect(page.get_by_role("option", name="energy:")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box).to_have_value("energy:")
    taken = ["energy:"]
    while taken[-1] and len(taken) < 9:
        page.keyboard.press("Control+z")
        taken.append(box.input_value())
    assert [one for one in taken if one in ("energy:", "ener", "genre:techno", "")] == [
        "energy:",
        "ener",
        "genre:techno",
        "",
    ]
    expect(count(tab)).to_have_text(f"{COUNT} tracks")
    expect(page.locator(".toast")).to_contain_text("★★★")
    expect(stars).to_contain_text("3 of 5 stars")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")


@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.world)])
def test_a_phone_has_it_all_by_touch(started: Tab, root: str, dark: bool) -> None:
    context = started.page.context.browser.new_context(  # type: ignore[union-attr]
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, color_scheme="dark" if dark else "light"
    )
    tab = Tab(context.new_page())
    page = opened(tab, root)
    assert tab.run("document.documentElement.scrollWidth") <= 360
    assert tab.run("[...document.querySelectorAll('.tracks th')].map((one) => one.innerText)") == [
        "Play",
        "Title",
        "BPM",
        "Key",
        "Energy",
    ]
    assert tab.faults() == []
    page.get_by_role("button", name="Folders, genres, lists").tap()
    page.get_by_role("treeitem", name="Genres").tap()
    page.get_by_role("treeitem", name="Techno, 30").tap()
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    expect(page.get_by_role("tree")).to_be_hidden()
    for number in (1, 4):
        box = page.locator("td.title", has_text=f"Song 00{number}").bounding_box()
        pressed(page, box["x"] + 40, box["y"] + 20)
    expect(page.locator(".browse .chosen")).to_contain_text("2 selected")
    page.get_by_role("button", name="Actions").tap()
    page.get_by_role("button", name="3 stars").tap()
    expect(page.locator(".toast")).to_contain_text("★★★: 2 tracks")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert tab.said == []
    context.close()


def pressed(page: Any, x: float, y: float) -> None:
    """A finger that presses for half a second."""
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(500)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_an_empty_library_leads_to_its_folders_and_trouble_can_be_tried_again(
    started: Tab, root: str, tmp_path: Path
) -> None:
    page = started.page
    with Library.open(tmp_path / "library.map4"):
        pass
    with listening(make_app(settings_of(tmp_path / "library.map4"))) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.get_by_role("status").filter(has_text="No music yet")).to_be_visible()
        page.get_by_role("button", name="Choose folders").click()
        expect(page).to_have_url(re.compile("/tasks$"))
        expect(page.get_by_role("dialog", name="Choose a music folder")).to_be_visible()
    opened(started, root)
    page.route("**/columns?**", lambda route: route.abort())
    page.keyboard.press("/")
    page.keyboard.type("house")
    page.keyboard.press("Enter")
    expect(page.locator(".instead").get_by_role("alert")).to_contain_text("does not respond")
    page.unroute("**/columns?**")  # the stream of events went on all the time
    expect(count(started)).to_have_text(f"60 of {COUNT} tracks", timeout=15_000)


def test_a_link_with_a_wrong_query_says_so_and_leads_on(started: Tab, root: str) -> None:
    page = started.page
    page.goto("about:blank")
    page.goto(f"{root}?q=bpm:x")
    expect(page.locator(".query-box [role=alert]")).to_contain_text("bpm")
    page.get_by_role("button", name="Show all").click()
    expect(count(started)).to_have_text(f"{COUNT} tracks")
