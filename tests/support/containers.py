"""A Dockerfile followed step by step without Docker: each image a folder over a Debian made by debootstrap.

It knows FROM, WORKDIR, COPY, RUN, ENV, USER, VOLUME, EXPOSE, HEALTHCHECK, ENTRYPOINT and CMD, as the reference of
Dockerfiles has them, and refuses all others. It needs root, Linux, overlayfs and debootstrap.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = "ca-certificates,python3,python3-venv"
_OF_THE_SYSTEM = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs")
_USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LET_THROUGH = ("PIP_", "SSL_CERT", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def why_not() -> str:
    """Why no root can be made here; empty where one can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root, to make a root of its own"
    missing = [name for name in ("debootstrap", "unshare", "setpriv") if shutil.which(name) is None]
    return f"needs {', '.join(missing)}" if missing else ""


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """The lines of a Dockerfile, continued ones joined, without comments."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


@dataclass(kw_only=True)
class Image:
    """A root with what a container of it begins with."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": _USUAL_PATH})
    folder: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def started(self, words: Sequence[str], *, mounts: Mapping[str, Path], env: Mapping[str, str], entry: bool = True,
                read_only: bool = True) -> list[str]:  # fmt: skip
        """The command line of a container: its own mounts, a root that can't be written, and a /tmp in memory.

        It has /proc and /dev/shm as Docker gives them to each.
        """
        steps = [f"mount --bind {path} {self.root}{place}" for place, path in mounts.items()]
        steps.append(f"mount -t proc proc {self.root}/proc")
        steps.append(f"mkdir -p {self.root}/dev/shm && mount -t tmpfs -o size=64m tmpfs {self.root}/dev/shm")
        if read_only:
            steps.append(f"mount -t tmpfs tmpfs {self.root}/tmp")
            steps.append(f"mount -o remount,ro,bind {self.root}")
        steps += [f"mount -o remount,ro,bind {self.root}{place}" for place in mounts if place not in self.volumes]
        user, _, group = self.user.partition(":")
        told = [f"{name}={value}" for name, value in {**self.env, **env}.items()]
        inside = ["chroot", str(self.root), "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
                  "--no-new-privs", "env", "-i", *told, "sh", "-c", f'cd {self.folder} && exec "$@"', "sh",
                  *(self.entry if entry else []), *words]  # fmt: skip
        script = " && ".join([f"mount --bind {self.root} {self.root}", *steps, 'exec "$@"'])
        return ["unshare", "--mount", "sh", "-c", script, "sh", *inside]


def made_base(folder: Path) -> Path:
    """A small Debian with Python, that images and machines lie over."""
    base = folder / "base"
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", _here() or "stable", base], check=True,
                   capture_output=True)  # fmt: skip
    return base


@contextmanager
def machine(base: Path, place: Path) -> Iterator[Image]:
    """A new machine, whose root can be written."""
    made = Image(root=_over(base, place))
    try:
        yield made
    finally:
        subprocess.run(["umount", "--lazy", made.root], check=False)


@contextmanager
def built(dockerfile: Path, context: Path, base: Path, folder: Path) -> Iterator[Image]:
    """The last image of a Dockerfile."""
    images: dict[str, Image] = {}
    image: Image | None = None
    try:
        for number, (name, rest) in enumerate(instructions(dockerfile)):
            if name == "FROM":
                image = images[rest.partition(" AS ")[2] or "last"] = Image(root=_over(base, folder / str(number)))
            else:
                assert image is not None
                _do(image, images, context, name, rest)
        assert image is not None
        yield image
    finally:
        for one in images.values():
            subprocess.run(["umount", "--lazy", one.root], check=False)


def _here() -> str:
    told = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\w+)$", told, re.MULTILINE)
    return found[1] if found and re.search(r"^ID=debian$", told, re.MULTILINE) else ""


def _over(base: Path, place: Path) -> Path:
    upper, work, root = (place / name for name in ("upper", "work", "root"))
    for one in (upper, work, root):
        one.mkdir(parents=True)
    where = f"lowerdir={base},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", where, root], check=True)
    return root


def _do(image: Image, images: Mapping[str, Image], context: Path, name: str, rest: str) -> None:
    match name:
        case "WORKDIR":
            image.folder = rest
            (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "COPY":
            _copy(image, images, context, rest.split())
        case "RUN":
            run(image, rest)
        case "ENV":
            image.env |= dict(word.split("=", 1) for word in rest.split())
        case "USER":
            image.user = rest
        case "VOLUME":
            image.volumes.append(rest)
        case "ENTRYPOINT":
            image.entry = json.loads(rest)
        case "CMD":
            image.command = json.loads(rest)
        case "HEALTHCHECK":
            image.health = json.loads(rest.partition("CMD ")[2])
        case _:
            assert name == "EXPOSE", name


def _copy(image: Image, images: Mapping[str, Image], context: Path, words: list[str]) -> None:
    source = context
    if words[0].startswith("--from="):
        source = images[words.pop(0).removeprefix("--from=")].root
    *names, target = words
    into = image.root / os.path.join(image.folder, target).lstrip("/")
    for name in names:
        found = source / name.lstrip("/")
        if found.is_dir():  # what is in it is copied, not the folder
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, into / found.name)


def run(image: Image, command: str, said: str = "") -> str:
    """Run a line of a shell as root, with the network of this machine; gives what it prints.

    said: what it reads
    """
    mounts = [f"mount --bind {one} {image.root}{one}" for one in _OF_THE_SYSTEM]
    for one in _OF_THE_SYSTEM:
        place = image.root / one.lstrip("/")
        if Path(one).is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.touch()
    env = {name: value for name, value in os.environ.items() if name.upper().startswith(_LET_THROUGH)}
    env.pop("PIP_FIND_LINKS", None)
    told = [f"{name}={value}" for name, value in {**env, **image.env}.items()]
    inside = ["chroot", str(image.root), "env", "-i", *told, "sh", "-c", f"cd {image.folder} && {command}"]
    script = " && ".join([*mounts, f"mount -t proc proc {image.root}/proc", 'exec "$@"'])
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", *inside], capture_output=True, text=True,
                          check=False, input=said)  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout
