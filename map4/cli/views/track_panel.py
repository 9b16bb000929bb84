"""All details of a track, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from map4.cli.views.columns import moment, safe_text, stars
from map4.cli.views.strip import phrase_band, strip
from map4.core.base.text import clock, percent
from map4.core.music.analysis.analysis import DOUBTFUL, Analysis
from map4.core.music.analysis.inside import Bars
from map4.core.music.analysis.key import Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.palette import Colour
from map4.core.music.track.hamms import HAMMS_NAMES
from map4.core.music.track.labels import Labels
from map4.core.music.track.sources import FieldSource
from map4.core.music.track.track import Source, Track
from map4.core.music.track.track_cues import without_twins
from map4.library import hookspecs

BAR_WIDTH = 20
PANEL_WIDTH = 80
# Width of the frame, the padding and the row names.
_BESIDE = 4 + 8 + 2
# Below this width, HAMMS has one column: two need 71, frame and padding 4.
TWO_COLUMNS_WIDTH = 75
# Only the most probable alternatives are useful to people. A half or double is another way to count from the second on.
LEAST_SHOWN, LEAST_FELT = 0.01, 0.05
MOST_ALTERNATIVES = 3
# Parts shown of a track that changes tempo or key; records have all parts.
MOST_PARTS = 4
_WHOSE: dict[FieldSource | None, str] = {
    "user": "set by you",
    "imported": "imported",
    "tag": "from the tag",
    "provider": "looked up",
}
_SOURCES: dict[Source, str] = {"user": "you", "provider": "looked up"}
# Smaller detuning is inaudible (listeners notice about 5 cents at best).
AUDIBLE_CENTS = 5.0
_NOTATIONS: tuple[Notation, ...] = ("camelot", "openkey", "musical")
# Tags are often rounded to whole BPM; within 1 %, two sources agree.
SAME_TEMPO = 0.01


def track_panel(
    track: Track, *, notation: Notation, width: int = PANEL_WIDTH, with_hamms: bool = False
) -> RenderableType:
    """The details of a track, within 80 columns.

    track: with or without an analysis
    notation: the first key notation; the other two follow
    width: terminal width in columns; at most 80 are used
    with_hamms: include the twelve HAMMS numbers
    """
    columns = 2 if width >= TWO_COLUMNS_WIDTH else 1
    rows: list[RenderableType] = [safe_text(track.shown_path, "dim", "fold")]
    if track.analysis is None:
        rows.append(Text("not analysed yet"))
    else:
        rows.append(_facts(track, track.analysis, notation, with_hamms=with_hamms, width=min(width, PANEL_WIDTH)))
        if with_hamms:
            rows.append(_hamms(track.analysis, columns))
    return Panel(
        Group(*rows),
        title=safe_text(track.caption(), "bold"),
        title_align="left",
        width=min(width, PANEL_WIDTH),
        padding=(0, 1),
    )


def bar(value: float, width: int = BAR_WIDTH) -> str:
    """A horizontal bar for a value in [0, 1], in half columns; bars of adjacent lines do not touch."""
    full, rest = divmod(round(max(0.0, min(1.0, value)) * width * 2), 2)
    return ("━" * full + "╸" * rest).ljust(width)


def _facts(track: Track, analysis: Analysis, notation: Notation, *, with_hamms: bool, width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("tempo", _tempo(track, analysis))
    table.add_row("key", _key(track, analysis, notation))
    table.add_row("energy", _energy(track))
    table.add_row("loudness", _loudness(analysis))
    table.add_row("length", _length(track, analysis))
    if analysis.overview is not None:
        table.add_row("course", _course_of(analysis, max(1, width - _BESIDE)))
    if analysis.bars is not None:
        table.add_row("bars", _bars(analysis.bars))
    elif analysis.tempo is not None:
        table.add_row("bars", Text("not known", style="dim"))
    names = (track.album(), track.named_genre(), track.year(), track.label())
    about = [str(value) for value in names if value is not None]
    if about:
        table.add_row("tags", safe_text(" · ".join(about)).append(_own_names(track)))
    piece = [str(value) for name in ("work", "movement_number", "movement") if (value := track.value(name)) is not None]
    if piece:
        table.add_row("work", safe_text(" · ".join(piece)))
    if track.user.marks:
        table.add_row("marks", safe_text(" · ".join(track.user.marks), "bold"))
    if track.labels is not None:
        table.add_row("labels", _labels(track.labels))
    for name, text in _known_by_djs(track).items():
        table.add_row(name, text)
    for name, parts in chain.from_iterable(hookspecs.track_bands(track)):
        table.add_row(name, _places([start_s for start_s, *_ in parts]))
    flags = [*analysis.flags, *track.flags]
    if flags:
        table.add_row("flags", Text(", ".join(flags), style="magenta"))
    if analysis.hamms is not None:
        what = Text("twelve numbers used to compare tracks", style="dim")
        more = _confidence(analysis.hamms.confidence) if with_hamms else Text("; --hamms shows them", style="dim")
        table.add_row("HAMMS", what.append(more))
    return table


def _own_names(track: Track) -> Text:
    """Which of the names above were set by the user, imported or looked up."""
    whose: dict[FieldSource, list[str]] = {"user": [], "imported": [], "provider": []}
    for name in ("artist", "title", "album", "genre", "year", "label"):
        source = next(iter(track.sources(name)), None)
        if source in whose:
            whose[source].append(name)
    text = "; ".join(f"{', '.join(names)} {_WHOSE[source]}" for source, names in whose.items() if names)
    return Text(f"  {text}" if text else "", style="dim")


def _course_of(analysis: Analysis, width: int) -> Text:
    assert analysis.overview is not None
    text = strip(analysis.overview, width)
    if analysis.structure is not None:
        text.append("\n").append(phrase_band(analysis.structure, analysis.duration_s, width))
    return text


def _bars(bars: Bars) -> Text:
    text = Text(f"{bars.metre.beats_per_bar} beats each").append(_confidence(bars.metre.confidence))
    first = f"\nfirst bar at {bars.downbeats_s[0]:.3f} s" if bars.downbeats_s else "\nbar one"
    return text.append(first, style="dim").append(_confidence(bars.confidence))


def _known_by_djs(track: Track) -> dict[str, Text]:
    """Values from DJ programs, as far as known, and the effective rating."""
    texts, rating, imported = dict[str, Text](), track.rating(), track.imported
    if rating is not None:
        texts["rating"] = Text(stars(rating))
    plays, last, skips = track.play_count(), track.last_played(), track.skip_count()
    often = "" if plays is None else "never" if plays == 0 else "once" if plays == 1 else f"{plays} times"
    when = "" if last is None else f"last on {moment(last)}"
    passed = f"skipped {'once' if skips == 1 else f'{skips} times'}" if skips else ""
    if played := ", ".join(part for part in (often, when, passed) if part):
        texts["played"] = Text(played)
    if imported is None:
        return texts
    if imported.date_added is not None:
        texts["added"] = Text(moment(imported.date_added))
    also = [f"{name} {text}" for name in ("composer", "remixer", "mix", "grouping") if (text := track.value(name))]
    if imported.color is not None:
        also.append(f"colour {Colour.nearest_of_eight(imported.color) or 'grey'}")
    if also:
        texts["also"] = safe_text(" · ".join(also))
    if imported.cues:
        cues = without_twins(imported.cues)
        names = [cue.name or cue.kind.replace("_", " ") for cue in cues]
        texts["cues"] = _places([cue.position_s for cue in cues], names)
    if imported.structure:
        names = [phrase.name or phrase.role or phrase.group or "phrase" for phrase in imported.structure]
        texts["phrases"] = _places([phrase.start_s for phrase in imported.structure], names, _whose("imported"))
    if imported.vocals:
        texts["vocals"] = _places([span.start_s for span in imported.vocals], whose=_whose("imported"))
    return texts


def _places(times_s: Sequence[float], names: Sequence[str] = (), whose: Text | None = None) -> Text:
    """The number of times, and the first few of them."""
    shown = [clock(max(0.0, time_s)) for time_s in times_s[:MOST_PARTS]]
    if names:
        shown = [f"{time} {name}" for time, name in zip(shown, names, strict=False)]
    if len(times_s) > MOST_PARTS:
        shown.append(f"{len(times_s) - MOST_PARTS} more")
    return Text(str(len(times_s))).append(whose or "").append("\n").append_text(safe_text(", ".join(shown), "dim"))


def _labels(labels: Labels) -> Text:
    about = [labels.genre, labels.subgenre, labels.mood, labels.era, *labels.tags]
    text = safe_text(" · ".join(word for word in about if word))
    text.append(_confidence(labels.confidence)).append(f" ({labels.source})", style="dim")
    return text.append("\n").append_text(safe_text(labels.notes, "dim")) if labels.notes else text


def _tempo(track: Track, analysis: Analysis) -> Text:
    bpm = track.bpm()
    if bpm is None:
        return Text("none: no steady beat detected", style="dim")
    text = Text.assemble((f"{bpm:.2f} BPM", "bold cyan"))
    measured = analysis.tempo
    if measured is not None and round(measured.bpm, 3) == bpm:
        text.append(_confidence(measured.confidence))
        likely = [other for other in measured.alternatives if other.confidence >= LEAST_SHOWN][:MOST_ALTERNATIVES]
        octaves = [other for other in likely if round(other.bpm / measured.bpm, 2) in (0.5, 2.0)]
        felt = [other for other in octaves if other.confidence >= LEAST_FELT]
        for words, named in (("also felt at", felt), ("or", [other for other in likely if other not in felt])):
            others = ", ".join(f"{other.bpm:.1f} ({percent(other.confidence)})" for other in named)
            text.append(f"\n{words} {others}" if others else "", style="magenta" if measured.second in named else "dim")
    else:
        text.append(_whose(track.bpm_source()))
    if analysis.grid is not None:
        text.append(f"\nfirst beat at {analysis.grid.first_beat_s:.3f} s", style="dim")
    elif measured is not None:
        why = "the tempo changes" if analysis.tempo_map else "the beats don't fit a constant tempo"
        text.append(f"\nno grid: {why}", style="dim")
    text.append(_course([(part.start_s, f"{part.bpm:.1f}") for part in analysis.tempo_map]))
    sources = track.bpm_sources()
    if all(abs(value - bpm) <= SAME_TEMPO * bpm for value in sources.values()):
        return text
    return _with_sources(text, {name: f"{value:.2f}" for name, value in sources.items()})


def _key(track: Track, analysis: Analysis, notation: Notation) -> Text:
    key = track.key()
    if key is None:
        return Text("none: no tonal centre detected", style="dim")
    named = {"camelot": " Camelot", "openkey": " Open Key", "musical": f" ({key.name})"}
    notations: list[Notation] = [notation, *(other for other in _NOTATIONS if other != notation)]
    style = "bold magenta" if key.mode == "minor" else "bold green"
    text = Text.assemble((key.in_notation(notation), style), named[notation])
    text.append("".join(f" · {key.in_notation(other)}{named[other]}" for other in notations[1:]))
    measured = analysis.key
    if measured is not None and measured.key == key:
        text.append(_confidence(measured.confidence))
        if measured.runner_up is not None:
            other = measured.runner_up
            text.append(f"\nor {other.key.in_notation(notation)} ({percent(other.confidence)})", style="dim")
        text.append(_tuning(measured.tuning_cents))
    else:
        text.append(_whose(track.key_source()))
    text.append(_course([(part.start_s, part.key.in_notation(notation)) for part in analysis.key_map]))
    return _with_sources(text, {name: value.in_notation(notation) for name, value in track.key_sources().items()})


def _tuning(cents: float) -> Text:
    """How far a track is from concert pitch; empty if inaudible."""
    if abs(cents) < AUDIBLE_CENTS:
        return Text("")
    side = "above" if cents > 0 else "below"
    return Text(f"\ntuned {abs(cents):.0f} hundredths of a semitone {side} A = 440 Hz", style="dim")


def _course(parts: list[tuple[float, str]]) -> Text:
    """The parts of a changing track, each with its start time; empty if there are none."""
    shown = [f"{value} from {clock(start_s)}" for start_s, value in parts[:MOST_PARTS]]
    if len(parts) > MOST_PARTS:
        shown.append(f"{len(parts) - MOST_PARTS} more")
    return Text("\n" + ", ".join(shown) if shown else "", style="dim")


def _whose(source: Source | None) -> Text:
    """The source of a value, if it was not measured."""
    return Text(f"  {_WHOSE[source]}" if source in _WHOSE else "", style="dim")


def _confidence(confidence: float) -> Text:
    doubt = "  in doubt" if confidence < DOUBTFUL else ""
    return Text(f"  {percent(confidence, is_estimate=True)} sure{doubt}", style="magenta" if doubt else "dim")


def _with_sources(text: Text, sources: dict[Source, str]) -> Text:
    """Append the value of each source if they disagree."""
    if len(set(sources.values())) > 1:
        text.append(
            "\n" + ", ".join(f"{_SOURCES.get(name, name)}: {value}" for name, value in sources.items()), style="magenta"
        )
    return text


def _energy(track: Track) -> Text:
    energy = track.energy()
    if energy is None:
        return Text("none: silence", style="dim")
    text = Text.assemble((f"{Energy.level(energy):>2}", "bold"), f" of 10  {bar(energy, 10)}{energy:5.2f}")
    return text if track.user.energy is None else text.append(_whose("user"))


def _loudness(analysis: Analysis) -> Text:
    loudness = analysis.loudness
    parts = [  # adding 0 turns -0.0 into 0.0
        (loudness.integrated_lufs, "{:.1f} LUFS"),
        (loudness.range_lu, "range {:.1f} LU"),
        (loudness.true_peak_dbtp, "true peak {:.1f} dBTP"),
    ]
    known = [text.format(round(value, 1) + 0.0) for value, text in parts if value is not None]
    return Text(", ".join(known) or "none: silence")


def _length(track: Track, analysis: Analysis) -> Text:
    text = Text(clock(analysis.duration_s))
    if analysis.cue_in_s is not None and analysis.cue_out_s is not None:
        text.append(f", sound from {analysis.cue_in_s:.1f} s to {analysis.cue_out_s:.1f} s", style="dim")
    if track.format is not None:
        audio = track.format
        kbps = (track.bit_rate_bps() or 0.0) / 1000
        channels = {1: "mono", 2: "stereo"}.get(audio.channels, f"{audio.channels} channels")
        facts = (audio.codec, f"{audio.sample_rate_hz / 1000:g} kHz", channels, f"{kbps:.0f} kbit/s")
        text.append(f"\n{', '.join(facts)}", style="dim")
    why = track.why_upscaled()
    if why is not None:
        text.append(f"\nupscaled: {why}", style="magenta")
    return text


def _hamms(analysis: Analysis, columns: int) -> RenderableType:
    if analysis.hamms is None:
        return Text("")
    table = Table.grid(padding=(0, 1))
    for _ in range(columns):
        table.add_column(no_wrap=True, width=19)
        table.add_column(no_wrap=True, width=10, style="cyan")
        table.add_column(no_wrap=True, width=4, justify="right")
    cells = [
        (name.replace("_", " "), *(("", "–") if value is None else (bar(value, 10), f"{value:.2f}")))
        for name, value in zip(HAMMS_NAMES, analysis.hamms.vector, strict=True)
    ]
    rows = len(cells) // columns
    for row in range(rows):
        table.add_row(*(cell for column in range(columns) for cell in cells[row + column * rows]))
    return Group(Text(""), table)
