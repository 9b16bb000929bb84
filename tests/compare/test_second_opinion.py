"""What of a track another program's values agree with."""

from dataclasses import replace

from sound_track import SOUND, with_tags

from map4.compare.second_opinion import SecondOpinion, key_agreements, tempo_agreements
from map4.core.music.analysis.key import Key
from map4.core.music.track.track import Track


def test_tempi_and_keys_that_agree_are_listed() -> None:
    cases = [(87.5, ("measured",)), (170.0, ("alternative",)), (100.0, ("tag",)), (61.0, ()), (None, ())]
    assert [(bpm, tempo_agreements(with_tags(bpm=100.0), bpm)) for bpm, _ in cases] == cases
    track = with_tags(key="A minor")

    assert key_agreements(track, Key.parse("8A")) == ("measured", "tag")
    assert key_agreements(track, Key.parse("8B")) == ("runner_up",)
    assert key_agreements(track, Key.parse("1A")) == ()
    track = replace(with_tags(bpm=87.0, key="8A"), analysis=None, state="pending")

    assert tempo_agreements(track, 87.0) == ("tag",)
    assert key_agreements(track, Key.parse("8A")) == ("tag",)
    assert tempo_agreements(Track(path="/a", state="pending"), 87.0) == ()
    record = SecondOpinion(bpm=174.0004, key=Key.parse("8A")).beside(SOUND).to_record()

    assert record["bpm"] == 174.0
    assert record["key"]["camelot"] == "8A"
    assert record["tempo_agrees_with"] == ["alternative"]
    assert record["key_agrees_with"] == ["measured"]
    assert SecondOpinion().beside(SOUND).to_record() == {
        "bpm": None, "key": None, "tempo_agrees_with": [], "key_agrees_with": []
    }  # fmt: skip
