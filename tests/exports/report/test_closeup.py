"""What a report tells of one track: who says which value, and what is near."""

from dataclasses import replace

from report_tracks import report_track

from map4.core.music.analysis.analysis import KeyCandidate, KeyEstimate, Tempo, TempoCandidate
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.analysis.key import Key
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.exports.report.blocks import Block, Heading, Table
from map4.exports.report.closeup import close_up


def measured(**more: object) -> Track:
    track = report_track(tags={"title": "Sky", "genre": "House"})
    assert track.analysis is not None
    track = replace(track, tags=replace(track.tags, bpm=127.0))
    assert track.analysis is not None
    tempo = Tempo(
        bpm=128.0,
        confidence=0.7,
        stability=1.0,
        alternatives=(TempoCandidate(bpm=64.0, confidence=0.25), TempoCandidate(bpm=256.0, confidence=0.001)),
    )
    runner_up = KeyCandidate(key=Key.parse("9A"), confidence=0.3)
    key = KeyEstimate(key=Key.parse("8A"), confidence=0.6, runner_up=runner_up)
    analysis = replace(track.analysis, tempo=tempo, key=key, energy=0.52)
    return replace(track, analysis=analysis, **more)  # type: ignore[arg-type]


def table(blocks: list[Block], caption: str) -> list[list[str]]:
    (found,) = (block for block in blocks if isinstance(block, Table) and block.caption == caption)
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_values_have_source_alternatives_and_confidence_or_are_left_out() -> None:
    imported = ImportedValues(bpm=128.02, rating=4.0)
    rows = table(list(close_up(measured(imported=imported), "camelot")), "Who says what")
    assert rows == [
        ["Tempo", "128.00", "measured", "70 %", "a DJ program: 128.02; its tag: 127.00; or 64.0 (25 %)"],
        ["Key", "8A", "measured", "60 %", "or 9A (30 %)"],
        ["Energy", "5", "measured", "–", "–"],
        ["Genre", "House", "its tag", "–", "–"],
        ["Rating", "4.0", "a DJ program", "–", "–"],
    ]
    track = measured()
    assert track.analysis is not None
    bars = Bars(downbeats_s=(0.5, 2.5), confidence=0.9, metre=Metre(beats_per_bar=3, confidence=0.71))
    known = replace(track, analysis=replace(track.analysis, bars=bars))
    rows = table(list(close_up(known, "camelot")), "Who says what")
    assert rows[2] == ["Bars", "3 beats each", "measured", "71 %", "–"]
    track = replace(measured(labels=Labels()), tags=Tags(title="Sky"))
    blocks = list(close_up(track, "camelot"))
    assert "Labels" not in [block.text for block in blocks if isinstance(block, Heading)]
    assert {row[0]: row[1:3] for row in table(blocks, "Who says what")}["Genre"] == ["–", "–"]


def test_values_of_users_programs_and_lookups_are_shown_as_sources() -> None:
    user = UserValues(bpm=64.0, energy=8, genre="Dub")
    rows = {row[0]: row[1:] for row in table(list(close_up(measured(user=user), "camelot")), "Who says what")}
    assert rows["Tempo"] == ["64.00", "you", "–", "measured: 128.00; its tag: 127.00"]
    assert rows["Energy"] == ["8", "you", "–", "measured: 5"]
    assert rows["Genre"] == ["Dub", "you", "–", "its tag: House"]
    genre, bpm = (ProvidedValue(value=value, by_provider={"p": value}) for value in ("Dub", 90.0))
    provided = Provided(values={"genre": genre, "bpm": bpm})
    track = Track(path="/a.mp3", state="ok", imported=ImportedValues(genre="Techno"), provided=provided)
    other = replace(track, preferred=(("genre", "imported"),))
    (rows, others) = (table(list(close_up(deck_track, "camelot")), "Who says what") for deck_track in (track, other))
    assert ["Tempo", "90.00", "a look-up", "–", "–"] in rows
    assert ["Genre", "Dub", "a look-up", "–", "a DJ program: Techno"] in rows
    assert ["Genre", "Techno", "a DJ program", "–", "a look-up: Dub"] in others


def test_nearest_tracks_are_listed_below_with_their_similarity() -> None:
    near = [(report_track("b.mp3", tags={"artist": "Bob", "title": "Fire"}), 0.914)]
    asked: list[str] = []

    def neighbours(track: Track) -> dict[str, list[tuple[Track, float]]]:
        asked.append(track.path)
        return {"Sounds most like it": near}

    blocks = list(close_up(measured(), "camelot", neighbours))
    assert asked == [measured().path]
    assert [block.text for block in blocks if isinstance(block, Heading)] == ["Sounds most like it"]
    ((name, *_, value),) = table(blocks, "Sounds most like it")
    assert (name, value) == ("Bob – Fire", "0.91")
