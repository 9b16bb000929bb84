"""Numbers of tracks: the published formulas of HAMMS, and values that services observed."""

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas import validate

from map4.core.music.analysis.analysis import Analysis, Tempo
from map4.core.music.track.hamms import HAMMS_NAMES, HAMMS_WEIGHTS, HammsSimilarity, hamms_confidence, rate_similarity
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import PROVIDED_FIELDS, Observation, Provided, shipped_weights, sound_value
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.track_fields import TrackTags, track_fields

vectors = st.lists(st.none() | st.floats(0, 1), min_size=12, max_size=12)


def test_hamms_numbers_and_similarity_have_the_published_values() -> None:
    assert HAMMS_NAMES == (
        "bpm", "key", "energy", "danceability", "valence", "acousticness", "instrumentalness", "rhythmic_pattern",
        "spectral_centroid", "tempo_stability", "harmonic_complexity", "dynamic_range",
    )  # fmt: skip
    assert list(HAMMS_WEIGHTS.values()) == [1.3, 1.4, 1.2, 0.9, 0.8, 0.6, 0.5, 1.1, 0.7, 0.9, 0.8, 0.6]
    assert math.sqrt(sum(w * w for w in HAMMS_WEIGHTS.values())) == pytest.approx(3.264966, abs=1e-6)
    result = HammsSimilarity.of([0.5] * 12, [0.8] * 12)
    assert result.closeness == pytest.approx(0.70)
    assert result.cosine == pytest.approx(1.00)
    assert result.similarity == pytest.approx(0.82)
    assert result.shared == 12
    assert result.rating == "good"


def test_hamms_similarity_over_shared_numbers_equals_a_hand_calculation() -> None:
    a = [1.0, 0.0, 0.5, 0.5, 0.5, 0.5, None, 0.9, None, None, None, None]
    b = [0.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.7, None, None, None, None, None]
    # Shared weights 1.3 1.4 1.2 .9 .8 .6: sum of squares 8.10, of the difference 3.65, of the common part 3.25.
    result = HammsSimilarity.of(a, b)
    assert result.shared == 6
    assert result.closeness == pytest.approx(1 - math.sqrt(3.65 / 6.90))
    common = 3.25 / 4
    assert result.cosine == pytest.approx(common / math.sqrt((1.69 + common) * (1.96 + common)))
    assert result.similarity == pytest.approx(0.6 * result.closeness + 0.4 * result.cosine)
    assert HammsSimilarity.of([0.5] * 5 + [None] * 7, [0.5] * 12) is None
    assert HammsSimilarity.of([0.5] * 6 + [None] * 6, [None] * 6 + [0.5] * 6) is None
    assert HammsSimilarity.of([0.5] * 6 + [None] * 6, [0.5] * 12) is not None
    result = HammsSimilarity.of([0.0] * 12, [1.0] * 12)
    assert result == HammsSimilarity(similarity=0.0, closeness=0.0, cosine=0.0, shared=12)
    for size in (0, 11, 13):
        with pytest.raises(ValueError, match="12 numbers"):
            HammsSimilarity.of([0.5] * size, [0.5] * 12)


@given(vectors, vectors)
def test_symmetric_and_within_bounds(a: list[float | None], b: list[float | None]) -> None:
    forth, back = HammsSimilarity.of(a, b), HammsSimilarity.of(b, a)
    numbers = [] if forth is None else [forth.similarity, forth.closeness, forth.cosine]
    assert forth == back
    assert all(type(n) is float and -1e-12 <= n <= 1.0 for n in numbers)


@given(st.lists(st.floats(0.01, 1), min_size=12, max_size=12))
def test_vector_is_fully_similar_to_itself(a: list[float]) -> None:
    result = HammsSimilarity.of(a, a)
    assert result.similarity == pytest.approx(1.0)


def test_hamms_confidence_and_ratings_have_known_values() -> None:
    cases = [
        (0.93, 0.81, True, 0.962),  # the record printed in the specification
        (1.0, 1.0, True, 1.0),
        (None, 0.9, True, 0.6),
        (0.9, None, True, 0.7),
        (0.5, 0.9, False, 0.8),
        (None, None, False, 0.4),
    ]
    for tempo, key, energy, expected in cases:
        value = hamms_confidence(tempo_confidence=tempo, key_confidence=key, has_energy=energy)
        assert value == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ValueError, match="finite"):
        hamms_confidence(tempo_confidence=math.nan, key_confidence=0.9, has_energy=True)
    cases = [(1.0, "excellent"), (0.9, "excellent"), (0.8999, "good"), (0.8, "good"), (0.7, "fair"), (0.6999, "poor")]
    assert [(similarity, rate_similarity(similarity)) for similarity, _ in cases] == cases


# What counts of what providers say: order, repetition, agreement, octaves, what is left out.
AT = "2026-11-21T18:00:00Z"


def seen(provider: str, field: str, value: Any, *, score: float = 0.95, at: str = AT, found: str = "r") -> Observation:
    return Observation(provider=provider, provider_id=found, field=field, value=value, score=score, fetched_at=at)


VALUES = {
    "label": st.sampled_from(["Warp", "WARP Records", "Ninja Tune", "Polar"]),
    "bpm": st.sampled_from([62.0, 124.0, 125.0, 100.0]),
    "release_date": st.sampled_from(["1999", "1999-05", "1999-05-17", "2003-01-01"]),
    "genre": st.sampled_from(["House", "Deep House; House", "house; deep house"]),
    "original_year": st.sampled_from([1999, 2003]),
}
OBSERVATIONS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda field: st.builds(
            seen,
            st.sampled_from(["musicbrainz", "discogs", "deezer", "other"]),
            st.just(field),
            VALUES[field],
            score=st.sampled_from([0.7, 0.9, 1.0]),
            at=st.sampled_from([AT, "2026-12-01T00:00:00Z"]),
            found=st.sampled_from(["a", "b"]),
        )
    ),
    max_size=25,
)


@given(OBSERVATIONS, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(observations: list[Observation], chance: random.Random) -> None:
    once = Provided.of(observations)
    shuffled = observations + chance.choices(observations, k=5) if observations else []
    chance.shuffle(shuffled)
    assert Provided.of(shuffled) == once
    assert Provided.from_data(json.loads(json.dumps(once.to_data()))) == once


def test_majority_wins_a_field_and_impossible_values_are_refused() -> None:
    found = Provided.of(
        [
            seen("discogs", "label", "Other"), seen("discogs", "catalog_number", "AB 1"),
            seen("musicbrainz", "label", "Warp"), seen("deezer", "label", "Warp Records"),
        ]
    )  # fmt: skip
    label = found.values["label"]
    assert (label.value, label.remark is not None) == ("Warp", True)
    assert label.remark == "discogs left out: deezer, musicbrainz agree"
    assert label.by_provider == {"discogs": "Other", "musicbrainz": "Warp", "deezer": "Warp Records"}
    assert found.value("catalog_number") == "AB 1"
    cases = [("bpm", 0), ("bpm", True), ("bpm", "120"), ("key", "H"), ("isrc", "X"), ("release_date", "1999-13"),
    ("release_date", "0000"), ("original_year", 99), ("track", 0), ("label", " \x00"), ("label", 5), ("other", "x"),
    ("original_year", 1999.0)]  # fmt: skip
    for name, value in cases:
        with pytest.raises(ValueError, match=name):
            sound_value(name, value)
        assert Observation.sound_values({name: value}) == {}


def test_better_providers_finer_dates_and_sure_matches_win() -> None:
    both = [seen("musicbrainz", "catalog_number", "A"), seen("discogs", "catalog_number", "B")]
    assert Provided.of(both).value("catalog_number") == "B"
    genres = [seen("musicbrainz", "genre", "Pop"), seen("deezer", "genre", "Rock")]
    assert Provided.of(genres).value("genre") == "Pop"
    assert Provided.of([both[0], seen("discogs", "catalog_number", "B", score=0.6)]).value("catalog_number") == "A"
    assert set().union(*shipped_weights().values()) <= set(PROVIDED_FIELDS)
    found = Provided.of([seen("a", "bpm", 62.0), seen("b", "bpm", 124.5), seen("c", "bpm", 100.0)])
    assert found.values["bpm"].remark == "c left out: a, b agree"
    assert Observation.is_same("bpm", 62.0, 124.0)
    assert not Observation.is_same("bpm", 62.0, 93.0)
    found = Provided.of([seen("a", "release_date", "1999"), seen("b", "release_date", "1999-05-17")])
    assert (found.value("release_date"), found.values["release_date"].remark) == ("1999-05-17", None)
    assert found.value("year") == 1999
    chosen = [seen("a", "label", "Wrong", found="x"), seen("a", "label", "Right", score=1.0, found="y")]
    assert Provided.of(chosen).values["label"].by_provider == {"a": "Right"}
    assert [match.id for match in Provided.of(chosen).matches] == ["y"]
    older = [seen("a", "label", "Warp"), seen("a", "genre", "House")]
    newer = [seen("a", "label", "Warp", at="2026-12-01T00:00:00Z")]
    assert set(Provided.of(older + newer).values) == {"label"}


def track(**values: Any) -> Track:
    observations = [seen("musicbrainz", "label", "Warp"), seen("musicbrainz", "bpm", 124.0),
                    seen("musicbrainz", "key", "8A"), seen("musicbrainz", "original_year", 1999)]  # fmt: skip
    return Track(path="/m/a.mp3", state="ok", audio_id="a1-" + "0" * 32, provided=Provided.of(observations), **values)


def test_values_follow_the_order_of_sources() -> None:
    tagged = Tags(label="Polar", bpm=120.0)
    measured = Analysis(duration_s=200.0, tempo=Tempo(bpm=128.0, confidence=0.9))
    assert (track().label(), track().bpm(), track().bpm_source(), track().year()) == ("Warp", 124.0, "provider", 1999)
    assert str(track().key()) == str(track().key_sources()["provider"])
    assert track(tags=tagged).label() == "Polar"
    assert track(tags=tagged, preferred=(("label", "provider"),)).label() == "Warp"
    assert track(tags=tagged, imported=ImportedValues(label="X")).bpm_source() == "tag"
    assert track(tags=tagged, analysis=measured, prefer=("provider", "measured", "imported", "tag")).bpm() == 124.0
    assert track(imported=ImportedValues(label="Imported")).label() == "Warp"
    assert track(tags=Tags(label="")).label() == "Warp"
    assert track(user=UserValues(bpm=99.0, year=2001)).bpm() == 99.0
    assert track(user=UserValues(year=2001)).year() == 2001


def test_records_have_every_source_and_only_where_something_was_looked_up() -> None:
    record = validate(track(tags=Tags(label="Polar", bpm=120.0)).to_record())
    assert record["tags"]["label"] == "Polar"
    assert record["metadata"]["fields"]["label"] == {
        "value": "Polar", "source": "tag", "others": {"musicbrainz": "Warp"}, "conflict": True, "remark": None
    }  # fmt: skip
    assert record["metadata"]["fields"]["bpm"]["conflict"] is False  # within 4 %
    plain = Track(path="/m/a.mp3", state="ok", tags=Tags(label="Polar"))
    assert "metadata" not in plain.to_record()
    assert not [field for field in track_fields(plain) if field.name in ("release_date", "original_year")]
    assert "provider" not in TrackTags(track=plain).to_record()["fields"]["label"]
    shown = validate(TrackTags(track=track(tags=Tags(label="Polar"))).to_record())["fields"]
    assert (shown["label"]["counts"], shown["label"]["provider"]) == ("tag", "Warp")
    assert shown["label"]["why"] == "the tag counts before what was looked up (map4 tags prefer)"
    assert shown["original_year"]["value"] == 1999
    assert Provided().value("year") is None
