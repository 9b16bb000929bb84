"""Slips in queries: refused with the right form, while signs in titles stay text."""

import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from map4.core.music.query.fields import FIELDS
from map4.core.music.query.parser import Query, SortField
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
    ("genre:!house x", "genre:!house", "^genre:house"),
    ("house -live", "-live", "^live"),
    ("artist=mute x", "artist=mute", "artist:mute"),
    ('artist="the the" x', 'artist="the', 'artist:"the the"'),
    ("title!=remix", "title!=remix", "^title:remix"),
    ("key=8A", "key=8A", "key:8A"),
    ("genre:house,techno", "genre:house,techno", "genre:house or genre:techno"),
    ("genre:=House,Techno", "genre:=House,Techno", "genre:=House or genre:=Techno"),
    ("genre:house|techno", "genre:house|techno", "genre:house or genre:techno"),
    ("genre:house|genre:techno", "genre:house|genre:techno", "genre:house or genre:techno"),
    ("genre:house|bpm:120", "genre:house|bpm:120", "genre:house or bpm:120"),
    ("key:8A|key:9A", "key:8A|key:9A", "key:8A,9A"),
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
    ("bpm:>120", "bpm:>120", "bpm:120.."),
    ("^bpm:>=120 x", "^bpm:>=120", "^bpm:120.."),
    ("bpm:> 120 x", "bpm:> 120", "bpm:120.."),
    ("bpm:<120", "bpm:<120", "bpm:..120"),
    ("bpm:~>120", "bpm:~>120", "bpm:~120.."),
    ("bpm:=120", "bpm:=120", "bpm:120"),
    ("bpm:!=120", "bpm:!=120", "^bpm:120"),
    ("bpm:120+", "bpm:120+", "bpm:120.."),
    ("bpm:120-", "bpm:120-", "bpm:120.."),
    ("bpm:120-130", "bpm:120-130", "bpm:120..130"),
    ("bpm:120...130", "bpm:120...130", "bpm:120..130"),
    ("bpm:130-120", "bpm:130-120", "bpm:120..130"),
    ("energy:>5", "energy:>5", "energy:5.."),
    ("energy:5–7", "energy:5–7", "energy:5..7"),
    ("duration:3:00-4:00", "duration:3:00-4:00", "duration:3:00..4:00"),
    ("duration:<6m", "duration:<6m", "duration:..6m"),
    ("year:>2000", "year:>2000", "year:2000.."),
    ("samplerate:>44.1k", "samplerate:>44.1k", "samplerate:44.1k.."),
    ("loudness:-12--8", "loudness:-12--8", "loudness:-12..-8"),
    ("loudness:>-8", "loudness:>-8", "loudness:-8.."),
    ("added:2020-01-2021-02", "added:2020-01-2021-02", "added:2020-01..2021-02"),
    ("added:>=2020", "added:>=2020", "added:2020.."),
    ("bpm: 120 - 130 x", "bpm: 120 - 130", "bpm:120..130"),
    ("genre: house", "genre: house", "genre:house"),
    ("key:=9A", "key:=9A", "key:9A"),
    ("limit=5", "limit=5", "limit:5"),
    ("-genre:house", "-genre:house", "^genre:house"),
    ("-bpm:fast", "-bpm:fast", "^bpm:120..128"),
    ("is=new", "is=new", "is:doubtful"),
    ("genre:a|b bpm>120", "bpm>120", "bpm:120.."),
]  # fmt: skip


def test_slips_and_misspelt_ranges_get_the_intended_form() -> None:
    for text, place, right in SLIPS:
        with pytest.raises(QueryError) as caught:
            Query.parse(text)
        error = caught.value
        assert error.query[error.start : error.end] == place
        assert error.instead == right
        assert f"; write {right}" in error.problem
        assert error.exit_code == 2
        assert pickle.loads(pickle.dumps(error)).instead == right
    assert Query.parse("sort:-bpm,artist").sort == (SortField(field="bpm", descending=True), SortField(field="artist"))
    for field in [field for field in FIELDS.values() if field.kind in VALUES]:
        for right, wrong in RANGES.items():
            wanted = f"{field.name}:{right}".format(*VALUES[field.kind])
            for text in (f"{field.name}{text}".format(*VALUES[field.kind]) for text in wrong):
                with pytest.raises(QueryError) as caught:
                    Query.parse(f"house {text} live")
                assert (text, caught.value.instead) == (text, wanted)
            without_colon = f"house {field.name} {right} live".replace("..", "-").format(*VALUES[field.kind])
            assert f" write {wanted}" in (Query.parse(without_colon).doubt or "") or right == "..{1}"


def test_a_sign_of_other_programs_is_refused_next_to_a_field() -> None:
    cases = [
        ("genre:house | genre:techno", "genre:house | genre:techno", "write genre:house or genre:techno"),
        ("genre:house || x", "genre:house || x", "write genre:house or x"),
        ("bpm:120 house | techno || acid", "house | techno || acid", "bpm:120 house or bpm:120 techno or bpm:120 acid"),
        ("genre:house|genre:acid", "genre:house|genre:acid", "write genre:house or genre:acid\n"),
        ("house|techno", "house|techno", "write house or techno; as text put quotes around it"),
        ("genre:house AND x", "AND", "leave out 'AND'"),
        ("genre:house and bpm:120", "and", "leave out 'and'"),
        ('"deep house"bpm:120', '"deep', "put a blank after"),
        ('" ', '" ', "leave it out"),
    ]
    for text, place, message in cases:
        with pytest.raises(QueryError, match=message) as caught:
            Query.parse(text)
        error = caught.value
        assert error.query[error.start : error.end] == place


def test_signs_in_titles_are_text() -> None:
    cases = [
        "(I Can't Get No) Satisfaction",
        "Wish (Remix",
        "^(remix)",
        "a > b",
        "love is <3",
        "money>fame",
        "house -M- artist:!!! ",
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
        '"house | techno"',
        "house |",
    ]
    for text in cases:
        assert Query.parse(text).groups


def test_text_that_looks_like_a_slip_gets_a_hint() -> None:
    cases = [
        ("house key:A minor", "'minor' is text here; write key:\"A minor\""),
        ("x AND y", "'AND' is text here; all terms must hold anyway"),
        ("NOT HOUSE", "write ^HOUSE"),
        ("not house", "'not' is text here; to leave tracks out write ^house"),
        ("tmpo>120", "write numbers as in bpm:120..128"),
        ("(I Can't Get No) Satisfaction", None),
        ('"x AND y"', None),
        ("", None),
        ("house bpm 120-130", "'bpm 120-130' is text here; for the field bpm write bpm:120..130"),
        ("tempo 120 to 130", "write bpm:120..130"),
        ("bpm 120", "write bpm:120"),
        ("bpm 120+", "write bpm:120.. for 120 and more"),
        ("duration 3:00-4:00", "write duration:3:00..4:00"),
        ("genre house", "write genre:house"),
        ("bpm", "as in bpm:120..128"),
        ("bpm ^120", None),
        ("lossless", "write is:lossless"),
        ("duplicates", "write is:copy"),
        ("is this love", None),
    ]
    for text, message in cases:
        doubt = Query.parse(text).doubt
        assert (doubt is None) == (message is None)
        assert (message or "") in (doubt or "")


PIECES = st.sampled_from(
    [*FIELDS, "tempo", *":::: ><=!^~-+,|()", "8A", "120", "-12", "3:30", "2020-01", "44.1k", "6m", "house", "x", ">=",
     "..", "...", " ", " ", " ", '"', "or", "and", "NOT", "to", " - ", "–"]
)  # fmt: skip


@example("artist >=bpm,bpm")
@example("bpmbpm:")
@given(st.lists(PIECES, max_size=10).map("".join))
def test_suggested_queries_are_valid(text: str) -> None:
    problem, offered = "", ""
    try:
        problem = Query.parse(text).doubt or ""
    except QueryError as error:
        problem, offered = error.problem, error.instead or ""
    assert f"; write {offered}" in problem or "; did you mean " in problem or not offered
    if doubt := re.fullmatch(".* for the field [a-z-]+ write (.*?)(?: for .* and (?:more|less))?", problem):
        offered = doubt[1]
    Query.parse(offered)


VALUES = {"number": ("0.2", "0.8"), "level": ("3", "7"), "duration": ("3:30", "6m"), "date": ("2020-01", "2021-02-03")}
RANGES = {
    "{0}..{1}": [":{0}-{1}", ":{0} - {1}", ":{0}–{1}", ":{0} .. {1}", ":{0} to {1}", ": {0}-{1}", ":{1}-{0}"],
    "{0}..": [":>{0}", ":>={0}", ":=>{0}", ": > {0}", ">{0}", ">={0}", " > {0}", ":{0}+", ": {0}+", ":{0}-"],
    "..{1}": [":<{1}", ":<={1}", ": < {1}", "<{1}", " <= {1}"],
    "{0}": [": {0}", ":={0}", "={0}", " = {0}", "=={0}"],
}  # fmt: skip
