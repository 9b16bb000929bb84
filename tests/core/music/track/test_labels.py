"""Labels, credits, and words that are written into comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.base.text import name_key
from map4.core.music.track.credits import Credit, credits_of
from map4.core.music.track.labels import Labels
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.written_words import comment_with, grouping_with, words_in_comment, words_in_grouping


def test_label_fields_are_cleaned_and_eras_are_decades() -> None:
    cases = [
        ("  Daft \t\n Punk ", "Daft Punk"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("left\u202eright\u2066", "leftright"),
        ("half \ud800 a letter", "half a letter"),
        ("Cafe\u0301", "Café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u2028\u200b \ue000", None),
        ("", None),
        (None, None),
        (1998, None),
        ("x" * 5000, "x" * Labels.MOST_LETTERS),
    ]
    assert [(text, Labels.clean_text(text)) for text, _ in cases] == cases
    assert (Labels.ERAS[0], Labels.ERAS[-1], len(set(Labels.ERAS))) == ("1890s", "2020s", 14)
    assert sorted(Labels.MOODS) == list(Labels.MOODS)


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_cleaned_text_is_printable_utf8(text: str) -> None:
    clean = Labels.clean_text(text)
    assert clean is None or 0 < len(clean) <= Labels.MOST_LETTERS
    assert (clean or "").encode("utf-8").decode("utf-8").isprintable() or "\u200c" in text or "\u200d" in text
    assert Labels.clean_text(clean) == clean


def test_stored_labels_are_read_back_and_marks_have_no_separators() -> None:
    labels = Labels(
        genre="Electronic", family="Electronic", subgenre="Deep House", mood="dark", era="1990s", tags=("vocal",),
        confidence=0.9, source="claude", model="m", notes="a dub",
    )  # fmt: skip
    assert Labels.of_data(labels.to_data()) == labels
    assert Labels.of_data(Labels().to_data()) == Labels()
    assert Labels().to_record() == {
        "genre": "Unknown", "family": None, "subgenre": None, "mood": None, "era": None, "tags": [],
        "confidence": 0.0, "source": "keywords", "model": None, "prompt_version": Labels.PROMPT_VERSION,
    }  # fmt: skip
    for text in ["a / b", "/", "a /", "/ a", "a /* b", "a; b", "a */"]:
        with pytest.raises(ValueError, match="separates marks"):
            OwnMark.read(text)
    cases = [("Drum & Bass / Jungle", "Drum & Bass/Jungle"), ("AC/DC", "AC/DC"), ("a; b", "a, b"), (" / ", None),
             ("/*x*/", "*x*"), ("x" * 80, "x" * 60), ("one\ntwo", "one two"), ("", None),
             ("x" * 58 + " /y", "x" * 58)]  # fmt: skip
    assert [(text, OwnMark.of_text(text)) for text, _ in cases] == cases


def test_stored_labels_that_are_none_are_refused() -> None:
    cases = [
        {"genre": 1},
        {"genre": ""},
        {"tags": "x"},
        {"mood": 3},
        {"confidence": 2},
        {"confidence": "x"},
        {"source": None},
    ]
    for change in cases:
        with pytest.raises((ValueError, TypeError)):
            Labels.of_data({**Labels().to_data(), **change})
        with pytest.raises(KeyError):
            Labels.of_data({})


def test_my_tags_are_written_into_a_comment_and_read_back() -> None:
    cases = [
        ("", False, "/* peak / vocal */"),
        ("bought in Leeds", False, "bought in Leeds /* peak / vocal */"),
        ("8A - 7 /* Vocal */ late", False, "8A - 7 /* Vocal / peak */ late"),
        ("a /* VOCAL / Peak */", False, "a /* VOCAL / Peak */"),
        ("a /*Peak / Vocal*/ b", True, "a /*Peak / Vocal*/ b"),  # it says all this already
        ("a /* Dark / peak */", False, "a /* Dark / peak / vocal */"),
        ("a /* Dark / peak */", True, "a /* peak / vocal */"),
        ("a /* Dark */ b /* peak */ c", False, "a /* Dark / peak / vocal */ b c"),
        ("see /* here", False, "see /* here /* peak / vocal */"),
        ("a */ b", False, "a */ b /* peak / vocal */"),
        ("a /* */", False, "a /* peak / vocal */"),
    ]
    for comment, replaces, expected in cases:
        assert comment_with(comment, ["peak", "vocal"], replaces=replaces) == expected
        assert comment_with(expected, ["peak", "vocal"], replaces=replaces) == expected
    assert comment_with("a /* Dark */ b", [], replaces=True) == "a b"
    assert comment_with("a /* Dark */ b", [], replaces=False) == "a /* Dark */ b"
    assert words_in_grouping("Warm-up; vocal / peak;;vocal") == ["Warm-up", "vocal", "peak"]
    assert grouping_with("Warm-up, late", ["peak"], replaces=False) == "Warm-up, late; peak"
    assert grouping_with("Warm-up / peak", ["PEAK"], replaces=False) == "Warm-up / peak"
    assert grouping_with("Warm-up / peak", ["PEAK"], replaces=True) == "peak"


@given(st.text(max_size=40), st.lists(st.text("aB/*; é,", min_size=1, max_size=8), max_size=4))
def test_marks_are_read_back_from_comments_and_groupings(comment: str, texts: list[str]) -> None:
    marks = list({name_key(mark): mark for text in texts if (mark := OwnMark.of_text(text))}.values())
    assert [OwnMark.read(mark) for mark in marks] == marks
    keys = {name_key(mark) for mark in marks}
    for replaces in (False, True):
        written = comment_with(comment, marks, replaces=replaces)
        found = {name_key(word) for word in words_in_comment(written)}
        assert found >= keys if not replaces else found == keys
        assert {name_key(word) for word in words_in_grouping(grouping_with("", marks, replaces=replaces))} == keys


IDS = "a-1; b-2"


def in_words(credited: tuple[Credit, ...]) -> str:
    """`A main=id; B featured`, so that cases are read at a glance."""
    return "; ".join(f"{credit.name} {credit.role}{'' if credit.id is ... else f'={credit.id}'}" for credit in credited)


@pytest.mark.parametrize(
    ("artist", "title", "more", "expected"),
    [
        # Joined names stay whole.
        *((name, "T", {}, f"{name} main") for name in (
            "AC/DC", "Simon & Garfunkel", "Tyler, The Creator", "Earth, Wind & Fire", "A vs. B", "A with B", "A x B",
            "Little Feat", "Little Feat & Friends", "feat. B", "(feat. B)", "Defeat the Low", "Aircraft Co",
        )),
        *((f"A{sign}B", "T", {}, "A main; B featured") for sign in (
            " feat. ", " feat ", " ft. ", " FT ", " featuring ", " Feat.", " (feat. ", " [ft ",
        )),
        ("A; B feat. C", "T", {}, "A main; B main; C featured"),
        ("A feat. B feat. C & D", "T", {}, "A main; B featured; C & D featured"),
        ("Little Feat feat. B", "T", {}, "Little Feat main; B featured"),
        ("A (feat. B) & C", "T", {}, "A & C main; B featured"),
        ("A", "T (feat. B) [Dub]", {}, "A main; B featured"),
        ("A", "T ft. B - Radio Edit", {}, "A main; B featured"),
        ("A", "T Pt. 2 ft. B", {}, "A main; B featured"),
        ("A", "T (Dub feat. B)", {}, "A main; B featured"),
        ("A", "T（feat.初音ミク）", {}, "A main; 初音ミク featured"),
        ("A feat. B", "T (feat. B)", {}, "A main; B featured"),
        *(("A", title, {}, "A main") for title in (
            "Feat. of Strength", "A Feat of Strength", "50 Ft. Queenie",
            "Left Outside", "Featurette", "T (B feat. C Remix)", "Defeat (Soft Mix)", "Feature Film",
        )),
        # A tagger's list, with ids where there are as many.
        ("A & B", "T", {"artists": "A; B", "ids": IDS}, "A main=a-1; B main=b-2"),
        ("A feat. B & C", "T", {"artists": "A; B; C"}, "A main; B featured; C featured"),
        ("A", "T (feat. B)", {"artists": "A; B", "ids": IDS}, "A main=a-1; B featured=b-2"),
        ("A feat. B", "T", {"ids": IDS}, "A main=a-1; B featured=b-2"),
        ("A & B", "T", {"ids": IDS}, "A & B main"),
        ("A & B", "T", {"artists": "A/B", "ids": IDS}, "A main=a-1; B main=b-2"),  # of ID3v2.3
        ("AC/DC", "T", {"artists": "AC/DC", "ids": "a-1"}, "AC/DC main=a-1"),
        *(("A; B!", "T", {"artists": artists, "ids": "a-1"}, "A; B! main=a-1") for artists in (None, "A; B!")),
        ("A; B", "T", {"artists": "A; B", "ids": IDS}, "A main=a-1; B main=b-2"),
        ("A; B", "T", {"artists": "A; B"}, "A main; B main"),
        ("Jay Z", "T", {"artists": "JAY-Z"}, "JAY-Z main"),
        ("A", "T", {"remixer": "R", "composer": "C; A", "producer": "P & Q"},
         "A main; R remixer; C composer; A composer; P & Q producer"),
        (None, "T (feat. B)", {"composer": "C"}, "C composer"),
    ],
)  # fmt: skip
def test_credits_split_guests_only(artist: str | None, title: str, more: dict[str, str], expected: str) -> None:
    assert in_words(credits_of(artist, title=title, **more)) == expected


def test_settings_and_the_current_artist_decide_on_credits() -> None:
    assert Credit.split("Ben Ft. Jon ft. X; The A; B", ("Ben ft. jon", "The A; B")) == (
        ("Ben Ft. Jon", "The A; B"), ("X",)
    )  # fmt: skip
    assert Credit.guests_of("Live (feat. Ben Ft. Jon)", ("Ben ft. Jon",)) == ("Ben Ft. Jon",)
    assert Credit.more_words("A", credits_of("A", title="T")) is None
    assert Credit.more_words("Á feat. B", credits_of("Á feat. B", composer="C")) == "a feat. b; a; b; c"
    assert Credit.more_words(None, credits_of(None, composer="C")) == "c"
    listed = ProvidedValue(value="A; B", by_provider={})
    ids = ProvidedValue(value=IDS, by_provider={})
    provided = Provided(values={"artists": listed, "artist_ids": ids})
    tags = Tags(artist="A & B", title="T", composer="C")
    track = Track(path="/m/1.mp3", state="ok", tags=tags, provided=provided)
    assert in_words(track.credits()) == "A main=a-1; B main=b-2; C composer"
    record = track.to_record()["credits"]
    assert record[1:] == [{"name": "B", "role": "main", "id": "b-2"}, {"name": "C", "role": "composer"}]
    other = Track(path="/m/1.mp3", state="ok", tags=tags, provided=provided, user=UserValues(artist="D feat. E"))
    assert in_words(other.credits()) == "D main; E featured; C composer"
