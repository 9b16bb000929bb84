"""Edits of stored lists: insert, move, remove, replace and lock tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from map4 import lists
from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.base.text import counted
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import PlacedPick, Tracklist
from map4.errors import NothingFoundError, UsageError
from map4.lists.files import LibraryLists

if TYPE_CHECKING:
    from map4.core.music.lists.live import LiveList
    from map4.core.music.mixing.mix_plan import MixPlan, NoPlan
    from map4.core.music.track.track import Track
    from map4.library.keywords import JointKeywords, LiveKeywords
    from map4.lists.live import LiveAnswer
    from map4.lists.options import GenerateOptions, JointOptions, LiveOptions
    from map4.lists.slots import ListSlots
    from map4.search import ResolvedPlaylist

MOST_LISTED = 10_000
"""Maximum number of entries of a list that is edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEdit:
    """A stored list after an edit, to be stored by `apply`.

    id: of the list
    content: all entries, including missing ones
    what: description of the edit
    """

    id: str
    content: Tracklist
    what: str

    @property
    def resolved(self) -> ResolvedPlaylist:
        """The edited list with each entry looked up."""
        from map4.lists.resolve import resolve_stored

        return resolve_stored(self.content, self.content.name or "")


class PlaylistEdits(LibraryLists):
    """Edits of the stored lists of a library. Places count from 1 and include missing entries."""

    @needs("own")
    def apply(self, edit: ListEdit) -> None:
        """Store an edited list."""
        self._put(edit.id, edit.content, keep=None, what=edit.what)

    def inserted(self, name: str, tracks: Sequence[Track], at: int | None = None) -> ListEdit:
        """Insert tracks into a list.

        at: place of the first new track; None appends them
        """
        if not tracks:
            raise UsageError("name the tracks to insert")

        def change(placed: list[PlacedPick]) -> list[PlacedPick]:
            require_room(len(placed) + len(tracks))
            first = len(placed) + 1 if at is None else require_place(at, len(placed) + 1)
            added = [(track, ListedPick()) for track in tracks]
            return [*placed[: first - 1], *added, *placed[first - 1 :]]

        return self._edited(name, change, f"{counted(len(tracks), 'track')} added")

    def moved(self, name: str, start: int, to: int, count: int = 1) -> ListEdit:
        """Move consecutive tracks.

        start: place of the first of them
        to: its new place
        """

        def change(placed: list[PlacedPick]) -> list[PlacedPick]:
            if count < 1:
                raise UsageError("move at least one track")
            require_place(start + count - 1, len(placed))
            require_place(start, len(placed))
            part = placed[start - 1 : start - 1 + count]
            rest = [*placed[: start - 1], *placed[start - 1 + count :]]
            require_place(to, len(rest) + 1)
            return [*rest[: to - 1], *part, *rest[to - 1 :]]

        return self._edited(name, change, f"{counted(count, 'track')} moved")

    def removed(self, name: str, places: Iterable[int]) -> ListEdit:
        """Remove the tracks at these places."""
        gone = _each(places, "take out")

        def change(placed: list[PlacedPick]) -> list[PlacedPick]:
            require_place(max(gone), len(placed))
            return [pick for place, pick in enumerate(placed, start=1) if place not in gone]

        return self._edited(name, change, f"{counted(len(gone), 'track')} removed")

    def locked(self, name: str, places: Iterable[int], is_locked: bool = True) -> ListEdit:
        """Lock or unlock places: a locked place keeps its track when the list is made, ordered or refreshed."""
        chosen = _each(places, "lock")

        def change(placed: list[PlacedPick]) -> list[PlacedPick]:
            require_place(max(chosen), len(placed))
            return [
                (track, replace(pick, locked=is_locked) if place in chosen else pick)
                for place, (track, pick) in enumerate(placed, start=1)
            ]

        return self._edited(name, change, f"{counted(len(chosen), 'track')} {'locked' if is_locked else 'unlocked'}")

    def replaced(self, name: str, at: int, track: Track) -> ListEdit:
        """Put another track in a place, which stays locked if it was."""

        def change(placed: list[PlacedPick]) -> list[PlacedPick]:
            require_place(at, len(placed))
            was = placed[at - 1][1]
            pick = ListedPick(energy_target=was.energy_target, locked=was.locked)
            return [*placed[: at - 1], (track, pick), *placed[at:]]

        return self._edited(name, change, f"track {at} replaced")

    @takes("map4.lists.options:JointOptions")
    def joined(self, name: str, at: int, options: JointOptions = USUAL, **keywords: Unpack[JointKeywords]) -> ListEdit:
        """Change how the track at a place is mixed into the list; it counts while both tracks are neighbours.

        at: place of the second of the two tracks
        raises UsageError: if they have no mix plan
        """
        from map4.core.music.mixing.mix_plan import MixPlan, NoPlan

        stored = self._editable_list(name)
        if at < 2:
            raise UsageError("name the second of the two tracks: a place from 2")
        require_place(at, len(stored.tracks))
        of, to = (track.as_listed.audio_id or "" for track in stored.tracks[at - 2 : at])
        before = next((joint for joint in stored.header.joints if (joint.of, joint.to) == (of, to)), None)
        changed = ListJoint(of=of, to=to) if before is None or options.reset else before
        given = {name: getattr(options, name) for name in ("leave_s", "enter_s", "bars", "kind", "swap_s")}
        joint = replace(changed, **{name: value for name, value in given.items() if value is not None})
        joints = tuple(each for each in stored.header.joints if (each.of, each.to) != (of, to))
        joints += () if joint.is_as_planned else (joint,)
        stored = replace(stored, header=replace(stored.header, joints=joints))
        picks = list(stored.picks)
        plans = sum(isinstance(pick.plan, MixPlan) for pick in picks)
        has_plans = plans > len(joints) + 1  # not only those of changed joints
        plan = self._planned(stored, at) if joint.is_as_planned and has_plans else None
        picks[at - 1] = replace(picks[at - 1], plan=plan)
        content = self.judged(stored, list(zip(stored.tracks, picks, strict=True)), has_plans=True)
        plan = content.picks[at - 1].plan
        if isinstance(plan, NoPlan):
            raise UsageError(f"this joint can't be changed: {plan.reason}")
        what = "as planned" if joint.is_as_planned else "changed"
        return ListEdit(id=str(stored.id), content=content, what=f"joint of tracks {at - 1} and {at} {what}")

    @needs("own")
    @takes("map4.lists.options:JointOptions")
    def join(
        self, name: str, at: int, options: JointOptions = USUAL, **keywords: Unpack[JointKeywords]
    ) -> MixPlan | NoPlan:
        """Change how the track at a place is mixed into the list, and store it; returns the new plan. See `joined`."""
        edit = self.joined(name, at, options)
        self.apply(edit)
        return edit.content.picks[at - 1].plan or self._planned(edit.content, at)

    def _planned(self, listed: Tracklist, at: int) -> MixPlan | NoPlan:
        from map4.lists.step_plans import following_plan

        of, to = map(self._store.tracks.detailed, listed.tracks[at - 2 : at])
        return following_plan(of, listed.picks[at - 2].plan, to).rounded()

    def remade(
        self, name: str, seeds: Sequence[Track], options: GenerateOptions, *, made_with: Mapping[str, Any] | None = None
    ) -> ListEdit:
        """Make a list again, as `map4 playlist` does; locked places keep their tracks.

        seeds: tracks that it starts from and sounds like; without seeds it sounds like the locked tracks
        options: as for `library.playlist`; files they name must be in the library
        made_with: the options that the list remembers, without files; None remembers these
        raises UsageError: if locked tracks contradict the options
        """
        from map4.lists.remake import plain_options, remade

        stored = self._editable_list(name)
        maker = lists.PlaylistMaker(self._store, genres=self._genres)
        placed, header = remade(self._store, maker, stored, seeds, options)
        made_with = {**(plain_options(options) if made_with is None else made_with), **(header.made_with or {})}
        header = replace(header, imported=stored.header.imported, made_with=made_with)
        content = self.judged(replace(stored, header=header), placed, has_plans=bool(options.plan))
        return ListEdit(id=str(stored.id), content=content, what="generated again")

    def slots(self, name: str, *, replace: int | None = None, after: int | None = None, n: int = 5) -> ListSlots:
        """The tracks of the library that fit a place best, between both of its neighbours, and why.

        replace: the place whose track is to be replaced
        after: alternatively the place after which to insert a track; 0 is the start of the list
        n: number of tracks, at most 20
        """
        from map4.lists.slots import SlotFinder, require_slots

        require_slots(n)
        self.require_not_live(name)
        stored = self._known(self._lists.get(name), name)
        return SlotFinder(self._store, self._genres, stored).find(replace=replace, after=after, n=n)

    def brought_back(self, name: str, version: int) -> ListEdit:
        """Restore a version of a list; its name and description stay.

        version: number, as in `versions`
        raises NothingFoundError: if that version is no longer stored
        """
        self._lists.require_editable(name)
        stored = self._known(self._lists.get(name), name)
        former = self._lists.at_version(name, version)
        if former is None:
            versions = [version.version for version in self._lists.versions(name)]
            raise NothingFoundError(
                f"version {version} of '{stored.name}' is not kept; those from {versions[-1]} to {versions[0]} are"
            )
        # The source of an imported list does not depend on its content.
        header = replace(former.header, imported=stored.header.imported)
        content = replace(stored, header=header)
        if header.live is not None:
            content = self._answers.answered(content)
        else:
            content = self.judged(content, list(former.listed()), has_plans=True)
        return ListEdit(id=str(stored.id), content=content, what=f"version {version} restored")

    def made_normal(self, name: str) -> ListEdit:
        """Turn a live list into a normal list with its current tracks.

        raises UsageError: if it is not a live list
        """
        self._lists.require_editable(name)
        stored = self._known(self._got(name), name)
        if stored.header.live is None:
            raise UsageError(f"'{stored.name}' is not a live list")
        normal = replace(stored, header=replace(stored.header, live=None))
        content = self.judged(normal, list(normal.listed()))
        return ListEdit(id=str(stored.id), content=content, what="turned into a normal list")

    @needs("own")
    @takes("map4.lists.options:LiveOptions")
    def make_live(
        self,
        name: str,
        query: str = "",
        options: LiveOptions = USUAL,
        *,
        seeds: Sequence[Track | PathLike] = (),
        force: bool = False,
        **keywords: Unpack[LiveKeywords],
    ) -> LiveAnswer:
        """Store a live list: the results of a query, for each reader, whenever the list is read.

        query: which tracks; may contain order and number, as in a search
        seeds: tracks of the library that the list starts from and sounds like
        force: replace a stored list of the same name; `restore` brings the old list back
        returns: A `LiveAnswer`: the current size of the list.
        raises QueryError, UsageError: if it can't be answered
        """
        answer = self.live_answer(query, options, seeds=seeds)
        self.keep_live(name, answer.live, force=force)
        return answer

    @needs("own")
    def keep_live(self, name: str, live: LiveList, *, force: bool = False) -> None:
        """Store the live list that `live_answer` evaluated; see `make_live`."""
        before = self._lists.get(name) if force else None
        imported = None if before is None else before.header.imported
        content = Tracklist(
            tracks=(),
            description=None if before is None else before.description,
            header=ListHeader(live=live, imported=imported),
        )
        self._put(name, content, force=force, keep=True, what=f"query: {live.caption()}")

    @takes("map4.lists.options:LiveOptions")
    def live_answer(
        self,
        query: str = "",
        options: LiveOptions = USUAL,
        *,
        seeds: Sequence[Track | PathLike] = (),
        **keywords: Unpack[LiveKeywords],
    ) -> LiveAnswer:
        """The current size of a live list with these options, which are those of `make_live`; nothing is stored."""
        from map4.lists.live import checked_live

        live = checked_live(query, options, tuple(map(self._seed_id, seeds)))
        return self._answers.answer(live)

    def _seed_id(self, seed: Track | PathLike) -> str:
        from map4.core.music.track.track import Track

        path = seed.path if isinstance(seed, Track) else absolute_path(seed)
        named = self._store.tracks.second_names([path]).get(path, path)
        track = seed if isinstance(seed, Track) else self._store.tracks.track(named)
        if track is None or track.audio_id is None or track.analysis is None:
            raise NothingFoundError(f"{display_path(path)} is not an analysed track of the library")
        return track.audio_id

    def _editable_list(self, name: str) -> Tracklist:
        """A stored list whose tracks the actor may edit."""
        self._lists.require_editable(name)
        self.require_not_live(name)
        return self._known(self._lists.get(name), name)

    def _edited(self, name: str, change: Callable[[list[PlacedPick]], list[PlacedPick]], what: str) -> ListEdit:
        stored = self._editable_list(name)
        edited = replace(stored, header=replace(stored.header, missing=None))
        return ListEdit(id=str(stored.id), content=self.judged(edited, change(list(stored.listed()))), what=what)

    def judged(self, stored: Tracklist, placed: Sequence[PlacedPick], *, has_plans: bool = False) -> Tracklist:
        """Replace the entries of a stored list and judge its transitions and quality again.

        has_plans: keep the mix plans; each track still follows the track its plan begins with
        """
        if not placed:
            header = replace(stored.header, quality=None, duration_s=None)
            return replace(stored, tracks=(), picks=(), header=header)
        content = self._drafted(placed, self._resolve_stored(stored), has_plans=has_plans)
        return replace(self._with_joints(content), id=stored.id)

    def _drafted(self, placed: Sequence[PlacedPick], origin: ResolvedPlaylist | None = None, **more: Any) -> Tracklist:
        from map4.lists.draft import drafted

        return drafted(placed, self._genres, origin=origin, **more)

    def _with_joints(self, listed: Tracklist) -> Tracklist:
        """A list with its changed joints planned again, and with its segues that a scan detected."""
        listed = replace(listed, tracks=self._store.tracks.with_segues(listed.tracks))
        if not (listed.header.joints or any(track.segues for track in listed.tracks)):
            return listed
        return lists.with_joints(listed, self._store.tracks.detailed)


def _each(places: Iterable[int], verb: str) -> Collection[int]:
    chosen = frozenset(places)
    if not chosen:
        raise UsageError(f"name the places to {verb}")
    if min(chosen) < 1:
        raise UsageError(f"places count from 1; there is no place {min(chosen)}")
    return chosen


def require_place(place: int, last: int) -> int:
    """Refuse a place that a list does not have."""
    if not 1 <= place <= last:
        raise UsageError(f"there is no place {place} in this list; its last place is {last}")
    return place


def require_room(count: int) -> None:
    """Refuse a list that is too long to edit."""
    if count > MOST_LISTED:
        raise UsageError(f"a list that is edited has at most {MOST_LISTED:,} tracks, not {count:,}")
