"""Turn a request into the problem that the search solves: candidates, named tracks, their songs, and recent plays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from map4.core.base.text import folded
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT
from map4.core.music.columns import Columns
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns
from map4.core.music.query.context import Preferences
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import read_span
from map4.core.music.recording import Recordings, recording_facts
from map4.core.music.track.credits import artist_key
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.lists.check_result import SongAgain
from map4.lists.judging.quality import track_families
from map4.lists.playlist.request import ListRequest, query_text
from map4.lists.sequencing.expansion import violates
from map4.lists.sequencing.problem import NO_GROUP, Candidates, Floats, Ints, ListProblem, number_groups, number_pairs
from map4.lists.sequencing.step_scores import MICRO
from map4.lists.sequencing.waypoints import PREFERENCE_NEARNESS, SIMILARITY_DECIMALS, choose_opening
from map4.search import Song, SongSet, song_numbers, work_numbers

if TYPE_CHECKING:
    from map4.core.music.plays import Play
    from map4.transitions import SetHabits

Similarities = Callable[[Sequence[Track], Columns], Floats | None]
"""`similarities(tracks, columns)`: similarity of each row to the mean sound of the tracks, -1 to 1, NaN if unknown;
None if no sound is known."""

LoadTracks = Callable[[Sequence[int]], Iterable[Track]]

LEAST_MIXED_S = 32.0  # two overlaps of 8 bars at 120 BPM
_NO_ID = "~"  # comes after every audio id


# What a version loses in a step to the studio original, by `Song.rank`, and to the longest intro where mixes are
# planned: less than a preference (.1) and more than what versions of a song differ by in key or tempo confidence.
_RANK_SHARES = np.array([0.0, 0.01, 0.03])
_INTRO_SHARE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListSongs:
    """The rule that a list has a song once: which candidates are versions of a song, and which version comes first.

    of_files: the songs of files (ids)
    named: named tracks; the candidate with the id -1 is the first
    others: tracks beside these whose songs are not chosen
    own_remixes: whether the remix of another remixer is a separate song
    intros: returns the length of the intro of files (ids), in seconds; None where no mix is planned
    """

    of_files: Callable[[Sequence[int]], Mapping[int, Song]]
    named: Sequence[Track]
    others: Iterable[Track]
    own_remixes: bool
    intros: Callable[[Sequence[int]], Mapping[int, float]] | None

    def __call__(self, candidates: Candidates, *, is_all: bool = True) -> Candidates:
        """The candidates with their songs; as they are if all there is are versions of a song."""
        rows, others = candidates.rows.tolist(), [Song.of_track(track) for track in self.others]
        of_files = self.of_files([row for row in rows if row >= 0])
        songs = [Song.of_track(self.named[-1 - row]) if row < 0 else of_files.get(row) for row in rows]
        numbers, works = (
            np.array(numbered([*songs, *others], own_remixes=self.own_remixes), dtype=np.int64)
            for numbered in (song_numbers, work_numbers)
        )
        song, taken = numbers[: len(rows)], numbers[len(rows) :]
        work, taken_work = works[: len(rows)], works[len(rows) :]
        is_common = np.array([known is not None and known.is_common for known in songs], dtype=bool)
        free = candidates.rows >= 0
        if is_all and len(set(song[free].tolist())) == 1 < np.count_nonzero(free) and song[free][0] != NO_GROUP:
            return candidates
        # By title only if the work of either is unknown.
        untold = taken[(taken != NO_GROUP) & (taken_work == NO_GROUP)]
        by_title = np.isin(song, untold) | (np.isin(song, taken[taken != NO_GROUP]) & (work == NO_GROUP))
        is_taken = free & ((by_title & ~is_common) | np.isin(work, taken_work[taken_work != NO_GROUP]))
        return replace(
            candidates,
            song=song,
            work=work,
            is_common=is_common,
            eligible=candidates.eligible & ~is_taken,
            version_cost=self._costs(
                candidates.rows,
                songs,
                np.where(work == NO_GROUP, np.where(is_common, NO_GROUP, song), work + song.max(initial=0) + 1),
            ),
        )

    def opening(self, candidates: Candidates, start: int, request: ListRequest) -> int:
        """The version of an opening that begins the list: the studio original if it is about as good."""
        mates = np.flatnonzero(candidates.eligible & (candidates.artist == candidates.artist[start]))
        if candidates.artist[start] == NO_GROUP or len(mates) < 2:
            return start
        known = self(candidates.take(mates), is_all=False)
        versions = known.is_same_recording(np.flatnonzero(mates == start))
        best = choose_opening(known.take(np.flatnonzero(versions)), request)
        return start if best is None else int(mates[versions][best])

    def _costs(self, rows: Ints, songs: Sequence[Song | None], numbers: Ints) -> Ints:
        """What each version loses to the best version of its song."""
        costs, versions = np.zeros(len(rows)), dict[int, list[int]]()
        for place in np.flatnonzero((rows >= 0) & (numbers != NO_GROUP)).tolist():
            versions.setdefault(int(numbers[place]), []).append(place)
        several = [places for places in versions.values() if len(places) > 1]
        known_s = self.intros([int(rows[place]) for places in several for place in places]) if self.intros else {}
        for places in several:
            shares = _RANK_SHARES[[known.rank if (known := songs[place]) else 0 for place in places]]
            if self.intros:
                intros_s = np.array([known_s.get(row, 0.0) for row in rows[places].tolist()])
                shares = shares / 10.0 + _INTRO_SHARE * (1.0 - intros_s / max(1.0, float(intros_s.max())))
            costs[places] = shares - shares.min()
        return np.rint(MICRO * costs).astype(np.int64)


def songs_again(tracks: Iterable[Track | None], *, own_remixes: bool) -> Iterator[SongAgain]:
    """The tracks of a list that are a version of an earlier one; None does not count."""
    seen = SongSet(own_remixes=own_remixes)
    for position, track in enumerate(tracks, start=1):
        if track and (first := seen.add(Song.of_track(track), track.length_s, position)) is not None:
            yield SongAgain(position=position, first=first)


def intro_s(track: Track) -> float:
    """The length of an intro: up to the first phrase with the whole band; 0 if unknown."""
    structure = track.analysis.structure if track.analysis else None
    phrases = structure.phrases if structure else ()
    return next((phrase.start_s for phrase in phrases if phrase.role not in ("intro", "build")), 0.0)


LEFT_OUT = 20
"""Weight of a track that comes only if no other fits; that of a weak wish is 1."""
_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPlays:
    """Files (ids) that count for a list because of the user's plays and skips.

    recent: heard lately
    weight: how much the list avoids them, as `LEFT_OUT`
    again: of those that are left out, those heard in the last half of the time, quarter and so on, to come later still
    skipped: skipped more often than heard
    played: played since `Preferences.LONG_AGO`; None if no places are kept for other tracks
    """

    recent: Collection[int] = frozenset()
    weight: int = 1
    again: Sequence[Collection[int]] = ()
    skipped: Collection[int] = frozenset()
    played: frozenset[int] | None = None

    def reasons(self, file_id: int) -> Iterator[str]:
        """The reasons for or against a pick."""
        if file_id in self.recent:
            yield "although heard lately"
        if file_id in self.skipped:
            yield "although skipped more often than heard"
        if self.played is not None and file_id not in self.played:
            yield "not played for a year"


NO_PLAYS = RecentPlays()


def _later_parts(lately: str) -> Iterator[str]:
    """Queries for the last half of a time, the last quarter, and so on."""
    hours = read_span(lately.removeprefix("played:-"), "a time") // timedelta(hours=1)
    return (f"played:-{hours // 2**part}h" for part in range(1, _PARTS + 1) if hours // 2**part)


def listening_of(
    request: ListRequest,
    lately: str | None,
    matching: Callable[[str], Collection[int]],
    skipped: Callable[[], Collection[int]],
) -> RecentPlays:
    """The plays and skips that count for a request; none if it names other plays, or tracks that must appear.

    lately: a query for what was heard lately; None if the user turned it off
    matching: the files that match a query
    skipped: the files skipped more often than heard
    """
    queries = (request.query, request.exclude, request.preferred, request.avoided)
    names_plays = any("played" in Query.parse(query_text(query)).fields for query in queries)
    if lately is None or request.includes or names_plays or request.recent == "off":
        return NO_PLAYS
    mode = request.recent or ("less" if request.sounds_like else "off")
    return RecentPlays(
        recent=frozenset() if mode == "off" else frozenset(matching(lately)),
        weight=LEFT_OUT if mode == "out" else 1,
        again=[matching(query) for query in _later_parts(lately)] if mode == "out" else (),
        skipped=frozenset(skipped()),
        played=frozenset(matching(Preferences.LONG_AGO)) if request.reach else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFindings:
    """Findings of the library for a request, in addition to the tracks.

    preferred, avoided: files (ids) that rank above or below equally good ones; files in both are neutral
    originals: maps audio that is a copy to its original; the list contains only one of them
    opening: file (id) that opens a list without a seed; None chooses a track
    like: DJ sets that the list resembles; None ignores them
    plays, played_in: plays of audio in the time that the list is based on, and that time in words
    aired: plays before the list, latest first, each with its distance from it in seconds
    listening: what the user's plays and skips count
    joint_traits: returns swing, keys at both ends and tuning of files (ids)
    pitch_percent: as in `MixColumns`
    songs: returns the rule for named tracks; None if a song may come again
    """

    preferred: frozenset[int] = frozenset()
    avoided: frozenset[int] = frozenset()
    originals: Mapping[str, str] = field(default_factory=dict)
    opening: int | None = None
    like: SetHabits | None = None
    plays: Mapping[str, int] = field(default_factory=dict)
    played_in: str = ""
    aired: tuple[tuple[Play, float], ...] = ()
    listening: RecentPlays = NO_PLAYS
    joint_traits: Callable[[Sequence[int]], Mapping[int, MixTraits]] = lambda file_ids: {}
    pitch_percent: float = USUAL_PITCH_PERCENT
    songs: Callable[..., ListSongs] | None = None

    def preference_bias(self, file_ids: NDArray[np.int64]) -> Ints | None:
        """1 for each preferred file, -1 or less for each avoided file, else 0; None if there are no preferences."""
        recent, weight, skipped = self.listening.recent, self.listening.weight, self.listening.skipped
        again = ((-weight, files) for files in self.listening.again)
        wishes = ((1, self.preferred), (-1, self.avoided), (-weight, recent), (-1, skipped), *again)
        if not any(files for _, files in wishes):
            return None
        bias = np.zeros(len(file_ids), dtype=np.int64)
        for sign, files in wishes:
            bias += sign * np.isin(file_ids, np.fromiter(files, dtype=np.int64, count=len(files)))
        return bias


# ---- named tracks ----------------------------------------------------------------------------------


def require_possible(request: ListRequest) -> None:
    """Refuse a request that its own tracks contradict."""
    request.check()
    goal, n = request.goal, request.n
    if goal is not None and request.seeds and _is_same(request.seeds[0], goal):
        raise UsageError("a bridge can't end with the recording it starts from; name another file after --to")
    if goal is not None and not request.seeds:
        raise UsageError("a bridge needs a track to start from: --from FILE --to FILE")
    n_named = len(named_tracks(request)) - (0 if request.with_seed else len(request.seeds))
    if n is not None and n_named > n:
        raise UsageError(f"{n_named} tracks must appear, more than the {n} requested; raise -n")
    if not request.placed:
        return
    if n is None or not all(0 <= place < n for place in request.placed):
        raise ValueError("placed tracks need a list of n tracks, and places from 0 to n - 1")
    originals = _named_as(request)
    held: dict[int, int] = {}
    for place, track in sorted(request.placed.items()):
        other = held.setdefault(id(originals[track.path]), place)
        if other != place:
            raise UsageError(f"places {other + 1} and {place + 1} hold the same recording; unlock one of them")
    last = request.placed.get(n - 1)
    if goal is not None and last is not None and originals[last.path] is not originals[goal.path]:
        raise UsageError(f"the goal is not the track that is locked at the last place, {n}")


def named_tracks(request: ListRequest) -> tuple[Track, ...]:
    """All named tracks, each recording once, at its first place."""
    return tuple({id(track): track for track in _named_as(request).values()}.values())


def _named_as(request: ListRequest) -> dict[str, Track]:
    """Maps each named path to the track that represents its recording."""
    goal = (request.goal,) if request.goal else ()
    known, originals = Recordings[Track](), dict[str, Track]()
    for track in (*request.seeds, *goal, *request.includes, *request.placed.values()):
        if track.path in originals:
            continue
        originals[track.path] = next(known.same(**recording_facts(track)), track)
        if originals[track.path] is track:
            known.add(track, **recording_facts(track))
    return originals


def _is_same(a: Track, b: Track) -> bool:
    known = Recordings[Track]()
    known.add(a, **recording_facts(a))
    return a.path == b.path or any(True for _ in known.same(**recording_facts(b)))


# ---- candidates ------------------------------------------------------------------------------------


def prepare(
    request: ListRequest,
    findings: ListFindings,
    columns: Columns,
    *,
    genres: GenreTable,
    load: LoadTracks,
    similarities: Similarities,
) -> ListProblem:
    """The problem for the search: candidates, followed by the named tracks, and the fixed places."""
    similar = similarities(request.sounds_like, columns) if request.sounds_like else None
    goal = None if request.goal is None else similarities([request.goal], columns)
    if similar is not None:
        rows = nearest_rows(similar, goal, request.most_considered, findings.preference_bias(columns.file_id))
        columns, similar, goal = columns.take(rows), similar[rows], None if goal is None else goal[rows]
    candidates, start, named = candidates_of(request, findings, columns, genres), None, named_tracks(request)
    songs = findings.songs(named=named) if findings.songs else None
    aired = tuple(_groups_aired(findings.aired, columns, candidates))
    if request.sounds_like:
        if request.seeds and not request.with_seed:
            candidates = _without_seeds(candidates, request, len(columns))
        candidates = _with_sound(candidates, similar, goal)
    else:
        # A named track can't be the opening, nor can a copy of it.
        same = candidates.is_same_recording(range(len(columns), len(candidates)))
        candidates = replace(candidates, eligible=candidates.eligible & ~same)
        gap, places = request.limits.artist_gap, enumerate(aired, start=1)
        near = [artist for place, (artist, _, ago_s) in places
                if violates(place if gap.picks is not None else ago_s, gap.size, gap)]  # fmt: skip
        free = replace(candidates, eligible=candidates.eligible & ~np.isin(candidates.artist, near))
        known = np.flatnonzero(free.eligible & (candidates.rows == findings.opening)).tolist()
        start = known[0] if known else choose_opening(free, request)
        if start is not None:
            start = songs.opening(free, start, request) if songs else start
            similar = similarities(list(load([int(candidates.rows[start])])), columns)
            candidates = _with_sound(candidates, similar, None)
    audio_ids = [*columns.audio_id.tolist(), *(track.audio_id for track in named)]
    traits = {-1 - place: MixTraits.of(track) for place, track in enumerate(named)}

    def traits_of(chosen: Candidates) -> MixColumns:
        rows = chosen.rows.tolist()
        new = [row for row in rows if row not in traits]
        traits.update(dict.fromkeys(new, MixTraits()) | {**findings.joint_traits(new)})
        columns = chosen.traits.with_joints(traits[row] for row in rows)
        return replace(columns, pitch_percent=findings.pitch_percent)

    problem = ListProblem(
        request=request,
        candidates=candidates,
        family_fit=np.array([[genres.fit(a, b) or 0.0 for b in genres.families] for a in genres.families]),
        habits=None if findings.like is None else findings.like.of_candidates(audio_ids, candidates.tie_breaker),
        traits_of=traits_of,
        with_songs=songs or (lambda candidates: candidates),
        aired=aired,
    )
    problem = _with_named(problem, len(columns))
    return problem if start is None else replace(problem, start=start, holds_energy=False)


def _groups_aired(
    aired: Sequence[tuple[Play, float]], columns: Columns, candidates: Candidates
) -> Iterator[tuple[int, int, float]]:
    """The groups of artist and album of each play, with its distance from the list, as `ListProblem.aired`."""
    names = [_names_of(*names) for names in zip(columns.artist, columns.album, strict=True)] if aired else []
    artists = dict(zip((artist for artist, _ in names), candidates.artist.tolist(), strict=False))
    albums = dict(zip(names, candidates.album.tolist(), strict=False))
    for play, ago_s in aired:
        artist, album = _names_of(play.artist, play.album)
        yield artists.get(artist, NO_GROUP), albums.get((artist, album), NO_GROUP), ago_s


def _names_of(artist: str | None, album: str | None) -> tuple[str, str]:
    return artist_key(artist), folded(album or "").strip()


def _with_named(problem: ListProblem, first: int) -> ListProblem:
    """The problem with the places of the named tracks, whose rows begin at `first`."""
    request = problem.request
    originals = _named_as(request)
    places = {track.path: first + index for index, track in enumerate(named_tracks(request))}

    def at(track: Track) -> int:
        return places[originals[track.path].path]

    seeds = [at(track) for track in request.seeds]
    goal = None if request.goal is None else at(request.goal)
    placed = {at(track): place for place, track in request.placed.items()}
    wanted = [*(seeds if request.with_seed else []), *map(at, request.includes)]
    if not request.with_seed:
        wanted = [place for place in wanted if place not in seeds]
    start = next((index for index, place in placed.items() if place == 0), None)
    if start is None and seeds and request.with_seed and seeds[0] not in placed:
        start = seeds[0]
    is_free = start is None and not (seeds and request.with_seed)
    return replace(
        problem,
        start=start,
        lead=seeds[0] if seeds and is_free else None,
        end=goal if goal != start and goal not in placed else None,
        includes=tuple(
            include for include in dict.fromkeys(wanted) if include not in (start, goal) and include not in placed
        ),
        at=tuple((index, place) for index, place in placed.items() if index != start),
    )


def _without_seeds(candidates: Candidates, request: ListRequest, first: int) -> Candidates:
    """Exclude the seeds' recordings; the named tracks begin at `first`."""
    seeds = {track.path for track in request.seeds}
    places = [first + index for index, track in enumerate(named_tracks(request)) if track.path in seeds]
    return replace(candidates, eligible=candidates.eligible & ~candidates.is_same_recording(places))


def nearest_rows(similar: Floats, goal: Floats | None, most: int, preference_bias: Ints | None = None) -> Ints:
    """The rows that sound most like the start, or like the goal if there is one, in row order.

    More rows would only take time: the search does not use them.
    """
    if len(similar) <= most:
        return np.arange(len(similar))
    nearness = similar if goal is None else np.fmax(similar, goal)
    if preference_bias is not None:  # ranked as in the search
        nearness = nearness + PREFERENCE_NEARNESS * preference_bias
    distance = -np.round(np.nan_to_num(nearness, nan=-2.0), SIMILARITY_DECIMALS)
    last = np.partition(distance, most - 1)[most - 1]
    sure, equal = np.flatnonzero(distance < last), np.flatnonzero(distance == last)
    chosen: Ints = np.sort(np.concatenate([sure, equal[: most - len(sure)]]))
    return chosen


def candidates_of(request: ListRequest, findings: ListFindings, columns: Columns, genres: GenreTable) -> Candidates:
    """The candidates, followed by the named tracks; short tracks only if the query names lengths, or others are few."""
    named = named_tracks(request)
    known, given = MixColumns.of_library(columns), MixColumns.of(MixTraits.of(track) for track in named)
    artist = number_groups([*columns.artist, *(track.artist() for track in named)], artist_key)
    title = number_groups([*columns.title, *(track.title() for track in named)])
    album = number_pairs(artist, number_groups([*columns.album, *(track.album() for track in named)]))
    audio_ids = [*columns.audio_id, *(track.audio_id for track in named)]
    originals = [findings.originals.get(audio_id or "", audio_id) for audio_id in audio_ids]
    audio = _audio_numbers(originals)
    family = _families(columns, named, genres)
    duration_s = np.concatenate([columns.duration_s, np.array([track.length_s for track in named], np.float64)])
    rows = np.concatenate([columns.file_id, -1 - np.arange(len(named))])
    free = (rows >= 0) & ~np.isin(rows, list(request.excluded))
    long = free & ~(duration_s < LEAST_MIXED_S)
    names_lengths = "duration" in Query.parse(query_text(request.query)).fields
    is_enough = long.sum() >= (request.n or request.minutes or 0) and not names_lengths
    return Candidates(
        rows=rows,
        tie_breaker=audio,
        eligible=(long if is_enough else free) & ~_poor_copies(audio, (artist, title, album, family)),
        bpm=np.concatenate([known.bpm, given.bpm]),
        key=np.concatenate([known.key, given.key]),
        energy=np.concatenate([known.energy, given.energy]),
        duration_s=duration_s,
        artist=artist,
        album=album,
        family=family,
        song=number_pairs(artist, title),
        similarity=np.full(len(audio), np.nan),
        preference_bias=findings.preference_bias(rows),
        rested=None if (played := findings.listening.played) is None else (rows >= 0) & ~np.isin(rows, [*played]),
        audio=lots_of((name or "").encode() for name in originals) if request.vary else None,
    )


def lots_of(audio_ids: Iterable[bytes]) -> Ints:
    """Numbers of audio ids, the same in any library, for choices by chance."""
    return np.fromiter(map(crc32, audio_ids), dtype=np.int64)


def _poor_copies(audio: Ints, groups: Sequence[Ints]) -> NDArray[np.bool_]:
    """Marks rows whose recording has a copy with more tags: without names no limit would apply to them.

    audio: equal for equal audio
    groups: columns of group numbers, such as artist and genre family
    """
    known = np.sum([column != NO_GROUP for column in groups], axis=0)
    most = np.zeros(int(audio.max(initial=0)) + 1, dtype=known.dtype)
    np.maximum.at(most, audio, known)
    poor: NDArray[np.bool_] = known < most[audio]
    return poor


def _audio_numbers(audio_ids: Sequence[str | None]) -> Ints:
    """Numbers in the order of audio ids, equal for equal ids; each track without an id gets a unique number."""
    # Bytes sort in the same order; text takes four times the memory.
    names = np.array([(name or f"{_NO_ID}{index}").encode() for index, name in enumerate(audio_ids)], dtype=np.bytes_)
    numbers: Ints = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers


def _with_sound(candidates: Candidates, similar: Floats | None, goal: Floats | None) -> Candidates:
    if similar is None:
        return candidates
    named = np.full(len(candidates) - len(similar), np.nan)
    return replace(
        candidates,
        similarity=np.concatenate([similar, named]),
        goal_similarity=None if goal is None else np.concatenate([goal, named]),
    )


def _families(columns: Columns, named: Sequence[Track], genres: GenreTable) -> Ints:
    numbers: dict[str | None, int] = {family: number for number, family in enumerate(genres.families)}
    families = track_families(columns.label_family, columns.genre, genres)
    every = [*families, *(track.genre_family(genres) for track in named)]
    return np.array([numbers.get(family, NO_GROUP) for family in every], dtype=np.int64)
