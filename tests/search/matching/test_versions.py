"""Which version of a song a file says it is."""

from map4.search import SongName


def test_title_and_version_are_separated_also_in_file_names() -> None:
    cases = [
        ("Song", "song", ""),
        ("Song (Original Mix)", "song", ""),
        ("Song (Album Version)", "song", ""),
        ("Song (feat. Bo)", "song", ""),
        ("Song (Part 2)", "song part 2", ""),
        ("Song (Radio Edit)", "song", "radio edit"),
        ("Song - Radio Edit", "song", "radio edit"),
        ("Song Radio Edit", "song", "radio edit"),
        ("Song [Foo Remix]", "song", "foo"),
        ("Song (Foo Mix)", "song", "foo"),
        ("Song (Remix)", "song", "remix"),
        ("Song (Live at Wembley)", "song", "live wembley"),
        ("Song - 2011 Remastered", "song", "remaster 2011"),
        ("Song (Clean)", "song", "clean"),
        ("Song (Dirty)", "song", "explicit"),
        ("Song (A Cappella)", "song", "acapella"),
        ("Song (Instrumental)", "song", "instrumental"),
        ("Song (Extended) [Dub]", "song", "extended dub"),
        ("Live", "live", ""),
        ("!!!", "!!!", ""),
    ]
    for title, plain, version in cases:
        name = SongName.of("Ann", title, "/m/x.mp3")
        assert (name.artist, name.title, name.version) == ("ann", plain, frozenset(version.split()))
    name = SongName.of(None, None, "/m/03 - Ann & Bo - Song_(Radio Edit).mp3")
    assert (name.artist, name.title, name.version) == ("ann bo", "song", frozenset({"radio", "edit"}))
    assert SongName.of(None, None, "/m/track 01.mp3").artist == ""
    all_path = ["/m/Song.stem.m4a", "/m/Song.STEM.mp4", "/m/Song (Stems).m4a", "/m/Song_stems.m4a"]
    for path in all_path:
        for title in ["Song", None]:
            name = SongName.of("Ann", title, path)
            assert (name.title, name.version) == ("song", {"stem"})
    for path in ("/m/System.mp3", "/m/Stem.mp3", "/m/Brain Stem Blues.mp3"):
        assert SongName.of("Ann", None, path).version == frozenset()
