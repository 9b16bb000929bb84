"""Genres: families, spellings and parents."""

import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.track.genre import MOST_LEVELS, MOST_NAMES, NO_TABLE, GenreNames, GenreTable
from map4.errors import UsageError

# The table of fits, row by row as it was agreed on.
FITS = {
    ("Electronic", "Pop"): 0.9, ("Electronic", "New Wave"): 0.8, ("Electronic", "Rock"): 0.2,
    ("Electronic", "R&B"): 0.3, ("Pop", "New Wave"): 0.8, ("Pop", "Rock"): 0.7, ("Pop", "R&B"): 0.6,
    ("New Wave", "Rock"): 0.8, ("Rock", "R&B"): 0.4, ("New Wave", "R&B"): 0.6,
}  # fmt: skip
FAMILIES = ["Electronic", "Pop", "New Wave", "Rock", "R&B", "Hip-Hop", "Jazz", "Latin", "Classical", "Reggae", "Metal",
            "Folk", "Country"]  # fmt: skip


def test_genres_and_labels_have_a_family_and_pairs_of_these_a_fit() -> None:
    table = GenreTable.shipped()
    assert set(FAMILIES) <= set(table.families)
    for a, b in itertools.product(table.families, repeat=2):
        expected = 1.0 if a == b else FITS.get((a, b), FITS.get((b, a), 0.5))
        assert table.fit(a, b) == expected, (a, b)
    assert [GenreTable.shipped().fit(a, b) for a, b in [(None, "Pop"), ("Pop", None), (None, None)]] == [None] * 3
    assert len(table.genres) > 1000
    assert all(table.family(family) == family for family in table.families)
    assert set(table.genres.values()) == set(table.families)
    assert table.track_family("Jazz", "House") == "Jazz"
    assert table.track_family(None, "House") == "Electronic"
    assert table.track_family("Polka", "House") == "Electronic"  # no family of ours
    assert table.track_family(None, None) is None


def test_tags_find_their_family() -> None:
    cases = [
        ("Drum & Bass", "Electronic"), ("Drum'n'Bass", "Electronic"), ("drum and bass", "Electronic"),
        ("DnB", "Electronic"), ("D&B", "Electronic"), ("  TECHNO ", "Electronic"), ("Deep House", "Electronic"),
        ("Melodic Tribal House", "Electronic"), ("Electronic---House", "Electronic"), ("R&B", "R&B"), ("r'n'b", "R&B"),
        ("Rhythm and Blues", "R&B"), ("Soul/Funk", "R&B"), ("Hip-Hop/Rap", "Hip-Hop"), ("HIPHOP", "Hip-Hop"),
        ("Synth-pop", "New Wave"), ("Synthpop", "New Wave"), ("Post Punk", "New Wave"), ("Rock & Roll", "Rock"),
        ("(17)Rock", "Rock"), ("Alternative", "Rock"), ("Swedish Indie Rock", "Rock"), ("Variété française", "Pop"),
        ("K-Pop", "Pop"), ("Bossa Nova", "Latin"), ("Reggaetón", "Latin"), ("Dancehall", "Reggae"), ("Bebop", "Jazz"),
        ("Black Metal", "Metal"), ("Bluegrass", "Country"), ("Singer/Songwriter", "Folk"), ("Opera", "Classical"),
        ("Chicago Blues", "Blues"), ("Film Score", "Soundtrack"), ("Audiobook", "Spoken"), ("Raï", "World"),
        ("House; Rock", "Electronic"), ("Something; Techno", "Electronic"), ("Electro > Disco", "Electronic"),
        ("House Music", "Electronic"), ("Other", None), ("Unknown", None), ("", None), (None, None), ("???", None),
        ("Rocking Chair", None), ("Music", None), ("17", None),
    ]  # fmt: skip
    assert [(text, GenreTable.shipped().family(text)) for text, _ in cases] == cases


@given(st.text())
def test_any_text_is_read_and_normalising_twice_changes_nothing(text: str) -> None:
    assert GenreTable.shipped().family(text) in {None, *GenreTable.shipped().families}
    assert GenreTable.normalise(GenreTable.normalise(text)) == GenreTable.normalise(text)


@pytest.mark.parametrize(
    ("fits", "match"), [({"Rock": {"Polka": 0.5}}, "unknown genre family: Polka"), ({"Rock": {"Pop": 1.5}}, "1.5")]
)
def test_invalid_genre_fit_is_refused(fits: dict[str, dict[str, float]], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        GenreTable.read({"other": 0.5, "fits": fits, "families": {"Rock": ["x"], "Pop": []}})


def test_own_genre_tables_are_read_and_a_genre_in_two_families_is_refused() -> None:
    content = {"other": 0.5, "fits": {}, "families": {"Rock": ["Surf & Turf"], "Pop": ["surf turf"]}}
    with pytest.raises(ValueError, match="'surf turf' is in two genre families, Rock and Pop"):
        GenreTable.read(content)
    content = {"other": 0.25, "fits": {"A": {"B": 0.75}}, "families": {"A": ["x"], "B": [], "C": []}}
    table: GenreTable = GenreTable.read(content)
    assert (table.family("X"), table.fit("B", "A"), table.fit("A", "C")) == ("A", 0.75, 0.25)
    assert pickle.loads(pickle.dumps(GenreTable.shipped())) == GenreTable.shipped()


TABLE = GenreNames(
    spellings={"Prog House": "Progressive House", "house": "House"},
    parents={"Progressive House": "House", "House": "Electronic", "Électro": "Electronic"},
)


def test_genres_have_spelling_parents_and_family_also_when_read_back() -> None:
    assert TABLE.genres_of("prog house; HOUSE;; Dub ") == ["Progressive House", "House", "Electronic", "Dub"]
    assert TABLE.genres_of("electro") == ["Électro", "Electronic"]
    assert (NO_TABLE.genres_of(" ; A;"), NO_TABLE.genres_of(None)) == (["A"], [])
    assert [TABLE.knows(name) for name in ("PROG HOUSE", "electronic", "Dub")] == [True, True, False]
    assert TABLE.respelled("Prog House; Dub;Progressive House") == "Progressive House; Dub"
    assert [TABLE.respelled(text) for text in ("House;Dub", "", "Dub")] == ["House;Dub", "", "Dub"]
    assert TABLE.respelled("electro") == "Électro"
    own = GenreNames(parents={"Hardbag": "Zydeco House", "Zydeco House": "Folk", "Techno": "Folk", "Fado": "Lisboa"})
    families = [own.families.family(text) for text in ("hardbag", "Techno", "Fado", "Deep House", "Hardbag; Techno")]
    assert families == ["Folk", "Electronic", NO_TABLE.families.family("Fado"), "Electronic", "Folk"]
    assert own.families.fit("Folk", "Folk") == 1.0
    own = GenreNames(spellings={'7" Mix': "Éxtasis \\ 日本"}, parents={"a = b": "[parents]"})
    read = GenreNames.read(own.to_toml())
    assert (read.spellings, read.parents) == (own.spellings, own.parents)
    assert GenreNames.read("").to_toml() == NO_TABLE.to_toml() == "[spellings]\n\n[parents]\n"
    assert TABLE.matching(lambda name: name == "House") == {"House"}
    assert TABLE.matching(lambda name: name == "Prog House") == {"Progressive House"}  # so is its other spelling
    assert TABLE.matching(lambda name: "House" in name or name == "house") == set()
    assert TABLE.matching(lambda name: name == "Électro") == TABLE.matching(lambda name: False) == set()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[parents]\nA = 'B'\nb = 'a'", "genres go in a circle: A → b → A"),
        ("[parents]\nA = 'a'", "genres go in a circle: A → A"),
        ("[spellings]\nA = 'B'\n[parents]\nB = 'A'", "genres go in a circle: A → B → A"),
        ("[spellings]\nA = 'B'\n[parents]\na = 'C'", "'a' has two lines, for 'B' and 'C'"),
        ("[parents]\nA = 3", "3 of 'A' is not a genre"),
        ("[parents]\nA = 'B; C'", "'B; C' of 'A' is not a genre"),
        ("[parents]\n' ' = 'B'", "' ' of ' ' is not a genre"),
        ("[parent]\nA = 'B'", "there is no table 'parent'; did you mean parents?"),
        ("parents = 'B'", "parents is not a table; write \\[parents\\]"),
        ("[parents]\nA", "Expected '=' after a key"),
        ("[parents]\n" + "\n".join(f"g{n} = 'g{n + 1}'" for n in range(MOST_LEVELS + 1)), "more than 20 levels"),
        ("[parents]\n" + "\n".join(f"g{n} = 'g'" for n in range(MOST_NAMES + 1)), "10,001 genres are too many"),
    ],
)
def test_fault_of_a_table_is_named(text: str, fault: str) -> None:
    with pytest.raises((ValueError, UsageError), match=fault):
        GenreNames.read(text)


NAMES = st.sampled_from(["A", "a", "B", "C", "Á", "D; E", ""])


@given(st.dictionaries(NAMES, NAMES), st.dictionaries(NAMES, NAMES))
def test_any_table_is_refused_or_has_lines_that_end(spellings: dict[str, str], parents: dict[str, str]) -> None:
    try:
        own = GenreNames(spellings=spellings, parents=parents)
    except ValueError:
        return
    for name in {*spellings, *parents}:
        first, *above = own.line(name)
        assert own.respelled(name) == first
        assert own.line(first) == (first, *above)
