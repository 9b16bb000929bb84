"""Identify the tracks of an album together: on the same release, and each recording at most once.

Score how likely a provider's recording is the track.

Ids known to both sides count most, but prove nothing: remasters share an ISRC, and taggers make mistakes. Versions
are compared as sets of words and must agree. A length within 3 s supports a match, more than 10 s counts against it.
Values known to only one side are neutral.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from map4.core.music.placeholders import Placeholder
from map4.extras.lookup.lookup import Appearance, Candidate, Judged, LookupQuery, RecordingMatch
from map4.search import NumberedTitle, SongName, credited_artists

ACCEPT, REVIEW = 0.88, 0.65
"""Scores from which a match is accepted or doubtful; chosen on two thirds of the planted cases."""
MOST_CANDIDATES = 5

_TITLE_SHARE, _ARTIST_SHARE, _LENGTH_SHARE = 0.45, 0.35, 0.20
_NEAR_S, _FAR_S, _OTHER_S = 3.0, 10.0, 30.0
# Just below each limit: a doubt that no other evidence can lift above it.
_DOUBT, _NONE = ACCEPT - 0.04, REVIEW - 0.05
_SAME_RECORDING, _SAME_ISRC, _SAME_NUMBER = 0.98, 0.97, 0.95
_SAME_SOUND, _SAME_SOUND_FROM = 0.93, 0.9  # a fingerprint hardly distinguishes versions that differ only at the end
_ON_THE_ALBUM, _AT_THE_PLACE = 0.03, 0.01
_OTHER_ISRC = 0.04
_MOST = 0.99  # only the user can be more certain
# If the names differ more than this, an equal id is a mistake.
_LEAST_TITLE, _LEAST_ARTIST = 0.6, 0.5
_ARTIST_UNKNOWN = 0.6
_ALIKE_ALBUM = 0.9
# The best match must lead by this margin.
_MARGIN = 0.04
_ONE_OF_THEM = 0.95
_WITHOUT_SUBTITLE = 0.8
# One typing error per this many letters of a title is tolerated.
_LETTERS_A_SLIP = 8

_LETTERS = str.maketrans({"’": "'", "‘": "'", "`": "'", "′": "'"})
_SUBTITLE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_YEAR = re.compile(r"(?:19|20)\d\d")
# Words after "remaster" that do not make it another recording.
_OF_A_REMASTER = frozenset({"remaster", "digital", "digitally", "anniversary", "edition", "hd", "2"})
_MEANINGLESS = frozenset({"explicit", "bonus", "track", "deluxe", "edition"})


@dataclass(frozen=True, slots=True)
class _Names:
    """Normalised names of one side."""

    song: SongName
    head: str
    artists: frozenset[str]
    numbers: NumberedTitle
    version: frozenset[str]


def judged(query: LookupQuery, candidate: Candidate, *, release_id: str | None = None) -> Judged:
    """Score a candidate, with reasons; the album's other tracks were identified on the release `release_id`."""
    mine = _normalised(query.artist, query.title, None)
    other = _normalised(candidate.artist, candidate.title, candidate.remark)
    title, artist = _alike_titles(mine, other), _alike_artists(mine, other)
    apart_s = _apart_s(query.duration_s, candidate.duration_s)
    shares = ((_TITLE_SHARE, title), (_ARTIST_SHARE, artist), (_LENGTH_SHARE, _length_points(apart_s)))
    score = sum(share * part for share, part in shares)
    reasons = [_name_reason(title, artist, mine, other)]
    place = _appearance(query, candidate, release_id)
    score, named = _score_by_ids(query, candidate, score, names_agree=title >= _LEAST_TITLE and artist >= _LEAST_ARTIST)
    reasons += named
    if apart_s is not None:
        reasons.append(f"length within {max(1, round(apart_s))} s" if apart_s <= _NEAR_S else f"{apart_s:.0f} s apart")
    if place is not None and (place.release_id == release_id or _is_album(query, place)):
        score += _ON_THE_ALBUM + (_AT_THE_PLACE if query.track is not None and query.track == place.position else 0.0)
        reasons.append("on the same album")
    is_named = bool(named) and "other ISRC" not in named
    limits = list(_limits(mine, other, apart_s, title, has_id=is_named))
    reasons += [reason for _, reason in limits if reason]
    score = min([score, _MOST, *(limit for limit, _ in limits)])
    release = None if place is None else place.release_id
    return Judged(candidate=candidate, score=round(score, 3), reasons=tuple(reasons), release_id=release)


def identified(query: LookupQuery, candidates: Iterable[Judged]) -> RecordingMatch:
    """Accept the best candidate, mark it as doubtful, or reject all."""
    ranked = sorted(
        candidates,
        key=lambda candidate: (-candidate.score, -len(candidate.candidate.appearances), candidate.candidate.id),
    )
    ranked = ranked[:MOST_CANDIDATES]
    if not ranked or ranked[0].score < REVIEW:
        return RecordingMatch(status="none", candidates=tuple(ranked))
    best = ranked[0]
    if best.score < ACCEPT:
        return RecordingMatch(status="review", candidates=tuple(ranked))
    rivals = [rival for rival in ranked[1:] if rival.score > best.score - _MARGIN and rival.score >= ACCEPT]
    if any(not _is_twin(best.candidate, rival.candidate) for rival in rivals):
        doubted = replace(best, reasons=(*best.reasons, "another recording fits equally well"))
        return RecordingMatch(status="review", candidates=(doubted, *ranked[1:]))
    return RecordingMatch(status="accepted", candidates=tuple(ranked))


def _normalised(artist: str | None, title: str | None, remark: str | None) -> _Names:
    artist, title = (artist or "").translate(_LETTERS), (title or "").translate(_LETTERS)
    song = SongName.of(artist, title or " ", "")
    version = song.version
    if remark:  # the remark may name the version or where it was recorded
        version = SongName.of(artist, f"{title} ({remark.translate(_LETTERS)})", "").version | version
    numbers = NumberedTitle.of(song.title)
    head = _SUBTITLE.sub("", title)
    return _Names(
        song=replace(song, title=numbers.words),
        head=SongName.of(artist, head, "").title if head.strip() and head != title else "",
        artists=frozenset(name for name in credited_artists(artist) if not Placeholder.is_one(name)),
        numbers=numbers,
        version=_telling(version),
    )


def _telling(version: frozenset[str]) -> frozenset[str]:
    """The words that distinguish recordings; "remastered 2011" does not."""
    if "remaster" in version:
        version = frozenset(word for word in version if not _YEAR.fullmatch(word)) - _OF_A_REMASTER
    return version - _MEANINGLESS


def _alike_titles(mine: _Names, other: _Names) -> float:
    a, b = mine.song.title, other.song.title
    if not a or not b:
        return 0.0
    if _joined(a) == _joined(b):
        return 1.0
    whole = max(fuzz.ratio(a, b), 0.98 * fuzz.token_sort_ratio(a, b)) / 100.0
    if whole < _WITHOUT_SUBTITLE and (mine.head or a) == (other.head or b):
        return _WITHOUT_SUBTITLE
    return whole


def _is_spelling(mine: _Names, other: _Names) -> bool:
    """True if two titles may be spellings of the same title: one wrong letter per eight. "Angel" is not "Anger"."""
    if sorted(mine.song.title.split()) == sorted(other.song.title.split()):
        return True
    a, b = (_joined(side.song.title) or side.song.title for side in (mine, other))
    slips = min(len(a), len(b)) // _LETTERS_A_SLIP
    return Levenshtein.distance(a, b, score_cutoff=slips) <= slips


def _alike_artists(mine: _Names, other: _Names) -> float:
    if not mine.artists or not other.artists:
        return _ARTIST_UNKNOWN
    if mine.artists == other.artists:
        return 1.0
    if mine.artists & other.artists:
        return _ONE_OF_THEM
    return fuzz.token_sort_ratio(" ".join(sorted(mine.artists)), " ".join(sorted(other.artists))) / 100.0


def _apart_s(mine_s: float | None, other_s: float | None) -> float | None:
    return None if not mine_s or not other_s else abs(mine_s - other_s)


def _length_points(apart_s: float | None) -> float:
    if apart_s is None:
        return 0.5
    if apart_s <= _NEAR_S:
        return 1.0
    return max(0.0, 1.0 - 0.6 * (apart_s - _NEAR_S) / (_FAR_S - _NEAR_S)) if apart_s <= _FAR_S else 0.0


def _name_reason(title: float, artist: float, mine: _Names, other: _Names) -> str:
    if title >= 0.97 and artist >= _ONE_OF_THEM:
        return "same names"
    titles = "same title" if title >= 0.97 else "similar title" if title >= _LEAST_TITLE else "other title"
    if not mine.artists or not other.artists:
        return f"artist unknown; {titles}"
    return titles + ("" if artist >= _ONE_OF_THEM else ", similar artist" if artist >= 0.8 else ", other artist")


def _score_by_ids(
    query: LookupQuery, candidate: Candidate, score: float, *, names_agree: bool
) -> tuple[float, list[str]]:
    """Raise or lower a score by ids and numbers known to both sides, with reasons."""
    has_names = bool(query.title)
    scores: list[tuple[float, str]] = []
    if query.recording_id is not None and query.recording_id.casefold() == candidate.id.casefold():
        scores.append((_SAME_RECORDING, "same id"))
    if candidate.sound is not None and candidate.sound >= _SAME_SOUND_FROM:
        scores.append((_SAME_SOUND, "same sound"))
    if query.isrc is not None and query.isrc in candidate.isrcs:
        scores.append((_SAME_ISRC, "same ISRC"))
    elif query.isrc is not None and candidate.isrcs:
        score -= _OTHER_ISRC
    if (
        query.catalog_number
        and query.track is not None
        and any(_is_number(query, appearance) for appearance in candidate.appearances)
    ):
        scores.append((_SAME_NUMBER, "same catalogue number and place"))
    reasons = [reason for _, reason in scores]
    if not scores:
        return score, ["other ISRC"] if query.isrc is not None and candidate.isrcs else []
    if has_names and not names_agree:
        return min(max(score, REVIEW), _DOUBT), [*reasons, "but the names differ"]
    return max(score, *(least for least, _ in scores)), reasons


def _limits(
    mine: _Names, other: _Names, apart_s: float | None, title: float, *, has_id: bool
) -> Iterable[tuple[float, str]]:
    """Upper limits of a candidate's score, with the reasons against it."""
    if mine.version != other.version:
        yield (_DOUBT if has_id else _NONE), f"other version: {_words(mine.version)} / {_words(other.version)}"
    is_head = bool(mine.head or other.head) and (mine.head or mine.song.title) == (other.head or other.song.title)
    if not has_id and mine.song.title and not is_head and not _is_spelling(mine, other):
        yield (_DOUBT if title >= _LEAST_TITLE else _NONE), "another title"
    if mine.numbers.is_other_than(other.numbers) and mine.song.title:
        yield (_DOUBT if has_id else _NONE), "other number in the title"
    if apart_s is not None and apart_s > _FAR_S:
        yield (_NONE if apart_s > _OTHER_S and not has_id else _DOUBT), ""  # already among the reasons
    if (not mine.artists or not other.artists) and not has_id:
        yield _DOUBT, "names are not sufficient"


def _words(version: frozenset[str]) -> str:
    return " ".join(sorted(version)) or "none"


def _appearance(query: LookupQuery, candidate: Candidate, release_id: str | None) -> Appearance | None:
    """The release that the track most likely is from: the album's, else its first own release."""

    def rank(appearance: Appearance) -> tuple[object, ...]:
        preferred: Sequence[Callable[[], bool]] = (
            lambda: appearance.release_id == release_id,
            lambda: _is_number(query, appearance),
            lambda: _is_album(query, appearance),
            lambda: appearance.is_own,
        )
        return (*(not test() for test in preferred), appearance.date or "9999", appearance.release_id)

    return min(candidate.appearances, key=rank, default=None)


def _is_album(query: LookupQuery, appearance: Appearance) -> bool:
    if not query.album or not appearance.title:
        return False
    a, b = (NumberedTitle.of(name.translate(_LETTERS)).spelt for name in (query.album, appearance.title))
    return bool(a) and fuzz.ratio(a, b) / 100.0 >= _ALIKE_ALBUM


def _is_number(query: LookupQuery, appearance: Appearance) -> bool:
    if not query.catalog_number or query.track is None or appearance.position != query.track:
        return False
    return _joined(query.catalog_number) in map(_joined, appearance.catalog_numbers)


def _joined(number: str) -> str:
    return re.sub(r"[\W_]+", "", number).casefold()


def _is_twin(a: Candidate, b: Candidate) -> bool:
    """True if a provider has the same recording twice: names, version and length agree."""
    mine, other = _normalised(a.artist, a.title, a.remark), _normalised(b.artist, b.title, b.remark)
    apart_s = _apart_s(a.duration_s, b.duration_s)
    is_name = mine.song.title == other.song.title and mine.version == other.version
    return is_name and bool(mine.artists & other.artists) and apart_s is not None and apart_s <= _NEAR_S


# A release counts if it has this share of the tracks, and at least two.
_LEAST_PART, _LEAST_TRACKS = 0.5, 2


def identify_album(
    queries: Sequence[LookupQuery], candidate_lists: Sequence[Sequence[Candidate]]
) -> list[RecordingMatch]:
    """Identify each track of an album; a single track is an album with one track."""

    def judge_all(release_id: str | None = None) -> list[list[Judged]]:
        return [
            [judged(query, candidate, release_id=release_id) for candidate in candidates]
            for query, candidates in zip(queries, candidate_lists, strict=True)
        ]

    separate = judge_all()
    if (release_id := _release_of(separate)) is not None:
        separate = judge_all(release_id)
    each = [identified(query, candidates) for query, candidates in zip(queries, separate, strict=True)]
    taken = [match.candidates[0].candidate.id for match in each if match.status != "none"]
    if len(set(taken)) == len(taken):
        return each
    owner = _owners(separate)
    return [
        identified(query, [candidate for candidate in candidates if owner.get(candidate.candidate.id, place) == place])
        for place, (query, candidates) in enumerate(zip(queries, separate, strict=True))
    ]


def _release_of(separate: Sequence[Sequence[Judged]]) -> str | None:
    """The release that fits most tracks."""
    if len(separate) < _LEAST_TRACKS:
        return None
    points: dict[str, dict[int, float]] = defaultdict(dict)
    for place, candidates in enumerate(separate):
        for candidate in candidates:
            if candidate.score >= REVIEW:
                for appearance in candidate.candidate.appearances:
                    of_release = points[appearance.release_id]
                    of_release[place] = max(candidate.score, of_release.get(place, 0.0))
    if not points:
        return None
    best = min(points, key=lambda release_id: (-sum(points[release_id].values()), release_id))
    return best if len(points[best]) >= max(_LEAST_TRACKS, _LEAST_PART * len(separate)) else None


def _owners(separate: Sequence[Sequence[Judged]]) -> dict[str, int]:
    """Assign recordings to tracks so that the sum of the scores is largest."""
    from scipy.optimize import linear_sum_assignment

    ids = sorted({candidate.candidate.id for candidates in separate for candidate in candidates})
    column = {recording_id: place for place, recording_id in enumerate(ids)}
    scores = np.zeros((len(separate), len(ids)))
    for row, candidates in enumerate(separate):
        for candidate in candidates:
            scores[row, column[candidate.candidate.id]] = candidate.score
    rows, columns = linear_sum_assignment(scores, maximize=True)
    return {ids[c]: int(r) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if scores[r, c] >= REVIEW}
