"""The lock of development and CI: every package with its hashes, what pyproject.toml allows, and no registry named."""

import re
import tomllib

from conftest import REPOSITORY
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = (REPOSITORY / "requirements.lock").read_text()
BLOCKS = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(.*(?:\n +--hash=.*)*)", LOCK, re.MULTILINE)
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
WANTED = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["test"]]


def test_locked_packages_have_a_version_and_hashes_but_no_registry() -> None:
    assert len(BLOCKS) > len(WANTED)
    for name, _, rest in BLOCKS:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest), name
    others = [line for line in LOCK.splitlines() if not line.startswith("    --hash=sha256:") and "==" not in line]
    assert others == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|@ ", LOCK)


def test_lock_satisfies_the_requirements_of_the_project() -> None:
    locked = {canonicalize_name(name): version for name, version, _ in BLOCKS}
    wanted = [Requirement(line) for line in WANTED]
    missing = [
        requirement
        for requirement in wanted
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"), True)
    ]
    assert missing == [], "'make lock' writes the lock anew"
