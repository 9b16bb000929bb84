"""Which artist and title another one means, and how sure that is."""

from map4.search.matching.matcher import EntryStatus, read_wanted, status_of
from map4.search.matching.names import NameMatcher

NAMES: list[tuple[str | None, str]] = [
    ("Björk", "Jóga"),
    ("Daft Punk", "One More Time"),
    ("Daft Punk", "One More Time (Extended Mix)"),
    ("Simon & Garfunkel", "Cecilia"),
    ("Beyoncé feat. Jay-Z", "Crazy in Love"),
    ("!!!", "Me and Giuliani Down by the School Yard"),
    (None, "untitled take 3"),
    ("Everything but the Girl", "Missing (Todd Terry Remix)"),
    ("Generation X", "Dancing With Myself"),
    ("Sigur Rós", "( )"),
]


def match(text: str, names: list[tuple[str | None, str]] = NAMES) -> tuple[EntryStatus, int | None, float]:
    """Status, row and certainty of what a line means."""
    [line] = read_wanted(text)
    row, certainty = NameMatcher(names).best(line.artist, line.title) or (None, 0.0)
    return status_of(certainty), row, certainty


def test_text_lines_are_matched_to_tracks_and_exact_names_certain() -> None:
    cases = [
        ("Björk - Jóga", "found", 0),
        ("bjork – joga", "found", 0),
        ("01. Bjork - Joga", "found", 0),
        ("[00:03:20] Björk — Jóga", "found", 0),
        ("Jóga - Björk", "found", 0),
        ("bjork joga", "found", 0),
        ("Bjorrk - Jogga", "uncertain", 0),
        ("Daft Punk - One More Time", "found", 1),
        ("Daft Punk - One More Tmie", "found", 1),
        ("Daft Punk - One More Time (Original Mix)", "found", 1),
        ("Daft Punk - One More Time (2011 Remaster)", "found", 1),
        ("Daft Punk feat. Romanthony - One More Time", "found", 1),
        ("Daft Punk - One More Time (Extended Mix)", "found", 2),
        ("Daft Punk - One More Time - Extended Mix", "found", 2),
        ("Daft Punk - One More Time (Live)", "uncertain", 1),
        ("Daft Punk - Aerodynamic", "unknown", None),
        ("Simon and Garfunkel - Cecilia", "found", 3),
        ("Beyoncé - Crazy in Love (feat. Jay-Z)", "found", 4),
        ("!!! - Me and Giuliani Down by the School Yard", "found", 5),
        ("untitled take 3", "found", 6),
        ("Everything But The Girl - Missing (todd terrys remix)", "found", 7),
        ("Everything But The Girl - Missing", "uncertain", 7),
        ("Generation X - Dancing With Myself", "found", 8),
        ("Sigur Rós - ( )", "found", 9),
        ("Nobody - Nothing", "unknown", None),
        ("zzz", "unknown", None),
    ]
    for line, status, row in cases:
        found, best, certainty = match(line)
        assert found == status
        assert row is None or best == row
        assert (certainty >= NameMatcher.SURE) == (status == "found")
        assert (certainty >= NameMatcher.POSSIBLE) == (status != "unknown")
    assert match("Björk - Jóga") == ("found", 0, 1.0)
    assert match("A - B", [("A", "B"), ("a", "b")]) == ("found", 0, 1.0)
    assert match("A - B", []) == ("unknown", None, 0.0)


def test_initials_with_and_without_dots_and_signs_for_letters_are_the_same_name() -> None:
    cases = [
        (("R.E.M.", "Drive"), "REM - Drive"),
        (("REM", "Drive"), "R. E. M. - Drive"),
        (("AC/DC", "T.N.T."), "AC/DC - TNT"),
        (("AC/DC", "TNT"), "AC/DC - T. N. T."),
        (("Miley", "Party in the U.S.A."), "Miley - Party In The USA"),
        (("N.W.A", "Express Yourself"), "NWA - Express Yourself"),
        (("M.I.A.", "Paper Planes"), "MIA - Paper Planes"),
        (("N*E*R*D", "Lapdance"), "N.E.R.D. - Lapdance"),
        (("J.J. Cale", "Cocaine"), "J. J. Cale - Cocaine"),
        (("J.J. Cale", "Cocaine"), "JJ Cale - Cocaine"),
        (("t.A.T.u.", "30 Minutes"), "TATU - 30 Minutes"),
        (("P!nk", "So What"), "Pink - So What"),
        (("Ke$ha", "Tik Tok"), "Kesha - Tik Tok"),
        (("A$AP Rocky", "L$D"), "ASAP Rocky - LSD"),
        (("Joey Bada$$", "Devastated"), "Joey Badass - Devastated"),
        (("Ty Dolla $ign", "Paranoid"), "Ty Dolla Sign - Paranoid"),
        (("will.i.am", "Scream & Shout"), "will i am - Scream & Shout"),
        (("Shania Twain", "Party for Two (U.S. Mix)"), "Shania Twain - Party for Two (US Mix)"),
        (("V.I.P.", "V.I.P."), "VIP - VIP"),
    ]
    for name, line in cases:
        assert match(line, [name])[0] == "found", line


def test_initials_do_not_join_names_or_numbers() -> None:
    cases = [
        (("J. Cole", "Intro"), "JCole - Other"),
        (("Anna", "Sonata: I. Allegro"), "Anna - Sonata: II. Allegro"),
        (("Anna", "Parts I-V"), "Anna - Parts I-IV"),
        (("Anna", "Money $100"), "Anna - Money $200"),
        (("Stop!Stop", "A.M."), "Stop Stop - P.M."),
    ]
    for name, line in cases:
        assert match(line, [name])[0] != "found", line


def test_remarks_after_a_dash_equal_remarks_in_brackets() -> None:
    cases = [
        ('Lose It (From "9 Mile" Soundtrack)', 'Lose It - From "9 Mile" Soundtrack'),
        ("Lose It (From the Motion Picture “9 Mile”)", 'Lose It - From "9 Mile"'),
        ("Lose It", "Lose It - From '9 Mile' Soundtrack"),
        ('Let It Go (From "Frozen")', 'Let It Go - From "Frozen"/Soundtrack Version'),
        ('Let It Go (From "Frozen") [Live]', 'Let It Go - From "Frozen" - Live'),
        ("Foot (Mono)", "Foot - Mono"),
        ("Foot", "Foot - Mono / 2011 Remaster"),
        ("Foot", "Foot - 2009 Digital Remaster"),
        ("Foot", "Foot - Remastered Version"),
        ("Foot", "Foot - Remastered - 2011"),
        ("Harbour (Bonus Track)", "Harbour - Bonus Track"),
        ("Harbour", "Harbour - Bonus Track"),
        ("Harbour (Live 1995)", "Harbour - Live - 1995"),
        ("Harbour (Demo) [2011 Remaster]", "Harbour - Demo - 2011 Remaster"),
        ("Harbour (Extended)", "Harbour - Extended"),
        ("Harbour (Recorded in the Kitchen)", "Harbour - Recorded in the Kitchen"),
        ("Harbour (Commentary)", "Harbour – Commentary"),
        ("Harbour (A Cappella)", "Harbour - Acapella"),
        ("Harbour (Live), Pt. 2", "Harbour - Live - Pt. 2"),
    ]
    for have, want in cases:
        matcher = NameMatcher([("Ida", have)])
        assert (matcher.best("Ida", want) or (0, 0.0))[1] >= NameMatcher.SURE, want


def test_remarks_that_name_another_version_are_never_sure_matches() -> None:
    remarks = ["Live", "Demo", "Extended", "Acoustic", "Karaoke", "Foo Remix", "Radio Edit", 'From "Frozen" - Live']
    others = [
        ('Main Title (From "Star Wars")', 'Main Title - From "Jaws"'),
        ("Harbour (Live 1995)", "Harbour - Live - 1997"),
        ("Harbour (Live at Wembley)", "Harbour - Demo"),
        ("Harbour (Live), Pt. 2", "Harbour - Live - Pt. 3"),
        *((f"Harbour ({remark})", "Harbour - Bonus Track") for remark in remarks),
        *(("Harbour (Mono)", f"Harbour - {remark}") for remark in remarks),
    ]
    for have, want in others:
        matcher = NameMatcher([("Ida", have)])
        assert NameMatcher.POSSIBLE <= (matcher.best("Ida", want) or (0, 0.0))[1] < NameMatcher.SURE, want


def test_first_artist_matches_a_joined_name() -> None:
    names: list[tuple[str | None, str]] = [
        ("Ephixa, Stephen Walking, Aaron Richards", "Matches"),
        ("A Tribe of Owls; Bell & Candle, The Others", "Far"),
        ("Solo", "Near"),
        *((f"Nobody {number}", "Matches of the Day") for number in range(30)),
    ]
    assert match("Ephixa - Matches", names)[:2] == ("found", 0)
    assert match("Aaron Richards - Matches", names)[:2] == ("found", 0)
    assert match("A Tribe of Owls - Far", names)[:2] == ("found", 1)
    assert match("Solo, Many Other Artists & Their Guests From Far Away - Near", names)[:2] == ("found", 2)
    assert match("Richards - Matches", names)[1] != 0
    assert match("Ephixa - Catches", names)[0] != "found"
