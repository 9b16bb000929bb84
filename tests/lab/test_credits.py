"""What taught the weights is listed, with a licence under which they may be MIT."""

import csv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
with open(REPOSITORY / "lab" / "training" / "CREDITS.tsv", encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t"))


def test_all_weights_have_sources_with_licences_and_checksums() -> None:
    weights = {path.stem for path in (REPOSITORY / "map4" / "core" / "dsp" / "weights").glob("*.npz")}
    assert {name for row in ROWS for name in row["teaches"].split()} == weights
    for row in ROWS:
        own, tempi = row["source"].startswith("own, "), row["source"].endswith("tempi alone")
        assert own or tempi or len(row["sha256"]) == 64, row["file"]
        assert not own or (REPOSITORY / row["file"]).is_file(), row["file"]
        assert tempi or row["licence"].startswith(("MIT", "BSD", "CC0", "CC BY 4.0")), row["licence"]
