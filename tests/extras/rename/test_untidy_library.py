"""The recipe "From untidy to tidy" of docs/doctor.md, followed step by step."""

from pathlib import Path

import pytest
from conftest import Run
from untidy_library import judge, make, tidy

pytestmark = pytest.mark.contract


@pytest.mark.parametrize(
    ("tracks", "often"), [(20, 8.0), pytest.param(3000, 1.0, marks=[pytest.mark.world, pytest.mark.timeout(3600)])]
)
def test_tidying_recipe_makes_no_name_worse(tmp_path: Path, inside: Run, tracks: int, often: float) -> None:
    make(tmp_path, tracks, often)
    assert judge(tmp_path)["right"] == 0
    tidy(tmp_path, lambda words: inside(*words))
    counts = judge(tmp_path)
    assert counts["worse"] == 0
    assert counts["mended"] > 0.1 * counts["files"]
    assert counts["right"] > (0.9 if tracks == 3000 else 0.5) * counts["files"], counts
