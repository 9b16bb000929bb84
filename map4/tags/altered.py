"""Change a file atomically: a changed copy beside it replaces it in one step."""

from __future__ import annotations

import math
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from typing import BinaryIO

from map4.core.audio.content import BLOCK_BYTES, ContentWriter
from map4.core.audio.jobs import Content, Stamp
from map4.core.audio.tags.changes import Splice, WrittenTags, reversed_splices
from map4.core.base.regular_files import NotRegularError, open_regular
from map4.core.base.unfinished import replace_file, sweep, unfinished_locked
from map4.errors import FileError

# Hidden, so that scans ignore it, and short, as names have a maximum length.
_HIDDEN, _WHAT = ".map4", "tags"
_ANY_WRITE = 0o222
# Locked by the macOS Finder; a copy would be locked too, and could not be renamed.
_LOCKED = stat.UF_IMMUTABLE | stat.UF_APPEND | stat.SF_IMMUTABLE | stat.SF_APPEND


def alter(
    path: str,
    splices: Sequence[Splice],
    *,
    check: Callable[[str], None],
    note: Callable[[WrittenTags], None] | None = None,
    expected: Content | None = None,
    stamp: Stamp | None = None,
    fields: dict[str, tuple[str | None, str]] | None = None,
    modified_ns: int | None = None,
) -> WrittenTags:
    """Change a file atomically: it is unchanged until the last step.

    Owner, mode, extended attributes and access lists stay.

    check: examines the changed copy and raises if it is wrong
    note: records what undoes the change, before the file is replaced
    expected: the content that the file must have
    stamp: the state that the file must have
    fields: stored with the record
    modified_ns: the new modification time; None is now
    """
    real = os.path.realpath(path)
    try:
        with open_regular(real) as file:
            status = os.fstat(file.fileno())
            require_replaceable(status)
            if stamp is not None and not Stamp.of(status).has_content_of(stamp):
                raise _changed()
            hidden = os.path.join(os.path.dirname(real), _HIDDEN)
            with unfinished_locked(hidden, _WHAT) as partial:
                with open(partial, "wb") as target:
                    before, after, old = _copied(file, target, splices)
                file.close()
                if expected is not None and before != expected:
                    raise _changed()
                _keep_attributes(real, status, partial, modified_ns)
                check(partial)
                done = WrittenTags(
                    path=path,
                    before=before,
                    after=after,
                    modified_ns=status.st_mtime_ns,
                    back=reversed_splices(splices, old),
                    fields=fields or {},
                )
                if note is not None:
                    note(done)
                now = os.stat(real)
                if (Stamp.of(now), now.st_ino) != (Stamp.of(status), status.st_ino):
                    raise _changed()
                replace_file(partial, real)
                return done
    except NotRegularError as error:
        raise FileError("unsupported", "is a pipe, a socket or a device") from error
    except FileNotFoundError as error:
        raise FileError("vanished", "does not exist") from error
    except OSError as error:
        raise FileError("unreadable", f"can't be written: {error.strerror or error}") from error


def require_replaceable(status: os.stat_result) -> None:
    """Refuse a file that its owner protects from being replaced."""
    if status.st_nlink > 1:
        raise FileError(
            "unsupported",
            f"has {status.st_nlink} names (hard links), only one of them would change; make this a separate file",
        )
    if not status.st_mode & _ANY_WRITE:
        raise FileError("unsupported", "is read-only; 'chmod u+w' allows it")
    if getattr(status, "st_flags", 0) & _LOCKED:
        raise FileError("unsupported", "is locked; 'chflags nouchg' allows it")


def sweep_folder(folder: str) -> None:
    """Remove leftovers of interrupted writes from a folder."""
    sweep(os.path.join(folder, _HIDDEN), _WHAT, by_lock=True)


def _copied(file: BinaryIO, target: BinaryIO, splices: Sequence[Splice]) -> tuple[Content, Content, list[bytes]]:
    """Write the changed file; returns the contents of both files, and the replaced bytes."""
    read, written = ContentWriter(), ContentWriter(target)
    old = []
    at = 0
    for each in splices:
        _pass_on(file, read, written, each.start - at)
        gone = file.read(each.stop - each.start)
        if len(gone) < each.stop - each.start:
            raise _changed()
        old.append(gone)
        read.write(gone)
        written.write(each.new)
        at = each.stop
    _pass_on(file, read, written, math.inf)
    return read.content(), written.content(), old


def _pass_on(file: BinaryIO, read: ContentWriter, written: ContentWriter, count: float) -> None:
    """Copy `count` bytes; infinity copies the rest."""
    while count > 0 and (block := file.read(int(min(count, BLOCK_BYTES)))):
        read.write(block)
        written.write(block)
        count -= len(block)
    if 0 < count < math.inf:
        raise _changed()


def _keep_attributes(real: str, status: os.stat_result, partial: str, modified_ns: int | None) -> None:
    copied = os.stat(partial)
    if hasattr(os, "chown") and (copied.st_uid, copied.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(partial, status.st_uid, status.st_gid)
        except OSError:
            raise FileError("unsupported", "belongs to another user or group, which could not be preserved") from None
    shutil.copystat(real, partial)  # after the owner, whose change resets permissions
    if modified_ns is None:
        os.utime(partial)
    else:
        os.utime(partial, ns=(status.st_atime_ns, modified_ns))


def _changed() -> FileError:
    return FileError("unreadable", "has changed since; 'map4 scan' reads it again")
