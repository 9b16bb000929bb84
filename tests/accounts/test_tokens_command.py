"""Tokens of `map4 accounts`: secrets for scripts on stdout, and what is said of them beside."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from conftest import Run
from schemas import validate, validated

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts
from map4.cli.main import cli
from map4.core.base.account import digest_of


@pytest.fixture
def ann(tmp_path: Path) -> Path:
    """A library of which Ann is a user, with a token, a device and a session."""
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        library._store.part(SqlAccounts).add("Ann", "user", None, datetime(2026, 1, 1, tzinfo=UTC))
        library.credentials.begin_session("Ann", "Firefox on Linux")
        library.credentials.add("cron", account="Ann", scopes=["own", "read"], days=30)
        library.credentials.add("my phone", account="Ann", kind="device")
    return path


def _ids(path: Path) -> dict[str, str]:
    with Library.open(path) as library:
        return {credential.kind: credential.id for credential in library.credentials.all()}


def test_credentials_are_listed_and_devices_without_key_named(
    ann: Path, inside: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = inside("accounts", "tokens")
    head, *lines = [re.split(" {2,}", line.strip()) for line in listed.stdout.splitlines()]
    assert head == ["id", "kind", "of", "name", "may", "last used", "ends"]
    words = {line[1]: line for line in lines}
    assert words["token"][2:6] == ["Ann", "cron", "read own", "–"]
    assert words["token"][6].startswith("20")
    assert words["device"][2:] == ["Ann", "my phone", "subsonic", "–", "–"]
    assert words["session"][3:5] == ["Firefox on Linux", "as user"]
    assert listed.stderr == ""
    records = validated(inside("accounts", "tokens", "--json").stdout, "tokens")["tokens"]
    assert {record["id"] for record in records} == set(_ids(ann).values())
    lines = inside("accounts", "tokens", "--jsonl").stdout.splitlines()
    assert [validate(json.loads(line)) for line in lines] == records
    monkeypatch.setenv("MAP4_KEY_FILE", str(tmp_path / "another"))
    listed = inside("accounts", "tokens")
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 4)
    assert "1 device can't be used: the key" in listed.stderr


def test_credentials_of_any_kind_can_be_removed(ann: Path, inside: Run) -> None:
    for kind, token_id in _ids(ann).items():
        ended = inside("accounts", "revoke", token_id)
        assert (ended.returncode, ended.stdout) == (0, "")
        assert re.match(f"the {kind} '.*' of Ann.* has ended$", ended.stderr)
    assert inside("accounts", "tokens").returncode == 4
    again = inside("accounts", "revoke", token_id)
    assert (again.returncode, again.stderr.count(token_id)) == (4, 1)
    assert "map4_" not in inside("accounts", "revoke", "map4_a-secret").stderr


def test_rotated_secret_is_the_only_line_also_of_the_signing_key(ann: Path, inside: Run) -> None:
    token_id = _ids(ann)["token"]
    rotated = inside("accounts", "rotate", token_id)
    secret = rotated.stdout.removesuffix("\n")
    with Library.open(ann) as library:
        assert library.credentials.known(digest_of(secret)) is not None
    assert secret not in rotated.stderr
    message = re.escape(
        "this is the secret of the token 'cron' of Ann (read, own); it is not shown again. It expires 20"
    )
    assert re.match(f"{message}.*; map4 accounts revoke {token_id} revokes it$", rotated.stderr)
    record = validated(inside("accounts", "rotate", token_id, "--json").stdout, "issued-token")
    assert (record["id"], record["secret"] != secret) == (token_id, True)
    assert inside("-q", "accounts", "rotate", token_id).stderr == ""
    assert inside("accounts", "rotate", _ids(ann)["device"]).returncode == 2
    rotated = inside("accounts", "rotate")
    assert (rotated.returncode, rotated.stdout) == (0, "")
    with Library.open(ann) as library:
        [key] = library.credentials.signing_keys()
    assert f"key {key.id} now signs log-ins" in rotated.stderr
    validated(inside("accounts", "rotate", "--json").stdout, "rotated-key")


def test_secret_of_a_new_token_or_device_is_printed_once(ann: Path, inside: Run) -> None:
    made = inside("accounts", "issue", "nightly", "--user", "ann", "--scope", "read", "--scope", "own", "--days", "9")
    secret = made.stdout.removesuffix("\n")
    with Library.open(ann) as library:
        found = library.credentials.known(digest_of(secret))
    assert (found.name, found.account.name, found.scope_names) == ("nightly", "Ann", ("read", "own"))
    assert "the secret of the token 'nightly' of Ann (read, own); it is not shown again. It expires 20" in made.stderr
    assert secret not in made.stderr
    record = validated(inside("--user", "Ann", "accounts", "issue", "other", "--json").stdout, "issued-token")
    assert (record["scopes"], record["expires_at"]) == (["read"], None)
    refused = inside("accounts", "issue", "more", "--user", "ann", "--scope", "admin")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Ann lacks the rights for admin; the token can have read, own, correct, subsonic" in refused.stderr
    assert inside("accounts", "rotate", "--user", "ann").returncode == 1
    made = inside("--user", "ann", "accounts", "issue", "tablet", "--device")
    with Library.open(ann) as library:
        passwords = {device.name: password for device, password in library.credentials.devices("Ann")}
    assert made.stdout == f"{passwords['tablet']}\n"
    assert (
        "device 'tablet' of Ann; it is not shown again. The user name is Ann. It never expires; map4 --user ann acc"
        in made.stderr
    )
    assert inside("--user", "ann", "accounts", "issue", "x", "--device", "--scope", "read").returncode == 2


def test_completion_offers_ids_with_descriptions(ann: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_LIBRARY", str(ann))
    for name in ("revoke", "rotate"):
        found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(["accounts", name], "t-")
        assert {completion.value: completion.help for completion in found}[
            _ids(ann)["device"]
        ] == "device 'my phone' of Ann"
    ann.unlink()
    assert ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(["accounts", "revoke"], "t-") == []
