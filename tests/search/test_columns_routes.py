"""Tables of tracks over HTTP: columns by place, orders, and what a page has to know of them."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lanes import sampled
from schemas import validate
from servers import client_of
from starlette.testclient import TestClient
from track_numbers import numbers_of

from map4.core.music.analysis.inside import Overview
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.track.fields import FIELDS as TRACK_FIELDS
from map4.core.music.track.wording import TrackWords
from map4.library import Library
from map4.search.tables.table_rows import COLUMN_NAMES, strip_of, table

API = "/api/v1"
PARTS = {
    name: field.parts
    for name, field in QUERY_FIELDS.items()
    if field.kind in ("number", "level", "duration") and not field.extra
}
NUMBERS = (*PARTS, "key", "level", "added", "is", "places")
TEXT_FIELDS = tuple(field.query_name for field in TRACK_FIELDS.values() if field.on_page and field.kind == "text")
FIELDS = (*TEXT_FIELDS, *NUMBERS, "strip", "id", "state", "path", "codec")


def columns(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/columns", params=asked)
    assert answer.status_code == 200, answer.text
    return validate(answer.json())


def test_columns_agree_with_the_values_of_the_tracks(listener: TestClient, sound_library: Path) -> None:
    with Library.open(sound_library) as library:
        library.set(list(library.search("one")), bpm=77.5, genre="Dub; House", rating=3.5, energy=7)
        tracks = list(library.search("is:any"))
        addresses = [library.tracks.address_of(track) for track in tracks]
    values = columns(listener, q="is:any", fields=",".join(FIELDS))["columns"]
    assert values["id"] == addresses
    assert values["title"] == [TrackWords(track).title for track in tracks]
    assert values["genre"] == [track.genre() for track in tracks]
    strips = [track.analysis and track.analysis.overview for track in _with_overviews(sound_library, tracks)]
    assert values["strip"] == [strip and base64.b64encode(strip_of(strip)).decode() for strip in strips]
    assert sum(strip is not None for strip in strips) == 4
    for name in NUMBERS:
        known = [numbers_of(track).get(name) for track in tracks]
        parts = PARTS.get(name, 1)
        assert [value if value is None else round(value * parts) for value in values[name]] == [
            value if value is None else round(value * parts) for value in known
        ], name


def test_strips_and_fields_of_a_page_have_their_columns() -> None:
    rising = bytes(round(255 * point / 399) for point in range(400))
    strip = strip_of(Overview(low=rising, mid=bytes(400), high=bytes([255]) * 400, energy=bytes(200)))
    levels = [level for byte in strip for level in (byte >> 4, byte & 15)]
    assert levels[:160] == sorted(levels[:160])
    assert (levels[0], levels[159]) == (0, 15)
    assert levels[160:] == [0] * 160 + [15] * 160
    titles = {column["name"]: column["title"] for column in table()}
    shown = {field.query_name: field.on_page for field in TRACK_FIELDS.values() if field.on_page}
    assert len(shown) > 8
    assert shown.items() <= titles.items()
    ranks = sorted(column["rank"] for column in table() if not column.get("chosen"))
    assert ranks == list(range(1, len(ranks) + 1))


def _with_overviews(path: Path, tracks: list[Any]) -> list[Any]:
    with Library.open(path) as library:
        chosen, _ = library.tracks.ids_at(None, query="is:any")
        return list(library.tracks.by_id(chosen, beats=True))


def test_column_positions_follow_the_search_and_answers_are_compressed(client: TestClient, made: Path) -> None:
    for sort in ("", "bpm-", "title", "artist-,title", "title-", "key", "key,bpm-", "random"):
        for query in ("bpm:105..125", "sort:title limit:7"):
            _places_are_those_of_the_search(client, made, query, sort)
    asked = f"{API}/columns?fields=title,artist,id&to=30"
    plain = client.get(asked, headers={"Accept-Encoding": "identity"})
    small = client.get(asked, headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert small.json() == plain.json()
    assert int(small.headers["content-length"]) < len(plain.content) / 2
    assert {answer.headers["vary"] for answer in (plain, small)} == {"Accept-Encoding"}
    refused = client.get(asked, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    [row_id, *_] = plain.json()["columns"]["id"]
    for path in (f"{API}/tracks/{row_id}?x", f"{API}/ready", "/page/v/map4/page/icon-192.png"):  # short, or no text
        assert "content-encoding" not in client.get(path).headers


def _places_are_those_of_the_search(client: TestClient, made: Path, query: str, sort: str) -> None:
    with Library.open(made) as library:
        order = f"{query.partition('sort:')[0] if sort else query}{' limit:7' * ('limit' in query and bool(sort))}"
        wanted = [track.path for track in library.search(f"{order} sort:{sort}" if sort else order)]
    found, states = [], set()
    for start in range(0, len(wanted), 4):
        part = columns(client, q=query, sort=sort, fields="path", **{"from": start, "to": start + 4})
        found += part["columns"]["path"]
        states.add((part["state"], part["count"]))
    assert found == wanted
    assert {count for _, count in states} == {len(wanted)}
    assert len(states) == 1
    whole = columns(client, q=query, sort=sort, fields="path", to=1000)  # all are put in order for these
    rows = whole["rows"]
    assert whole["columns"]["path"] == wanted
    for row in rows[::5]:
        at = client.get(f"{API}/columns/place", params={"q": query, "sort": sort, "row": row}).json()
        assert validate(at)["place"] == rows.index(row)
    assert client.get(f"{API}/columns/place", params={"row": -1}).status_code == 400


@pytest.mark.parametrize("query", ["bpm:105..125", "sort:title limit:7"])
@pytest.mark.parametrize("sort", ["title", "artist-,title", "title-"])
def test_position_of_a_text_is_the_first_row_at_or_after_it(client: TestClient, query: str, sort: str) -> None:
    field = sort.partition(",")[0].strip("-")
    texts = columns(client, q=query, sort=sort, to=1000, fields=field)["columns"][field]
    for text in ("t", "tune 1", "zz", ""):
        at = client.get(f"{API}/columns/place", params={"q": query, "sort": sort, "text": text}).json()["place"]
        is_there = [
            shown_text is None or shown_text.lower().startswith(text) or (shown_text.lower() < text) == ("-" in sort)
            for shown_text in texts
        ]
        assert at == (is_there.index(True) if True in is_there else len(texts))


def test_state_changes_if_the_result_may_have_changed(client: TestClient) -> None:
    def states() -> list[str]:
        return [columns(client, q=query, to=3)["state"] for query in ("", "rating:4..")]

    before = states()
    [row_id] = columns(client, fields="id", to=1)["columns"]["id"]
    client.put(f"{API}/tracks/{row_id}", json={"rating": 5}).raise_for_status()
    after = states()
    assert after[0] == before[0]
    assert after[1] != before[1]
    client.put(f"{API}/tracks/{row_id}", json={"title": "Another"}).raise_for_status()
    assert columns(client, to=3)["state"] != before[0]


def test_requested_tracks_keep_their_order(client: TestClient) -> None:
    all_rows = columns(client, fields="id,bpm", to=30)
    rows, ids = all_rows["rows"], all_rows["columns"]["id"]

    def among(**body: Any) -> list[int]:
        answer = client.post(f"{API}/columns", json={"fields": ["bpm"], **body})
        found: list[int] = validate(answer.json())["rows"]
        return found

    named = [rows[9], rows[2], rows[9], 10**9, rows[5]]
    assert among(rows=named) == [rows[9], rows[2], rows[9], rows[5]]
    assert among(ids=[ids[3], "a2-" + 32 * "f", ids[1]]) == [rows[3], rows[1]]
    least = sorted(all_rows["columns"]["bpm"])[14]
    under = {row for row, bpm in zip(rows, all_rows["columns"]["bpm"], strict=True) if bpm <= least}
    assert among(rows=rows[::-1], q=f"bpm:..{least}") == [row for row in rows[::-1] if row in under]
    assert among(rows=rows[::-1], sort="bpm-") == columns(client, sort="bpm-", to=30)["rows"]


@pytest.mark.parametrize(
    ("asked", "message"),
    sampled([({"fields": "titel"}, "title"), ({"sort": "strip"}, "strip"), ({"fields": "title", "to": 9000}, "2,000"),
     ({"from": 5, "to": 2}, "places"), ({"q": "bpm:"}, "bpm")], every=2),
)  # fmt: skip
def test_invalid_parameters_are_refused_with_a_reason(client: TestClient, asked: dict[str, Any], message: str) -> None:
    answer = client.get(f"{API}/columns", params=asked)
    assert (answer.status_code, message in answer.json()["detail"]) == (400, True)


def test_about_lists_the_columns_with_known_values(listener: TestClient) -> None:
    about = validate(listener.get(f"{API}/about").json())
    assert {"title", "strip", "duration", "energy", "level", "rating"} <= set(about["has"])  # stars are to be given
    assert "year" not in about["has"]
    assert [column["name"] for column in about["table"] if column["name"] not in about["has"]] == []
    named = {column["name"]: column.get("chosen", False) for column in about["table"]}
    assert named.keys() >= {"path", "codec", "bitrate", "danceability", "peak", "modified"}
    assert not named["title"]
    assert {column["kind"] for column in table() if column["name"] in ("modified", "played")} == {"day", "moment"}
    assert named["bitrate"]
    assert {column for columns in about["sets"].values() for column in columns} <= named.keys()
    asked = [name for name in COLUMN_NAMES if name != "strip"]
    assert set(columns(listener, fields=",".join(asked), to=2)["columns"]) == set(asked)
    [row_id] = columns(listener, fields="id", to=1)["columns"]["id"]
    listener.put(f"{API}/tracks/{row_id}", json={"year": 1998}).raise_for_status()
    assert "year" in listener.get(f"{API}/about").json()["has"]


@pytest.mark.world
def test_facet_counts_agree_with_their_queries(listener: TestClient, sound_library: Path, scanned_music: Path) -> None:
    with Library.open(sound_library) as library:
        library.set(list(library.search("one")), genre='Dub; "7\\House', artist="Nadia; Otto", year=1999, rating=3.5)
        library.set(list(library.search("two")), genre="dub", artist="nadia", key="8A", energy=3)
    for query in ("", "is:any", "^two"):
        asked = {"q": query, "fields": "genre,artist,album,codec,key,year,rating,energy,is,folder", "limit": 50}
        facets = validate(listener.get(f"{API}/facets", params=asked).json())["facets"]
        assert {str(value["value"]).lower() for value in facets["genre"]} >= {"dub", '"7\\house'}
        assert facets["folder"][0]["under"] == str(scanned_music)
        for field, values in facets.items():
            for value in values:
                narrow = f"{query} {value['query']}"
                assert columns(listener, q=narrow, to=0)["count"] == value["count"], (query, field, value)
    assert {value["value"] for value in facets["is"]} >= {"set", "lossless"}
    shown = listener.get(f"{API}/facets", params={"fields": "folder", "under": str(scanned_music.parent)}).json()
    assert [(value["value"], value["count"]) for value in shown["facets"]["folder"]] == [("music", 4)]


def test_typed_queries_are_completed_or_corrected(client: TestClient, made: Path) -> None:
    with Library.open(made) as library:
        library.set(list(library.search("bpm:110..")), genre="Deep House", artist="Nadia Vellum")

    def completed(text: str, at: int | None = None) -> list[str]:
        asked = {"text": text, "at": len(text) if at is None else at}
        answer = validate(client.get(f"{API}/completions", params=asked).json())
        return [
            text[: answer["from"]] + completion["text"] + text[answer["to"] :] for completion in answer["completions"]
        ]

    assert "genre:" in completed("gen")
    assert completed("bpm:120..128 tem")[0] == "bpm:120..128 bpm:"
    assert completed("genre:hou") == ['genre:="Deep House"']
    assert completed("velluM") == ['artist:="Nadia Vellum"']
    assert completed('^genre:"deep h') == ['^genre:="Deep House"']
    assert completed("is:dou limit:3", 6) == ["is:doubtful limit:3"]
    assert completed("^explicit:", 10) == ["^explicit:yes", "^explicit:no", "^explicit:unknown"]
    assert completed("sort:bpm-,ti") == ["sort:bpm-,title"]
    assert completed("key:12") == ["key:12A", "key:12B"]
    assert completed("has:dro") == ["has:drop"]
    assert completed("nothing:x") == []
    for text in ('"', "^", "a:", ':"\\', "\U0001f3b5" * 3):
        completed(text)
    assert columns(client, q="genre:huose bpm:1..", near=True)["near"] == "genre:house bpm:1.."
    misspelt = columns(client, q="bpm:1.. ^gener:house", near=True)
    assert (misspelt["count"], misspelt["near"]) == (0, "bpm:1.. ^genre:house")
    assert misspelt["problem"].startswith("there is no field 'gener'; did you mean genre:?")


def first_of(page: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/json" id="first">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(text)
    return found


def test_page_contains_its_first_rows(client: TestClient, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.page.routes._PATIENCE_S", 30.0)
    with Library.open(made) as library:
        library.set(list(library.search("bpm:105.. limit:1")), title="</script><b>")
    first = first_of(client.get("/?q=bpm:105..&sort=title").text)
    assert first["asked"] == {"q": "bpm:105..", "sort": "title"}
    document = columns(client, q="bpm:105..", sort="title", fields="title,id")
    assert first["columns"]["rows"] == document["rows"]
    assert first["columns"]["state"] == document["state"]
    assert {name: first["columns"]["columns"][name] for name in ("title", "id")} == document["columns"]
    assert first["about"] == client.get(f"{API}/about").json()
    assert first["me"] == client.get(f"{API}/auth/session").json()
    # Of another view, and of what the page itself has to refuse, only who asks and what there is.
    for address in ("/lists/l-1", "/?in=Friday", "/?q=bpm:"):
        assert first_of(client.get(address).text).keys() == {"me", "about"}
    monkeypatch.setattr("map4.page.routes._PATIENCE_S", 0.0)
    assert first_of(client.get("/?q=year:1999").text).keys() <= {"me", "about"}  # the page asks for the rest itself


def test_page_without_a_login_contains_no_rows(made: Path) -> None:
    with Library.open(made) as library:
        library.accounts.add("Ann", "admin", password="a long password")
    with client_of(made) as client:
        page = client.get("/?q=")
        assert 'id="first"' not in page.text
        assert "no-store" not in page.headers["cache-control"]
        who = {"username": "Ann", "password": "a long password"}
        client.post(f"{API}/auth/session", json=who).raise_for_status()
        page = client.get("/")
        assert first_of(page.text)["me"]["account"]["name"] == "Ann"
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" in page.headers  # the session lasts from its last use on


def test_many_tracks_are_set_in_one_step_that_is_undone(client: TestClient) -> None:
    before = columns(client, fields="id,genre,year", to=30)["columns"]

    def put(**body: Any) -> dict[str, Any]:
        answer = client.put(f"{API}/tracks", json=body)
        assert answer.status_code == 200, answer.text
        return validate(answer.json())

    assert put(tracks=before["id"][:3], genre="Dub", dry_run=True)["step"] is None
    assert columns(client, fields="genre", to=30)["columns"]["genre"] == before["genre"]
    put(tracks=before["id"][:3], genre="Dub", year=1999)
    step = put(q="year:1999", genre="Deep Dub")["step"]
    now = columns(client, fields="genre", to=30)["columns"]["genre"]
    assert now == ["Deep Dub"] * 3 + before["genre"][3:]
    client.post(f"{API}/changes/{step}/undo", json={}).raise_for_status()
    assert columns(client, fields="genre", to=30)["columns"]["genre"][:3] == ["Dub"] * 3
    matches = {"q": "year:1999", "sort": "title-"}
    matches["state"] = columns(client, **matches)["state"]
    put(**matches, year=2000)
    for body, code in (
        ({**matches, "year": 1999}, 412), ({**matches, "sort": "title", "year": 1999}, 412),
        ({"genre": "x"}, 400), ({"q": "", "tracks": [], "genre": "x"}, 400), ({"q": ""}, 400),
        ({"tracks": ["a2-" + 32 * "f"], "genre": "x"}, 404),
    ):  # fmt: skip
        assert client.put(f"{API}/tracks", json=body).status_code == code, body


def test_picture_is_sent_in_the_size_in_which_it_is_drawn(listener: TestClient, scanned_music: Path) -> None:
    from PIL import Image

    cover = scanned_music / "cover.png"
    [address] = listener.get(f"{API}/search", params={"q": "two"}).json()["ids"]
    assert listener.get(f"{API}/tracks/{address}/cover").status_code == 204
    responses = listener.get(f"{API}/openapi.json").json()["paths"][f"{API}/tracks/{{id}}/cover"]["get"]["responses"]
    assert {"200", "204"} <= responses.keys()
    assert listener.get(f"{API}/tracks/a2-{32 * 'f'}/cover").status_code == 404
    assert set(columns(listener, fields="cover")["columns"]["cover"]) == {None}
    assert {album["cover"] for album in listener.get(f"{API}/albums").json()["albums"]} == {None}
    Image.new("RGB", (600, 300), "red").save(cover)
    try:
        assert set(columns(listener, fields="cover,title")["columns"]["cover"]) == {1}
        assert None not in {album["cover"] for album in listener.get(f"{API}/albums?to=9").json()["albums"]}
        answer = listener.get(f"{API}/tracks/{address}/cover", params={"size": 64})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (64, 32)
        known = listener.get(f"{API}/tracks/{address}/cover?size=64", headers={"If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
        assert listener.get(f"{API}/tracks/{address}/cover", params={"size": 5000}).status_code == 400
    finally:
        cover.unlink()
