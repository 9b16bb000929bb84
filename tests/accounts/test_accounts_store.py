"""Accounts, credentials, signing keys and the audit log, asked of a store by its port alone."""

from datetime import UTC, datetime, timedelta

import pytest

from map4.accounts.records import NewCredential
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import Account
from map4.core.store.sql_store import Store
from map4.errors import UsageError

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def anna(store: Store) -> Account:
    return store.part(SqlAccounts).add("Anna", "user", "$hash", NOW)


def _token(anna: Account, digest: bytes = b"1" * 32, **more: object) -> NewCredential:
    values: dict[str, object] = {"kind": "token", "name": "cron", "scopes": frozenset({"read"}), **more}
    return NewCredential(account=anna.number, digest=digest, **values)  # type: ignore[arg-type]


def test_account_names_ignore_case_and_numbers_are_random(store: Store, anna: Account) -> None:
    accounts = store.part(SqlAccounts)
    other = accounts.add("béa", "admin", None, NOW)
    assert accounts.find("ANNA") == accounts.find(anna.number) == anna
    assert accounts.find("be\u0301a") == other
    assert not other.has_password
    assert [account.name for account in accounts.all()] == ["Anna", "béa"]
    assert abs(anna.number - other.number) > 1
    with pytest.raises(UsageError, match="the account 'anna' already exists"):
        accounts.add("anna", "user", None, NOW)
    with pytest.raises(UsageError, match="already"):
        accounts.change(other.number, name="ANNA")
    assert accounts.change(other.number, name="Bea", role="viewer").role == "viewer"
    assert accounts.password_hash(anna.number) == "$hash"


def test_credential_is_valid_until_it_expires_or_its_account_goes(store: Store, anna: Account) -> None:
    made = store.part(SqlAccounts).issue(_token(anna, expires_at=NOW + DAY), NOW)
    assert made.actor().scopes == {"read"}
    assert store.part(SqlAccounts).known(b"1" * 32, NOW) == made
    assert store.part(SqlAccounts).known(b"2" * 32, NOW) is None
    assert store.part(SqlAccounts).known(b"1" * 32, NOW + DAY) is None
    assert store.part(SqlAccounts).sweep(NOW) == 0
    assert store.part(SqlAccounts).sweep(NOW + DAY) == 1
    made = store.part(SqlAccounts).issue(_token(anna), NOW)
    store.part(SqlAccounts).remove(anna.number)
    assert store.part(SqlAccounts).find("anna") is None
    assert store.part(SqlAccounts).credential(made.id, NOW) is None
    assert not store.part(SqlAccounts).has_any()


def test_a_renewed_secret_is_remembered_until_swept(store: Store, anna: Account) -> None:
    made = store.part(SqlAccounts).issue(_token(anna, kind="login"), NOW)
    assert store.part(SqlAccounts).renew(made.id, b"2" * 32, expires_at=None, now=NOW + DAY)
    assert store.part(SqlAccounts).known(b"1" * 32, NOW) is None
    assert store.part(SqlAccounts).known(b"2" * 32, NOW) is not None
    was = store.part(SqlAccounts).renewed(b"1" * 32, NOW)
    assert (was[0].id, was[1]) == (made.id, NOW + DAY)
    assert store.part(SqlAccounts).end([made.id]) == 1
    assert store.part(SqlAccounts).renewed(b"1" * 32, NOW) is None
    assert not store.part(SqlAccounts).renew(made.id, b"3" * 32, expires_at=None, now=NOW)
    accounts = store.part(SqlAccounts)
    made = accounts.issue(_token(anna, kind="login"), NOW)
    for day, digest in enumerate((b"2" * 32, b"3" * 32)):
        accounts.renew(made.id, digest, expires_at=None, now=NOW + day * DAY)
    for secret in (b"a" * 32, b"b" * 32):
        accounts.add_signing_key(secret, old_until=NOW + DAY, now=NOW)
    assert accounts.sweep(NOW + 30 * DAY) == 2
    assert accounts.renewed(b"1" * 32, NOW) is None
    assert accounts.renewed(b"2" * 32, NOW) is not None
    assert len(accounts.signing_keys(NOW)) == 1


def test_ending_all_credentials_of_a_kind_can_spare_one(store: Store, anna: Account) -> None:
    kept, *_ = (store.part(SqlAccounts).issue(_token(anna, bytes([n]) * 32, kind="session"), NOW) for n in range(3))
    token = store.part(SqlAccounts).issue(_token(anna, b"t" * 32), NOW)
    device = store.part(SqlAccounts).issue(_token(anna, None, kind="device", sealed=b"sealed"), NOW)  # type: ignore[arg-type]
    store.part(SqlAccounts).issue(_token(anna, b"x" * 32, kind="session"), NOW)
    store.part(SqlAccounts).issue(_token(anna, b"y" * 32, kind="login"), NOW)
    assert store.part(SqlAccounts).end_all(anna.number, ["session", "login"], but=kept.id) == 4
    assert {credential.id for credential in store.part(SqlAccounts).credentials(now=NOW)} == {
        kept.id,
        token.id,
        device.id,
    }
    assert [
        credential.id for credential in store.part(SqlAccounts).credentials(anna.number, kinds=["token"], now=NOW)
    ] == [token.id]
    assert store.part(SqlAccounts).sealed(anna.number, NOW) == [(device, b"sealed")]


def test_using_a_session_extends_it_and_a_library_has_an_id(store: Store, anna: Account) -> None:
    session = store.part(SqlAccounts).issue(_token(anna, kind="session", expires_at=NOW + DAY), NOW)
    token = store.part(SqlAccounts).issue(_token(anna, b"2" * 32, expires_at=NOW + DAY), NOW)
    store.part(SqlAccounts).touch({credential.id: NOW for credential in (session, token)}, session_until=NOW + 2 * DAY)
    assert store.part(SqlAccounts).credential(session.id, NOW + DAY) is not None
    assert store.part(SqlAccounts).credential(token.id, NOW + DAY) is None
    [account] = store.part(SqlAccounts).all()
    assert account.last_used_at == "2026-03-04T05:06:07Z"
    assert len(store.part(SqlAccounts).library_id()) == 16


def test_old_signing_key_is_valid_until_its_tokens_expire(store: Store) -> None:
    assert not store.part(SqlAccounts).signing_keys(NOW)
    first = store.part(SqlAccounts).add_signing_key(b"a" * 32, old_until=NOW, now=NOW)
    second = store.part(SqlAccounts).add_signing_key(b"b" * 32, old_until=NOW + DAY, now=NOW)
    assert [key.id for key in store.part(SqlAccounts).signing_keys(NOW)] == [second.id, first.id]
    assert store.part(SqlAccounts).signing_keys(NOW)[1].until == NOW + DAY
    assert [key.id for key in store.part(SqlAccounts).signing_keys(NOW + DAY)] == [second.id]
    assert "aaa" not in repr(first)


def test_the_audit_log_is_read_page_by_page_and_by_person(store: Store, anna: Account) -> None:
    accounts = store.part(SqlAccounts)
    accounts.note("account-added", account=0, subject=str(anna.number), detail={"role": "user"}, now=NOW)
    accounts.note("logged-in", account=anna.number, now=NOW)
    accounts.note("login-failed", account=None, now=NOW)
    last, *_ = accounts.audit(limit=1)
    assert last.action == "login-failed"
    assert [entry.action for entry in accounts.audit(before=last.number, limit=9)] == ["logged-in", "account-added"]
    mine = accounts.audit(account=anna.number, limit=9)
    assert [(entry.account, dict(entry.detail)) for entry in mine] == [(anna.number, {}), (0, {"role": "user"})]
