"""What counts of what providers say: order, repetition, agreement, octaves, what is left out."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas import validate

from map4.core.music.analysis.analysis import Analysis, Tempo
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import (
    PROVIDED_FIELDS,
    Observation,
    Provided,
    consolidated,
    is_same,
    provided_from_data,
    shipped_weights,
    sound_value,
    sound_values,
)
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.track_fields import TrackTags, track_fields

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
    once = consolidated(observations)
    shuffled = observations + chance.choices(observations, k=5) if observations else []
    chance.shuffle(shuffled)
    assert consolidated(shuffled) == once
    assert provided_from_data(json.loads(json.dumps(once.to_data()))) == once


def test_majority_wins_a_field_and_impossible_values_are_refused() -> None:
    found = consolidated(
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
        assert sound_values({name: value}) == {}


def test_better_providers_finer_dates_and_sure_matches_win() -> None:
    both = [seen("musicbrainz", "catalog_number", "A"), seen("discogs", "catalog_number", "B")]
    assert consolidated(both).value("catalog_number") == "B"
    assert consolidated([seen("musicbrainz", "genre", "Pop"), seen("deezer", "genre", "Rock")]).value("genre") == "Pop"
    assert consolidated([both[0], seen("discogs", "catalog_number", "B", score=0.6)]).value("catalog_number") == "A"
    assert set().union(*shipped_weights().values()) <= set(PROVIDED_FIELDS)
    found = consolidated([seen("a", "bpm", 62.0), seen("b", "bpm", 124.5), seen("c", "bpm", 100.0)])
    assert found.values["bpm"].remark == "c left out: a, b agree"
    assert is_same("bpm", 62.0, 124.0)
    assert not is_same("bpm", 62.0, 93.0)
    found = consolidated([seen("a", "release_date", "1999"), seen("b", "release_date", "1999-05-17")])
    assert (found.value("release_date"), found.values["release_date"].remark) == ("1999-05-17", None)
    assert found.value("year") == 1999
    chosen = [seen("a", "label", "Wrong", found="x"), seen("a", "label", "Right", score=1.0, found="y")]
    assert consolidated(chosen).values["label"].by_provider == {"a": "Right"}
    assert [match.id for match in consolidated(chosen).matches] == ["y"]
    older = [seen("a", "label", "Warp"), seen("a", "genre", "House")]
    newer = [seen("a", "label", "Warp", at="2026-12-01T00:00:00Z")]
    assert set(consolidated(older + newer).values) == {"label"}


def track(**values: Any) -> Track:
    observations = [seen("musicbrainz", "label", "Warp"), seen("musicbrainz", "bpm", 124.0),
                    seen("musicbrainz", "key", "8A"), seen("musicbrainz", "original_year", 1999)]  # fmt: skip
    return Track(path="/m/a.mp3", state="ok", audio_id="a1-" + "0" * 32, provided=consolidated(observations), **values)


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
