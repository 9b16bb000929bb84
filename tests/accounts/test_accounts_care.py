"""What becomes of accounts and credentials when a library is copied, restored, repaired, cleaned up and exported."""

import io
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_library import analysis_of, put

from map4 import Library
from map4.accounts.records import Issued
from map4.accounts.sealing import KEY_FILE_VARIABLE
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import digest_of
from map4.core.music.track.tags import Tags
from map4.core.schemas import kinds, schema_text
from map4.formats.plugins import Exporters
from map4.plugins import inline_lanes

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRETS = "$argon2id$canary-hash"


class House:
    """A library with three people, and what each was given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.open() as library:
            accounts = library._store.part(SqlAccounts)
            self.numbers = {
                name: accounts.add(name, "admin", f"{SECRETS}-{name}", NOW).number for name in ("Ada", "Uta", "Vic")
            }
            for number in range(3):
                put(library, number, analysis_of(number), tags=Tags(artist="A", title=f"T{number}"))
            for track in library.tracks.all():
                library.plays.add(track)
            self.tokens: dict[str, Issued] = {
                name: library.credentials.add(f"canary of {name}", account=name) for name in self.numbers
            }
            self.phone = library.credentials.add("canary phone", account="Ada", kind="device")
            self.session = library.credentials.begin_session("Ada")
            self.log_in = library.credentials.begin_login("Ada")
            self.key = library.credentials.signing_keys()[0]
            self.id = library.credentials.library_id()

    def open(self) -> Library:
        return Library.open(self.path, lanes=inline_lanes)

    def known(self, *, at: Path | None = None) -> set[str]:
        """The names of the tokens that are worth something, and the session."""
        with Library.open(at or self.path) as library:
            made = {**self.tokens, "session": self.session}
            known = {
                name for name, credential in made.items() if library.credentials.known(digest_of(credential.secret))
            }
            is_in = library.credentials.known_id(self.log_in.credential.id) is not None
            return known | {"log-in"} if is_in else known


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "library.map4")


def test_maintenance_keeps_accounts_and_credentials(house: House) -> None:
    with house.open() as library:
        library.care.prune()
        library.care.clear()
    assert house.known() == {"Ada", "Uta", "Vic", "session", "log-in"}


def test_backup_on_another_machine_has_tokens_but_no_sessions(house: House, tmp_path: Path) -> None:
    backup, other = tmp_path / "backup", tmp_path / "other.map4"
    with house.open() as library:
        library.care.backup(backup)
    Library.care.restore(backup, other)
    assert house.known(at=other) == {"Ada", "Uta", "Vic"}
    with Library.open(other) as library:
        assert library.credentials.devices("Ada") == [(house.phone.credential, house.phone.secret)]
        assert library.credentials.library_id() == house.id
        assert library.credentials.signing_keys()[0].secret != house.key.secret
        assert library.accounts.password_hash(house.numbers["Ada"]) == f"{SECRETS}-Ada"
    assert Library.care.verify(other).is_sound


def test_restored_backup_keeps_revoked_credentials_revoked(house: House, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with house.open() as library:
        library.care.backup(backup)
        library.credentials.remove(house.tokens["Uta"].credential.id)
        rotated = library.credentials.rotate(house.tokens["Vic"].credential.id)
        library.credentials.remove(house.phone.credential.id)
        since = library.credentials.add("since", account="Ada")
        library.accounts.put_password("Ada", "$new")
        library.accounts.change("Ada", role="viewer")
        library.accounts.remove("Uta")
        log = library.accounts.audit()
    Library.care.restore(backup, house.path)
    assert house.known() == {"Ada"}
    with house.open() as library:
        assert library.credentials.known(digest_of(rotated.secret)) is not None
        assert library.credentials.known(digest_of(since.secret)) is None
        assert library.credentials.devices("Ada") == []
        ada, uta, _ = library.accounts.all()
        assert (ada.role, library.accounts.password_hash(ada.number)) == ("viewer", "$new")
        assert uta.name == "Uta"  # people come back with what was theirs, to log in with their password
        assert library.accounts.audit() == log
    assert Library.care.verify(house.path).is_sound


def test_backup_of_another_library_brings_its_own_credentials(house: House, tmp_path: Path) -> None:
    other = House(tmp_path / "other.map4")
    shutil.copyfile(house.path, tmp_path / "copy")
    Library.care.restore(tmp_path / "copy", other.path)
    assert house.known(at=other.path) == {"Ada", "Uta", "Vic"}
    assert other.known() == set()


def test_repair_keeps_credentials_and_the_library_id(house: House) -> None:
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE facts")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM accounts WHERE name = 'Vic'")  # as where its page can't be read
    repaired = Library.care.repair(house.path)
    assert set(repaired.incomplete) == {"credentials"}
    assert house.known() == {"Ada", "Uta", "session", "log-in"}
    with house.open() as library:
        assert library.credentials.library_id() == house.id
        assert library.credentials.signing_keys()[0] == house.key
        assert library.accounts.audit().entries
    assert Library.care.verify(house.path).is_sound


def test_lost_page_of_credentials_loses_no_other_table(house: House) -> None:
    with house.open() as library, library.at_once():
        for number in range(90):
            library.credentials.add(f"more {number}", account="Ada")
    data, size, is_leaf = bytearray(house.path.read_bytes()), 4096, 10
    pages = (data.index(b"more %d" % number) // size * size for number in range(20, 90))
    page = next(page for page in pages if data[page] == is_leaf)
    data[page : page + size] = bytes(size)
    house.path.write_bytes(data)
    repaired = Library.care.repair(house.path)
    assert repaired.incomplete == ("credentials",)
    assert (repaired.salvaged["accounts"], repaired.salvaged["files"]) == (3, 3)
    assert 30 < repaired.salvaged["credentials"] < 96  # what stands before and behind the page


def test_repair_writes_unreadable_credentials_nowhere(house: House) -> None:
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("DROP TABLE facts")
        connection.execute("UPDATE credentials SET expires_at = 'never' WHERE name = 'canary of Uta'")
        connection.execute("UPDATE signing_keys SET until = 'never'")
        connection.execute("UPDATE accounts SET role = 'king' WHERE name = 'Vic'")
    assert len(Library.care.verify(house.path).problems) > 0
    repaired = Library.care.repair(house.path)
    assert set(repaired.incomplete) >= {"accounts", "credentials", "signing_keys"}
    assert repaired.unreadable_values_at is None
    assert house.known() == {"Ada", "session", "log-in"}


def _canaries(house: House) -> Iterator[bytes]:
    yield from (b"canary", house.id.encode(), house.key.secret, house.key.id.encode())
    for issued in (*house.tokens.values(), house.phone, house.session, house.log_in):
        digest = digest_of(issued.secret)
        yield from (issued.secret.encode(), issued.credential.id.encode(), digest, digest.hex().encode())
    yield from (str(number).encode() for number in house.numbers.values())


def _unpacked(data: bytes) -> bytes:
    """What is written with all that is compressed in it: the members of a workbook, the streams of a PDF."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            return b"".join(map(members.read, members.namelist()))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    return data + b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(KEY_FILE_VARIABLE, str(folder / "secret.key"))
        return House(folder / "library.map4")


@pytest.mark.parametrize(
    "name", sorted(name for name, file_format in Exporters.all().items() if not file_format.holds_live)
)
def test_exports_contain_no_secrets(read_only: House, name: str) -> None:
    out = io.BytesIO()
    with read_only.open() as library:
        library.export(out, to=name)
    data = _unpacked(out.getvalue())
    assert len(data) > 100
    assert [canary for canary in _canaries(read_only) if canary in data] == []


def test_only_records_of_new_credentials_have_secrets() -> None:
    secrets = re.compile("secret|password|digest|hash|sealed|csrf|(access|refresh)_token")
    members = {kind: set(re.findall(r'"(\w+)": {', schema_text(kind))) for kind in kinds()}
    found = {
        kind: {name for name in names if secrets.search(name)} - {"has_password"} for kind, names in members.items()
    }
    assert {kind: names for kind, names in found.items() if names} == {
        "issued-token": {"secret"}, "access": {"access_token", "refresh_token"}, "me": {"csrf"},
    }  # fmt: skip
