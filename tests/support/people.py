"""A library that people share, and what each of them shows a server."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from map4.accounts.hashes import hash_of
from map4.accounts.records import NewCredential
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import Credential, digest_of
from map4.core.base.actor import RIGHTS, ROLES, SCOPES_OF, Role
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.stored_tables import PersonPlace, StoredTable
from map4.library import Library
from map4.server.auth.callers import csrf_of

Headers = Mapping[str, str]
"""Headers of a request."""


def person_places() -> dict[str, PersonPlace]:
    """All columns that name persons, in the library and in its jobs, by `table.column`."""
    places = {f"{table.name}.{place.column}": place for table in StoredTable.all() for place in table.people}
    return {**places, "jobs.asked_by": PersonPlace("asked_by", "row erased", "jobs")}


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def cookie(library: Library, secret: str, *, has_csrf: bool = True) -> dict[str, str]:
    """The cookie of a session, and what the page sends along with it."""
    name = f"map4_{library.credentials.library_id()[:8]}"
    return {"cookie": f"{name}={secret}"} | ({"x-csrf-token": csrf_of(secret)} if has_csrf else {})


def access_token(library: Library, login: Credential) -> str:
    return library.credentials.issuer().token_of(login)


def forged(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes, digest: str = "sha256") -> str:
    """A JSON Web Token as anybody can make one."""
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_base64(hmac.new(key, signed.encode(), digest).digest() if key else b'')}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class People:
    """Accounts "viewer", "user" and "admin" of a library, and "neighbour", who is another user.

    numbers: of the accounts
    right: what each shows, by who it is: in all ways
    wrong: what nobody is let in by
    """

    numbers: Mapping[str, int]
    right: Mapping[str, Headers]
    wrong: Mapping[str, Headers]


def account(path: Path, name: str, role: Role, password: str | None = None) -> int:
    """The number of a new account."""
    with closing(SqliteDatabase(str(path))) as database:
        hashed = None if password is None else hash_of(password)
        return SqlAccounts(database).add(name, role, hashed, datetime.now(UTC)).number


def expiring(path: Path, number: int, ends: datetime) -> str:
    """A token that ends then."""
    secret = f"map4_{ends.timestamp():_>43.0f}".replace(".", "_")
    with closing(SqliteDatabase(str(path))) as database:
        scopes = SCOPES_OF["admin"]
        made = NewCredential(
            account=number, kind="token", name="short", scopes=scopes, digest=digest_of(secret), expires_at=ends
        )
        SqlAccounts(database).issue(made, datetime.now(UTC))
    return secret


def add_people(path: Path, other: Path) -> People:
    """Give a library three accounts; `other` is a library of somebody else, which is made."""
    roles: dict[str, Role] = {**{role: role for role in ROLES}, "neighbour": "user"}
    numbers = {name: account(path, name, role) for name, role in roles.items()}
    stranger = account(other, "admin", "admin")
    with closing(SqliteDatabase(str(other))) as database, database.transaction() as connection:
        # Libraries of tests are copies of one, and a copy has the same.
        connection.execute("UPDATE library_identity SET uid = lower(hex(randomblob(8)))")
    with Library.open(path) as library, Library.open(other) as foreign:
        right: dict[str, Headers] = {}
        for name, number in numbers.items():
            token = library.credentials.add("all", scopes=SCOPES_OF[roles[name]], account=number)
            right[f"{name}, token"] = bearer(token.secret)
            right[name] = bearer(access_token(library, library.credentials.begin_login(number).credential))
            session = library.credentials.begin_session(number)
            right[f"{name}, cookie"] = cookie(library, session.secret)
        right["admin, token to read"] = bearer(library.credentials.add("read", account=numbers["admin"]).secret)
        right["admin, cookie alone"] = cookie(
            library, library.credentials.begin_session(numbers["admin"]).secret, has_csrf=False
        )
        wrong = _wrong(library, numbers["admin"], foreign, stranger)
        right["admin, access token made by hand"] = wrong.pop("as it should be")
        right["admin, access token of a server whose clock is ahead"] = wrong.pop("made in a moment")
        past = datetime.now(UTC) - timedelta(seconds=5)
        wrong["expired token"] = bearer(expiring(path, numbers["admin"], past))
    return People(numbers, right, wrong)


def _wrong(library: Library, admin: int, foreign: Library, stranger: int) -> dict[str, Headers]:
    known = library.credentials
    revoked, ended, login = known.add("gone", account=admin), known.begin_login(admin), known.begin_login(admin)
    stale = access_token(library, ended.credential)
    for person in (revoked, ended):
        known.remove(person.credential.id)
    abroad = foreign.credentials.add("all", scopes=SCOPES_OF["admin"], account=stranger)
    [key, *_] = known.signing_keys()
    now = int(time.time())
    claims = {"iss": "map4", "aud": known.library_id(), "sub": str(admin), "sid": login.credential.id, "jti": "1"}
    claims |= {"iat": now, "exp": now + 900}
    head = {"alg": "HS256", "typ": "JWT", "kid": key.id}
    public = b"-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL\n-----END PUBLIC KEY-----\n"
    own = hashlib.sha256(b"mine").digest()
    tokens = {
        "revoked token": revoked.secret,
        "token of another library": abroad.secret,
        "access token of another library": access_token(foreign, foreign.credentials.begin_login(stranger).credential),
        "access token of a log-in that has ended": stale,
        "refresh token": login.secret,
        "secret of a session": known.begin_session(admin).secret,
        "nothing": "",
        "as it should be": forged(head, claims, key.secret),
        "made in a moment": forged(
            head, {**claims, "sid": known.begin_login(admin).credential.id, "iat": now + 30}, key.secret
        ),
        "alg none": forged({**head, "alg": "none"}, claims, b""),
        "alg none, in capitals": forged({**head, "alg": "NONE"}, claims, b""),
        "alg of another length": forged({**head, "alg": "HS512"}, claims, key.secret, "sha512"),
        "a public key as secret": forged(head, claims, public),
        "alg of a public key": forged({**head, "alg": "RS256"}, claims, key.secret),
        "a key of its own": forged({**head, "jwk": {"kty": "oct", "k": _base64(own)}}, claims, own),
        "another key's name": forged({**head, "kid": "k-0"}, claims, key.secret),
        "no key's name": forged({"alg": "HS256"}, claims, key.secret),
        "past its end": forged(head, {**claims, "exp": now - 1}, key.secret),
        "for another library": forged(head, {**claims, "aud": foreign.credentials.library_id()}, key.secret),
        "of another issuer": forged(head, {**claims, "iss": "map5"}, key.secret),
        "in another's name": forged(head, {**claims, "sub": str(admin + 1)}, key.secret),
        "of no log-in": forged(head, {**claims, "sid": revoked.credential.id}, key.secret),
        "without an end": forged(head, {k: v for k, v in claims.items() if k != "exp"}, key.secret),
    }
    headers: dict[str, Headers] = {}
    if any(right.for_devices for right in RIGHTS):  # of an extra that serves players
        device = known.add("phone", kind="device", account=admin).secret
        tokens["app password"] = device
        basic = base64.b64encode(f"admin:{device}".encode()).decode()
        headers["app password by Basic"] = {"authorization": f"Basic {basic}"}
    return (
        {name: bearer(secret) for name, secret in tokens.items()}
        | headers
        | {
            "a cookie of another library": cookie(foreign, foreign.credentials.begin_session(stranger).secret),
            "a token as a cookie": cookie(library, known.add("c", account=admin).secret),
            "the header of no proxy": {"remote-user": "admin", "x-forwarded-user": "admin", "x-remote-user": "admin"},
        }
    )
