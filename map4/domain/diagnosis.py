"""What looks wrong with a track, and the command that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from map4.domain.analysis import ANALYSIS_VERSION, DOUBTFUL, Analysis, Tempo
from map4.domain.audio import NEARLY_THE_RATE
from map4.domain.finding import Check, Finding, Subject
from map4.domain.genre_tempo import genre_tempo_range
from map4.domain.shell import quoted
from map4.domain.track import Source, Track

CLOSE_RATIO = 0.8
"""A runner-up with this part of the choice's own confidence is as good as even with it."""
SAME_TEMPO = 0.04
"""Tempi within 4 % are the same one: the tolerance of the MIREX tempo task."""
CLIPPED_PER_MINUTE = 60.0
"""Once a second is heard as harshness; a few clipped peaks a minute, as most loud masters have, are not."""
LEAD_IN_S = 5.0
TAIL_S = 15.0
"""Silence at the ends that a listener takes for a fault, or that a DJ has to skip."""
LOW_BIT_RATE_BPS = 128_000.0
"""Below this, MP3 loses what is above 16 kHz and more ..."""
LOW_BIT_RATE_NEW_CODEC_BPS = 80_000.0
"""... newer codecs (AAC, Vorbis, Opus) at about two thirds of the rate."""
LOW_SAMPLE_RATE_HZ = 32_000
"""Nothing above 16 kHz can be in the file."""
_LOSSY_OLD = frozenset({"mp3", "mp2", "wma"})
_LOSSY_NEW = frozenset({"aac", "vorbis", "opus"})

# Who may contradict the measurement, and how that is told; what a DJ checked by ear counts before what a shop wrote.
_OTHERS: dict[Source, str] = {"imported": "imported is", "tag": "its tag says"}
_DAMAGE = {"damaged": "parts of it don't decode", "truncated": "it ends before the length it states"}

# What a check gives: the numbers for a person and the command without "map4"; None where all is well.
_Answer = tuple[str, Sequence[str]] | None
_Ask = Callable[[Track], _Answer]
_CHECKS: list[tuple[Check, _Ask]] = []


def _check(name: str, subject: Subject, title: str, advice: str) -> Callable[[_Ask], _Ask]:
    """Add a check; `diagnose` makes them in the order in which they stand here."""

    def add(ask: _Ask) -> _Ask:
        _CHECKS.append((Check(name=name, subject=subject, title=title, advice=advice), ask))
        return ask

    return add


@_check("failed", "file", "can't be analysed", "put a sound copy in its place, then scan it again")
def _failed(track: Track) -> _Answer:
    if track.state != "failed" or track.failure is None:
        return None
    return f"{track.failure.message} ({track.failure.kind})", ("scan", "--retry-failed", track.path)


@_check("missing", "file", "gone", "mount the drive and scan, or forget them")
def _missing(track: Track) -> _Answer:
    return ("the file is gone, or its drive is not mounted", ("cache", "prune")) if track.state == "missing" else None


@_check("damaged", "file", "damaged", "get a better copy; analyse it again when it is there")
def _damaged(track: Track) -> _Answer:
    flags = _flags(track)
    found = [words for flag, words in _DAMAGE.items() if flag in flags]
    return (", ".join(found), ("analyze", "--force", track.path)) if found else None


@_check("silent", "sound", "silent", "listen to it; it may be a broken export")
def _silent(track: Track) -> _Answer:
    analysis = _present(track)
    if analysis is None or "silent" not in analysis.flags:
        return None
    return "nothing above -70 LUFS from beginning to end", ("analyze", "--force", track.path)


@_check("stale", "analysis", "analysed by an older version", "scan again")
def _stale(track: Track) -> _Answer:
    analysis = _present(track)
    if analysis is None or (analysis.version == ANALYSIS_VERSION and "reanalysis_failed" not in track.flags):
        return None
    if "reanalysis_failed" in track.flags:
        return "the newest analysis of it failed; the values are older", ("analyze", "--force", track.path)
    return f"analysed by version {analysis.version}, now it is {ANALYSIS_VERSION}", ("scan",)


@_check("tempo_doubtful", "tempo", "tempo in doubt", "tap along, then set what is right")
def _tempo_doubtful(track: Track) -> _Answer:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence >= DOUBTFUL:
        return None
    others = " or ".join(f"{other.bpm:.1f} ({other.confidence:.0%})" for other in tempo.alternatives[:2])
    detail = f"{tempo.bpm:.1f} BPM ({tempo.confidence:.0%})" + (f", perhaps {others}" if others else "")
    return detail, _set_tempo(track, tempo.bpm, tempo.alternatives[0].bpm if tempo.alternatives else None)


@_check("tempo_close", "tempo", "two tempi are about as probable", "tap along, then set what is right")
def _tempo_close(track: Track) -> _Answer:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence < DOUBTFUL or not tempo.alternatives:
        return None
    other = tempo.alternatives[0]
    if other.confidence < CLOSE_RATIO * tempo.confidence:
        return None
    detail = f"{tempo.bpm:.1f} BPM ({tempo.confidence:.0%}) or {other.bpm:.1f} ({other.confidence:.0%})"
    return detail, _set_tempo(track, tempo.bpm, other.bpm)


@_check("tempo_disagrees", "tempo", "tempo differs from the tag or a DJ program's", "set the one that is right")
def _tempo_disagrees(track: Track) -> _Answer:
    sources = track.bpm_sources() if _present(track) else {}
    measured = sources.get("measured")
    if measured is None or "user" in sources:
        return None
    others = [name for name in _OTHERS if name in sources and not _is_same_tempo(measured, sources[name])]
    if not others:
        return None
    said = ", ".join(f"{_OTHERS[name]} {sources[name]:g}" for name in others)
    # `--half` and `--double` start from the tempo in force, which may be one of the others.
    in_force = track.bpm() or measured
    wanted = sources[others[0]] if _is_same_tempo(measured, in_force) else measured
    return f"measured {measured:.1f} BPM, {said}", _set_tempo(track, in_force, wanted)


def _is_same_tempo(measured: float, other: float) -> bool:
    return abs(measured - other) <= SAME_TEMPO * other


@_check("tempo_octave", "tempo", "perhaps half or double, by the genre", "tap along, then set what is right")
def _tempo_of_genre(track: Track) -> _Answer:
    tempo, genre = _doubtable_tempo(track), track.tags.genre
    span = genre_tempo_range(genre)
    if tempo is None or span is None or span[0] <= tempo.bpm <= span[1]:
        return None
    folded = next((bpm for bpm in (2 * tempo.bpm, tempo.bpm / 2) if span[0] <= bpm <= span[1]), None)
    if folded is None:
        return None
    detail = f"{tempo.bpm:.1f} BPM, but {genre} is counted at {span[0]:g} to {span[1]:g}: perhaps {folded:.1f}"
    return detail, _set_tempo(track, tempo.bpm, folded)


@_check("key_doubtful", "key", "key in doubt", "play it against a note")
def _key_doubtful(track: Track) -> _Answer:
    analysis = _present(track)
    key = None if analysis is None else analysis.key
    if key is None or track.key() != key.key or track.user.key is not None:
        return None
    runner_up = key.runner_up
    is_close = runner_up is not None and runner_up.confidence >= CLOSE_RATIO * key.confidence
    if key.confidence >= DOUBTFUL and not is_close:
        return None
    detail = f"{key.key.camelot} ({key.confidence:.0%})"
    if runner_up is None:
        return detail, ("set", track.path, f"key={key.key.camelot}")
    detail += f" or {runner_up.key.camelot} ({runner_up.confidence:.0%})"
    return detail, ("set", track.path, f"key={runner_up.key.camelot}")


@_check("key_disagrees", "key", "key differs from the tag or a DJ program's", "set the one that is right")
def _key_disagrees(track: Track) -> _Answer:
    sources = track.key_sources() if _present(track) else {}
    measured = sources.get("measured")
    if measured is None or "user" in sources:
        return None
    others = [name for name in _OTHERS if sources.get(name, measured) != measured]
    if not others:
        return None
    said = ", ".join(f"{_OTHERS[name]} {sources[name].camelot}" for name in others)
    wanted = sources[others[0]] if track.key() == measured else measured
    return f"measured {measured.camelot}, {said}", ("set", track.path, f"key={wanted.camelot}")


@_check("clipped", "sound", "clipped", "look for a cleaner master or copy")
def _clipped(track: Track) -> _Answer:
    analysis = _present(track)
    rate = None if analysis is None else analysis.loudness.clipped_per_minute
    if rate is None or rate < CLIPPED_PER_MINUTE:
        return None
    return f"cut off at full scale {rate:.0f} times a minute", ("analyze", track.path)


@_check(
    "silent_ends",
    "sound",
    "long silence at an end",
    "mixes are planned from the first to the last sound all the same",
)
def _silent_ends(track: Track) -> _Answer:
    analysis = _present(track)
    if analysis is None or analysis.cue_in_s is None or analysis.cue_out_s is None:
        return None
    tail_s = analysis.duration_s - analysis.cue_out_s
    ends = [
        f"{length_s:.0f} s of silence {where}"
        for length_s, most_s, where in ((analysis.cue_in_s, LEAD_IN_S, "at the start"), (tail_s, TAIL_S, "at the end"))
        if length_s > most_s
    ]
    return (", ".join(ends), ("analyze", track.path)) if ends else None


@_check("low_quality", "file", "low quality", "look for a better copy")
def _low_quality(track: Track) -> _Answer:
    analysis, form = _present(track), track.format
    if analysis is None or form is None:
        return None
    bit_rate_bps = form.payload_bytes * 8 / analysis.duration_s
    least_bps = LOW_BIT_RATE_BPS if form.codec in _LOSSY_OLD else LOW_BIT_RATE_NEW_CODEC_BPS
    # Half the channels need about half the bits.
    least_bps *= min(form.channels, 2) / 2
    is_low = form.codec in _LOSSY_OLD | _LOSSY_NEW and bit_rate_bps < NEARLY_THE_RATE * least_bps
    found = [f"{form.codec} at {bit_rate_bps / 1000:.0f} kbit/s"] if is_low else []
    if form.sample_rate_hz < LOW_SAMPLE_RATE_HZ:
        found.append(f"{form.sample_rate_hz} samples a second")
    return (", ".join(found), ("analyze", track.path)) if found else None


@_check("missing_tags", "tags", "without artist or title", "tag them; a scan reads the new tags")
def _missing_tags(track: Track) -> _Answer:
    absent = [name for name in ("artist", "title") if not getattr(track.tags, name)]
    if track.state != "ok" or not absent:
        return None
    return f"no {' and no '.join(absent)}", ("analyze", track.path)


def _present(track: Track) -> Analysis | None:
    return track.analysis if track.state == "ok" else None


def _doubtable_tempo(track: Track) -> Tempo | None:
    """The measured tempo, where it is the one in force and was not set by the user."""
    analysis = _present(track)
    tempo = None if analysis is None else analysis.tempo
    if tempo is None or track.user.bpm is not None or track.bpm() != round(tempo.bpm, 3):
        return None
    return tempo


def _set_tempo(track: Track, bpm: float, wanted_bpm: float | None) -> Sequence[str]:
    """How to give a track another tempo: as its half or double where it is one, which keeps the measured decimals."""
    if wanted_bpm is None:
        return ("set", track.path, f"bpm={round(bpm, 3):g}")
    for factor, option in ((2.0, "--double"), (0.5, "--half")):
        if abs(factor * bpm - wanted_bpm) <= SAME_TEMPO * wanted_bpm:
            return ("set", track.path, option)
    return ("set", track.path, f"bpm={round(wanted_bpm, 3):g}")


def _flags(track: Track) -> tuple[str, ...]:
    analysis = _present(track)
    return () if analysis is None else analysis.flags


CHECKS: tuple[Check, ...] = tuple(check for check, _ in _CHECKS)
"""Everything that `diagnose` looks for, in its order."""


def diagnose(track: Track) -> Iterator[Finding]:
    """Everything that looks wrong with a track, the most serious first.

    Parameters
    ----------
    track : in any state

    Notes
    -----
    A tempo or key that the user set is never doubted.
    """
    for check, ask in _CHECKS:
        answer = ask(track)
        if answer is not None:
            detail, command = answer
            line = " ".join(["map4", *(quoted(word) for word in command)])
            yield Finding(check=check, track=track, detail=detail, command=line)
