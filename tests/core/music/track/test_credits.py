"""Who is credited on a track: what splits a name, and what does not."""

import pytest

from map4.core.music.track.credits import Credit, credit_words, credits_of, guests_of, split_artist
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues

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


def test_setting_keeps_names_unsplit_and_search_words_have_all_credits() -> None:
    assert split_artist("Ben Ft. Jon ft. X; The A; B", ("Ben ft. jon", "The A; B")) == (
        ("Ben Ft. Jon", "The A; B"), ("X",)
    )  # fmt: skip
    assert guests_of("Live (feat. Ben Ft. Jon)", ("Ben ft. Jon",)) == ("Ben Ft. Jon",)
    assert credit_words("A", credits_of("A", title="T")) is None
    assert credit_words("Á feat. B", credits_of("Á feat. B", composer="C")) == "a feat. b; a; b; c"
    assert credit_words(None, credits_of(None, composer="C")) == "c"


def test_current_artist_decides_which_list_is_used() -> None:
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
