"""What is planned, looked at, and then done as it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from map4.domain.actor import needing
from map4.domain.plans import PlanKind
from map4.library.open_library import Part

if TYPE_CHECKING:
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
}
"""What does a plan, by its kind: a function of a module of `library/planning`."""


@needing({"own": "get begin carry_out", "files": "tags tags_undo quarantine put_back", "scan": "forget"})
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

    def forget(self, selected: Selected, *, folder: str | None = None, ignore: bool = False) -> Plan:
        """Plan to take files out of the library, or to scan a folder no more."""
        from map4.library.planning.forgetting import draft_forget

        return self._keep("forget", draft_forget(self._library, selected, folder=folder, ignore=ignore))

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
