"""A track with its file, tags, analysis and user values, and its record."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from map4.core.base.paths import caption, display_path
from map4.core.base.records import Record
from map4.core.base.shown import cut, repr_line
from map4.core.music.album import AlbumLevel, AlbumPlace, Segue, album_of
from map4.core.music.analysis.audio import AudioFormat, DualMono, MonoLoudness, Upscaling
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT, Energy
from map4.core.music.plays import NO_PLAYS, PlayCounts
from map4.core.music.track.credits import CREDITED, WHOLE_NAMES, Credit, credits_of, fitting_list
from map4.core.music.track.fields import FIELDS, Field, counting
from map4.core.music.track.genre import NO_TABLE, GenreNames, GenreTable
from map4.core.music.track.hooks import cues
from map4.core.music.track.observations import Observation, Provided
from map4.core.music.track.sources import DEFAULT_PREFERENCE as DEFAULT_PREFERENCE
from map4.core.music.track.sources import FieldSource, Preferred
from map4.core.music.track.sources import Source as Source
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure as Failure
from map4.core.music.track.track_parts import State as State
from map4.core.music.track.track_parts import UserValues as UserValues

# The parts of a track are imported on use; commands that only name files don't load them.
if TYPE_CHECKING:
    from map4.core.music.analysis.analysis import Analysis, Tempo
    from map4.core.music.track.cues import CuePoint, GridMark
    from map4.core.music.track.imported import ImportedValues
    from map4.core.music.track.labels import Labels
    from map4.core.music.track.track_cues import CueSource, TrackCue
    from map4.core.music.track.track_record import TrackMetadata

_MADE: frozenset[FieldSource] = frozenset(("measured", "labels"))  # sources that compute values instead of stating them
_MOST_NAME = 80  # Python shows a record in a line of at most 120 columns
_SAME_TEMPO = 0.01  # the tolerance between the current tempo and a user's grid: a tag may say 128 for 127.9


class Track(Record, kind="track"):
    """A file with all its known data.

    path: absolute, decoded by `os.fsdecode`, so names that are not UTF-8 survive
    audio_id: None if the file could not be identified
    uid: id of the file in its library (`f-…`); None outside a library
    size_bytes: None if the file disappeared before it was read
    added_at: when it was added to the library, ISO 8601 with its zone; None outside a library
    cached: True if nothing was computed for this answer
    labels: None if not classified
    imported: values from other programs; None if nothing was imported
    provided: values from metadata providers; None if nothing was looked up
    own_plays: the caller's plays; None without any
    prefer: order of sources for tempo and key if the user set nothing; set by the library
    preferred: the first source of other fields
    whole_names: names that its credits don't split
    genre_names: the library's own table of genres
    mono: loudness of mono files in `analysis`; set by the library
    pitch_percent, has_key_lock: the largest fader change that the user would play, and whether decks keep the pitch
        then; set by the library
    lasts_s: seconds of decoded audio, if the analysis was not loaded
    blocks: data from extras, by the name of the block (`TrackBlock`)
    album_level: level of its album, where it was asked for
    segues: by the audio id of a track that may follow it: how its sound goes on there, None if it does not; read with
        the beats
    lyrics_language: language of its lyrics, or "unknown"; None without lyrics, which only searches read
    represents: in a list, the track whose file is away and which this copy represents
    """

    path: str
    state: State
    audio_id: str | None = None
    uid: str | None = field(default=None, compare=False)
    cached: bool = False
    format: AudioFormat | None = None
    size_bytes: int | None = None
    tags: Tags = field(default_factory=Tags)
    analysis: Analysis | None = None
    failure: Failure | None = None
    user: UserValues = field(default_factory=UserValues)
    labels: Labels | None = None
    imported: ImportedValues | None = None
    provided: Provided | None = None
    own_plays: PlayCounts | None = None
    flags: tuple[str, ...] = ()
    prefer: tuple[Source, ...] = DEFAULT_PREFERENCE
    preferred: Preferred = ()
    whole_names: tuple[str, ...] = field(default=WHOLE_NAMES, compare=False)
    genre_names: GenreNames = field(default=NO_TABLE, compare=False)
    mono: MonoLoudness = "single"
    pitch_percent: float = USUAL_PITCH_PERCENT
    has_key_lock: bool = True
    added_at: str | None = None
    lasts_s: float | None = None
    blocks: Mapping[str, Any] | None = None
    lyrics_language: str | None = None
    album_level: AlbumLevel | None = field(default=None, compare=False)
    segues: Mapping[str, Segue | None] = field(default_factory=dict, compare=False)
    represents: Track | None = field(default=None, compare=False)

    @property
    def as_listed(self) -> Track:
        """The track that a list contains: itself, or the track whose file is away."""
        return self.represents or self

    def block(self, name: str) -> Any:
        """The data of an extra, by the name of its block; None if there is none."""
        return None if self.blocks is None else self.blocks.get(name)

    def value(self, name: str) -> Any:
        """The current value of a field of `map4.core.music.track.fields`, from user, tags, providers and DJ programs.

        `prefer` and `preferred` set the order of the last three.
        """
        return self._current_of(name, without=_MADE)[1]

    def _current_of(self, name: str, without: Container[FieldSource] = ()) -> tuple[FieldSource | None, Any]:
        """The source that counts for a field, and its value; None if unknown."""
        field = FIELDS[name]
        for source in counting(name, self.prefer, self.preferred):
            value = None if source in without else self._value_from(source, field)
            if value is not None and value != "":
                return source, value
        return None, None

    def sources(self, name: str) -> dict[FieldSource, Any]:
        """All known values of a field by source, in order of preference."""
        return self._values_by_source(name, counting(name, self.prefer, self.preferred))

    def _value_from(self, source: FieldSource, field: Field) -> Any:
        """The value of a field from a source; unreadable keys are None."""
        value: Any = None
        match source:
            case "user":
                value = getattr(self.user, field.name)
            case "tag":
                value = getattr(self.tags, field.tag, None)  # some exist only in files
            case "imported":
                value = getattr(self.imported, field.imported, None)
            case "provider":
                value = None if self.provided is None else self.provided.value(field.name)
            case "measured":
                if field.name == "album_gain":
                    value = self.album_level and self.album_level.gain_db
                elif self.analysis is not None:
                    value = _measured(self.analysis, field)
            case "labels":
                value = None if self.labels is None else self.labels.style
        if field.kind == "key" and isinstance(value, str):
            return Key.readable(value)
        return round(value, 3) if field.kind == "tempo" and value is not None else value

    def __fspath__(self) -> str:
        """Its path, so that a track can be used wherever a path is accepted."""
        return self.path

    def __repr__(self) -> str:
        return repr_line(self, self.in_brief())

    def in_brief(self) -> str:
        """Name, tempo and key: `House Act 5 – Tune 14, 124.0, 7B`."""
        key, bpm = self.key(), self.bpm()
        own_plays = [f"{bpm:.1f}" if bpm is not None else None, key.camelot if key else None]
        state = None if self.state == "ok" else self.state
        return ", ".join(filter(None, [cut(self.caption(), _MOST_NAME), *own_plays, state]))

    def measured(self) -> Analysis | None:
        """The valid analysis; an older analysis of a failed file does not count."""
        return None if self.state == "failed" else self.analysis

    @property
    def length_s(self) -> float | None:
        """Seconds of decoded audio; None if not analysed."""
        return self.analysis.duration_s if self.analysis else self.lasts_s

    def end_s(self) -> float:
        """Its length as measured; infinite if unknown."""
        return self.analysis.duration_s if self.analysis else float("inf")

    def bpm_sources(self) -> dict[Source, float]:
        return self._values_by_source("bpm", FIELDS["bpm"].sources)

    def key_sources(self) -> dict[Source, Key]:
        """All known keys, by source; unreadable tags are left out."""
        return self._values_by_source("key", FIELDS["key"].sources)

    def _values_by_source(self, name: str, sources: Sequence[FieldSource]) -> dict[Any, Any]:
        values = {source: self._value_from(source, FIELDS[name]) for source in sources}
        return {source: value for source, value in values.items() if value is not None and value != ""}

    def bpm(self) -> float | None:
        return cast("float | None", self._current_of("bpm")[1])

    def bpm_source(self) -> Source | None:
        return cast("Source | None", self._current_of("bpm")[0])

    def key(self) -> Key | None:
        return cast("Key | None", self._current_of("key")[1])

    def key_source(self) -> Source | None:
        return cast("Source | None", self._current_of("key")[0])

    def dual_mono_lu(self) -> float:
        """How much louder `analysis` states a mono file to be than it was measured."""
        return 0.0 if self.format is None else DualMono.more_lu(self.format.channels, self.mono)

    def measured_tempo(self) -> Tempo | None:
        """The measured tempo, if it is current."""
        return self.analysis.tempo if self.analysis and self.bpm_source() == "measured" else None

    def tempo_confidence(self) -> float | None:
        """The confidence of the current tempo; None if it was not measured."""
        tempo = self.measured_tempo()
        return None if tempo is None else tempo.confidence

    def key_confidence(self) -> float | None:
        key = self.analysis.key if self.analysis and self.key_source() == "measured" else None
        return None if key is None else key.confidence

    def _text(self, name: str) -> str | None:
        return cast("str | None", self.value(name))

    def _number(self, name: str) -> int | None:
        return cast("int | None", self.value(name))

    def artist(self) -> str | None:
        """The artist as in `said`; so are the other values."""
        return self._text("artist")

    def credits(self) -> tuple[Credit, ...]:
        """The names in the current values, each with its role; a list of the artists counts if it fits the artist."""
        source, artist = self._current_of("artist")
        listing, names = self._current_of("artists")
        artists = fitting_list(names, artist, is_of_same=source == listing, whole=self.whole_names)
        return credits_of(
            artist,
            title=self.title(),
            artists=artists,
            ids=self.sources("artist_ids").get(listing if artists and listing else source or "tag"),
            whole=self.whole_names,
            **{role: self._text(role) for role in CREDITED},
        )

    def title(self) -> str | None:
        """See `artist`."""
        return self._text("title")

    def album(self) -> str | None:
        return self._text("album")

    def label(self) -> str | None:
        """See `artist`; labels from a model are in `labels`."""
        return self._text("label")

    def track_number(self) -> int | None:
        return self._number("track")

    def album_place(self) -> AlbumPlace | None:
        """Its place on its album, by the current values; None without an album or a number."""
        folder, album, number = os.path.dirname(self.path), self.album(), self.track_number()
        if not album or number is None:
            return None
        disc = AlbumPlace.disc_of(folder, self._number("disc_number")) or 1
        return AlbumPlace(album_of(folder, album), disc, number)

    def genre(self) -> str | None:
        """The genre as in `said`, else the style or genre of the labels."""
        return self.named_genre() or (self.labels.style if self.labels else None)

    def named_genre(self) -> str | None:
        """The genre without the labels, which may be derived from it."""
        return self._text("genre")

    def genre_family(self, genres: GenreTable) -> str | None:
        """The family of the genre set by the user; else of the labels, the tag or the import."""
        if self.user.genre is not None:
            return genres.family(self.user.genre)
        return genres.track_family(self.labels.family if self.labels else None, self.named_genre())

    def year(self) -> int | None:
        return self._number("year")

    def energy(self) -> float | None:
        """0-1: a tenth of the level set by the user, or else the measured value."""
        if self.user.energy is not None:
            return self.user.energy / Energy.MOST_LEVEL
        return self.analysis.energy if self.analysis else None

    def energy_level(self) -> int | None:
        """Level 1-10: set by the user, or else measured."""
        energy = self.energy()
        return None if energy is None else Energy.level(energy)

    def rating(self) -> float | None:
        """Stars, 0-5; see `artist`."""
        return cast("float | None", self.value("rating"))

    def play_count(self) -> int | None:
        """The number of plays: those counted by DJ programs plus the caller's; None if unknown."""
        own = self.own_plays or NO_PLAYS
        return PlayCounts.total(self.imported.play_count if self.imported else None, own.plays, own.in_programs)

    def last_played(self) -> str | None:
        """The last play in local time; see `play_count`."""
        written = self.imported.last_played if self.imported else None
        return PlayCounts.last_played_of(written, self.own_plays.last_at if self.own_plays else None)

    def skip_count(self) -> int | None:
        """How often the caller started and left it early; None if they never played it."""
        return self.own_plays.skips if self.own_plays else None

    def comment(self) -> str | None:
        return self._text("comment")

    def set_cues(self) -> tuple[CuePoint, ...]:
        """The cue points set by a person, by position: those of `user`, or else the imported ones."""
        if self.user.cues is not None:
            return self.user.cues
        return self.imported.cues if self.imported else ()

    def set_grid(self) -> tuple[GridMark, ...]:
        """The beat grid set by a person, by position: that of `user`, or else the imported grid.

        The grid of `user` counts while the current tempo matches it, so not after halving or unsetting the tempo.
        """
        if self.user.grid and _is_among(self.bpm(), [mark.bpm for mark in self.user.grid]):
            return self.user.grid
        return self.imported.grid if self.imported else ()

    def cues(self) -> tuple[TrackCue, ...]:
        """The effective cue points, by position: those a DJ set, here or elsewhere, plus detected ones."""
        from map4.core.music.track.track_cues import bar_length_s, cues_in_force

        placed = self.set_cues()
        source: CueSource = "imported" if self.user.cues is None else "user"
        analysis = self.measured()
        bpm = analysis.tempo.bpm if analysis and analysis.tempo else None
        metre = analysis.bars.metre.beats_per_bar if analysis and analysis.bars else None
        detected = [*(analysis.detected_cues if analysis else ()), *chain.from_iterable(cues(self))]
        return cues_in_force(placed, detected, bar_s=bar_length_s(bpm, metre), source=source)

    def bit_rate_bps(self) -> float | None:
        """The average bit rate of the audio only; None if not analysed."""
        if self.format is None or self.analysis is None:
            return None
        return self.format.payload_bytes * 8 / self.analysis.duration_s

    def is_upscaled(self) -> bool | None:
        """True if it was made from a lossy file with fewer bits; None if undecidable."""
        spectrum = self.analysis.spectrum if self.analysis and self.state != "failed" else None
        if self.format is None or spectrum is None:
            return None
        return Upscaling.is_upscaled(
            codec=self.format.codec,
            sample_rate_hz=self.format.sample_rate_hz,
            bit_rate_bps=self.bit_rate_bps(),
            cutoff_hz=spectrum.cutoff_hz,
            cutoff_drop_db=spectrum.cutoff_drop_db,
        )

    def why_upscaled(self) -> str | None:
        """The reason: "nothing above 16.0 kHz, as MP3 at 128 kbit/s has it"; None if it is not upscaled."""
        spectrum = self.analysis.spectrum if self.analysis else None
        if not self.is_upscaled() or spectrum is None or spectrum.cutoff_hz is None:
            return None
        return Upscaling.why(spectrum.cutoff_hz)

    @property
    def shown_path(self) -> str:
        """The path as text: bytes that are not UTF-8 are replaced."""
        return display_path(self.path)

    def caption(self) -> str:
        """Artist and title, or else the file name; not escaped for terminals."""
        return caption(self.artist(), self.title(), self.shown_path)

    def to_record(self, *, beats: bool = False, cues: bool = False) -> dict[str, Any]:
        """The `map4/track/1` record: JSON values only, null if unknown.

        beats: add `beats_s` and `downbeats_s`, the times of the beats and of the first beats of bars in seconds, and
            the imported grid; null if they were not loaded
        cues: add `cues`, the effective cue points; with their bars if beats were loaded
        """
        from map4.core.music.track import track_record

        analysis, user = self.measured(), self.user
        bars = analysis.bars if analysis else None
        downbeats_s = bars.downbeats_s if bars else None
        failed, title = self.state == "failed", self.title()
        tempo = track_record.TrackTempo.of(self.bpm_source(), {} if failed else self.bpm_sources(), analysis)
        key = track_record.TrackKey.of(self.key_source(), {} if failed else self.key_sources(), analysis)
        energy = track_record.TrackEnergy.of(None if failed else user.energy, analysis)
        record = track_record.TrackRecord(
            path=self.path,
            audio_id=self.audio_id,
            state=self.state,
            cached=self.cached,
            flags=tuple(dict.fromkeys((*(analysis.flags if analysis else ()), *self.flags))),
            error=self.failure,
            current=track_record.CurrentValues(
                name=title if title and title.strip() else display_path(os.path.basename(self.path)),
                title=title,
                artist=self.artist(),
                album=self.album(),
                album_artist=self._text("album_artist"),
                label=self.label(),
                genre=self.genre(),
                year=self.year(),
                track=self.track_number(),
                bpm=None if tempo is None else tempo.bpm,
                key=None if key is None else key.key,
                energy=None if energy is None else energy.level,
                rating=self.rating(),
                comment=self.comment(),
            ),
            tags=self.tags.stored(),
            credits=self.credits(),
            file=track_record.TrackFile.of(
                self.format, analysis, self.bit_rate_bps() if analysis else None, self.size_bytes
            ),
            tempo=tempo,
            analysis=analysis,
            tempo_map=analysis.tempo_map or None if analysis else None,
            key_map=analysis.key_map or None if analysis else None,
            key=key,
            energy=energy,
            labels=self.labels,
            imported=self.imported,
            user=None if user is NOTHING_SET or user == NOTHING_SET else user,
            beats_s=(analysis.beats_s if analysis else None) if beats else ...,
            downbeats_s=downbeats_s if beats else ...,
            metadata=... if self.provided is None else metadata_of(self),
            cues=tuple(track_record.PlacedCue.among(cue, downbeats_s or ()) for cue in self.cues()) if cues else ...,
            extras=self.blocks or ...,
            lyrics_language=self.lyrics_language or ...,
        ).to_record()
        if beats and self.imported is not None:
            record["imported"] = self.imported.to_record(grid=True)
        return record


NOTHING_SET = UserValues()


def _is_among(bpm: float | None, tempi: Sequence[float]) -> bool:
    return bpm is None or min(tempi) * (1.0 - _SAME_TEMPO) <= bpm <= max(tempi) * (1.0 + _SAME_TEMPO)


def metadata_of(track: Track) -> TrackMetadata:
    """The provider values of a looked-up track: each field with its current value, source and alternatives."""
    from map4.core.music.track.track_record import LookedUpField, TrackMetadata

    provided = track.provided or Provided()
    fields = {}
    for name in (*provided.values, *(() if provided.value("year") is None else ("year",))):
        sources: dict[Any, Any] = {source: value for source, value in track.sources(name).items() if source != "labels"}
        if name == "key":
            sources = {source: key.camelot for source, key in sources.items()}
        if not sources:  # its sources don't count
            continue
        source, value = next(iter(sources.items()))
        others = {
            other_source: other for other_source, other in sources.items() if other_source not in (source, "provider")
        }
        others |= provided.by_provider(name)
        conflict = any(not Observation.is_same(name, value, other) for other in others.values())
        remark = provided.values[name].remark if name in provided.values else None
        fields[name] = LookedUpField(value=value, source=source, others=others, conflict=conflict, remark=remark)
    return TrackMetadata(fields=fields, matches=provided.matches)


def _measured(analysis: Analysis, field: Field) -> Any:
    lufs = analysis.loudness.integrated_lufs
    match field.kind:
        case "tempo":
            return analysis.tempo and analysis.tempo.bpm
        case "key":
            return analysis.key and analysis.key.key
        case "level":
            return None if analysis.energy is None else Energy.level(analysis.energy)
        case "decibels":
            return None if lufs is None else round(AlbumLevel.REPLAYGAIN_LUFS - lufs, 2)
    return None
