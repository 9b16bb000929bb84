"""Slips in queries: refused with the right form, while signs in titles stay text."""

from __future__ import annotations

import pytest

from map4.domain.query.parser import Order, parse_query
from map4.errors import QueryError

SLIPS = [
    ("bpm>120", "bpm>120", "bpm:120.."),
    ("x bpm>=120 y", "bpm>=120", "bpm:120.."),
    ("bpm<128", "bpm<128", "bpm:..128"),
    ("bpm > 120 house", "bpm > 120", "bpm:120.."),
    ("bpm <=120", "bpm <=120", "bpm:..120"),
    ("bpm=120", "bpm=120", "bpm:120"),
    ("tempo==120", "tempo==120", "bpm:120"),
    ("energy!=5", "energy!=5", "^energy:5"),
    ("tempo>fast", "tempo>fast", "bpm:120..128"),
    ("bpm>", "bpm>", "bpm:120..128"),
    ("artist=mute x", "artist=mute", "artist:mute"),
    ('artist="the the" x', 'artist="the', 'artist:"the the"'),
    ("title!=remix", "title!=remix", "^title:remix"),
    ("key=8A", "key=8A", "key:8A"),
    ("genre:house,techno", "genre:house,techno", "genre:house or genre:techno"),
    ("genre:=House,Techno", "genre:=House,Techno", "genre:=House or genre:=Techno"),
    ("genre:house|techno", "genre:house|techno", "genre:house or genre:techno"),
    ("^genre:house,techno", "^genre:house,techno", "^genre:house ^genre:techno"),
    ("x or y genre:a,b sort:bpm or z", "genre:a,b", "y genre:a or y genre:b sort:bpm"),
    ("key:8A|9A", "key:8A|9A", "key:8A,9A"),
    ("codec:mp3|aac", "codec:mp3|aac", "codec:mp3,aac"),
    ("bpm:120|130", "bpm:120|130", "bpm:120 or bpm:130"),
    ("is:doubtful,set", "is:doubtful,set", "is:doubtful or is:set"),
    ("bpm:120 - 128", "bpm:120 - 128", "bpm:120..128"),
    ("bpm:120 – 128 x", "bpm:120 – 128", "bpm:120..128"),
    ("bpm:~120 -128", "bpm:~120 -128", "bpm:~120..128"),
    ("bpm:120 ..128", "bpm:120 ..128", "bpm:120..128"),
    ("year:1995 to 2005", "year:1995 to 2005", "year:1995..2005"),
    ("duration:3:30 - 4:00", "duration:3:30 - 4:00", "duration:3:30..4:00"),
    ("NOT house", "NOT house", "^house"),
    ("x not genre:house", "not genre:house", "^genre:house"),
    ("NOT ^house", "NOT ^house", "^house"),
    ('"unclosed', '"unclosed', '"unclosed"'),
    ('x "deep house', '"deep house', '"deep house"'),
    ('artist:"the the bpm:120', '"the the ', 'artist:"the the"'),
    ("(a or b", "(a or b", "a or b"),
    ("(genre:a or genre:b) bpm:120", "(genre:a or genre:b)", "genre:a bpm:120 or genre:b bpm:120"),
    ("( genre:house )", "( genre:house )", "genre:house"),
    ("^(live remix) x", "^(live remix)", "^live ^remix"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "right"), SLIPS)
def test_a_slip_is_refused_with_the_right_form(text: str, place: str, right: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    error = caught.value
    assert error.query[error.start : error.end] == place
    assert right in error.problem
    assert error.exit_code == 2
    assert parse_query(right).groups, "what is offered can be read"


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("genre:house | genre:techno", "|", "write 'or' between them"),
        ("genre:house || x", "||", "write 'or' between them"),
        ("genre:house AND x", "AND", "leave out 'AND'"),
        ("genre:house and bpm:120", "and", "leave out 'and'"),
        ('"deep house"bpm:120', '"deep', "a blank must follow"),
        ('" ', '" ', "leave it out"),
    ],
)
def test_a_sign_of_other_programs_is_refused_next_to_a_field(text: str, place: str, told: str) -> None:
    with pytest.raises(QueryError, match=told) as caught:
        parse_query(text)
    error = caught.value
    assert error.query[error.start : error.end] == place


@pytest.mark.parametrize(
    "text",
    [
        "(I Can't Get No) Satisfaction",
        "Wish (Remix",
        "^(remix)",
        "a > b",
        "love is <3",
        "money>fame",
        "x=y",
        'bpm 7" mix',
        "not fade away",
        "DO NOT DISTURB",
        "artist:simon and garfunkel",
        "bpm:120 - house",
        "artist:808 - 303",
        "path:./a|b,c",
        'genre:"house,techno"',
        "genre:,",
        '"bpm>120"',
        '"NOT" house',
        "house | techno",
    ],
)
def test_signs_in_titles_are_text(text: str) -> None:
    assert parse_query(text).groups


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("house | techno", "'|' is text here; for one or the other write 'or'"),
        ("x AND y", "'AND' is text here; all terms must hold anyway"),
        ("NOT HOUSE", "write ^HOUSE"),
        ("tmpo>120", "numbers are asked for as in bpm:120..128"),
        ("(I Can't Get No) Satisfaction", None),
        ('"x AND y"', None),
        ("", None),
    ],
)
def test_of_text_that_may_be_a_slip_it_is_said_where_nothing_was_found(text: str, told: str | None) -> None:
    doubt = parse_query(text).doubt
    assert (doubt is None) == (told is None)
    assert (told or "") in (doubt or "")


def test_the_sign_of_an_order_may_stand_on_either_side() -> None:
    assert parse_query("sort:-bpm,artist").sort == (Order(field="bpm", descending=True), Order(field="artist"))
