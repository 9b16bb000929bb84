"""Rows of the map of the sound in tables of other tests."""

ROUTES = (("GET", "/map"), ("GET", "/map/regions"), ("GET", "/map/values"))
NEEDS = dict.fromkeys(ROUTES, "read")
CALLS_OF_ROLES = {"viewer": {"sound_map": "places regions values"}}
ON_PAGE = ("sound_map", ["Map"])
ON_PHONE = {"map": ".sound-map td.title > span:not(:empty)"}
