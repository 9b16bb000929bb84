"""Modules of others: the pinned bytes, with their licences, listed in SBOM and licences."""

import json
import sys
from pathlib import Path

import pytest

from map4.page.linking import HOST, linked

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def vendored(monkeypatch: pytest.MonkeyPatch) -> object:
    if not TOOLS.joinpath("vendored.py").exists():
        pytest.skip("map4 is installed without its tools")
    monkeypatch.syspath_prepend(str(TOOLS))
    import vendored

    yield vendored
    sys.modules.pop("vendored")


def test_vendored_modules_are_pinned_and_licensed(vendored: object) -> None:
    pinned = {file: (module, digest) for module in vendored.modules() for file, digest in module["sha256"].items()}
    assert {path.name for path in vendored.FOLDER.glob("*.js")} == set(pinned)
    for file, (entry, digest) in pinned.items():
        assert vendored.digest_of(vendored.FOLDER / file) == digest
        assert vendored.FOLDER.joinpath(file).read_text().startswith(f"/*! {entry['name']} {entry['version']}, ")
        assert vendored.licence_of(entry).read_text().strip()


def test_the_notices_stay_in_a_script_that_is_linked() -> None:
    text = "".join(linked(f"{HOST}parts/html.js").values())
    assert all(f"/*! {name} " in text for name in ("preact", "htm", "@preact/signals", "@preact/signals-core"))


def test_sbom_and_licences_list_them(vendored: object, tmp_path: Path) -> None:
    sbom, licences = tmp_path / "map4.cdx.json", tmp_path / "licences.md"
    sbom.write_text('{"components": [{"name": "numpy"}]}')
    licences.write_text("| Name | Version | License |\n")
    vendored.add_to(sbom, licences)
    added = json.loads(sbom.read_text())["components"][1:]
    assert [component["purl"].partition("@")[0] for component in added[:2]] == ["pkg:npm/preact", "pkg:npm/htm"]
    assert all(len(component["hashes"][0]["content"]) == 128 for component in added)
    assert "| htm | 3.1.1 | Apache-2.0 |" in licences.read_text()
