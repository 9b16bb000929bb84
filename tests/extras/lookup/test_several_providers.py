"""Several providers at once: each at its own pace, with one result, whoever is slow, silent or first."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import service_faults
from extras.lookup.listenbrainz_server import ListenBrainz
from extras.lookup.lookup_runs import ALBUM, TITLES, opened
from extras.lookup.musicbrainz_server import Catalogue, mbid, polar
from service_double import Server, Turn, serving

from map4 import Library
from map4.extras.lookup.records import LookedUp, LookupSummary
from map4.extras.lookup.streams import side_by_side

pytestmark = pytest.mark.contract


class Two:
    """A library, and doubles of MusicBrainz and ListenBrainz with the same catalogue."""

    def __init__(self, library: Library, first: Server, second: Server, folder: Path) -> None:
        self.library, self.musicbrainz, self.listenbrainz, self._folder = library, first, second, folder

    def events(self, *providers: str, **options: Any) -> Iterator[Any]:
        settings = {
            "musicbrainz": {"url": self.musicbrainz.url, "contact": "me@example.org", "interval_s": 0.0},
            "listenbrainz": {"url": self.listenbrainz.url, "interval_s": 0.0},
        }
        names = providers or ("musicbrainz", "listenbrainz")
        folders = {name: str(self._folder / name) for name in ("answers", "rates")}
        return self.library.lookups.run_events(providers=names, settings=settings, max_wait_s=0.0, **folders, **options)

    def run(self, *providers: str, **options: Any) -> LookupSummary:
        *_, summary = self.events(*providers, **options)
        return summary

    def known(self) -> list[dict[str, Any]]:
        tracks = [self.library.track(f"/music/{number}.mp3") for number in range(1, 5)]
        records = [track.to_record()["metadata"] for track in tracks]
        for record in records:
            record["matches"] = [{**match, "fetched_at": ""} for match in record["matches"]]
        return records


@contextmanager
def two(tmp_path: Path, catalogue: Catalogue | None = None) -> Iterator[Two]:
    with ExitStack() as stack:
        catalogue = catalogue or polar()
        first, second = (stack.enter_context(serving(provider)) for provider in (catalogue, ListenBrainz(catalogue)))
        yield Two(stack.enter_context(opened(tmp_path, ALBUM)), first, second, tmp_path)


def test_order_of_providers_does_not_change_the_result(tmp_path: Path) -> None:
    records = []
    for number, orders in enumerate(
        [[("musicbrainz", "listenbrainz")], [("listenbrainz", "musicbrainz")], [("listenbrainz",), ("musicbrainz",)]]
    ):
        with two(tmp_path / str(number)) as both:
            for order in orders:
                assert both.run(*order).accepted == 4 * len(order)
            records.append(both.known())
    assert records[0] == records[1] == records[2]
    assert records[0][0]["fields"]["release_date"] == {
        "value": "1999-05-17", "source": "provider", "others": {"listenbrainz": "1999", "musicbrainz": "1999-05-17"},
        "conflict": False, "remark": None,
    }  # fmt: skip


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / str(number)).mkdir()
    return tmp_path


def test_slow_provider_does_not_delay_the_others(tmp_path: Path) -> None:
    may_answer = threading.Event()

    def slow(turn: Turn) -> None:
        assert may_answer.wait(20.0)
        turn.good()

    with two(tmp_path) as both:
        both.musicbrainz.act = slow
        events = both.events()
        first = [next(events) for _ in range(4)]
        assert {(lookup.provider, lookup.status) for lookup in first} == {("listenbrainz", "accepted")}
        assert both.library.track("/music/1.mp3").provided is not None  # it is in the library already
        may_answer.set()
        *rest, summary = events
        assert {(lookup.provider, lookup.status) for lookup in rest} == {("musicbrainz", "accepted")}
        assert (summary.accepted, summary.silent) == (8, {})


def test_failing_provider_is_reported_and_the_others_finish(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        both.musicbrainz.act = service_faults.FAULTS["503"]
        summary = both.run()
        assert (summary.accepted, summary.failed) == (4, 4)
        assert list(summary.silent) == ["musicbrainz"]
        [failure] = summary.failures
        assert (failure.provider, failure.alternative_sources) == ("musicbrainz", ("listenbrainz",))
        before = both.known()
        assert all(list(change["fields"]["title"]["others"]) == ["listenbrainz"] for change in before)
        both.musicbrainz.act = Turn.good
        assert both.run().accepted == 4  # those that failed; the others are known
        assert both.known() != before


def test_id_found_by_one_provider_is_used_for_another(tmp_path: Path) -> None:
    def knows_no_names(turn: Turn) -> None:
        if "query" in turn.query:
            turn.send(200, b'{"recordings": [], "count": 0, "offset": 0, "created": ""}')
        else:
            turn.good()

    with two(tmp_path) as both:
        both.musicbrainz.act = knows_no_names
        assert both.run("musicbrainz").none == 4
        assert both.run().accepted == 8
        [match, other] = both.known()[0]["matches"]
        assert match["id"] == other["id"] == mbid("recording Northern Lights Polar 1")


def test_second_lookup_keeps_doubtful_candidates(tmp_path: Path) -> None:
    """The id that another one found is of a recording that is 15 s longer here: the candidates stay."""
    catalogue, longer = polar(), polar()
    for recording in longer.recordings.values():
        recording["length"] += 15_000
    with two(tmp_path, catalogue) as both, serving(longer) as first:
        both.musicbrainz = first
        assert both.run("musicbrainz").review == 4
        summary = both.run()
        assert (summary.review, summary.accepted) == (4, 4)
        assert {match["provider"] for match in both.known()[0]["matches"]} == {"listenbrainz"}


def test_lookup_can_be_stopped_early(tmp_path: Path) -> None:
    may_answer = threading.Event()
    with two(tmp_path) as both:
        both.musicbrainz.act = lambda turn: may_answer.wait(20.0) and turn.good()
        before = set(threading.enumerate())
        events = both.events()
        assert isinstance(next(events), LookedUp)
        streams = [thread for thread in threading.enumerate() if thread not in before and thread.name == "map4-lookup"]
        events.close()
        may_answer.set()
        for stream in streams:
            stream.join(10.0)
            assert not stream.is_alive()
        assert both.run().accepted + both.run().known >= 8


def test_albums_are_split_into_several_requests(tmp_path: Path) -> None:
    catalogue = Catalogue()
    for number in range(8):
        catalogue.put(
            "Aurora Field", f"Album {number}", [f"{title} {number}" for title in TITLES], number=f"A {number}"
        )
    tracks = [
        {"title": f"{title} {album}", "album": f"Album {album}", "duration_s": 201.0 + place}
        for album in range(8)
        for place, title in enumerate(TITLES)
    ]
    with serving(ListenBrainz(catalogue)) as server, opened(tmp_path, tracks) as library:
        settings = {"listenbrainz": {"url": server.url, "contact": "me@example.org", "interval_s": 0.0}}
        [plan] = library.lookups.prepare(providers=("listenbrainz",), settings=settings).plan.providers
        summary = library.lookups.run(
            providers=["listenbrainz"],
            settings=settings,
            answers=str(tmp_path / "answers"),
            rates=str(tmp_path / "rates"),
        )
        assert summary.accepted == 32
        assert len(server.turns) <= 6
        assert plan.requests == 4  # two times 25 at most, of names and of ids


def test_error_in_one_provider_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        list(side_by_side([broken, lambda: iter(())]))
