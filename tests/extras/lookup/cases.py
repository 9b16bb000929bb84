"""Rows of lookup in tables of other tests."""

from __future__ import annotations

from map4 import Library
from map4.extras.lookup.options import LookupRequest
from map4.jobs.requests import JobRequest

NEEDS = {
    ("GET", "/lookups"): "read",
    ("PUT", "/tracks/{id}/lookups/{provider}"): "scan",
    ("DELETE", "/tracks/{id}/lookups/{provider}"): "scan",
    ("POST", "/lookup"): "scan",
}

CODES = {
    ("GET", "/lookups"): (401, 200, 200, 200),
    ("PUT", "/tracks/{id}/lookups/{provider}"): (401, 403, 403, 400),
    ("DELETE", "/tracks/{id}/lookups/{provider}"): (401, 403, 403, 400),
    ("POST", "/lookup"): (401, 403, 403, 400),
}

CALLS = {
    "get_lookups": ({}, None, 200),
    "put_tracks_id_lookups_provider": ({"id": "{a}", "provider": "musicbrainz"}, {"recording": None}, 404),
    "delete_tracks_id_lookups_provider": ({"id": "{a}", "provider": "musicbrainz"}, None, 404),
    "post_lookup": ({}, {"query": "is:ok"}, 400),  # no provider is switched on here
}

CALLS_OF_ROLES = {
    "viewer": {"lookups": "in_doubt"},
    "admin": {"lookups": "decide forget plan prepare reopen run run_events"},
}
DEPENDING = (("a job: lookup", "admin", lambda library, folder: submitted(library)),)
COMMANDS = {"admin": ("lookup --dry-run", "lookup review --json", "lookup forget -y")}
ABOUT_NO_LIBRARY = {"providers check", "providers import-dump", "providers list"}
GROUPS = {"providers"}
ON_PAGE = ("lookup", ["Look up"])


def submitted(library: Library) -> object:
    return library.jobs.submit(JobRequest(kind="lookup", options=LookupRequest()))
