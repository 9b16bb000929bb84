"""`map4 accounts`, and `--user`: who shares the library, and commands that act as one of them."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen

import pytest
from conftest import Run
from schemas import validated

from map4 import Library
from map4.accounts import hashes as passwords
from map4.core.base.actor import SCOPES, SCOPES_OF

pytestmark = pytest.mark.usefixtures("quick_hashes")

SECRET = "correct horse battery"
Done = CompletedProcess[str]


@pytest.fixture
def accounts(inside: Run, tmp_path: Path) -> Callable[..., Done]:
    """`map4 accounts …` of a library in which Ann is the admin, and Bob a viewer."""
    with Library.open(tmp_path / "library.map4") as library:
        library.accounts.add("Ann", password=SECRET)
        library.accounts.add("Bob", "viewer")
    return lambda *arguments, **settings: inside("accounts", *arguments, **settings)


@pytest.mark.contract
def test_one_of_concurrent_commands_creates_the_first_admin(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "map4", "--library", str(tmp_path / "library.map4"), "accounts", "add"]
    options = ["--no-password", "--take-local"]
    started = [Popen([*command, name, *options], stdout=PIPE, stderr=PIPE, text=True) for name in ("Ann", "Bob", "Cid")]
    errors = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 2, 2], errors
    assert sum("only the first account can take over the local data" in error for error in errors) == 2
    with Library.open(tmp_path / "library.map4") as library:
        assert [account.role for account in library.accounts.all()] == ["admin"]


def test_accounts_are_listed_as_table_and_json_by_a_named_user(accounts: Callable[..., Done], inside: Run) -> None:
    shown = accounts().stdout.splitlines()
    assert [line.split()[:2] for line in shown] == [["name", "role"], ["Ann", "admin"], ["Bob", "viewer"]]
    document = validated(accounts("--json").stdout)
    assert [(account["name"], account["has_password"]) for account in document["accounts"]] == [
        ("Ann", True),
        ("Bob", False),
    ]
    added = validated(accounts("add", "Cleo", "--password-stdin", "--json", input=f"{SECRET}\n").stdout)
    assert (added["schema"], added["role"], added["scopes"], added["has_password"]) == (
        "map4/account/1", "user", [scope for scope in SCOPES if scope in SCOPES_OF["user"]], True
    )  # fmt: skip
    lines = [line.split()[3:] for line in accounts("audit", "-n", "2").stdout.splitlines()]
    assert lines == [["local", "account-added", *end.split()] for end in ("Cleo role user", "Bob role viewer")]
    assert "the audit log has no entries by or on 99 yet" in accounts("audit", "99").stderr
    page = validated(accounts("audit", "bob", "--json").stdout)
    assert [entry["action"] for entry in page["entries"]] == ["account-added"]
    assert "no account ''" in inside("--user", "", "accounts").stderr
    assert inside("accounts", env={"MAP4_USER": ""}).returncode == 0


def test_empty_list_of_accounts_names_the_command_to_add_one(inside: Run, scanned: Path) -> None:
    done = inside("accounts")
    assert (done.returncode, done.stdout) == (4, "")
    assert "make the first with 'map4 accounts add NAME'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("add", "Eve"), "", "needs a terminal"),
        (("add", "Eve", "--password-stdin"), "", "stdin has no password"),
        (("add", "Eve", "--hash", "x", "--no-password"), "", "choose one of"),
        (("add", "ann"), "", "the account 'ann' already exists"),  # before anybody types a password
        (("add", "Eve", "--no-password", "--take-local"), "", "only the first account"),
        (("remove", "Bob"), "", "--yes"),
        (("set", "Bob", "--role", "boss"), "", "viewer, user, admin"),
        (("set", "Bob"), "", "nothing to change"),
        (("set", "Ann", "--role", "user", "--name", "Anna"), "", "the only admin"),
        (("set", "Bob", "--name", "Bo", "--password-stdin"), "short", "at least 8"),
    ],
)
def test_wrong_usage_is_refused(
    accounts: Callable[..., Done], arguments: tuple[str, ...], typed: str, message: str
) -> None:
    before = accounts("--json").stdout
    done = accounts(*arguments, input=typed)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert message in done.stderr
    assert accounts("--json").stdout == before


def test_changed_password_is_never_printed_or_stored(accounts: Callable[..., Done], tmp_path: Path) -> None:
    assert accounts("set", "bob", "--password-stdin", input="Another secret\r\nmore").returncode == 0
    with Library.open(tmp_path / "library.map4") as library:
        hashed = library.accounts.password_hash(library.accounts.get("Bob").number)
        assert hashed is not None
        assert passwords.check_password(hashed, "Another secret").is_right
    output = "".join(accounts(*words).stdout for words in (("--json",), ("audit", "--json"), ("export", "bob")))
    for secret in ("Another secret", "$argon2"):
        assert secret not in output
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"Another secret" not in file.read_bytes()


def test_account_changes_role_and_name_and_is_removed(
    accounts: Callable[..., Done], inside: Run, tmp_path: Path
) -> None:
    assert "Bob is an admin" in accounts("set", "bob", "--role", "admin").stderr
    assert "Bob is Robert now" in accounts("set", "Bob", "--name", "Robert").stderr
    assert accounts("remove", "Bob", "--yes").returncode == 4
    target = tmp_path / "robert.json"
    assert accounts("export", "robert", "-o", target).returncode == 0
    assert validated(target.read_text())["account"]["name"] == "Robert"
    target.write_text("mine")
    assert accounts("export", "robert", "-o", target).returncode == 1
    erased = validated(accounts("remove", "robert", "--yes", "--json").stdout)
    assert (erased["name"], erased["schema"]) == ("Robert", "map4/account-removed/1")
    number = str(erased["id"])
    assert number in accounts("audit", number).stdout
    assert "Robert" not in accounts("audit", "--json").stdout


def test_a_command_acts_as_an_account(inside: Run, scanned: Path) -> None:
    for name in ("Ann", "Cleo"):
        assert inside("accounts", "add", name, "--no-password").returncode == 0
    song = scanned / "one.wav"
    assert inside("--user", "cleo", "set", song, "rating=5").returncode == 0
    made = inside("playlist", "--seed", song, "-n", "2", "--relax", "--save", "Mine", env={"MAP4_USER": "Cleo"})
    assert made.returncode == 0

    def found(*who: str) -> tuple[str, str]:
        return inside("search", "rating:5", "--paths", *who).stdout, inside("playlist", "list", "--json", *who).stdout

    assert found("--user", "Cleo")[0] == f"{song}\n"
    assert [playlist["name"] for playlist in json.loads(found("--user", "Cleo")[1])["lists"]] == ["Mine"]
    assert found() == found("--user", "Ann") == ("", found()[1])
    assert json.loads(found()[1])["lists"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--user", "bob", "scan", "."), 1, "Bob may not do this; it needs the scope 'scan' (role admin)"),
        (("--user", "ann", "accounts", "set", "Ann", "--password-stdin"), 2, "needs the current password"),
        (("--user", "bobb", "search", "x"), 4, "there is no account 'bobb'; did you mean Bob?"),
        (("--user", "bob", "serve"), 2, "map4 serve authenticates each request; remove --user"),
    ],
)
def test_missing_rights_are_refused_in_one_line(
    accounts: Callable[..., Done], inside: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = inside(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done
    assert message in done.stderr


def test_missing_packages_for_passwords_are_named_in_one_line(inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "map4.accounts.hashes")
    monkeypatch.setitem(sys.modules, "argon2", None)
    done = inside("accounts", "add", "Ann", "--password-stdin", input=SECRET)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("map4: passwords need more packages (import of argon2 halted; None in sys.modules): ")
    assert "passwords need" in inside("accounts", "add", "Ann", "--password-stdin", input="short").stderr
    assert inside("accounts").returncode == 4
    assert inside("accounts", "add", "Ann", "--no-password").returncode == 0


@pytest.mark.contract
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a terminal")
def test_password_prompt_repeats_and_does_not_echo(tmp_path: Path) -> None:
    import pty

    library = tmp_path / "library.map4"
    command = [sys.executable, "-m", "map4", "--library", str(library), "accounts", "add", "Ann"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    shown = _typed(terminal, [SECRET, "something else", SECRET, SECRET])
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    assert shown.count("Password for Ann:") == 2
    assert "the passwords differ" in shown
    assert SECRET not in shown
    assert "something else" not in shown
    with Library.open(library) as found:
        assert found.accounts.get("ann").has_password


def _typed(terminal: int, lines: list[str]) -> str:
    """What a terminal shows, while a line is typed at each question; a question ends with ': '."""
    shown, left = b"", list(lines)
    asked = 0
    while True:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # as Linux says that the other side has gone
            return shown.decode()
        if not piece:
            return shown.decode()
        shown += piece
        if shown.count(b": ") > asked and left:
            asked = shown.count(b": ")
            os.write(terminal, f"{left.pop(0)}\n".encode())
