"""Accounts as use cases: who may make, change and remove them, and what is noted of it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from map4 import Library
from map4.accounts import hashes as passwords
from map4.core.base.actor import SCOPES_OF, Actor
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.jobs.requests import JobRequest
from map4.scan.options import ScanOptions

pytestmark = pytest.mark.usefixtures("quick_hashes")

BCRYPT = "$2y$05$eXY3Z1YwgGiVLYLmJN0tGOWYiBjDvRJ6n0OhX.8dD7pGTG8Nk7mhG"
SECRET = "correct horse"


def test_first_account_is_an_admin_and_later_accounts_are_users(library: Library) -> None:
    assert not library.accounts.any()
    with pytest.raises(UsageError, match="the first account must be an admin"):
        library.accounts.add("Ann", "viewer")
    roles = [library.accounts.add(name).role for name in ("Ann", "Bob")]
    assert (roles, library.accounts.add("Cleo", "viewer").role) == (["admin", "user"], "viewer")
    entries = library.accounts.audit().entries
    assert [(entry.action, entry.account, entry.detail) for entry in entries] == [
        ("account-added", Actor.LOCAL.id, {"role": role}) for role in ("viewer", "user", "admin")
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "1 to 64 characters"), ("x" * 65, "1 to 64 characters"), ("a/b", "can't contain '/'"),
     ("a:b", "can't contain ':'"), ("a\nb", "control characters"),
     ("LOCAL", "reserved name"), ("me", "reserved name"), (" \u200b", "characters")],
)  # fmt: skip
def test_invalid_account_names_are_refused(library: Library, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        library.accounts.add(name)


def test_mail_addresses_blanks_and_supported_hashes_are_accepted(library: Library) -> None:
    assert library.accounts.add(" Ann Lee ").name == "Ann Lee"
    assert library.accounts.add("bob@example.org").name == "bob@example.org"
    assert library.accounts.add("Ann", hashed=f"{BCRYPT}\n").has_password
    assert library.accounts.password_hash(library.accounts.get("Ann").number) == BCRYPT
    for wrong in ("plain", "$1$salt$md5", "{SHA}base64", BCRYPT[:-1], "$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aGFzaA"):
        with pytest.raises(UsageError, match="not an argon2"):
            library.accounts.add("Bob", hashed=wrong)


def test_account_is_looked_up_by_name_number_or_me(library: Library) -> None:
    ann = library.accounts.add("Ann")
    bob = library.accounts.add("Bob")
    theirs = library.acting_as(bob.actor()).accounts
    assert library.accounts.get("ANN") == library.accounts.get(ann.number) == ann
    assert theirs.get("me") == theirs.get(bob.name) == bob
    for other in (ann.number, "Ann", "Zoe", 100_000_001):
        with pytest.raises(NotAllowedError, match=r"needs the scope 'admin' \(role admin\)"):
            theirs.get(other)
    with pytest.raises(NothingFoundError, match=r"no account 'an'; did you mean Ann\?"):
        library.accounts.get("an")
    with pytest.raises(NothingFoundError, match="has no account"):
        library.accounts.get("me")


@pytest.mark.parametrize("password", ["short", "x" * 1025, "tab\tin between", "\ud800 half a letter"])
def test_invalid_passwords_are_refused(library: Library, password: str) -> None:
    with pytest.raises(UsageError, match=r"a password (needs|can)"):
        library.accounts.add("Ann", password=password)
    assert not library.accounts.any()


def test_changing_a_password_needs_the_current_one_or_an_admin(library: Library) -> None:
    ann, bob = library.accounts.add("Ann"), library.accounts.add("Bob", password="Stra\u00dfe a\u0308hnlich")
    theirs = library.acting_as(bob.actor()).accounts
    with pytest.raises(UsageError, match="your current password is needed too"):
        theirs.set_password("me", SECRET)
    with pytest.raises(NotAllowedError, match="the current password is wrong"):
        theirs.set_password("me", SECRET, current="Strasse")
    theirs.set_password("me", SECRET, current="Stra\u00dfe a\u0308hnlich")  # as its keyboard sends it
    with pytest.raises(NotAllowedError):
        theirs.set_password("Ann", SECRET)
    with pytest.raises(NotAllowedError, match="Ann has no password yet"):
        library.acting_as(bob.actor(SCOPES_OF["user"])).acting_as(ann.actor(SCOPES_OF["user"])).accounts.set_password(
            "me", SECRET, current=""
        )
    hashed = str(library.accounts.password_hash(bob.number))
    assert passwords.check_password(hashed, SECRET).is_right
    assert library.accounts.audit().entries[0].action == "password-changed"


def test_new_password_ends_all_other_logins(library: Library) -> None:
    ann = library.accounts.add("Ann", password=SECRET)
    begun = [library.credentials.begin_session(ann.number) for _ in range(2)]
    begun += [library.credentials.begin_login(ann.number), library.credentials.add("cron", account=ann.number)]
    asks, *_, token = (log_in.credential.id for log_in in begun)
    library.acting_as(ann.actor()).accounts.set_password("me", "another secret", current=SECRET, but=asks)
    assert {credential.id for credential in library.credentials.all(ann.number)} == {asks, token}
    library.accounts.set_password(ann, SECRET)
    assert [credential.id for credential in library.credentials.all(ann.number)] == [token]


def test_a_library_keeps_an_admin_and_jobs_of_demoted_ones_lose_rights(library: Library) -> None:
    library.accounts.add("Ann")
    library.accounts.add("Bob")
    calls: list[Callable[[], Any]] = [
        lambda: library.accounts.remove("Ann"), lambda: library.accounts.change("ann", role="user")
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(UsageError, match="Ann is the only admin"):
            call()
    library.accounts.change("Bob", role="admin")
    assert library.accounts.change("Ann", role="viewer").role == "viewer"
    library.accounts.remove("Ann")
    library.accounts.remove("Bob")  # the last of all may go
    assert not library.accounts.any()
    library.accounts.add("Ann")
    bob = library.accounts.add("Bob", "admin")
    job = library.acting_as(bob.actor()).jobs.submit(JobRequest(kind="scan", options=ScanOptions()))
    library.accounts.change("Bob", role="viewer")
    assert library.jobs.get(job.id).asked_by.scopes == SCOPES_OF["viewer"]


def test_last_admin_of_concurrent_removals_is_kept(library: Library) -> None:
    for name in ("Ann", "Bob", "Cleo"):
        library.accounts.add(name, "admin" if name != "Cleo" else "user")
    refused = list[str]()

    def remove(name: str) -> None:
        with Library.open(library.path) as other:
            try:
                other.accounts.remove(name)
            except UsageError:
                refused.append(name)

    threads = [threading.Thread(target=remove, args=[name]) for name in ("Ann", "Bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(library.accounts.all())) == (1, 2)


def test_proxy_cannot_create_an_admin_or_the_first_account(library: Library) -> None:
    with pytest.raises(NotAllowedError, match="a proxy can't make an admin"):
        library.accounts.add("Eve", by_proxy=True)
    library.accounts.add("Ann")
    with pytest.raises(NotAllowedError, match="a proxy can't make an admin"):
        library.accounts.add("Eve", "admin", by_proxy=True)
    eve = library.accounts.add("Eve", "viewer", by_proxy=True)
    [entry, *_] = library.accounts.audit(account=eve.number).entries
    assert (entry.action, entry.account) == ("proxy-account-made", None)


def test_account_numbers_are_not_reused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 8, 7, 9])
    monkeypatch.setattr("map4.accounts.store.accounts.secrets.randbelow", lambda most: next(drawn))
    first, second = (library.accounts.add(name).number for name in ("Ann", "Bob"))
    assert second == first + 1
    library.accounts.change("Bob", role="admin")
    library.accounts.remove("Ann")  # who did nothing
    assert library.accounts.add("Cleo").number == first + 2


def test_the_audit_log_has_pages(library: Library) -> None:
    for number in range(5):
        library.accounts.add(f"Ann {number}")
    first = library.accounts.audit(limit=3)
    rest = library.accounts.audit(after=first.next, limit=3)
    assert [entry.number for entry in (*first.entries, *rest.entries)] == [5, 4, 3, 2, 1]
    assert rest.next is None
    with pytest.raises(UsageError, match="1 to 1000"):
        library.accounts.audit(limit=0)


@pytest.mark.parametrize("name", [
    "Ａｎｎ", "аnn", "Αnn", "𝐀nn", "𝖺𝗇𝗇", "ａnn", "an\u00adn", "a\u200bnn", "ann\u3164", "a\ufe0fnn", "a\u034fnn",
    "ann\U000e0020", "ɑnn", "aոn", "ⅿe", "mе", "lосal", "100000001", "１２３",
])  # fmt: skip
def test_name_similar_to_an_existing_name_is_refused(library: Library, name: str) -> None:
    library.accounts.add("ann")
    library.accounts.add("annn")
    with pytest.raises(UsageError):
        library.accounts.add(name)
    with pytest.raises(UsageError):
        library.accounts.change("annn", name=name)
    assert [account.name for account in library.accounts.all()] == ["ann", "annn"]


@pytest.mark.parametrize(("name", "other"), [
    ("vv", "w\u0301"), ("Ian", "Lan"), ("Aña", "Ana"), ("Жан", "Jean"), ("علی\u200cرضا", "علي"), ("山田", "山本"),
    ("dj0", "dj8"),
])  # fmt: skip
def test_clearly_different_names_are_both_accepted(library: Library, name: str, other: str) -> None:
    for account_name in (name, other):
        library.accounts.add(account_name)


@pytest.mark.parametrize(("name", "other"), [("Bob1", "Bobl"), ("dj0", "djO"), ("Marnie", "Mamie"), ("Оля", "Oля")])
def test_digits_and_scripts_that_look_like_letters_are_refused(library: Library, name: str, other: str) -> None:
    library.accounts.add(name)
    with pytest.raises(UsageError, match="looks like the account"):
        library.accounts.add(other)
