"""The example of an extra does what docs/developers/plugins.md says, installed and removed."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, browser, expect
from conftest import REPOSITORY, TESTS, Run
from pages import blocks, page
from started import starting

from map4 import Library

pytestmark = pytest.mark.world

NAMED = [{"decade": 1980, "tracks": 1, "name": None}, {"decade": 1990, "tracks": 3, "name": "Rave"}]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package is installed, built with what is here."""
    folder = tmp_path_factory.mktemp("extra")
    shutil.copytree(REPOSITORY / "examples" / "extra", folder / "source")
    uv = [Path(sys.executable).parent / "uv", "pip", "install", "--offline", "--no-deps", "--no-build-isolation"]
    place = ["--python", sys.executable, "--target", folder / "site", folder / "source"]
    environment = {**os.environ, "UV_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run([*uv, *place], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def installed(site: Path) -> dict[str, str]:
    """The environment of a command that finds the package."""
    return {"PYTHONPATH": os.pathsep.join(map(str, (site, REPOSITORY, TESTS / "support")))}


def with_years(path: Path) -> Path:
    """Give the tracks of a library years."""
    with Library.open(path) as library:
        for number, track in enumerate(list(library.search(""))):
            library.set(track, year=1989 + number)
    return path


@pytest.fixture
def path(scanned: Path, tmp_path: Path) -> Path:
    """A library of four tracks, in which no decade has a name."""
    return with_years(tmp_path / "library.map4")


def tables(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE name = 'decade_names'").fetchall()
        return [*made, *(connection.execute("SELECT * FROM decade_names") if made else [])]


def test_declaration_of_the_example_is_in_the_documentation() -> None:
    declaration = (REPOSITORY / "examples/extra/map4_decades/declaration.py").read_text(encoding="utf-8")
    assert declaration.partition('"""\n\n')[2] in blocks(page("docs/developers/plugins.md"), "python")


def test_first_write_of_the_command_creates_its_table(map4: Run, path: Path, installed: dict[str, str]) -> None:
    shown = map4("--help", env=installed)
    assert "Count the tracks of each decade" in shown.stdout.partition("Find:")[2].partition("Make sets:")[0]
    assert map4("decades", env=installed).stdout == "1980s  1\n1990s  3\n"
    assert tables(path) == []
    assert map4("decades", "--name", "1990", "Rave", env=installed).stdout == "1980s  1\n1990s  3  Rave\n"
    assert tables(path)[1:] == [(1990, "Rave")]
    assert json.loads(map4("decades", "--json", env=installed).stdout) == {"decades": NAMED}


def test_table_is_kept_without_the_extra(map4: Run, path: Path, tmp_path: Path, installed: dict[str, str]) -> None:
    backup = tmp_path / "backup.map4"
    assert map4("decades", "--name", "1990", "Rave", env=installed).returncode == 0
    before = tables(path)
    missing = map4("decades")
    assert (missing.returncode, "There is no command 'map4 decades'" in missing.stderr) == (2, True)
    assert "Count the tracks of each decade" not in map4("--help").stdout
    every = (
        ["search", "year:1990"],
        ["set", "--yes", "one", "genre=House"],
        ["cache", "verify"],
        ["cache", "backup", backup],
    )
    for words in every:
        done = map4(*words)
        assert done.returncode == 0, (words, done.stderr)
    assert tables(path) == tables(backup) == before
    path.unlink()
    assert map4("cache", "restore", backup).returncode == 0
    assert tables(path) == before
    assert json.loads(map4("decades", "--json", env=installed).stdout) == {"decades": NAMED}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, scanned_once: Path) -> Path:
    folder = tmp_path_factory.mktemp("served")
    return with_years(Path(shutil.copyfile(scanned_once / "library.map4", folder / "library.map4")))


@pytest.fixture(scope="module")
def server(served: Path, installed: dict[str, str]) -> Iterator[httpx2.Client]:
    with starting(served.parent) as start:
        _, port = start(env=installed)
        with httpx2.Client(base_url=f"http://localhost:{port}") as client:
            yield client


def test_example_extra_adds_routes(server: httpx2.Client, served: Path) -> None:
    assert [row["name"] for row in server.get("/api/v1/decades").json()["decades"]] == [None, None]
    assert tables(served) == []
    assert server.put("/api/v1/decades/1990", json={"name": "Rave"}).json() == {"decades": NAMED}
    assert server.get("/api/v1/decades").json() == {"decades": NAMED}
    assert server.put("/api/v1/decades/1990", json={}).status_code == 400
    assert "/api/v1/decades" in server.get("/api/v1/openapi.json").json()["paths"]


def test_example_extra_adds_a_view_to_the_page(server: httpx2.Client) -> None:
    document = server.get("/decades")
    assert (document.status_code, document.headers["content-type"]) == (200, "text/html; charset=utf-8")
    [folder] = re.findall(r'src="\./(page/\w+/)map4/page/live\.js"', document.text)
    assert "Name of the" in server.get(f"/{folder}map4/page/later.js").text
    module = server.get(f"/{folder}map4_decades/page/decades.js")
    assert (module.status_code, module.headers["content-type"]) == (200, "text/javascript; charset=utf-8")


@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
def test_view_of_the_example_shows_decades_and_saves_their_names(server: httpx2.Client) -> None:
    with browser() as tab:
        tab.page.goto(str(server.base_url.join("/decades")))
        expect(tab.page.get_by_role("link", name="1990s")).to_have_attribute("href", re.compile("year"))
        field = tab.page.get_by_label("Name of the 1990s")
        with tab.page.expect_response("**/decades/1990"):
            field.fill("Acid")
            field.press("Enter")
        assert tab.said == []
    assert server.get("/api/v1/decades").json()["decades"][1]["name"] == "Acid"
