"""Which recording a track is: planted cases, ids, albums."""

import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from extras.lookup.identifying.planted import Case, by_hand

from map4.extras.lookup.identifying.albums import ACCEPT, identified, identify_album, judged
from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.search import SongName

CASES = list(by_hand())


@cache
def taken(case: Case) -> str | None:
    [found] = identify_album([case.query], [case.candidates])
    return found.best.candidate.id if found.best else None


def test_correct_recordings_are_taken_with_reasons_and_99_percent_precision() -> None:
    answers = [(taken(case), case.true_ids) for case in CASES]
    right = sum(answer in true for answer, true in answers if answer)
    assert right / sum(answer is not None for answer, _ in answers) >= 0.99
    assert right / sum(bool(true) for _, true in answers) >= 0.90
    for case in CASES:
        assert all(judged(case.query, candidate).reasons for candidate in case.candidates)
    # By an eye that shares no line with the rules: which words of versions stand in both names.
    words = ("remix", "live", "dub", "edit", "extended", "instrumental", "acoustic", "karaoke", "radio", "club", "demo")
    chosen = [(case, candidate) for case in CASES for candidate in case.candidates if candidate.id == taken(case)]
    assert len(chosen) > len(CASES) / 2
    for case, candidate in chosen:
        mine, named = (
            re.sub(r"[^\w]+", " ", text.casefold()).replace("rmx", "remix").replace("marlow mix", "marlow remix")
            for text in (case.query.title or "", f"{candidate.title} {candidate.remark or ''}")
        )
        assert [w for w in words if w in mine.split()] == [w for w in words if w in named.split()], case.name


ALBUM = [f"Song of {name}" for name in ("Ash", "Birch", "Cedar", "Doum")]


def recordings(album: str, shift_s: float = 0.0, release_id: str = "r1") -> list[Candidate]:
    return [
        Candidate(
            id=f"{release_id}-{place}", artist="Fable", title=title, duration_s=200.0 + place + shift_s,
            appearances=(Appearance(release_id=release_id, title=album, position=place),),
        )
        for place, title in enumerate(ALBUM, start=1)
    ]  # fmt: skip


def test_an_album_is_found_as_a_whole_and_assigned_once() -> None:
    """One track is tagged too poorly to be told by itself: two recordings of its name are as long."""
    first, live = recordings("Trees"), recordings("Trees", shift_s=6.0, release_id="r2")
    queries = [LookupQuery(artist="Fable", title=title, duration_s=200.0 + n) for n, title in enumerate(ALBUM, start=1)]
    queries[3] = LookupQuery(artist="Fable", title=ALBUM[3])
    found = [[a, b] for a, b in zip(first, live, strict=True)]
    assert identify_album([queries[3]], [found[3]])[0].status == "review"
    together = identify_album(queries, found)
    assert [result.best.release_id for result in together[:3] if result.best] == ["r1"] * 3
    assert together[3].candidates[0].candidate.id == "r1-4"
    first, second = (
        Candidate(id=name, artist="Fable", title="Untitled", duration_s=200.0 + shift,
                  appearances=(Appearance(release_id="r", title="Trees", position=place),))
        for place, (name, shift) in enumerate((("a", 0.0), ("b", 8.0)), start=1)
    )  # fmt: skip
    queries = [
        LookupQuery(artist="Fable", title="Untitled", album="Trees", duration_s=201.0, track=1),
        LookupQuery(artist="Fable", title="Untitled", album="Trees", duration_s=203.5, track=2),
    ]
    assert {
        found.candidates[0].candidate.id for found in identify_album(queries, [[first, second], [first, second]])
    } == {"a", "b"}


def test_versions_are_recognised_and_the_order_of_candidates_is_ignored() -> None:
    for title in ("Hold On feat. June Vale (Marlow Remix)", "Hold On feat. June Vale - Marlow Remix"):
        assert SongName.of("Ardent", title, "").version == {"marlow"}
    assert SongName.of("Ardent", "Hold On (feat. June Vale)", "").title == "hold on"
    query = LookupQuery(artist="Fable", title="Signal", duration_s=230.0)
    twins = [Candidate(id=name, artist="Fable", title="Signal", duration_s=230.0) for name in "cab"]
    found = [identified(query, [judged(query, candidate) for candidate in order]) for order in (twins, twins[::-1])]
    assert found[0] == found[1]
    assert found[0].best is not None
    assert found[0].best.score >= ACCEPT


def test_equal_fingerprints_with_other_names_are_not_accepted() -> None:
    cases = [
        ("Northern Lights", "Aurora", 201.0, "accepted", "same sound"),
        ("Northern Lites", "Arora", None, "accepted", "same sound"),
        ("Track 01", None, 201.0, "review", "but the names differ"),
        ("Northern Lights (Foo Remix)", "Aurora", 201.0, "review", "other version"),
        ("Northern Lights", "Aurora", 260.0, "review", "59 s apart"),
    ]
    for title, artist, duration_s, status, why in cases:
        candidate = Candidate(id="1", title="Northern Lights", artist="Aurora", duration_s=201.0, sound=0.97)
        query = LookupQuery(title=title, artist=artist, duration_s=duration_s)
        found = identified(query, [judged(query, candidate)])
        assert found.status == status
        assert why in " ".join(found.candidates[0].reasons)
        hardly = identified(query, [judged(query, replace(candidate, sound=0.6))])
        assert "same sound" not in hardly.candidates[0].reasons


def test_another_number_or_song_of_the_artist_is_not_accepted() -> None:
    cases = [
        ("Symphony No. 5", "Symphony No. 6", False),
        ("Symphony No. 5", "Symphony Nr. 5", True),
        ("Intro, Pt. 1", "Intro, Pt. 2", False),
        ("Intro (Part Two)", "Intro, Pt. II", True),
        ("Take Five", "Take Four", False),
        ("Take Five", "Take 5", True),
        ("Untitled", "Untitled #4", False),
    ]
    for title, theirs, is_accepted in cases:
        query = LookupQuery(artist="Aurora", title=title, duration_s=201.0)
        candidate = judged(query, Candidate(id="1", title=theirs, artist="Aurora", duration_s=201.0))
        assert (identified(query, [candidate]).status == "accepted") == is_accepted
        assert ("other number in the title" in candidate.reasons) != is_accepted
    query = LookupQuery(artist="Aurora Field", title="Nowhere", duration_s=205.0)
    others = ["Northern Lights", "Salt Road", "Copper", "Paper Lanterns"]
    found = [Candidate(id=title, artist="Aurora Field", title=title, duration_s=205.0) for title in others]
    assert identified(query, [judged(query, candidate) for candidate in found]).status == "none"
    alike = Candidate(id="a", artist="Aurora Field", title="Nowhere Near", duration_s=205.0)
    assert identified(query, [judged(query, alike)]).status == "review"
