"""Calls of all routes with their examples."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extra_cases import rows_of_extras

from map4.server.declared_routes import ROUTES
from map4.server.route import Route, filled

# Of routes whose example finds nothing in a library without accounts: the status, and why.
NOT_FOUND: dict[tuple[str, str], int] = {
    ("POST", "/auth/login"): 401,  # there are no accounts
    ("POST", "/auth/session"): 401,
    ("POST", "/auth/refresh"): 401,
    ("DELETE", "/auth/session"): 404,
    ("GET", "/users/{user}"): 404,
    ("PATCH", "/users/{user}"): 404,
    ("PUT", "/users/{user}/password"): 404,
    ("DELETE", "/users/{user}"): 404,
    ("GET", "/users/{user}/export"): 404,
    ("POST", "/tokens"): 400,
    ("POST", "/tokens/{token}/rotate"): 404,
    ("DELETE", "/tokens/{token}"): 404,
    ("GET", "/tracks/{id}/cover"): 204,
    ("GET", "/exports/{job}/file"): 404,  # no job is done
    ("PATCH", "/marks"): 404,
    ("DELETE", "/marks"): 404,
    ("POST", "/genre-table/undo"): 404,  # no table was set
    ("POST", "/tempo-ranges/undo"): 404,  # no range is set
    ("GET", "/stats/mixes"): 404,  # nobody has played a set
    ("POST", "/backup"): 400,  # there is no folder for backups
    ("GET", "/plans/{plan}"): 404,
    ("POST", "/plans/{plan}"): 404,
    ("POST", "/plans/undo"): 404,  # no tags were written
    ("POST", "/plans/import"): 400,  # no file is sent
    ("POST", "/plans/restore"): 400,
    **rows_of_extras("NOT_FOUND"),
}
NAMES = {
    "field": "label",
    "form": "none",
    "step": "1",
    "user": "me",
    "token": "t-0123456789abcdef",
    "plan": f"p-{0:032x}",
    "provider": "musicbrainz",
    "entry": "e-0",
}


@dataclass(frozen=True)
class Call:
    """A route with its example; places of ids are filled by `named`."""

    route: Route

    @property
    def status(self) -> int:
        return NOT_FOUND.get((self.route.method, self.route.path), self.route.status)

    def named(self, names: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any], dict[str, Any] | None]:
        """Path parameters, query parameters and body."""
        known = {**NAMES, **names, "id": names["b" if self.route.method == "DELETE" else "a"]}
        if self.route.path == "/batch/{job}":
            known["job"] = names["batch"]
        parts = {name: known[name] for name in re.findall(r"{(\w+)", self.route.path)}
        members = filled(self.route.example or {}, known)
        return (parts, {}, members) if self.route.body else (parts, members, None)

    @property
    def makes(self) -> str | None:
        """The name of what its answer has the id of."""
        if self.route.method != "POST":
            return None
        return {"/lists": "list", "/exports": "job", "/batch/analyze": "batch"}.get(self.route.path)


def calls() -> Iterator[Call]:
    """Every described route, in an order in which each finds what it is about."""
    described = [route for route in ROUTES if route.method != "WS" and not route.is_hidden]
    yield from map(Call, sorted(described, key=_turn))


def _turn(route: Route) -> int:
    if route.method == "POST":
        # First what makes something; after the first account nothing is answered any more.
        return 0 if route.path == "/lists" else 3 if "{" in route.path else 6 if route.path == "/users" else 1
    return {"PUT": 2, "PATCH": 2, "GET": 4, "DELETE": 5}[route.method]
