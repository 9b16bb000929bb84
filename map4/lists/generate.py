"""Make a playlist: search, yield each pick with its reasons as soon as it is final, and name limits that hinder it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from map4.core.base.paths import quoted
from map4.core.base.text import counted, percent
from map4.core.music.columns import Columns
from map4.core.music.lists.limits import ListLimits, Relaxation, Setting
from map4.core.music.lists.listed import Missing
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.lists.tracklist import PlaceCounter, Tracklist, tempo_misses
from map4.core.music.mixing.compatibility import Compatibility, MixTraits
from map4.core.music.mixing.harmony import HARMONIC_RULES
from map4.core.music.query.parser import Query
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.hamms import similarity
from map4.core.music.track.track import Track
from map4.lists.judging.quality import list_quality, listed_tracks
from map4.lists.options import GenerateOptions
from map4.lists.playlist.playlist import Pick, Playlist, WayOut, energy_reason, transition_reasons
from map4.lists.playlist.request import ListRequest, query_text
from map4.lists.problem import ListFindings, LoadTracks, Similarities, named_tracks, nearest_rows, prepare
from map4.lists.sequencing.problem import Candidates, ListProblem
from map4.lists.sequencing.search import PlanStep, Shortfall, Step, sequence
from map4.lists.sequencing.series import Repeats
from map4.lists.sequencing.step_scores import within_reach
from map4.lists.sweepers import Sweepers

if TYPE_CHECKING:
    from map4.transitions import Segues

Remake = Callable[[ListRequest, Columns], Playlist]
"""`remake(request, columns)`: the same list with other options, from these tracks."""

MOST_WEIGHED = 40_000
"""Maximum of picks times candidates for which alternatives are tried, such as 20 of 2,000. They take as long as the
list itself, and in a larger library few lists have a weak step."""

_LEAST_TRACKS = 3
# A tempo range that contains more than this share of the tracks excludes too few to help.
_NARROWING = 0.9


def ways_out(playlist: Playlist, columns: Columns, remake: Remake) -> tuple[WayOut, ...]:
    """Alternatives that keep all limits, for a list that does not; empty if there are none.

    columns: the tracks that the list was chosen from
    """
    quality = playlist.quality
    if quality is None or not quality.weak_steps or len(playlist.picks) * len(columns) > MOST_WEIGHED:
        return ()
    return tuple(_Tries(playlist, columns, remake).found())


class _Tries:
    def __init__(self, playlist: Playlist, columns: Columns, remake: Remake) -> None:
        self._made = playlist
        self._columns = columns
        self._remake = remake

    def found(self) -> Iterator[WayOut]:
        fewer = self._shorter({}, self._columns)
        yield from fewer
        yield from self._one_limit_wider()
        if not self._made.seeds and (window := _busiest_tempi(self._columns.bpm, self._made.request)) is not None:
            yield from self._list_within(
                window, least=1 + max((way.tracks for way in fewer), default=_LEAST_TRACKS - 1)
            )

    def _shorter(self, more: dict[str, Any], columns: Columns, arguments: str = "") -> list[WayOut]:
        """The longest list that keeps all limits, if its length is the only change."""
        request = self._made.request
        strict = _cut_at_weak_step(self._remake(replace(request, relax=False), columns))
        if strict.picks and len(strict.picks) >= len(self._made.picks):
            way = self._tried(request, columns, more, arguments)
        elif len(strict.picks) < _LEAST_TRACKS:
            return []
        elif request.n is None:
            minutes = math.floor(strict.duration_s / 60.0)
            if not minutes:
                return []
            more, arguments = {**more, "minutes": minutes}, f"{arguments} --minutes {minutes}"
            way = self._tried(replace(request, minutes=float(minutes)), columns, more, arguments)
        else:
            n = len(strict.picks)
            way = self._tried(replace(request, n=n), columns, {**more, "n": n}, f"{arguments} -n {n}")
        return [] if way is None else [way]

    def _one_limit_wider(self) -> Iterator[WayOut]:
        """The list with its single relaxed limit set as wide as needed, unless the user set that limit."""
        quality, request = self._made.quality, self._made.request
        assert quality is not None
        rules = {limit.rule for limit in self._made.relaxed}
        if len(rules) != 1 or {*quality.weak_steps} != rules or rules & {*(request.held or ())}:
            return
        more = _wider(self._made.relaxed)
        if more is None:
            return
        held = (*(request.held or ()), *(ListRequest(**more).settled().held or ()))
        own: dict[str, Any] = {"tolerance": None} if "policy" in more else {}
        wider = replace(request, **more, **own, held=held)
        arguments = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in more.items())
        way = self._tried(wider, self._columns, more, arguments)
        if way is not None and way.tracks == len(self._made.picks):
            yield way

    def _list_within(self, window: tuple[int, int], *, least: int) -> list[WayOut]:
        """The list from a tempo range only, if more of its tracks keep all limits."""
        low, high = window
        query, term = query_text(self._made.request.query), f"bpm:{low}..{high}"
        if "bpm" in query or len(Query.parse(query).groups) > 1:
            return []
        inside = np.flatnonzero((self._columns.bpm >= low) & (self._columns.bpm <= high))
        narrower = f"{query} {term}".strip()
        ways = self._shorter({"query": narrower}, self._columns.take(inside), f"--query {quoted(narrower)}")
        return [way for way in ways if way.tracks >= least]

    def _tried(self, request: ListRequest, columns: Columns, more: dict[str, Any], arguments: str) -> WayOut | None:
        playlist = self._remake(request, columns)
        if (
            playlist.missing is not None
            or len(playlist.picks) < _LEAST_TRACKS
            or len(_cut_at_weak_step(playlist).picks) < len(playlist.picks)
        ):
            return None
        return WayOut(options=more, arguments=arguments.strip(), tracks=len(playlist.picks))


def _wider(relaxed: Sequence[Relaxation]) -> dict[str, Any] | None:
    """The option that makes the single limit as wide as the picks needed; None if there is no such option."""
    rule, given = relaxed[0].rule, [limit.given for limit in relaxed]
    if rule in ("artist_gap", "album_gap"):
        sizes = [size for size in given if isinstance(size, int | float)]  # gaps in time are text
        return {rule: round(min(sizes))} if len(sizes) == len(given) else None
    if rule == "harmonic":
        return {"harmonic": next(name for name in reversed(HARMONIC_RULES) if name in given)}
    if rule == "sound":
        return {"min_sound": -1}
    return {"policy": "creative"} if rule in ("tempo_policy", "tempo_drift") else None


def _cut_at_weak_step(playlist: Playlist) -> Playlist:
    """The list up to its first weak step."""
    first = min(playlist.quality.weak_positions, default=None) if playlist.quality else None
    return playlist if first is None else replace(playlist, picks=playlist.picks[: first - 1])


def _busiest_tempi(bpm: np.ndarray, request: ListRequest) -> tuple[int, int] | None:
    """The tempo range (BPM) with most tracks that one list may contain; None if it excludes almost none."""
    known = np.sort(bpm[~np.isnan(bpm)])
    if not len(known):
        return None
    width = (1.0 + request.limits.tempo.percent * ListLimits.DRIFT_STEPS / 100.0) ** 2
    counts = np.searchsorted(known, known * width, side="right") - np.arange(len(known))
    first = int(np.argmax(counts))
    if counts[first] >= _NARROWING * len(bpm):
        return None
    return math.floor(known[first]), math.ceil(known[first + counts[first] - 1])


_SAMPLED = 24
"""Number of tracks whose mixes estimate the overlaps of a list."""


@dataclass
class _ListInProgress:
    """The picks so far, and what they are chosen from."""

    request: ListRequest
    findings: ListFindings
    problem: ListProblem
    load: LoadTracks
    detailed: Callable[[Sequence[Track]], Sequence[Track]]
    picks: list[Pick] = field(default_factory=list)
    chosen: list[int] = field(default_factory=list)
    places: PlaceCounter = field(default_factory=PlaceCounter)
    notes: list[str] = field(default_factory=list)
    missing: Missing | None = None
    segues: Segues | None = None

    def plan_step(self) -> PlanStep | None:
        """How the search judges steps by their mix plans; None if it does not."""
        if self.request.plan or self.request.as_mix:
            from map4.lists import step_plans
        if self.request.plan:
            self.segues = step_plans.Segues()
            return step_plans.planned_steps(self._track_at)
        if self.request.as_mix:  # planning every step would take too long: likely picks give the usual overlap
            return step_plans.usual_steps(self.detailed([*self.load(_sample(self.problem.candidates))]))
        return None

    def take(self, step: Step | Shortfall | Repeats, sweepers: Sweepers | None) -> Iterator[Pick]:
        """Add the pick of a step, after a sweeper if one is due."""
        if isinstance(step, Shortfall):
            self.missing = Missing(unused=step.unused, blockers=step.blockers)
        elif isinstance(step, Repeats):
            self.notes.append(step.text)
        elif (track := self._track_at(step.index)) is not None:  # else its file has just been removed
            if sweepers and (sweeper := sweepers.next(self.picks)) is not None:
                yield self._placed(sweeper)
            yield self._placed(self._pick(track, step))

    def playlist(self, genres: GenreTable) -> Playlist:
        """The list of all picks."""
        request, picks, like = self.request, self.picks, self.findings.like
        listed = listed_tracks(((pick.track, pick) for pick in picks), genres)
        playlist = Playlist(
            request=request,
            picks=tuple(picks),
            quality=list_quality(listed, limits=request.limits, genres=genres) if picks else None,
            missing=self.missing,
            like_my_sets=None if like is None else like.statistics.in_short(),
            notes=(*self.notes, *(self.segues.notes if self.segues else ())),
        )
        tracks = [pick.track for pick in picks]
        if picks and request.minutes is not None:
            from map4.lists.step_plans import mix_length_s

            mix_s = playlist.duration_s if request.plan else mix_length_s(self.detailed(tracks))
            playlist = replace(playlist, mix_s=mix_s)
        if request.wanted_tempo is None:
            return playlist
        return replace(playlist, tempo_misses=tempo_misses(playlist.header, tracks, picks, self._why_missed))

    def _why_missed(self, track: Track, wanted: float) -> str:
        """Why a track has another tempo than the curve wants there."""
        candidates = self.problem.candidates
        if any(_is_same(track, other) for other in named_tracks(self.request)):
            return "you named this track"
        folds = self.request.limits.tempo.folds
        has_tempo = within_reach(candidates.bpm, wanted, TempoCurve.REACH_PERCENT, folds=folds)
        if not has_tempo.any():
            is_all = len(candidates) < self.request.most_considered
            return "no track has this tempo" if is_all else "no track with a near sound has this tempo"
        is_free = (has_tempo & self._songs.eligible & ~self._songs.is_same_recording(self.chosen)).any()
        return "others of this tempo fit worse here" if is_free else "no other track of this tempo can be chosen"

    @cached_property
    def _songs(self) -> Candidates:
        return self.problem.with_songs(self.problem.candidates)

    def _track_at(self, index: int) -> Track | None:
        row = int(self.problem.candidates.rows[index])
        return named_tracks(self.request)[-row - 1] if row < 0 else next(iter(self.load([row])), None)

    def _placed(self, pick: Pick) -> Pick:
        place = self.places.next(pick.track, pick)
        if isinstance(self.request, GenerateOptions) and self.request.starts is not None:
            pick = replace(pick, starts_at=Tracklist.starts_at(self.request.starts, place.starts_s))
        self.picks.append(pick)
        return pick

    def _pick(self, track: Track, step: Step) -> Pick:
        before, candidates = self.picks, self.problem.candidates
        # Without a seed the others are compared with the first pick, which has no similarity itself.
        is_origin = not before and not self.request.sounds_like
        likeness = math.nan if is_origin else float(candidates.similarity[step.index])
        self.chosen.append(step.index)
        relaxed = tuple(_shown(limit, self.request.limits) for limit in step.relaxed)
        last = before[-1].track if before and not before[-1].sweeper else None
        transition = None if last is None else MixTraits.of(last).compared(MixTraits.of(track))
        plan, plan_reasons = None, list[str]()
        if self.request.plan and last is not None:
            from map4.core.music.mixing.mix_plan import plan_reason
            from map4.lists.step_plans import following_plan

            plan = following_plan(before[-1].track, before[-1].plan, track, segues=self.segues)
            plan_reasons = [plan_reason(plan)]
        return Pick(
            position=len(before) + 1,
            track=track,
            energy_target=None if step.energy is None else round(step.energy, 4),
            transition=transition,
            hamms_similarity=None if last is None else similarity(last, track),
            plan=plan,
            seed_similarity=None if np.isnan(likeness) else round(likeness, 4),
            relaxed=relaxed,
            reasons=(
                *self._reasons(last, track, transition, step.energy, likeness),
                *plan_reasons,
                *_wishes(self.request, self.findings, int(candidates.rows[step.index])),
                *(f"relaxed: {limit.text}" for limit in relaxed),
            ),
        )

    def _reasons(
        self, last: Track | None, track: Track, mix: Compatibility | None, wanted: float | None, likeness: float
    ) -> Iterator[str]:
        roles = (
            ("the seed", self.request.seeds),
            ("where it leads", (self.request.goal,) if self.request.goal else ()),
            ("must appear", self.request.includes),
            ("keeps its place", self.request.placed.values()),
        )
        yield from (role for role, tracks in roles if any(_is_same(track, other) for other in tracks))
        if (
            self.findings.like is not None
            and last is not None
            and self.findings.like.follows(last.audio_id, track.audio_id)
        ):
            yield "played after it in your sets"
        if times := self.findings.plays.get(track.audio_id or ""):
            yield f"heard {counted(times, 'time')} in the last {self.findings.played_in}"
        after = last or (self.request.seeds[0] if self.request.seeds and not self.request.with_seed else None)
        if after is None:
            energy = MixTraits.of(track).energy
            yield energy_reason(None, energy, wanted)
        else:
            step = mix or MixTraits.of(after).compared(MixTraits.of(track))
            yield from transition_reasons(after, track, step, wanted)
        if not np.isnan(likeness):
            origin = "seed" if self.request.seeds else "tracks that stay" if self.request.placed else "first"
            yield f"sounds {percent(likeness)} like the {origin}" if likeness > 0 else f"sounds unlike the {origin}"


def make_playlist(
    request: ListRequest,
    findings: ListFindings,
    columns: Columns,
    *,
    genres: GenreTable,
    load: LoadTracks,
    detailed: Callable[[Sequence[Track]], Sequence[Track]],
    similarities: Similarities,
    sweepers: Sweepers | None = None,
    tries: bool = False,
) -> Iterator[Pick | Playlist]:
    """Make a list.

    request: settled
    findings: findings of the library for the request
    columns: the tracks to choose from
    tries: look for ways out of weak steps
    genres: families and their compatibility
    load: returns the tracks of file ids
    detailed: returns tracks with their beats
    similarities: in sound
    sweepers: to play between the tracks, in addition to a number, but within the minutes
    yields: Picks as they become final, then the whole list.
    """
    music = request
    if sweepers and request.minutes:
        usual_s = float(np.nanmean([*columns.duration_s, Tracklist.USUAL_LENGTH_S]))
        music = replace(request, minutes=request.minutes * sweepers.share_of_music(usual_s))
    problem = prepare(music, findings, columns, genres=genres, load=load, similarities=similarities)
    making = _ListInProgress(request, findings, problem, load, detailed)
    for step in sequence(problem, plan_step=making.plan_step()):
        yield from making.take(step, sweepers)
    playlist = making.playlist(genres)
    if tries and not (sweepers or request.goal or request.includes or request.placed or request.plan):

        def remade(other: ListRequest, columns: Columns) -> Playlist:
            *_, last = make_playlist(
                other, findings, columns, genres=genres, load=load, detailed=detailed, similarities=similarities
            )
            assert isinstance(last, Playlist)
            return last

        playlist = replace(playlist, ways_out=ways_out(playlist, columns, remade))
    yield playlist


def _sample(candidates: Candidates) -> list[int]:
    """File ids of some likely picks, in the order of their tempi, as neighbours in a list have similar tempi."""
    free = np.flatnonzero(candidates.eligible & (candidates.rows >= 0))
    likely = free[nearest_rows(candidates.similarity[free], None, _SAMPLED)]
    ids: list[int] = candidates.rows[likely[np.argsort(candidates.bpm[likely], kind="stable")]].tolist()
    return ids


def _wishes(request: ListRequest, findings: ListFindings, file_id: int) -> Iterator[str]:
    """The reasons that come from the user's wishes, plays and skips; none for a named track."""
    bias = (file_id in findings.preferred) - (file_id in findings.avoided)
    if bias:
        wish = f"preferred: {query_text(request.preferred)}"
        yield wish if bias > 0 else f"although to be avoided: {query_text(request.avoided)}"
    if file_id >= 0:
        yield from findings.listening.reasons(file_id)


def _is_same(a: Track, b: Track) -> bool:
    return a.path == b.path or (a.audio_id is not None and a.audio_id == b.audio_id)


def _shown(relaxed: Relaxation, limits: ListLimits) -> Relaxation:
    """A relaxation as records show it: gaps in picks or minutes, other settings rounded."""
    gap = {"artist_gap": limits.artist_gap, "album_gap": limits.album_gap}.get(relaxed.rule)

    def shown(setting: Setting) -> Setting:
        if not isinstance(setting, float):
            return setting
        return round(setting, 4) if gap is None else gap.of_size(setting).value

    return replace(relaxed, asked=shown(relaxed.asked), given=shown(relaxed.given))
