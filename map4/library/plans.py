"""What is planned, looked at, and then done as it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from map4.domain.actor import needing
from map4.domain.plans import PlanKind
from map4.library.open_library import Part

if TYPE_CHECKING:
    from map4.app.imports.imports import ImportOptions
    from map4.app.labelling.options import ClassifyOptions
    from map4.app.plans.plans import Plans
    from map4.app.tagging.options import TagOptions
    from map4.domain.jobs import Job
    from map4.domain.plans import Draft, Plan
    from map4.library import Library
    from map4.library.planning.common import Selected, Tell
    from map4.library.planning.moves import CopiesToMove


_DO: Mapping[PlanKind, tuple[str, str]] = {
    "tags": ("tags", "do_tags"),
    "tags-undo": ("tags", "do_tags_undo"),
    "quarantine": ("moves", "do_quarantine"),
    "return": ("moves", "do_return"),
    "import": ("intake", "do_import"),
    "classify": ("intake", "do_classify"),
    "forget": ("forgetting", "do_forget"),
    "restore": ("restoring", "do_restore"),
}
"""What does a plan, by its kind: a function of a module of `library/planning`."""


@needing(
    {
        "own": "get begin carry_out",
        "files": "tags tags_undo quarantine put_back",
        "scan": "import_file classify forget",
        "admin": "restore",
    }
)
class PlansPart(Part):
    """Plans for `map4 serve`: each says what would be done, holds for ten minutes, and is done once, as it was shown.

    What has changed in between is left alone, and said. The job that does it tells how it is taken back.
    """

    def get(self, plan: str) -> Plan:
        """A plan that the actor made; raises NothingFoundError if there is none, or its time is over."""
        return self._plans.get(plan)

    def begin(self, plan: str) -> Job:
        """Have the server do a plan; gives the job.

        raises NothingFoundError: if there is none, or its time is over
        raises AlreadyBegunError: if it was begun before
        """
        return self._plans.begin(plan)

    def carry_out(self, plan: str, tell: Tell) -> dict[str, Any]:
        """Do a plan that was begun: what its job does; gives what came of it."""
        begun = self._plans.begun(plan)
        module, name = _DO[begun.kind]
        done: dict[str, Any] = getattr(import_module(f"map4.library.planning.{module}"), name)(
            self._library, begun, tell
        )
        self._plans.finish(plan)
        return done

    def tags(self, selected: Selected, options: TagOptions) -> Plan:
        """Plan to write tags."""
        from map4.library.planning.tags import draft_tags

        return self._keep("tags", draft_tags(self._library, selected, options))

    def tags_undo(self, journal: str | None = None, *, music: Sequence[str] = ()) -> Plan:
        """Plan to restore the files of a write of tags, of the last one that was not undone where none is named."""
        from map4.library.planning.tags import draft_tags_undo

        return self._keep("tags-undo", draft_tags_undo(self._library, journal, music))

    def quarantine(self, wanted: CopiesToMove, *, music: Sequence[str] = ()) -> Plan:
        """Plan to move copies of recordings away; where to, the plan says.

        music: folders in which files may be moved; none means anywhere
        """
        from map4.library.planning.moves import draft_quarantine

        return self._keep("quarantine", draft_quarantine(self._library, wanted, music))

    def put_back(self, journal: str | None = None) -> Plan:
        """Plan to move copies back, those that were moved last where no journal is named."""
        from map4.library.planning.moves import draft_return

        return self._keep("return", draft_return(self._library, journal))

    def import_file(self, path: str, name: str, options: ImportOptions) -> Plan:
        """Plan to import a file that was sent, which is moved away from its path.

        name: what it is called
        raises ImportReadError: if it is no library that map4 can read
        """
        from map4.library.planning.intake import draft_import

        return self._keep("import", draft_import(self._library, path, name, options))

    def classify(self, options: ClassifyOptions, tracks: Sequence[str] = (), query: str | None = None) -> Plan:
        """Plan to label tracks with genre, mood and era; what is sent, and costs, is told in its warnings."""
        from map4.library.planning.intake import draft_classify

        return self._keep("classify", draft_classify(self._library, options, tracks, query))

    def forget(
        self,
        selected: Selected,
        *,
        folder: str | None = None,
        imported: str | None = None,
        ignore: bool = False,
    ) -> Plan:
        """Plan to take files out of the library, to scan a folder no more, or to drop what a file that was imported
        says."""
        from map4.library.planning import forgetting

        if imported is not None or folder is not None:
            forgetting.require_alone(selected, ignore=ignore, others=imported is not None and folder is not None)
        if imported is not None:
            return self._keep("forget", forgetting.draft_import(self._library, imported))
        if folder is not None:
            return self._keep("forget", forgetting.draft_folder(self._library, folder))
        return self._keep("forget", forgetting.draft_files(self._library, selected, ignore=ignore))

    def restore(self, path: str, name: str) -> Plan:
        """Plan to put a backup that was sent, which is moved away from its path, in the library's place.

        name: what it is called
        """
        from map4.library.planning.restoring import draft_restore

        return self._keep("restore", draft_restore(self._library, path, name))

    def _keep(self, kind: PlanKind, draft: Draft) -> Plan:
        return self._plans.keep(kind, draft)

    @property
    def _plans(self) -> Plans:
        from map4.app.plans.plans import Plans

        return Plans(self._store)

    @property
    def _library(self) -> Library:
        from map4.library import Library

        return Library(self._opened)
