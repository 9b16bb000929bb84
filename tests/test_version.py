"""The version, and what adds packages."""

import shutil
import sys
from pathlib import Path

import pytest
import release

from map4.errors import UsageError
from map4.version import how_to_add, packages_of

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
def test_hint_adds_an_extra_with_the_installer_of_map4(
    kept: str, content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / kept).write_text(content)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert how_to_add("serve") == said
    # What light.txt leaves out is no extra.
    assert how_to_add("") == said.replace("[serve]", "").replace(",serve]", "]")


def test_texts_do_not_install_map4_from_pypi() -> None:
    root = Path(__file__).parents[1]
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "map4").rglob("*.py")]
    assert [page.name for page in pages if "install 'map4[" in page.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    ("version", "heading", "agrees"),
    [
        ("1.2.0rc1", "1.2.0 – unreleased", True),
        ("1.2.0rc1", "1.1.0, 2026-11-28", False),
        ("1.2.0", "1.2.0 – unreleased", False),
        ("1.2.0", "1.2.0, 2026-11-28", True),
    ],
)
def test_changelog_begins_with_the_version(tmp_path: Path, version: str, heading: str, agrees: bool) -> None:
    for name in ("README.md", ".github/workflows/checks.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).parents[1] / name, tmp_path / name)
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\nrequires-python = ">=3.11"\n'
        'classifiers = ["Python :: 3.11"]\n')  # fmt: skip
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n## {heading}\n\n## 1.0.0, 2026-01-01\n")
    assert any("CHANGELOG" in problem for problem in release.disagreements(tmp_path)) is not agrees


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ImportError("pyarrow requires NumPy 2.0 or newer, found 1.26.4"),
            (
                "Parquet needs a newer package (pyarrow requires NumPy 2.0 or newer, found 1.26.4): "
                "pip install 'numpy>=2.0'"
            ),
        ),
        (
            ImportError("libarrow.so.2500: cannot open shared object file"),
            (
                "Parquet needs a package that is installed and does not load (libarrow.so.2500: cannot open shared "
                "object file); install it again"
            ),
        ),
        (
            ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow"),
            "Parquet needs more packages (No module named 'pyarrow'): pip install '.[research]' in map4's checkout",
        ),
    ],
)
def test_cause_of_a_package_that_cannot_be_used_is_named(
    error: ImportError, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(UsageError) as refused, packages_of("research", "Parquet needs"):
        raise error
    assert str(refused.value) == said
