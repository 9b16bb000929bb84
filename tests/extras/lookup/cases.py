"""Rows of lookup in tables of other tests."""

from map4.extras.lookup.options import LookupRequest
from map4.jobs.requests import JobRequest

NEEDS = {
    ("GET", "/lookups"): "read",
    ("PUT", "/tracks/{id}/lookups/{provider}"): "scan",
    ("DELETE", "/tracks/{id}/lookups/{provider}"): "scan",
    ("POST", "/lookup"): "scan",
}

NOT_FOUND = {  # no provider is switched on
    ("PUT", "/tracks/{id}/lookups/{provider}"): 404,
    ("DELETE", "/tracks/{id}/lookups/{provider}"): 404,
    ("POST", "/lookup"): 400,
}

CALLS_OF_ROLES = {
    "viewer": {"lookups": "in_doubt"},
    "admin": {"lookups": "decide forget plan prepare reopen run run_events"},
}
_JOB = JobRequest(kind="lookup", options=LookupRequest())
DEPENDING = (("a job: lookup", "admin", lambda library, folder: library.jobs.submit(_JOB)),)
COMMANDS = {"admin": ("lookup --dry-run", "lookup review --json", "lookup forget -y")}
ON_PAGE = ("lookup", ["Look up"])
