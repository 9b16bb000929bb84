"""What looks wrong with a track, and the command that helps."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from map4.domain.analysis import ANALYSIS_VERSION, DOUBTFUL, Analysis
from map4.domain.audio import NEARLY_THE_RATE
from map4.domain.track import Source, Track, display_path, path_fields

Subject = Literal["tempo", "key", "sound", "tags", "file", "analysis"]

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

GENRE_TEMPI: tuple[tuple[str, float, float], ...] = (
    (r"drum\W*(?:and|&|n|'n')\W*bass|\bdnb\b|\bd&b\b|jungle|neurofunk", 155.0, 190.0),
    (r"hardcore|gabber|happy hardcore", 150.0, 220.0),
    (r"dubstep|\btrap\b|future bass", 130.0, 160.0),
    (r"hardstyle", 140.0, 160.0),
    (r"\bhouse\b|\bgarage\b|nu[- ]disco", 110.0, 138.0),
    (r"techno", 118.0, 155.0),
    (r"trance", 120.0, 150.0),
    (r"disco|\bedm\b|eurodance", 100.0, 150.0),
    (r"hip[- ]?hop|boom[- ]?bap|\brap\b|trip[- ]?hop|lo-?fi", 60.0, 115.0),
    (r"reggaeton|dembow", 80.0, 110.0),
    (r"ballad|downtempo|chill[- ]?out|ambient", 50.0, 115.0),
    (r"\bpunk\b|thrash|speed metal", 130.0, 230.0),
)
"""Patterns of genre tags and the range (BPM) in which dancers and DJs count that music.

After the ranges that textbooks and DJ guides give (such as Snoman, "Dance Music Manual", 4th ed., 2019), widened by
about a tenth. Only whole genres with one custom of counting are here: rock, pop, jazz or reggae are counted both ways.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for.

    Parameters
    ----------
    name : stable, snake_case
    subject : what it is about
    title : heading over the tracks that have it
    advice : what to do about it, in a sentence
    """

    name: str
    subject: Subject
    title: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check that a track did not pass.

    Parameters
    ----------
    check : which
    track : whose
    detail : the numbers behind it, for a person
    command : the command that helps, as text for a shell; the path is quoted
    """

    check: Check
    track: Track
    detail: str
    command: str

    def to_record(self) -> dict[str, Any]:
        """The `map4/finding/1` record."""
        return {
            "schema": "map4/finding/1",
            "check": self.check.name,
            "subject": self.check.subject,
            **path_fields(self.track.path),
            "audio_id": self.track.audio_id,
            "artist": self.track.tags.artist,
            "title": self.track.tags.title,
            "detail": self.detail,
            "command": self.command,
        }


# What a check gives: the numbers for a person and the command without "map4"; None where all is well.
_Answer = tuple[str, Sequence[str]] | None


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
            line = " ".join(["map4", *(_quoted(word) for word in command)])
            yield Finding(check=check, track=track, detail=detail, command=line)


def _failed(track: Track) -> _Answer:
    if track.state != "failed" or track.failure is None:
        return None
    return f"{track.failure.message} ({track.failure.kind})", ("scan", "--retry-failed", track.path)


def _missing(track: Track) -> _Answer:
    return ("the file is gone, or its drive is not mounted", ("cache", "prune")) if track.state == "missing" else None


def _damaged(track: Track) -> _Answer:
    flags = _flags(track)
    found = [words for flag, words in _DAMAGE.items() if flag in flags]
    return (", ".join(found), ("analyze", "--force", track.path)) if found else None


def _stale(track: Track) -> _Answer:
    analysis = _present(track)
    if analysis is None or (analysis.version == ANALYSIS_VERSION and "reanalysis_failed" not in track.flags):
        return None
    if "reanalysis_failed" in track.flags:
        return "the newest analysis of it failed; the values are older", ("analyze", "--force", track.path)
    return f"analysed by version {analysis.version}, now it is {ANALYSIS_VERSION}", ("scan",)


def _silent(track: Track) -> _Answer:
    analysis = _present(track)
    if analysis is None or "silent" not in analysis.flags:
        return None
    return "nothing above -70 LUFS from beginning to end", ("analyze", "--force", track.path)


def _tempo_doubtful(track: Track) -> _Answer:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence >= DOUBTFUL:
        return None
    others = " or ".join(f"{other.bpm:.1f} ({other.confidence:.0%})" for other in tempo.alternatives[:2])
    detail = f"{tempo.bpm:.1f} BPM ({tempo.confidence:.0%})" + (f", perhaps {others}" if others else "")
    return detail, _set_tempo(track, tempo.bpm, tempo.alternatives[0].bpm if tempo.alternatives else None)


def _tempo_close(track: Track) -> _Answer:
    tempo = _doubtable_tempo(track)
    if tempo is None or tempo.confidence < DOUBTFUL or not tempo.alternatives:
        return None
    other = tempo.alternatives[0]
    if other.confidence < CLOSE_RATIO * tempo.confidence:
        return None
    detail = f"{tempo.bpm:.1f} BPM ({tempo.confidence:.0%}) or {other.bpm:.1f} ({other.confidence:.0%})"
    return detail, _set_tempo(track, tempo.bpm, other.bpm)


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


def _clipped(track: Track) -> _Answer:
    analysis = _present(track)
    rate = None if analysis is None else analysis.loudness.clipped_per_minute
    if rate is None or rate < CLIPPED_PER_MINUTE:
        return None
    return f"cut off at full scale {rate:.0f} times a minute", ("analyze", track.path)


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


def _missing_tags(track: Track) -> _Answer:
    absent = [name for name in ("artist", "title") if not getattr(track.tags, name)]
    if track.state != "ok" or not absent:
        return None
    return f"no {' and no '.join(absent)}", ("analyze", track.path)


def genre_tempo_range(genre: str | None) -> tuple[float, float] | None:
    """The range in which a genre is counted, by `GENRE_TEMPI`; None for genres without one custom, or without genre."""
    if not genre:
        return None
    for pattern, low, high in GENRE_TEMPI:
        if re.search(pattern, genre, re.IGNORECASE):
            return low, high
    return None


def _present(track: Track) -> Analysis | None:
    return track.analysis if track.state == "ok" else None


def _doubtable_tempo(track: Track) -> Any:
    """The measured tempo, where it is the one in force and was not set by the user."""
    analysis = _present(track)
    tempo = None if analysis is None else analysis.tempo
    if tempo is None or track.user.bpm is not None or track.bpm() != round(tempo.bpm, 3):
        return None
    return tempo


def _quoted(word: str) -> str:
    """A word for a shell, on one line, with nothing in it that a terminal would obey.

    A name that is no UTF-8 or has other signs than visible ones takes the form $'...', which bash, zsh and ksh read
    byte by byte.
    """
    raw = os.fsencode(word)
    if raw == display_path(word).encode() and word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(chr(c) if 32 <= c < 127 and chr(c) not in "'\\" else f"\\x{c:02x}" for c in raw) + "'"


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


# Who may contradict the measurement, and how that is told; what a DJ checked by ear counts before what a shop wrote.
_OTHERS: dict[Source, str] = {"imported": "imported is", "tag": "its tag says"}
_DAMAGE = {"damaged": "parts of it don't decode", "truncated": "it ends before the length it states"}

_CHECKS: tuple[tuple[Check, Callable[[Track], _Answer]], ...] = (
    (
        Check(name="failed", subject="file", title="can't be analysed",
              advice="put a sound copy in its place, then scan it again"),
        _failed,
    ),
    (Check(name="missing", subject="file", title="gone", advice="mount the drive and scan, or forget them"), _missing),
    (
        Check(name="damaged", subject="file", title="damaged",
              advice="get a better copy; analyse it again when it is there"),
        _damaged,
    ),
    (
        Check(name="silent", subject="sound", title="silent", advice="listen to it; it may be a broken export"),
        _silent,
    ),
    (
        Check(name="stale", subject="analysis", title="analysed by an older version", advice="scan again"),
        _stale,
    ),
    (
        Check(name="tempo_doubtful", subject="tempo", title="tempo in doubt",
              advice="tap along, then set what is right"),
        _tempo_doubtful,
    ),
    (
        Check(name="tempo_close", subject="tempo", title="two tempi are about as probable",
              advice="tap along, then set what is right"),
        _tempo_close,
    ),
    (
        Check(name="tempo_disagrees", subject="tempo", title="tempo differs from the tag or a DJ program's",
              advice="set the one that is right"),
        _tempo_disagrees,
    ),
    (
        Check(name="tempo_octave", subject="tempo", title="perhaps half or double, by the genre",
              advice="tap along, then set what is right"),
        _tempo_of_genre,
    ),
    (Check(name="key_doubtful", subject="key", title="key in doubt", advice="play it against a note"), _key_doubtful),
    (
        Check(name="key_disagrees", subject="key", title="key differs from the tag or a DJ program's",
              advice="set the one that is right"),
        _key_disagrees,
    ),
    (
        Check(name="clipped", subject="sound", title="clipped", advice="look for a cleaner master or copy"),
        _clipped,
    ),
    (
        Check(name="silent_ends", subject="sound", title="long silence at an end",
              advice="mixes are planned from the first to the last sound all the same"),
        _silent_ends,
    ),
    (
        Check(name="low_quality", subject="file", title="low quality", advice="look for a better copy"),
        _low_quality,
    ),
    (
        Check(name="missing_tags", subject="tags", title="without artist or title",
              advice="tag them; a scan reads the new tags"),
        _missing_tags,
    ),
)  # fmt: skip

CHECKS: tuple[Check, ...] = tuple(check for check, _ in _CHECKS)
"""Everything that `diagnose` looks for, in its order."""
