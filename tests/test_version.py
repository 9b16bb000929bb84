"""The version, and what adds packages."""

import sys
from pathlib import Path

import pytest

from map4.version import how_to_add

RECEIPT = """[tool]
requirements = [
    { name = "map4-music", extras = ["watch", "mcp"], directory = "/checkout" },
    { name = "cowsay" },
]
"""


@pytest.mark.parametrize(
    ("kept", "content", "said"),
    [
        ("none", "", "pip install '.[serve]' in map4's checkout"),
        ("pipx_metadata.json", "", "pipx runpip map4-music install '.[serve]' in map4's checkout"),
        ("uv-receipt.toml", "damaged", "uv tool install --force '.[serve]' in map4's checkout"),
        ("uv-receipt.toml", RECEIPT, "uv tool install --force '.[watch,mcp,serve]' --with cowsay in map4's checkout"),
    ],
)
def test_an_extra_is_added_to_those_there_by_what_installed_map4(
    kept: str, content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / kept).write_text(content)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert how_to_add("serve") == said
    # What light.txt leaves out is no extra.
    assert how_to_add("") == said.replace("[serve]", "").replace(",serve]", "]")


def test_nobody_is_told_to_install_the_other_map4_of_pypi() -> None:
    root = Path(__file__).parents[1]
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "map4").rglob("*.py")]
    assert [page.name for page in pages if "install 'map4[" in page.read_text(encoding="utf-8")] == []
