"""What is kept of a person, asked of a store by its port alone."""

from datetime import UTC, datetime

import pytest
from stored import put_own, put_track

from map4.accounts.person import PersonalData
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.core.base.account import Account
from map4.core.base.actor import Actor
from map4.core.music.lists.listed import ListName
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sql_store import Store
from map4.lists.store.playlists import SqlPlaylists

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def anna(store: Store) -> Account:
    """An account, in a library in which who sits there has rated, starred and listed a track."""
    put_track(store, 1, artist="An Artist", title="A Title")
    put_own(store, 1, rating=4.0, year=1999)
    for name in ("Friday", ListName.starred()):
        store.part(SqlPlaylists).put(name, Tracklist(tracks=list(store.tracks.tracks())), now=NOW)
    return store.part(SqlAccounts).add("Anna", "admin", None, NOW)


def _own(data: PersonalData) -> tuple[list[object], list[str], list[str]]:
    ratings = [(rating.title, rating.name, rating.value) for rating in data.ratings]
    return list(ratings), [value.name for value in data.values], [playlist.name for playlist in data.lists]


def test_data_of_a_local_user_can_be_taken_over_exported_and_erased(store: Store, anna: Account) -> None:
    taken = store.part(SqlPeople).take_local(anna)
    assert (taken.ratings, taken.lists, taken.exports) == (1, 2, 0)
    assert _own(store.part(SqlPeople).data_of(Actor.LOCAL.id)) == ([], ["year"], [])
    data = store.part(SqlPeople).data_of(anna.number)
    for _ in range(2):  # each time it is asked anew
        assert _own(data) == ([("A Title", "rating", 4.0)], [], ["Friday", "Starred (Anna)"])
    erased = store.part(SqlPeople).erase(anna)
    assert (erased.ratings, erased.lists, erased.shared_lists) == (1, 1, 1)
    assert _own(data) == ([], [], [])
    assert [playlist.name for playlist in store.part(SqlPlaylists).all()] == ["Friday"]


def test_renaming_an_account_renames_its_list_of_starred_tracks(store: Store, anna: Account) -> None:
    store.part(SqlPeople).take_local(anna)
    now = store.part(SqlAccounts).change(anna.number, name="Anne")
    theirs = store.acting_as(now.actor())
    theirs.part(SqlPlaylists).put(
        "Starred (Anne)", Tracklist(tracks=[]), now=NOW
    )  # a list of theirs that is in the way
    store.part(SqlPeople).renamed(anna, now)
    assert [(playlist.name, playlist.tracks) for playlist in theirs.part(SqlPlaylists).all()] == [
        ("Friday", 1), ("Starred (Anne)", 1), ("Starred (Anne) (2)", 0)
    ]  # fmt: skip
