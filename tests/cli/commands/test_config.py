"""`map4 config`, and settings that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from schemas import validate


def test_config_shows_where_each_value_comes_from(inside: Run, tmp_path: Path) -> None:
    file = tmp_path / "map4.toml"
    file.write_text('[scan]\njobs = 3\nexclude = ["*.tmp"]\n[output]\nkey_notation = "openkey"\n')
    found = json.loads(inside("config", "--json", "--config", file, env={"MAP4_JOBS": "2"}).stdout)
    validate(found)
    assert found["settings"]["scan.jobs"] == {"value": 2, "origin": "environment (MAP4_JOBS)"}
    assert found["settings"]["scan.exclude"] == {"value": ["*.tmp"], "origin": str(file)}
    assert found["settings"]["output.color"] == {"value": "auto", "origin": "default"}
    shown = inside("config", "--config", file)
    assert f"output.key_notation = openkey\n    how keys are shown; from {file}" in shown.stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[scan]\njbos = 3\n", "did you mean scan.jobs?"),
        ("[scan]\njobs = 0\n", "from 1"),
        ("[scan]\ntimeout = -1\n", "from 0.1 to 1e+06"),
        ("[scan]\ntimeout = inf\n", "from 0.1 to 1e+06"),
        ("[analysis]\nprefer = ['tag']\n", "must order"),
        ("[output]\ncolor = 'pink'\n", "one of auto"),
        ("scan = [", "not valid TOML"),
        ("[analysis]\ndecoder = 'nowhere'\n", "module:callable"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(
    inside: Run, tmp_path: Path, music: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "map4.toml"
    file.write_text(content)
    result = inside("scan", music, "--config", file)
    assert (result.returncode, complaint in result.stderr) == (2, True)


def test_a_configuration_that_is_not_there_is_wrong_usage(inside: Run, tmp_path: Path) -> None:
    assert inside("config", "--config", tmp_path / "absent.toml").returncode == 2
