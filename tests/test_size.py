"""`[tool.map4.size]` in pyproject.toml: totals of lines that only fall."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest
import totals

ROOT = Path(__file__).resolve().parents[1]


def test_totals_fit_with_the_room_left() -> None:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("map4 is installed without its project")
    assert totals.excess(ROOT, totals.measured(ROOT)) == {}


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("map4/base/text.py", "core"),
        ("map4/formats/lists/m3u.py", "core"),
        ("map4/formats/traktor/reader.py", "extras"),
        ("map4/extras/unmix/use.py", "extras"),
        ("map4/lists/page/set.js", "page"),
        ("map4/page/vendor/preact.js", None),
        ("map4/lists/__init__.pyi", "beside"),
        ("examples/first_minute.py", "beside"),
        ("tests/page/node_modules/a.py", None),
        ("map4/music/data/keys.toml", None),
    ],
)
def test_lines_count_in_the_total_of_their_folder(path: str, total: str | None) -> None:
    assert totals.total_of(PurePosixPath(path)) == total


@pytest.mark.contract
@pytest.mark.parametrize(
    ("lines", "room", "grew"),
    [(10, 5, {"lab": 3}), (10, 2, {}), (7, 9, {"lab": 4}), (6, 5, {})],
)
def test_commit_may_grow_only_by_the_room_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int, room: int, grew: dict[str, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    for count, left in ((7, 5), (lines, room)):
        (tmp_path / "lab" / "a.py").write_text("x = 1\n" * count)
        (tmp_path / "pyproject.toml").write_text(f"[tool.map4.size.room]\nvoice = {{ lab = {left} }}\n")
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "Change")):
            subprocess.run(["git", *words], check=True)
    assert totals.grown("HEAD") == grew
