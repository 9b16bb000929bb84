"""Lists of tracks: look up what one made elsewhere names, and put several together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.path_maps import Places
from map4.domain.recording import Recordings, recording_facts
from map4.domain.tempo_step import TEMPO_POLICIES, TempoPolicy
from map4.domain.track import Track, display_path, path_fields
from map4.domain.tracklist import ListEntry, ReadList, TrackList
from map4.selection.matching.matcher import SURE, Match, Wanted

EntryStatus = Literal["found", "uncertain", "unknown", "gone", "url"]
"""found: taken; uncertain: a track fits, but not surely enough to be taken; unknown: no track fits; gone: the track is
known, but its file is not there; url: a stream, passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedEntry:
    """One entry of a list, and the track that it means.

    Parameters
    ----------
    track : None where none was found; of a status other than "found" it is not part of the list
    match : how it was found, None for entries of stored lists
    detail : what the list itself says of it (transition, energy target)
    """

    entry: ListEntry
    status: EntryStatus
    track: Track | None = None
    match: Match | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """One of the `entries` of a check: what the list says, and what was made of it."""
        entry, match = self.entry, self.match
        return {
            "position": entry.position,
            "location": None if entry.location is None else display_path(entry.location),
            "artist": entry.artist,
            "title": entry.title,
            "status": self.status,
            "method": match.method if match else None,
            "certainty": match.certainty if match else None,
            "rivals": match.rivals if match else 0,
            "track": None if self.track is None else path_fields(self.track.path),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedList:
    """A list whose entries were looked up.

    Parameters
    ----------
    source : the file, or the name it is stored under
    format : of the file; None for a stored list
    header : of a list of map4's own: seeds, options
    """

    source: str
    format: str | None
    entries: tuple[ResolvedEntry, ...]
    name: str | None = None
    description: str | None = None
    header: Mapping[str, Any] = field(default_factory=dict)

    @property
    def found(self) -> list[ResolvedEntry]:
        """Entries whose track is there."""
        return [entry for entry in self.entries if entry.status == "found"]

    def tracks(self) -> list[Track]:
        """The tracks that are there, in order."""
        return [entry.track for entry in self.found if entry.track is not None]

    def counts(self) -> dict[EntryStatus, int]:
        """How many entries have each status."""
        statuses: tuple[EntryStatus, ...] = ("found", "uncertain", "unknown", "gone", "url")
        return {status: sum(entry.status == status for entry in self.entries) for status in statuses}


def resolve_list(
    read: ReadList,
    match: Callable[[Wanted], Match | None],
    find: Callable[[str], Track | None],
    *,
    source: str,
    folder: str,
    places: Places,
    least_certainty: float = SURE,
) -> ResolvedList:
    """Look up every entry of a list in the library; no path of the list is opened.

    Parameters
    ----------
    match, find : the library: the file that is meant, and the track of a path
    source, folder : the list's file and the absolute folder it lies in
    places : how its paths are mapped
    least_certainty : matches below it are reported, and not taken
    """
    details = read.details or ({},) * len(read.entries)
    return ResolvedList(
        source=source,
        format=read.format,
        entries=tuple(
            replace(_resolved(entry, match, find, folder, places, least_certainty), detail=detail)
            for entry, detail in zip(read.entries, details, strict=True)
        ),
        name=read.name,
        description=read.description,
        header=read.header,
    )


def _resolved(
    entry: ListEntry,
    match_wanted: Callable[[Wanted], Match | None],
    find: Callable[[str], Track | None],
    folder: str,
    places: Places,
    least_certainty: float,
) -> ResolvedEntry:
    if entry.is_url:
        return ResolvedEntry(entry=entry, status="url")
    match = match_wanted(wanted_of(entry, folder, places))
    track = None if match is None else find(match.path)
    if match is None or track is None:
        return ResolvedEntry(entry=entry, status="unknown")
    status: EntryStatus = "found"
    if match.certainty < least_certainty:
        status = "uncertain"
    elif track.state == "missing":
        status = "gone"
    return ResolvedEntry(entry=entry, status=status, track=track, match=match)


def wanted_of(entry: ListEntry, folder: str, places: Places) -> Wanted:
    """What an entry of a list says of its track, with every path it may mean.

    Parameters
    ----------
    folder : absolute folder the list lies in
    places : how its paths are mapped
    """
    readings = (path for location in entry.locations for path in places.inward(location, folder))
    return Wanted(
        paths=tuple(dict.fromkeys(readings)),
        audio_id=entry.audio_id,
        size_bytes=entry.size_bytes,
        artist=entry.artist,
        title=entry.title,
        duration_s=entry.duration_s,
    )


def resolve_stored(stored: TrackList, name: str) -> ResolvedList:
    """The entries of a stored list, whose tracks are known already."""
    return ResolvedList(
        source=name,
        format=None,
        entries=tuple(
            ResolvedEntry(
                entry=ListEntry(
                    position=index + 1,
                    location=track.path,
                    artist=track.tags.artist,
                    title=track.tags.title,
                    audio_id=track.audio_id,
                ),
                status=_stored_status(track),
                track=track,
                detail=stored.detail(index),
            )
            for index, track in enumerate(stored.tracks)
        ),
        name=stored.name,
        description=stored.description,
        header=stored.header,
    )


def _stored_status(track: Track) -> EntryStatus:
    if track.state != "missing":
        return "found"
    # Without an audio id it was never in the library: an entry that was imported, and waits for its file.
    return "unknown" if track.audio_id is None else "gone"


def merge_lists(lists: Sequence[ResolvedList]) -> list[Track]:
    """The tracks of several lists one after the other, each recording once, where it comes first."""
    seen = Recordings[str]()
    paths: set[str] = set()
    merged: list[Track] = []
    for track in (track for resolved in lists for track in resolved.tracks()):
        facts = recording_facts(track)
        if track.path not in paths and not any(seen.same(**facts)):
            paths.add(track.path)
            seen.add(track.path, **facts)
            merged.append(track)
    return merged


def policy_of(resolved: ResolvedList) -> TempoPolicy | None:
    """The tempo policy that a list of map4's own was made by."""
    options = resolved.header.get("options")
    found = options.get("policy") if isinstance(options, dict) else None
    return next((policy for policy in TEMPO_POLICIES if policy == found), None)


def harmonic_of(resolved: ResolvedList) -> HarmonicRule:
    """The harmonic rule that a list of map4's own was made by, or else "flexible"."""
    options = resolved.header.get("options")
    found = options.get("harmonic") if isinstance(options, dict) else None
    return next((rule for rule in HARMONIC_RULES if rule == found), "flexible")
