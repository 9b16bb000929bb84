"""Browse: tracks are found, sorted, selected, kept, printed and edited, by mouse, by finger and by keys alone."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from pypdf import PdfReader
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

COUNT = 90
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
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    library = tmp_path_factory.mktemp("browse") / "library.map4"
    fill(library)
    with serving(library) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def tab(started: Tab, root: str) -> Iterator[Tab]:
    """The page as it is first seen."""
    started.page.set_viewport_size({"width": 1440, "height": 800})
    started.page.goto(root)
    # the selection and the row stay over a reload
    started.run("() => addEventListener('pagehide', () => sessionStorage.clear())")
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


def test_first_rows_are_drawn_from_data_embedded_in_the_page(
    tab: Tab, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.page.routes._PATIENCE_S", 30.0)
    tab.asked.clear()
    opened(tab, f"{root}?q=genre:house&sort=bpm")
    assert titles(tab)[0] == "Song 089"
    api = [urlsplit(url) for url in tab.asked if "/api/v1/" in url]
    rows = [record.query for record in api if record.path.endswith("/columns") and "near=true" not in record.query]
    again = {record.path.rpartition("/v1/")[2] for record in api} & {"auth/session", "about"}
    assert (again, rows) == (set(), [])  # the tree counts without fields
    assert tab.faults() == []
    tab.page.wait_for_timeout(500)
    assert len(tab.asked) <= 12  # no cover of a file that is not there
    assert len(re.findall(r"/(?:live|later)\.js", " ".join(tab.asked))) == 2


def test_a_misspelt_field_is_corrected_by_a_button_while_it_is_typed(tab: Tab, root: str) -> None:
    for address in (root, f"{root}?q=nothing"):  # with rows and without
        tab.page.goto(address)
        tab.page.keyboard.press("/")
        tab.page.keyboard.press("Control+a")
        tab.page.keyboard.type("gener:techno", delay=40)
        tab.page.get_by_role("button", name="Did you mean genre:techno?").click()
        expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")  # and no answer is an error: the console is empty


def test_a_rating_is_one_change_and_one_request_of_rows(tab: Tab) -> None:
    tab.page.locator("td.title").first.click()
    tab.page.wait_for_timeout(500)
    tab.asked.clear()
    tab.page.keyboard.press("4")
    tab.page.wait_for_timeout(2500)  # until its event has come
    assert [urlsplit(url).path.rpartition("/v1/")[2] for url in tab.asked] == ["tracks", "columns"]
    tab.page.keyboard.press("Control+z")
    expect(tab.page.locator(".toast")).to_contain_text("Undone")


OF_ROWS = re.compile(r"/columns\?.*from=")


def multiplied(tab: Tab, most: int, holds: Callable[[str], bool] = lambda url: False) -> list[Any]:
    """Show the tracks of the library again and again; `holds` chooses the answers that wait in the result."""
    held: list[Any] = []

    def asked(route: Any) -> None:
        if holds(route.request.url):
            held.append(lambda: answer(route))
        else:
            answer(route)

    def answer(route: Any) -> None:
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        start, end = int(query["from"]), min(most, int(query["to"]))
        whole = route.fetch(
            url=route.request.url.replace(f"from={start}&to={query['to']}", f"from=0&to={COUNT}")
        ).json()
        numbers = range(start, end)
        columns = {name: [values[number % COUNT] for number in numbers] for name, values in whole["columns"].items()}
        rows = [100_000 * (number // COUNT) + whole["rows"][number % COUNT] for number in numbers]
        route.fulfill(json=whole | {"count": most, "from": start, "rows": rows, "columns": columns})

    tab.page.route(OF_ROWS, asked)
    return held


def test_a_rating_at_row_50000_is_one_change_and_one_request_of_rows(tab: Tab) -> None:
    multiplied(tab, 100_000)
    tab.page.locator(".tracks").focus()
    tab.page.get_by_role("button", name="Title").click()
    expect(count(tab)).to_have_text("100,000 tracks")
    tab.run("() => { document.querySelector('.list').scrollTop = 50_000 * 36; }")
    row = tab.page.locator("tr[aria-rowindex='50012']:not(.waiting)")
    row.locator("td.title").click()
    for rate in (
        lambda: row.locator(".rate i").nth(3).click(),
        lambda: tab.page.keyboard.press("3"),
        lambda: (
            row.locator("td.title").click(button="right"),
            tab.page.get_by_role("menuitem", name="2 stars").click(),
        ),
    ):
        tab.page.wait_for_timeout(500)
        tab.asked.clear()
        rate()
        tab.page.wait_for_timeout(2500)  # until its event has come
        assert [urlsplit(url).path.rpartition("/v1/")[2] for url in tab.asked] == ["tracks", "columns"]
        assert row.evaluate("row => row.classList.contains('current')")
    tab.page.unroute_all(behavior="ignoreErrors")


@pytest.mark.contract
def test_query_is_in_the_address_and_in_the_history(tab: Tab, root: str) -> None:
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


def test_keys_after_select_all_wait_for_a_late_selection(tab: Tab) -> None:
    page, chosen, dialog = tab.page, tab.page.locator(".browse .chosen b"), tab.page.locator("dialog")
    held = multiplied(tab, 30_000, lambda url: "fields=&" in url and "to=30000" in url)
    page.locator(".tracks").focus()
    page.get_by_role("button", name="Title").click()
    expect(count(tab)).to_have_text("30,000 tracks")
    page.locator("td.title").nth(2).click()
    page.keyboard.press("Control+a")
    expect(chosen).to_have_text("Selecting 30,000…")
    page.keyboard.press("4")
    page.locator("td.title").nth(3).click()  # the selection is dropped, what waits is not
    expect(chosen).to_be_hidden()
    held[0]()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    held[1]()
    expect(chosen).to_have_text("30,000 selected")
    tab.asked.clear()
    page.keyboard.press("4")
    expect(dialog).to_contain_text("Rate: 30,000 tracks?")
    expect(dialog.get_by_role("button", name="Rate")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("★★★★: 30,000 tracks")  # by the query: one request, no ids
    assert urlsplit(tab.asked[0]).path.endswith("/v1/tracks")
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    page.unroute_all(behavior="ignoreErrors")


def test_a_search_by_rules_is_kept_as_a_live_list(tab: Tab, root: str) -> None:
    page, dialog = tab.page, tab.page.locator("dialog")
    page.get_by_role("button", name="Rules").click()
    dialog.get_by_role("button", name="Add a rule").click()
    dialog.get_by_label("Field").select_option("Genre")
    dialog.get_by_label("Relation").select_option("is")
    dialog.get_by_label("Value").fill("techno")
    expect(dialog.locator("output")).to_have_text("30 tracks")
    assert tab.faults() == []
    dialog.get_by_role("button", name="Search", exact=True).click()
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="More…").click()
    page.get_by_role("menuitem", name="Save as live list").click()
    dialog.get_by_label("Name").fill("Fast")
    dialog.get_by_label("Order", exact=True).fill("bpm-")
    dialog.get_by_label("Maximum tracks per artist").fill("1")
    expect(dialog.locator("output")).to_contain_text("5 tracks now")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Fast saved: 5 tracks now")
    page.get_by_role("treeitem", name="↻ Fast 5").locator(".branch").click()
    expect(page.locator(".browse .about")).to_contain_text("Live list: Fast (genre:=techno)")
    assert titles(tab) == [track["tags"]["title"] for track in found(root, "genre:=techno sort:bpm- limit:5")]


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
def test_printing_includes_all_rows_and_restores_the_view(tab: Tab, tmp_path: Path, size: tuple[int, int]) -> None:
    page, path = tab.page, tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in range(450):
            put_track(store, number, title=f"Song {number:03}", bpm=120.0)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    with serving(path) as port:
        opened(tab, f"http://127.0.0.1:{port}/?sort=title-")
        expect(count(tab)).to_have_text("450 tracks")
        shown = titles(tab)
        pages = PdfReader(io.BytesIO(page.pdf())).pages  # by the browser's menu
        assert re.search(r"\d+ of 450 tracks\.\s*Press Ctrl-P", pages[0].extract_text())
        to_paper(tab, "Control+p")  # reads all rows first
        expect(page.locator(".tracks caption")).to_be_hidden()
        assert printed(tab) == [f"Song {number:03}" for number in reversed(range(450))]
        tab.run("dispatchEvent(new Event('afterprint'))")
        expect(page.locator(".tracks tbody tr.waiting")).to_have_count(0)
        assert titles(tab) == shown
        page.goto("about:blank")


def test_a_list_that_is_opened_after_browse_is_printed(tab: Tab, root: str) -> None:
    page, tracks = tab.page, found(root, "genre:=Techno")[:3]
    ids = [track["audio_id"] for track in tracks]
    made = httpx2.post(f"{root}api/v1/lists", json={"name": "Booth", "tracks": ids}).raise_for_status().json()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Sets").click()
    page.locator("main").get_by_role("link", name="Booth").click()
    expect(page.locator(".place .name b")).to_have_count(3)
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("menuitem", name="Print for the booth").focus()
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


def test_values_of_several_tracks_are_set_after_a_preview(tab: Tab, root: str) -> None:
    page = tab.page
    page.locator("td.title", has_text="Song 010").click()
    page.locator("td.title", has_text="Song 012").click(modifiers=["Control"])
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Set values of 2 tracks")
    dialog.get_by_label("Genre", exact=True).fill("Garage")
    expect(dialog.locator("output")).to_contain_text("2 would change")
    expect(dialog.locator("output li").first).to_contain_text("Techno → Garage")
    dialog.get_by_role("button", name="Set").click()
    expect(page.locator(".toast")).to_contain_text("Set genre: 2 tracks")
    assert len(found(root, "genre:=Garage")) == 2
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert found(root, "genre:=Garage") == []


def test_browsing_works_by_keyboard(tab: Tab) -> None:
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
    expect(page.get_by_role("menuitem", name="Set values…")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".browse .chosen")).to_contain_text("30 selected")


def test_menus_are_walked_by_arrows_and_letters(tab: Tab, root: str) -> None:
    page = opened(tab, f"{root}?q=techno")
    opener = page.get_by_role("button", name="Actions")

    def pressed(*keys: str) -> str:
        for key in keys:
            page.keyboard.press(key)
        return str(page.evaluate("document.activeElement.firstChild.data"))

    page.keyboard.press("Control+a")
    opener.focus()
    expect(opener).to_have_attribute("aria-haspopup", "menu")
    assert pressed("Enter") == "Play"
    expect(opener).to_have_attribute("aria-expanded", "true")
    assert tab.faults() == []
    assert [pressed("ArrowDown"), pressed("ArrowUp"), pressed("ArrowUp"), pressed("Home"), pressed("End")] == [
        *("Add to the queue", "Play", "More…", "Play", "More…")
    ]
    # its key or its first letter
    assert [pressed("v"), pressed("a"), pressed("A"), pressed("q"), pressed("3")] == [
        *("Set values…", "Add to the queue", "Add to the set", "Add to the queue", "3 stars")
    ]
    expect(page.locator(".toast")).to_be_hidden()
    pressed("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
    assert pressed("Enter", "End", "Enter") == "Half the tempo"
    expect(page.get_by_role("menu")).to_have_count(1)  # that before has gone
    expect(opener).to_have_attribute("aria-expanded", "true")
    pressed("Tab")  # on from the button
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.get_by_role("button", name="Columns")).to_be_focused()
    pressed("Enter")
    dialog = page.get_by_role("dialog", name="Columns")
    expect(dialog.get_by_role("button", name="Automatic")).to_be_focused()
    page.get_by_role("button", name="Columns").click()
    expect(dialog).to_have_count(0)


def test_undo_in_a_field_reverts_only_typed_text(tab: Tab) -> None:
    page, box = tab.page, tab.page.get_by_role("combobox", name="Search")
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator(".toast")).to_contain_text("★★★")
    box.click()
    page.keyboard.type("ener")
    expect(page.get_by_role("option").first).to_contain_text("energy:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box).to_have_value("energy:")
    while box.input_value():
        page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("★★★")
    expect(page.locator("tr[aria-rowindex='2'] .rate")).to_contain_text("3 of 5 stars")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")


def test_browsing_works_by_touch_on_a_phone(started: Tab, root: str) -> None:
    context = started.page.context.browser.new_context(  # type: ignore[union-attr]
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, color_scheme="dark"
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
    page.get_by_role("treeitem", name="Techno 30").tap()
    expect(count(tab)).to_have_text(f"30 of {COUNT} tracks")
    expect(page.get_by_role("tree")).to_be_hidden()
    for number in (1, 4):
        box = page.locator("td.title", has_text=f"Song 00{number}").bounding_box()
        pressed(page, box["x"] + 40, box["y"] + 20)
    expect(page.locator(".browse .chosen")).to_contain_text("2 selected")
    page.get_by_role("button", name="Actions").tap()
    page.get_by_role("menuitem", name="3 stars").tap()
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
