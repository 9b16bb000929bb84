"""The panel of a track, its strip and its table of cue points."""

import io
from dataclasses import replace

from made_tracks import made_track
from rich.console import Console
from sound_track import SOUND, spectrum_until, with_analysis

from map4.cli.views.cue_table import cue_table
from map4.cli.views.strip import BAND_STYLES, phrase_band, strip
from map4.cli.views.track_panel import track_panel
from map4.core.music.analysis.analysis import Grid, Loudness, Tempo, TempoCandidate, TempoSegment
from map4.core.music.analysis.inside import Bars, Metre, Overview, Phrase, Structure
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.track.cues import CuePoint, ImportedPhrase, Span
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import DEFAULT_PREFERENCE, Source, Track, UserValues


def test_hot_and_memory_cue_at_one_position_share_a_line() -> None:
    cues = (
        CuePoint(position_s=9.0, name="Drop"),
        CuePoint(position_s=9.0004, number=0, name="Drop"),
        CuePoint(position_s=9.0, number=1, name="Vocal"),
        CuePoint(position_s=9.1, name="Drop"),
        CuePoint(position_s=-0.5, name="Start"),
    )
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(cue_table(replace(made_track("a.mp3", 120.0), imported=ImportedValues(cues=cues))))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split()[2] for line in lines[1:]] == ["Start", "Vocal", "Drop", "Drop"]
    assert [line.split("imported")[1].strip() for line in lines[1:]] == ["", ", hot cue B", ", hot cue A", ""]
    assert lines[1].split()[0] == "-0:00.5"


def overview(low: bytes, mid: bytes, high: bytes) -> Overview:
    return Overview(low=low, mid=mid, high=high, energy=bytes(200))


def test_strip_fills_every_width_and_labels_start_with_phrases() -> None:
    text = strip(overview(bytes([255]) * 100 + bytes(300), bytes(100) + bytes([191]) * 100 + bytes(200), bytes(400)), 4)
    assert text.plain == "█▄  "
    assert [span.style for span in text.spans][:2] == [BAND_STYLES[0], BAND_STYLES[1]]
    full = overview(bytes([255]) * 400, bytes(400), bytes(400))
    for width in (1, 7, 66, 400, 500):
        assert strip(full, width).plain == "█" * width
    structure = Structure(
        phrases=(phrase(0, 25, "A", "intro"), phrase(25, 50, "B"), phrase(50, 55, "C", "break"), phrase(55, 100, "B")),
        confidence=0.9,
    )
    assert phrase_band(structure, 100.0, 40).plain == "│intro    │B        │C│B".ljust(40)
    for width in range(1, 60):
        assert len(phrase_band(structure, 100.0, width).plain) == width


def phrase(start_s: float, end_s: float, group: str, role: str | None = None) -> Phrase:
    return Phrase(start_s=start_s, end_s=end_s, bars=8, group=group, role=role, energy=0.5, confidence=0.9)


# What the panel of one track says.
def shown(track: Track, *prefer: Source, notation: Notation = "camelot", with_hamms: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    preferred = replace(track, prefer=prefer or DEFAULT_PREFERENCE)
    console.print(track_panel(preferred, notation=notation, width=80, with_hamms=with_hamms))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    return [line.strip("│ ") for line in lines]


def with_tempi(*parts: tuple[float, float]) -> Track:
    """A track whose tempo changes: beginnings in seconds, and tempi in BPM."""
    track = made_track("a.mp3", 120.0)
    assert track.analysis is not None
    tempo_map = tuple(TempoSegment(start_s=start_s, end_s=start_s + 1.0, bpm=bpm) for start_s, bpm in parts)
    return replace(track, analysis=replace(track.analysis, tempo_map=tempo_map))


def test_tempi_ratings_plays_and_cues_have_their_rows() -> None:
    assert [line for line in shown(with_tempi()) if " from " in line] == []
    assert "120.0 from 0:00, 126.2 from 1:06" in shown(with_tempi((0.0, 120.0), (65.9, 126.2)))
    track = made_track("a.mp3", 140.0)
    assert track.analysis is not None
    others = tuple(TempoCandidate(bpm=bpm, confidence=sure) for bpm, sure in ((70.0, 0.3), (93.3, 0.06), (280.0, 0.02)))
    tempo = Tempo(bpm=140.0, confidence=0.6, alternatives=others)
    lines = shown(replace(track, analysis=replace(track.analysis, tempo=tempo)))
    assert "also felt at 70.0 (30 %)" in lines
    assert "or 93.3 (6 %), 280.0 (2 %)" in lines
    # As reports and the table of cue points round: 14.96 s are 0:15.
    cues = tuple(CuePoint(position_s=15.0 * n - 0.04, name="Break\x1b" if n == 1 else None) for n in range(6))
    values = ImportedValues(rating=3.5, play_count=12, last_played="2026-01-31T22:15:00", cues=cues)
    lines = shown(replace(made_track("a.mp3", 120.0, "8A", rating=1.0), imported=values))
    assert "rating    ★★★½☆" in lines
    assert "played    12 times, last on 2026-01-31 at 22:15" in lines
    assert "cues      6" in lines
    assert "0:00 cue, 0:15 Break\ufffd, 0:30 cue, 0:45 cue, 2 more" in lines


def test_imported_values_and_sources_of_tempo_and_key_are_marked() -> None:
    values = ImportedValues(
        title="Velvet", artist="Nadia", album="Basement", year=1998, composer="Bea", remixer="Cid", grouping="opener",
        date_added="2019-08-23T10:15:00", color="#fa4b35", vocals=(Span(start_s=30.0, end_s=45.0),),
        structure=tuple(
            ImportedPhrase(start_s=10.0 * n, end_s=10.0 * n + 10, role="intro", name=None if n else "Intro 1")
            for n in range(5)
        ),
    )  # fmt: skip
    bare = replace(made_track("a.mp3", 120.0, "8A"), tags=Tags(album="LP"))
    lines = shown(replace(bare, imported=values))
    assert any("Nadia – Velvet" in line for line in lines)
    assert "tags      LP · 1998  artist, title, year imported" in lines
    assert "added     2019-08-23 at 10:15" in lines
    assert "also      composer Bea · remixer Cid · grouping opener · colour red" in lines
    assert "phrases   5  imported" in lines
    assert "0:00 Intro 1, 0:10 intro, 0:20 intro, 0:30 intro, 1 more" in lines
    assert lines[lines.index("vocals    1  imported") + 1] == "0:30"
    values = ImportedValues(bpm=87.0, key=Key.parse("1A"))
    track = replace(made_track("a.mp3", 120.0, "8A"), tags=Tags(bpm=120.0), imported=values)
    first = shown(track, "imported", "measured", "tag")
    assert "tempo     87.00 BPM  imported" in first
    assert "measured: 120.00, imported: 87.00, tag: 120.00" in first
    assert any(line.startswith("key       1A Camelot · 6m Open Key · A♭m (A♭ minor)  imported") for line in first)
    assert any(line.startswith("tempo     120.00 BPM  90 % sure") for line in shown(track))
    own = replace(track, user=UserValues(bpm=60.0))
    assert "you: 60.00, measured: 120.00, imported: 87.00, tag: 120.00" in shown(own)


def test_hamms_numbers_are_shown_on_request_and_upscaling_with_its_reason() -> None:
    track = made_track("a.mp3", 120.0, "8A", hamms=0.5)
    short, full = shown(track), shown(track, with_hamms=True)
    assert "HAMMS     twelve numbers used to compare tracks; --hamms shows them" in short
    assert not any("acousticness" in line for line in short)
    assert any("acousticness" in line and "0.50" in line for line in full)
    assert not any("--hamms" in line for line in full)
    upscaled = with_analysis(spectrum=spectrum_until(16_020.0, 55.0))
    assert "upscaled: nothing above 16.0 kHz, as MP3 at 128 kbit/s has it" in shown(upscaled)
    assert not any("upscaled" in line for line in shown(SOUND))


def test_figures_are_shown_without_false_precision() -> None:
    track = made_track("untagged.mp3", 120.0, "8A")
    analysis = track.analysis

    def panel(cents: float, **more: object) -> str:
        key = replace(analysis.key, tuning_cents=cents)  # type: ignore[type-var]
        return "\n".join(shown(replace(track, analysis=replace(analysis, key=key, **more))))  # type: ignore[arg-type]

    assert "tuned" not in panel(-0.4)
    assert "tuned" not in panel(4.9)
    assert "tuned 13 hundredths of a semitone below A = 440 Hz" in panel(-13.0)
    sure = panel(0.0, tempo=Tempo(bpm=120.0, confidence=0.9961), loudness=Loudness(true_peak_dbtp=-0.04))
    assert "120.00 BPM  over 99 % sure" in sure
    assert "true peak 0.0 dBTP" in sure
    assert "─ untagged.mp3 ─" in sure


def test_unknown_beats_and_bars_are_shown_as_unknown() -> None:
    track = made_track("a.mp3", 120.0)
    assert "bars      not known" in shown(track)
    assert "no grid: the beats don't fit a constant tempo" in shown(track)
    assert "no grid: the tempo changes" in shown(with_tempi((0.0, 120.0), (65.9, 126.2)))
    known = replace(
        track.analysis,
        grid=Grid(first_beat_s=0.25, bpm=120.0),
        bars=Bars(downbeats_s=(0.75, 2.75), confidence=0.8, metre=Metre(beats_per_bar=4, confidence=0.9)),
    )
    lines = shown(replace(track, analysis=known))
    assert "first beat at 0.250 s" in lines
    assert any(line.startswith("first bar at 0.750 s") for line in lines)
    assert not any("no grid" in line or "not known" in line for line in lines)
