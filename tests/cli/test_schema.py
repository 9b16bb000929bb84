"""`map4 schema`, and whether all that is printed fits."""

import json
from pathlib import Path

import jsonschema
import pytest
from conftest import Run
from schemas import validate

from map4.core.schemas import kinds, schema_text


def test_schemas_are_listed_and_printed(inside: Run) -> None:
    assert inside("schema").stdout.split() == kinds()
    assert json.loads(inside("schema", "track").stdout) == json.loads(schema_text("track"))


@pytest.mark.world
def test_schemas_are_valid() -> None:
    for kind in kinds():
        document = json.loads(schema_text(kind))
        jsonschema.Draft202012Validator.check_schema(document)
        assert document["$id"] == f"map4/{kind}/1"


def test_every_document_and_line_fits_its_schema(inside: Run, music: Path) -> None:
    (music / "broken.ogg").write_bytes(b"OggS" + b"\0" * 200)
    documents = [json.loads(line) for line in inside("scan", "--jsonl", music).stdout.splitlines()]
    path = music / "one.wav"
    commands: list[tuple[str | Path, ...]] = [
        ("analyze", "--json", path),
        ("analyze", "--json", "--beats", path, music / "two.wav"),
        ("analyze", "--json", music / "broken.ogg"),
        ("compare", "--json", path, music / "two.wav"),
        ("mix", "--json", path, music / "two.wav"),
        ("stats", "--json"),
        ("stats", "plays", "--json"),
        ("doctor", "--json"),
        ("scan", "--json", music),
        ("library", "info", "--json"),
        ("library", "forget", "--list", "--json"),
        ("library", "verify", "--json"),
        ("library", "prune", "--dry-run", "--json"),
        ("config", "--json"),
        ("set", "--json", "--dry-run", path, "bpm=87"),
        ("tags", "show", "--jsonl", path),
        ("accounts", "add", "ann", "--no-password", "--json"),
        ("accounts", "add", "bob", "--no-password", "--json"),
        ("accounts", "--json"),
        ("accounts", "export", "ann"),
        ("accounts", "issue", "cron", "--user", "ann", "--json"),
        ("accounts", "tokens", "--json"),
        ("accounts", "rotate", "--json"),
        ("accounts", "audit", "--json"),
        ("accounts", "remove", "bob", "--yes", "--json"),
        ("set", "--json", "--yes", path, "bpm=87"),
        ("set", "history", "--json"),
        ("set", "undo", "--json"),
        ("set", "--json", "--yes", path, "--mark", "peak"),
        ("set", "--marks", "--json"),
        ("set", "--delete-mark", "peak", "--json"),
    ]
    documents += [json.loads(inside(*command).stdout) for command in commands]
    for form in ("--json", "--jsonl"):
        documents.append(json.loads(inside("search", "--list", "-", form, input="Nobody - Nothing\n").stdout))
    documents += [json.loads(line) for line in inside("doctor", "--jsonl").stdout.splitlines()]
    documents += [json.loads(line) for line in inside("accounts", "tokens", "--jsonl").stdout.splitlines()]
    (music / "one.wav").unlink()
    documents += [json.loads(line) for line in inside("scan", "--jsonl", music).stdout.splitlines()]
    for document in documents:
        validate(document)
