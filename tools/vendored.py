"""Modules of others in `map4/page/vendor/`: taken from the npm registry, and listed in SBOM and licences.

`vendored.py fetch` packs the pinned versions, checks their hashes and writes the files. `list SBOM LICENCES`
adds them to both files of `make dist`. To raise a version, change it with its hash (`npm view NAME@VERSION
dist.integrity`) in `vendored.json`, and run `fetch`. `inter.woff2` is made of the font's `latin-wght` with fonttools:
Latin-1, U+2010-2026, arrows and signs of mathematics; features kern, tnum, ccmp and locl; weights 400 to 700.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "map4" / "page" / "vendor"
PINNED = FOLDER / "vendored.json"
_SPECIFIER = re.compile(r'(?<=from")[^"]+(?=")')
_MAP = re.compile(r"\s*//# sourceMappingURL=.*")


def modules() -> list[dict[str, Any]]:
    """The pinned packages: name, version, integrity, licence, copyright, and modules by their path in the package."""
    pinned: list[dict[str, Any]] = json.loads(PINNED.read_text(encoding="utf-8"))
    return pinned


def fetch() -> None:
    """Write the modules of all packages, with imports of files instead of packages, and the licences."""
    pinned = modules()
    files = {name: file for one in pinned for name, file in one["imports"].items()}
    for one in pinned:
        with tempfile.TemporaryDirectory() as folder:
            wanted = f"{one['name']}@{one['version']}"
            packed = subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, capture_output=True)
            archive = Path(folder, packed.stdout.decode().strip())
            digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if f"sha512-{digest}" != one["integrity"]:
                raise SystemExit(f"{wanted} is not the pinned package: its hash is sha512-{digest}")
            with tarfile.open(archive) as opened:
                for file, path in one["files"].items():
                    source = _text(opened, f"package/{path}")
                    source = _SPECIFIER.sub(lambda found: f"./{files[found[0]]}", _MAP.sub("", source)).strip()
                    head = f"/*! {one['name']} {one['version']}, {one['licence']}, {one['copyright']} */\n"
                    FOLDER.joinpath(file).write_text(f"{head}{source}\n", encoding="utf-8")
                licence = _text(opened, "package/LICENSE")
                licence_of(one).write_text(licence, encoding="utf-8")
        one["sha256"] = {file: digest_of(FOLDER / file) for file in one["files"]}
    PINNED.write_text(json.dumps(pinned, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _text(opened: tarfile.TarFile, path: str) -> str:
    file = opened.extractfile(path)
    assert file is not None
    return file.read().decode()


def licence_of(one: dict[str, Any]) -> Path:
    """The file with the licence of a package."""
    return FOLDER / f"LICENSE.{one['name'].removeprefix('@').replace('/', '-')}"


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def add_to(sbom: Path, licences: Path) -> None:
    """Add the packages to a CycloneDX document and to a table of licences."""
    document = json.loads(sbom.read_text(encoding="utf-8"))
    document.setdefault("components", []).extend(_component(one) for one in modules())
    sbom.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    with licences.open("a", encoding="utf-8") as file:
        file.writelines(f"| {one['name']} | {one['version']} | {one['licence']} |\n" for one in modules())


def _component(one: dict[str, Any]) -> dict[str, Any]:
    purl = f"pkg:npm/{one['name'].replace('@', '%40')}@{one['version']}"
    content = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
    return {
        "bom-ref": purl,
        "type": "library",
        "name": one["name"],
        "version": one["version"],
        "purl": purl,
        "licenses": [{"license": {"id": one["licence"]}}],
        "hashes": [{"alg": "SHA-512", "content": content}],
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fetch"]:
            fetch()
        case ["list", sbom, licences]:
            add_to(Path(sbom), Path(licences))
        case _:
            raise SystemExit(__doc__)
