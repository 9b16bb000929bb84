"""Password input: typed twice without echo, or from stdin; never an argument."""

from __future__ import annotations

import sys

import click

from map4.accounts.records import MOST_PASSWORD_BYTES, checked_password
from map4.cli.session import Session
from map4.version import packages_of

_TRIES = 3


def new_password(session: Session, name: str, *, from_stdin: bool) -> str:
    """Read a new password from the first line of stdin, or prompt for it twice."""
    with packages_of("serve", "passwords need"):  # before the prompt
        import argon2  # noqa: F401
        import bcrypt  # noqa: F401
    if from_stdin:
        line = sys.stdin.buffer.readline(4 * MOST_PASSWORD_BYTES).removesuffix(b"\n").removesuffix(b"\r")
        if not line:
            raise click.UsageError("stdin has no password; write it on its first line.")
        return checked_password(line.decode("utf-8", "surrogateescape"))
    for _ in range(_TRIES):
        first = checked_password(session.typed_secret(f"Password for {name}"))
        if session.typed_secret("Repeat the password") == first:
            return first
        session.warn("the passwords differ; try again")
    raise click.UsageError("the two passwords differed each time.")
