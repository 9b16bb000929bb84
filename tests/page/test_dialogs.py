"""Everyone can use each dialog and each menu: axe finds nothing in them, and a finger hits what they have."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from doubtful_library import make_disputed_library
from hands import Mouse
from page_world import World, make_songs
from quarantines import copy_of, put_roots, scanned, write_sound
from targets import missed

from map4.core.music.lists.tracklist import Tracklist
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or ""), pytest.mark.world]

# Of each library: an address, and what is pressed there in turn, the last of which opens a dialog or a menu; "?" is a
# key, and what stands behind "Alpha: " is in the menu of that track.
ALONE = (
    *(("tasks", opener) for opener in ("Import…", "Export…", "Add folder…", "Forget ", "?")),
    ("tasks", "Tools", "Look up…"),
    *(("?q=title:=Alpha", f"Alpha: {act}") for act in ("", "Set values…", "More…")),
    *(("?q=title:=Alpha", "Alpha: More…", act) for act in ("Write tags…", "Export…", "Forget…")),
    *(("lists/{}", opener) for opener in ("More actions for the set", "Another set", "Export", "More actions: Title")),
    *(("lists/{}", "More actions for the set", opener) for opener in ("Edit the description", "Versions")),
    ("mend?check=write-tags", "Write tags…"),
    ("lists", "More actions: Friday"),
    ("", "Columns"),
)
COPIES = (("mend?check=copies", "Move the others away"), ("mend?check=copies", "Move all"))
OF_ANN = ("Change my password", "Add device", "Create token", "New secret for backup", "Remove backup")
OF_ALL = ("Add account", "Role: Bob", "New password: Bob", "Remove: Bob")
PEOPLE = (
    ("lists", "More actions: Friday", "Share…"),
    *(("you", opener) for opener in OF_ANN),
    *(("you#accounts", opener) for opener in OF_ALL),
)
LIBRARIES = {"alone": ALONE, "copies": COPIES, "people": PEOPLE, "disputed": (("mend?check=metadata_disagrees",),)}
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one folder for each library."""
    folder = tmp_path_factory.mktemp("dialogs")
    for name in LIBRARIES:
        (folder / name).mkdir()
    for name in ("alone", "people"):
        make_songs(folder / name)
        put_roots(folder / name / "library.map4", folder / name / "music")
    with Library.open(folder / "alone" / "library.map4") as library:
        library.lists.save("Friday", Tracklist(tracks=list(library.search("artist:Artist"))[:3]))
    with Library.open(folder / "people" / "library.map4") as library:
        library.accounts.add("Ann", password=PASSWORD)
        library.accounts.add("Bob", "viewer", password=PASSWORD)
        ann = library.acting_as(library.accounts.get("Ann").actor())
        ann.credentials.add("backup")
        ann.lists.save("Friday", Tracklist(tracks=[]))
    kept = write_sound(folder / "copies" / "music" / "a.wav")
    scanned(folder / "copies" / "library.map4", kept, copy_of(kept, folder / "copies" / "music" / "b.wav"))
    put_roots(folder / "copies" / "library.map4", folder / "copies" / "music")
    make_disputed_library(folder / "disputed" / "library.map4")
    return folder


def _logged_in(world: World, name: str) -> None:
    """The page has a session of this account."""
    with Library.open(world.path) as library:
        cookie = f"map4_{library.credentials.library_id()[:8]}"
        secret = library.credentials.begin_session(library.accounts.get(name).number).secret
    world.page.context.add_cookies([{"name": cookie, "value": secret, "domain": "127.0.0.1", "path": "/"}])


def _opened(world: World, opener: str) -> None:
    if opener == "?":
        world.page.keyboard.press("?")
    elif opener.startswith("Alpha: "):
        world.row("Alpha").click(button="right")
        if act := opener.removeprefix("Alpha: "):
            world.act(re.compile(f"^{act}"))
    elif opener in ("Columns", "Tools"):
        world.page.get_by_text(opener, exact=True).click()
    else:
        press = world.act if world.page.get_by_role("menu").count() else world.press
        press(re.compile(f"^{re.escape(opener)}"))


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", LIBRARIES)
def test_every_dialog_is_accessible(started: Tab, libraries: Path, name: str, width: int, theme: Any) -> None:
    is_phone = width < 500
    context = started.page.context.browser.new_context(  # type: ignore[union-attr]
        viewport={"width": width, "height": 800}, has_touch=is_phone, is_mobile=is_phone, color_scheme=theme
    )
    tab = Tab(context.new_page())
    with ExitStack() as ends:
        ends.callback(context.close)
        world = World(libraries / name, libraries / name / "music", Mouse(tab), ends)
        if name == "people":
            _logged_in(world, "Ann")
        page, found = world.open("tasks"), {}
        of = world.ask("lists")["lists"][0]["id"] if name == "alone" else ""
        for address, *openers in LIBRARIES[name]:
            page.goto("about:blank")  # else a dialog stays open where the next one has the same address
            page.goto(f"http://127.0.0.1:{world.port}/{address.format(of)}")
            page.locator("main h1").first.wait_for(state="attached")
            for opener in openers:
                _opened(world, opener)
            kinds = ("dialog[open]", ".pop:popover-open") if openers else ("main .doubts",)
            expect(page.locator(", ".join(kinds)).locator("visible=true").first).to_be_visible()
            root = next(kind for kind in kinds if page.locator(kind).count())
            shown = page.locator(root)
            is_wide = shown.evaluate("(one) => one.scrollWidth > one.clientWidth")
            faults = tab.faults() + (["wider than its window"] if is_wide else [])
            found[f"{address} {openers}"] = faults + (missed(page, root) if is_phone else [])
        assert {where: faults for where, faults in found.items() if faults} == {}
        assert tab.said == []
