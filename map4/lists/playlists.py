"""Operations on lists: check, order, refresh, fill and merge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Unpack

from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, declared_options, takes
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import PlacedPick, Tracklist, tempo_misses
from map4.core.music.query.shuffle import apart, seed_of, shuffle_key
from map4.core.music.recording import Recordings, recording_facts
from map4.errors import NothingFoundError, UsageError
from map4.lists.edits import PlaylistEdits, require_place
from map4.lists.files import shown_source
from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.playlist.request import ListRequest, TrackChoice

# Loaded on first use: this imports numpy, which `map4 playlist list` does not need.
if TYPE_CHECKING:
    from map4.core.music.lists.limits import Rule
    from map4.core.music.lists.quality import ListQuality
    from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
    from map4.core.music.mixing.ordering import OrderMethod
    from map4.core.music.track.track import Track
    from map4.library.keywords import CheckKeywords, FillKeywords, OrderKeywords, RefreshKeywords
    from map4.lists.check_result import PlaylistCheck
    from map4.lists.draft import PlaylistDraft
    from map4.lists.extend import Extender, Relaxations
    from map4.lists.options import CheckOptions, FillOptions, OrderOptions, RefreshOptions
    from map4.lists.refresh import Replaced
    from map4.search import ResolvedPlaylist


@needs("read")
class Playlists(PlaylistEdits):
    """The lists of one library and lists in files; `map4.Library.lists`.

    Methods that make a list from others raise `NothingFoundError` if no track of them is in the library.
    """

    @takes("map4.lists.options:CheckOptions")
    def check(
        self, named: ResolvedPlaylist | str, options: CheckOptions = USUAL, **keywords: Unpack[CheckKeywords]
    ) -> PlaylistCheck:
        """Judge a list, and look for improvements of its weak steps."""
        from map4.lists.check import Segues, check_list, pair_plans
        from map4.lists.problem import songs_again
        from map4.lists.slots import USUAL_SLOTS, ListSlot, SlotFinder

        resolved = self._read(named)
        _require_tracks(resolved)
        limits = _request(resolved, options.policy, options.harmonic).limits
        content, tempo_curve = self.content(resolved), options.tempo_curve
        own = {**content.header.options, **limits.limits_record()}
        header = replace(content.header, options=own if tempo_curve is None else {**own, "tempo_curve": tempo_curve})
        finder = cache(lambda: SlotFinder(self._store, self._genres, content, limits=limits))

        def fitting(**opening: int) -> Sequence[ListSlot]:
            try:
                return finder().find(**opening, n=USUAL_SLOTS).slots
            except NothingFoundError:  # neither neighbour was analysed
                return ()

        segues, preferences = Segues(), self._store.preferences
        checked = check_list(
            resolved,
            limits=limits,
            genres=self._genres,
            find_slots=fitting if options.suggest else lambda **opening: (),
            with_segues=self._store.tracks.with_segues,
            curve=parse_curve(options.curve) if isinstance(options.curve, str) else options.curve,
            plans=pair_plans(content, self._store.tracks.all_detailed, segues),
            segues=segues,
            whole_works=preferences.whole_works,
            most=options.weakest,
            pinned={require_place(position, len(content.tracks)) - 1 for position in options.pin},
        )
        own_remixes = header.options.get("own_remixes") is True or preferences.own_remixes
        judged = [None if pick.sweeper else track for track, pick in content.listed()]
        again = songs_again(judged, own_remixes=own_remixes)
        misses = tempo_misses(header, content.tracks, content.picks)
        return replace(checked, tempo_misses=misses, songs_again=tuple(again))

    @takes("map4.lists.options:OrderOptions")
    def order(
        self, named: ResolvedPlaylist | str, options: OrderOptions = USUAL, **keywords: Unpack[OrderKeywords]
    ) -> PlaylistDraft:
        """Put the tracks of a list in the order that mixes best and breaks fewest of its tempo, key and artist limits.

        Locked and pinned tracks keep their places. The present order stays if none is better. With `shuffle`, the order
        is random.
        """
        from map4.lists.check import MOST_ORDERED, Segues, mixing_gains, order_costs, with_whole_segues
        from map4.lists.judging.locked_order import better_order
        from map4.lists.judging.quality import list_quality, listed_tracks

        resolved = self._read(named)
        tracks, own = _require_tracks(resolved), self._own_picks(resolved)
        pins = (*options.pin, *[1] * options.pin_first, *[len(tracks)] * options.pin_last)
        locked = {require_place(position, len(tracks)) - 1 for position in pins}
        locked |= {place for place, (_, pick) in enumerate(resolved.placed()) if pick.locked}
        if options.plan:
            from map4.lists.step_plans import plan_gains, with_plans

            tracks = self._store.tracks.all_detailed(tracks)
        method: OrderMethod | None = None
        placed = [(track, own[track.path]) for track in tracks]
        before = self._drafted(placed, resolved)  # judged as the new order: without curve and seed
        segues, whole_works = Segues(), self._store.preferences.whole_works
        if options.shuffle is not None:
            known = self._store.tracks.with_segues(tracks)
            whole = partial(with_whole_segues, segues=segues, whole_works=whole_works)
            placed = [(track, own[track.path]) for track in _shuffled(known, locked, options.shuffle, whole)]
        elif len(tracks) > MOST_ORDERED:
            raise UsageError(f"at most {MOST_ORDERED:,} tracks can be ordered; order parts of the list, or shuffle it")
        else:
            limits = resolved.header.limits
            costs = order_costs(self._store.tracks.with_segues(tracks), limits, segues, whole_works=whole_works)
            gains = mixing_gains(tracks)
            if options.plan:
                gains += plan_gains(tracks, gains - costs)
            listed = listed_tracks(placed, self._genres)

            def judged(places: Sequence[int]) -> ListQuality:
                return list_quality([listed[place] for place in places], limits=limits, genres=self._genres)

            best = better_order(gains, costs, locked, judged=judged)
            placed, method = [placed[place] for place in best.indices], best.method
        planned = with_plans(placed, segues) if options.plan else placed
        content = self._drafted(planned, resolved, has_plans=options.plan)
        return self._draft(content, resolved, method=method, before=before, notes=segues.notes)

    def _read(self, named: ResolvedPlaylist | str) -> ResolvedPlaylist:
        """The list itself, or the list of a name or file."""
        return self.read(named) if isinstance(named, str) else named

    def detailed(self, listed: Tracklist, most: int = Tracklist.MOST_DRAWN) -> Tracklist:
        """A list with beats and overviews for the first tracks, by default those that a picture can show."""
        drawn = self._store.tracks.all_detailed(listed.tracks[:most])
        return replace(listed, tracks=[*drawn, *listed.tracks[most:]])

    def content(self, named: ResolvedPlaylist | str, *, starts: str | None = None) -> Tracklist:
        """The tracks of a list in its order, with their transitions judged.

        starts: when the list begins, `14:00` or `2026-12-24T18:00`: each pick gets the time at which it starts, and a
            live list is answered as at that time
        """
        resolved = self._read(named)
        if starts is not None and resolved.header.live is not None and resolved.id is not None:
            resolved = self.read_stored(resolved.id, starts=starts)
        if resolved.header.live is not None and not resolved.entries:  # its query may match tracks later
            header = ListHeader(live=resolved.header.live, imported=resolved.header.imported)
            return Tracklist(
                tracks=(), name=resolved.name, description=resolved.description, id=resolved.id,
                marks=resolved.marks, header=header,
            )  # fmt: skip
        _require_tracks(resolved)
        listed = self._with_joints(self._drafted(resolved.placed(), resolved, has_plans=resolved.is_whole))
        header = replace(listed.header, live=resolved.header.live)
        return replace(listed, id=resolved.id, marks=resolved.marks, header=header).on_the_clock(starts)

    def of_tracks(self, tracks: Sequence[Track], name: str) -> ResolvedPlaylist:
        """Tracks as a list that is not stored."""
        return self._resolve_stored(Tracklist(tracks=list(tracks)), name)

    def in_order(self, name: str | None, tracks: Sequence[Track]) -> Tracklist:
        """A list with these tracks, which may include missing ones; nothing is stored.

        name: the stored list whose description and notes on the sound of its tracks are kept; None for a new list, even
            if another person has a list of this name
        """
        stored = None if name is None else self._got(name)
        name = name or ""
        if not tracks:
            return Tracklist(tracks=(), name=name, description=stored.description if stored else None)
        origin = self._resolve_stored(stored or Tracklist(tracks=(), name=name), name)
        own = self._own_picks(origin)
        shown = self._lists.shown_copies(tracks) if stored is None else origin.tracks()
        copies = [track for track in shown if track.represents is not None]
        placed = []
        for track in tracks:  # a caller names the copy that it was shown
            entry = next((copy for copy in copies if copy.path == track.path), None)
            if entry is not None:
                copies.remove(entry)
            placed.append((entry or track, own.get(track.path, ListedPick())))
        return self._drafted(placed, origin)

    @staticmethod
    def _own_picks(resolved: ResolvedPlaylist) -> dict[str, ListedPick]:
        """Notes on each track that hold in any place: relaxed sound limits and locks, not relaxed steps."""
        return {
            entry.track.path: ListedPick(
                relaxed=tuple(limit for limit in entry.pick.relaxed if limit.rule == "sound"),
                locked=entry.pick.locked,
                sweeper=entry.pick.sweeper,
            )
            for entry in resolved.entries
            if entry.track is not None
        }

    @takes("map4.lists.options:RefreshOptions")
    def refresh(
        self, named: ResolvedPlaylist | str, options: RefreshOptions = USUAL, **keywords: Unpack[RefreshKeywords]
    ) -> PlaylistDraft:
        """Keep the tracks of a list that still fit, and replace the rest.

        A track fits if it is present, or a copy is, and its transitions keep the tempo policy and the harmonic rule. A
        limit that the list itself relaxed for a track is ignored unless the options set it. A missing file in a folder
        that is absent now stays."""
        from map4.lists.refresh import STEP_RULES, OpenPlaces, plan_refresh

        resolved = self._read(named)
        _require_tracks(resolved)
        choice = {name: getattr(options, name) for name in declared_options(TrackChoice)}
        wanted = _request(resolved, options.policy, options.harmonic, **choice)
        judged: dict[Rule, object] = {"tempo_policy": options.policy, "harmonic": options.harmonic}
        forgiven = [rule for rule in STEP_RULES if judged[rule] is None]
        extender = self._extender(wanted)
        extender.take(resolved.tracks())
        recent = self._recent(wanted)
        tracks: list[PlacedPick] = []
        replaced: list[Replaced] = []
        relaxed: Relaxations | None = None
        absent = self._lists.present().absent
        for part in plan_refresh(resolved, limits=wanted.limits, forgiven=forgiven, absent=absent, recent=recent):
            if isinstance(part, OpenPlaces):
                added, others, relaxed = extender.fill(part)  # the next track now follows another track
                tracks += added
                replaced += [
                    replace(other, is_recent=(gone := other.entry.track) is not None and gone.path in recent)
                    for other in others
                ]
            else:
                track, pick = part
                tracks.append((track, pick if relaxed is None else replace(pick, relaxed=relaxed)))
                relaxed = None
        missing = sum(replacement.track is None for replacement in replaced)
        content = self._drafted(tracks, resolved, limits=wanted.limits)
        return self._draft(content, resolved, replaced=tuple(replaced), missing=missing)

    @takes("map4.lists.options:FillOptions")
    def fill(
        self, named: ResolvedPlaylist | str, options: FillOptions = USUAL, **keywords: Unpack[FillKeywords]
    ) -> PlaylistDraft:
        """Add tracks to a list until it has the wanted length; its present tracks stay."""
        resolved = self._read(named)
        tracks = _require_tracks(resolved)
        wanted = options.settled(resolved.header.limits).with_wishes(resolved.header)
        extender = self._extender(wanted)
        extender.take(tracks)
        if wanted.minutes is not None:
            left = wanted.minutes - sum(track.length_s or 0.0 for track in tracks[:-1]) / 60.0
            _require_room(left > (tracks[-1].length_s or 0.0) / 60.0, resolved, f"{wanted.minutes:g} minutes")
            added = extender.for_minutes(tracks[-1], left)
            missing = (
                _tracks_short([*tracks, *(track for track, _ in added)], wanted.minutes) if extender.is_short else 0
            )
        else:
            count = (wanted.n or 0) - len(tracks)
            _require_room(count > 0, resolved, f"{wanted.n} tracks")
            added = extender.after(tracks[-1], count)
            missing = count - len(added)
        content = self._drafted([*resolved.placed(), *added], resolved, limits=wanted.limits)
        return self._draft(content, resolved, missing=missing)

    def _recent(self, request: ListRequest) -> frozenset[str]:
        """The paths of recent plays, for a list that leaves them out."""
        lately = self._store.preferences.recent_plays
        if lately is None or request.recent != "out":
            return frozenset()
        return frozenset(self._store.search.paths(lately, self._store.context()))

    def _extender(self, request: ListRequest) -> Extender:
        from map4.lists.candidates import CachedSearch, PlaylistMaker
        from map4.lists.extend import Extender

        maker = PlaylistMaker(self._store, CachedSearch(self._store.search), genres=self._genres)
        return Extender(self._store, maker, request)

    @staticmethod
    def _draft(content: Tracklist, *sources: ResolvedPlaylist, **more: Any) -> PlaylistDraft:
        from map4.lists.draft import PlaylistDraft

        return PlaylistDraft(content=content, sources=sources, **more)

    def merge(self, named: Sequence[ResolvedPlaylist | str]) -> PlaylistDraft:
        """Join lists, with each recording once."""
        from map4.lists.resolve import merge_lists

        lists = [self._read(name) for name in named]
        tracks = merge_lists(lists)
        if not tracks:
            raise NothingFoundError("no track of these lists is in the library; 'map4 scan FOLDER' adds them")
        return self._draft(self._drafted([(track, ListedPick()) for track in tracks]), *lists)


def _request(
    resolved: ResolvedPlaylist, policy: TempoPolicy | None, harmonic: HarmonicRule | None, **choice: Any
) -> ListRequest:
    """A request with the limits of a list, replaced by the given options."""
    request = ListRequest(policy=policy, harmonic=harmonic, **choice).settled(resolved.header.limits)
    return request.with_wishes(resolved.header)


def _tracks_short(tracks: Sequence[Track], minutes: float) -> int:
    """Estimated number of tracks missing from a list of a wanted duration; at least 1."""
    lengths_s = [track.length_s or 0.0 for track in tracks]
    mean_s = sum(lengths_s) / len(lengths_s)
    return max(1, round((minutes * 60.0 - sum(lengths_s)) / mean_s)) if mean_s else 1


def _require_room(has_room: bool, resolved: ResolvedPlaylist, length: str) -> None:
    if not has_room:
        raise UsageError(f"{shown_source(resolved.source)} is already that long; request more than {length} in total")


def _shuffled(
    tracks: Sequence[Track], pinned: set[int], shuffle: str, with_whole_segues: Callable[[list[Track]], list[Track]]
) -> list[Track]:
    """Tracks in a random order around those that keep their places; copies count as by the same artist."""
    seed = seed_of(shuffle, datetime.now(UTC))
    others = [track for place, track in enumerate(tracks) if place not in pinned]
    others.sort(key=lambda track: shuffle_key(seed, track.audio_id or track.uid or track.path))
    known = Recordings[str]()

    def credited(track: Track) -> str:
        facts = recording_facts(track)
        artist = next(known.same(**facts), None) or track.artist() or track.path
        known.add(artist, **facts)
        return artist

    spread = iter(with_whole_segues(apart((track, credited(track)) for track in others)))
    return [track if place in pinned else next(spread) for place, track in enumerate(tracks)]


def _require_tracks(resolved: ResolvedPlaylist) -> list[Track]:
    tracks = resolved.tracks()
    if not tracks:
        count, name = len(resolved.entries), shown_source(resolved.source)
        if not count and (live := resolved.header.live) is not None:
            raise NothingFoundError(f"{name} has no tracks now: nothing matches '{live.text}'")
        if not count:
            raise NothingFoundError(f"{name} has no entries")
        are = f"none of the {count} entries of {name} is" if count > 1 else f"the only entry of {name} is not"
        raise NothingFoundError(
            f"{are} in the library; 'map4 scan FOLDER' adds tracks; --path-map FROM=TO maps the "
            "folder of another machine to a folder here"
        )
    return tracks
