"""Make the pictures of the documentation anew: reports, a terminal and the server's page, of the demo library.

    python tests/docs/pictures.py

Scans the demo folder, which is written where it is not there yet, exports reports as pages and as PDF, takes pictures
of them with Chromium and pdftoppm (poppler), and puts them, small, into docs/pictures. Look at them before you commit.
"""

import html
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests"), str(REPOSITORY / "tests" / "support")]

from browser import WHY_NOT, Tab, browser, expect  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.segment import Segment  # noqa: E402
from rich.terminal_theme import SVG_EXPORT_THEME  # noqa: E402
from rich.text import Text  # noqa: E402

from map4.extras.demo.folder import DemoFolder  # noqa: E402

PICTURES = REPOSITORY / "docs" / "pictures"
# Where the sessions of the documentation take place too (refresh.py).
PLACE = Path("/tmp")
DEMO = PLACE / "demo-music"
MOST_BYTES = 150_000
"""A picture that is larger makes the pages slow, and the repository heavy."""

VIEW_WIDTH, VIEW_HEIGHT, VIEW_MS, MOST_VIEW_MS = 1280, 800, 2500, 60_000
DARK_VIEWS = ("browse", "track", "mend")

SEED = "demo-music/Electronic/Nadia Vellum/Basement Weather/01 Velvet Undertow.flac"
LIST = "Friday night"
MAKE = "map4 playlist --query bpm:112..150 -n 10 --curve dj_set --plan"
EXPORTS = (
    "map4 export --template library --name 'My music' -o library.html",
    f"map4 export --playlist '{LIST}' --option quality=yes -o list.html",
    f"map4 export --playlist '{LIST}' --template dj_setlist -o setlist.pdf",
    f"map4 export '{SEED}' -o track.html",
)
TERMINAL = ("map4 search bpm:120..128 energy:5.. ^genre:rock", f"map4 playlist show '{LIST}' --figures")
# Reports name their day; pictures that are made again should not differ by it.
DAY = "1767225600"
PASSWORD = "correct horse battery"
PEOPLE = (
    "map4 accounts add Nadia --password-stdin",
    'map4 --user Nadia accounts issue "Nadia\'s phone" --device',
    "map4 --user Nadia accounts issue backup --scope read --days 90",
)
WIDE = 1150
PAGE_WIDTH = 1100
HEIGHT = 900
COLUMNS = 80


class MissingToolError(Exception):
    """A program that takes the pictures is not on this machine; the message says which."""


def main() -> int:
    """Make the pictures; return the exit status: 0 done, 1 could not."""
    try:
        check_tools()
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), PICTURES)
    except MissingToolError as error:
        sys.stderr.write(f"pictures.py: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"pictures.py: {error.cmd} failed:\n{error.stderr}\n")
        return 1
    return 0


def check_tools() -> None:
    """Say what is missing before any of the work is done."""
    if WHY_NOT is not None:
        raise MissingToolError(f"takes pictures of pages: {WHY_NOT}")
    if shutil.which("pdftoppm") is None:
        raise MissingToolError(
            "takes pictures of PDFs with pdftoppm, and there is none; install poppler (poppler-utils)"
        )


def make(folder: Path, target: Path) -> None:
    """Make everything in one folder, and the pictures in another."""
    if not DEMO.is_dir():
        DemoFolder(str(DEMO)).write()
    environment = command_environment(folder)
    # The demo has files that can't be read, which a scan ends with 3 for; and a list of it may be short.
    for line in ("map4 scan demo-music", f"{MAKE} --save '{LIST}'"):
        subprocess.run(["bash", "-c", line], cwd=PLACE, env=environment, capture_output=True, text=True, check=False)
    for line in EXPORTS:
        command = line.replace("-o ", f"-o {shlex.quote(str(folder))}/")
        subprocess.run(["bash", "-c", command], cwd=PLACE, env=environment, capture_output=True, text=True, check=True)
    (folder / "terminal.html").write_text(terminal_page(TERMINAL, environment), encoding="utf-8")
    mix = json.loads(output(f"map4 mix '{LIST}' --json", environment))
    (folder / "list-mix.html").write_text(clock_page(mix), encoding="utf-8")
    target.mkdir(exist_ok=True)
    with browser() as tab:
        save(seen(tab, folder / "library.html", until="section:nth-of-type(2)"), target / "library-light.png")
        save(seen(tab, folder / "list.html", dark=True, until="main > section"), target / "list-dark.png")
        save(seen(tab, folder / "track.html", width=740, until="footer"), target / "track.png")
        save(seen(tab, folder / "terminal.html", dark=True, width=None), target / "terminal.png")
        save(part(tab, folder / "list-mix.html", "svg", until="svg > :last-child"), target / "list-mix.png")
        with served(environment) as address:
            [list_id] = re.findall(r'"id": ?"(l-\w+)"', output("map4 playlist list --json", environment))[:1]
            [track_id] = re.findall(r'"audio_id": ?"(a2-\w+)"', output("map4 search velvet --json", environment))[:1]
            where = {  # the set first, which then stands beside the others
                "set": f"lists/{list_id}", "browse": "", "track": f"tracks/{track_id}", "map": "map", "mend": "mend",
                "work": "tasks",
            }  # fmt: skip
            for name, below in where.items():
                shown = view(tab, f"{address}/{below}", dark=name in DARK_VIEWS, path=folder / f"{name}.png")
                save(shown, target / f"page-{name}.png")
        with of_people(folder, environment) as address:
            save(own_page(tab, address, folder / "you.png"), target / "you.png")
    subprocess.run(["pdftoppm", "-png", "-r", "80", "-singlefile", "setlist.pdf", "setlist"], cwd=folder, check=True)
    save(without_empty_foot(Image.open(folder / "setlist.png")), target / "setlist.png")


def output(line: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        ["bash", "-c", line], cwd=PLACE, env=environment, capture_output=True, text=True, check=True
    ).stdout


def command_environment(folder: Path) -> dict[str, str]:
    """A `map4` of this checkout, with a home, a library and a terminal of its own."""
    command = folder / "map4"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m map4 "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "PYTHONPATH": str(REPOSITORY), "LANG": "C.UTF-8",
        "MAP4_LIBRARY": str(folder / "demo.map4"), "SOURCE_DATE_EPOCH": DAY, "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
    }  # fmt: skip


# ---- the clock of a set ---------------------------------------------------------------------------


def clock_page(planned: dict[str, Any], count: int = 3, wide: float = 1100.0, high: float = 46.0) -> str:
    """The first tracks of a planned set on its clock: their levels, where the bass changes over, and their speeds."""
    tracks, joints = planned["tracks"][:count], planned["joints"][: count - 1]
    scale = (wide - 20.0) / tracks[-1]["end_s"]
    fades = {joint["to"]: joint for joint in joints}, {joint["from"]: joint for joint in joints}
    drawn = []
    for row, track in enumerate(tracks):
        before, after = (side.get(track["position"], {"lasts_s": 0.0}) for side in fades)
        begin, end = scale * track["start_s"], scale * track["end_s"]
        x = (begin, begin + scale * before["lasts_s"], end - scale * after["lasts_s"], end)
        top, bottom = row * (high + 8.0) + 4.0, row * (high + 8.0) + high
        speed = " → ".join(
            f"{100 * speed['speed'] - 100:+.1f} %" for speed in track["speeds"][:: len(track["speeds"]) - 1 or 1]
        )
        drawn.append(
            f'<path d="M{x[0]:.1f} {bottom}L{x[1]:.1f} {top}H{x[2]:.1f}L{x[3]:.1f} {bottom}z" fill="{_BARS[row % 2]}"/>'
            f'<text x="{x[1] + 8:.1f}" y="{top + 18}">{html.escape(track["title"] or "")}</text>'
            f'<text x="{x[1] + 8:.1f}" y="{top + 35}" class="s">{speed}</text>'
        )
    foot = count * (high + 8.0)
    for joint in joints:
        at = scale * (joint["swap_at_s"] or joint["at_s"] + joint["lasts_s"] / 2)
        drawn.append(f'<path d="M{at:.1f} 0V{foot}" stroke="#c2410c" stroke-dasharray="4 3"/>')
        drawn.append(f'<text x="{at + 4:.1f}" y="{foot}" class="s">bass</text>')
    minutes = range(int(tracks[-1]["end_s"] / 60.0) + 1)
    drawn += [f'<text x="{scale * 60 * at:.1f}" y="{foot + 22}" class="s">{at}:00</text>' for at in minutes]
    drawn.append(f'<path d="M0 {foot + 28}h1"/>')
    style = "svg{font:14px DejaVu Sans,sans-serif;padding:10px;background:#fff}.s{font-size:12px;fill:#555}"
    svg = f'<svg width="{wide}" height="{foot + 30}">{"".join(drawn)}</svg>'
    return f"<!DOCTYPE html><meta charset=utf-8><style>{style}</style>{svg}"


_BARS = ("#bfdbfe", "#bbf7d0")


# ---- the server's page ---------------------------------------------------------------------------


@contextmanager
def of_people(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A server of a library with an account; gives its address."""
    environment = environment | {"MAP4_LIBRARY": str(folder / "people.map4")}
    for line in PEOPLE:
        subprocess.run(
            ["bash", "-c", line], env=environment, input=PASSWORD, capture_output=True, text=True, check=True
        )
    with served(environment) as address:
        yield address


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    server = subprocess.Popen(["map4", "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        yield next(found[0] for line in server.stderr if (found := re.search(r"http://[^;\s]+", line)))
    finally:
        server.terminate()
        server.wait()


def view(tab: Tab, address: str, *, dark: bool, path: Path) -> Image.Image:
    """A view of the page, as wide as a laptop's screen."""
    page = tab.page
    page.set_viewport_size({"width": VIEW_WIDTH, "height": VIEW_HEIGHT})
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(address)
    page.wait_for_timeout(VIEW_MS)  # strips come one by one
    for unfinished in (page.locator("main[aria-busy]"), page.get_by_text("Computing the map")):
        expect(unfinished).to_have_count(0, timeout=MOST_VIEW_MS)
    page.screenshot(path=path)
    return Image.open(path).convert("RGB")


def own_page(tab: Tab, address: str, path: Path) -> Image.Image:
    """The page of who has logged in, as if it were always the same day."""

    def answer(route: Any) -> None:
        found, days = route.fetch(), (0, 90)
        then = [f"{datetime.fromtimestamp(int(DAY), UTC) + timedelta(days=n):%Y-%m-%dT%H:%M:%SZ}" for n in days]
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", then[0], found.text())
        route.fulfill(response=found, body=text.replace(f'"expires_at":"{then[0]}', f'"expires_at":"{then[1]}'))

    page = tab.page
    page.route(re.compile(r"/api/v1/(?!events)"), answer)  # which has no end
    page.set_viewport_size({"width": PAGE_WIDTH, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/you")
    page.get_by_label("Name").fill("Nadia")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="My data").wait_for()
    page.screenshot(path=path, full_page=True)
    return Image.open(path).convert("RGB")


# ---- a terminal ----------------------------------------------------------------------------------


def terminal_page(commands: tuple[str, ...], environment: dict[str, str]) -> str:
    """What commands print, in colour, as a page that looks like a terminal."""
    lines: list[str] = []
    for line in commands:
        done = subprocess.run(
            ["bash", "-c", f"{line} --color always 2>&1"], cwd=PLACE, env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        typed = textwrap.wrap(line, COLUMNS - 4, break_long_words=False)
        lines.append("<b>$ " + " \\\n    ".join(map(html.escape, typed)) + "</b>")
        lines += ["".join(cells(line)) for line in done.stdout.splitlines()]
    shown = "\n".join(lines)
    return f"<!DOCTYPE html><meta charset=utf-8><style>{_STYLE}</style><pre>{shown}</pre>"


_STYLE = """
body{margin:0;background:#1b1d23}
pre{margin:0;padding:14px 16px;width:80ch;color:#d5d9e0;font:14px/18px "DejaVu Sans Mono","Noto Sans Mono",monospace}
i{font-style:normal;display:inline-block;width:1ch;height:18px;vertical-align:top;text-align:center;white-space:pre}
i.w{width:2ch}
i.d{font-family:"DejaVu Sans";font-size:11.6px;width:8.43px;-webkit-text-stroke:.5px}
i.d{transform:translateY(-1px) scaleY(1.6)}
"""


def cells(line: str) -> Iterator[str]:
    """A line with its escape sequences as markup; signs that fonts have in other widths stay in their cells."""
    for segment in Console(width=COLUMNS, color_system="standard", file=io.StringIO()).render(
        Text.from_ansi(line), None
    ):
        if isinstance(segment, Segment) and segment.text.strip("\n"):
            style = segment.style.get_html_style(SVG_EXPORT_THEME) if segment.style else ""
            body = "".join(_cell(letter) for letter in segment.text.rstrip("\n"))
            yield f'<span style="{html.escape(style)}">{body}</span>' if style else body


def _cell(letter: str) -> str:
    if letter.isascii():
        return html.escape(letter)
    if 0x2800 <= ord(letter) <= 0x28FF:
        return f'<i class="d">{letter}</i>'
    return f"<i{' class=w' if unicodedata.east_asian_width(letter) in 'WF' else ''}>{letter}</i>"


# ---- pictures ------------------------------------------------------------------------------------


def seen(
    tab: Tab, page: Path, *, dark: bool = False, width: int | None = PAGE_WIDTH, until: str | None = None
) -> Image.Image:
    """A picture of a page, of its whole length or up to an element."""
    tab.open(page, dark=dark, width=width or PAGE_WIDTH, height=HEIGHT)
    body = "document.querySelector('pre').getBoundingClientRect()"
    wide = width or int(tab.run(f"Math.ceil({body}.right)"))
    high = tab.run(f"document.querySelector({until!r}).getBoundingClientRect().top" if until else f"{body}.bottom")
    path = page.with_suffix(".png")
    tab.page.screenshot(path=path, full_page=True)
    return Image.open(path).convert("RGB").crop((0, 0, wide, int(high)))


def part(tab: Tab, page: Path, element: str, *, until: str) -> Image.Image:
    """A picture of one element of a page, up to another in it."""
    tab.open(page, width=WIDE, height=HEIGHT)
    path = page.with_suffix(".part.png")
    tab.page.locator(element).screenshot(path=path)
    ends = "(e) => document.querySelector(e).getBoundingClientRect()"
    high = tab.run(ends, until)["top"] - tab.run(ends, element)["top"]
    picture = Image.open(path).convert("RGB")
    return picture.crop((0, 0, picture.width, int(high)))


def without_empty_foot(picture: Image.Image, *, margin: int = 30) -> Image.Image:
    """A page without the white below its text; the number of the page, alone at the foot, goes too."""
    text = picture.convert("L").crop((0, 0, picture.width, int(0.93 * picture.height)))
    box = text.point(lambda value: 255 if value < 200 else 0).getbbox()
    return picture.crop((0, 0, picture.width, (box[3] if box else 0) + margin)).convert("RGB")


def save(picture: Image.Image, path: Path) -> None:
    """Write it with as few colours as it needs to look the same, and say how large it is."""
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(REPOSITORY)}: {picture.width} × {picture.height}, {size / 1000:.0f} kB\n")
    if size > MOST_BYTES:
        sys.stderr.write(f"  is larger than {MOST_BYTES / 1000:.0f} kB; show less of it\n")


if __name__ == "__main__":
    sys.exit(main())
