"""`map4 schema`, and whether all that is printed fits."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from conftest import Run
from schemas import validate

from map4.schemas import kinds


def test_schemas_are_valid_and_listed(inside: Run) -> None:
    assert inside("schema").stdout.split() == kinds()
    for kind in kinds():
        document = json.loads(inside("schema", kind).stdout)
        jsonschema.Draft202012Validator.check_schema(document)
        assert document["$id"] == f"map4/{kind}/1"


@pytest.mark.contract
def test_every_document_and_line_fits_its_schema(inside: Run, music: Path) -> None:
    (music / "broken.ogg").write_bytes(b"OggS" + b"\0" * 200)
    documents = [json.loads(line) for line in inside("scan", "--jsonl", music).stdout.splitlines()]
    one = music / "one.wav"
    commands: list[tuple[str | Path, ...]] = [
        ("analyze", "--json", one),
        ("analyze", "--json", "--beats", one, music / "two.wav"),
        ("analyze", "--json", music / "broken.ogg"),
        ("compare", "--json", one, music / "two.wav"),
        ("mix", "--json", one, music / "two.wav"),
        ("stats", "--json"),
        ("stats", "plays", "--json"),
        ("doctor", "--json"),
        ("scan", "--json", music),
        ("library", "info", "--json"),
        ("library", "warm", "--json"),
        ("library", "ignored", "--json"),
        ("library", "verify", "--json"),
        ("library", "prune", "--dry-run", "--json"),
        ("config", "--json"),
        ("set", "--json", "--dry-run", one, "bpm=87"),
        ("tags", "show", "--jsonl", one),
        ("classify", "--json", "--dry-run"),
        ("users", "add", "ann", "--no-password", "--json"),
        ("users", "add", "bob", "--no-password", "--json"),
        ("users", "list", "--json"),
        ("users", "export", "ann"),
        ("tokens", "add", "cron", "--user", "ann", "--json"),
        ("tokens", "list", "--json"),
        ("tokens", "rotate", "--json"),
        ("users", "audit", "--json"),
        ("users", "remove", "bob", "--yes", "--json"),
        ("set", "--json", "--yes", one, "bpm=87"),
        ("set", "history", "--json"),
        ("set", "undo", "--json"),
        ("set", "--json", "--yes", one, "--mark", "peak"),
        ("marks", "--json"),
        ("marks", "delete", "peak", "--json"),
    ]
    documents += [json.loads(inside(*command).stdout) for command in commands]
    for form in ("--json", "--jsonl"):
        documents.append(json.loads(inside("search", "--list", "-", form, input="Nobody - Nothing\n").stdout))
    documents += [json.loads(line) for line in inside("doctor", "--jsonl").stdout.splitlines()]
    documents += [json.loads(line) for line in inside("tokens", "list", "--jsonl").stdout.splitlines()]
    documents += map(json.loads, inside("classify", "--provider", "keywords", "--jsonl").stdout.splitlines())
    (music / "one.wav").unlink()
    documents += [json.loads(line) for line in inside("scan", "--jsonl", music).stdout.splitlines()]
    for document in documents:
        validate(document)
    elsewhere = {"similar", "similar-list"}  # tests/cli/test_similar.py
    elsewhere |= {kind for kind in kinds() if "list" in kind or kind == "pick"} - {"wanted-list"}  # test_playlist_lists
    elsewhere |= {"export", "export-summary", "export-history"}  # tests/cli/test_export.py
    elsewhere |= {"live-answer"}  # tests/lists/test_live_command.py
    elsewhere |= {"watch-event"}  # tests/scan/test_watch_command.py
    elsewhere |= {"import-summary", "import-history"}  # tests/cli/test_import.py
    elsewhere |= {"tag-write", "tag-undo", "tagged-file", "tag-journal", "tag-journals"}  # test_tags_write
    elsewhere |= {"duplicates", "duplicate-group"}  # test_duplicates.py
    elsewhere |= {"lookup", "lookups", "lookup-plan", "lookup-summary", "providers"}  # tests/extras/lookup
    elsewhere |= {"ask", "classify-comparison"}  # test_ask.py, test_classify.py
    elsewhere |= {"quarantine", "quarantine-journals"}  # test_quarantine.py
    elsewhere |= {"overview", "compatibility", "stats-genres", "stats-timeline"}  # tests/server
    elsewhere |= {"job", "jobs", "event"}  # test_jobs.py, tests/jobs/test_jobs_routes.py, test_events.py
    elsewhere |= {"access", "me"}  # test_log_in.py
    elsewhere |= {"about", "columns", "place", "facets", "completions", "map", "map-values", "strip"}  # tests/server
    elsewhere |= {"accuracy", "calibration", "mix-stats"}  # test_stats.py
    elsewhere |= {"unmix", "kept-set"}  # test_unmix.py, tests/extras/unmix/test_unmix_routes.py
    elsewhere |= {"warnings", "cache-copy"}  # test_warnings.py, tests/extras/postgres/test_postgres_command.py
    elsewhere |= {"play", "plays", "plan", "folders"}  # tests/server
    elsewhere |= {"cache-merge", "backup", "sources", "source-change"}  # test_cache.py, test_tags_prefer.py
    elsewhere |= {"connection", "connections", "connection-status", "pulled"}  # test_connect.py
    elsewhere |= {"report-data"}  # tests/reports/page/test_page_data.py
    elsewhere |= {"mixed", "mixed-file"}  # test_rendered_sets.py
    assert {document["schema"].split("/")[1] for document in documents} == set(kinds()) - elsewhere
