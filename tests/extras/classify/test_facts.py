"""What is known of a track for labels, and labels by rules from that."""

from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.classify.facts import facts_of, keyword_labels
from map4.labels import TrackFacts


def test_facts_of_a_track_are_cleaned_and_follow_rules() -> None:
    tags = Tags(artist=" Nadia\nVellum", title="Undertow", album="Basement", genre="House", year=2016, comment="secret")
    [facts] = facts_of([Track(path="/home/me/Music/House/Nadia/01 Undertow.flac", state="ok", tags=tags)])
    assert facts == TrackFacts(
        artist="Nadia Vellum", title="Undertow", album="Basement", genre="House", year=2016,
        folders=("Nadia", "House", "Music", "me", "home"),
    )  # fmt: skip
    [nameless] = facts_of([Track(path="/m/03 Nadia_Vellum - Under\udcfftow.mp3", state="ok")])
    assert (nameless.artist, nameless.title) == ("Nadia Vellum", "Undertow")
    cases = [
        (TrackFacts(genre="Deep House", year=1996), ("Electronic", "Deep House", "1990s", 0.7, "tag")),
        (TrackFacts(genre="Jazz"), ("Jazz", None, None, 0.7, "tag")),
        (TrackFacts(genre="drum'n'bass", folders=("Jazz",)), ("Electronic", "drum'n'bass", None, 0.7, "tag")),
        (TrackFacts(genre="?", folders=("X", "Techno 2024", "Jazz")), ("Electronic", "Techno", None, 0.4, "keywords")),
        (TrackFacts(folders=("80s Rock",)), ("Rock", None, None, 0.4, "keywords")),
        (TrackFacts(folders=("Crowded House", "DJ", "world", "1984")), (Labels.UNKNOWN, None, None, 0.0, "keywords")),
        (TrackFacts(title="House", artist="Techno", year=1984), (Labels.UNKNOWN, None, "1980s", 0.0, "keywords")),
    ]  # fmt: skip
    for facts, expected in cases:
        found = keyword_labels(facts)
        assert (found.genre, found.subgenre, found.era, found.confidence, found.source) == expected
        assert (found.mood, found.model, found.family) == (
            None,
            None,
            None if found.genre == Labels.UNKNOWN else found.genre,
        )
