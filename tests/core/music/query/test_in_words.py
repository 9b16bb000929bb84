"""Queries as a heading says them, and their normal form: one text for all that ask the same."""

from hypothesis import example, given
from hypothesis import strategies as st
from query_cases import CASES

from map4.core.base.text import folded
from map4.core.music.query.in_words import normal_form, query_in_words
from map4.core.music.query.parser import parse_query
from map4.errors import QueryError


def test_queries_have_words_and_a_normal_form() -> None:
    cases = [
        ("", "All tracks"),
        ("is:any sort:bpm limit:5", "All tracks"),
        ("genre:house energy:7..", "House, energy 7 and more"),
        ("bpm:120..128 key:~8A ^genre:rock", "Tempo 120 to 128 BPM, in a key that mixes with 8A, not rock"),
        ("bpm:~174", "Tempo 174 BPM, half or double"),
        ("daft punk or artist:mute", "“daft”, “punk” or mute"),
        ("added:-2w", "Added in the last 2 weeks"),
        ("played:..-6m plays:5..", "Last played until 6 months ago, plays 5 and more"),
        ("added:2026-01.. year:..1999", "Added since 2026-01, year up to 1999"),
        ("missing:bpm has:mix-in", "Without tempo, with mix-in"),
        ("is:doubtful key:8A,9A", "Unsure tempo or key, or a second tempo, in 8A or 9A"),
        ("label:lantern", "Label lantern"),
        ("season:12-20..01-06 weekday:sat,sun", "From 12-20 to 01-06, on sat, sun"),
    ]
    assert [(query, query_in_words(query)) for query, _ in cases] == cases
    assert all(query_in_words(query) for query, _ in CASES)
    always, never = "Season:01-01..12-31", "^daypart:0..24"
    assert normal_form(f"{always} {never}") == "season:01-01..12-31 ^daypart:0..24 True True"
    for text, normal in SAME:
        assert normal_form(text) == normal
    for query, other in OTHER:
        assert normal_form(query) != normal_form(other)


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
def test_normal_form_parses_to_the_same_query(text: str) -> None:
    normal = normal_form(text)
    assert normal_form(normal) == normal
    try:
        asked = parse_query(text)
    except QueryError:
        assert normal == text
    else:
        found = parse_query(normal)
        assert (found.sort, found.limit) == (asked.sort, asked.limit)
        assert (found.offset, found.doubt) == (asked.offset, asked.doubt)
        assert folded(str(found.groups)) == folded(str(asked.groups))
