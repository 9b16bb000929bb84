"""Players of several people: how they log in, what each may ask, and whose stars, ratings and lists they see."""

import hashlib
import io
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from libraries import audio_id
from live_server import serving
from playlist_library import make_playlist_library
from servers import HERE, client_of
from starlette.testclient import TestClient

from map4.accounts.routes import log_in
from map4.accounts.sealing import KEY_FILE_VARIABLE
from map4.core.base.actor import SCOPES_OF
from map4.extras.subsonic.routes.methods import METHODS, SubsonicMethod
from map4.library import Library

pytestmark = pytest.mark.usefixtures("quick_hashes")

A, B = audio_id(1), audio_id(2)
PASSWORD = "the account's own"
SALT = "c19b2d"
EXTENSIONS = {"formPost", "apiKeyAuthentication", "indexBasedQueue", "songLyrics", "sonicSimilarity",
              "transcodeOffset"}  # fmt: skip


@dataclass(frozen=True)
class House:
    """A library of three people, each with a device and a token for players; Cid has none of these."""

    library: Path
    devices: Mapping[str, str]
    keys: Mapping[str, str]
    reading: str


@pytest.fixture(scope="module")
def house_once(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    path = make_playlist_library(folder / "library.map4", tracks=12)
    with pytest.MonkeyPatch.context() as patched, Library.open(path) as library:
        patched.setenv(KEY_FILE_VARIABLE, str(folder / "secret.key"))
        for name, role in (("Ann", "admin"), ("Bob", "user"), ("Vic", "viewer"), ("Cid", "user")):
            library.accounts.add(name, role, password=PASSWORD if name in "Ann Bob" else None)
        add, people = library.credentials.add, ("Ann", "Bob", "Vic")
        return House(
            library=path,
            devices={name: add("phone", kind="device", account=name).secret for name in people},
            keys={name: add("player", scopes=["subsonic"], account=name).secret for name in people},
            reading=add("script", scopes=["read"], account="Bob").secret,
        )


@pytest.fixture
def key_file(house_once: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "secret.key"))
    monkeypatch.setattr(log_in, "FAILED_AFTER_S", 0.0)
    return Path(shutil.copy2(house_once.library.with_name("secret.key"), tmp_path))


@pytest.fixture
def house(house_once: House, tmp_path: Path, key_file: Path) -> House:
    """The same, for one test alone."""
    return replace(house_once, library=Path(shutil.copy(house_once.library, tmp_path)))


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house.library) as found:
        yield found


def call(client: TestClient, method: str, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
    """What a method answers as JSON."""
    found = client.get(f"/rest/{method}", params={"f": "json", **parameters}, headers=headers)
    assert found.status_code == 200, found.text
    return found.json()["subsonic-response"]


def code(client: TestClient, method: str = "ping", **parameters: Any) -> int | None:
    """The code of the error; None where it is answered."""
    found: int | None = call(client, method, **parameters).get("error", {}).get("code")
    return found


def hashed(secret: str) -> dict[str, str]:
    return {"t": hashlib.md5((secret + SALT).encode()).hexdigest(), "s": SALT}


# ---- logging in ----------------------------------------------------------------------------------


def test_device_passwords_and_tokens_are_accepted_in_every_form(client: TestClient, house: House) -> None:
    secret = house.devices["Bob"]
    plain = secret.replace("-", "")
    assert plain != secret
    for given in (secret, plain):
        as_hex = f"enc:{given.encode().hex()}"
        for shown in ({"p": given}, {"p": as_hex}, hashed(given), {**hashed(given), "t": hashed(given)["t"].upper()}):
            assert call(client, "tokenInfo", u="bob", **shown)["tokenInfo"] == {"username": "Bob"}
    form = {"u": "BOB", "f": "json", **hashed(secret)}
    assert client.post("/rest/ping.view", data=form).json()["subsonic-response"]["status"] == "ok"
    assert call(client, "tokenInfo", apiKey=house.keys["Ann"])["tokenInfo"] == {"username": "Ann"}
    bearer = {"authorization": f"Bearer {house.keys['Ann']}"}
    assert call(client, "tokenInfo", headers=bearer)["tokenInfo"] == {"username": "Ann"}
    assert call(client, "tokenInfo", headers=bearer, u="ann", p="whatever")["tokenInfo"] == {"username": "Ann"}
    assert code(client, headers=bearer, u="Bob", p="whatever") == 43
    assert code(client, headers=bearer, apiKey=house.keys["Ann"]) == 43
    assert code(client, headers={"authorization": "Bearer map4_" + "x" * 43}) == 44
    assert code(client, headers={"authorization": f"Bearer {house.reading}"}) == 50
    answer = client.post("/api/v1/auth/login", json={"username": "Bob", "password": PASSWORD}).json()
    access = {"authorization": f"Bearer {answer['access_token']}"}
    assert call(client, "tokenInfo", headers=access)["tokenInfo"] == {"username": "Bob"}
    assert code(client, apiKey=answer["access_token"]) == code(client, apiKey=answer["refresh_token"]) == 44


WRONG: list[tuple[dict[str, str], int]] = [
    ({}, 10),
    ({"u": "Bob"}, 10),
    ({"p": "DEVICE"}, 10),
    ({"u": "Bob", "t": "0"}, 10),
    ({"u": "Bob", "s": "0"}, 10),
    ({"u": "Bob", "p": "", "t": "", "s": ""}, 10),
    ({"u": "Bob", "p": "DEVICE", "t": "0", "s": "0"}, 43),
    ({"u": "Bob", "apiKey": "KEY"}, 43),
    ({"apiKey": "KEY", "p": "DEVICE"}, 43),
    ({"apiKey": "KEY", "t": "0", "s": "0"}, 43),
    ({"u": "Bob", "p": "DEVICE."}, 40),
    ({"u": "Ann", "p": "DEVICE"}, 40),
    ({"u": "nobody", "p": "DEVICE"}, 40),
    ({"u": "Cid", "p": "DEVICE"}, 40),
    ({"u": "x" * 30_000, "p": "DEVICE"}, 40),
    ({"u": "Bob", "p": "enc:zz"}, 40),
    ({"u": "Bob", "p": "enc:ff"}, 40),
    ({"u": "Bob", "p": "\U0001f600"}, 40),
    ({"u": "Bob", "t": "0", "s": "0"}, 40),
    ({"u": "Bob", "t": "\u00e9", "s": "\u00e9"}, 40),
    ({"u": "Bob", "p": PASSWORD}, 40),
    ({"u": "Cid", **hashed(PASSWORD)}, 40),
    ({"u": "Bob", "p": "KEY"}, 40),
    ({"apiKey": "KEY."}, 44),
    ({"apiKey": "DEVICE"}, 44),
    ({"apiKey": "x" * 30_000}, 44),
    ({"apiKey": "READING"}, 50),
]


def test_failed_logins_have_one_message_and_code_of_the_protocol(client: TestClient, house: House) -> None:
    messages = {
        call(client, "ping", u=name, **hashed("wrong"))["error"]["message"] for name in ("nobody", "Cid", "Bob")
    }
    assert len(messages) == 1
    assert "'map4 accounts issue NAME --device --user USER'" in messages.pop()
    [element] = ElementTree.fromstring(client.get("/rest/ping").content)
    assert (element.get("code"), element.get("helpUrl")) == ("10", f"{HERE}/you")
    assert client.get(element.get("helpUrl", "")).status_code == 200
    real = {"DEVICE": house.devices["Bob"], "KEY": house.keys["Bob"], "READING": house.reading}

    def answered(shown: Mapping[str, str]) -> str:
        given = {name: re.sub("DEVICE|KEY|READING", lambda found: real[found[0]], text) for name, text in shown.items()}
        return client.post("/rest/ping", data={"f": "json", **given}).text

    answers = [answered(shown) for shown, _ in WRONG]
    codes = [json.loads(text)["subsonic-response"]["error"]["code"] for text in answers]
    assert [(shown, code) for (shown, _), code in zip(WRONG, codes, strict=True)] == WRONG
    assert not any(secret in text for secret in real.values() for text in answers)


def test_removed_device_or_token_is_refused_at_once(client: TestClient, house: House) -> None:
    shown = {"u": "Bob", **hashed(house.devices["Bob"])}
    assert (code(client, **shown), code(client, apiKey=house.keys["Bob"])) == (None, None)
    with Library.open(house.library) as library:
        for credential in library.credentials.all("Bob"):
            library.credentials.remove(credential.id)
    assert (code(client, **shown), code(client, apiKey=house.keys["Bob"])) == (40, 44)


def test_credentials_of_players_work_below_rest_only(client: TestClient, house: House) -> None:
    def status(secret: str) -> int:
        return client.get("/api/v1/tracks", headers={"authorization": f"Bearer {secret}"}).status_code

    assert (status(house.devices["Ann"]), status(house.keys["Ann"])) == (401, 403)
    shown = {"u": "Ann", "p": house.devices["Ann"]}
    assert client.get("/api/v1/lists", params=shown).status_code == 401
    for secret in (house.devices["Ann"], house.keys["Ann"]):
        log_in = client.post("/api/v1/auth/login", json={"username": "Ann", "password": secret})
        assert log_in.status_code == 401


def test_user_header_counts_only_from_a_trusted_proxy(house: House) -> None:
    header = {"remote-user": "bob"}
    settings = {"proxies": ("10.0.0.2",), "user_header": "Remote-User", "plain_http": True, "base_path": "/map4"}
    with client_of(house.library, client=("10.0.0.2", 4000), **settings) as client:
        for shown in ({}, {"u": "BOB", "p": "asked for by the player"}, {"u": "Bob", **hashed("")}):
            assert call(client, "tokenInfo", headers=header, **shown)["tokenInfo"] == {"username": "Bob"}
        assert code(client, headers=header, u="Ann", p=house.devices["Ann"]) == 43
        assert code(client, headers={"remote-user": "nobody"}) == 50
        outside = {"x-forwarded-proto": "https", "x-forwarded-host": "music.example"}
        assert call(client, "ping", headers=outside)["error"]["helpUrl"] == "https://music.example/map4/you"
        assert call(client, "tokenInfo", headers=header, apiKey=house.keys["Ann"])["tokenInfo"] == {"username": "Ann"}
        assert code(client, headers=header, apiKey="wrong") == 44
        assert call(client, "tokenInfo", u="Ann", p=house.devices["Ann"])["tokenInfo"] == {"username": "Ann"}
    with client_of(house.library, client=("10.0.0.3", 4000), **settings) as client:
        assert code(client, headers=header) == 10
        assert code(client, headers=header, u="Bob", p="any") == 40


def test_only_wrong_passwords_are_throttled(client: TestClient, house: House) -> None:
    wrong = {"u": "Bob", "p": "an old one", "f": "json"}
    codes = [client.get("/rest/ping", params=wrong).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    answer = client.get("/rest/ping", params={**wrong, "u": " BOB "})
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert answer.json()["subsonic-response"]["error"]["code"] == 0
    assert code(client, u="Bob", p=house.devices["Bob"]) is None
    log_in = client.post("/api/v1/auth/login", json={"username": "Bob", "password": PASSWORD})
    assert log_in.status_code == 200
    with Library.open(house.library) as library:
        bob = library.accounts.get("Bob")
        noted = [(entry.action, entry.subject) for entry in library.accounts.audit().entries if entry.account is None]
    assert noted == [("login-throttled", str(bob.number)), *[("login-failed", str(bob.number))] * 10]
    # So are those of a whole house, whatever their names.
    codes = [client.get("/rest/ping", params={**wrong, "u": f"old {attempt}"}).status_code for attempt in range(31)]
    assert codes == [200] * 30 + [429]
    assert client.post("/api/v1/auth/login", json={"username": "Bob", "password": PASSWORD}).status_code == 200


def test_last_use_of_a_device_is_stored(client: TestClient, house: House) -> None:
    assert code(client, u="Bob", p=house.devices["Bob"]) is None
    access = client.post("/api/v1/auth/login", json={"username": "Bob", "password": PASSWORD}).json()["access_token"]
    credentials = client.get("/api/v1/tokens", headers={"authorization": f"Bearer {access}"}).json()["tokens"]
    used = {
        credential["name"]: credential["last_used_at"] is not None
        for credential in credentials
        if credential["kind"] in ("token", "device")
    }
    assert used == {"phone": True, "player": False, "script": False}


def test_devices_without_the_key_file_fail_clearly(client: TestClient, house: House, key_file: Path) -> None:
    key_file.rename(key_file.with_suffix(".away"))
    with Library.open(house.library) as library:
        library.set([A], rating=1)  # so that what is known is asked for again
    bob = {"u": "Bob", "p": house.devices["Bob"]}
    refused = call(client, "ping", **bob)["error"]
    assert refused["code"] == 42
    assert "can't decrypt app passwords" in refused["message"]
    assert str(key_file) not in refused["message"]
    assert code(client, u="Bob", **hashed(house.devices["Bob"])) == 41
    assert code(client, u="nobody", p="x") == 40
    assert code(client, apiKey=house.keys["Bob"]) is None
    key_file.with_suffix(".away").rename(key_file)
    with Library.open(house.library) as library:
        library.set([A], rating=2)
    assert code(client, **bob) is None
    with Library.open(house.library) as library:
        library.credentials.add("new", kind="device", account="Bob")


def test_secrets_do_not_leak(house: House, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.addFilter(lambda record: not record.name.startswith("http"))  # of the client, which says what it asks
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    broken = METHODS["getGenres"].handler

    def fails(ask: Any) -> Any:
        broken(ask)
        raise RuntimeError("a bug in map4")

    monkeypatch.setitem(METHODS, "getGenres", SubsonicMethod("read", fails))
    try:
        with client_of(house.library) as client:
            secret, key = house.devices["Bob"], house.keys["Bob"]
            shows = ({"u": "Bob", "p": secret}, {"u": "Bob", **hashed(secret)}, {"apiKey": key})
            seen = [
                client.get(f"/rest/{method}", params=shown).text
                for method in ("ping", "getGenres", "getSong", "nonsense", "getUser")
                for shown in (*shows, *({**shown, "u": "nobody"} for shown in shows))
            ]
            seen.append(client.get("/metrics", headers={"authorization": f"Bearer {key}"}).text)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    printed = capfd.readouterr()
    assert "in map4" in log.getvalue()  # the mistake was logged
    everything = "\n".join([*seen, log.getvalue(), printed.out, printed.err])
    for bad_secret in (secret, secret.replace("-", ""), hashed(secret)["t"], key):
        assert bad_secret not in everything


# ---- what each may ---------------------------------------------------------------------------------


def test_player_of_an_admin_is_no_admin(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = {"u": "Ann", "p": house.devices["Ann"]}
    for needs in SCOPES_OF["admin"]:
        monkeypatch.setitem(METHODS, "ping", SubsonicMethod(needs, METHODS["getLicense"].handler))
        for shown in (ann, {"apiKey": house.keys["Ann"]}):
            assert code(client, **shown) == (50 if needs in ("admin", "files") else None)


def test_account_has_the_rights_of_its_role(client: TestClient, house: House) -> None:
    def roles(who: str, username: str) -> Any:
        return call(client, "getUser", apiKey=house.keys[who], username=username)

    roles_of = {who: roles(who, who.upper())["user"] for who in house.keys}
    for who, user in roles_of.items():
        assert (user["username"], user["streamRole"], user["folder"]) == (who, True, [])
    assert [user["adminRole"] for user in roles_of.values()] == [True, False, False]
    assert [user["playlistRole"] for user in roles_of.values()] == [True, True, False]
    assert roles("Ann", "bob")["user"]["username"] == "Bob"
    assert roles("Ann", "nobody")["error"]["code"] == 70
    assert [roles("Bob", name)["error"]["code"] for name in ("Ann", "nobody")] == [50, 50]
    assert code(client, "getUser", apiKey=house.keys["Bob"]) == 10


def test_stars_and_ratings_belong_to_the_account(client: TestClient, house: House) -> None:
    ann, bob = ({"u": who, "p": house.devices[who]} for who in ("Ann", "Bob"))
    assert code(client, "star", id=A, **ann) is None
    assert code(client, "star", id=B, apiKey=house.keys["Bob"]) is None
    assert code(client, "setRating", id=A, rating=5, **ann) is None
    assert code(client, "setRating", id=A, rating=2, **bob) is None

    def seen(shown: Mapping[str, str]) -> Any:
        starred = [song["id"] for song in call(client, "getStarred2", **shown)["starred2"]["song"]]
        song = call(client, "getSong", id=A, **shown)["song"]
        albums = call(client, "getAlbumList2", type="highest", **shown)["albumList2"]["album"]
        found = call(client, "search3", query="rating:5", **shown)["searchResult3"]["song"]
        return starred, song.get("userRating"), "starred" in song, len(albums), [song["id"] for song in found]

    assert seen(ann) == ([A], 5, True, 1, [A])
    assert seen(bob) == ([B], 2, False, 1, [])
    assert seen({"apiKey": house.keys["Vic"]}) == ([], None, False, 0, [])
    assert code(client, "unstar", id=A, **bob) is None
    assert seen(ann)[0] == [A]


def test_lists_of_others_are_visible_and_changed_only_as_shared(client: TestClient, house: House) -> None:
    ann, bob, vic = ({"u": who, **hashed(house.devices[who])} for who in ("Ann", "Bob", "Vic"))
    made = call(client, "createPlaylist", name="Friday", songId=[A, B], **ann)["playlist"]["id"]

    def seen(shown: Mapping[str, str]) -> list[tuple[str, bool, bool]]:
        lists = call(client, "getPlaylists", **shown)["playlists"]["playlist"]
        return [
            (playlist["owner"], playlist["public"], playlist["readonly"])
            for playlist in lists
            if playlist["id"] == made
        ]

    def changed(shown: Mapping[str, str]) -> list[int | None]:
        return [
            code(client, "updatePlaylist", playlistId=made, songIdToAdd=A, **shown),
            code(client, "updatePlaylist", playlistId=made, songIndexToRemove=0, **shown),
            code(client, "updatePlaylist", playlistId=made, comment="x", **shown),
            code(client, "updatePlaylist", playlistId=made, name="Mine", **shown),
            code(client, "createPlaylist", playlistId=made, songId=A, **shown),
            code(client, "deletePlaylist", id=made, **shown),
        ]

    assert (seen(ann), seen(bob), seen(vic)) == ([("Ann", False, False)], [], [])
    assert (changed(bob), code(client, "getPlaylist", id=made, **bob)) == ([70] * 6, 70)
    for public, theirs in (("True", [("Ann", True, True)]), ("0", []), ("true", [("Ann", True, True)])):
        assert code(client, "updatePlaylist", playlistId=made, public=public, **ann) is None
        assert (seen(ann), seen(bob), seen(vic)) == ([("Ann", public != "0", False)], theirs, theirs)
    assert code(client, "updatePlaylist", playlistId=made, public="false", **bob) is None  # players send it unasked
    assert seen(bob) == theirs
    assert (changed(bob), changed(vic)) == ([50] * 6, [50] * 6)
    found = call(client, "getPlaylist", id=made, **bob)["playlist"]
    assert ([song["id"] for song in found["entry"]], found["readonly"]) == ([A, B], True)
    assert code(client, "getPlaylists", username="ann", **bob) == 50
    assert code(client, "getPlaylists", username="bob", **bob) is None
    with Library.open(house.library) as library:
        library.lists.share(made, "edit")
        library.lists.save("Everybody's", library.lists.in_order("Everybody's", []))
    assert (seen(bob), seen(vic)) == ([("Ann", True, False)], [("Ann", True, True)])
    assert changed(bob)[:3] == [None] * 3
    [common] = [
        (playlist["owner"], playlist["readonly"])
        for playlist in call(client, "getPlaylists", **vic)["playlists"]["playlist"]
        if playlist["name"] == "Everybody's"
    ]
    assert common == ("Vic", True)


def test_new_list_takes_no_values_of_a_list_of_the_same_name(client: TestClient, house: House) -> None:
    ann, bob = ({"apiKey": house.keys[who]} for who in ("Ann", "Bob"))
    made = call(client, "createPlaylist", name="Friday", songId=[A, B], **ann)["playlist"]["id"]
    assert code(client, "updatePlaylist", playlistId=made, public="true", comment="Ann's words", **ann) is None
    for names in (["Friday"], ["friday"]):
        found = call(client, "createPlaylist", name=names, songId=B, **bob)["playlist"]
        assert found["id"] != made
        assert (found["owner"], found.get("comment"), found["public"]) == ("Bob", None, False)
        assert code(client, "deletePlaylist", id=found["id"], **bob) is None
    access = client.post("/api/v1/auth/login", json={"username": "Bob", "password": PASSWORD}).json()["access_token"]
    body = {"name": "Friday", "tracks": [B]}
    answer = client.post("/api/v1/lists", json=body, headers={"authorization": f"Bearer {access}"})
    assert (answer.status_code, answer.json()["owner"]["name"], answer.json().get("description")) == (201, "Bob", None)


@pytest.mark.contract
def test_two_other_client_libraries_can_log_in_every_way(house: House) -> None:
    libopensonic = pytest.importorskip("libopensonic")
    knuckles = pytest.importorskip("knuckles")
    secret, key = house.devices["Bob"], house.keys["Bob"]
    with serving(house.library) as port:
        here = "http://127.0.0.1"
        ways = [{"api_key": key}, *({"username": "Bob", "password": secret, "legacy_auth": place} for place in (0, 1))]
        for way in ways:
            connection = libopensonic.Connection(here, port=port, **way)
            try:
                assert connection.ping()
                assert connection.token_info().username == "Bob"
                assert {extension.name for extension in connection.get_open_subsonic_extensions()} == EXTENSIONS
                assert connection.get_user("Bob").playlist_role
            finally:
                connection.cleanup()
        for use_token in (True, False):
            subsonic = knuckles.Subsonic(f"{here}:{port}", "Bob", secret, "t", False, use_token)
            assert subsonic.system.ping().status == "ok"
            assert subsonic.searching.search("title 2").songs
            with pytest.raises(knuckles.exceptions.ErrorCode40):
                knuckles.Subsonic(f"{here}:{port}", "Bob", PASSWORD, "t", False, use_token).system.ping()
