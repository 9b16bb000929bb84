"""Check the types of map4, of what teaches its weights, and of the Python in README.md, docs/ and examples/extra/.

`make lint` runs this.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXTRA = REPOSITORY / "examples" / "extra"
TRAINING = REPOSITORY / "lab" / "training"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Run mypy once on all, each block as a module of its own. The lines of messages are those of the page."""
    with tempfile.TemporaryDirectory() as folder:
        modules = []
        for page in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))):
            text = page.read_text(encoding="utf-8")
            for block in _BLOCK.finditer(text):
                line = text.count("\n", 0, block.start(1))
                module = Path(folder, f"{page.stem.replace('-', '_')}_{line}.py")
                module.write_text("\n" * line + block[1], encoding="utf-8")
                modules.append(module)
        # What teaches runs rarely: a wrong call would be found after hours of making clips.
        scripts = sorted(TRAINING.glob("*.py"))
        command = [sys.executable, "-m", "mypy", "map4", *scripts, *modules, EXTRA / "map4_decades"]
        environment = {**os.environ, "MYPYPATH": str(EXTRA)}
        return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
