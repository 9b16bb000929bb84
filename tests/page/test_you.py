"""The page of who looks at it, in a real browser, of a real server."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = [
    pytest.mark.world,
    pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or ""),
    pytest.mark.usefixtures("quick_hashes"),
]


@pytest.fixture
def tab(started: Tab, tmp_path: Path) -> Iterator[Tab]:
    """The page of a library without accounts."""
    with Library.open(tmp_path / "library.map4"):
        pass
    with serving(tmp_path / "library.map4") as port:
        yield _opened(started, port)


def _opened(tab: Tab, port: int) -> Tab:
    tab.page.context.clear_cookies()
    tab.page.goto(f"http://127.0.0.1:{port}/you")
    return tab


PASSWORD = "correct horse battery"
WHERE = "http://127.0.0.1:{}/you"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of an admin, Ann, and a viewer, Bob."""
    path = tmp_path_factory.mktemp("shared") / "library.map4"
    with Library.open(path) as library:
        library.accounts.add("Ann", password=PASSWORD)
        library.accounts.add("Bob", "viewer", password=PASSWORD)
    with closing(SqliteStore(str(path))) as store:
        for number in range(3):
            put_track(store, number, title=f"Song {number}", bpm=120.0 + number)
    return path


@pytest.fixture(scope="module")
def port(shared: Path) -> Iterator[int]:
    with serving(shared) as found:
        yield found


def _as(name: str, tab: Tab, port: int, shared: Path) -> Any:
    """The page, with a session of this account."""
    with Library.open(shared) as library:
        cookie = f"map4_{library.credentials.library_id()[:8]}"
        secret = library.credentials.begin_session(library.accounts.get(name).number).secret
    page = tab.page
    page.context.clear_cookies()
    page.context.add_cookies([{"name": cookie, "value": secret, "url": f"http://127.0.0.1:{port}"}])
    page.goto(f"http://127.0.0.1:{port}/you")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page


def _status(port: int, path: str, token: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.get(f"http://127.0.0.1:{port}{path}", headers=headers).status_code


def _rest_code(port: int, password: str) -> int | None:
    """The code of the error that a player gets with this password; None where it is let in."""
    proof = {"t": hashlib.md5(f"{password}salt".encode()).hexdigest(), "s": "salt"}
    answer = httpx2.get(f"http://127.0.0.1:{port}/rest/ping", params={"u": "Ann", "f": "json", **proof}).json()
    return answer["subsonic-response"].get("error", {}).get("code")  # type: ignore[no-any-return]


def test_failed_login_keeps_the_typed_text(started: Tab, port: int) -> None:
    page, body = _opened(started, port).page, '{"detail": "too many wrong log-ins; wait"}'
    refused = lambda route: route.fulfill(status=429, headers={"Retry-After": "840"}, body=body)  # noqa: E731
    page.route("**/auth/session", lambda route: route.continue_() if route.request.method == "GET" else refused(route))
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Too many wrong log-ins. Try again in 14 minutes.")
    assert [page.get_by_label(name).input_value() for name in ("Name", "Password")] == ["Ann", "correct horse"]
    expect(page.get_by_label("Password")).to_be_focused()
    page.unroute_all()


@pytest.mark.parametrize("name", ["Ann", pytest.param("Bob", marks=pytest.mark.world)])
@pytest.mark.parametrize(("address", "heading", "shown"), [
    pytest.param("", "Browse", "Song 0", marks=pytest.mark.contract),
    ("?q=title:1", "Browse", "1 of 3 tracks"),
    ("lists", "Sets and lists", "No lists yet"),
    ("you", "", "view and play"),
])  # fmt: skip
def test_login_form_leads_to_the_requested_view(
    started: Tab, port: int, name: str, address: str, heading: str, shown: str
) -> None:
    page = started.page
    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(f"http://127.0.0.1:{port}/{address}")
    expect(page.get_by_label("Name")).to_be_focused()
    started.said.clear()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    if name == "Ann":
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading or name)
    expect(page.locator("main")).to_contain_text(shown)
    expect(page.get_by_role("alert")).to_have_count(0)
    for view, then in (("Sets", "Sets and lists"), ("Browse", "Browse")):
        page.get_by_role("navigation", name="Views").get_by_role("link", name=view).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(then)
    assert page.url == f"http://127.0.0.1:{port}/"
    assert started.said == []


def test_failed_opening_after_login_can_be_retried(started: Tab, port: int) -> None:
    page = _opened(started, port).page
    page.goto(f"http://127.0.0.1:{port}/")
    page.route("**/api/v1/about", lambda route: route.abort())
    page.get_by_label("Name").fill("Bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("The server does not respond.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("main")).to_contain_text("Song 0")


def test_a_token_works_until_it_is_removed(started: Tab, port: int, shared: Path) -> None:
    page = _as("Ann", started, port, shared)
    page.get_by_role("button", name="Create token").click()
    page.keyboard.type("backup")
    page.get_by_label("view and play").uncheck()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Tick at least one right.")
    page.get_by_label("view and play").check()
    page.keyboard.press("Enter")
    token = page.get_by_label("Token", exact=True).input_value()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Create token")).to_be_focused()
    assert _status(port, "/api/v1/search", token) == 200
    assert token not in page.content()
    page.get_by_role("button", name="Remove backup").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_have_text("backup has lost access.")
    expect(page.get_by_role("heading", name="Tokens")).to_be_focused()
    assert _status(port, "/api/v1/search", token) == 401
    assert started.faults() == []


def test_a_device_works_until_it_is_removed(started: Tab, port: int, shared: Path) -> None:
    page = _as("Ann", started, port, shared)
    page.get_by_role("button", name="Add device").click()
    page.keyboard.type("phone")
    page.keyboard.press("Enter")
    shown = page.get_by_label("Password", exact=True)
    password = shown.input_value()
    page.set_viewport_size({"width": 360, "height": 740})
    assert shown.evaluate("one => one.scrollWidth <= one.clientWidth")  # nobody can type what is cut off
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.get_by_label("Server", exact=True).input_value() == f"http://127.0.0.1:{port}/"
    assert page.get_by_label("User", exact=True).input_value() == "Ann"
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Remove phone")).to_be_visible()
    assert (_rest_code(port, password), password in page.content()) == (None, False)
    page.get_by_role("button", name="Remove phone").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Remove phone")).to_have_count(0)
    assert _rest_code(port, password) == 40


def test_logout_shows_the_login_form(started: Tab, port: int, shared: Path) -> None:
    page = _as("Ann", started, port, shared)
    page.reload()  # the cookie is still there
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()


def test_viewer_sees_no_actions_without_permission(started: Tab, port: int, shared: Path) -> None:
    page = _as("Bob", started, port, shared)
    page.goto(f"{WHERE.format(port)}#accounts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob")
    assert page.locator("main").get_by_role("link").count() == 0
    assert page.locator("ul.may li").all_inner_texts() == [
        "view and play",
        "play music with other programs (OpenSubsonic)",
    ]
    page.get_by_role("button", name="Create token").click()
    assert page.get_by_role("checkbox").count() == 2
    page.goto(f"http://127.0.0.1:{port}/lists")
    expect(page.get_by_text("No lists yet.")).to_be_visible()
    expect(page.locator("main").get_by_role("button", name="New set")).to_have_count(0)
    page.goto(f"http://127.0.0.1:{port}/mend")
    expect(page.get_by_role("status")).to_have_text("Your account can't use Clean up. An admin can allow it.")


def test_session_expiring_during_work_loses_nothing(started: Tab, port: int, shared: Path) -> None:
    page = _as("Bob", started, port, shared)
    page.get_by_role("button", name="Add device").click()
    page.keyboard.type("Bob's phone")
    with Library.open(shared) as library:
        for credential in library.credentials.all("Bob"):
            library.credentials.remove(credential.id)
    page.keyboard.press("Enter")
    again = page.get_by_role("dialog", name="Log in again")
    assert again.get_by_label("Name").input_value() == "Bob"
    assert started.faults() == []
    expect(again.get_by_label("Password")).to_be_focused()  # the name is there
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("User", exact=True)).to_have_value("Bob")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Remove Bob's phone")).to_be_visible()


def test_an_admin_makes_changes_and_removes_an_account(started: Tab, port: int, shared: Path) -> None:
    page = _as("Ann", started, port, shared)
    page.get_by_role("link", name="Accounts").click()
    page.get_by_role("button", name="Add account").click()
    page.get_by_role("textbox", name="Name").fill("bob")
    page.get_by_role("textbox", name="New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").last).to_contain_text("ob")  # there is one already
    page.get_by_role("textbox", name="Name").fill("Cleo")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Role: Cleo").click()
    page.get_by_role("combobox", name="Role").select_option("viewer")
    page.get_by_role("button", name="Change role").click()
    expect(page.locator("li", has_text="Cleo")).to_contain_text("viewer")
    page.get_by_role("button", name="Remove: Cleo").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("ratings")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("li", has_text="Cleo")).to_have_count(0)
    assert started.faults() == []
    page.get_by_role("link", name="Log").click()
    expect(page.locator("li").first).to_contain_text("Ann: account removed")
    assert started.faults() == []


def test_first_account_is_created_and_its_password_changed(tab: Tab) -> None:
    page = tab.page
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann")
    page.get_by_role("button", name="Change my password").click()
    page.get_by_label("Current password").fill("wrong password")
    page.get_by_label("New password").fill("staple battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").last).to_contain_text("current password is wrong")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Password changed")
    page.get_by_text("Show my data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    kept = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert (kept["schema"], kept["account"]["name"]) == ("map4/person/1", "Ann")
    assert tab.faults() == []


@pytest.mark.parametrize("dark", [False, True])
def test_account_views_fit_a_phone_and_use_only_this_server(started: Tab, port: int, shared: Path, dark: bool) -> None:
    started.page.set_viewport_size({"width": 360, "height": 740})
    started.page.emulate_media(color_scheme="dark" if dark else "light")
    started.asked.clear()
    page = _as("Ann", started, port, shared)
    for view, head in (("#accounts", "Accounts"), ("#log", "Log"), ("#", "Ann")):
        page.goto(f"{WHERE.format(port)}{view}")
        expect(page.get_by_role("heading", level=1)).to_have_text(head)
        assert started.run("document.documentElement.scrollWidth") <= 360
        assert started.faults() == []
    assert {url.split("/")[2] for url in started.asked} <= {f"127.0.0.1:{port}", ""}


def test_user_named_by_a_proxy_is_logged_in(started: Tab, tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        library.accounts.add("Ann")
        library.accounts.add("Dora", "viewer")
    with serving(path, proxies=("127.0.0.1",), user_header="X-User", base_path="/music") as port:
        page = started.page
        page.context.clear_cookies()
        page.set_extra_http_headers({"X-User": "Dora"})
        started.asked.clear()
        page.goto(f"http://127.0.0.1:{port}/music/you")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dora")
        assert page.locator("main").get_by_role("button").all_inner_texts() == [
            "Add device",
            "Create token",
        ]  # nothing to log out of
        page.get_by_role("button", name="Add device").click()
        page.keyboard.type("phone")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Server", exact=True)).to_have_value(f"http://127.0.0.1:{port}/music/")
        assert {url.split("/")[3] for url in started.asked if url.startswith("http")} == {"music"}
        page.set_extra_http_headers({"X-User": "Emil"})
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("no account here")
        page.set_extra_http_headers({})
