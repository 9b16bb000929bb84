"""Dumps that are damaged and answers of another kind than was expected are told, and break nothing later."""

import csv
from pathlib import Path

import pytest
from libraries import execute

from map4.errors import UsageError
from map4.extras.lookup.known_providers import import_dump
from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.providers.canonical_dump import CanonicalDump

HEAD = "artist_credit_name,release_mbid,release_name,recording_mbid,recording_name,score\n"


@pytest.mark.parametrize(
    "row", ["Ann,b,Album,a,One,much", "Ann,b,Album,a,One,99999999999999999999999", "Ann,b,Album,a,\xff,3"]
)
def test_unreadable_dump_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "a.csv").write_bytes((HEAD + row).encode("latin-1"))
    with pytest.raises(UsageError, match="can't be read"):
        import_dump(str(tmp_path / "a.csv"), str(tmp_path / "dump"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_damaged_dump_is_reported_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + "Ann,b,Album,a,One,3\n")
    path = tmp_path / "100% dump?.sqlite"
    usual = csv.field_size_limit()
    assert import_dump(str(tmp_path / "a.csv"), str(path)).recordings == 1
    assert csv.field_size_limit() == usual  # which holds for all of the process
    query = LookupQuery(artist="Ann", title="One")
    [found] = CanonicalDump(str(path)).search(query, lambda request: None)
    assert found.id == "a"
    execute(path, "ALTER TABLE recordings RENAME TO others")
    with pytest.raises(UsageError, match="import the dump again"):
        CanonicalDump(str(path)).search(query, lambda request: None)
    path.write_bytes(b"no database" * 500)
    with pytest.raises(UsageError, match="import the dump again"):
        CanonicalDump(str(path))


def test_candidate_with_values_of_wrong_types_is_refused() -> None:
    cases = [
        (Candidate, {"id": 5}),
        (Candidate, {"id": "a", "title": ["One"]}),
        (Candidate, {"id": "a", "isrcs": (5,)}),
        (Candidate, {"id": "a", "duration_s": "long"}),
        (Candidate, {"id": "a", "duration_s": float("inf")}),
        (Appearance, {"release_id": None, "title": {}}),
        (Appearance, {"release_id": "b", "position": "2"}),
    ]
    for what, values in cases:
        with pytest.raises(TypeError, match=r"is not a (text|number)"):
            what(**values)
