"""What sentences are taken for: a table, contradictions, what a model may add, and words drawn by chance."""

from dataclasses import replace
from typing import Any

import pytest
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from map4.errors import AmbiguousNameError, UsageError
from map4.extras.ask.sentence.parsed_request import ModelReading, ParsedRequest, Vocabulary, with_model
from map4.extras.ask.sentence.rules import understand
from map4.music.query.parser import parse_query

GENRES = [
    "Deep House", "House", "Techno", "Drum & Bass", "Hip-Hop; Rap", "RAP", "Jazz", "Synth-Pop", "City Pop", "R&B",
    "Trance / Progressive",
]  # fmt: skip
FOUND = {"mood:dark", "mood:hypnotic", 'artist:"nadia vellum"', "artist:nadia"}


def path_of(name: str) -> str | None:
    if name.casefold() == "nadia":
        raise AmbiguousNameError(name, [("Nadia – A", "/a"), ("Nadia – B", "/b")])
    return {"/v.flac": "/v.flac", "velvet undertow": "/v.flac", "velvet": "/v.flac", "hall 9": "/h.flac"}.get(
        name.casefold()
    )


KNOWN = Vocabulary(
    genres=GENRES,
    finds=lambda query: query.casefold() in FOUND,
    path_of=path_of,
    bpm_of=lambda path: {"/v.flac": 122.0}.get(path),
)


def read(text: str) -> ParsedRequest:
    return understand(text, KNOWN)


# The sentence, the query, options, and words that are left.
TABLE: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    # lengths and counts
    ("an hour", "", {"minutes": 60}, ()),
    ("half an hour of jazz", "genre:Jazz", {"minutes": 30}, ()),
    ("an hour and a half", "", {"minutes": 90}, ()),
    ("two and a half", "", {}, ("two", "half")),
    ("1h30", "", {"minutes": 90}, ()),
    ("a 90-minute set", "", {"minutes": 90}, ()),
    ("8 house or jazz tracks", "genre:House or genre:Jazz limit:8", {"n": 8}, ()),
    ("a dozen songs", "limit:12", {"n": 12}, ()),
    ("a deep house track", 'genre:"Deep House"', {}, ()),
    ("100000 tracks", "", {}, ("100000",)),
    ("9999 minutes", "", {}, ("9999 minutes",)),
    ("tracks shorter than 5 minutes", "duration:..5m", {}, ()),
    # how it feels
    ("something calm for dinner", "energy:..4", {"preset": "dinner"}, ()),
    ("party techno", "genre:Techno energy:7..", {}, ()),
    ("like velvet but slower", "bpm:107..120", {"seeds": ("/v.flac",)}, ()),
    ("like velvet undertow but a bit faster", "bpm:124..137", {"seeds": ("/v.flac",)}, ()),
    ('like "/v.flac", faster', "bpm:124..137", {"seeds": ("/v.flac",)}, ()),
    ("like hall 9 but slower", "", {"seeds": ("/h.flac",)}, ("slower",)),
    # tempo
    ("between 120 and 128", "bpm:120..128", {}, ()),
    ("around 124", "bpm:122..126", {}, ()),
    ("slower than 100", "bpm:..100", {}, ()),
    ("over 120 bpm and under 130 bpm", "bpm:120..130", {}, ()),
    ("122.5 bpm", "bpm:122.5", {}, ()),
    ("900 bpm", "", {}, ("900",)),
    # years
    ("from the 90s", "year:1990..1999", {}, ()),
    ("eighties synth-pop", 'year:1980..1989 genre:"Synth-Pop"', {}, ()),
    ("2010s", "year:2010..2019", {}, ()),
    ("before 1990", "year:..1989", {}, ()),
    ("since 2015", "year:2015..", {}, ()),
    ("released in 1999", "year:1999", {}, ()),
    ("80s or 90s", "year:1980..1989 or year:1990..1999", {}, ()),
    # keys
    ("in A minor", "key:8A", {}, ()),
    ("in 8A", "key:8A", {}, ()),
    ("compatible with 8A", "key:~8A", {}, ()),
    ("in a minor key", "key:minor", {}, ()),
    # what the library has
    ("drum and bass", 'genre:"Drum & Bass"', {}, ()),
    ("hip hop", 'genre:"Hip-Hop"', {}, ()),
    ("house and techno over 125 bpm", "genre:House bpm:125.. or genre:Techno bpm:125..", {}, ()),
    ("techno not house", "genre:Techno ^genre:House", {}, ()),
    ("polka", "", {}, ("polka",)),
    ("house or 8A", "key:8A genre:House", {}, ("or",)),
    ("no rap", "^genre:Rap", {}, ()),
    ("dark techno", "mood:dark genre:Techno", {}, ()),
    ("by Nadia Vellum from the 90s", 'artist:"Nadia Vellum" year:1990..1999', {}, ()),
    ("by nobody", "", {}, ("by nobody",)),
    # tracks
    ("like velvet undertow", "", {"seeds": ("/v.flac",)}, ()),
    ("90 minutes like 'velvet undertow', 118-124 bpm", "bpm:118..124", {"seeds": ("/v.flac",), "minutes": 90}, ()),
    ("like “hall 9” in 8A", "key:8A", {"seeds": ("/h.flac",)}, ()),
    ('like "Velvet Undertow", 45 min', "", {"seeds": ("/v.flac",), "minutes": 45}, ()),
    ("90 minutes like velvet undertow please", "", {"seeds": ("/v.flac",), "minutes": 90}, ()),
    ("after velvet undertow", "", {"seeds": ("/v.flac",), "with_seed": False}, ()),
    ("after 2000", "year:2001..", {}, ()),
    ("like the sea", "", {}, ("like", "sea")),
    ("like ../../etc/passwd", "", {}, ("like ../../etc/passwd",)),
    # energy, curves and the rest
    ("energy 5 to 7", "energy:5..7", {}, ()),
    ("energy from 5 to 7", "energy:5..7", {}, ()),
    ("energy 11", "", {}, ("energy 11",)),
    ("no vocals", "instrumentalness:0.8..", {}, ()),
    ("a warm up set", "", {"curve": "warm_up"}, ()),
    ("peak time techno", "genre:Techno", {"curve": "peak_time"}, ()),
    ("at least 4 stars", "rating:4..", {}, ()),
    ("4 stars or more", "rating:4..", {}, ()),
    # what a word before turns round, or makes unsure
    ("not over 120 bpm", "bpm:..120", {}, ()),
    ("never slower than 120", "bpm:120..", {}, ()),
    ("not too energetic", "^energy:7..", {}, ()),
    ("no house or techno", "^genre:House ^genre:Techno", {}, ()),
    ("anything but techno", "^genre:Techno", {}, ()),
    ("before the 90s", "year:..1989", {}, ()),
    ("after the 90s", "year:2000..", {}, ()),
    ("8A to 10A", "", {}, ("8A", "10A")),
    ("not like velvet undertow", "", {}, ("not like velvet undertow",)),
    ("don't start at 120", "", {}, ("don't start", "120")),
    ("no warm up", "", {}, ("no warm up",)),
    ("more than 4 stars", "", {}, ("more than 4 stars",)),
    ("more than 5 songs", "", {}, ("more than 5",)),
    ("no more than 5 songs", "limit:5", {"n": 5}, ()),
    ("songs of 3 to 5 minutes", "", {}, ("3", "5 minutes")),
    ("1 hour 30", "", {"minutes": 90}, ()),
    ("from 1999 or later", "year:1999..", {}, ()),
    # not understood
    ("", "", {}, ()),
    ("not too fast", "", {}, ("not too fast",)),
    ("delete all tracks; write tags", "", {}, ("delete", "write tags")),
    ("path:/etc --save x -o /tmp/x", "", {}, ("path:/etc --save x -o /tmp/x",)),
]


def test_sentences_are_parsed_to_their_query_and_options() -> None:
    for text, query, options, left in TABLE:
        parsed = read(text)
        found = sorted(sorted(part.split(" ")) for part in parsed.query.split(" or "))
        assert found == sorted(sorted(part.split(" ")) for part in query.split(" or "))
        assert (dict(parsed.options), parsed.not_understood) == (options, left)
        parse_query(parsed.query)


def test_sentences_can_name_the_first_and_last_track() -> None:
    for text, ends in (
        ("ends at 122", {"end": "bpm:122"}),
        ("starting at 118 and ending in 8A", {"start": "bpm:118", "end": "key:8A"}),
        ("ends at 9", {}),
    ):
        parsed = read(text)
        assert parsed.ends == ends
        assert parsed.kind == ("playlist" if ends else "search")


def test_contradictory_sentences_are_refused() -> None:
    cases = [
        "an hour, 90 minutes",
        "20 tracks, one hour",
        "over 128 bpm and under 120 bpm",
        "after 2005, before 1995",
        "a warm up set at peak time",
        "starts at 118, starts at 120",
        "x" * 501,
    ]
    for text in cases:
        with pytest.raises(UsageError):
            read(text)


def test_ambiguous_name_is_refused() -> None:
    with pytest.raises(AmbiguousNameError):
        read("like nadia")


def test_understood_words_are_listed_in_order() -> None:
    found = read("an hour of warm deep house for a sunset, ends at 122")
    assert [(one.words, one.meant) for one in found.understood] == [
        ("an hour", "--minutes 60"),
        ("deep house", 'genre:"Deep House"'),
        ("ends at 122", "last track bpm:122"),
    ]
    assert found.not_understood == ("warm", "sunset")
    assert [one.words for one in read("techno but not house").understood] == ["techno", "but not house"]


_SOME = [
    *("hour", "an", "20", "tracks", "bpm", "128", "like", "after", '"', "no", "house", "and", "or", "90s", "8A", "to"),
    *("from", "between", "energy", "ends", "at", "minor", "stars", "by", ",", "/", "^", "sort:", "\x00", "ß", "1e999"),
]


_QUICK = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


@_QUICK
@given(st.lists(st.one_of(st.sampled_from(_SOME), st.text(max_size=8)), max_size=14))
def test_random_sentences_parse_or_are_refused(words: list[str]) -> None:
    try:
        parsed = read(" ".join(words))
    except UsageError:
        return
    parse_query(parsed.query)
    assert all(one.words and one.meant for one in parsed.understood)


# ---- what a model adds ---------------------------------------------------------------------------


def test_a_model_adds_terms_and_options() -> None:
    parsed = with_model(
        read("an hour of warm deep house for a sunset"),
        [ModelReading("warm", "energy:3..6 ^title:remix", "", ""), ModelReading("sunset", "", "curve", "0:.6,100:.3")],
    )
    assert parsed.query == 'genre:"Deep House" energy:3..6 ^title:remix'
    assert (parsed.options["curve"], parsed.not_understood) == ("0:.6,100:.3", ())
    assert [one.meant for one in parsed.understood[-2:]] == ["energy:3..6 ^title:remix", "--curve 0:.6,100:.3"]


INJECTIONS = [
    ("warm", "path:/etc", "", ""),
    ("warm", "energy:3 path:~/.ssh", "", ""),
    ("warm", "energy:3 or energy:9", "", ""),
    ("warm", "energy:3 sort:bpm", "", ""),
    ("warm", "energy:3 limit:100", "", ""),
    ("warm", "is:failed", "", ""),
    ("warm", "has:bpm", "", ""),
    ("warm", "just words", "", ""),
    ("warm", "energy:99", "", ""),
    ("warm", "bpm:1e308", "", ""),
    ("warm", "bpm:99999999999", "", ""),
    ("warm", "energy:3\x1b[2J", "", ""),
    ("warm", "energy:3\n--save x", "", ""),
    ("warm", "nosuch:3", "", ""),
    ("warm", '"unclosed', "", ""),
    ("warm", "title:" + "x" * 300, "", ""),
    ("warm", "", "folder", "/etc"),
    ("warm", "", "save", "x"),
    ("warm", "", "output", "/tmp/x"),
    ("warm", "", "seeds", "/etc/passwd"),
    ("warm", "", "to", "/etc/passwd"),
    ("warm", "", "include", "/etc/passwd"),
    ("warm", "", "relax", "true"),
    ("warm", "", "n", "1000000000"),
    ("warm", "", "n", "-1"),
    ("warm", "", "minutes", "nan"),
    ("warm", "", "minutes", "inf"),
    ("warm", "", "minutes", "1e9"),
    ("warm", "", "minutes", "30"),  # an hour was said
    ("warm", "", "curve", "../x"),
    ("warm", "", "curve", "0:.3\x07"),
    ("warm", "", "curve", "0:9"),
    ("warm", "", "preset", "dinner"),
    ("warm", "", "curve", "wave " * 100),
    ("warm", "", "harmonic", "everything"),
    ("warm", "energy:3", "curve", "wave"),  # one or the other
    ("warm", "", "", ""),
    ("deep house", "energy:3", "", ""),  # understood already
    ("rm -rf", "energy:3", "", ""),  # nobody said so
    ("", "energy:3", "", ""),
]


def test_injected_answers_of_a_model_change_nothing() -> None:
    for said in INJECTIONS:
        before = read("an hour of warm deep house")
        assert with_model(before, [ModelReading(*said)]) == before


@_QUICK
@given(
    st.lists(
        st.builds(ModelReading, st.sampled_from(["warm", "x", "ss", "(", "i̇"]), *3 * [st.text(max_size=30)]), max_size=5
    )
)
def test_random_answers_of_a_model_give_a_valid_query(said: list[ModelReading]) -> None:
    parsed = with_model(read("warm ß İ ( deep house"), said)
    parse_query(parsed.query)


def test_measured_voices_take_precedence_over_the_estimate() -> None:
    listened = replace(KNOWN, finds=lambda query: query == "is:instrumental")
    assert understand("house without singing", listened).query == "is:instrumental genre:House"
