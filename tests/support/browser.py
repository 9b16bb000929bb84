"""A real browser: the Chromium of this machine, driven by playwright; nothing is downloaded."""

import asyncio
import contextlib
import functools
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from playwright.sync_api import Browser, Page, expect, sync_playwright
except ImportError:  # where the test extra is not installed in full
    expect = sync_playwright = None  # type: ignore[assignment]

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
WHY_NOT = (
    "needs Chromium, which is not installed" if BROWSER is None
    else "needs playwright, which is not installed" if sync_playwright is None  # type: ignore[redundant-expr]
    else None
)  # fmt: skip
"""Why there is no browser; None where there is one."""
if expect is not None:
    expect.set_options(timeout=30_000)  # as long as all else of playwright waits: the machine may have much else to do
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
)
# Of a browser that draws without a graphics card; nothing the page does or could leave.
_OF_THE_BROWSER = "GPU stall due to ReadPixels"
_AXE = Path(__file__).parent / "axe" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


class Tab:
    """One page of the browser. Collects what it says on its console and what it asks for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self._hear(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, text: str) -> None:
        if _OF_THE_BROWSER not in text:
            self.said.append(text)

    def open(self, file: Path, *, dark: bool = False, width: int = 1100, height: int = 900) -> None:
        """Load a page and wait until it is there."""
        self.said.clear()
        self.asked.clear()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(media="screen", color_scheme="dark" if dark else "light")
        self.page.goto(file.as_uri())
        # Tables are laid out when their size is first seen, in the first frame.
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script: str, argument: Any = None) -> Any:
        """The value of an expression or a function, as JSON."""
        return self.page.evaluate(script, argument)

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA: rule, and the first element that breaks it."""
        source = _AXE.read_bytes()
        assert hashlib.sha256(source).hexdigest() == AXE_SHA256
        expect(self.page.locator("main[aria-busy]")).to_have_count(0)  # a view that is still being made is judged later
        # Into the world of the test, where the policy of the page does not reach.
        self.page.evaluate(source.decode("utf-8") + ";0")
        found = self.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        return [f"{violation['id']}: {violation['nodes'][0]['html'][:120]}" for violation in found["violations"]]


class Finger:
    """One that touches the page, as the browser is told by the machine."""

    def __init__(self, page: Page) -> None:
        self._wire = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        found = [{"x": x, "y": y} for x, y in points]
        self._wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})

    def down(self, x: float, y: float) -> None:
        self._send("touchStart", (x, y))

    def move(self, x: float, y: float) -> None:
        self._send("touchMove", (x, y))

    def up(self) -> None:
        self._send("touchEnd")


@functools.cache
def _started() -> tuple[Browser, asyncio.AbstractEventLoop | None]:
    """The browser of this process, and the loop that talks to it. Both end with it."""
    browser = sync_playwright().start().chromium.launch(executable_path=BROWSER, args=list(FLAGS))
    return browser, asyncio._get_running_loop()


@contextlib.contextmanager
def browser() -> Iterator[Tab]:
    """A page of the browser, which starts once in a process of tests; it remembers nothing of those before.

    playwright's loop would be taken for one that runs in this thread by all tests after, so nobody sees it meanwhile.
    """
    started, loop = _started()
    with contextlib.ExitStack() as ends:
        ends.callback(asyncio._set_running_loop, None)
        asyncio._set_running_loop(loop)
        ends.callback(lambda: [context.close() for context in started.contexts])
        yield Tab(started.new_context().new_page())
