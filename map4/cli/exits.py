"""Exit codes for the help of a command, built from the error classes that end it."""

from __future__ import annotations

from map4 import errors

EXIT_SIGNAL = 128
"""A command ended by a signal exits with this plus the signal number, as in a shell."""
EXIT_FINDINGS = errors.FileError.exit_code

Ending = type[errors.Map4Error] | tuple[type[errors.Map4Error] | int, str]
"""An error class (it has a `meaning`), or a class or exit code with its meaning for one command."""


class Exit:
    """How a command can end, beside errors."""

    HUNG_UP = (EXIT_SIGNAL + 1, "the terminal was closed")
    INTERRUPTED = (EXIT_SIGNAL + 2, "interrupted")
    PIPE_CLOSED = (EXIT_SIGNAL + 13, "the reader closed its output")  # SIGPIPE, which Windows lacks
    TERMINATED = (EXIT_SIGNAL + 15, "terminated")
    NEEDS_YES = (errors.UsageError, "--yes is needed")
    NOT_IN_LIBRARY = (errors.FileError, "some FILEs are not in the library")
    STRICT_FINDINGS = (errors.FileError, "findings with --strict")
    NO_LIBRARY = (errors.NothingFoundError, "no library yet")
    NO_TRACK = (errors.NothingFoundError, "no such track")
    NO_MATCH = (errors.NothingFoundError, "nothing matched")
    REFUSED = (errors.NothingFoundError, "you said no")


ALL_ENDINGS: tuple[Ending, ...] = (
    errors.Map4Error, errors.QueryError, Exit.NEEDS_YES,
    (errors.FileError, "done, but some files newly failed or were skipped"), Exit.STRICT_FINDINGS,
    errors.NothingFoundError, Exit.NO_LIBRARY, Exit.REFUSED, errors.LibraryBusyError, errors.WorkerTimeoutError,
    Exit.HUNG_UP, Exit.INTERRUPTED, Exit.PIPE_CLOSED, Exit.TERMINATED,
)  # fmt: skip
"""How commands can end."""


def meanings_of(*endings: Ending, done: str = "done") -> dict[int, str]:
    """The meaning of each exit code, in order; 0 and wrong usage are always among them.

    done: meaning of 0
    """
    meanings = {0: [done], errors.UsageError.exit_code: [errors.UsageError.meaning]}
    for ending in endings:
        kind, meaning = ending if isinstance(ending, tuple) else (ending, ending.meaning)
        meanings.setdefault(kind if isinstance(kind, int) else kind.exit_code, []).append(meaning)
    return {code: _any_of(meanings[code]) for code in sorted(meanings)}


def exit_codes(*endings: Ending, done: str = "done", note: str = "") -> str:
    """The exit codes of a command, as the sentence for its help.

    done: meaning of 0
    note: a sentence to append
    """
    codes = ", ".join(f"{code} {meaning}" for code, meaning in meanings_of(*endings, done=done).items())
    return f"Exit codes: {codes}.{note and f' {note}'}"


def _any_of(meanings: list[str]) -> str:
    *first, last = dict.fromkeys(meanings)
    return f"{', '.join(first)}, or {last}" if first else last
