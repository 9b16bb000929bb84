"""Who is let in to OpenSubsonic: every method with real credentials, right and wrong ones."""

import json
from pathlib import Path

from asgi import ask
from people import Headers, add_people
from server.test_who_asks import shown_by
from servers import client_of

from map4.extras.subsonic.routes.methods import METHODS


def test_methods_answer_only_the_allowed_callers(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    may = {"viewer": {None, "subsonic", "read"}, "user": {None, "subsonic", "read", "own"}}
    with client_of(made, requests_per_minute=0) as client:

        async def code(name: str, shown: Headers) -> int | None:
            answer = (await ask(client.app, "GET", f"/rest/{name}?f=json", shown)).body
            document = json.loads(answer)["subsonic-response"] if answer.startswith(b'{"subsonic') else {}
            error = document.get("error", {"code": None, "message": ""})
            # 10 is said of other parameters, too.
            return error["code"] if error["code"] in (44, 50) or "credentials are missing" in error["message"] else None

        for name in METHODS:
            needs = METHODS[name].needs
            nothing, wrong = (None, None) if needs is None else (10, 44)
            shown = shown_by(people, is_all=name == "ping")
            bearers = {who for who, answer in shown.items() if answer.get("authorization", "").startswith("Bearer ")}
            wanted = {who: wrong if who in bearers else nothing for who in shown}
            for who in shown.keys() & people.right.keys():
                role, _, how = who.partition(", ")
                allowed = role == "admin" or needs in may[role]
                is_refused = needs is not None and (how == "token to read" or not allowed)
                wanted[who] = nothing if how.startswith("cookie") else 50 if is_refused else None
            got = {who: client.portal.call(code, name, answer) for who, answer in shown.items()}  # type: ignore[union-attr]
            assert got == wanted, name
