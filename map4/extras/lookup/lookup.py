"""Records of a look-up: query, candidates, judgement and failure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from map4.core.base.records import Count, Fraction, Record
from map4.extras.shared.service import FaultKind

LookupStatus = Literal["accepted", "review", "none", "rejected"]
"""accepted: used; review: uncertain; none: no match; rejected: the user rejected all candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupQuery:
    """Known data of a track; None if unknown.

    recording_id: MusicBrainz id, from the file's tags or another provider
    acoustid: AcoustID id from the file's tags
    fingerprint: Chromaprint fingerprint
    track: position on the album, from 1
    folder: folder of the file, never sent; with the album it groups tracks
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
    """A release that contains a recording.

    position: on its medium, from 1
    is_own: an official release of this artist, not a compilation of several artists
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
    """A recording that may be the track.

    remark: distinguishes it from others of the same name: "live, 1986-07-12"
    sound: 0-1, how well the audio fits; None if it was not compared
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
    """Check types of a service's values here, so that a misunderstood response can't break anything later."""
    if wrong := [value for value in values if not isinstance(value, str | None)]:
        raise TypeError(f"{wrong[0]!r:.40} is not a text")


def _require_number(value: object) -> None:
    if not (value is None or (isinstance(value, int | float) and math.isfinite(value))):
        raise TypeError(f"{value!r:.40} is not a number")


class Judged(
    Record,
    members="id=candidate.id artist=candidate.artist title=candidate.title remark=candidate.remark"
    " duration_s=candidate.duration_s release_id release=appearance.title release_date=appearance.date"
    " score reasons",
):
    """A candidate with its score.

    id: id of the recording at the provider
    remark: distinguishes it from others of the same name
    score: 0-1
    reasons: evidence for and against it, in words
    release_id: id of the best fitting release
    """

    candidate: Candidate
    score: Fraction
    reasons: tuple[str, ...] = ()
    release_id: str | None = None

    @property
    def appearance(self) -> Appearance | None:
        """The best fitting release."""
        return next((place for place in self.candidate.appearances if place.release_id == self.release_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMatch:
    """The judged candidates of a query, best first, at most five."""

    status: LookupStatus
    candidates: tuple[Judged, ...] = ()

    @property
    def best(self) -> Judged | None:
        return self.candidates[0] if self.status == "accepted" else None


def what_to_do(error_type: str, provider: str) -> str:
    """Advice for a failure of a provider."""
    check = f"'map4 lookup --providers --check --provider {provider}'"
    later = "run the same command again later; answers so far are kept"
    return {
        "authentication": f"check its key in the environment or the keyring, and [providers.{provider}] in map4.toml, "
        f"then run {check}",
        "rate_limit": later,
        "server": later,
        "network": "check this machine's network connection, then run the same command again",
    }.get(error_type, f"run the same command again later; if it still fails, run {check}")


class ProviderFailure(Record, words={"additionalProperties": False}, members="* suggested_action"):
    """Why a provider gave no answer, for people and programs.

    message: for people
    retry_count: number of retries
    alternative_sources: other providers that are set up and may know the track
    """

    error_type: FaultKind
    provider: str
    message: str
    retry_count: Count = 0
    alternative_sources: tuple[str, ...] = ()

    @property
    def suggested_action(self) -> str:
        """Advice for the failure."""
        return what_to_do(self.error_type, self.provider)
