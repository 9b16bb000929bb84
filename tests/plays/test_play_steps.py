"""What added plays, as a store keeps it: an undo deletes the plays that only its step reported."""

from datetime import timedelta

from libraries import audio_id
from stored import NOW

from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.core.base.text import utc_text
from map4.core.music.plays import Play
from map4.core.store.sql_store import Store
from map4.plays.store.plays import SqlPlays, recount_plays
from map4.plays.store.steps import SqlPlaySteps


def _add(store: Store, number: int, second: int, path: str | None = None, **more: object) -> bool:
    """Report a play, by an import of a path or by a player."""
    values: dict[str, object] = {"source": "rekordbox" if path else "page", "heard_s": None, "length_s": 200.0, **more}
    play = Play(audio_id=audio_id(number), at=utc_text(NOW + timedelta(seconds=second)), **values)  # type: ignore[arg-type]
    step = store.part(SqlPlaySteps).begin("import", path) if path else 0
    return store.part(SqlPlays).add(play, apart_s=0.0 if play.is_skip else 100.0, step=step)


def _stored(store: Store) -> list[tuple[str | None, str]]:
    return sorted((play.audio_id, play.at) for play in store.part(SqlPlays).page(limit=500).plays)


def _is(number: int, second: int) -> tuple[str, str]:
    return audio_id(number), utc_text(NOW + timedelta(seconds=second))


def _counts(store: Store) -> list[tuple[object, ...]]:
    with store.database.reading() as connection:
        sql = (
            "SELECT c.owner, t.audio_id, c.plays, c.in_programs, c.skips, c.last_at FROM play_counts AS c "
            "JOIN played_tracks AS t ON t.id = c.track ORDER BY c.owner, t.audio_id"
        )
        return [tuple(row) for row in connection.execute(sql)]


def test_undo_deletes_plays_that_only_its_import_reported(store: Store) -> None:
    steps = store.part(SqlPlaySteps)
    assert _add(store, 1, 0)  # by a player first
    assert not _add(store, 1, 30, "/a.csv")
    before = _counts(store)
    for number, second in ((1, 500), (1, 900), (2, 900), (3, 0)):
        assert _add(store, number, second, "/a.csv")
    assert _add(store, 4, 0, "/a.csv", is_skip=True)
    assert not _add(store, 2, 900, "/b.csv")
    assert not _add(store, 3, 20)  # a player whose clock differs
    assert [(step.path, step.plays) for step in steps.all("import")] == [("/b.csv", 1), ("/a.csv", 4)]
    assert steps.reported("import", "/a.csv") == (2, 2)

    steps.undo("import", "/a.csv")
    assert _stored(store) == [_is(1, 0), _is(2, 900), _is(3, 0)]
    assert [step.path for step in steps.all("import")] == ["/b.csv"]
    steps.undo("import", "/b.csv")
    assert _stored(store) == [_is(1, 0), _is(3, 0)]
    steps.undo("import", "/b.csv")  # nothing is left to undo
    assert _counts(store)[: len(before)] == before
    assert len(_counts(store)) == 2


def test_plays_known_before_an_import_survive_its_undo(store: Store) -> None:
    assert [_add(store, 1, second, path) for path in ("/a.csv", "/copy.csv", "/a.csv") for second in (0, 900)] == [
        True, True, False, False, False, False
    ]  # fmt: skip
    store.part(SqlPlaySteps).undo("import", "/copy.csv")
    assert _stored(store) == [_is(1, 0), _is(1, 900)]
    store.part(SqlPlaySteps).undo("import", "/a.csv")
    assert (_stored(store), _counts(store)) == ([], [])
    assert _add(store, 1, 0, "/a.csv")
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM play_reports")
    assert not _add(store, 1, 0, "/a.csv")
    assert [count for *_, count in store.part(SqlPlaySteps).unrecorded({"rekordbox"})] == [1]
    assert list(store.part(SqlPlaySteps).unrecorded({"serato"})) == list(store.part(SqlPlaySteps).unrecorded(())) == []
    store.part(SqlPlaySteps).undo("import", "/a.csv")
    assert _stored(store) == [_is(1, 0)]


def test_play_that_an_import_made_of_a_skip_survives_undo(store: Store) -> None:
    assert _add(store, 1, 0, is_skip=True)
    assert _add(store, 1, 0, "/a.csv")
    store.part(SqlPlaySteps).undo("import", "/a.csv")
    assert _stored(store) == [_is(1, 0)]


def test_recount_gives_the_same_as_counting_each_play(store: Store) -> None:
    for number, second in ((1, 0), (1, 900), (2, 0)):
        assert _add(store, number, second, "/a.csv")
        assert _add(store, number, second + 9_000)
    assert _add(store, 2, 20_000, is_skip=True)
    before = _counts(store)
    with store.database.transaction() as connection:
        connection.execute("UPDATE play_counts SET plays = 9, in_programs = 9, skips = 9, last_at = 9")
        recount_plays(connection)
    assert _counts(store) == before


def test_undo_takes_only_plays_of_its_own_account(store: Store) -> None:
    accounts = [store.part(SqlAccounts).add(name, "user", None, NOW) for name in ("Anna", "Bob")]
    anna, bob = (store.acting_as(account.actor()) for account in accounts)
    for person in (anna, bob, store):
        assert _add(person, 1, 0, "/a.csv")
    assert _add(bob, 2, 0)
    assert _add(store, 2, 0, "/a.csv")
    anna.part(SqlPlaySteps).undo("import", "/a.csv")
    assert [len(_stored(person)) for person in (anna, bob, store)] == [0, 2, 2]
    store.part(SqlPeople).take_local(accounts[1])
    assert _add(bob, 3, 0, "/a.csv")
    bob.part(SqlPlaySteps).undo("import", "/a.csv")
    assert _stored(bob) == [_is(1, 0), _is(2, 0)]  # each was in both
    store.part(SqlPeople).erase(accounts[1])
    with store.database.reading() as connection:
        for table in ("plays", "play_steps", "play_reports", "play_counts", "played_tracks"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
