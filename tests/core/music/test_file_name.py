"""Artist and title by the name of a file."""

from map4.core.music.file_name import FileName


def test_artist_and_title_come_from_the_file_name() -> None:
    cases: list[tuple[str, str | None, tuple[str | None, str]]] = [
        ("03 Daft Punk - One More Time", None, ("Daft Punk", "One More Time")),
        ("Daft_Punk_-_One_More_Time", None, ("Daft Punk", "One More Time")),
        ("03_Daft_Punk_-_One_More_Time", None, ("Daft Punk", "One More Time")),
        ("3. Daft Punk – One More Time", None, ("Daft Punk", "One More Time")),
        ("1-12 Daft Punk - One More Time", None, ("Daft Punk", "One More Time")),
        ("12 - Daft Punk - One More Time", None, ("Daft Punk", "One More Time")),
        ("Daft Punk - Discovery - 01 - One More Time", None, ("Daft Punk", "One More Time")),
        ("2001 - Daft Punk - One More Time", None, ("Daft Punk", "One More Time")),
        ("Unknown Artist - Daft Punk - One More Time", None, ("Daft Punk", "One More Time")),
        ("Unknown Artist - One More Time", None, (None, "One More Time")),
        ("Ann - Song - Live", None, ("Ann", "Song - Live")),
        ("Y2Mate.is - Forever Paris - Official Video", None, (None, "Forever Paris - Official Video")),
        ("50 Cent - Time", None, ("50 Cent", "Time")),
        ("311 - Down", None, ("311", "Down")),
        ("03 - Time", None, (None, "Time")),
        ("03 Time", None, (None, "Time")),
        ("Track 01", None, (None, "Track 01")),
        ("1979", None, (None, "1979")),
        ("7-11", None, (None, "7-11")),
        ("99. 100 Years", None, (None, "100 Years")),
        ("", None, (None, "")),
        ("03 Daft Punk - One More Time", "Daft Punk", ("Daft Punk", "One More Time")),
        ("Ann - Time", "Ann feat. Bo", ("Ann feat. Bo", "Time")),
        ("The Knife - Time", "Knife, The", ("Knife, The", "Time")),
        ("03 - Song - Live", "Bob", ("Bob", "Song - Live")),
    ]  # fmt: skip
    for name, artist, expected in cases:
        assert FileName(f"/m/{name}{'.mp3' * bool(name)}").names(artist) == expected


def test_placeholders_give_way_to_the_file_name_with_or_without_a_number() -> None:
    assert FileName("/m/Ann Day - Blue.mp3").names("Unknown Artist", "Track 03") == ("Ann Day", "Blue")
    assert FileName("/m/03-Ann Day-Blue Sea.mp3").names(None) == ("Ann Day", "Blue Sea")
    assert FileName("/m/04-Semi-Charmed Life.mp3").names(None) == (None, "Semi-Charmed Life")
    assert FileName("/m/cxcx10.mp3").names("Charli XCX", "Track 10") == ("Charli XCX", "Track 10")
    assert FileName("/m/Ann - Blue.mp3").names("<unknown>", "Red") == (None, "Red")
    assert FileName("/m/Ann - Blue.mp3").names("Artist", "Track 3") == ("Ann", "Blue")
    assert FileName("/m/1.mp3").names("Artist", "Red") == ("Artist", "Red")
    assert FileName("/m/50 Cent - Time.mp3").possible(None) == [("50 Cent", "Time"), ("Cent", "Time")]
