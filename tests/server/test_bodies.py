"""A request's body is made of the record that declares the options of a call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from map4.core.base.call_options import WorkerOptions, option
from map4.core.base.text import age_of
from map4.errors import UsageError
from map4.server.bodies import BodyShape

if TYPE_CHECKING:
    from map4.core.music.query.parser import Query


class Tea(WorkerOptions):
    """How tea is made."""

    cups: int = option(2, "-n --cups", "How many cups (default 2).", least=1, most=9)
    heat: float | None = option(None, about="How hot.", least=0, above=True)
    herbs: Collection[Literal["mint", "sage"]] = option((), "--herb", "With this herb; repeatable.")
    query: str | Query | None = option(None, "--query", "Which tea.")
    steeped: timedelta | None = option(None, "--steep", "How long.", reads=age_of)
    more: Mapping[str, str] = option({}, "--more", "What else.")
    lid: bool = option(True, "--no-lid", "Without the lid.", about="With the lid on.")
    secret: str = option("", about="Not told.", is_remote=False)


TEA = BodyShape.of(Tea, "Tea", more={"file": (str, "")}, make=lambda file="", **options: (file, Tea(**options)))


def read(text: str) -> Any:
    return TEA.of_json(text.encode())


def test_schema_has_the_limits_by_which_a_body_is_read() -> None:
    found = msgspec.json.schema(TEA.struct)["$defs"]["Tea"]["properties"]
    assert {*found} == {"file", "cups", "heat", "herbs", "query", "steeped", "more", "lid"}
    assert found["cups"] == {
        "type": "integer", "default": 2, "description": "How many cups (default 2).", "minimum": 1, "maximum": 9,
    }  # fmt: skip
    assert (found["heat"]["exclusiveMinimum"], found["heat"]["description"]) == (0, "How hot.")
    assert found["herbs"]["items"] == {"enum": ["mint", "sage"]}
    assert found["herbs"]["description"] == "With this herb."
    assert found["query"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert found["more"]["additionalProperties"] == {"type": "string"}
    assert found["lid"]["description"] == "With the lid on."
    assert read("{}") == ("", Tea())
    assert read('{"file": "a", "cups": 3, "herbs": ["mint"], "steeped": "2h", "more": {"a": "b"}, "lid": false}') == (
        "a",
        Tea(cups=3, herbs=["mint"], steeped=timedelta(hours=2), more={"a": "b"}, lid=False),
    )
    cases = [
        ('{"cups": 0}', "cups is from 1 to 9, not 0"),
        ('{"heat": 0}', "heat is more than 0, not 0"),
        ('{"cups": "two"}', "cups: expected a whole number"),
        ('{"herbs": ["mnt"]}', "there is no 'mnt'; did you mean mint"),
        ('{"steeped": "long"}', "'long' is not a time span"),
        ('{"cup": 1}', "there is no option 'cup'; did you mean cups"),
        ('{"secret": "x"}', "there is no option 'secret'"),
        ('{"jobs": 1}', "there is no option 'jobs'"),
    ]
    for body, case in cases:
        with pytest.raises(UsageError, match=case):
            read(body)
