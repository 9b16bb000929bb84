"""The examples do what they say."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, write_clicks
from installed import install
from stage import sample, shell, workspace

from map4.core.store.file.database import SqliteLocks

pytestmark = pytest.mark.world

EXAMPLES = REPOSITORY / "examples"
sys.path.insert(0, str(EXAMPLES))
__all__ = ["sample", "workspace"]


def test_cron_scan_reports_only_new_failures(workspace: Path) -> None:
    first = shell(f"{shlex.quote(str(EXAMPLES / 'cron_scan.sh'))} demo-music", workspace)
    assert (first.returncode, first.stderr) == (3, "")
    assert len(re.findall(r"Broken Download\.mp3|empty\.flac", first.stdout)) == 2
    again = shell(shlex.quote(str(EXAMPLES / "cron_scan.sh")), workspace)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    with SqliteLocks(str(workspace / "library.map4")).scan(wait=False):
        busy = shell(shlex.quote(str(EXAMPLES / "cron_scan.sh")), workspace)
    assert (busy.returncode, busy.stdout, busy.stderr) == (0, "", "")


@pytest.fixture
def package(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of plug-ins in a package, as pip would have installed it."""
    site = workspace / "site"
    exporter, decoder = "[map4.exporters.v1]\ntitles = titles_exporter:TITLES", "[map4.decoders.v1]"
    install(site, "mine", f"{exporter}\n{decoder}\nfirst-minute = first_minute:open_audio\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(site), str(EXAMPLES)]))


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", ["first-minute", "first_minute:open_audio"])
def test_first_minute_example_works_as_a_decoder(workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write_clicks(workspace / "long.wav", seconds=62.0)
    monkeypatch.setenv("MAP4_DECODER", name)
    result = shell("map4 analyze --json --no-store long.wav", workspace)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["file"]["duration_s"] == 60.0


@pytest.mark.usefixtures("package")
def test_help_lists_plug_ins_of_other_packages(workspace: Path) -> None:
    brought = {"export": ("Formats", "titles"), "config": ("Decoders", "first-minute")}
    for command, (heading, name) in brought.items():
        output = shell(f"map4 {command} --help", workspace).stdout
        assert re.search(rf"^{heading} of other packages.*:\n  {name} +from mine 1.0$", output, re.MULTILINE), output
    assert "other packages" not in shell("map4 search --help", workspace).stdout
