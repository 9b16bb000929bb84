"""Fields of a track: each source is told, and the one that counts is the one that every command uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.analysis.analysis import Analysis, KeyEstimate, Loudness, Tempo
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Observation, Provided
from map4.core.music.track.tags import FileTags, Tags
from map4.core.music.track.track import Source, Track, UserValues
from map4.core.music.track.track_fields import FIELD_NAMES, TrackField, TrackTags, track_fields

WORDS = st.none() | st.text("abc ", min_size=1, max_size=3).map(str.strip).filter(bool)
BPM = st.none() | st.integers(60, 180).map(float)
STARS = st.none() | st.integers(0, 10).map(lambda halves: halves / 2)
YEARS = st.none() | st.integers(1000, 9999)
KEYS = st.none() | st.sampled_from(ALL_KEYS)
ANALYSES = st.none() | st.builds(
    Analysis,
    duration_s=st.just(60.0),
    energy=st.none() | st.floats(0.0, 1.0),
    tempo=st.none() | st.builds(Tempo, bpm=st.floats(60.0, 180.0), confidence=st.just(0.9), stability=st.just(1.0)),
    key=st.none() | st.builds(KeyEstimate, key=st.sampled_from(ALL_KEYS), confidence=st.just(0.9)),
)
TRACKS = st.builds(
    Track,
    path=st.just("/music/a.mp3"),
    state=st.just("ok"),
    tags=st.builds(
        Tags, artist=WORDS, title=WORDS, genre=WORDS, year=YEARS, bpm=BPM, rating=STARS, comment=WORDS, album=WORDS,
        key=KEYS.map(lambda key: key and key.camelot),
    ),
    user=st.builds(
        UserValues, artist=WORDS, title=WORDS, genre=WORDS, year=YEARS, bpm=BPM, rating=STARS, key=KEYS,
        energy=st.none() | st.integers(1, 10),
    ),
    analysis=ANALYSES,
    imported=st.none() | st.builds(
        ImportedValues, bpm=BPM, key=KEYS, rating=STARS.map(lambda stars: stars or None), comment=WORDS, artist=WORDS,
        title=WORDS, album=WORDS, genre=WORDS, label=WORDS, year=YEARS, remixer=WORDS,
        disc_number=st.none() | st.just(2),
    ),
    labels=st.none() | st.builds(Labels, genre=st.sampled_from(("Unknown", "House")), subgenre=WORDS),
    prefer=st.permutations(("measured", "imported", "tag")).map(tuple),
)  # fmt: skip


@given(TRACKS)
def test_field_values_equal_the_values_of_the_track(track: Track) -> None:
    values = {field.name: field.value for field in track_fields(track)}
    assert tuple(values) == FIELD_NAMES
    sorted_by = ("artist_sort", "album_sort", "album_artist_sort")
    of_work = ("work", "movement", "movement_number")
    of_tags = ("catalog_number", "isrc", *sorted_by, "artists", "artist_ids", "producer", "advisory", *of_work)
    assert values == {
        **{name: getattr(track.tags, name) for name in of_tags},
        **{
            name: getattr(track.imported, name, None)
            for name in ("disc_number", "composer", "remixer", "mix", "grouping", "date_added", "color")
        },
        "album": track.album(),
        "album_artist": track.value("album_artist"),
        "label": track.label(),
        "track": track.track_number(),
        "artist": track.artist(),
        "title": track.title(),
        "genre": track.genre(),
        "year": track.year(),
        "bpm": track.bpm(),
        "key": track.key(),
        "energy": track.energy_level(),
        "gain": None,
        "album_gain": None,
        "rating": track.rating(),
        "comment": track.comment(),
    }


def test_record_contains_the_values_in_force() -> None:
    """Each set of the four sources, under each preference; a title that only a look-up has counts, too."""
    for first in ["tag", "provider", "imported"]:
        for known in range(16):
            has = {
                source: bool(known >> place & 1) for place, source in enumerate(("user", "tag", "imported", "provider"))
            }
            values_of = {
                source: {"title": f"{source} title", "artist": f"{source} artist", "genre": source} for source in has
            }
            observations = [
                Observation(
                    provider="mb",
                    provider_id="1",
                    field=name,
                    value=value,
                    score=1.0,
                    fetched_at="2026-01-01T00:00:00Z",
                )
                for name, value in values_of["provider"].items()
            ]
            track = Track(
                path="/m/gone.mp3", state="ok", audio_id="a1-" + "0" * 32,
                user=UserValues(**values_of["user"]) if has["user"] else UserValues(),
                tags=Tags(**values_of["tag"]) if has["tag"] else Tags(),
                imported=ImportedValues(**values_of["imported"]) if has["imported"] else None,
                provided=Provided.of(observations) if has["provider"] else None,
                preferred=tuple((name, first) for name in ("title", "artist", "genre")),
            )  # fmt: skip
            order = ["user", first, *(source for source in ("tag", "provider", "imported") if source != first)]
            counts = next((source for source in order if has[source]), None)
            current = track.to_record()["current"]
            shown = {name: current[name] for name in ("title", "artist", "genre")}
            assert shown == (values_of[counts] if counts else dict.fromkeys(shown))
            assert current["name"] == (f"{counts} title" if counts else "gone.mp3")


def field(track: Track, name: str) -> TrackField:
    return next(field for field in track_fields(track) if field.name == name)


MEASURED = Analysis(duration_s=60.0, tempo=Tempo(bpm=122.0, confidence=0.9, stability=1.0), energy=0.62)


@pytest.mark.parametrize(
    ("prefer", "counts", "why"),
    [
        (("measured", "imported", "tag"), "measured", "what was measured counts before the tag"),
        (("tag", "imported", "measured"), "tag", "the tag counts before what was measured"),
    ],
)
def test_setting_decides_which_tempo_is_used(prefer: tuple[Source, ...], counts: str, why: str) -> None:
    track = Track(path="/a", state="ok", tags=Tags(bpm=61.0), analysis=MEASURED, prefer=prefer)
    tempo = field(track, "bpm")
    assert (tempo.counts, tempo.why) == (counts, f"{why} (setting analysis.prefer)")


def test_field_explains_why_its_value_is_used() -> None:
    labels = Labels(genre="Electronic", subgenre="Deep House")
    tags, user = Tags(genre="House"), UserValues(genre="Dub", energy=9)
    assert field(Track(path="/a", state="ok", labels=labels), "genre").why == "no other source has it"
    assert field(Track(path="/a", state="ok", labels=labels), "genre").value == "Deep House"
    both = field(Track(path="/a", state="ok", labels=labels, tags=tags), "genre")
    assert (both.value, both.why) == ("House", "the tag counts before the labels")
    imported = ImportedValues(genre="Dub Techno", artist="Nadia")
    every = Track(path="/a", state="ok", labels=labels, tags=tags, imported=imported)
    assert field(every, "genre").why == "the tag counts before what was imported and the labels"
    assert field(Track(path="/a", state="ok", labels=labels, imported=imported), "genre").value == "Dub Techno"
    assert (field(every, "artist").value, field(every, "artist").counts) == ("Nadia", "imported")
    own = Track(path="/a", state="ok", labels=labels, tags=tags, user=user, analysis=MEASURED)
    assert (field(own, "genre").value, field(own, "energy").value) == ("Dub", 9)
    assert field(own, "genre").why == "you set it, which overrides all other sources"
    assert field(own, "comment").why is None


def test_fields_have_every_source_and_tags_beside_measured_values() -> None:
    analysis = Analysis(duration_s=60.0, energy=0.62, loudness=Loudness(integrated_lufs=-9.5))
    track = Track(path="/a", state="ok", tags=FileTags(energy=8, gain_db=-9.12), analysis=analysis)
    assert field(track, "gain").sources == {"measured": -8.5, "tag": -9.12}
    assert field(track, "energy").sources == {"measured": 6, "tag": 8}
    assert field(track, "gain").why == "what was measured counts before the tag"
    unknown = Track(path="/a", state="pending", tags=FileTags(energy=8, gain_db=-9.12))
    assert (field(unknown, "gain").value, field(unknown, "energy").value) == (-9.12, 8)
    user = UserValues(key=Key.parse("Am"))
    record = TrackTags(track=Track(path="/a", state="ok", tags=Tags(key="G"), analysis=MEASURED, user=user)).to_record()
    assert record["schema"] == "map4/tags/1"
    assert record["fields"]["energy"] == {
        "value": 6, "counts": "measured", "why": "no other source has it",
        "tag": None, "measured": 6, "imported": None, "user": None, "labels": None, "can_set": True,
    }  # fmt: skip
    assert (record["fields"]["key"]["value"], record["fields"]["key"]["tag"]) == ("8A", "9B")
