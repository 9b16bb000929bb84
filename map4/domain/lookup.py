"""Which recording of a provider a track is: what is asked, what may be meant, and what the provider knows of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

LookupStatus = Literal["accepted", "review", "none", "rejected"]
"""accepted: taken; review: in doubt; none: nothing fits; rejected: the user said that none of those found is it."""


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
class Judged:
    """A candidate with how sure it is the track.

    score: 0-1
    reasons: what speaks for and against it, for a person
    release_id: of the release that fits best
    """

    candidate: Candidate
    score: float
    reasons: tuple[str, ...] = ()
    release_id: str | None = None

    def to_record(self) -> dict[str, Any]:
        """One of the `candidates` of a `map4/lookup/1` record."""
        found = self.candidate
        release = next((one for one in found.appearances if one.release_id == self.release_id), None)
        return {
            **{name: getattr(found, name) for name in ("id", "artist", "title", "remark", "duration_s")},
            "release_id": self.release_id,
            "release": release.title if release else None,
            "release_date": release.date if release else None,
            "score": self.score,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMatch:
    """What was made of the candidates of one query, the best first, five at most."""

    status: LookupStatus
    candidates: tuple[Judged, ...] = ()

    @property
    def best(self) -> Judged | None:
        """The candidate that was taken."""
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
class ProviderFailure:
    """Why a provider gave no answer, for people and programs.

    error_type: a `map4.ports.asking.FaultKind`
    retry_count: how often it was asked again
    alternative_sources: providers that may know it too, and are set up
    """

    error_type: str
    provider: str
    message: str
    retry_count: int = 0
    alternative_sources: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """JSON values."""
        others, action = list(self.alternative_sources), what_to_do(self.error_type, self.provider)
        return asdict(self) | {"alternative_sources": others, "suggested_action": action}
