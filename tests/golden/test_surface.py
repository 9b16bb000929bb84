"""Nothing public disappears or changes its type without a line in the changelog."""

import json

import pytest
from conftest import REPOSITORY
from golden.surface import STORED, is_stable, surface, unannounced, unexplained

from map4.version import __version__


def test_public_names_stay_or_have_a_line_in_the_changelog() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    lost = unexplained(stored, surface(), (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert lost == [], "write '- Removed: `NAME` …' or '- Changed: `NAME` …' into the newest section of CHANGELOG.md"


def test_new_options_fields_columns_importers_and_settings_are_in_the_changelog() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert unannounced(stored, surface(), (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")) == []
    new = {"map4 scan --new": "switch", "new: in queries": "number", "Library.scan(new)": "by name"}
    assert unannounced({}, new, "# Changes\n## 1.1.0\n\n- `new:`\n\n## 1.0.0\n\n- `--new`\n") == ["map4 scan --new"]


OLD = {
    "map4 scan --force": "switch",
    "map4 scan --jobs": "whole number",
    "map4 track --force": "switch",
    "map4/track/1 bpm": "number",
    "Library.scan(paths)": "place 1",
}


@pytest.mark.parametrize(
    ("change", "line", "lost"),
    [
        ({}, "", []),
        ({"map4/track/1 new": "number"}, "", []),
        ({"map4 scan --force": None}, "", ["map4 scan --force"]),
        ({"map4 scan --force": None}, "- Removed: `map4 scan --force`.", []),
        ({"map4 scan --force": None}, "- `map4 scan --force` is quicker.", ["map4 scan --force"]),
        ({"map4 scan --force": None, "map4 scan --jobs": None}, "- Removed: the command\n  `map4 scan`.", []),
        ({"map4/track/1 bpm": "string"}, "- Removed: `map4 scan`.", ["map4/track/1 bpm"]),
        ({"map4/track/1 bpm": "string"}, "- Changed: `map4/track/1 bpm` is text.", []),
        ({"Library.scan(paths)": "place 2"}, "- Changed: `Library.scan` takes paths second.", []),
        ({"map4 track --force": None}, "- Removed: `map4 tr`.", ["map4 track --force"]),
    ],
)
def test_only_loss_and_change_need_a_line(change: dict[str, str | None], line: str, lost: list[str]) -> None:
    new = {name: form for name, form in (OLD | change).items() if form is not None}
    changelog = f"# Changes\n\n## 2.0.0 – unreleased\n\n{line}\n\n## 1.0.0\n\n- Removed: `map4 track`.\n"
    assert unexplained(OLD, new, changelog) == lost


def test_stable_names_of_the_first_release_stay_until_the_next_major_version() -> None:
    frozen = json.loads(STORED.with_name("surface-1.0.0.json").read_text(encoding="utf-8"))
    gone = [name for name in frozen.keys() - surface().keys() if is_stable(name)]
    assert (gone, __version__.partition(".")[0]) == ([], "1"), "only 2.0.0 may remove them, and then this file"


@pytest.mark.parametrize(
    ("name", "stable"),
    [
        ("map4 scan --force", True), ("map4 mix -o", False), ("map4 playlist joint", False),
        ("map4 playlist NAME", True),
        ("map4/track/1 bpm", True), ("map4/mix/1 score", False), ("GET /api/v1/tracks/{id} beats", True),
        ("GET /api/v1/mix/{a}/{b}", False), ("Library.scan(paths)", True), ("Library.lists.save", True),
        ("Library.lists.slots(name)", False), ("exit code of FileError", True),
    ],
)  # fmt: skip
def test_stability_of_a_name_is_that_of_its_part(name: str, stable: bool) -> None:
    assert is_stable(name) is stable
