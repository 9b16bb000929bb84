"""The library's own table of genres: spellings, parents and faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.track.genre_names import MOST_LEVELS, MOST_NAMES, NO_TABLE, GenreNames, read_genre_names
from map4.errors import UsageError

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
    read = read_genre_names(own.to_toml())
    assert (read.spellings, read.parents) == (own.spellings, own.parents)
    assert read_genre_names("").to_toml() == NO_TABLE.to_toml() == "[spellings]\n\n[parents]\n"
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
        read_genre_names(text)


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
