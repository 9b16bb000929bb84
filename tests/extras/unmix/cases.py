"""Rows of unmix in tables of other tests."""

from made_library import path_of

A = path_of(1)

NEEDS = {
    ("POST", "/unmix"): "own",
    ("GET", "/unmix/{job}"): "read",
    ("GET", "/unmix/{job}/file"): "read",
    ("POST", "/unmix/{job}/keep"): "own",
    ("POST", "/unmix/undo"): "own",
}

OF_OTHERS = {
    ("GET", "/unmix/{job}"): (404, 404, None),  # it is no set
    ("GET", "/unmix/{job}/file"): (404, 404, None),
    ("POST", "/unmix/{job}/keep"): (404, 404, {"save": "Friday night"}),
    ("POST", "/unmix/undo"): (404, 404, {"step": 1}),
}

NOT_FOUND = {  # the job is an export
    ("GET", "/unmix/{job}"): 404,
    ("GET", "/unmix/{job}/file"): 404,
    ("POST", "/unmix/{job}/keep"): 404,
    ("POST", "/unmix/undo"): 404,
}

CALLS_OF_ROLES = {
    "viewer": {"": "unmix unmix_events", "sets": "began file tracklist"},
    "user": {
        "sets": "check_chapters check_keep check_write keep require_chapters save step_of undo write write_chapters"
    },
}
COMMANDS = {
    "viewer": (f"unmix {A}",),
    "user": (f"unmix {A} --keep", f"unmix {A} --save New", "unmix --undo 1", f"unmix {A} -o out.cue"),
}
ON_PAGE = ("unmix", ["Un-mix a recording"])
