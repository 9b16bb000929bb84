"""Declared query fields and words: their SQL and their Python form give the same answers."""

from random import Random

import pytest
from drawn_libraries import fill_drawn
from query_cases import NOW

from map4.core.base.declaration import load
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import DECLARED_WORDS, FIELDS
from map4.core.music.query.parser import Query
from map4.core.store.query.forms import FieldForms, TextForms, WordForms
from map4.core.store.sql_store import Store
from map4.search.store import SqlTableRows

HERE = QueryContext(now=NOW)
FORMS = {name: load(field.forms) for name, field in FIELDS.items() if field.forms}


def test_forms_of_an_extra_need_no_init_of_their_class() -> None:
    own = type("Own", (FieldForms,), {"__init__": lambda self: None})()
    assert own.may_have(HERE) is None


def test_declared_fields_have_forms_of_their_kind() -> None:
    assert {"plays", "played", "skipped", "mood", "tag", "mark", "list"} <= FORMS.keys()
    texts = {name for name, forms in FORMS.items() if isinstance(forms, TextForms)}
    assert texts == {name for name in FORMS if FIELDS[name].kind == "text"}


@pytest.mark.parametrize("seed", [1, 2])
def test_sql_and_python_forms_of_declared_fields_agree(store: Store, seed: int) -> None:
    fill_drawn(store, Random(seed), 40)
    ids = store.search.file_ids(Query.parse("is:any"), HERE)
    tracks = dict(store.tracks.numbered(ids))
    known = {name for name, forms in FORMS.items() if type(forms).of is not FieldForms.of}
    for name in sorted(known):
        of_tracks = {file_id: FORMS[name].of(track) for file_id, track in tracks.items()}
        assert dict(store.part(SqlTableRows).values(ids, [name], HERE)) == of_tracks, name
        with_value = store.search.file_ids(Query.parse(f"is:any has:{name}"), HERE)
        assert {*with_value} == {file_id for file_id, value in of_tracks.items() if value is not None}, name
    for name, word in DECLARED_WORDS.items():
        forms = load(word.forms)
        if type(forms).of is WordForms.of:  # tracks don't know the lists that they are in
            continue
        found = store.search.file_ids(Query.parse(f"is:any is:{name}"), HERE)
        assert {*found} == {file_id for file_id, track in tracks.items() if forms.of(track)}, name
        assert word.extra or 0 < len(found) < len(ids), name
