"""Rules: each field and relation of the form writes a query that parses and means what it says."""

from map4.core.music.query.fields import FIELDS, IS_WORDS
from map4.core.music.query.parser import parse_query
from map4.core.music.query.rules import query_rules

VALUES = {"date": "2026-01", "duration": "3:30", "key": "8A", "is": "doubtful", "path": "/music", "codec": "mp3"} | {
    "season": "12-24", "daypart": "6..10", "weekday": "mon"
}  # fmt: skip
OTHERS = {"date": "2026-02", "duration": "6:00"}


def test_every_relation_of_every_field_is_one_term() -> None:
    rules = query_rules().fields
    assert {rule.name for rule in rules} == {
        "", *(name for name, field in FIELDS.items() if field.kind not in ("control", "has"))
    }  # fmt: skip
    for rule in rules:
        kind = FIELDS[rule.name].kind if rule.name else "text"
        for relation in rule.relations:
            usual = next(iter(rule.values), "1")
            value = "2w" if ":-{" in relation.term else VALUES.get(kind) or VALUES.get(rule.name, usual)
            if kind == "number":
                value = str(max(1, round(FIELDS[rule.name].least)))
            if "year" in rule.name:
                value = "1999"
            term = relation.term.replace("{value}", value).replace("{other}", OTHERS.get(kind, value))
            query = parse_query(term)
            assert [len(group) for group in query.groups] == [1], term
            assert query.sort == ()
    assert next(rule for rule in rules if rule.name == "is").values == IS_WORDS
    explicit = next(rule for rule in rules if rule.name == "explicit")
    assert [*explicit.values] == ["yes", "no", "unknown"]
    assert [relation.term for relation in explicit.relations] == ["explicit:{value}", "^explicit:{value}"]
