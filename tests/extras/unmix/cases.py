"""Rows of unmix in tables of other tests."""

from __future__ import annotations

from made_library import path_of

A = path_of(1)

NEEDS = {
    ("POST", "/unmix"): "own",
    ("GET", "/unmix/{job}"): "read",
    ("GET", "/unmix/{job}/file"): "read",
    ("POST", "/unmix/{job}/keep"): "own",
}

CODES = {
    ("POST", "/unmix"): (401, 403, 400, 400),
    ("GET", "/unmix/{job}"): (401, 400, 400, 400),
    ("GET", "/unmix/{job}/file"): (401, 400, 400, 400),
    ("POST", "/unmix/{job}/keep"): (401, 403, 400, 400),
}

OF_OTHERS = {
    ("GET", "/unmix/{job}"): (404, 404, None),  # it is no set
    ("GET", "/unmix/{job}/file"): (404, 404, None),
    ("POST", "/unmix/{job}/keep"): (404, 404, {"save": "Friday night"}),
}

CALLS = {
    "post_unmix": ({}, {"path": "{music}/one.wav", "query": "is:ok"}, 202),
    "get_unmix_job": ({"job": "{job}"}, None, 404),  # it is an export
    "get_unmix_job_file": ({"job": "{job}", "format_": "cue"}, None, 404),
    "post_unmix_job_keep": ({"job": "{job}"}, {"save": "Friday night"}, 404),
}

CALLS_OF_ROLES = {
    "viewer": {"": "unmix unmix_events", "sets": "began file tracklist"},
    "user": {"sets": "check_chapters check_write keep require_chapters save write write_chapters"},
}
COMMANDS = {
    "viewer": (f"unmix {A}",),
    "user": (f"unmix {A} --keep", f"unmix {A} --save New", f"unmix {A} -o out.cue"),
}
ON_PAGE = ("unmix", ["Un-mix a recording"])
