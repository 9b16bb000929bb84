"""The tags of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.part import Part
from map4.app.paths import Paths
from map4.domain.actor import needing

if TYPE_CHECKING:
    from map4.app.tagging.options import TagOptions
    from map4.app.tagging.preferred import SourceChoice
    from map4.app.tagging.tagging import Tagging
    from map4.domain.checks.preferred import FieldSources, SourceChange
    from map4.domain.tagging import PlannedTags, TaggedFile
    from map4.domain.track.sources import MetadataSource
    from map4.domain.track.track import Track
    from map4.ports.tagging import Journal


@needing(
    {
        "read": "read journals sources source_change",
        "admin": "prefer",
        "files": "write write_events written undo undo_events",
    }
)
class TagsPart(Part):
    """The tags of files: read them, write what counts into them, and take that back."""

    def read(self, files: Paths) -> Iterator[Track]:
        """Tracks with the tags that their files have now, each as soon as it is read; nothing is analysed or stored.

        `map4.domain.track.track_fields.track_fields` says of each field which source counts, and why.

        files: one or several: files of any suffix, folders, playlists, tracks, or names of tracks (`tracks.named`)
        yields: A track for each file. One that the library does not know is `pending`; one that can't be read and is
            not known has its failure.
        raises AmbiguousNameError, NothingFoundError: if words mean several recordings, or none
        raises UsageError: if a playlist can't be read
        """
        from map4.app.track_resolver import tracks_with_tags

        yield from tracks_with_tags(files, self._opened.resolver)

    @takes("map4.app.tagging.options:TagOptions")
    def write(
        self,
        tracks: Paths,
        options: TagOptions = USUAL,
        *,
        planned: Mapping[str, PlannedTags] | None = None,
        **keywords: Any,
    ) -> list[TaggedFile]:
        """Write the values that count into the tags of files.

        Each file is changed whole or not at all, keeps its audio and every tag that was not asked for, and can be made
        again what it was (`undo`).

        tracks: one or several, that this library gave, or names of its tracks (`tracks.named`)
        planned: what a dry run said, by path; a file of which something else would be written by now is left alone
        returns: One for each track; those that were left alone have a `problem`.
        raises UsageError: if there is no such field; or of a library without a file, which has no place for journals
        """
        return list(self.write_events(tracks, options, planned=planned))

    @takes("map4.app.tagging.options:TagOptions")
    def write_events(
        self,
        tracks: Paths,
        options: TagOptions = USUAL,
        *,
        planned: Mapping[str, PlannedTags] | None = None,
        **keywords: Any,
    ) -> Iterator[TaggedFile]:
        """`write`, with each file as soon as it is done."""
        events = self._tagging().write(self._tracks(tracks), options, planned)
        yield from self._noting(events, "tags-written", lambda one: one.state == "written")

    def undo(self, journal: str | None = None) -> list[TaggedFile]:
        """Restore files as they were before tags were written, byte for byte; one that was changed since is left.

        journal: name or path of a journal; None is the last write that was not undone
        raises NothingFoundError: if there is none
        raises Map4Error: if it can't be read
        """
        return list(self.undo_events(journal))

    def undo_events(self, journal: str | None = None) -> Iterator[TaggedFile]:
        """`undo`, with each file as soon as it is done."""
        events = self._tagging().undo(journal)
        yield from self._noting(events, "tags-restored", lambda one: one.state == "restored")

    def journals(self) -> list[Journal]:
        """What was written into tags, the last write first."""
        return list(self._tagging().journals.all())

    def written(self, journal: str) -> Iterator[tuple[str, Mapping[str, tuple[str | None, str]]]]:
        """The files that a write of tags changed, each with the values of its fields before and after.

        raises NothingFoundError: if there is no such journal
        """
        journals = self._tagging().journals
        for one in journals.files_of(journals.find(journal)):
            yield one.path, one.fields

    def sources(self) -> FieldSources:
        """Of each field that tags, imports and providers speak of: which of them goes first, over how many tracks they
        contradict each other, and how many would show another value if another went first."""
        return self._choice().fields()

    def source_change(self, field: str, first: MetadataSource | None, *, most: int = 200) -> SourceChange:
        """What would change if a source went first of a field, and nothing else.

        first: "tag", "provider" (what was looked up) or "imported"; None is the usual order
        most: tracks of which each is told
        raises UsageError: if there is no such field, or that source does not speak of it
        """
        return self._choice().change(field, first, most=most)

    def prefer(self, field: str, first: MetadataSource | None) -> SourceChange:
        """Have a source go first of a field in this library, for everybody: but for values that you set yourself.

        Where it says something, that settles what others contradict it in, too.

        first: as in `source_change`, which says what this changes
        returns: With what went first before.
        raises UsageError: if there is no such field, or that source does not speak of it
        """
        change = self._choice().set(field, first)
        self._note("source-preferred", field=field, source=first or "usual")
        return change

    def _choice(self) -> SourceChoice:
        from map4.app.tagging.preferred import SourceChoice

        return SourceChoice(self._store)

    def _tagging(self) -> Tagging:
        from map4.app.tagging.tagging import Tagging

        return Tagging(self._store)
