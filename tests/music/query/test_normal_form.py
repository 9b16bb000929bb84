"""The normal form of a query: one text for all that ask the same, and never one for two that ask something else."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from map4.base.text import folded
from map4.errors import QueryError
from map4.music.query.in_words import normal_form
from map4.music.query.parser import parse_query

SAME = [
    ("Björk", "bjork"), ("  daft   PUNK ", "daft punk"), ("BJO\u0308RK", "bjork"),
    ('Genre:"Deep House"', 'genre:"deep house"'),
    ("genre:=HOUSE", "genre:=house"), ("Tempo:120..128\tKEY:~am", "bpm:120..128 key:~8A"), ("is:OK", "is:ok"),
    ("house or Techno", "house or techno"), ("house OR techno", "house or techno"), ("ΜΟΥΣΙΚΗ", "μουσικη"),
    ("^title:Remix sort:BPM- limit:20", "^title:remix sort:bpm- limit:20"), ("  ", ""), ("format:MP3", "codec:mp3"),
    ("й", "и"), ("Straße", "strasse"), ("ﬁn", "fin"), ("artist:MØ", "artist:mo"),
]  # fmt: skip
OTHER = [
    ("house", '"house"'), ("genre:house", "genre:=house"), ("a b", "b a"), ("path:/Music", "path:/music"),
    ("é:x", "e x"),
    ("bpm:120", "bpm:120.0"), ("Or", '"or"'), ('"a  b"', '"a b"'),
    ("limit:20", "limit:21"), ("Bpm>120", "bpm>120"), ("\u0301", ""),
]  # fmt: skip


def test_case_accents_and_spaces_do_not_count() -> None:
    for text, normal in SAME:
        assert normal_form(text) == normal


def test_different_queries_have_different_normal_forms() -> None:
    for one, other in OTHER:
        assert normal_form(one) != normal_form(other)


TERMS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from([text for pair in SAME + OTHER for text in pair]),
        st.builds(
            "{}:{}".format, st.sampled_from(["artist", "path", "has", "key", "GENRE", "sort"]), st.text(max_size=8)
        ),
    ),
    max_size=4,
).map(" ".join)


@given(TERMS)
@example("or x")
@example("AND")
@example('x"')
def test_it_is_read_as_the_query_itself(text: str) -> None:
    normal = normal_form(text)
    assert normal_form(normal) == normal
    try:
        asked = parse_query(text)
    except QueryError:
        assert normal == text
    else:
        found = parse_query(normal)
        assert (found.sort, found.limit, found.offset, found.doubt) == (
            asked.sort,
            asked.limit,
            asked.offset,
            asked.doubt,
        )
        assert folded(str(found.groups)) == folded(str(asked.groups))
