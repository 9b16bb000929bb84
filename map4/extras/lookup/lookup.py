"""Which recording of a provider a track is: what is asked, what may be meant, and what the provider knows of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from map4.base.asking.service import FaultKind
from map4.base.records import Count, Fraction, Record
from map4.music.track.observations import LookupStatus as LookupStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupQuery:
    """What is known of a track that is looked up; None where it is not known.

    recording_id: of MusicBrainz, as a tagger wrote it into the file, or as another provider found it
    acoustid: AcoustID's id of the sound, as a tagger wrote it into the file
    fingerprint: Chromaprint's, of the sound
    track: position on the album, from 1
    folder: where it lies, which is never sent; with the album it tells which tracks belong together
    """

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    duration_s: float | None = None
    isrc: str | None = None
    recording_id: str | None = None
    acoustid: str | None = None
    fingerprint: str | None = None
    catalog_number: str | None = None
    track: int | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A release that a recording is on.

    position: on its medium, from 1
    is_own: an official release of this artist, no compilation of many
    """

    release_id: str
    title: str | None = None
    date: str | None = None
    position: int | None = None
    catalog_numbers: tuple[str, ...] = ()
    is_own: bool = True

    def __post_init__(self) -> None:
        _require_texts(self.release_id, self.title, self.date, *self.catalog_numbers)
        _require_number(self.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recording that a track may be.

    remark: tells it from others of the same name: "live, 1986-07-12"
    sound: 0-1, how well the sound fits; None where it was not compared
    """

    id: str
    artist: str | None = None
    title: str | None = None
    remark: str | None = None
    duration_s: float | None = None
    isrcs: tuple[str, ...] = ()
    appearances: tuple[Appearance, ...] = ()
    sound: float | None = None

    def __post_init__(self) -> None:
        _require_texts(self.id, self.artist, self.title, self.remark, *self.isrcs)
        _require_number(self.duration_s)


def _require_texts(*values: object) -> None:
    """What a service sends may be anything; what was understood wrongly is told here, and breaks nothing later."""
    if wrong := [value for value in values if not isinstance(value, str | None)]:
        raise TypeError(f"{wrong[0]!r:.40} is no text")


def _require_number(value: object) -> None:
    if not (value is None or (isinstance(value, int | float) and math.isfinite(value))):
        raise TypeError(f"{value!r:.40} is no number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(
    Record,
    members="id=candidate.id artist=candidate.artist title=candidate.title remark=candidate.remark"
    " duration_s=candidate.duration_s release_id release=appearance.title release_date=appearance.date"
    " score reasons",
):
    """A candidate with how sure it is the track.

    id: of the recording, at the provider
    remark: what distinguishes it from others of its name
    score: 0-1
    reasons: what speaks for and against it, for a person
    release_id: of the release that fits best
    """

    candidate: Candidate
    score: Fraction
    reasons: tuple[str, ...] = ()
    release_id: str | None = None

    @property
    def appearance(self) -> Appearance | None:
        """The release that fits best."""
        return next((one for one in self.candidate.appearances if one.release_id == self.release_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMatch:
    """What was made of the candidates of one query, the best first, five at most."""

    status: LookupStatus
    candidates: tuple[Judged, ...] = ()

    @property
    def best(self) -> Judged | None:
        return self.candidates[0] if self.status == "accepted" else None


def what_to_do(error_type: str, provider: str) -> str:
    """What helps against such a failure of a provider."""
    check = f"'map4 providers check {provider}'"
    later = "run the same command again later; answers that came are kept"
    return {
        "authentication": f"look at its key in the environment or the keyring, and at [providers.{provider}] in "
        f"map4.toml, then try {check}",
        "rate_limit": later,
        "server": later,
        "network": "look at this machine's connection, then run the same command again",
    }.get(error_type, f"run the same command again later; if it stays so, look what {check} says")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFailure(
    Record,
    words={"additionalProperties": False},
    members="error_type provider message retry_count alternative_sources suggested_action",
):
    """Why a provider gave no answer, for people and programs.

    message: for a person
    retry_count: how often it was asked again
    alternative_sources: providers that may know it too, and are set up
    """

    error_type: FaultKind
    provider: str
    message: str
    retry_count: Count = 0
    alternative_sources: tuple[str, ...] = ()

    @property
    def suggested_action(self) -> str:
        """What helps."""
        return what_to_do(self.error_type, self.provider)
