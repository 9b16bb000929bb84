"""What looks wrong with a track, and what to do about it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from map4.core.base.paths import command_line, display_path
from map4.core.base.records import Absent
from map4.core.base.text import bpm_text, percent
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL, Analysis, Tempo
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import CLIPPED_PER_MINUTE
from map4.core.music.file_name import FileName, without_additions
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.cues import GridMark
from map4.core.music.track.fields import FIELDS, NUMBERS, OF_FILE
from map4.core.music.track.garbled import repairs
from map4.core.music.track.observations import OCTAVES, SAME_TEMPO, Observation
from map4.core.music.track.track import Source, Track
from map4.doctor.checks.finding import Check, Choice, Dispute, Finding, Subject, disputes

CLOSE_RATIO = 0.8  # a runner-up with this share of the winner's confidence counts as equally likely
ROUNDED = 0.005  # a tempo this near to half or double the measured tempo counts as that, rounded
MEASURED_WITHIN_BPM = 0.01  # error of a measured tempo; over five minutes it moves the last beat by 25 ms at 120 BPM
LEAD_IN_S = 5.0
TAIL_S = 15.0  # silence at an end that sounds like a fault, or that a DJ has to skip
LOW_BIT_RATE_BPS = 128_000.0  # below this, MP3 loses at least everything above 16 kHz
LOW_SAMPLE_RATE_HZ = 32_000  # nothing above 16 kHz can be in the file
CODECS_OF = {"mp3": ("mp1", "mp2", "mp3"), "flac": ("flac",), "ogg": ("vorbis", "opus", "flac", "speex"),
             "opus": ("opus",), "m4a": ("aac", "alac", "ac3", "eac3", "flac", "opus")}  # fmt: skip
"""The codecs in files with these suffixes."""

# Sources that may contradict the measurement, by weight: a DJ's check by ear counts more than a shop's tag.
_OTHERS: dict[Source, str] = {"imported": "imported is", "tag": "its tag says", "provider": "looked up is"}
# Failures that may pass when tried again; all others need another file.
_MAY_PASS = frozenset({"unreadable", "timeout", "crashed", "no_memory", "vanished"})

SAME_GRID_BPM = 0.05  # tempi of grids that differ by more are off the beats within minutes
USUAL_METRE = 4  # beats per bar if they are unknown
_OF_BARS: Mapping[str, tuple[str, type[int] | type[float]]] = {
    "downbeat": ("downbeat_s", float),
    "metre": ("metre", int),
}

Spelling = Callable[[str], str]

GARBLED = ("artist", "title", "album", "album_artist", "genre")  # the names that `garbled` reads

_Words = Sequence[str]  # a command, without "map4"


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of a check: numbers for a person, and the command that helps, or several to choose from."""

    detail: str
    command: _Words | None = None
    choices: tuple[tuple[str, _Words], ...] = ()
    disputes: tuple[Dispute, ...] | Absent = ...


_Ask = Callable[[Track], _Answer | None]
_AnyAsk = TypeVar("_AnyAsk", bound=_Ask)
_CHECKS: list[tuple[Check, _Ask]] = []


def _check(name: str, subject: Subject, title: str, advice: str) -> Callable[[_AnyAsk], _AnyAsk]:
    """Register a check; `diagnose` makes checks in the order of their definition."""

    def add(ask: _AnyAsk) -> _AnyAsk:
        _CHECKS.append((Check(name=name, subject=subject, title=title, advice=advice), ask))
        return ask

    return add


@_check("failed", "file", "can't be analysed", "make the file readable or replace it, then scan again")
def _failed(track: Track) -> _Answer | None:
    if track.state != "failed" or track.failure is None:
        return None
    command = ("scan", "--retry-failed", track.path) if track.failure.kind in _MAY_PASS else None
    return _Answer(f"{track.failure.message} ({track.failure.kind})", command)


@_check("missing", "file", "gone", "is its drive connected? Otherwise, for all such files:")
def _missing(track: Track) -> _Answer | None:
    if track.state != "missing":
        return None
    choices: tuple[tuple[str, _Words], ...] = (("look again", ("scan",)), ("forget what is gone", ("library", "prune")))
    own = [field.words for field in FIELDS.values() if field.of_file and getattr(track.user, field.name) is not None]
    waiting = f"; your values ({', '.join(own)}) wait for it" if own else ""
    return _Answer(f"the file is gone, or its drive is not connected{waiting}", choices=choices)


def _with_copy(missing: _Answer | None, path: str, same_audio: str | None, other: str | None) -> _Answer | None:
    """Return the answer of a missing file: lists play a file with the same audio, and another copy can replace it."""
    if missing is not None and same_audio is not None:
        detail = f"{missing.detail}; lists play {display_path(same_audio)}, which has the same audio"
        return replace(missing, detail=detail, choices=missing.choices[1:])
    if missing is None or other is None:
        return missing
    offer = ("hand over to its copy", ("duplicates", "replace", path, other))
    return replace(missing, choices=(*missing.choices[:-1], offer, missing.choices[-1]))


@_check("damaged", "file", "damaged", "replace the file by a good copy, then scan again")
def _damaged(track: Track) -> _Answer | None:
    flags = () if (analysis := _present(track)) is None else analysis.flags
    damage = [words for flag, words in AudioFormat.DAMAGE.items() if flag in flags]
    return _Answer(", ".join(damage)) if damage else None


_COPY = Check(
    name="copies",
    subject="file",
    title="the same recording as another file",
    advice="decide which one to keep; ^is:copy leaves these out of lists",
)


def _copied(track: Track, kept_path: str) -> _Answer:
    words = ("duplicates", track.path)
    return _Answer(f"{display_path(kept_path)} is the copy to keep", choices=(("show both", words),))


@_check("wrong_suffix", "file", "named like another format", "rename it; its values stay, as they belong to the audio")
def _wrong_suffix(track: Track) -> _Answer | None:
    suffix = os.path.splitext(track.path)[1].lower().lstrip(".")
    codec = track.format.codec if track.format is not None and _present(track) is not None else None
    return None if codec is None or codec in CODECS_OF.get(suffix, (codec,)) else _Answer(f"{codec}, named .{suffix}")


@_check("silent", "sound", "silent", "listen to it; it may be a broken export")
def _silent(track: Track) -> _Answer | None:
    analysis = _present(track)
    if analysis is None or "silent" not in analysis.flags:
        return None
    return _Answer("nothing above -70 LUFS from beginning to end")


@_check("stale", "analysis", "analysed by an older version", "scan again")
def _stale(track: Track) -> _Answer | None:
    analysis = _present(track)
    if analysis is None or (analysis.version == ANALYSIS_VERSION and "reanalysis_failed" not in track.flags):
        return None
    if "reanalysis_failed" in track.flags:
        return _Answer(
            "it can't be analysed; its values are older, or from a file with the same audio id",
            ("analyze", "--force", track.path),
        )
    return _Answer(f"analysed by version {analysis.version}, now it is {ANALYSIS_VERSION}", ("scan",))


@_check("tempo_doubtful", "tempo", "tempo in doubt", "tap along ('map4 tap FILE'), then choose")
def _tempo_doubtful(track: Track) -> _Answer | None:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence >= DOUBTFUL:
        return None
    others = " or ".join(f"{other.bpm:.1f} ({percent(other.confidence)})" for other in tempo.alternatives[:2])
    detail = f"{tempo.bpm:.1f} BPM ({percent(tempo.confidence)})" + (f", perhaps {others}" if others else "")
    return _Answer(detail, choices=_tempi(track, tempo.bpm, *(other.bpm for other in tempo.alternatives[:2])))


@_check("tempo_close", "tempo", "two tempi are about equally likely", "tap along ('map4 tap FILE'), then choose")
def _tempo_close(track: Track) -> _Answer | None:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence < DOUBTFUL or not tempo.alternatives:
        return None
    other = tempo.alternatives[0]
    if other.confidence < CLOSE_RATIO * tempo.confidence:
        return None
    detail = f"{tempo.bpm:.1f} BPM ({percent(tempo.confidence)}) or {other.bpm:.1f} ({percent(other.confidence)})"
    return _Answer(detail, choices=_tempi(track, tempo.bpm, other.bpm))


@_check("tempo_disagrees", "tempo", "tempo differs from the tag or a DJ program's", "listen, then choose")
def _tempo_disagrees(track: Track) -> _Answer | None:
    sources = track.bpm_sources() if _present(track) else {}
    measured = sources.get("measured")
    if measured is None or "user" in sources:
        return None
    # A provider's half or double tempo is no reason to doubt; the user's own file or program counts fully.
    others = [
        name
        for name in _OTHERS
        if name in sources
        and not any(_is_same_tempo(f * measured, sources[name]) for f in (OCTAVES if name == "provider" else (1.0,)))
    ]
    if not others:
        return None
    other_values = ", ".join(f"{_OTHERS[name]} {sources[name]:g}" for name in others)
    others_bpm = (_as_measured(measured, sources[name]) for name in others)
    choices = _tempi(track, track.bpm() or measured, measured, *others_bpm)
    return _Answer(f"measured {measured:.1f} BPM, {other_values}", choices=choices)


def _as_measured(measured: float, other: float) -> float:
    """Return another source's tempo, with the measured decimals if it is half or double the measured tempo."""
    near = (bpm for bpm in (2 * measured, measured / 2) if abs(bpm - other) <= ROUNDED * other)
    return next(near, other)


def _is_same_tempo(measured: float, other: float) -> bool:
    return abs(measured - other) <= SAME_TEMPO * other


@_check(
    "grid_wrong",
    "grid",
    "imported beat grid is off the beats",
    "listen to it; then write map4's own grid, and import that file into your DJ program",
)
def _grid_wrong(track: Track) -> _Answer | None:
    fault, _ = _imported_grid_fault(track)
    if fault is None:
        return None
    return _Answer(
        fault,
        choices=tuple(
            (f"write for {program}", ("export", track.path, "--measured-grid", "-o", name))
            for program, name in (("rekordbox", "grid.xml"), ("Traktor", "grid.nml"))
        ),
    )


def _imported_grid_fault(track: Track) -> tuple[str | None, int | None]:
    """The fault of the imported grid, if it is current, and on which other beat map4 has its bar one."""
    analysis, imported = _present(track), track.imported
    if imported is None or not imported.grid or track.set_grid() is not imported.grid:
        return None, None
    from map4.doctor.checks.grid_check import grid_fault, other_bar_one  # loads numpy, which few libraries need here

    set_bpm, grid = track.user.bpm, None if analysis is None else analysis.grid
    # The measured grid is a fix only if the user set no other tempo.
    if analysis is None or grid is None or not (set_bpm is None or GridMark.is_rounded_from(set_bpm, grid.bpm)):
        return None, None
    return grid_fault(imported.grid, analysis), other_bar_one(imported.grid, analysis)


@_check("bars_doubtful", "bars", "bar one is doubtful",
        "listen with a click ('map4 serve --open'), then choose the beat that begins a bar")  # fmt: skip
def _bars_doubtful(track: Track) -> _Answer | None:
    analysis, user, imported = _present(track), track.user, track.imported.grid if track.imported else ()
    grid, tempo = (None, None) if analysis is None else (analysis.grid, analysis.tempo)
    if analysis is None or grid is None or tempo is None or user.grid is not None:
        return None
    if imported and (imported[0].beat is not None or abs(imported[0].bpm - tempo.bpm) > SAME_GRID_BPM):
        return None
    # Otherwise the grid has not the current tempo.
    if not (
        track.bpm() == round(tempo.bpm, 3) or (user.bpm is not None and GridMark.is_rounded_from(user.bpm, tempo.bpm))
    ):
        return None
    bars = analysis.bars
    if bars is not None and bars.sure >= DOUBTFUL:
        return None
    metre, beat = (USUAL_METRE, 1) if bars is None else (bars.metre.beats_per_bar, bars.grid_beat or 1)
    mark = GridMark(position_s=grid.first_beat_s, bpm=grid.bpm, metre=metre, beat=beat)
    if imported:  # its beats are numbered as those of map4
        later = round((imported[0].position_s - mark.position_s) * mark.bpm / 60.0)
        mark = replace(imported[0], metre=metre, beat=(beat - 1 + later) % metre + 1)
    detail = "bar one is unknown" if bars is None else f"bars of {metre} ({percent(bars.sure)})"
    return _Answer(detail, choices=_beats(track, mark))


@_check("bars_disagree", "bars", "bar one differs from a DJ program's",
        "listen with a click ('map4 serve --open'), then choose the beat that begins a bar")  # fmt: skip
def _bars_disagree(track: Track) -> _Answer | None:
    _, beat = _imported_grid_fault(track)
    if beat is None:
        return None
    return _Answer(f"measured on beat {beat} of the imported bars", choices=_beats(track, track.set_grid()[0]))


@_check(
    "key_doubtful",
    "key",
    "key in doubt, or two keys about equally likely",
    "play a chord of each key along with it, then choose",
)
def _key_doubtful(track: Track) -> _Answer | None:
    analysis = _present(track)
    key = None if analysis is None else analysis.key
    if key is None or track.key() != key.key or track.user.key is not None:
        return None
    runner_up = key.runner_up
    is_close = runner_up is not None and runner_up.confidence >= CLOSE_RATIO * key.confidence
    if key.confidence >= DOUBTFUL and not is_close:
        return None
    detail = f"{key.key.camelot} ({percent(key.confidence)})"
    if runner_up is None:
        return _Answer(detail, choices=_keys(track, key.key))
    detail += f" or {runner_up.key.camelot} ({percent(runner_up.confidence)})"
    return _Answer(detail, choices=_keys(track, key.key, runner_up.key))


@_check("key_disagrees", "key", "key differs from the tag or a DJ program's", "listen, then choose")
def _key_disagrees(track: Track) -> _Answer | None:
    sources = track.key_sources() if _present(track) else {}
    measured = sources.get("measured")
    if measured is None or "user" in sources:
        return None
    others = [name for name in _OTHERS if sources.get(name, measured) != measured]
    if not others:
        return None
    other_values = ", ".join(f"{_OTHERS[name]} {sources[name].camelot}" for name in others)
    choices = _keys(track, track.key() or measured, measured, *(sources[name] for name in others))
    return _Answer(f"measured {measured.camelot}, {other_values}", choices=choices)


@_check("clipped", "sound", "clipped", "look for another release or a better copy")
def _clipped(track: Track) -> _Answer | None:
    analysis = _present(track)
    rate = None if analysis is None else analysis.loudness.clipped_per_minute
    if rate is None or rate < CLIPPED_PER_MINUTE:
        return None
    return _Answer(f"{rate:.0f} clipped peaks a minute")


@_check("silent_ends", "sound", "long silence at an end",
        "nothing to do for lists: mixes are planned from the first sound to the last")  # fmt: skip
def _silent_ends(track: Track) -> _Answer | None:
    analysis = _present(track)
    if analysis is None or analysis.cue_in_s is None or analysis.cue_out_s is None:
        return None
    tail_s = analysis.duration_s - analysis.cue_out_s
    ends = [
        f"{length_s:.0f} s of silence {where}"
        for length_s, most_s, where in ((analysis.cue_in_s, LEAD_IN_S, "at the start"), (tail_s, TAIL_S, "at the end"))
        if length_s > most_s
    ]
    return _Answer(", ".join(ends)) if ends else None


@_check("low_quality", "file", "low quality", "look for a better copy")
def _low_quality(track: Track) -> _Answer | None:
    form, bit_rate_bps = track.format, track.bit_rate_bps()
    if _present(track) is None or form is None or bit_rate_bps is None:
        return None
    is_lossy = form.codec in AudioFormat.LOSSY_OLD | AudioFormat.LOSSY_NEW
    is_low = (
        is_lossy
        and AudioFormat.mp3_bps(form.codec, bit_rate_bps, form.channels)
        < AudioFormat.NEARLY_THE_RATE * LOW_BIT_RATE_BPS
    )
    reasons = [f"{form.codec} at {bit_rate_bps / 1000:.0f} kbit/s"] if is_low else []
    if form.sample_rate_hz < LOW_SAMPLE_RATE_HZ:
        reasons.append(f"{form.sample_rate_hz} samples a second")
    return _Answer(", ".join(reasons)) if reasons else None


@_check("upscaled", "file", "made from a file with fewer bits", "look for a better copy")
def _upscaled(track: Track) -> _Answer | None:
    form, why = track.format, track.why_upscaled()
    if _present(track) is None or form is None or why is None:
        return None
    return _Answer(f"{form.codec}: {why}")


@_check(
    "metadata_disagrees",
    "tags",
    "sources contradict each other",
    "choose which one is right ('map4 tags show FILE' shows all)",
)
def _metadata_disagrees(track: Track) -> _Answer | None:
    if (track.provided is None and track.imported is None) or track.state != "ok":
        return None
    disputed = tuple(disputes(track))
    if not disputed:
        return None
    choices = [
        (
            f"{'change' if at else 'keep'} {dispute.words} {'to ' if at else ''}{value}",
            ("set", track.path, f"{dispute.field}={value}"),
        )
        for dispute in disputed
        for at, value in enumerate(dispute.choices())
    ]
    choices += [] if choices else [("show every source", ("tags", "show", track.path))]
    return _Answer("; ".join(map(_disputed, disputed)), choices=tuple(choices), disputes=disputed)


FIRST_YEAR, NO_YEAR = 1860, 1900
"""The year of the oldest recording of sound, and the year that programs write for none."""


def next_year() -> int:
    """Return the last year that is plausible: files are sold before their release."""
    return datetime.now(UTC).year + 1


@_check("year_doubtful", "tags", "years that are none", "set the year; 'map4 tags write' writes it into the file")
def _year_doubtful(track: Track) -> _Answer | None:
    years = track.sources("year")
    if track.state != "ok" or not years or "user" in years or is_plausible_year(next(iter(years.values()))):
        return None
    known = dict.fromkeys([next(iter(years.values())), *filter(is_plausible_year, years.values())])
    return _Answer(
        f"year {next(iter(known))}",
        choices=_keep_or_change((str(year), ("set", track.path, f"year={year}")) for year in known),
    )


def is_plausible_year(year: int) -> bool:
    return FIRST_YEAR <= year <= next_year() and year != NO_YEAR


def _disputed(dispute: Dispute) -> str:
    first, *others = dispute.said
    but = ", ".join(
        f"{saying.value} ({saying.who})"
        for saying in others
        if not Observation.is_same(dispute.field, first.value, saying.value)
    )
    return f"{dispute.words} {first.value} ({first.who}), but {but}"


@_check("missing_tags", "tags", "without artist or title", "set them; 'map4 tags write' writes them into the files")
def _missing_tags(
    track: Track, twins: Sequence[Track] = (), spelling: Spelling = str, is_name: Callable[..., bool] = lambda _: False
) -> _Answer | None:
    named = {name: track.value(name) for name in ("artist", "title")}
    absent = {name: text for name, text in named.items() if not text or _is_placeholder(track, name, text)}
    if (artist := absent.get("artist")) and is_name(artist):
        del absent["artist"]
    if track.state == "ok" and not absent and next(iter(track.sources("title"))) != "user":
        title, plain = str(named["title"]), without_additions(str(named["title"]))
        change = _keep_or_change((text, ("set", track.path, f"title={text}")) for text in (title, plain))
        return None if plain == title else _Answer(f"more than a title: {title}", choices=change)
    if track.state != "ok" or not absent:
        return None
    offers = [(f"as in {twin.shown_path}", named) for twin in twins if (named := _named_like(twin, absent))]
    offers = offers or list(_named_by(track, None if "artist" in absent else track.artist(), spelling))
    choices: list[tuple[str, _Words]] = []
    for label, named in offers:
        values = [f"{name}={named[name]}" for name in absent if name in named]
        words = ("set", track.path, *values)
        choices += [(label, words)] if values and words not in [known for _, known in choices] else []
    none = (f"no {name}{f' ({text})' if text else ''}" for name, text in absent.items())
    return _Answer(" and ".join(none), choices=tuple(choices))


def _is_placeholder(track: Track, name: str, text: str) -> bool:
    return next(iter(track.sources(name))) != "user" and Placeholder.is_one(text, name)


@_check("garbled", "tags", "names in the wrong encoding", "choose; 'map4 tags write' writes them into the files")
def _garbled(track: Track, known: Container[str] = ()) -> _Answer | None:
    in_force = {name: next(iter(track.sources(name).items()), (None, None)) for name in GARBLED}
    repaired = repairs({name: str(text) for name, (source, text) in in_force.items() if source == "tag"}, known)
    if track.state != "ok" or not repaired:
        return None
    choices: list[tuple[str, _Words]] = []
    current = {name: str(in_force[name][1]) for name in repaired[0].texts}
    for label, values in (("keep", current), *(("change to", repair.texts) for repair in repaired)):
        if values:
            words = (f"{name.replace('_', '-')}={text}" for name, text in values.items())
            choices.append((f"{label} {', '.join(values.values())}", ("set", track.path, *words)))
    lost = "" if repaired[0].is_whole else "; parts are lost, set them by hand"
    return _Answer(f"perhaps {repaired[0].encoding}{lost}", choices=tuple(choices))


def _named_like(twin: Track, absent: Iterable[str]) -> dict[str, str]:
    """Return the names that another file with the same audio has, unless their encoding is wrong."""
    names = {name: text for name in absent if (text := twin.value(name)) and not Placeholder.is_doubtful(text)}
    return {} if repairs(names) else names


def _named_by(track: Track, artist: str | None, spelling: Spelling) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield artist and title by the name of the file, the likelier first; none without a dash in it."""
    path = track.shown_path
    file_name = FileName(path)
    if not file_name.DASH.search(file_name.stem()):
        return
    for label, names in zip(("from the file name", "without its number"), file_name.possible(artist), strict=False):
        titles = {label: names[1]}
        if (shorter := _without_last_number(names[1])) != names[1]:
            # A site in the name shows that a program added both.
            titles = (
                {label: shorter} if file_name.has_site() else {f"{label}, without its end": shorter, label: names[1]}
            )
        for words, title in titles.items():
            given = {"artist": spelling(names[0]) if names[0] else None, "title": title}
            yield words, {name: text for name, text in given.items() if text and not Placeholder.is_doubtful(text)}


def _present(track: Track) -> Analysis | None:
    return track.analysis if track.state == "ok" else None


def _doubtable_tempo(track: Track) -> Tempo | None:
    """Return the measured tempo, if it is current and was not set by the user."""
    analysis = _present(track)
    tempo = None if analysis is None else analysis.tempo
    if tempo is None or track.user.bpm is not None or track.bpm() != round(tempo.bpm, 3):
        return None
    return tempo


def _tempi(track: Track, kept_bpm: float, *others_bpm: float) -> tuple[tuple[str, _Words], ...]:
    """Return choices that keep the current tempo, which makes it the user's own and settles the doubt, or change it."""
    tempi = [kept_bpm]
    for bpm in others_bpm:
        if Tempo.MIN_BPM <= bpm <= Tempo.MAX_BPM and not any(_is_same_tempo(bpm, other) for other in tempi):
            tempi.append(bpm)
    settable = [_settable(bpm) for bpm in tempi]
    return _keep_or_change((bpm_text(bpm, is_own=True), ("set", track.path, f"bpm={bpm:g}")) for bpm in settable)


def _settable(bpm: float) -> float:
    """Round a tempo to tenths if it is within the measurement error of them, else to hundredths."""
    tenths = round(bpm, 1)
    return tenths if abs(bpm - tenths) <= MEASURED_WITHIN_BPM else round(bpm, 2)


def _keys(track: Track, current: Key, *others: Key) -> tuple[tuple[str, _Words], ...]:
    """The same choices for keys."""
    keys = dict.fromkeys((current, *others))
    return _keep_or_change((key.camelot, ("set", track.path, f"key={key.camelot}")) for key in keys)


def _beats(track: Track, mark: GridMark) -> tuple[tuple[str, _Words], ...]:
    """The same choices for the beats of a bar: the first from time zero on, as a mark of the grid counts them."""
    metre, beat_s = mark.metre or USUAL_METRE, 60.0 / mark.bpm
    one_s = (mark.position_s - ((mark.beat or 1) - 1) * beat_s) % (metre * beat_s)
    other = () if metre == USUAL_METRE else (f"metre={metre}",)
    return _keep_or_change(
        (f"beat {n + 1}", ("set", track.path, f"downbeat={one_s + n * beat_s:.3f}", *other)) for n in range(metre)
    )


def _keep_or_change(values: Iterable[tuple[str, _Words]]) -> tuple[tuple[str, _Words], ...]:
    return tuple((f"{'change to' if i else 'keep'} {value}", words) for i, (value, words) in enumerate(values))


CHECKS: tuple[Check, ...] = (*(check for check, _ in _CHECKS), _COPY)  # all checks of `diagnose`, in order


def _values(words: _Words) -> dict[str, float | str] | None:
    """Return the values that a command sets; None if it sets nothing."""
    if words[0] != "set":
        return None
    values: dict[str, float | str] = {}
    for word in words[2:]:
        name, _, text = word.partition("=")
        name = name.replace("-", "_")
        if name in _OF_BARS:
            name, number = _OF_BARS[name]
            values[name] = number(text)
            continue
        kind = FIELDS[name].kind
        values[name] = text if kind not in NUMBERS else int(text) if kind == "whole" else float(text)
    return values


def _whose(track: Track, values: dict[str, float | str] | None) -> tuple[str, ...] | Absent:
    """The file, if the values belong to a file and not to the recording."""
    return (track.uid,) if track.uid and values and values.keys() & OF_FILE else ...


def _choice(track: Track, label: str, words: Sequence[str], program: Sequence[str]) -> Choice:
    values = _values(words)
    command = command_line(*program, *words)
    return Choice(label=label, command=command, values=values, audio_ids=_whose(track, values))


def diagnose(
    track: Track,
    *,
    program: Sequence[str] = ("map4",),
    copy_of: str | None = None,
    present_copy: str | None = None,
    twins: Sequence[Track] = (),
    spelling: Spelling = str,
    is_artist: Callable[[str], bool] = lambda _: False,
    known: Container[str] = (),
    checks: Collection[str] | None = None,
) -> Iterator[Finding]:
    """Yield everything that looks wrong with a track, the most serious first.

    track: in any state
    program: beginning of the commands
    copy_of: path of the file to keep, if this file is a copy of it (`is:copy`); of a missing file, a present file with
        the same audio
    present_copy: path of a present file with the same recording, of a missing file
    twins: the other files with the same audio, whose names are proposed
    spelling: returns how the library spells an artist
    is_artist: returns whether the library has an artist "Artist", or of another name that programs write for none
    known: names of artists in the library, as a garbled artist is compared with them
    checks: names of the checks to make; default: all

    A tempo, key or bar that the user set is never doubted.
    """

    more = {
        "missing_tags": lambda: _missing_tags(track, twins, spelling, is_artist),
        "garbled": lambda: _garbled(track, known),
    }
    answers = [
        (check, more[check.name]() if check.name in more else ask(track))
        for check, ask in _CHECKS
        if checks is None or check.name in checks
    ]
    if track.state == "missing":
        answers = [
            (check, _with_copy(answer, track.path, copy_of, present_copy) if check.name == "missing" else answer)
            for check, answer in answers
        ]
    elif copy_of is not None and (checks is None or _COPY.name in checks):
        answers.append((_COPY, _copied(track, copy_of)))
    for check, answer in answers:
        if answer is not None:
            yield Finding(
                check=check,
                track=track,
                detail=answer.detail,
                disputes=answer.disputes,
                command=None if answer.command is None else command_line(*program, *answer.command),
                choices=tuple(_choice(track, label, words, program) for label, words in answer.choices),
            )


_LAST_NUMBER = re.compile(r"(?<=\w)\s+(?:\(\d+\)|(?!(?:19|20)\d\d$)\d{3,})$")


def _without_last_number(title: str) -> str:
    """A title without the number at its end that some programs add: "Title 573", "Title (2)"; a year stays."""
    return _LAST_NUMBER.sub("", title)
