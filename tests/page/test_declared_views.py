"""Views come from declarations: which modules they may import, and what is left of the page without an extra."""

import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from extra_cases import of_extras
from installed import install

import map4
from map4.core.base.actor import SCOPES
from map4.core.base.declarations import built_in
from map4.library import Library
from map4.page.linking import HOST, page_file, page_names, page_styles, page_views

ROOT = Path(map4.__file__).parent
GENERATED = {f"{HOST}declared.js", f"{HOST}later.js"}
IMPORTED = re.compile(r'(?:\bfrom|\bimport\()\s*"([^"\n]+)"')
SERVER = """
import sys
from functools import partial
sys.path[:0] = sys.argv[3:]
from live_server import serving
import map4
from map4.library import Library
from map4.plugins import inline_lanes
assert map4.__file__.startswith(sys.argv[2]), map4.__file__
opened = partial(Library.open, sys.argv[1], lanes=inline_lanes)
with serving(sys.argv[1], open_library=opened) as port:
    print(port, flush=True)
    sys.stdin.read()
"""


def _of_page() -> Iterator[tuple[str, str]]:
    """Each module with each file that it imports, also for its types."""
    for name in sorted(page_names()):
        if name.endswith(".js") and name not in GENERATED:
            for written in IMPORTED.findall(page_file(name)):
                yield name, posixpath.normpath(posixpath.join(posixpath.dirname(name), written))


def test_a_module_imports_from_its_own_folder_and_from_the_shell() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imported in _of_page()
        if not imported.startswith((HOST, posixpath.dirname(name) + "/"))
    ]
    assert wrong == []
    shell = [imported for name, imported in _of_page() if name.startswith(HOST)]
    assert {imported for imported in shell if not imported.startswith(HOST)} == set()


def test_views_are_declared_with_files_that_are_there() -> None:
    views, parts = page_views(), [part for declaration in built_in() for part in declaration.page_parts]
    assert [len({getattr(view, name) for view in views}) for name in ("name", "path")] == [len(views)] * 2
    assert [view.path for view in views].count("") == 1
    keys = [view.key for view in views if view.key]
    assert len(set(keys)) == len(keys)
    assert {item.needs for item in (*views, *parts)} <= {"", *SCOPES}
    assert {f"map4/{file.relative_to(ROOT).as_posix()}" for file in ROOT.rglob("*/page/*.css")} == set(page_styles())
    listed = page_file(f"{HOST}places.js").partition("@typedef {object} Section")[0]
    places = re.findall(r"^ \* @property \{.*\} (\w+)", listed, re.MULTILINE)
    assert {part.place for part in parts} <= set(places)
    taken = [{(part.place, part.order) for part in declaration.page_parts} for declaration in built_in()]
    assert sum(map(len, taken)) == len(set[tuple[str, int]]().union(*taken))


def test_all_modules_of_subjects_are_part_of_the_page() -> None:
    files = [file.relative_to(ROOT).as_posix() for file in ROOT.rglob("page/**/*") if file.suffix in (".js", ".css")]
    there = {f"map4/{name}" for name in files}
    assert there | GENERATED == {name for name in page_names() if name.endswith((".js", ".css"))}


@pytest.mark.world
def test_an_installed_package_adds_a_view(tmp_path: Path) -> None:
    page = tmp_path / "shelf" / "page"
    page.mkdir(parents=True)
    (tmp_path / "shelf" / "__init__.py").write_text(
        "from map4.plugins import Declaration, View\n"
        "DECLARATION = Declaration(View('shelf', 'Shelf', 'shelf', 'shelf:page/shelf.js', 99))\n"
    )
    (page / "shelf.js").write_text(
        'import { drawn } from "../../map4/page/parts/html.js";\n'
        'export const make = () => ({ element: drawn("h1", {}, () => "Records by colour"), show() {} });\n'
    )
    install(tmp_path, "shelf", "[map4.extras.v1]\nshelf = shelf:DECLARATION\n")
    code = (
        "from map4.page.linking import page_file, page_scripts\nfrom map4.page.routes import VIEWS\n"
        "print('shelf' in VIEWS, 'Records by colour' in page_file('shelf/page/shelf.js'))\n"
        "print('Records by colour' in page_scripts()['map4/page/later.js'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.split() == ["True"] * 3


@contextmanager
def _serving(package: Path, library: Path) -> Iterator[str]:
    """A server of a copy of map4; gives its address."""
    support = Path(__file__).parents[1] / "support"
    command = [sys.executable, "-c", SERVER, str(library), str(package.parent), str(package.parent), str(support)]
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.communicate("")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "library.map4"
    with Library.open(path):
        pass
    return path


def _copy_without(folder: Path, extra: str) -> Path:
    package = folder / "map4"
    shutil.copytree(ROOT, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(package / "extras" / extra)
    return package


def _shown(tab: Tab, address: str) -> Any:
    tab.page.goto("about:blank")
    tab.said.clear()
    tab.page.goto(address)
    expect(tab.page.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return tab.page


@pytest.mark.world
@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
@pytest.mark.parametrize(("extra", "words"), of_extras("ON_PAGE"))
def test_page_contains_nothing_of_a_missing_extra(
    started: Tab, library: Path, tmp_path: Path, extra: str, words: list[str]
) -> None:
    with _serving(_copy_without(tmp_path, extra), library) as address:
        page = _shown(started, f"{address}/lists")
        expect(page.get_by_role("button", name="New set").first).to_be_visible()
        seen = page.locator("body").inner_text()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        seen += page.get_by_role("dialog", name="Keyboard shortcuts").inner_text()
        page = _shown(started, f"{address}/tasks")
        expect(page.get_by_role("heading", name="Import and export")).to_be_visible()
        seen += page.locator("body").inner_text()
        assert "Export" in seen
        assert [word for word in (*words, extra.title()) if word in seen] == []
        assert started.said == []
        gone = {view.path for view in page_views() if view.module.startswith(f"map4.extras.{extra}:")}
        for view in page_views():
            assert page.request.get(f"{address}/{view.path}").status == (404 if view.path in gone else 200)
        script = page.request.get(page.locator("script[type=module]").evaluate("element => element.src"))
        for generated in ("declared.js", "later.js"):
            assert f"/extras/{extra}/" not in page.request.get(script.url.replace("live.js", generated)).text()
