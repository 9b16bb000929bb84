"""What stays of a list, and where it wants other tracks."""

from collections.abc import Collection
from dataclasses import replace

from map4.core.music.analysis.analysis import Analysis, KeyEstimate, Tempo
from map4.core.music.analysis.key import Key
from map4.core.music.lists.limits import ListLimits, Rule, TempoLimit
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
from map4.core.music.track.track import Track
from map4.lists.refresh import STEP_RULES, OpenPlaces, plan_refresh
from map4.search.matching.matcher import EntryStatus, ResolvedEntry, ResolvedPlaylist


def entry(position: int, text: str) -> ResolvedEntry:
    """An entry written as BPM and key ("120 8A"; "?" where unknown), or as its status."""
    if text in ("unknown", "gone", "uncertain", "url"):
        status: EntryStatus = text  # type: ignore[assignment]
        return ResolvedEntry(entry=PlaylistEntry(position=position), status=status)
    bpm, key = text.split()
    analysis = Analysis(
        duration_s=240.0,
        tempo=None if bpm == "?" else Tempo(bpm=float(bpm), confidence=0.9),
        key=None if key == "?" else KeyEstimate(key=Key.parse(key), confidence=0.9),
    )
    track = Track(path=f"/{position}", state="ok", analysis=analysis)
    return ResolvedEntry(entry=PlaylistEntry(position=position), status="found", track=track)


def plan(
    *texts: str,
    policy: TempoPolicy = "flexible",
    harmonic: HarmonicRule = "flexible",
    relaxed: dict[int, object] | None = None,
    forgiven: Collection[Rule] = STEP_RULES,
    locked: Collection[int] = (),
) -> list[object]:
    """Positions of what stays; gaps as the number of places and the kept positions around them."""
    entries = [entry(position, text) for position, text in enumerate(texts, start=1)]
    picks = [
        ListedPick.of_record(
            {"relaxed": (relaxed or {}).get(entry.entry.position), "locked": entry.entry.position in locked}
        )
        for entry in entries
    ]
    entries = [replace(entry, pick=pick) for entry, pick in zip(entries, picks, strict=True)]
    limits = ListLimits(tempo=TempoLimit.of(policy), harmonic=harmonic)
    resolved = ResolvedPlaylist(source="x", format=None, entries=tuple(entries))
    found = plan_refresh(resolved, limits=limits, forgiven=forgiven)

    def name(track: Track | None) -> int | None:
        return None if track is None else int(track.path[1:])

    return [
        (len(part.entries), name(part.before), name(part.after)) if isinstance(part, OpenPlaces) else name(part[0])
        for part in found
    ]


def test_refresh_plan_keeps_fitting_and_absent_entries() -> None:
    cases = [
        (["120 8A", "122 8A", "124 9A"], [1, 2, 3]),
        (["120 8A", "150 8A", "122 8A"], [1, (1, 1, 3), 3]),
        (["120 8A", "121 3B", "122 8A"], [1, (1, 1, 3), 3]),
        (["120 8A", "unknown", "gone", "122 8A"], [1, (2, 1, 4), 4]),
        (["120 8A", "uncertain"], [1, (1, 1, None)]),
        (["unknown", "120 8A"], [(1, None, 2), 2]),
        (["unknown"], [(1, None, None)]),
        (["120 8A", "url", "122 8A"], [1, 3]),
        (["120 8A", "150 8A", "150 8A", "150 8A"], [1, (1, 1, 3), 3, 4]),
        (["? 8A", "150 ?", "? ?"], [1, 2, 3]),
        ([], []),
    ]
    assert [(texts, plan(*texts)) for texts, _ in cases] == cases

    def missing(path: str) -> ResolvedEntry:
        return replace(entry(2, "gone"), track=Track(path=path, state="missing"))

    def stay(path: str, *, second: str = "122 8A") -> list[bool]:
        entries = (entry(1, "120 8A"), missing(path), entry(3, second))
        resolved = ResolvedPlaylist(source="x", format=None, entries=entries)
        return [
            not isinstance(part, OpenPlaces) for part in plan_refresh(resolved, limits=ListLimits(), absent=("/d/",))
        ]

    assert stay("/d/2.mp3") == [True, True, True]
    assert stay("/c/2.mp3") == [True, False, True]


def test_refresh_plan_uses_the_requested_limits_and_judges_copies_as_their_files() -> None:
    a, b, c = (entry(place, text) for place, text in enumerate(("120 8A", "240 2B", "121 8A"), start=1))
    entries = (a, replace(b, track=replace(b.track, represents=c.track)))
    resolved = ResolvedPlaylist(source="x", format=None, entries=entries)
    assert len(plan_refresh(resolved, limits=ListLimits())) == 2
    assert all(not isinstance(part, OpenPlaces) for part in plan_refresh(resolved, limits=ListLimits()))
    assert plan("120 8A", "125 8A", policy="strict") == [1, (1, 1, None)]
    assert plan("120 8A", "125 8A", policy="flexible") == [1, 2]
    assert plan("87 8A", "174 8A", policy="creative") == [1, 2]
    assert plan("120 8A", "120 3B", harmonic="off") == [1, 2]
    assert plan("120 8A", "120 ?", harmonic="strict") == [1, (1, 1, None)]


CLASH = [{"rule": "harmonic", "from": "flexible", "to": "off"}]
JUMP = [{"rule": "tempo_policy", "from": 6.0, "to": None}]


def test_relaxations_excuse_their_step_and_locked_tracks_remain() -> None:
    clash, jump = ["120 8A", "121 3B", "122 3B"], ["120 8A", "150 8A", "151 8A"]
    assert plan(*clash, relaxed={2: CLASH}) == [1, 2, 3]
    assert plan(*jump, relaxed={2: JUMP}) == [1, 2, 3]
    assert plan(*clash, relaxed={2: CLASH}, forgiven=["tempo_policy"]) == [1, (1, 1, 3), 3]
    assert plan(*jump, relaxed={2: JUMP}, forgiven=["harmonic"]) == [1, (1, 1, 3), 3]
    cases = [JUMP, [{"rule": "artist_gap", "from": 4, "to": 0}], "harmonic", [["harmonic"]], [{"rule": []}], {}]
    for relaxed in cases:
        assert plan("120 8A", "121 3B", "122 8A", relaxed={2: relaxed}) == [1, (1, 1, 3), 3]
    assert plan("120 8A", "121 3B", "122 8A", relaxed={2: CLASH}) == [1, 2, (1, 2, None)]
    texts = ("120 8A", "120 2B", "120 8A")
    assert plan(*texts) == [1, (1, 1, 3), 3]
    assert plan(*texts, locked=[2]) == [(1, None, 2), 2, (1, 2, None)]
    assert plan(*texts, locked=[1, 2, 3]) == [1, 2, 3]
