"""Actors: the callers of map4, their scopes, and the checks of their calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from types import FunctionType, NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    BinaryIO,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from map4.core.base import paths
from map4.core.base.call_options import NamesOf, plain_values
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations, with_declared
from map4.errors import Map4Error, NotAllowedError, UsageError

RIGHTS = [right for declaration in declarations() for right in declaration.rights]
"""The scopes that extras declare."""
_CORE = {
    "read": "view and play",
    "own": "manage own ratings, stars, lists and exports, and upload files to analyse",
    "correct": "correct values, cues and marks for everybody",
    "scan": "scan and analyse files",
    "files": "write tags, move and delete files",
    "admin": "manage accounts and the whole library",
    "metrics": "read server metrics",
}
SCOPES: Mapping[str, str] = {
    name: _CORE.get(name) or next(right.help for right in RIGHTS if right.name == name)
    for name in with_declared(tuple(_CORE), RIGHTS)
}
"""Scopes that a call can require of its caller, and what each allows."""
Scope = str
if not TYPE_CHECKING:
    Scope = Literal[tuple(SCOPES)]  # for schemas

Role = Literal["viewer", "user", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    "viewer": frozenset({"read", *(right.name for right in RIGHTS if right.role == "viewer")}),
    "user": frozenset({"read", "own", "correct", *(right.name for right in RIGHTS if right.role != "admin")}),
    "admin": frozenset(SCOPES),
}
"""The scopes of each role, lowest role first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller of a function.

    id: number stored in the library with everything this actor makes or changes; independent of the name
    name: for people
    scopes: what the actor may do
    """

    LOCAL: ClassVar[Actor]
    """The local user with all rights: the command line, programs, and a server without accounts."""
    ANONYMOUS: ClassVar[Actor]
    """An anonymous caller without any rights."""

    id: int
    name: str
    scopes: frozenset[Scope]

    @property
    def has_account(self) -> bool:
        """Whether the actor is a person with an account: neither the local user nor an anonymous caller."""
        return self.id > 0

    @property
    def rights(self) -> tuple[int | str, ...]:
        """Identity and scopes of the actor, as a key for per-caller caches."""
        return (self.id, *sorted(self.scopes))

    def may(self, scope: Scope) -> bool:
        """Whether this actor has a scope."""
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise NotAllowedError if this actor lacks a scope."""
        if scope not in self.scopes:
            role = next(role for role in ROLES if scope in SCOPES_OF[role])
            # Fewer scopes than any role, as only a token has: its account may have more.
            so = "" if self.scopes in (frozenset(), *SCOPES_OF.values()) else " with this token"
            raise NotAllowedError(f"{self.name} may not do this{so}; it needs the scope '{scope}' (role {role})")

    def to_record(self) -> dict[str, Any]:
        """The whole actor, for another process."""
        return {"id": self.id, "name": self.name, "scopes": sorted(self.scopes)}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Actor:
        """The actor that `to_record` wrote."""
        return cls(id=record["id"], name=record["name"], scopes=frozenset(record["scopes"]))


F = TypeVar("F", bound=Callable[..., Any])


def needs(scope: Scope) -> Callable[[F], F]:
    """Make a function refuse callers who lack a scope: the `actor` of its first argument.

    On a class it concerns every public method without `needs` or `checks_needs`.
    """

    def decorate(target: F) -> F:
        if not isinstance(target, type):
            return cast("F", _checked(target, scope))
        methods = {name: member for owner in reversed(target.__mro__) for name, member in vars(owner).items()}
        for name, method in methods.items():
            if isinstance(method, FunctionType) and not name.startswith("_") and not hasattr(method, "needs"):
                setattr(target, name, _checked(method, scope))
        return target

    return decorate


def checks_needs(method: F) -> F:
    """A method that checks the caller's scopes itself, or is for all callers."""
    return cast("F", _checked(method, None))


def served(
    method: str, path: str, summary: str, takes: Mapping[str, Any] | None = None, body: str = "", **more: Any
) -> Callable[[F], F]:
    """Declare a route of a method of a part, which needs what the method needs and answers with its record, or 204.

    `Routes` of a subject's declaration name its class.

    method, path, summary: as of `map4.server.route.Route`; what is in braces in the path is the first arguments. An
        argument that is a `Track` is given by its address
    takes: members of its query or body, each with type and default (`...` means required); a member with another name
        than its argument is written "member:argument"
    body: name of the schema of its body
    more: further members of the `Route` (`answer` if the class of the record is imported for type checkers only), and
        `always`, further arguments; `at`, the address of what was made, with members of the record; `headers`;
        `record`, "module:name" of the record whose first field is the answer; `sets`, the only fields it changes;
        `shows`, the call without arguments whose record is sent; `tracks`, arguments that also paths and words may name
    """

    def decorate(function: F) -> F:
        declared = (method, path, summary, takes or {}, body, more)
        function.served = (declared, *getattr(function, "served", ()))  # type: ignore[attr-defined]
        return function

    return decorate


def _checked(method: Callable[..., Any], scope: Scope | None) -> Callable[..., Any]:
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"{method.__qualname__} needs the scope '{scope}', which nothing declares")

    @wraps(method)
    def checked(self: Any, *given: Any, **keywords: Any) -> Any:
        if scope is not None:
            self.actor.require(scope)
        given, keywords = plain_values(given), dict(zip(keywords, plain_values(keywords.values()), strict=True))
        try:
            result = method(self, *given, **keywords)
        except (TypeError, AttributeError, ValueError, Map4Error) as error:
            if (
                isinstance(error, Map4Error) and type(error) is not Map4Error
            ):  # the database refuses values with Map4Error itself
                raise
            is_entered = error.__traceback__ is not None and error.__traceback__.tb_next is not None
            if keywords and not is_entered:
                raise _misnamed(method, keywords) or error from None
            raise _mistaken(method, given, keywords) or error from None
        if isinstance(result, Iterator) and (mistake := _mistaken(method, given, keywords)) is not None:
            raise mistake  # now, not when it is read
        return result

    checked.needs = scope  # type: ignore[attr-defined]
    return checked


def _misnamed(method: Callable[..., Any], keywords: Mapping[str, object]) -> UsageError | None:
    """The error for unknown keywords of a call; None if all are known."""
    _, *known = inspect.signature(method).parameters
    wrong = {name: value for name, value in keywords.items() if name not in known}
    if not wrong:
        return None
    first = next(iter(wrong))
    hint = UsageError.did_you_mean(first, known)
    if "query" in known and not UsageError.near(first, known):  # query fields are not keywords
        query = load("map4.core.music.query.slips:query_of_keywords")(wrong)
        hint = f"did you mean {method.__name__}({query!r})?" if query else hint
    return UsageError(f"{method.__name__} has no option '{first}'; {hint}")


_MOST_ITEMS = 1000  # more would take longer than some calls


def _mistaken(method: Callable[..., Any], given: Sequence[Any], keywords: Mapping[str, Any]) -> UsageError | None:
    """The error for the first argument that does not fit its hint; None if all fit, or their number is wrong."""
    try:
        arguments = inspect.signature(method).bind(None, *given, **keywords).arguments
    except TypeError:
        return None
    hints, written = _hints(method), inspect.get_annotations(method)
    for name, value in [*arguments.items()][1:]:  # not the library or part
        if name in hints and not _fits(value, hints[name]):
            return UsageError(f"{method.__name__}: {name} must be {written[name]}, not {value!r:.60}")
    return None


@cache
def _hints(method: Callable[..., Any]) -> Mapping[str, Any]:
    names = NamesOf(method.__module__)
    names.update(vars(paths))
    texts = inspect.get_annotations(method).items()
    return {name: eval(text, {}, names) for name, text in texts if name not in ("return", "keywords")}


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return isinstance(value, tuple(map(type, parts)))
    if origin is Annotated:
        return _fits(value, parts[0])
    if origin is not None:
        items = value[:_MOST_ITEMS] if isinstance(value, list | tuple | str) and len(parts) == 1 else ()
        return isinstance(value, origin) and all(_fits(item, parts[0]) for item in items)
    if hint is None or hint is NoneType:
        return value is None
    if hint in (int, float):
        return isinstance(value, (int, float) if hint is float else int)
    if hint is BinaryIO:
        return hasattr(value, "read") or hasattr(value, "write")
    if hint is Any or not isinstance(hint, type) or getattr(hint, "_is_protocol", False):
        return True
    is_only_a_name = hint.__module__ == NamesOf.__module__  # imported for type checkers only
    return (
        any(kind.__name__ == hint.__name__ for kind in type(value).__mro__)
        if is_only_a_name
        else isinstance(value, hint)
    )


Actor.LOCAL = Actor(id=0, name="local", scopes=frozenset(SCOPES))
Actor.ANONYMOUS = Actor(id=-1, name="nobody", scopes=frozenset())
