"""Each check finds what it looks for, and nothing else."""

import os
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sound_track import ANALYSIS, KEY, SOUND, TEMPO, spectrum_until, with_analysis, with_tags

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Grid, KeyCandidate, TempoCandidate
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import GridMark
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import Observation, Provided
from map4.core.music.track.track import Failure, Track, UserValues
from map4.doctor.checks.diagnosis import CHECKS, diagnose
from map4.doctor.checks.finding import Finding, dispute_of, disputes
from map4.values.tempo_range import genre_tempo_range


def found(track: Track) -> dict[str, Finding]:
    return {finding.check.name: finding for finding in diagnose(track)}


DOUBTFUL_KEY = replace(KEY, confidence=0.4)
GRID = Grid(first_beat_s=0.2, bpm=87.0)
IMPORTED_BAR = GridMark(position_s=0.2, bpm=87.0, metre=3, beat=3)
CLOSE_KEY = replace(KEY, confidence=0.5, runner_up=KeyCandidate(key=Key.parse("8B"), confidence=0.45))


def bars_of(sure: float) -> Bars:
    return Bars(downbeats_s=(), confidence=sure, metre=Metre(beats_per_bar=3, confidence=0.9), grid_beat=2)


def imported(**values: Any) -> Track:
    return replace(SOUND, imported=ImportedValues(**values))


def provided(**values: Any) -> Provided:
    return Provided.of(
        Observation(provider="musicbrainz", provider_id="x", field=name, value=value, score=0.9, fetched_at="2026")
        for name, value in values.items()
    )


SETS = "map4 set '/music/a track.mp3' "
Offer = str | dict[str, str] | None
"""The one command that helps, or what there is to choose from, by label."""

CASES: list[tuple[Track, str, str, Offer]] = [
    (
        Track(path="/a.mp3", state="failed", failure=Failure(kind="corrupt", message="is cut"), tags=SOUND.tags),
        "failed",
        "is cut (corrupt)",
        None,
    ),
    (
        Track(path="/a.mp3", state="failed", failure=Failure(kind="timeout", message="took long"), tags=SOUND.tags),
        "failed",
        "took long (timeout)",
        "map4 scan --retry-failed /a.mp3",
    ),
    (
        replace(SOUND, state="missing"),
        "missing",
        "gone",
        {"look again": "map4 scan", "forget what is gone": "map4 library prune"},
    ),
    (with_analysis(flags=("truncated",)), "damaged", "ends before", None),
    (with_analysis(flags=("silent",)), "silent", "-70 LUFS", None),
    (with_analysis(version=ANALYSIS_VERSION - 1), "stale", f"version {ANALYSIS_VERSION - 1}", "map4 scan"),
    (
        replace(SOUND, flags=("reanalysis_failed",)),
        "stale",
        "values are older, or from a file with the same audio id",
        "map4 analyze --force '/music/a track.mp3'",
    ),
    (
        with_analysis(tempo=replace(TEMPO, confidence=0.4)),
        "tempo_doubtful",
        "87.0 BPM (40 %), perhaps 174.0",
        {"keep 87.0": SETS + "bpm=87", "change to 174.0": SETS + "bpm=174", "change to 43.5": SETS + "bpm=43.5"},
    ),
    (
        with_analysis(tempo=replace(TEMPO, confidence=0.4, alternatives=())),
        "tempo_doubtful",
        "87.0 BPM (40 %)",
        {"keep 87.0": SETS + "bpm=87"},
    ),
    (
        with_analysis(tempo=replace(TEMPO, confidence=0.5, alternatives=(TempoCandidate(bpm=130.5, confidence=0.45),))),
        "tempo_close",
        "130.5 (45 %)",
        {"keep 87.0": SETS + "bpm=87", "change to 130.5": SETS + "bpm=130.5"},
    ),
    (
        with_tags(bpm=174.0),
        "tempo_disagrees",
        "tag says 174",
        {"keep 87.0": SETS + "bpm=87", "change to 174.0": SETS + "bpm=174"},
    ),
    (
        with_tags(bpm=100.0),
        "tempo_disagrees",
        "tag says 100",
        {"keep 87.0": SETS + "bpm=87", "change to 100.0": SETS + "bpm=100"},
    ),
    (with_tags(bpm=999.0), "tempo_disagrees", "tag says 999", {"keep 87.0": SETS + "bpm=87"}),
    (
        imported(bpm=100.0),
        "tempo_disagrees",
        "imported is 100",
        {"keep 87.0": SETS + "bpm=87", "change to 100.0": SETS + "bpm=100"},
    ),
    (
        imported(key=Key.parse("Dm")),
        "key_disagrees",
        "imported is 7A",
        {"keep 8A": SETS + "key=8A", "change to 7A": SETS + "key=7A"},
    ),
    (
        replace(with_analysis(grid=GRID), imported=ImportedValues(grid=(GridMark(position_s=0.2, bpm=86.5),))),
        "grid_wrong",
        "86.50 BPM, measured 87.00: it runs 1.7 beats away",
        {
            "write for rekordbox": "map4 export '/music/a track.mp3' --measured-grid -o grid.xml",
            "write for Traktor": "map4 export '/music/a track.mp3' --measured-grid -o grid.nml",
        },
    ),
    (
        with_analysis(grid=GRID, bars=bars_of(0.41)),
        "bars_doubtful",
        "bars of 3 (41 %)",
        {
            "keep beat 1": SETS + "downbeat=1.579 metre=3",
            "change to beat 2": SETS + "downbeat=2.269 metre=3",
            "change to beat 3": SETS + "downbeat=2.959 metre=3",
        },
    ),
    (
        replace(with_analysis(grid=GRID, bars=bars_of(0.6)), imported=ImportedValues(grid=(IMPORTED_BAR,))),
        "bars_disagree",
        "measured on beat 2 of the imported bars",
        {
            "keep beat 1": SETS + "downbeat=0.890 metre=3",
            "change to beat 2": SETS + "downbeat=1.579 metre=3",
            "change to beat 3": SETS + "downbeat=2.269 metre=3",
        },
    ),
    (
        with_analysis(key=DOUBTFUL_KEY),
        "key_doubtful",
        "8A (40 %) or 8B",
        {"keep 8A": SETS + "key=8A", "change to 8B": SETS + "key=8B"},
    ),
    (
        with_analysis(key=CLOSE_KEY),
        "key_doubtful",
        "8B (45 %)",
        {"keep 8A": SETS + "key=8A", "change to 8B": SETS + "key=8B"},
    ),
    (
        with_analysis(key=replace(DOUBTFUL_KEY, runner_up=None)),
        "key_doubtful",
        "8A (40 %)",
        {"keep 8A": SETS + "key=8A"},
    ),
    (
        with_tags(key="Dm"),
        "key_disagrees",
        "tag says 7A",
        {"keep 8A": SETS + "key=8A", "change to 7A": SETS + "key=7A"},
    ),
    (with_analysis(loudness=replace(ANALYSIS.loudness, clipped_per_minute=300.0)), "clipped", "300 clipped", None),
    (with_analysis(cue_in_s=9.0), "silent_ends", "9 s of silence at the start", None),
    (with_analysis(cue_out_s=150.0), "silent_ends", "50 s of silence at the end", None),
    (
        replace(SOUND, format=replace(SOUND.format, payload_bytes=200 * 96_000 // 8)),  # type: ignore[type-var]
        "low_quality",
        "mp3 at 96 kbit/s",
        None,
    ),
    (
        replace(SOUND, format=replace(SOUND.format, codec="aac")),  # type: ignore[type-var]
        "wrong_suffix",
        "aac, named .mp3",
        None,
    ),
    (
        replace(SOUND, format=replace(SOUND.format, sample_rate_hz=22_050)),  # type: ignore[type-var]
        "low_quality",
        "22050 samples",
        None,
    ),
    (
        with_analysis(spectrum=spectrum_until(17_054.0, 60.0)),
        "upscaled",
        "mp3: nothing above 17.1 kHz, as MP3 at 128 kbit/s has it",
        None,
    ),
    (
        replace(SOUND, tags=replace(SOUND.tags, label="Polar"), provided=provided(label="Warp", genre="Polka")),
        "metadata_disagrees",
        "label Polar (tag), but Warp (musicbrainz)",
        {
            "keep label Polar": SETS + "label=Polar",
            "change label to Warp": SETS + "label=Warp",
            "keep genre Rock": SETS + "genre=Rock",
            "change genre to Polka": SETS + "genre=Polka",
        },
    ),
    (
        imported(artist="Others", label="POLAR", track_number=7),
        "metadata_disagrees",
        "artist A (tag), but Others (imported)",
        {"keep artist A": SETS + "artist=A", "change artist to Others": SETS + "artist=Others"},
    ),
    (
        replace(SOUND, tags=replace(SOUND.tags, isrc="GBAYE0601498"), provided=provided(isrc="GBAYE0601499")),
        "metadata_disagrees",
        "isrc GBAYE0601498 (tag), but GBAYE0601499 (musicbrainz)",
        {"show every source": "map4 tags show '/music/a track.mp3'"},
    ),
    (
        with_tags(artist="Êèíî", title="Ãðóïïà êðîâè", album_artist="Êèíî"),
        "garbled",
        "perhaps Cyrillic",
        {
            "keep Êèíî, Ãðóïïà êðîâè, Êèíî": SETS + "'artist=Êèíî' 'title=Ãðóïïà êðîâè' 'album-artist=Êèíî'",
            "change to Кино, Группа крови, Кино": SETS + "'artist=Кино' 'title=Группа крови' 'album-artist=Кино'",
        },
    ),
    (
        with_tags(title="Ã␁gÃ¦tis"),
        "garbled",
        "perhaps UTF-8",
        {"keep Ã␁gÃ¦tis": SETS + "'title=Ã␁gÃ¦tis'", "change to Ágætis": SETS + "'title=Ágætis'"},
    ),
    (with_tags(title="BjÃ¶rk Ã"), "garbled", "perhaps UTF-8; parts are lost, set them by hand", None),
    *(
        (with_tags(year=year), "year_doubtful", f"year {year}", {f"keep {year}": SETS + f"year={year}"})
        for year in (0, 1859, 1900, 2099, datetime.now(UTC).year + 2)
    ),
    (with_tags(artist=None, title=""), "missing_tags", "no artist and no title", None),
    (with_tags(artist="Y2Mate.is"), "missing_tags", "no artist (Y2Mate.is)", None),
    *(
        (
            with_tags(title=title),
            "missing_tags",
            f"more than a title: {title}",
            {f"keep {title}": SETS + f"'title={title}'", "change to Splinters": SETS + "title=Splinters"},
        )
        for title in (
            "Splinters [www.djpool.net]",
            "Splinters 128 - 8A",
            "Splinters (8A - 128)",
            "Splinters - www.a.com",
        )
    ),
    (
        replace(with_tags(artist=None, title=None), path="/music/03. Nine Volt - Splinters - Live.mp3"),
        "missing_tags",
        "no artist and no title",
        {
            "from the file name": "map4 set '/music/03. Nine Volt - Splinters - Live.mp3' 'artist=Nine Volt' "
            "'title=Splinters - Live'"
        },
    ),
    (
        replace(with_tags(artist="Nine Volt", title=None), path="/music/Nine_Volt - Splinters.mp3"),
        "missing_tags",
        "no title",
        {"from the file name": "map4 set '/music/Nine_Volt - Splinters.mp3' title=Splinters"},
    ),
    (
        replace(with_tags(artist=None, title=None), path="/m/50 Cent - Time.mp3"),
        "missing_tags",
        "no artist and no title",
        {
            "from the file name": "map4 set '/m/50 Cent - Time.mp3' 'artist=50 Cent' title=Time",
            "without its number": "map4 set '/m/50 Cent - Time.mp3' artist=Cent title=Time",
        },
    ),
    *(
        (
            replace(with_tags(artist=None, title=None), path=f"/m/{name}.mp3"),
            "missing_tags",
            "no artist and no title",
            {"from the file name": f"map4 set '/m/{name}.mp3' artist=Ann title=Time"},
        )
        for name in ("Ann - Album - 03 - Time", "1999 - Ann - Time", "03 Ann - Time", "1-03 - Ann - Time")
    ),
    *(
        (
            replace(with_tags(artist=None, title=None), path=f"/m/{name}.mp3"),
            "missing_tags",
            "no artist and no title",
            {"from the file name": f"map4 set '/m/{name}.mp3' title=Time"},
        )
        for name in ("03 - Time", "1-03 - Time")
    ),
    (replace(with_tags(title=None), path="/music/1979.mp3"), "missing_tags", "no title", None),
]


def offer(finding: Finding) -> Offer:
    assert not (finding.choices and finding.command)
    return {choice.label: choice.command for choice in finding.choices} or finding.command


def commands(finding: Finding) -> list[str]:
    """Without the path of every command of choices."""
    return [f"{choice.label}: {choice.command.rsplit(' ', 1)[1]}" for choice in finding.choices]


def test_placeholders_are_missing_and_never_proposed() -> None:
    for name, values in {
        "Unknown Artist - Track 01": {},
        "03 - Audio Track 3": {},
        "[unknown] - New Recording 5": {},
        "Unknown Artist - Sinnerman": {"title": "Sinnerman"},
        "Nina Simone - Track 03": {"artist": "Nina Simone"},
        "Various - Nina Simone - Sinnerman": {"artist": "Nina Simone", "title": "Sinnerman"},
    }.items():
        [finding] = diagnose(replace(with_tags(artist=None, title=None), path=f"/m/{name}.mp3"))
        assert [choice.values for choice in finding.choices] == ([values] if values else [])
    assert found(imported(artist="Unknown Artist", title="Track 01", genre="Unknown")) == {}
    of_various = found(replace(imported(artist="Nina Simone"), tags=replace(SOUND.tags, artist="Various")))
    assert of_various.keys() == {"metadata_disagrees", "missing_tags"}
    finding = of_various["metadata_disagrees"]
    assert [choice.values for choice in finding.choices] == [{"artist": "Various"}, {"artist": "Nina Simone"}]

    def missing(path: str, artist: str | None, title: str | None) -> tuple[str, list[Any]]:
        [finding] = diagnose(replace(with_tags(artist=artist, title=title), path=path))
        assert finding.check.name == "missing_tags"
        return finding.detail, [choice.values for choice in finding.choices]

    both = {"artist": "Nina Simone", "title": "Stone Voilà"}
    assert missing("/m/Nina Simone - Stone Voilà.mp3", "Unbekannter Künstler", "Titel 03") == (
        "no artist (Unbekannter Künstler) and no title (Titel 03)",
        [both],
    )
    assert missing("/m/Nina Simone - Stone Voilà.mp3", "<unknown>", "Ok")[1] == [{"artist": "Nina Simone"}]
    assert missing("/m/02-Nina Simone-Stone Voilà.mp3", "artist", "Track 02")[1] == [both]
    assert missing("/m/Nina Simone - Stone Voilà.mp3", "Nina Simone", "Piste 3")[1] == [{"title": "Stone Voilà"}]
    assert missing("/m/Unknown Artist - Track 03.mp3", "Unknown Artist", "Track 03")[1] == []
    assert list(diagnose(with_tags(artist="Artist", title="Song"), is_artist=lambda artist: artist == "Artist")) == []
    kept = replace(with_tags(artist="Unknown"), user=UserValues(artist="Unknown"), path="/m/A - B.mp3")
    assert "missing_tags" not in found(kept)


def test_sites_and_numbers_of_file_names_are_not_proposed() -> None:
    def titles(name: str) -> list[Any]:
        untagged = replace(with_tags(artist=None, title=None), path=f"/m/guns n' roses - {name}.mp3")
        findings = diagnose(untagged, spelling={"guns n' roses": "Guns N' Roses"}.__getitem__)
        choices = [choice.values for finding in findings for choice in finding.choices]
        assert {choice["artist"] for choice in choices} == {"Guns N' Roses"}
        return [choice["title"] for choice in choices]

    assert titles("night őrző 535 (www.best-mp3.example)") == ["night őrző"]
    for site in (" [best-mp3.com]", " - www.best-mp3.com", "_(www.a.b)", " {www.a.b}"):
        assert titles(f"Night{site}") == ["Night"]
    assert titles("Stone Voilà 573") == ["Stone Voilà", "Stone Voilà 573"]
    assert titles("Night (2)") == ["Night", "Night (2)"]
    assert titles("Summer 1999") == ["Summer 1999"]
    assert titles("Scream (will.i.am mix)") == ["Scream (will.i.am mix)"]


def test_copies_show_the_file_to_keep_and_propose_its_names() -> None:
    [finding] = diagnose(SOUND, copy_of="/music/best.flac")
    assert finding.check.name == "copies"
    assert "/music/best.flac is the copy to keep" in finding.detail
    assert offer(finding) == {"show both": "map4 duplicates '/music/a track.mp3'"}
    untagged = replace(with_tags(artist=None, title=None), path="/m/Some - Thing.mp3")
    by_name = {"artist": "Some", "title": "Thing"}

    def proposed(*twins: Track) -> list[Any]:
        return [choice.values for finding in diagnose(untagged, twins=twins) for choice in finding.choices]

    nina = with_tags(artist="Nina Simone", title="Sinnerman")
    live = with_tags(artist="Nina Simone", title="Sinnerman (live)")
    its, of_live = ({"artist": "Nina Simone", "title": track.title()} for track in (nina, live))
    for twins, values in (
        ([nina], [its]),
        ([nina, untagged, replace(nina, path="/m/2.mp3")], [its]),
        ([nina, live], [its, of_live]),
        ([with_tags(artist=None, title="Sinnerman")], [{"title": "Sinnerman"}]),
        ([with_tags(artist="Unknown Artist", title="Track 01")], [by_name]),
        ([with_tags(artist="Êèíî", title="Ãðóïïà êðîâè")], [by_name]),
    ):
        assert proposed(*twins) == values


def test_values_set_by_the_user_give_no_finding() -> None:
    doubtful = with_analysis(tempo=replace(TEMPO, confidence=0.3), key=DOUBTFUL_KEY)
    decided = replace(
        doubtful, user=UserValues(bpm=174.0, key=Key.parse("9A")), tags=replace(SOUND.tags, bpm=60.0, key="C")
    )

    assert found(doubtful).keys() == {"tempo_doubtful", "key_doubtful"}
    assert found(decided) == {}
    bars = with_analysis(grid=GRID)
    grid = (GridMark(position_s=0.2, bpm=87.0, metre=4, beat=2),)
    assert found(bars).keys() == found(replace(bars, user=UserValues(bpm=87.0))).keys() == {"bars_doubtful"}
    for settled in ({"user": UserValues(grid=grid)}, {"imported": ImportedValues(grid=grid)}):
        assert found(replace(bars, **settled)) == {}  # type: ignore[arg-type]
    assert found(replace(bars, user=UserValues(bpm=88.0))) == {}  # its grid has another tempo
    plain = GridMark(position_s=0.2 + 2 * 60 / 87.0 + 0.04, bpm=87.0)  # the third beat, of a program without bars
    doubted = replace(with_analysis(grid=GRID, bars=bars_of(0.4)), imported=ImportedValues(grid=(plain,)))
    assert found(doubted)["bars_doubtful"].choices[0].values == {"downbeat_s": 1.619, "metre": 3}


def test_halved_grids_are_wrong_and_genres_have_tempo_ranges() -> None:
    for measured_bpm in (87.0, 87.0012, 86.998):
        marks = (GridMark(position_s=0.2, bpm=43.5),)
        tempo = replace(TEMPO, bpm=measured_bpm, confidence=0.97)
        sure = with_analysis(grid=replace(GRID, bpm=measured_bpm), tempo=tempo)
        track = replace(sure, imported=ImportedValues(bpm=43.5, grid=marks))
        kept, halved = (replace(track, user=UserValues(bpm=bpm)) for bpm in (87.0, 43.5))

        assert found(track).keys() == {"tempo_disagrees", "grid_wrong"}
        # Who keeps the measured tempo is told of the grid that is left; who takes the other one has the grid of it.
        assert found(kept).keys() == {"grid_wrong"}
        assert found(halved) == {}
    mono = replace(SOUND, format=AudioFormat(codec="mp3", sample_rate_hz=44_100, channels=1, bits=None,
                                             payload_bytes=200 * 64_000 // 8))  # fmt: skip

    assert found(mono) == {}
    cases = [("Deep House", (110.0, 138.0)), ("DnB", (155.0, 190.0)), ("Hip Hop", (60.0, 115.0)), ("Jazz", None)]
    assert [(genre, genre_tempo_range(genre)) for genre, _ in cases] == cases
    [finding] = diagnose(with_analysis(key=CLOSE_KEY))
    assert finding.check.title == "key in doubt, or two keys about equally likely"


def test_proposed_commands_are_quoted_escaped_and_may_name_the_library() -> None:
    for name in ("a b.mp3", "it's.mp3", "-n.mp3", "$HOME.mp3"):
        track = replace(with_tags(bpm=100.0), path="/music/" + name)

        _, change = found(track)["tempo_disagrees"].choices
        assert shlex.split(change.command) == ["map4", "set", "/music/" + name, "bpm=100"]
    track = replace(with_tags(bpm=100.0), path=os.fsdecode(b"/music/caf\xe9's.mp3"))

    assert r"$'/music/caf\xe9\x27s.mp3'" in found(track)["tempo_disagrees"].choices[0].command
    assert found(track)["tempo_disagrees"].to_record()["path_bytes"]
    for name, quoted in (
        ("two\nlines.mp3", r"$'/music/two\x0alines.mp3'"),
        ("\x1b[2Jcleared.mp3", r"$'/music/\x1b[2Jcleared.mp3'"),
        ("\u202egnorw.mp3", r"$'/music/\xe2\x80\xaegnorw.mp3'"),
    ):
        track = replace(with_tags(bpm=100.0), path="/music/" + name)

        assert found(track)["tempo_disagrees"].choices[1].command == f"map4 set {quoted} bpm=100"
        assert found(track)["tempo_disagrees"].choices[1].values == {"bpm": 100.0}
    [finding] = diagnose(with_tags(key="Dm"), program=("map4", "--library", "/my music.map4"))

    assert finding.choices[0].command == "map4 --library '/my music.map4' set '/music/a track.mp3' key=8A"
    assert finding.choices[0].values == {"key": "8A"}


def test_choices_keep_or_change_the_value_with_its_decimals() -> None:
    tagged = with_tags(bpm=174.0, key="Dm")
    by_tag = {
        finding.check.name: finding for finding in diagnose(replace(tagged, prefer=("tag", "measured", "imported")))
    }

    assert commands(found(tagged)["tempo_disagrees"]) == ["keep 87.0: bpm=87", "change to 174.0: bpm=174"]
    assert commands(by_tag["tempo_disagrees"]) == ["keep 174.0: bpm=174", "change to 87.0: bpm=87"]
    assert commands(found(tagged)["key_disagrees"]) == ["keep 8A: key=8A", "change to 7A: key=7A"]
    assert commands(by_tag["key_disagrees"]) == ["keep 7A: key=7A", "change to 8A: key=8A"]
    for measured, tagged_bpm, choices in (
        (87.017, 174.0, ["keep 87.02: bpm=87.02", "change to 174.03: bpm=174.03"]),
        (119.992, 60.0, ["keep 120.0: bpm=120", "change to 60.0: bpm=60"]),
    ):
        track = replace(with_analysis(tempo=replace(TEMPO, bpm=measured)), tags=replace(SOUND.tags, bpm=tagged_bpm))
        assert commands(found(track)["tempo_disagrees"]) == choices


@given(st.floats(30.0, 300.0), st.floats(30.0, 300.0), st.floats(30.0, 300.0))
def test_choice_sets_the_tempo_it_shows(measured: float, other: float, tagged_bpm: float) -> None:
    tempo = replace(TEMPO, bpm=measured, confidence=0.3, alternatives=(TempoCandidate(bpm=other, confidence=0.2),))
    track = replace(with_analysis(tempo=tempo), tags=replace(SOUND.tags, bpm=tagged_bpm))
    for finding in found(track).values():
        for choice in finding.choices:
            assert float(choice.label.split()[-1]) == float(choice.command.rpartition("bpm=")[2])
    kept = found(track)["tempo_doubtful"].choices[0]
    assert abs(float(kept.label.split()[-1]) - measured) <= 0.0101


def test_disagreement_of_a_dj_program_and_of_the_tag_is_reported_together() -> None:
    values = ImportedValues(bpm=174.0, key=Key.parse("8B"))
    track = replace(with_tags(bpm=100.0, key="Dm"), imported=values)
    tempo, key = found(track)["tempo_disagrees"], found(track)["key_disagrees"]

    assert tempo.detail == "measured 87.0 BPM, imported is 174, its tag says 100"
    assert key.detail == "measured 8A, imported is 8B, its tag says 7A"
    assert commands(tempo) == ["keep 87.0: bpm=87", "change to 174.0: bpm=174", "change to 100.0: bpm=100"]
    assert commands(key) == ["keep 8A: key=8A", "change to 8B: key=8B", "change to 7A: key=7A"]
    believed = {
        finding.check.name: finding for finding in diagnose(replace(track, prefer=("imported", "measured", "tag")))
    }
    assert commands(believed["tempo_disagrees"])[0] == "keep 174.0: bpm=174"
    assert commands(believed["key_disagrees"])[:2] == ["keep 8B: key=8B", "change to 8A: key=8A"]
    # The same tempo, a little rounded, is none.
    assert found(replace(with_tags(bpm=87.0), imported=ImportedValues(bpm=87.1, key=Key.parse("8A")))) == {}
    decided = replace(track, user=UserValues(bpm=87.0, key=Key.parse("8A")))
    assert found(decided) == {}


def test_checks_report_only_their_own_case_or_a_failed_file() -> None:
    contradicted = with_tags(artist=None, bpm=100.0, key="Dm")

    assert set(found(replace(contradicted, state="missing"))) == {"missing"}
    failed = Track(path="/a.mp3", state="failed", failure=Failure(kind="corrupt", message="is cut"))
    assert set(found(failed)) == {"failed"}
    assert found(SOUND) == {}
    for track, name, detail, helps in CASES:
        findings = found(track)

        assert list(findings) == [name]
        assert detail in findings[name].detail
        assert offer(findings[name]) == helps
    assert {name for _, name, _, _ in CASES} | {"copies"} == {check.name for check in CHECKS}


def test_disputes_list_all_sources_and_end_with_a_value_of_the_user() -> None:
    disputed = replace(SOUND, tags=replace(SOUND.tags, label="Polar"), provided=provided(label="Warp"))
    [dispute] = disputes(disputed)
    assert (dispute.words, dispute.can_set, dispute.choices()) == ("label", True, ("Polar", "Warp"))
    assert [(claim.who, claim.value, claim.counts) for claim in dispute.said] == [
        ("tag", "Polar", True), ("musicbrainz", "Warp", False),
    ]  # fmt: skip
    assert [claim.score for claim in dispute.said] == [None, 0.9]
    assert list(disputes(replace(disputed, user=UserValues(label="Polar")))) == []
    first = replace(disputed, preferred=(("label", "provider"),))
    settled = dispute_of(first, FIELDS["label"])
    assert settled.choices() == ("Warp", "Polar")
    assert list(disputes(first)) == []
    assert next(disputes(replace(disputed, preferred=(("label", "imported"),)))).choices() == ("Polar", "Warp")


def test_plausible_year_of_another_source_is_offered() -> None:
    track = replace(with_tags(year=2099), imported=ImportedValues(year=1999))
    [finding] = diagnose(track, checks=["year_doubtful"])
    assert [choice.label for choice in finding.choices] == ["keep 2099", "change to 1999"]
    assert not [*diagnose(replace(track, user=UserValues(year=2099)), checks=["year_doubtful"])]
