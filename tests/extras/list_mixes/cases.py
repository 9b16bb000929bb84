"""Rows of mixed sets in tables of other tests."""

NEEDS = {("GET", "/lists/{list}/mix"): "read", ("GET", "/lists/{list}/mix.{form}"): "read"}

OF_OTHERS = {
    ("GET", "/lists/{list}/mix"): (404, 404, None),  # the owner's list has no file that can be played
    ("GET", "/lists/{list}/mix.{form}"): (404, 404, None),  # there is no such form
}
NOT_FOUND = {("GET", "/lists/{list}/mix.{form}"): 404}

CALLS_OF_ROLES = {"viewer": {"list_mixes": "check_write plan tracks"}, "user": {"list_mixes": "render write"}}
COMMANDS = {"viewer": ("mix Ours",), "user": ("mix Ours -o out.mp3",)}
