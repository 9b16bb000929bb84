"""Who may do what: calls, commands and routes; a second opinion, written apart from the code.

Extras have the same tables in `cases.py` of their tests.
"""

from extra_cases import rows_of_extras
from made_library import path_of

from map4.core.base.actor import Role, Scope

CALLS_OF_ROLES: dict[Role, dict[str, str]] = {
    "viewer": {
        "": "analyze analyze_events compare compare_truth count identity list_file mix play "
            "playlist playlist_events search similar stats track undo_steps",
        "accounts": "any export export_to get hashed put_password set_password",  # one's own
        "care": "changed_by_others changes info",
        "credentials": "add all remove rotate",  # one's own
        "doctor": "examine findings unread",
        "duplicates": "find find_events recordings",
        "events": "since",
        "genres": "table",
        "files": "conversion converted cover folders ignored lyrics states strip written",
        "imports": "history pending",
        "jobs": "file get has_server page submit",  # the kind of job decides
        "lists": "answer brought_back check content counted deleted detailed fill find id_of in_order inserted "
                 "joined judged live live_answer locked merge moved noted of_tracks order read read_stored "
                 "made_normal refresh remade removed replaced require_not_live slots stored there version "
                 "versions write_to",
        "marks": "all",
        "plans": "make",  # the kind decides
        "player_notes": "all",
        "plays": "mixes page stats",
        "tags": "read source_change sources",
        "tracks": "about_table address_of addressed all at by_id catalogue columns completions facets grid_marks "
                  "ids_at ids_in_order ids_of made_by_id named near near_query order page paths place_of_text rows "
                  "rows_of second_opinion sound_steps table_rows wanted with_album_levels",
        "tempo_ranges": "all",
        "values": "history",
    },
    "user": {
        "": "at_once export set set_each",
        "genres": "set undo",
        "jobs": "cancel retry room_for_sets submit_set",
        "marks": "delete rename show_as",
        "lists": "apply change check_save check_write copy delete describe join keep_live make_live mark rename "
                 "restore save share write write_report",
        "plans": "begin carry_out get",
        "player_notes": "put remove",
        "plays": "add",
        "tempo_ranges": "set undo",
        "values": "undo",
    },
    "admin": {
        "": "scan scan_events set_preferences undo undo_events watch",
        "accounts": "add all audit change find note password_hash remove set_password_hash take_local was_removed "
                    "without_own",
        "care": "backup clear figures prune",
        "credentials": "begin_login begin_session devices issuer known known_id library_id renew rotate_key "
                       "signing_keys sweep touch",
        "files": "described folders_in forget forget_folder unignore",
        "imports": "forget give_back match plays_of preview read read_each",
        "jobs": "figures require_no_server runner",
        "tags": "prefer write write_events write_serato",
    },
}  # fmt: skip
"""The calls of `Library`, by the least role that may make them; what depends on the arguments is in
`tests/accounts/test_roles.py`.
"""
A, B = path_of(1), path_of(2)
COMMANDS: dict[Role, tuple[str, ...]] = {
    "viewer": (
        f"analyze --no-store {A}", "search bpm:1..", f"similar {A}", f"compare {A} {B}",
        f"mix {A} {B}", f"playlist --seed {A} -n 2", "playlist check Ours", "playlist fill Ours -n 3",
        "playlist list", "playlist merge Ours", "playlist order Ours", "playlist fill Ours --refresh",
        "playlist show Ours", "playlist versions Ours",
        f"play {A}", f"tags show {A}", "tags prefer", "stats", "doctor", "duplicates", "accounts export me",
        "accounts tokens", "accounts revoke t-0000000000000000", "jobs list", "jobs show job-9",
        "library forget --list", "library info",
        "set history", "set ranges", "config genres", "undo", "set --marks", "stats plays", "stats mixes",
        "export history", "import history", "import waiting",
    ),
    "user": (
        f"set {A} rating=3", f"set {A} bpm=99", "set undo 1", "export --to csv -o out.csv",
        "playlist order Ours --save New", "playlist delete -y Ours", "playlist versions Gone --restore deleted",
        "playlist share Ours read", "playlist live New bpm:1..", "playlist mark Ours club",
        "playlist joint Ours 2 --bars 4",
        f"mix {A} {B} --render out.wav", "playlist show Ours -o out.m3u8", "set --delete-mark peak",
        "set --rename-mark peak late", "set --paint-mark peak 1", "set tempo-range=80..159", "set ranges --undo",
        "config genres --undo",
        "jobs cancel job-1", "jobs retry job-1",
    ),
    "admin": (
        "scan .", "scan --watch .", f"analyze {A}", "import none.xml", "import forget none.xml",
        "tags write -y --query bpm:1..", "tags undo",
        "tags prefer label tag",
        "accounts", "accounts add carl --no-password", "accounts audit", "accounts remove -y other",
        "accounts set other --role viewer", "accounts export other", "accounts rotate",
        "library backup out.map4", "library clear -y", f"library forget {A}", "library prune -y",
    ),
}  # fmt: skip
"""What is typed for each command, by the least role that may. Some of the names do not exist."""

NEEDS: dict[tuple[str, str], Scope | None] = {
    **rows_of_extras("NEEDS"),
    ("GET", "/health"): None,
    ("GET", "/ready"): None,
    ("GET", "/api/"): None,
    ("GET", "/"): None,
    ("GET", "/{view:view}"): None,
    ("GET", "/{view:view}/{id}"): None,
    ("GET", "/page/{version}/{file:path}"): None,
    ("GET", "/openapi.json"): None,
    ("POST", "/auth/login"): None,
    ("POST", "/auth/refresh"): None,
    ("POST", "/auth/session"): None,
    ("GET", "/auth/session"): "read",
    ("DELETE", "/auth/session"): "read",
    ("GET", "/tracks"): "read",
    ("GET", "/tracks/{id}"): "read",
    ("PUT", "/tracks/{id}"): "own",  # of values that are not one's own, the library asks for more
    ("PUT", "/tracks"): "own",  # of values that are not one's own, the library asks for more
    ("GET", "/tracks/{id}/cover"): "read",
    ("DELETE", "/tracks/{id}"): "scan",
    ("GET", "/marks"): "read",
    ("PATCH", "/marks"): "own",
    ("DELETE", "/marks"): "own",
    ("GET", "/genre-table"): "read",
    ("PUT", "/genre-table"): "correct",
    ("POST", "/genre-table/undo"): "correct",
    ("GET", "/preferences"): "read",
    ("PUT", "/preferences"): "admin",
    ("GET", "/tempo-ranges"): "read",
    ("POST", "/tempo-ranges"): "correct",
    ("POST", "/tempo-ranges/undo"): "correct",
    ("GET", "/plays"): "read",
    ("POST", "/plays"): "own",
    ("GET", "/changes"): "read",
    ("GET", "/undo"): "read",
    ("POST", "/changes/{step}/undo"): "own",  # of values that are not one's own, the library asks for more
    ("POST", "/tracks/analyze"): "own",
    ("GET", "/tracks/{id}/audio"): "read",
    ("GET", "/tracks/{id}/tags"): "read",
    ("GET", "/sources"): "read",
    ("GET", "/sources/{field}"): "read",
    ("PUT", "/sources/{field}"): "admin",
    ("GET", "/tracks/{id}/overview"): "read",
    ("GET", "/tracks/{id}/strip"): "read",
    ("GET", "/ignored"): "read",
    ("DELETE", "/ignored"): "scan",
    ("GET", "/search"): "read",
    ("GET", "/columns"): "read",
    ("POST", "/columns"): "read",
    ("GET", "/columns/place"): "read",
    ("GET", "/query-rules"): "read",
    ("GET", "/about"): "read",
    ("GET", "/facets"): "read",
    ("GET", "/albums"): "read",
    ("GET", "/albums/{id}"): "read",
    ("GET", "/artists"): "read",
    ("GET", "/artists/{id}"): "read",
    ("GET", "/completions"): "read",
    ("POST", "/search/advanced"): "read",
    ("GET", "/stats/library"): "read",
    ("GET", "/stats/genres"): "read",
    ("GET", "/stats/timeline"): "read",
    ("GET", "/stats/mixes"): "read",
    ("GET", "/stats/plays"): "read",
    ("GET", "/doctor"): "read",
    ("GET", "/duplicates"): "read",
    ("GET", "/library"): "read",
    ("GET", "/imports"): "read",
    ("POST", "/audio/find-similar"): "read",
    ("POST", "/compare"): "read",
    ("POST", "/compare/truth"): "read",
    ("GET", "/compatibility/{a}/{b}"): "read",
    ("GET", "/mix/{a}/{b}"): "read",
    ("GET", "/playlists/choices"): "read",
    ("POST", "/playlists/generate"): "read",  # to save one needs "own"
    ("POST", "/playlists/check"): "read",
    ("POST", "/playlists/order"): "read",
    ("POST", "/playlists/refresh"): "read",
    ("POST", "/playlists/fill"): "read",
    ("GET", "/lists"): "read",
    ("GET", "/lists/live"): "read",
    ("GET", "/lists/{list}"): "read",
    ("POST", "/lists"): "own",
    ("PATCH", "/lists/{list}"): "own",
    ("POST", "/lists/{list}/ops"): "own",
    ("GET", "/lists/{list}/versions"): "read",
    ("GET", "/lists/{list}/slots"): "read",
    ("GET", "/lists/{list}/file"): "read",
    ("DELETE", "/lists/{list}"): "own",
    ("POST", "/scan"): "scan",
    ("POST", "/batch/analyze"): "scan",
    ("POST", "/audio/batch-analyze"): "scan",
    ("POST", "/duplicates"): "own",
    ("POST", "/exports"): "own",
    ("GET", "/batch/{job}"): "read",
    ("DELETE", "/batch/{job}"): "own",
    ("GET", "/exports/formats"): "read",
    ("GET", "/exports/{job}"): "read",
    ("GET", "/exports/{job}/file"): "read",
    ("GET", "/exports"): "read",
    ("GET", "/jobs"): "read",
    ("GET", "/jobs/{job}"): "read",
    ("POST", "/jobs/{job}/cancel"): "own",
    ("POST", "/jobs/{job}/retry"): "own",
    ("GET", "/events"): "read",
    ("WS", "/ws/progress/{job}"): "read",
    ("GET", "/users"): "admin",
    ("POST", "/users"): "admin",
    ("GET", "/users/{user}"): "read",  # of another one, the library asks for more
    ("PATCH", "/users/{user}"): "admin",
    ("PUT", "/users/{user}/password"): "read",
    ("DELETE", "/users/{user}"): "admin",
    ("GET", "/users/{user}/export"): "read",
    ("GET", "/audit"): "admin",
    ("GET", "/backup"): "admin",
    ("POST", "/backup"): "admin",
    ("POST", "/plans/restore"): "admin",
    ("GET", "/folders"): "scan",
    ("POST", "/plans/tags"): "files",
    ("POST", "/plans/undo"): "files",
    ("POST", "/plans/import"): "scan",
    ("POST", "/plans/forget"): "scan",
    ("GET", "/plans/{plan}"): "own",
    ("POST", "/plans/{plan}"): "own",  # what the plan is of, the library asks for, too
    ("GET", "/tokens"): "read",
    ("POST", "/tokens"): "read",
    ("DELETE", "/tokens/{token}"): "read",
    ("POST", "/tokens/{token}/rotate"): "read",
}
"""The scope that each route needs; None if none."""
