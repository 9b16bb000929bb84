"""The files of the page: for everybody, since they hold no data; nothing else of the package is among them."""

import json
import re

import pytest
from starlette.testclient import TestClient

from map4.page.linking import HOST, page_file, page_names, page_scripts
from map4.page.routes import VIEWS, make_ready
from map4.server import app

KINDS = {
    "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "png": "image/png",
    "svg": "image/svg+xml", "woff2": "font/woff2", "webmanifest": "application/manifest+json",
}  # fmt: skip


def _named(text: str) -> list[str]:
    return re.findall(r'(?:href|src)="((?:\.|\.\.)/page/[^"]+)"', text)


def test_page_and_its_own_files_are_served_with_etags(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(
        r'(?:href|src)="/|<style|<script(?! type="(?:module" src|application/json" id="first"))| style=| on\w+=',
        page.text,
    )
    named, version = _named(page.text), page.text.split("./page/")[1].split("/")[0]
    files = {f"./page/{version}/{name}" for name in page_names() if not name.endswith(".html")}
    assert {f"./page/{version}/{HOST}live.{kind}" for kind in ("js", "css")} < set(named) < files  # bundles
    for name in sorted({*named, *files}):
        answer = client.get(name.removeprefix("."))
        assert (answer.status_code, answer.headers["content-type"]) == (200, KINDS[name.rpartition(".")[2]])
        assert "immutable" in answer.headers["cache-control"]  # other files have other addresses
        again = client.get(name.removeprefix("."), headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/page/older/{HOST}live.js").headers["cache-control"] == "no-cache"  # a page that is open still
    assert client.get(f"/page/older/{HOST}later.js").text == ""  # has no view: the page reloads
    assert "m1=" not in page_scripts()[f"{HOST}later.js"]  # its first script has these modules
    inside = ("linking.py", "../version.py", "..%2fversion.py", "live.html", "declared.d.ts", "parts", "")
    for name in (*(f"{HOST}{name}" for name in inside), "map4/lists/declaration.py", "map4/version.py", "live.js", ""):
        assert client.get(f"/page/v/{name}").status_code == 404, name
    document = json.loads(page_file(f"{HOST}manifest.webmanifest"))
    assert {HOST + icon["src"] for icon in document["icons"]} <= page_names()
    assert {document["start_url"], document["scope"]} == {
        "../../../../"
    }  # from page/VERSION/map4/page/: the root, behind a base path, too
    page = client.get("/you")
    policy = dict(directive.split(" ", 1) for directive in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "connect")} == {"'self'"}
    assert "unsafe" not in str(policy)
    known = client.get("/you", headers={"If-None-Match": page.headers["etag"]})  # what it says replaces what was kept
    assert known.status_code == 304
    assert known.headers["content-security-policy"] == page.headers["content-security-policy"]


def test_every_view_serves_the_page_with_its_files_and_first_answers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = _named(client.get("/").text)
    for address in (*VIEWS, *(f"{view}/x" for view in VIEWS)):
        page = client.get(f"/{address}")
        up = "../" if "/" in address else "./"
        assert (page.status_code, page.text.count('rel="modulepreload"')) == (200, 1)
        assert _named(page.text) == [name.replace("./", up, 1) for name in named]
        nowhere = client.get(f"/{address}/more/and/more", headers={"Accept": "text/html"})
        assert (nowhere.status_code, '<a href="/">' in nowhere.text) == (404, True)
    client.portal.call(make_ready, client.app.state.context)  # type: ignore[attr-defined,union-attr]
    monkeypatch.setattr(app, "answered", lambda *asked: pytest.fail("the library was asked"))
    monkeypatch.setattr("map4.search.catalogue.Catalogue.of_rows", lambda *made: pytest.fail("it was made again"))
    assert '"columns":{' in client.get("/").text
    assert {client.get(f"/api/v1/{path}").status_code for path in ("map", "albums")} == {200}
