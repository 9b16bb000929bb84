"""The manual pages have the help of each command, can be read, and are in the wheel."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from declared import COMMANDS
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from manual import manual

pytestmark = pytest.mark.contract


def test_every_command_has_a_page_with_its_summary() -> None:
    pages = manual()
    for name, summary in COMMANDS.items():
        assert summary.rstrip(".").replace("'", "\\(aq") in pages[f"map4-{name}.1"]
    assert {"map4.1", "map4-playlist-check.1", "map4-library-backup.1"} <= set(pages)
    assert pages["map4-cache-backup.1"] == ".so man1/map4-library-backup.1\n"


@pytest.mark.world
@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_prints_no_warnings_for_manual_pages() -> None:
    pages = {name: text for name, text in manual().items() if not text.startswith(".so ")}
    for name, text in pages.items():
        shown = subprocess.run(
            ["groff", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-ww", "-rLL=78n"],
            input=text,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert shown.stderr == "", name
        assert "\nSYNOPSIS\n" in shown.stdout
    assert len(pages) > 20


def test_manual_needs_only_packages_of_the_build() -> None:
    """`build-system.requires` in pyproject.toml: no package that only map4 itself needs."""
    names = sorted(set(packages_distributions()) - {"click", "mutagen", "map4"})
    code = f"import sys; sys.modules.update(dict.fromkeys({names})); from manual import manual; print(len(manual()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY / "tools", env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stderr, int(done.stdout or 0) > 20) == ("", True)


def test_wheel_contains_the_manual_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY), *sys.path])
    from hatch_build import SOURCES, BuiltFilesHook

    for source in SOURCES:
        (tmp_path / source).parent.mkdir(parents=True)
        (tmp_path / source).touch()
    monkeypatch.setenv("CC", "false")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/manual.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n")
    metadata = ProjectMetadata(str(tmp_path), PluginManager(), {"project": {"name": "map4", "version": "1"}})
    data: dict[str, Any] = {"artifacts": [], "shared_data": {}}
    hook = BuiltFilesHook(str(tmp_path), {}, None, metadata, str(tmp_path), "wheel")  # type: ignore[arg-type]
    hook.initialize("editable", data)
    assert (data["shared_data"], (tmp_path / "tools/ran").exists()) == ({}, False)
    hook.initialize("standard", data)
    assert (data["shared_data"], (tmp_path / "tools/ran").exists()) == ({"man": "share/man/man1"}, True)
