"""Tokens, sessions and log-ins: who gets them, what they are worth, and when they end."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from map4 import Library
from map4.accounts import credentials, log_ins
from map4.accounts.credentials import Credentials
from map4.accounts.log_ins import LOG_IN_S, RACE_S, SESSION_S
from map4.accounts.records import ACCESS_S
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import Account, digest_of
from map4.core.base.actor import RIGHTS, SCOPES, Actor, Role
from map4.errors import NotAllowedError, NothingFoundError, UsageError, WrongCredentialError

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(library: Library) -> dict[str, Account]:
    roles: dict[str, Role] = {"Ada": "admin", "Uta": "user", "Vic": "viewer"}
    return {name: library._store.part(SqlAccounts).add(name, role, None, NOW) for name, role in roles.items()}


@pytest.fixture
def as_(library: Library, people: dict[str, Account], clock: Clock) -> Callable[..., Credentials]:
    """The credentials as somebody sees them."""

    def credentials(who: str = "local") -> Credentials:
        actor = Actor.LOCAL if who == "local" else people[who].actor()
        return Credentials(library._store.acting_as(actor), now=clock)

    return credentials


def _log(library: Library) -> list[tuple[str, int | None, object]]:
    entries = library._store.part(SqlAccounts).audit(limit=50)
    return [(entry.action, entry.account, entry.detail.get("kind")) for entry in reversed(entries)]


def test_token_is_known_only_by_its_secret(as_: Callable[..., Credentials], library: Library) -> None:
    made = as_("Uta").add("  cron ", scopes=["own", "read"], days=2)
    assert made.secret.startswith("map4_")
    assert len(base64.urlsafe_b64decode(made.secret.removeprefix("map4_") + "=")) == 32
    assert made.secret not in repr(made)
    found = as_().known(digest_of(made.secret))
    assert found == made.credential
    assert (found.name, found.actor().name, found.actor().scopes) == ("cron", "Uta", {"read", "own"})
    assert made.to_record() == {
        "schema": "map4/issued-token/1", "beta": True, "id": found.id, "kind": "token", "name": "cron",
        "account": {"id": found.account.number, "name": "Uta"}, "scopes": ["read", "own"],
        "created_at": "2026-03-04T05:06:07Z", "expires_at": "2026-03-06T05:06:07Z", "last_used_at": None,
        "secret": made.secret,
    }  # fmt: skip
    assert made.secret.encode() not in Path(f"{library.path}-wal").read_bytes()
    assert as_().known(digest_of(made.secret + "x")) is None


def test_token_expires_after_its_days_and_is_rotated(
    as_: Callable[..., Credentials], clock: Clock, people: dict[str, Account]
) -> None:
    short, long = (as_("Uta").add("t", days=days) for days in (2, None))
    clock.now = NOW + 2 * DAY
    assert as_().known(digest_of(short.secret)) is None
    assert as_().known(digest_of(long.secret)) == long.credential
    assert [credential.id for credential in as_("Uta").all()] == [long.credential.id]
    assert (as_().sweep(), as_().sweep()) == (1, 0)
    first = as_("Uta").add("t", scopes=["own"], days=9)
    clock.now = NOW + DAY
    second = as_("Uta").rotate(first.credential.id)
    assert as_().known(digest_of(first.secret)) is None
    assert as_().known(digest_of(second.secret)) == second.credential == first.credential
    session = as_().begin_session(people["Uta"].number)
    with pytest.raises(UsageError, match="is a session; only tokens can be rotated; remove it"):
        as_("Uta").rotate(session.credential.id)


def test_token_scopes_are_capped(as_: Callable[..., Credentials], people: dict[str, Account], library: Library) -> None:
    assert as_("Uta").add("t").credential.scopes == {"read"}
    with pytest.raises(NotAllowedError, match=r"Vic lacks the rights for own, admin; .* can have read, subsonic"):
        as_("Vic").add("t", scopes=["read", "own", "admin"])
    with pytest.raises(NotAllowedError, match="Vic lacks the rights"):  # also where an admin makes it
        as_("Ada").add("t", scopes=["own"], account="vic")
    theirs = Actor(id=people["Ada"].number, name="Ada", scopes=frozenset({"read"}))
    with pytest.raises(NotAllowedError, match="Ada lacks the rights"):  # nor more than what asks
        Credentials(library._store.acting_as(theirs)).add("t", scopes=["scan"])
    made = as_("Uta").add("t", scopes=["read", "correct"])
    library._store.part(SqlAccounts).change(people["Uta"].number, role="viewer")
    found = as_().known_id(made.credential.id)
    assert (found.actor().scopes, found.scope_names) == ({"read"}, ("read",))


def test_admins_add_for_others(as_: Callable[..., Credentials], people: dict[str, Account], library: Library) -> None:
    for who in ("local", "Ada"):
        assert as_(who).add("t", account=people["Uta"].number).credential.account.name == "Uta"
    for name in ("Uta", "unknown"):  # who may not is not told who there is
        with pytest.raises(NotAllowedError, match="needs the scope 'admin'"):
            as_("Vic").add("t", account=name)
    with pytest.raises(NothingFoundError, match="no account 'Utta'; did you mean Uta"):
        as_().add("t", account="Utta")
    assert _log(library) == [("token-added", 0, "token"), ("token-added", people["Ada"].number, "token")]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "1 to 64 characters"),
        ({"name": "two\nlines"}, "on one line"),
        ({"name": "x" * 65}, "1 to 64 characters"),
        ({"days": 0}, "after 1 to 3660 days"),
        ({"scopes": ["raed"]}, "no scope 'raed'; did you mean read"),
        ({"kind": "session"}, "no kind 'session'"),
        ({"kind": "device", "scopes": ["read"]}, "has no scopes"),
    ],
)
def test_invalid_tokens_are_refused(as_: Callable[..., Credentials], wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        as_("Uta").add(**{"name": "t", **wrong})
    assert as_("Uta").all() == ()


def test_token_needs_an_owner(as_: Callable[..., Credentials], people: dict[str, Account], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a token belongs to an account; name it with --user NAME"):
        as_().add("t")
    with Library.open(tmp_path / "other.map4") as other, pytest.raises(UsageError, match="map4 accounts add NAME"):
        other.credentials.add("t")


def test_tokens_per_account_are_limited(as_: Callable[..., Credentials], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "MOST_TOKENS", 3)
    for _ in range(3):
        as_("Uta").add("t")
    with pytest.raises(UsageError, match="Uta has 3 tokens and devices, the maximum; remove"):
        as_("Uta").add("t")


def test_last_token_race(as_: Callable[..., Credentials], library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.accounts.credentials.MOST_TOKENS", 1)
    credentials, at_once = as_("Uta"), Credentials._at_once

    def first_another(self: Credentials) -> Any:
        if self is credentials:
            as_("Uta").add("another")
        return at_once(self)

    monkeypatch.setattr(Credentials, "_at_once", first_another)
    with pytest.raises(UsageError, match="has 1 tokens"):
        credentials.add("one")


def test_removed_token_is_void(as_: Callable[..., Credentials], people: dict[str, Account], library: Library) -> None:
    mine, other = as_("Uta").add("t"), as_("Uta").add("t")
    session = as_().begin_session(people["Uta"].number)
    for ask in (as_("Vic").remove, as_("Vic").rotate):
        with pytest.raises(NothingFoundError, match=f"no token {mine.credential.id}; 'map4 accounts tokens'"):
            ask(mine.credential.id)
    assert as_("Uta").remove(mine.credential.id) == mine.credential
    as_("Ada").remove(other.credential.id)
    as_("Uta").remove(session.credential.id)
    assert not any(as_().known(digest_of(credential.secret)) for credential in (mine, other, session))
    uta, ada = (people[name].number for name in ("Uta", "Ada"))
    assert _log(library)[2:] == [
        ("logged-in", uta, "session"), ("token-removed", uta, "token"), ("token-removed", ada, "token"),
        ("logged-out", uta, "session"),
    ]  # fmt: skip
    with pytest.raises(NothingFoundError) as error:
        as_("Uta").remove(mine.secret)
    assert mine.secret not in str(error.value)


def test_users_list_own_credentials_and_admins_all(as_: Callable[..., Credentials], people: dict[str, Account]) -> None:
    made = {who: as_(who).add(f"of {who}").credential for who in people}
    assert as_("Uta").all() == (made["Uta"],)
    assert set(as_("Ada").all(everybody=True)) == set(as_().all()) == set(made.values())
    assert as_("Ada").all("vic") == (made["Vic"],)
    for asked in ({"account": "vic"}, {"everybody": True}):
        with pytest.raises(NotAllowedError, match="admin"):
            as_("Uta").all(**asked)


def test_only_refresh_tokens_renew_a_login(as_: Callable[..., Credentials], people: dict[str, Account]) -> None:
    token = as_("Uta").add("t")
    as_("Uta").rotate(token.credential.id)
    for secret in (token.secret, as_().begin_session(people["Uta"].number).secret):
        with pytest.raises(WrongCredentialError, match="is unknown"):
            as_().renew(secret)
    assert len(as_("Uta").all()) == 2


def test_session_expires_a_fixed_time_after_its_last_use(
    as_: Callable[..., Credentials], people: dict[str, Account], clock: Clock, library: Library
) -> None:
    session = as_().begin_session(people["Vic"].number, " Firefox\non Linux ")
    assert (session.credential.name, session.credential.actor()) == ("Firefox on Linux", people["Vic"].actor())
    library._store.part(SqlAccounts).change(people["Vic"].number, role="admin")
    found = as_().known(digest_of(session.secret))
    assert found.actor().scopes == set(SCOPES)
    clock.now = NOW + timedelta(seconds=SESSION_S) - SECOND
    as_().touch({session.credential.id: clock.now, "t-0000000000000000": clock.now})
    clock.now += timedelta(seconds=SESSION_S) - SECOND
    assert as_().known(digest_of(session.secret)) is not None
    clock.now += SECOND
    assert as_().known(digest_of(session.secret)) is None


def test_login_over_the_limit_ends_the_least_recently_used_session(
    as_: Callable[..., Credentials], people: dict[str, Account], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_ins, "MOST_SESSIONS", 6)
    uta, token = people["Uta"].number, as_("Uta").add("t")
    first, *_ = (as_().begin_session(uta) for _ in range(6))
    clock.now += SECOND
    as_().touch({first.credential.id: clock.now})
    clock.now += SECOND
    as_().begin_login(uta)
    left = {credential.id for credential in as_("Uta").all()}
    assert len(left) == 6 + 1
    assert {first.credential.id, token.credential.id} <= left
    oldest = [
        credential
        for credential in as_("Uta").all()
        if credential.kind == "session" and credential.last_used_at is None
    ]
    assert len(oldest) == 6 - 2


def test_refresh_token_renews_once(as_: Callable[..., Credentials], people: dict[str, Account], clock: Clock) -> None:
    first = as_().begin_login(people["Uta"].number)
    assert first.secret.startswith("map4r_")
    assert as_().known(digest_of(first.secret)) is None  # it asks nothing but to be renewed
    clock.now += timedelta(seconds=LOG_IN_S) - SECOND
    second = as_().renew(first.secret)
    assert second.credential.id == first.credential.id
    assert second.secret != first.secret
    clock.now += timedelta(seconds=LOG_IN_S) - SECOND
    third = as_().renew(second.secret)
    clock.now += timedelta(seconds=LOG_IN_S)
    assert as_().known_id(first.credential.id) is None
    assert as_().sweep() == 1
    for secret in (first.secret, third.secret, "map4r_none"):
        with pytest.raises(WrongCredentialError, match="is unknown, or its log-in has ended; log in again"):
            as_().renew(secret)


def test_refresh_token_reused_at_once_is_refused_and_its_login_continues(
    as_: Callable[..., Credentials], people: dict[str, Account], clock: Clock, library: Library
) -> None:
    first = as_().begin_login(people["Uta"].number)
    second = as_().renew(first.secret)
    clock.now += timedelta(seconds=RACE_S)
    with pytest.raises(WrongCredentialError, match="was just renewed"):
        as_().renew(first.secret)
    assert as_().renew(second.secret).credential.id == first.credential.id
    assert [action for action, *_ in _log(library)] == ["logged-in"]


def test_refresh_token_reused_later_ends_its_login(
    as_: Callable[..., Credentials], people: dict[str, Account], clock: Clock, library: Library
) -> None:
    uta = people["Uta"].number
    first, other = as_().begin_login(uta), as_().begin_login(uta)
    second = as_().renew(first.secret)
    third = as_().renew(second.secret)
    clock.now += timedelta(seconds=RACE_S + 1)
    with pytest.raises(WrongCredentialError, match=r"was used before .* its log-in has ended"):
        as_().renew(first.secret)
    for secret in (first.secret, second.secret, third.secret):
        with pytest.raises(WrongCredentialError, match="is unknown"):
            as_().renew(secret)
    assert as_().known_id(first.credential.id) is None
    assert as_().renew(other.secret).credential.id == other.credential.id
    assert _log(library)[-1] == ("refresh-reused", uta, "login")


def test_old_key_verifies_until_tokens_expire(as_: Callable[..., Credentials], clock: Clock, library: Library) -> None:
    [first] = as_().signing_keys()
    assert as_().signing_keys() == [first]
    assert len(first.secret) == 32
    rotated = as_("Ada").rotate_key()
    assert rotated.old_until == f"{NOW + timedelta(seconds=ACCESS_S):%Y-%m-%dT%H:%M:%SZ}"
    second, old = as_().signing_keys()
    assert (second.id, second.until) == (rotated.id, None)
    assert old == replace(first, until=NOW + timedelta(seconds=ACCESS_S))
    clock.now += timedelta(seconds=ACCESS_S)
    assert as_().signing_keys() == [second]
    as_().sweep()
    clock.now = NOW
    assert as_().signing_keys() == [second]  # it is nowhere any more
    with pytest.raises(NotAllowedError):
        as_("Uta").rotate_key()
    assert [action for action, *_ in _log(library)] == ["key-rotated"]


def test_device_password_is_easy_to_type_and_stored_encrypted(
    as_: Callable[..., Credentials], people: dict[str, Account], library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = as_("Vic").add("phone", kind="device")
    assert re.fullmatch("([a-hjkmnp-z2-9]{4}-){4}[a-hjkmnp-z2-9]{4}", made.secret)
    assert made.credential.scopes == {right.name for right in RIGHTS if right.for_devices}
    assert as_().devices("vic") == as_().devices(people["Vic"].number) == [(made.credential, made.secret)]
    assert as_().known(digest_of(made.secret)) is None
    held = Path(library.path).read_bytes() + Path(f"{library.path}-wal").read_bytes()
    assert made.secret.encode() not in held
    with pytest.raises(UsageError, match="is a device; only tokens can be rotated"):
        as_("Vic").rotate(made.credential.id)
    monkeypatch.setenv("MAP4_KEY_FILE", f"{library.path}.other-key")  # as where the library was moved without its key
    assert as_().devices("vic") == [(made.credential, None)]
    as_("Vic").remove(made.credential.id)
    assert as_().devices("vic") == as_().devices("nobody at all") == []


def test_scopes_of_removed_features_grant_nothing(
    as_: Callable[..., Credentials], people: dict[str, Account], library: Library
) -> None:
    only, both = (as_("Uta").add(name, scopes=scopes) for name, scopes in (("only", ["own"]), ("both", ["read"])))
    with library._store.database.transaction() as connection:
        connection.execute("UPDATE credentials SET scopes = '[\"jellyfin\"]' WHERE name = 'only'")
        connection.execute("UPDATE credentials SET scopes = '[\"jellyfin\", \"read\"]' WHERE name = 'both'")
    known = [as_().known(digest_of(made.secret)) for made in (only, both)]
    assert [(credential.scope_names, credential.actor().scopes) for credential in known if credential] == [
        ((), frozenset()),
        (("read",), {"read"}),
    ]
    assert as_("Uta").rotate(only.credential.id).credential.scope_names == ()
    as_("Uta").remove(only.credential.id)
    assert [credential.name for credential in as_("Uta").all()] == ["both"]
