"""The version, and what adds packages."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from unittest import mock

import artefacts
import pytest
import release
from conftest import REPOSITORY

from map4.cli.topics import install
from map4.core.base.declaration import Declaration, PackageExtra
from map4.errors import UsageError
from map4.version import Packages

RECEIPT = """[tool]
requirements = [
    { name = "map4-music", extras = ["watch", "mcp"], directory = "/checkout" },
    { name = "cowsay" },
]
"""


@pytest.mark.parametrize(
    ("kept", "content", "command"),
    [
        ("none", "", "pip install '.[serve]' in map4's checkout"),
        ("pipx_metadata.json", "", "pipx runpip map4-music install '.[serve]' in map4's checkout"),
        ("uv-receipt.toml", "damaged", "uv tool install --force '.[serve]' in map4's checkout"),
        ("uv-receipt.toml", RECEIPT, "uv tool install --force '.[watch,mcp,serve]' --with cowsay in map4's checkout"),
    ],
)
def test_hint_adds_an_extra_with_the_installer_of_map4(
    kept: str, content: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / kept).write_text(content)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert Packages("serve").how_to_add() == command
    # What light.txt leaves out is no extra.
    assert Packages().how_to_add() == command.replace("[serve]", "").replace(",serve]", "]")


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
    ("error", "message"),
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
    error: ImportError, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(UsageError) as refused, Packages("research").needed("Parquet needs"):
        raise error
    assert str(refused.value) == message


def test_description_of_the_package_has_links_that_work_on_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    from hatch_build import description

    readme = (REPOSITORY / "README.md").read_text("utf-8")
    pattern = r"(!?)\[[^]]*\]\(([^)]+)\)"
    linked = [(kind, path) for kind, path in re.findall(pattern, readme) if not path.startswith("http")]
    address = "https://example.org/map4"
    assert [pair for pair in re.findall(pattern, description(readme, address + "/", "1.2.0")) if pair[1][0] != "#"] == [
        (kind, f"{address}/{'raw' if kind else 'blob'}/v1.2.0/{path}") for kind, path in linked
    ]
    unlinked = description(readme, "", "1.2.0")
    assert re.findall(pattern, unlinked) == []
    assert "[Security](SECURITY.md)" in readme
    assert "Security ·" in unlinked


@pytest.mark.parametrize("name", ["changelog", "control", "copyright", "lintian-overrides", "map4.rb", "PKGBUILD"])
def test_recipes_have_all_values(name: str) -> None:
    names = ("architecture", "base", "bundle_sum", "debian_version", "libc", "pinned_sum", "size", "wheel", "wheel_sum")
    assert not re.search(r"@\w+@", artefacts.filled(name, **dict.fromkeys(names, "value")))


PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"].keys()


def test_extras_have_a_task_in_help_and_readme() -> None:
    table = (REPOSITORY / "README.md").read_text("utf-8").partition("| to do this | extra |")[2].partition("\n\n")[0]
    last_cells = [line.rstrip(" |").rpartition("|")[2] for line in table.splitlines()[2:]]
    assert set(re.findall("`([a-z]+)`", "".join(last_cells))) == EXTRAS
    rows = re.findall(r"(?m)^  (\S.*?\S) {2,}([a-z]+)$", install())
    assert rows[0] == ("to do this", "extra")
    assert {name for _, name in rows[1:]} == EXTRAS
    assert not any("not installed here" in purpose for purpose, _ in rows)


def test_help_names_extras_of_parts_that_are_gone() -> None:
    with (
        mock.patch("map4.cli.topics.declarations", return_value=(Declaration(PackageExtra("serve", "serve")),)),
        mock.patch("importlib.metadata.metadata") as metadata,
    ):
        metadata.return_value.get_all.return_value = ["serve", "voice"]
        text = install()
    assert re.findall(r"(?m)^  a part of map4 that is not installed here +(\S+)$", text) == ["voice"]


def test_hints_name_extras_that_exist() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (REPOSITORY / "map4").rglob("*.py"))
    named = re.findall(r"Packages\(['\"](\w+)['\"]", code)
    assert {*named} - {"EXTRA"} == EXTRAS
