"""Keys: the whole circle against the published one, and every usual spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.errors import KeyParseError

# The Camelot wheel as DJ programs print it: 1A-12A, then 1B-12B.
MINOR = ["A♭m", "E♭m", "B♭m", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F♯m", "D♭m"]
MAJOR = ["B", "F♯", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E"]
# Open Key numbers of Camelot 1-12, from the published conversion table.
OPEN_KEY = [6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5]
PITCH_CLASSES = {"C": 0, "D♭": 1, "D": 2, "E♭": 3, "E": 4, "F": 5, "F♯": 6, "G": 7, "A♭": 8, "A": 9, "B♭": 10, "B": 11}


def test_keys_have_all_notations_and_their_spellings_are_parsed() -> None:
    for number in range(1, 13):
        minor, major = Key.from_camelot(number, "A"), Key.from_camelot(number, "B")
        assert (minor.musical, major.musical) == (MINOR[number - 1], MAJOR[number - 1])
        assert (minor.openkey, major.openkey) == (f"{OPEN_KEY[number - 1]}m", f"{OPEN_KEY[number - 1]}d")
        assert (minor.camelot, major.camelot) == (f"{number}A", f"{number}B")
        assert minor.tonic == PITCH_CLASSES[MINOR[number - 1][:-1]]
        assert major.tonic == PITCH_CLASSES[MAJOR[number - 1]]
        # Relative keys share their notes: the minor tonic is three semitones below the major one.
        assert (major.tonic - minor.tonic) % 12 == 3
    cases = [
        ("Am", "8A"), ("A minor", "8A"), ("A min", "8A"), ("a:min", "8A"), ("8A", "8A"), ("08A", "8A"), ("8a", "8A"),
        ("1m", "8A"), ("01M", "8A"), ("1d", "8B"), ("Abm", "1A"), ("G#m", "1A"), ("A♭ minor", "1A"), ("Cmaj", "8B"),
        ("C", "8B"), ("Cm", "5A"), ("C#m", "12A"), ("Db", "3B"), ("F#", "2B"), ("Gb", "2B"), ("Cb", "1B"), ("E#", "7B"),
        ("A MINOR", "8A"), ("a major", "11B"), ("AM", "11B"), ("Amaj", "11B"), ("a-moll", "8A"), ("C-dur", "8B"),
        ("F sharp minor", "11A"), ("Bb_min", "3A"), ("  12B ", "12B"), ("b", "1B"),
    ]  # fmt: skip
    assert [(text, Key.parse(text).camelot) for text, _ in cases] == cases
    cases = [
        ("Ebm (2A)", "2A"), ("F#min/Gbmin", "11A"), ("8A/Am", "8A"), ("2A Ebm", "2A"), ("8A, 9A", "8A"),
        ("A minor / C major", "8A"), ("Am - 8A", "8A"), ("Am-C", "8A"), ("[1m] Am", "8A"), ("D♯m|E♭m", "2A"),
        ("A - minor", "8A"), ("C\0Am", "8B"),
    ]  # fmt: skip
    assert [(text, Key.parse(text).camelot) for text, _ in cases] == cases


@given(st.sampled_from(ALL_KEYS))
def test_keys_in_every_notation_parse_to_the_same_key(key: Key) -> None:
    for notation in ("camelot", "openkey", "musical"):
        assert Key.parse(key.in_notation(notation)) == key
    assert Key.parse(key.name) == key


def test_texts_and_positions_that_are_no_keys_are_refused() -> None:
    several = ["Am (Energy 7)", "8A, X", "All", "/", "(13A)", "8A 128"]
    for text in ["", "H", "13A", "0A", "A##", "8C", "Am7", "o", "off", "128", "Amin min", "\u0668A", *several]:
        with pytest.raises(KeyParseError, match="is not a key; write it as 8A"):
            Key.parse(text)
    for tonic, mode in ((12, "minor"), (-1, "major"), (0, "dorian")):
        with pytest.raises(ValueError, match="invalid key"):
            Key(tonic, mode)  # type: ignore[arg-type]
    for number, letter in ((0, "A"), (13, "B"), (8, "C")):
        with pytest.raises(ValueError, match="invalid Camelot"):
            Key.from_camelot(number, letter)


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        key = Key.parse(text)
    except KeyParseError:
        return
    assert key in ALL_KEYS
