"""The page of who looks at it, in a real browser, of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, browser, expect
from live_server import listening
from servers import settings_of

from map4.library import Library
from map4.server.app import make_app

pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    with browser() as found:
        yield found


@pytest.fixture
def tab(started: Tab, tmp_path: Path) -> Iterator[Tab]:
    """The page of a library without accounts."""
    with Library.open(tmp_path / "library.map4"):
        pass
    with listening(make_app(settings_of(tmp_path / "library.map4"))) as port:
        yield _opened(started, port)
        started.page.unroute_all()


def _opened(tab: Tab, port: int) -> Tab:
    tab.page.context.clear_cookies()
    tab.page.goto(f"http://127.0.0.1:{port}/you")
    return tab


@pytest.mark.parametrize(("status", "wait", "said"), [
    (0, None, "The server does not answer. See whether it runs, and try again: nothing that you typed is lost."),
    (401, None, "The name or the password is wrong."),
    (429, "840", "Too many wrong log-ins. Try again in 14 minutes."),
    (502, None, "The server can't answer now (502). Try again later."),
])  # fmt: skip
def test_what_went_wrong_is_a_sentence_and_what_was_typed_stays(
    tab: Tab, status: int, wait: str | None, said: str
) -> None:
    details = {401: "the name or the password is wrong", 429: "too many wrong log-ins; wait"}

    def answer(route: Any) -> None:
        if route.request.method == "GET":
            route.fulfill(status=401, json={"detail": "log in"})
        elif status:
            body = f'{{"detail": "{details[status]}"}}' if status in details else "<html>Bad Gateway</html>"
            route.fulfill(status=status, headers={"Retry-After": wait} if wait else {}, body=body)
        else:
            route.abort()

    page = tab.page
    page.route("**/auth/session", answer)
    page.reload()
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(said)
    assert [page.get_by_label(name).input_value() for name in ("Name", "Password")] == ["Ann", "correct horse"]
    expect(page.get_by_label("Password")).to_be_focused()
    assert page.get_by_label("Password").get_attribute("type") == "password"
    assert tab.faults() == []
