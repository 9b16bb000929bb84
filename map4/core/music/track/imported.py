"""Values of a track imported from DJ programs: names, dates, ratings, plays, cue points, beat grids."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from string import ascii_letters
from typing import Annotated, Any

from map4.core.base.records import Absent, Color, Count, Fraction, Json, Ordinal, Record, in_json
from map4.core.base.text import MOST_LETTERS, without_controls, without_loss
from map4.core.music.analysis.inside import ROLES
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import LEAST_BPM, MOST_BPM, plausible_bpm
from map4.core.music.analysis.plausible import MOST_SECONDS as MOST_SECONDS
from map4.core.music.analysis.plausible import MOST_STORED as MOST_STORED
from map4.core.music.plays import PlayTime
from map4.core.music.track.cues import CuePoint, GridMark, ImportedPhrase, Span
from map4.core.music.track.fields import FIELDS, fields_of
from map4.core.music.track.garbled import with_symbols

MOST_RATING = FIELDS["rating"].most

LEAST_LOOP_S = 0.001
"""The minimum length of a loop; shorter ones are cues: some programs write or round times to whole milliseconds."""

MOST_PLACES = 200_000  # the maximum number of cue points or grid marks per track: a day has fewer beats

_MOST_COUNT = 1 << 53  # the largest integer that every JSON reader supports
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DAY = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MOMENT = re.compile(_DAY + r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?)?")
_IN_UTC = re.compile(_MOMENT.pattern.replace("Z?", "Z"))

TEXT_NAMES = tuple(field.imported for field in fields_of("imported", "text"))  # the names of text values
_BOUNDS: dict[str, tuple[float, float]] = {
    "play_count": (0, _MOST_COUNT),
    **{field.imported: (field.least, field.most) for field in fields_of("imported", "whole")},
}
_ROLES_OR_NONE = frozenset((None, *ROLES))
_MOMENTS = ("last_played", *(field.imported for field in fields_of("imported", "moment")))

_Moment = Annotated[str, Json(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$")]
_Part = CuePoint | GridMark | ImportedPhrase | Span


class ImportedValues(Record, members="* -bpm -key -written structure=phrased vocals grid=record_grid"):
    """Another program's values of a track; None or empty if unknown.

    title, artist, album, album_artist, genre, label, composer, remixer, comment: text
    mix: version of the piece: "Dub Mix"
    grouping: free text, like `comment`
    year: of release, 1000-9999
    track_number, disc_number: on the album, from 1
    bpm: beats per minute, > 0
    key: as the program measured it or the user entered it
    rating: stars, above 0 up to 5; None if unrated
    play_count: number of plays; 0 means known to be unplayed
    last_played, date_added: a day, or a moment in UTC (`2026-01-31T21:15:00Z`); `plausible` converts local time
    color: of the track in lists, "#rrggbb"
    cues, grid, structure, vocals: by position; `structure` are the phrases, `vocals` the parts with singing
    written: original texts by name, if line breaks or invisible marks were removed from the values
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    label: str | None = None
    composer: str | None = None
    remixer: str | None = None
    mix: str | None = None
    grouping: str | None = None
    year: Annotated[int, Json(minimum=1000, maximum=9999)] | None = None
    track_number: Ordinal | None = None
    disc_number: Ordinal | None = None
    bpm: float | None = None
    key: Key | None = None
    rating: Annotated[float, Json(exclusiveMinimum=0, maximum=MOST_RATING)] | None = None
    play_count: Count | None = None
    last_played: _Moment | None = None
    date_added: _Moment | None = None
    comment: str | None = None
    color: Color | None = None
    cues: tuple[CuePoint, ...] = ()
    grid: tuple[GridMark, ...] = ()
    structure: tuple[ImportedPhrase, ...] = ()
    vocals: tuple[Span, ...] = ()
    written: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing is known."""
        return self == _NOTHING

    def shifted(self, offset_s: float) -> ImportedValues:
        """The values with every position moved by `offset_s` seconds."""
        if not offset_s:
            return self
        parts = {name: tuple(_moved(part, offset_s) for part in getattr(self, name)) for name in _PART_KINDS}
        return replace(self, **parts)  # type: ignore[arg-type]

    def to_data(self) -> dict[str, Any]:
        """JSON values without unknown ones; `from_data` reads them."""
        data: dict[str, Any] = {}
        for name, value in zip(_VALUE_NAMES, _ALL_VALUES(self), strict=True):
            if value is None or value == ():
                continue
            if isinstance(value, Key):
                value = value.camelot
            elif name == "written":
                value = dict(value)
            elif isinstance(value, tuple):
                value = _known(value)
            data[name] = value
        return data

    def to_record(self, *, grid: bool = False) -> dict[str, Any]:
        """The `imported` of a track's record: all keys, null if unknown.

        grid: add `grid`, which may have an entry per beat
        """
        record = Record.to_record(self)
        return record | {"grid": in_json(self.grid)} if grid else record

    @property
    def phrased(self) -> ImportedStructure | None:
        """The program's phrases, in the form of measured phrases; None without any."""
        return ImportedStructure(phrases=self.structure) if self.structure else None

    @property
    def record_grid(self) -> tuple[GridMark, ...] | Absent:
        """The program's beat grid, by position; only with --beats."""
        return ...

    @staticmethod
    def merged(values: Sequence[ImportedValues]) -> ImportedValues:
        """Merge the values of several programs, the most important first; cues and grid are each taken whole from a
        program.

        The earliest `date_added` counts.
        """
        merged: dict[str, Any] = {}
        written: list[tuple[str, str]] = []  # of the chosen values, each as its program wrote it
        for name in _VALUE_NAMES:
            source = next((value for value in values if getattr(value, name) not in (None, ())), None)
            if source is not None and name != "written":
                merged[name] = getattr(source, name)
                written += [pair for pair in source.written if pair[0] == name]
        merged["written"] = tuple(written)
        if added := [value.date_added for value in values if value.date_added is not None]:
            merged["date_added"] = min(added, key=lambda time: PlayTime.utc_of_local(time) or time)
        return ImportedValues(**merged)

    def plausible(self, *, checks_times: bool = True) -> tuple[ImportedValues, int]:
        """Remove impossible values, and count them.

        Files of other programs may contain anything: a tempo of 1e-300, a position at 1e300 seconds, a rating of 9.
        Readers drop what they can't parse; what they pass on ends up in a track's record. A loop shorter than
        `LEAST_LOOP_S` becomes a cue, long texts are cut, and control characters are removed; these don't count.

        checks_times: remove times before 1990 and in the future: they mean never (1899-12-30, 1904-01-01, 2099-01-01 …)
        """
        changes: dict[str, Any] = {}
        written = dict(self.written)
        lost = 0
        for name, text in zip(TEXT_NAMES, _ALL_TEXTS(self), strict=True):
            # Most texts are sound, and are not rewritten.
            if text is not None and not (0 < len(text) <= MOST_LETTERS and text.isprintable() and not text.isspace()):
                text = with_symbols(text)
                changes[name] = plain = without_controls(text) or None
                as_written = without_loss(text)
                if plain is not None and as_written != plain:
                    written[name] = as_written
        if len(written) > len(self.written):
            changes["written"] = tuple(written.items())
        numbers = zip(_BOUNDS.items(), _ALL_NUMBERS(self), strict=True)
        wrong = [
            name for (name, (least, most)), number in numbers if number is not None and not least <= number <= most
        ]
        for name in _MOMENTS:
            moment = getattr(self, name)
            if moment is None or ((is_in_utc := bool(_IN_UTC.fullmatch(moment))) and not checks_times):
                continue
            utc = ImportedValues.plausible_moment(moment) and PlayTime.utc_of_local(moment)
            if utc is None or (checks_times and not PlayTime.is_plausible(datetime.fromisoformat(utc))):
                changes[name] = None
                lost += 1
            elif not is_in_utc:
                changes[name] = utc
        if self.bpm is not None and plausible_bpm(self.bpm) is None:
            wrong.append("bpm")
        if self.rating is not None and not 0.0 < self.rating <= MOST_RATING:
            wrong.append("rating")
        if self.color is not None and not _COLOR.fullmatch(self.color):
            wrong.append("color")
        changes |= dict.fromkeys(wrong)
        lost += len(wrong)
        for name, is_sound in _IS_SOUND.items():
            parts = getattr(self, name)
            if parts:
                sound = tuple(filter(is_sound, parts[:MOST_PLACES]))
                lost += len(parts) - len(sound)
                sound = tuple(map(_loop_or_cue, sound)) if name == "cues" else sound
                if sound != parts:
                    changes[name] = sound
        return (replace(self, **changes) if changes else self), lost

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> ImportedValues:
        values = dict(data)
        if "key" in values:
            values["key"] = Key.parse(values["key"])
        if "written" in values:
            values["written"] = tuple(values["written"].items())
        for name, kind in _PART_KINDS.items():
            if name in values:
                values[name] = tuple(kind(**part) for part in values[name])
        imported = ImportedValues(**values)
        if imported.plausible(checks_times=False)[1]:
            raise ValueError("it contains values that no track can have")
        return imported

    @staticmethod
    def joined(of_recording: dict[str, Any], of_file: dict[str, Any]) -> dict[str, Any]:
        """Join the parts of `ImportedValues.split`."""
        written = of_recording.get("written", {}) | of_file.get("written", {})
        return of_recording | of_file | ({"written": written} if written else {})

    @staticmethod
    def split(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Data of `to_data` as the values of the recording and those of the file."""
        written = data.get("written", {})
        parts = []
        for of_file in (False, True):
            part = {
                name: value for name, value in data.items() if (name in NAMES_OF_FILE) is of_file and name != "written"
            }
            if own := {name: text for name, text in written.items() if (name in NAMES_OF_FILE) is of_file}:
                part["written"] = own
            parts.append(part)
        return parts[0], parts[1]

    @staticmethod
    def plausible_moment(text: str | None) -> str | None:
        """A day, or a day and a time without a zone or in UTC, in ISO 8601; None for anything else."""
        return text if text is not None and _MOMENT.fullmatch(text) else None


class ImportedStructure(Record, members="phrases confidence"):
    """Phrases imported from another program."""

    phrases: Annotated[tuple[ImportedPhrase, ...], Json(minItems=1)]

    @property
    def confidence(self) -> Fraction | None:
        """Always None: programs do not state it."""
        return None


_NOTHING = ImportedValues()
NAMES_OF_FILE = frozenset(field.imported for field in fields_of("imported") if field.of_file)
"""Values that belong to the file that the program names, not to every file with its audio."""
# `fields` is slow, and this is used for 100,000 tracks.
_VALUE_NAMES = tuple(item.name for item in fields(ImportedValues))
_PART_KINDS: Mapping[str, type[_Part]] = {
    "cues": CuePoint, "grid": GridMark, "structure": ImportedPhrase, "vocals": Span
}  # fmt: skip
_ALL_VALUES, _ALL_TEXTS, _ALL_NUMBERS = (attrgetter(*names) for names in (_VALUE_NAMES, TEXT_NAMES, _BOUNDS))
_PART_NAMES = {kind: tuple(item.name for item in fields(kind)) for kind in _PART_KINDS.values()}
_PART_VALUES = {kind: attrgetter(*names) for kind, names in _PART_NAMES.items()}


# Called for each part of 100,000 tracks; comparisons with NaN are false.
def _is_sound_cue(cue: CuePoint) -> bool:
    return (
        -MOST_SECONDS <= cue.position_s <= MOST_SECONDS
        and (cue.length_s is None or -math.inf < cue.length_s <= MOST_SECONDS)
        and (cue.number is None or 0 <= cue.number <= _MOST_COUNT)
        and (cue.color is None or _COLOR.fullmatch(cue.color) is not None)
    )


def _loop_or_cue(cue: CuePoint) -> CuePoint:
    if cue.length_s is None or cue.length_s >= LEAST_LOOP_S:
        return cue
    return replace(cue, kind="cue" if cue.kind == "loop" else cue.kind, length_s=None)


def _is_sound_mark(mark: GridMark) -> bool:
    return (
        -MOST_SECONDS <= mark.position_s <= MOST_SECONDS
        and LEAST_BPM <= mark.bpm <= MOST_BPM
        and (mark.metre is None or mark.metre > 0)
        and (mark.beat is None or mark.beat > 0)
        and (mark.number is None or 0 <= mark.number <= _MOST_COUNT)
        and (mark.name is None or len(mark.name) <= MOST_LETTERS)
    )


def _is_sound_phrase(phrase: ImportedPhrase) -> bool:
    return (
        -MOST_SECONDS <= phrase.start_s < phrase.end_s <= MOST_SECONDS
        and (phrase.bars is None or 0 <= phrase.bars <= _MOST_COUNT)
        and (phrase.group is None or (len(phrase.group) == 1 and phrase.group in ascii_letters))
        and (phrase.name is None or len(phrase.name) <= MOST_LETTERS)
        and phrase.role in _ROLES_OR_NONE
    )


def _is_sound_span(span: Span) -> bool:
    return -MOST_SECONDS <= span.start_s < span.end_s <= MOST_SECONDS


_IS_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "cues": _is_sound_cue, "grid": _is_sound_mark, "structure": _is_sound_phrase, "vocals": _is_sound_span
}  # fmt: skip


def _known(parts: Sequence[_Part]) -> list[dict[str, Any]]:
    kind = type(parts[0])
    names, values_of = _PART_NAMES[kind], _PART_VALUES[kind]
    return [
        {name: value for name, value in zip(names, values_of(part), strict=True) if value is not None} for part in parts
    ]


def _moved(part: Any, offset_s: float) -> Any:
    names = ("position_s",) if isinstance(part, CuePoint | GridMark) else ("start_s", "end_s")
    return replace(part, **{name: round(getattr(part, name) + offset_s, 6) for name in names})
