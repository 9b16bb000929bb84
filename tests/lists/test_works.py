"""Works of tags: read by a scan, searched, and whole in orders and shuffles on request."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import mutagen
import pytest
from audio_files import make
from signals import drum_loop
from stored import OpenStore, put_track

from map4 import Library
from map4.core.music.query.context import Preferences
from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.scan.workers.lanes import inline_lanes

WORKS = ("Kreisleriana", "Carnaval")
TITLES = [*(f"{work} {place}" for work in WORKS for place in (1, 2, 3)), *(f"Song {place}" for place in range(1, 6))]
WHOLE = Preferences(whole_works=True)


def make_files(folder: Path) -> None:
    for number, title in enumerate(TITLES):
        path, (name, place) = folder / f"{number}.flac", title.split(" ")
        make(path, drum_loop(100 + 3 * number, 4.0))
        file = mutagen.File(path)
        file.update({"title": f"{place}. Allegro" if name in WORKS else title, "artist": f"Ann {number}"})
        if name in WORKS:
            file.update({"work": name, "movement": f"{place}/3", "movementname": "Allegro", "album": "Piano"})
        file.save()


def titles_of(tracks: object) -> list[str]:
    return [f"{track.value('work')} {track.value('movement_number')}" if track.value("work") else track.title()
            for track in tracks]  # type: ignore[attr-defined]  # fmt: skip


def are_whole(titles: list[str]) -> bool:
    """Whether the movements of each work come in order, with nothing between them."""
    runs = [[*run] for _, run in groupby(titles, lambda title: title.split()[0])]
    return all(
        [run for run in runs if run[0].startswith(work)] == [[f"{work} {n}" for n in (1, 2, 3)]] for work in WORKS
    )


def test_works_of_files_are_searched_and_stay_whole_on_request(tmp_path: Path) -> None:
    make_files(tmp_path)
    path = tmp_path / "library.map4"
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([tmp_path])
        library.lists.save("all", library.lists.in_order(None, [*library.search("sort:title")]))
        assert titles_of(library.search("work:kreis movement-number:2")) == ["Kreisleriana 2"]
        assert len([*library.search("movement:alle")]) == 6
        [track] = library.search("work:carnaval movement-number:3")
        assert track.to_record()["tags"]["movement"] == "Allegro"
        orders = {tuple(titles_of(library.lists.order("all", shuffle=str(n)).content.tracks)) for n in range(4)}
        assert not all(are_whole([*order]) for order in orders)
    with Library.open(path, preferences=WHOLE) as library:
        orders = {tuple(titles_of(library.lists.order("all", shuffle=str(n)).content.tracks)) for n in range(4)}
        orders |= {tuple(titles_of(library.search(f"shuffle:{n}"))) for n in range(4)}
        orders.add(tuple(titles_of(library.lists.order("all").content.tracks)))
        assert [order for order in orders if sorted(order) != sorted(TITLES) or not are_whole([*order])] == []
        assert len(orders) == 5  # queries and lists agree
        better = library.lists.check("all").better_order
        assert better is None or are_whole([titles_of(library.lists.check("all").tracks)[at] for at in better.places])


@pytest.fixture
def shuffled(open_store: OpenStore, tmp_path: Path) -> Iterator[Callable[[Preferences, str], list[int]]]:
    with closing(open_store(tmp_path)) as store:
        for number in range(1, 13):
            work = {0: "Requiem", 1: "Mass"}.get(number % 4)
            put_track(store, number, artist=f"Ann {number}", title=f"Song {number}", work=work, album="Choir",
                      track=20 - number if number % 8 else None, movement_number=20 - number)  # fmt: skip
        yield lambda preferences, text: ids_of(store, preferences, text)


def ids_of(store: Store, preferences: Preferences, text: str) -> list[int]:
    context = replace(store.context(), preferences=preferences)
    return store.search.file_ids(Query.parse(text), context)


def test_shuffled_queries_keep_works_whole_on_request(shuffled: Callable[[Preferences, str], list[int]]) -> None:
    for number in range(3):
        ids, usual = shuffled(WHOLE, f"shuffle:{number}"), shuffled(Preferences(), f"shuffle:{number}")
        assert sorted(ids) == sorted(usual) == [*range(1, 13)]
        for work in ([12, 8, 4], [9, 5, 1]):
            assert ids[ids.index(work[0]) :][:3] == work
        assert [n for n in ids if n % 4 > 1] == [n for n in usual if n % 4 > 1]
        assert shuffled(WHOLE, f"shuffle:{number} limit:5 offset:2") == ids[2:7]
