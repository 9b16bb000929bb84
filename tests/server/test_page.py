"""The files of the page: for everybody, since they hold no data; nothing else of the package is among them."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from map4.page.linking import page_names


def test_the_page_and_all_that_it_names_are_there_and_known_by_their_etags(client: TestClient) -> None:
    page = client.get("/you")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    wanted = re.findall(r'(?:href|src)="(page/[^"]+)"', page.text)
    assert wanted == ["page/colours.css", "page/page.css", "page/you.css", "page/you.js"]
    assert not re.search(r'(?:href|src)="/|<style|<script(?! type="module" src)| style=| on\w+=', page.text)
    for name in [*wanted, *(f"page/{one}" for one in sorted(page_names()))]:
        answer = client.get(f"/{name}")
        kind = {"js": "text/javascript", "css": "text/css", "html": "text/html"}[name.rpartition(".")[2]]
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        again = client.get(f"/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_page_runs_its_own_scripts_alone(client: TestClient) -> None:
    page = client.get("/you")
    policy = dict(one.split(" ", 1) for one in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "connect")} == {"'self'"}
    assert "unsafe" not in str(policy)
    known = client.get("/you", headers={"If-None-Match": page.headers["etag"]})  # what it says replaces what was kept
    assert (known.status_code, known.headers["content-security-policy"]) == (
        304,
        page.headers["content-security-policy"],
    )


@pytest.mark.parametrize("name", ["linking.py", "../version.py", "..%2fversion.py", "%2e%2e/version.py", "parts", ""])
def test_nothing_else_is_a_file_of_the_page(client: TestClient, name: str) -> None:
    assert client.get(f"/page/{name}").status_code == 404
