"""What somebody may do with a library: the wall behind those of routes, methods and tools."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from accounts.test_roles import library
from made_library import path_of

from map4 import Library
from map4.core.base.actor import SCOPES, Actor, Scope
from map4.errors import NotAllowedError, UsageError
from map4.exports.options import ExportRequest
from map4.jobs.requests import JobRequest
from map4.scan.options import ScanOptions

__all__ = ["library"]
FREE = {"acting_as", "part", "take_turns", "stop", "close", "make", "submit"}
"""They are for anyone who has the file; `plans.make` and `jobs.submit` need what the kind of plan or job needs."""


def actor_with(*scopes: Scope) -> Actor:
    return Actor(id=7, name="Ann", scopes=frozenset(scopes))


def _methods(cls: type) -> set[str]:
    """Public ones of an object; what is static asks no library."""
    found = {name for name, member in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}
    return {name for name in found if not isinstance(inspect.getattr_static(cls, name), staticmethod)}


PARTS = {name: part for name, part in inspect.getmembers(Library, inspect.isclass) if not name.startswith("_")}


def _is_refused(call: Callable[..., object]) -> bool:
    try:
        call(not_an_argument=1)
    except NotAllowedError:
        return True
    except (TypeError, UsageError):
        return False
    return False


@pytest.mark.parametrize("scope", SCOPES)
def test_methods_refuse_actors_without_their_scope(library: Library, scope: Scope) -> None:
    theirs = library.acting_as(actor_with(scope))
    for owner in (theirs, *(getattr(theirs, part) for part in PARTS)):
        calls = {name: getattr(owner, name) for name in _methods(type(owner)) - FREE}
        refused = {name for name, call in calls.items() if _is_refused(call)}
        assert refused == {name for name, call in calls.items() if call.needs != scope}


def test_acting_as_another_is_a_view_and_methods_declare_their_scope(library: Library) -> None:
    assert library.acting_as(Actor.LOCAL) is library
    theirs = library.acting_as(actor_with("read"))
    assert (theirs.actor.name, library.actor) == ("Ann", Actor.LOCAL)
    assert theirs.acting_as(Actor.LOCAL).actor == Actor.LOCAL
    assert theirs.count() == library.count() == 5
    with pytest.raises(NotAllowedError):
        library.acting_as(Actor.ANONYMOUS).count()
    for cls in [Library, *PARTS.values()]:
        for name in _methods(cls) - FREE:
            method = getattr(cls, name)
            assert method.needs in SCOPES, name
            assert not hasattr(method.__wrapped__, "needs"), name
        assert not any(getattr(getattr(cls, name), "needs", None) for name in FREE & _methods(cls))


def test_own_scope_allows_ratings_but_no_shared_values(library: Library) -> None:
    theirs = library.acting_as(actor_with("read", "own"))
    track = library.track(path_of(1))
    assert track is not None
    [change] = theirs.set([track], rating=4)
    assert change.is_change
    for wish in ({"year": 1999}, {"rating": 3, "year": 1999}, {"unset": ["genre"]}):
        with pytest.raises(NotAllowedError, match="'correct'"):
            theirs.set([track], **wish)  # type: ignore[arg-type]
    after = theirs.track(path_of(1))
    assert (after.rating(), after.user.year) == (4, None)
    [change] = library.acting_as(actor_with("own", "correct")).set([track], year=1999)
    assert change.is_change


def test_job_needs_the_scope_of_its_work(library: Library) -> None:
    theirs = library.acting_as(actor_with("read", "own"))
    with pytest.raises(NotAllowedError, match="'files'"):
        theirs.plans.make("undo", of="tags", name=None, music=())
    assert theirs.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv"))).asked_by.name == "Ann"
    scan: Any = JobRequest(kind="scan", options=ScanOptions())
    with pytest.raises(NotAllowedError, match="'scan'"):
        theirs.jobs.submit(scan)
    assert library.acting_as(actor_with("scan")).jobs.submit(scan).asked_by.name == "Ann"
    # One that was asked for while more was allowed is not begun again.
    job = library.acting_as(actor_with("own", "scan")).jobs.submit(scan)
    with pytest.raises(NotAllowedError, match="'scan'"):
        theirs.jobs.retry(job.id)
