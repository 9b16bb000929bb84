"""The question to a model, and how its answer is read."""

import json
from typing import Any

import jsonschema
import pytest

from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.classify.facts import FilesToLabel, TrackNames
from map4.extras.classify.part import (
    _FORM_TOKENS,
    MOST_TAGS,
    SYSTEM_PROMPT,
    answer_schema,
    checked_labels,
    estimated_tokens,
    question,
    read_answer,
    sent_fields,
)

TAGS = Tags(artist="Nadia", title="Ævintýri", album="B", genre="House", year=2016)
[FACTS] = FilesToLabel.of([Track(path="/secret/x.flac", state="ok", tags=TAGS)]).names([0])


def label(number: Any, **values: Any) -> dict[str, Any]:
    return {"id": number, "genre": "Jazz", "subgenre": "", "mood": "calm", "era": "1950s", "tags": [], "confidence": 1,
            "notes": "", **values}  # fmt: skip


def test_tokens_are_estimated_by_the_letters_of_the_requests() -> None:
    tracks = [FACTS, TrackNames(), TrackNames(title='A "b" \\', genre="Ж\x07"), *[FACTS] * 20, TrackNames(year=7)]
    for count, size in ((0, 3), (1, 3), (3, 3), (4, 3), (24, 11), (24, 12), (24, 30)):
        batches = [tracks[:count][start : start + size] for start in range(0, count, size)]
        letters = sum(len(SYSTEM_PROMPT + question(dict(enumerate(batch)))) for batch in batches)
        found, _ = estimated_tokens(tracks[:count], size)
        assert found == -(-letters // 3) + _FORM_TOKENS * len(batches)


def read(*labels: Any) -> dict[int, str]:
    found = read_answer(json.dumps({"labels": labels}), {0, 1, 2}, source="claude", model="m")
    return {number: labels.genre for number, labels in found.items()}


def test_only_documented_fields_are_sent_with_the_schema_of_the_choices() -> None:
    assert json.loads(question({7: FACTS, 8: TrackNames(title="x")})) == {
        "tracks": [
            {"id": 7, "artist": "Nadia", "title": "Ævintýri", "album": "B", "year": 2016, "genre_tag": "House"},
            {"id": 8, "title": "x"},
        ]
    }
    assert len(sent_fields(FACTS)) == len(TrackNames._fields)
    assert "secret" not in question({0: FACTS})
    schema = answer_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate({"labels": [label(1)]})
    wrong = [label(1, genre="Polka"), label("1"), {"id": 1}, label(1, more=1), label(1, mood=None)]
    assert [validator.is_valid({"labels": [labels]}) for labels in wrong] == [False] * 5
    values = schema["properties"]["labels"]["items"]["properties"]
    assert values["genre"]["enum"] == [*GenreTable.shipped().families, Labels.UNKNOWN]
    assert (values["mood"]["enum"], values["era"]["enum"]) == ([*Labels.MOODS, "unknown"], [*Labels.ERAS, "unknown"])


def test_answers_are_matched_by_their_ids_and_malformed_answers_refused() -> None:
    assert read(label(2), label(0), label(1)) == {2: "Jazz", 0: "Jazz", 1: "Jazz"}
    assert read(label(1), label(1, genre="Rock"), label(1), label(2)) == {2: "Jazz"}
    assert read(label(9), label(-1), label("0"), label(True), label(0.0), label(None), {"genre": "Jazz"}, 3, None) == {}
    assert read(label(0, genre="?"), label(1)) == {1: "Jazz"}
    assert read() == {}
    cases = ["", "no", "[]", "{}", '{"labels": {}}', '{"labels": [', "1e999", "[" * 100_000]
    for text in cases:
        with pytest.raises(ValueError):
            read_answer(text, {0}, source="claude", model="m")


GOOD = {"genre": "Electronic", "subgenre": "Deep House", "mood": "dark", "era": "1990s", "tags": ["Vocal"],
        "confidence": 0.9, "notes": "a dub"}  # fmt: skip


def test_answer_is_checked_against_the_choices_and_may_be_none() -> None:
    assert checked_labels(GOOD, source="claude", model="m") == Labels(
        genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s", tags=("vocal",),
        confidence=0.9, source="claude", model="m", notes="a dub",
    )  # fmt: skip
    odd = {
        **GOOD,
        "genre": " electronic ",
        "mood": "grumpy",
        "era": "1830s",
        "subgenre": "",
        "confidence": 7,
        "notes": "n/a",
    }
    found = checked_labels(odd, source="claude", model="m")
    assert (found.genre, found.mood, found.era, found.subgenre, found.notes) == ("Electronic", None, None, None, None)
    assert found.confidence == 1.0
    cases = [
        {"genre": "Polka Metal"},
        {"genre": None},
        {"genre": ["Jazz"]},
        {"confidence": "high"},
        {"confidence": True},
        {"confidence": None},
        {"confidence": float("nan")},
        {"confidence": float("inf")},
    ]
    for change in cases:
        assert checked_labels({**GOOD, **change}, source="claude", model="m") is None


def test_unknown_genres_have_no_family_and_tags_are_limited() -> None:
    found = checked_labels({**GOOD, "genre": Labels.UNKNOWN}, source="claude", model="m")
    assert (found.genre, found.family, found.confidence, found.era) == (Labels.UNKNOWN, None, 0.0, "1990s")
    tags = ["Vocal", "vocal ", 3, None, "\x07", "x" * 500, *(f"tag {n}" for n in range(50))]
    found = checked_labels({**GOOD, "tags": tags}, source="claude", model="m")
    assert found.tags[:3] == ("vocal", "x" * 40, "tag 0")
    assert len(found.tags) == MOST_TAGS
    no_list = checked_labels({**GOOD, "tags": "vocal"}, source="claude", model="m")
    assert no_list.tags == ()
