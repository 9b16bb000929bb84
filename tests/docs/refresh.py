"""Update the sessions of the documentation after numbers or texts of map4 changed.

    python tests/docs/refresh.py

Runs the sessions of the README and of the other pages that have some (`pages.py`) on the demo folder, which is written
if it is missing, and replaces their output. Check the difference before you commit it.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / folder) for folder in (".", "support", "docs")]

from pages import SESSION_PAGES, page, session_commands  # noqa: E402

from map4.extras.demo.folder import DemoFolder  # noqa: E402

# Short, since the panel shows whole paths, and the same on every machine.
PLACE = Path("/tmp")
DEMO = PLACE / "demo-music"


def main() -> None:
    """Run the sessions and write the pages."""
    if not DEMO.is_dir():
        DemoFolder(str(DEMO)).write()
    with tempfile.TemporaryDirectory() as home:
        command = Path(home) / "map4"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m map4 "$@"\n')
        command.chmod(0o755)
        source = os.environ.get("PYTHONPATH", str(REPOSITORY))
        environment = {"PATH": f"{home}:{os.environ['PATH']}", "HOME": home, "PYTHONPATH": source, "LANG": "C.UTF-8"}
        for number, name in enumerate(SESSION_PAGES):
            if session_commands(page(name))[0].startswith("map4 scan"):
                environment["MAP4_LIBRARY"] = str(Path(home) / f"{number}.map4")
            (REPOSITORY / name).write_text(with_sessions(page(name), environment), encoding="utf-8")


def with_sessions(text: str, environment: dict[str, str]) -> str:
    """The page with what its commands print now."""

    def rewritten(block: re.Match[str]) -> str:
        shown = ""
        for line in session_commands(block[0]):
            done = subprocess.run(
                ["bash", "-c", line], cwd=PLACE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                encoding="utf-8", check=False,
            )  # fmt: skip
            shown += f"$ {line}\n{done.stdout}"
        return f"```console\n{shown}```"

    return re.sub(r"^```console\n.*?^```$", rewritten, text, flags=re.MULTILINE | re.DOTALL)


if __name__ == "__main__":
    main()
