"""Rows of connect in tables of other tests."""

from __future__ import annotations

NEEDS = {
    ("GET", "/api/similar_tracks"): "read",
    ("GET", "/api/similar_artists"): "read",
    ("GET", "/connect/{name}/api/similar_tracks"): "read",
    ("GET", "/connect/{name}/api/similar_artists"): "read",
    ("POST", "/connections/map"): "own",
    ("POST", "/connections/pull"): "own",
    ("POST", "/connections/push"): "own",
    ("GET", "/connections"): "read",
}

CODES = {
    ("GET", "/api/similar_tracks"): (401, 400, 400, 400),
    ("GET", "/api/similar_artists"): (401, 400, 400, 400),
    ("GET", "/connect/{name}/api/similar_tracks"): (401, 404, 404, 404),
    ("GET", "/connect/{name}/api/similar_artists"): (401, 404, 404, 404),
    ("POST", "/connections/map"): (401, 403, 400, 400),
    ("POST", "/connections/pull"): (401, 403, 400, 400),
    ("POST", "/connections/push"): (401, 403, 400, 400),
    ("GET", "/connections"): (401, 200, 200, 200),
}

CALLS = {
    "post_connections_map": ({}, {"connection": "none"}, 404),
    "post_connections_pull": ({}, {"connection": "none"}, 404),  # no server is connected
    "post_connections_push": ({}, {"lists": ["Friday"]}, 404),
    "get_connections": ({"songs": 3}, None, 200),
}

CALLS_OF_ROLES = {
    "viewer": {"connections": "all get mapped_song song songs_of_artist status"},
    "user": {"connections": "add listen map pull push remove watch"},
}
COMMANDS = {
    "viewer": ("connect status",),
    "user": ("connect map none", "connect push Ours", "connect pull", "connect remove none"),
}
ELSEWHERE = {"connect add"}
GROUPS = {"connect"}
