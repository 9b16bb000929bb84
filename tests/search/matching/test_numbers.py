"""Which numbers in titles make another piece, and which do not."""

import pytest

from map4.search.matching.names import NameMatcher
from map4.search.matching.numbers import NumberedTitle

OTHERS = [
    ("Symphony No. 5", "Symphony No. 6"),
    ("Symphony No.5", "Symphony #6"),
    ("Symphony No. 5", "Symphony No. VI"),
    ("Symphony V", "Symphony VI"),
    ("Symphony No. 5 in C minor, Op. 67", "Symphony No. 6 in F major, Op. 68"),
    ("5. Sinfonie", "6. Sinfonie"),
    ("Sinfonie Nr. 5", "Sinfonie Nr. 6"),
    ("交響曲第5番", "交響曲第6番"),
    ("Piano Sonata, Op. 27 No. 2", "Piano Sonata, Op. 2 No. 27"),
    ("Goldberg Variations: Variation 12", "Goldberg Variations: Variation 13"),
    ("Symphony No. 5: I. Allegro", "Symphony No. 5: IV. Allegro"),
    ("I. Allegro con brio", "V. Allegro con brio"),
    ("Intro Pt. 1", "Intro Pt. 2"),
    ("Intro (Part 1)", "Intro (Part 2)"),
    ("Intro (Pt. I)", "Intro (Pt. II)"),
    ("Intro - Part One", "Intro - Part Two"),
    ("Intro Teil Eins", "Intro Teil Zwei"),
    ("Intro feat. Ann, Pt. 1", "Intro feat. Ann, Pt. 2"),
    ("Intro", "Intro Pt. 2"),
    ("Intro", "Intro (Part II)"),
    ("Intro", "Intro 2"),
    ("Intro", "Intro II"),
    ("The Long Way Home", "The Long Way Home Two"),
    ("Untitled #3", "Untitled #4"),
    ("Untitled I", "Untitled II"),
    ("Untitled I", "Untitled V"),
    ("Untitled A1", "Untitled A2"),
    ("Song 2", "Song 3"),
    ("Chapter Twenty-One", "Chapter Twenty-Two"),
    ("Take Five", "Take Four"),
    ("Two Princes", "Three Princes"),
    ("Second Movement", "Third Movement"),
    ("Bittersweet", "Bittersweet 2.0"),
    ("Bittersweet 1.0", "Bittersweet 2.0"),
    ("Blue Monday", "Blue Monday '88"),
    ("Blue Monday '88", "Blue Monday '95"),
    ("Mixtape Vol. 1", "Mixtape Vol. 2"),
    ("Mixtape Vol.1", "Mixtape Vol.10"),
    ("Part 1 of 2", "Part 2 of 2"),
    ("Sunrise (Part A)", "Sunrise (Part B)"),
    ("Sunrise, Side A", "Sunrise, Side B"),
    ("Interlude 1-2", "Interlude 2-1"),
    ("10,000 Hours", "20,000 Hours"),
    ("Malcolm X Pt. 1", "Malcolm X Pt. 2"),
    ("You and I Pt. 2", "You and I"),
    ("Suite A", "Suite B"),
    ("Vitamin C (Live)", "Vitamin D (Live)"),
    ("Study No. 1a", "Study No. 1b"),
    ("BWV 846a", "BWV 846b"),
]
SAME = [
    ("Sonata in A", "Sonata in A major"),
    ("I Can't", "I Cant"),
    ("Avatar 3D", "Avatar 3-D"),
    ("Symphony No. 5", "Symphony No.5"),
    ("Symphony No. 5", "Symphony Nr. 5"),
    ("Symphony No. 5", "Symphony № 5"),
    ("Symphony No. 5", "Symphony n° 5"),
    ("Symphony No. 5", "Symphony Number Five"),
    ("Symphony No. 5", "Symphony #5"),
    ("Symphony No. 5", "Symphony 5"),
    ("Symphony No. 5", "Symphony V"),
    ("Symphony No. 5", "Symphony No. V"),
    ("Symphony No. 5", "Symphony No. 5, Op. 67"),
    ("Intro Pt. 2", "Intro (Part Two)"),
    ("Intro Pt. 2", "Intro, Part II"),
    ("Intro Pt. 2", "Intro pt2"),
    ("Intro Pt. 2", "Intro Pt. 02"),
    ("Intro Pt. 2", "Intro Ⅱ"),
    ("Intro Pts. 1 & 2", "Intro (Parts I-II)"),
    ("Intro Pt. 1", "Intro Part 1 of 2"),
    ("Chapter 21", "Chapter Twenty-One"),
    ("2nd Movement", "Second Movement"),
    ("Take 5", "Take Five"),
    ("7 Nation Army", "Seven Nation Army"),
    ("One Day", "1 Day"),
    ("10,000 Hours", "10000 Hours"),
    ("Summer of '69", "Summer of 1969"),
    ("Summer of '69", "Summer of 69"),
    ("Nothing Compares 2 U", "Nothing Compares to You"),
    ("2nite", "Tonight"),
    ("03 Sunrise", "Sunrise"),
    ("3. Sunrise", "Sunrise"),
    ("03 - Sunrise", "07 - Sunrise"),
    ("03-Sunrise", "Sunrise"),
    ("Part of a Plan", "Part of Plan"),
    ("1-03 Sunrise", "Sunrise"),
    ("Sunrise (2011 Remaster)", "Sunrise"),
    ("Sunrise - 2011 Remaster", "Sunrise (Remastered 2009)"),
    ("Sunrise 2011 Remaster", "Sunrise"),
    ("Sunrise (2011)", "Sunrise"),
    ("Sunrise 128 BPM", "Sunrise"),
    ("Sunrise feat. Blink-182", "Sunrise"),
    ("You and I", "You & I"),
    ("I Want You", "I Want Yuo"),
    ("Say I Do", "Say Do"),
    ("Oh No I Can't", "Oh No Can't"),
    ("No One Knows", "Noone Knows"),
    ("Some One", "Someone"),
    ("One Mre Time", "One More Time"),
    ("Civic Mix", "Civil Mix"),
    ("Xi Lan", "Lan"),
    ("Act Natural", "Act Naturally"),
]


@pytest.mark.parametrize(("a", "b"), OTHERS)
def test_another_number_is_another_piece(a: str, b: str) -> None:
    assert NameMatcher.is_other_number(a, b)
    assert NameMatcher.is_other_number(b.upper(), a.upper())
    for artist in ("Ann", None):
        for title, other in ((a, b), (b, a)):
            _, certainty = NameMatcher([(artist or "", title)]).best(artist, other) or (0, 0.0)
            assert certainty < NameMatcher.SURE
            assert NameMatcher([("Ann", title)]).best("Ann", other, same_number=True) is None


@pytest.mark.parametrize(("a", "b"), SAME)
def test_other_spelling_of_a_number_is_the_same_piece(a: str, b: str) -> None:
    assert not NameMatcher.is_other_number(a, b)
    assert not NameMatcher.is_other_number(b.lower(), a.lower())


def test_spellings_of_a_numbered_title_are_sure_matches() -> None:
    for spelling in ("Symphony No.5", "Symphony Nr. 5", "Symphony #5", "Symphony No. V", "Symphony Number Five"):
        assert NameMatcher([("Ann", "Symphony No. 5"), ("Ann", "Symphony No. 6")]).best("Ann", spelling) == (0, 1.0)
    for spelling in ("Intro Part 2", "Intro (Part Two)", "Intro, Part II", "intro pt.2", "Intro [Pt. II]"):
        assert NameMatcher([("Ann", "Intro Pt. 1"), ("Ann", "Intro Pt. 2")]).best("Ann", spelling) == (1, 1.0)
    for spelling in ("03 Sunrise", "3. Sunrise", "Sunrise (2011 Remaster)", "Sunrise - Remastered 2011"):
        assert NameMatcher([("Ann", "Sunrise")]).best("Ann", spelling) == (0, 1.0)


def test_numbers_of_versions_distinguish_recordings() -> None:
    for a, b in (
        ("Sunrise (Remix 1)", "Sunrise (Remix 2)"),
        ("Sunrise (Lee Remix)", "Sunrise (Lee Remix 2)"),
        ("Sunrise (Live 1995)", "Sunrise (Live 1997)"),
        ("Sunrise (Take 3)", "Sunrise (Take 5)"),
    ):
        assert NameMatcher([("Ann", a)]).best("Ann", b)[1] < NameMatcher.SURE
    assert NameMatcher([("Ann", "Sunrise (Live 1995)")]).best("Ann", "Sunrise (Live)") == (0, 1.0)
    assert NameMatcher([("Ann", "Sunrise (Lee Remix #2)")]).best("Ann", "Sunrise (Lee Remix 2)") == (0, 1.0)


def test_numbers_have_their_usual_form_and_none_are_of_artist_names() -> None:
    matcher = NameMatcher([("Blink-182", "Song 2"), ("Maroon 5", "Sugar")])
    assert matcher.best("blink 182", "Song 2") == (0, 1.0)
    assert matcher.best("Song 2", "Blink 182")[1] >= NameMatcher.SURE  # swapped
    assert matcher.best(None, "blink 182 song 2")[1] >= NameMatcher.SURE
    assert matcher.best(None, "blink 182 song 3")[1] < NameMatcher.SURE
    assert matcher.best("Maroon 5", "Sugar") == (1, 1.0)
    assert NumberedTitle.of("Sonata No. V, Pt. II").words == "sonata 5 part 2"
    assert NumberedTitle.of("03 Two of Us").words == "03 2 of us"
    assert NumberedTitle.of("03 Two of Us").bare == "2 of us"
    assert NumberedTitle.of("U2 Live!").words == "u2 live"
    assert NumberedTitle.of("9" * 5000).words == "9" * 5000
