"""`map4 schema`, whether all that is printed fits, and each field in all outputs."""

import csv
import io
import json
from collections.abc import Collection, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from command_runs import run_inside
from conftest import Run
from libraries import audio_id, put_imported, put_track, put_user_value
from schemas import validate
from stored import put_observations

from map4 import Library
from map4.core.music.analysis.key import Key
from map4.core.music.track.credits import Credit
from map4.core.music.track.fields import CHOSEN_FIELDS, FIELDS, METADATA, Field, can_go_first
from map4.core.music.track.observations import Observation
from map4.core.music.track.sources import METADATA_SOURCES, FieldSource, MetadataSource
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import CSV_COLUMNS
from map4.core.music.track.track_fields import TrackTags
from map4.core.schemas import kinds, schema_text
from map4.core.store.file.database import SqliteDatabase


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


FIRST = METADATA_SOURCES
SAYING: tuple[FieldSource, ...] = ("user", "tag", "provider", "imported")
# Who says something of each track: everybody and nobody, and all that lies between.
WHO = [*chain.from_iterable(combinations(SAYING, count) for count in range(len(SAYING) + 1))]
# Of what map4 measures it is not told here; gains are in no library.
WALKED = [field for field in FIELDS.values() if field.name not in ("energy", "gain", "album_gain")]
IN_TABLES = [field for field in WALKED if field.has_column]
COLUMNS = ["path", *(field.name for field in IN_TABLES)]


def source_value(field: Field, source: FieldSource) -> Any:
    """What a source says of a field; no two the same."""
    number = SAYING.index(source)
    if field.name == "year" and source == "provider":  # that of the two dates
        return source_value(FIELDS["original_year"], source)
    match field.kind:
        case "text":
            return f"{field.name}{source}"
        case "whole":
            return 2000 + number
        case "tempo":
            return 100.0 + 7 * number
        case "key":
            return f"{number + 1}A"
        case "stars":
            return float(number + 1)
        case "isrc":
            return f"USAAA000000{number}"
        case "day":
            return f"200{number}-05"
        case "moment":
            return f"202{number}-01-31"
    return ("#ff0000", "#00ff00", "#0000ff", "#ffff00")[number]


def counts(field: Field, who: Collection[FieldSource], first: MetadataSource) -> Any:
    """What counts where these say something."""
    order = (first, *(source for source in METADATA_SOURCES if source != first))
    sources = field.sources if field.setting != METADATA else ("user", *order)
    return next((source_value(field, source) for source in sources if source in who and source in field.sources), None)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fields") / "library.map4"
    database = SqliteDatabase(str(path))
    for number, who in enumerate(WHO, start=1):
        values_of = {
            source: {field.name: source_value(field, source) for field in WALKED if source in field.sources}
            for source in who
        }
        with database.transaction() as connection:
            tags = {
                f"tag_{name}" if name in ("bpm", "key") else name: value
                for name, value in values_of.get("tag", {}).items()
            }
            if tags:
                credited = ("artist", "remixer", "composer", "producer")
                listed = Credit.of_tags(Tags(**{name: tags[name] for name in credited}))
                tags |= {"tag_camelot": tags["tag_key"], "credits_sorted": Credit.more_words(tags["artist"], listed)}
            put_track(connection, number, **tags)
            if imported := {FIELDS[name].imported: value for name, value in values_of.get("imported", {}).items()}:
                put_imported(connection, audio_id(number), **imported | {"key": Key.parse(imported["key"])})
            for name, value in values_of.get("user", {}).items():
                put_user_value(connection, audio_id(number), name, json.dumps(value))
        put_observations(database, [
            (audio_id(number), Observation(provider="p", provider_id="1", field=name, value=value, score=0.9,
                                           fetched_at="2026-11-21"))
            for name, value in values_of.get("provider", {}).items() if name != "year"
        ])  # fmt: skip
    database.close()
    return path


class Asked:
    """A library in which a source goes first, and what each of its tracks should say."""

    def __init__(self, path: Path, first: MetadataSource, library: Library) -> None:
        self.path, self.library = path, library
        self.tracks: list[Track] = list(library.tracks.all())
        by_path = {f"/music/{number}.mp3": who for number, who in enumerate(WHO, start=1)}
        self.wanted = {
            track.path: {field.name: counts(field, by_path[track.path], first) for field in WALKED}
            for track in self.tracks
        }

    def run(self, *arguments: str) -> str:
        return run_inside("search", *arguments, library=self.path).stdout

    def of_tables(self, names: Collection[str]) -> dict[str, dict[str, str]]:
        """The same as text, by path; empty where it is not known."""
        return {
            path: {name: "" if values[name] is None else str(values[name]) for name in names}
            for path, values in self.wanted.items()
        }


@pytest.fixture(scope="module", params=FIRST)
def asked(path: Path, request: pytest.FixtureRequest) -> Iterator[Asked]:
    with Library.open(path) as library:
        for field in CHOSEN_FIELDS:
            library.tags.prefer(field, request.param if request.param in can_go_first(field) else None)
        yield Asked(path, request.param, library)


def rows_of(text: str) -> dict[str, dict[str, str]]:
    return {row.pop("path"): row for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))}


def test_field_in_force_is_in_tags_and_looked_up_records(asked: Asked) -> None:
    for track in asked.tracks:
        fields = TrackTags(track=track).to_record()["fields"]
        wanted = {name: value for name, value in asked.wanted[track.path].items() if name in fields}
        assert {name: fields[name]["value"] for name in wanted} == wanted, track.path
    for track in asked.tracks:
        fields = track.to_record().get("metadata", {"fields": {}})["fields"]
        wanted = asked.wanted[track.path]
        assert {name: found["value"] for name, found in fields.items()} == {name: wanted[name] for name in fields}
        assert bool(fields) == (track.provided is not None)


def test_field_in_force_is_in_csv_formatted_lines_and_the_table(asked: Asked) -> None:
    names = [field.name for field in IN_TABLES if field.name in CSV_COLUMNS]
    found = {path: {name: row[name] for name in names} for path, row in rows_of(asked.run("--csv")).items()}
    assert found == asked.of_tables(names)
    lines = asked.run("-f", "|".join(f"{{{name}}}" for name in COLUMNS)).splitlines()
    found = {line.split("|")[0]: dict(zip(COLUMNS[1:], line.split("|")[1:], strict=True)) for line in lines}
    assert found == asked.of_tables(COLUMNS[1:])
    _, *lines = asked.run().splitlines()
    names = [line.partition("  ")[0] for line in lines if not line.startswith(" ")]  # below stands where copies lie
    wanted = sorted(asked.wanted.items())
    assert names == [
        f"{row['artist']} – {row['title']}" if row["title"] else path.rpartition("/")[2] for path, row in wanted
    ]


def test_field_in_force_is_in_exported_csv_and_workbook(asked: Asked) -> None:
    out = io.BytesIO()
    asked.library.export(out, to="csv", columns=tuple(COLUMNS))
    assert rows_of(out.getvalue().decode()) == asked.of_tables(COLUMNS[1:])
    out = io.BytesIO()
    asked.library.export(out, to="xlsx", columns=tuple(COLUMNS))
    _, *rows = openpyxl.load_workbook(out)["Tracks"].iter_rows(values_only=True)
    assert {row[0]: dict(zip(COLUMNS[1:], row[1:], strict=True)) for row in rows} == {
        path: {name: values[name] for name in COLUMNS[1:]} for path, values in asked.wanted.items()
    }


def test_field_in_force_is_found_by_queries(asked: Asked) -> None:
    for field in [field for field in WALKED if field.query]:
        name = field.query.partition(":")[0]
        wanted_values = {path: wanted[field.name] for path, wanted in asked.wanted.items()}
        for value in {value for value in wanted_values.values() if value is not None}:
            text = {"#ff0000": "red", "#00ff00": "green", "#0000ff": "blue", "#ffff00": "yellow"}.get(value, value)
            equals = "=" if field.kind in ("text", "isrc") else ""
            found = {track.path for track in asked.library.search(f"{name}:{equals}{text}")}
            wanted = {path for path, field_value in wanted_values.items() if field_value == value}
            # Both comments are the track's, whichever is shown.
            assert wanted <= found if name == "comment" else wanted == found, (name, value)
        found = {track.path for track in asked.library.search(f"missing:{name}")}
        assert found == {path for path, value in wanted_values.items() if value is None}
