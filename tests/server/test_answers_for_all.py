"""Answers that are made once for all who have nothing of their own, and tell nobody of what is another's."""

from pathlib import Path
from typing import Any

from people import person_places
from servers import WHO, client_of
from starlette.testclient import TestClient

from map4.core.base.actor import Actor
from map4.core.music.lists.tracklist import Tracklist
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.route import RequestInput, Route

API = "/api/v1"


def _people(library: Path) -> dict[str, Actor]:
    with Library.open(library) as opened:
        made = [opened.accounts.add("Ann", "admin"), *(opened.accounts.add(name, "user") for name in ("Bob", "Eve"))]
        made.append(opened.accounts.add("Vic", "viewer"))
    return {account.name: account.actor() for account in made}


def _get(client: TestClient, who: str, address: str) -> Any:
    answer = client.get(f"{API}{address}", headers={WHO: who})
    assert answer.status_code == 200
    return answer


def test_accounts_without_own_data_share_answers(made: Path) -> None:
    people = _people(made)

    asked = list[int]()

    def counted(library: Library, question: RequestInput) -> dict[str, Any]:
        asked.append(library.actor.id)
        return {"asks": question.actor.id}

    route = Route("GET", "/counted", "read", "Who is asked for.", counted, queue="quick", cache="alike")
    with client_of(made, actor_of=people, routes=[*ROUTES, route]) as client:
        [first, second] = _get(client, "Ann", "/tracks?limit=2").json()["ids"]
        places = ("/counted", f"/tracks/{first}", "/search?q=rating:4..", "/lists", "/stats/library")

        def answers(who: str) -> list[tuple[str, str]]:
            return [(answer.headers["etag"], answer.text) for answer in (_get(client, who, place) for place in places)]

        before = answers("Bob")
        assert answers("Eve") == before
        assert asked == [-1]
        assert answers("Vic")[0] != before[0]  # he may not do the same
        body = {"name": "Friday", "tracks": [second]}
        assert client.put(f"{API}/tracks/{first}", json={"rating": 5}, headers={WHO: "Bob"}).status_code == 200
        bobs = answers("Bob")
        assert (asked[-1], [answer != other for answer, other in zip(bobs, before, strict=True)]) == (
            people["Bob"].id, [True, True, True, True, True],
        )  # fmt: skip
        assert '"rating":5.0' in bobs[1][1]
        eves = answers("Eve")
        assert [text for _, text in eves[1:4]] == [text for _, text in before[1:4]]
        assert asked[-1] == -1
        assert client.post(f"{API}/lists", json=body, headers={WHO: "Eve"}).status_code == 201
        assert ["Friday" in answers(who)[3][1] for who in ("Eve", "Bob", "Ann", "Vic")] == [True, False, False, False]
        client.put(f"{API}/tracks/{first}", json={"unset": ["rating"]}, headers={WHO: "Bob"})
        assert [text for _, text in answers("Bob")[1:4]] == [text for _, text in before[1:4]]
        assert asked[-1] == -1


def test_accounts_with_own_data_are_known(made: Path) -> None:
    people = _people(made)
    numbers = {person.id for person in people.values()}
    with Library.open(made) as library:
        assert library.accounts.without_own() == numbers
        [track] = library.tracks.by_id(library.tracks.page(limit=1).files)
        library.acting_as(people["Ann"]).lists.save("Friday", Tracklist(tracks=[track]))
        library.acting_as(people["Bob"]).set(track.path, rating=4)
        assert library.accounts.without_own() == {people["Eve"].id, people["Vic"].id}
        library.acting_as(people["Eve"]).plays.add(track)
        assert library.accounts.without_own() == {people["Vic"].id}
        library.acting_as(people["Bob"]).set(track.path, unset=["rating"])
        library.acting_as(people["Bob"]).set(track.path, mark=["peak"])
        assert library.accounts.without_own() == {people["Vic"].id}
    # Each new table of what is one's own tells answers apart, or is told by routes that are kept for each.
    assert {place for place in person_places() if place.endswith(".owner")} <= {
        "ratings.owner", "playlists.owner", "value_changes.owner", "plays.owner", "play_counts.owner",
        "play_steps.owner", "play_reports.owner", "player_notes.owner", "connections.owner", "marks.owner",
        "mark_looks.owner",
    }  # fmt: skip
