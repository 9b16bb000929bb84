"""The tags of files, and which source of a field is preferred in a library.

For contradictions between sources, only tracks with a differing source besides the tag are read, and only their field
values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from map4.core.base.actor import needs, served
from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import Paths
from map4.core.music.track.fields import CHOSEN_FIELDS, FIELDS, can_go_first, counting, first_of
from map4.core.music.track.sources import METADATA_SOURCES, MetadataSource, Preferred
from map4.core.music.track.track import Track
from map4.core.store.sql_store import SqlPreferredSources
from map4.doctor import SqlDoubts, dispute_of
from map4.errors import UsageError
from map4.library.part import LibraryPart
from map4.scan import tracks_with_tags
from map4.tags.preferred import FieldSources, OtherValue, SourceChange, SourceOfField, SourcesOfField
from map4.tags.store import AlbumLevels

if TYPE_CHECKING:
    from map4.core.music.track.cues import CuePoint
    from map4.library.keywords import TagKeywords
    from map4.tags.options import TagOptions
    from map4.tags.tagging import PlannedTags, TaggedFile
    from map4.tags.use import Tagging

MOST_SHOWN = 200
"""Maximum number of tracks that are listed with their changed value."""


class TagsPart(LibraryPart, scope="files"):
    """The tags of files: read them, write the current values into them, and undo that."""

    @needs("read")
    def read(self, files: Paths) -> Iterator[Track]:
        """Yield tracks with the current tags of their files as they are read; nothing is analysed or stored.

        `map4.core.music.track.track_fields.track_fields` shows for each field which source is used, and why.

        files: one or several: files of any suffix, folders, playlists, tracks, or names of tracks (`tracks.named`)
        yields: A track for each file. An unknown file is `pending`; an unknown file that can't be read has its
            failure.
        raises AmbiguousNameError, NothingFoundError: if words match several recordings, or none
        raises UsageError: if a playlist can't be read
        """
        yield from map(AlbumLevels(self._store).on, tracks_with_tags(files, self._services.resolver))

    @takes("map4.tags.options:TagOptions")
    def write(
        self,
        tracks: Paths,
        options: TagOptions = USUAL,
        *,
        planned: Mapping[str, PlannedTags] | None = None,
        plan: str | None = None,
        **keywords: Unpack[TagKeywords],
    ) -> list[TaggedFile]:
        """Write the current values of tracks into the tags of files.

        Each file is changed completely or not at all, keeps its audio and all other tags, and can be restored
        (`undo`).

        tracks: tracks of this library, or names of its tracks (`tracks.named`)
        planned: the result of a dry run, by path; a file whose changes would differ by now is skipped
        plan: id of the plan that is carried out; the journal of a killed job is continued
        returns: One result per track; skipped files have a `problem`.
        raises UsageError: if there is no such field; or for a library in memory, which has no place for journals
        """
        return list(self.write_events(tracks, options, planned=planned, plan=plan))

    @takes("map4.tags.options:TagOptions")
    def write_events(
        self,
        tracks: Paths,
        options: TagOptions = USUAL,
        *,
        planned: Mapping[str, PlannedTags] | None = None,
        plan: str | None = None,
        **keywords: Unpack[TagKeywords],
    ) -> Iterator[TaggedFile]:
        """`write`, yielding each file as soon as it is done."""
        events = self._tagging().write(self._tracks(tracks), options, planned, plan)
        yield from self._noting(events, "tags-written", lambda event: event.state == "written")

    def write_serato(self, cues: Mapping[str, Sequence[CuePoint]]) -> Iterator[TaggedFile]:
        """Write cue points into Serato's tags of music files, yielding each file as soon as it is done;
        `Library.undo` restores them.

        cues: by path, each on a button from 0 to 7; a cue point on a taken button is replaced
        """
        yield from self._noting(
            self._tagging().write_serato(cues), "tags-written", lambda event: event.state == "written"
        )

    @needs("read")
    @served("GET", "/sources", "The first source of each field, as `map4 tags prefer`.", queue="long", cache="alike")
    def sources(self) -> FieldSources:
        """Return for each field of tags, imports and providers: the preferred source, the number of tracks with
        contradictions, and the number that would change with another preferred source."""
        preferred = self._store.preferred()
        contradicted, changes = Counter[str](), Counter[tuple[str, MetadataSource]]()
        who: dict[str, Counter[str]] = {name: Counter() for name in CHOSEN_FIELDS}
        orders = {
            name: [(source, counting(name, (), ((name, source),))) for source in can_go_first(name)]
            for name in CHOSEN_FIELDS
        }
        for track in self._suspects():
            for name in CHOSEN_FIELDS:
                by_source = {source: value for source, value in track.sources(name).items() if source != "labels"}
                if not by_source.keys() - {"tag"}:  # the tag contradicts no other source
                    continue
                if (dispute := dispute_of(track, FIELDS[name])) is not None:
                    contradicted[name] += 1
                    who[name].update(value.who for value in dispute.said if value.who not in METADATA_SOURCES)
                now = next(iter(by_source.values()))
                changes.update(
                    (name, order[0])
                    for order in orders[name]
                    if next(by_source[source] for source in order[1] if source in by_source) != now
                )
        fields = (
            SourcesOfField(
                field=name,
                words=FIELDS[name].words,
                first=first_of(name, preferred),
                contradicted=contradicted[name],
                sources=tuple(
                    SourceOfField(
                        source=source,
                        changes=changes[name, source],
                        who=dict(who[name]) if source == "provider" else {},
                    )
                    for source in counting(name, (), preferred)
                    if source in can_go_first(name)
                ),
            )
            for name in CHOSEN_FIELDS
        )
        return FieldSources(fields=tuple(fields))

    @needs("read")
    def source_change(self, field: str, first: MetadataSource | None, *, most: int = MOST_SHOWN) -> SourceChange:
        """Return what would change if a source were preferred for a field.

        first: "tag", "provider" (look-ups) or "imported"; None is the default order
        most: maximum number of tracks to list
        raises UsageError: if there is no such field, or the source does not provide it
        """
        _require_choice(field, first)
        preferred = self._store.preferred()
        other, count, shown = _with(preferred, field, first), 0, list[OtherValue]()
        for track in self._suspects():
            now, then = track.value(field), replace(track, preferred=other).value(field)
            if now == then:
                continue
            count += 1
            if len(shown) < most:
                shown.append(
                    OtherValue(
                        path=track.path, audio_id=track.audio_id, artist=track.artist(), title=track.title(),
                        now=now, then=then,
                    )
                )  # fmt: skip
        before = first_of(field, preferred)
        words = FIELDS[field].words
        return SourceChange(field=field, words=words, first=first, before=before, count=count, changes=tuple(shown))

    @needs("admin")
    @served("PUT", "/sources/{field}", "Set the first source of a field, for all users; null is the default order.",
            {"first": (MetadataSource | None, ...)}, "PreferredSource", queue="write", needs_key=True,
            example={"first": None})  # fmt: skip
    def prefer(self, field: str, first: MetadataSource | None) -> SourceChange:
        """Prefer a source for a field in this library, for all accounts; values that you set yourself still win.

        This also settles contradictions of the field if the source has a value.

        first: as in `source_change`, which shows the effect
        returns: The change, with the previously preferred source.
        raises UsageError: if there is no such field, or the source does not provide it
        """
        _require_choice(field, first)
        self._store.require_writable()
        with self._store.at_once():
            before = first_of(field, self._store.preferred())
            self._store.part(SqlPreferredSources).put(field, first)
        change = SourceChange(field=field, words=FIELDS[field].words, first=first, before=before)
        self._note("source-preferred", field=field, source=first or "usual")
        return change

    def _suspects(self) -> Iterator[Track]:
        suspects = SqlDoubts(self._store).suspects("is:any", self._store.context(), ["metadata_disagrees"])
        file_ids = [file_id for file_id, bits in suspects if bits]
        for _, track in self._store.tracks.made_by_id(file_ids, lambda row: row.read_without_analysis()):
            yield track

    def _tagging(self) -> Tagging:
        from map4.tags.use import Tagging

        return Tagging(self._store)


def _require_choice(field: str, first: Any) -> None:
    """Reject a field without a choice of source, and a source that does not provide the field."""
    if field not in CHOSEN_FIELDS:
        raise UsageError.no_such("field with several sources", field, CHOSEN_FIELDS)
    if first is not None and first not in can_go_first(field):
        raise UsageError.no_such(f"source of {FIELDS[field].words}", str(first), can_go_first(field))


def _with(preferred: Preferred, field: str, first: MetadataSource | None) -> Preferred:
    others = tuple(preference for preference in preferred if preference[0] != field)
    return others if first is None else tuple(sorted((*others, (field, first))))
