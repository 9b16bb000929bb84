"""What a release needs: packages that are the same bytes each time, install, and say one version.

python tools/release.py check         all of it; leaves the packages, SHA256SUMS and notes.md in dist/
python tools/release.py tag v1.2.0    the tag is the version, and the packages in dist/ are those that were checked
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
SUMS = DIST / "SHA256SUMS"
UV = ROOT / ".venv-tools" / "bin" / "uv"


def disagreements(root: Path) -> list[str]:
    """Places that contradict the version or the Pythons of pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version, problems = project["version"], []
    status = "4 - Beta" if re.search("[a-z]", version) else "5 - Production/Stable"
    section = f"{version}, " if status > "5" else f"{re.split('[a-z]', version)[0]} – unreleased"
    if not (root / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1].startswith(section):
        problems.append(f"CHANGELOG.md does not begin with '{section}', the version is {version}")
    if f"Development Status :: {status}" not in project["classifiers"]:
        problems.append(f"the classifier of version {version} is {status}")
    pythons = [name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)]
    if project["requires-python"] != f">={pythons[0]}":
        problems.append(f"requires-python is {project['requires-python']}, the first classifier is {pythons[0]}")
    workflow = (root / ".github/workflows/checks.yaml").read_text(encoding="utf-8")
    if "[" + ", ".join(f'"{python}"' for python in pythons) + "]" not in workflow:
        problems.append(f"the workflow does not check Python {', '.join(pythons)}")
    readme = (root / "README.md").read_text(encoding="utf-8")
    if f"Python {pythons[0]} to {pythons[-1]}" not in " ".join(readme.split()):
        problems.append(f"README.md does not name Python {pythons[0]} to {pythons[-1]}")
    return problems


def checked() -> int:
    """Build twice, compare, install each package and run the demo with it."""
    if problems := disagreements(ROOT):
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    builds = [_built() for _ in range(2)]
    if builds[0] != builds[1]:
        print("two builds differ:", *(builds[0].items() ^ builds[1].items()), sep="\n", file=sys.stderr)
        return 1
    for package in sorted([*DIST.glob("*.whl"), *DIST.glob("*.tar.gz")]):
        _try(package)
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(builds[0].items())))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    (DIST / "notes.md").write_text(changes.partition("\n")[2].strip() + "\n", encoding="utf-8")
    print(SUMS.read_text(), end="")
    return 0


def tagged(tag: str) -> int:
    """Compare the tag with the version, and the packages with their checksums."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag != f"v{version}":
        print(f"the tag is {tag}, the version {version}", file=sys.stderr)
        return 1
    return subprocess.run(["sha256sum", "--check", SUMS.name], cwd=DIST, check=False).returncode


def _built() -> dict[str, str]:
    subprocess.run(["make", "--no-print-directory", "dist"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DIST.glob("[!.]*")}


def _try(package: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "env", "bin", "python")
        # The newest allowed versions, as a user gets them.
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, python.parents[1]], check=True)
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, package], check=True)
        home = {**os.environ, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CACHE_HOME": folder}
        done = subprocess.run([python.with_name("map4"), "demo"], cwd=folder, env=home, check=True, capture_output=True)
        print(f"{package.name}: {done.stdout.decode().splitlines()[-1]}")


if __name__ == "__main__":
    shutil.rmtree(DIST / ".installed", ignore_errors=True)
    sys.exit(checked() if sys.argv[1:] == ["check"] else tagged(sys.argv[2]))
