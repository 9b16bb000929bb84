"""Smart lists of Engine DJ: rules as queries."""

import json

import pytest
from live_cases import GARBLED_RULES

from map4.core.music.lists.live import LiveList
from map4.formats.engine import reader as engine
from map4.formats.live_rules import UnsupportedRuleError


def rules_of(match: str, *rules: tuple[str, str, str]) -> str:
    names = ("col", "con", "param")
    encoded = [{**dict(zip(names, rule, strict=True)), "v": "2.20.0"} for rule in rules]
    return json.dumps({"match": match, "rules": encoded, "rv": 2})


def test_smart_lists_of_engine_are_read_or_refused() -> None:
    for text, query in (
        (rules_of("all", ("genre", "LIKE", "'%#rock%'"), ("bpm", ">=", "120")), 'genre:"#rock" bpm:120..'),
        (rules_of("one", ("title", "=", "'It''s'"), ("rating", ">=", "80")), 'title:="It\'s" or rating:4..'),
        (rules_of("all", ("comment", "NOT LIKE", "'%promo%'"), ("year", "<", "2000")), "^comment:promo year:..1999"),
    ):
        assert engine.live_of(text) == LiveList(query=query, n=10_000)
    cases = [
        (rules_of("all", ("genre", "LIKE", "'house%'")), "genre LIKE 'house%'"),
        (rules_of("all", ("dateAdded", ">", "1")), "dateAdded > 1"), (rules_of("all"), "no rules"),
        ("{", "can't be read"), ('{"match": "all", "rules": [3]}', "can't be read"),
    ]  # fmt: skip
    for text, query in cases:
        with pytest.raises(UnsupportedRuleError, match=query):
            engine.live_of(text)
    for text in GARBLED_RULES:
        with pytest.raises(UnsupportedRuleError):
            engine.live_of(text)
