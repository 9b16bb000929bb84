"""The manual pages say what `--help` says, and can be read."""

from __future__ import annotations

import shutil
import subprocess
import tomllib

import pytest
from conftest import REPOSITORY
from declared import COMMANDS
from manual import PAGES, manual


def test_the_manual_pages_are_current() -> None:
    written = {path.name: path.read_text(encoding="ascii") for path in PAGES.iterdir()}
    assert written == manual(), "stale: make man"


def test_every_command_has_a_page_with_its_summary() -> None:
    pages = manual()
    for name, summary in COMMANDS.items():
        assert summary.rstrip(".").replace("'", "\\(aq") in pages[f"map4-{name}.1"]
    assert {"map4.1", "map4-playlist-check.1", "map4-library-backup.1"} <= set(pages)
    assert pages["map4-cache-backup.1"] == ".so man1/map4-library-backup.1\n"


def test_the_wheel_installs_them() -> None:
    build = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    assert build["wheel"]["shared-data"] == {PAGES.name: "share/man/man1"}
    assert f"/{PAGES.name}" in build["sdist"]["include"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_warn_of() -> None:
    pages = [path for path in sorted(PAGES.iterdir()) if not path.read_text().startswith(".so ")]
    for path in pages:
        shown = subprocess.run(
            ["groff", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-ww", "-rLL=78n", path],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert shown.stderr == "", path.name
        assert "\nSYNOPSIS\n" in shown.stdout
    assert len(pages) > 20
