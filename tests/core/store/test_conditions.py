"""Conditions in SQL: each kind has its class, and what is composed keeps its values in order."""

from typing import get_args

from map4.core.music.query.terms import Condition
from map4.core.store.query.forms import FileIds, Predicate
from map4.core.store.query.query_sql import KINDS


def test_condition_classes_are_complete_and_sql_parameters_keep_their_order() -> None:
    assert {*KINDS} == {*get_args(Condition)}
    first, second = FileIds("SELECT id FROM files WHERE id = ?", (1,)), FileIds("SELECT 2")
    third = Predicate("x.year = ?", (3,))
    both = Predicate.all_of([FileIds.union(first, second), Predicate.any_of([Predicate.none_of(third), first])])
    one_of = "x.file_id IN (SELECT id FROM files WHERE id = ?"
    assert both == (f"({one_of} UNION ALL SELECT 2)) AND (((x.year = ?) IS NOT TRUE) OR ({one_of})))", (1, 3, 1))
    assert first.as_predicate("n.file_id").sql.startswith("n.file_id IN (SELECT id")
