"""`[tool.map4.size]` in pyproject.toml: ceilings of the totals of lines."""

from collections import Counter
from pathlib import Path, PurePosixPath

import pytest
import totals
import waist

ROOT = Path(__file__).resolve().parents[1]


def test_totals_and_counts_of_the_waist_are_below_their_ceilings() -> None:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("map4 is installed without its project")
    assert totals.excess(ROOT, totals.measured(ROOT)) == {}
    assert waist.excess(ROOT) == {}


def test_imported_names_and_attributes_of_imported_modules_cross_files(tmp_path: Path) -> None:
    for name, text in (
        ("__init__", ""),
        ("core/base/__init__", ""),
        ("core/base/text", "def plain(): ...\ndef folded(): ...\n"),
        ("lists/order", "from map4.core.base import text\nfrom map4.lists.pick import Pick, best\n\ntext.plain()\n"),
        ("lists/pick", "from map4.core.base.text import plain\n"),
    ):
        (tmp_path / "map4" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "map4" / f"{name}.py").write_text(text)
    assert waist.measured(tmp_path) == {
        "crossing_names": 3,  # plain, Pick, best
        "crossing_names_of_one_file": 2,
        "names_offered_to_rooms": 1,
        "modules_of_one_user": 1,  # lists.pick
        "imported_names_per_10_000_lines": 10_000 * 4 // 7,
    }


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("map4/core/base/text.py", "core"),
        ("map4/formats/lists/m3u.py", "core"),
        ("map4/formats/traktor/reader.py", "extras"),
        ("map4/extras/unmix/use.py", "extras"),
        ("map4/lists/page/set.js", "page"),
        ("map4/page/vendor/preact.js", None),
        ("map4/lists/__init__.pyi", "beside"),
        ("examples/first_minute.py", "beside"),
        ("tests/page/node_modules/a.py", None),
        ("map4/core/music/data/keys.toml", None),
    ],
)
def test_lines_count_in_the_total_of_their_folder(path: str, total: str | None) -> None:
    assert totals.total_of(PurePosixPath(path)) == total


def test_excess_names_the_totals_above_their_ceiling(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.map4.size]\nlab = 7\ntests = 3\n")
    assert totals.excess(tmp_path, Counter(lab=9, tests=3)) == {"lab": 2}


def test_functions_are_long_without_their_docstrings(tmp_path: Path) -> None:
    (tmp_path / "map4/extras").mkdir(parents=True)
    body = 59 * "    print()\n"
    for more in ("", "    print()\n"):
        (tmp_path / "map4/one.py").write_text(f'def one():\n    """One.\n\n    Two.\n    """\n{body}{more}')
        assert totals.measured(tmp_path)["long_functions"] == bool(more)
