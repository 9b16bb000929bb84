#!/usr/bin/env python3
"""Measure how large map4 is and how much of it one must know.

usage: measure_house.py [ROOT] [MODULE...]     (ROOT: the checkout, default: here)

From the sources alone:
- lines, code lines and files of map4/ by room, and of tests, docs and the page
- import closure of a module: modules and lines, at import, and with imports inside functions and "module:name" strings
- files that name each stored table in SQL or as a registry entry
- functions whose body is a single call, Protocols, files under 40 lines

From a run, where ROOT has a `.venv` or map4 can be imported: map4's modules in `sys.modules` after a real
`map4 playlist` over three made-up tracks.
"""

from __future__ import annotations

import ast
import collections
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import wave

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

MODULE_NAME = re.compile(r"map4(?:\.\w+)+(?=:\w)")
CREATED_TABLE = re.compile(r"CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?(\w+)")
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|CREATE|DROP|ALTER|WHERE|REFERENCES)\b")
BEFORE_A_TABLE = r"(?:FROM|JOIN|INTO|UPDATE|TABLE|EXISTS|ON|OF|REFERENCES|COPY|,)\s+(?:(?:main|temp|old|other)\.)?"
STORAGE = {"sql", "sqlite", "postgres", "store", "tables"}
"""Words in the names of modules that store things."""
WATCHED_TABLES = ("ratings", "marks", "plays", "labels")
RUN = """
import atexit, sys
def write():
    with open(OUT, "w") as file:
        file.write("\\n".join(sorted(name for name in sys.modules if name.partition(".")[0] == "map4")))
OUT = sys.argv.pop(1)
atexit.register(write)
from map4.cli.main import main
main()
"""


def read_modules() -> dict[str, pathlib.Path]:
    modules = {}
    for top in ROOT.iterdir():
        if top.is_dir() and top.name.startswith("map4"):
            for path in top.rglob("*.py"):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                modules[name.removesuffix(".__init__")] = path
    return modules


MODULES = read_modules()
SOURCES = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}


def named_modules(node: ast.AST) -> set[str]:
    """Modules that strings such as "map4.extras.ask.use:Answer" name."""
    return {
        module
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        for module in MODULE_NAME.findall(part.value)
    }


def imports(name: str, *, inside: bool) -> set[str]:
    """Modules that `name` imports; type-checking blocks never count.

    inside: also those that functions import, and those that strings name as "module:name"
    """
    result: set[str] = set()

    def visit(nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    result.add(whole if whole in MODULES else node.module)
            elif isinstance(node, ast.Import):
                result.update(alias.name for alias in node.names)
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                visit(node.orelse)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if inside:
                    visit(node.body)
            else:
                for field in ("body", "orelse", "finalbody"):
                    visit(getattr(node, field, []) or [])
                for handler in getattr(node, "handlers", []) or []:
                    visit(handler.body)

    visit(TREES[name].body)
    if inside:
        result |= named_modules(TREES[name])
    return {module for module in result if module in MODULES and module != name}


def closure(start: str, *, inside: bool) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in MODULES:
            seen.add(name)
            waiting += imports(name, inside=inside)
    return seen


def count_lines(names: set[str]) -> int:
    return sum(SOURCES[name].count("\n") for name in names)


def docstrings(tree: ast.Module) -> list[ast.Expr]:
    result = []
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                result.append(first)
    return result


def code_lines(name: str) -> int:
    """Lines without blank ones, comments, docstrings and imports."""
    lines = SOURCES[name].splitlines()
    skipped = {number for number, text in enumerate(lines, 1) if not text.strip() or text.strip().startswith("#")}
    for docstring in docstrings(TREES[name]):
        skipped.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    for node in ast.walk(TREES[name]):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines) - len(skipped)


def strings(name: str) -> list[str]:
    """String constants of a module, those of f-strings joined, docstrings left out."""
    skipped = {id(docstring.value) for docstring in docstrings(TREES[name])}
    texts = []
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
            skipped.update(id(part) for part in node.values)
    constants = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Constant) and id(node) not in skipped]
    return texts + [node.value for node in constants if isinstance(node.value, str)]


def is_storage(name: str) -> bool:
    """True for modules that name stored tables. `search.tables` has tables of results, declarations name modules."""
    return bool(STORAGE.intersection(re.split(r"[._]", name))) and not name.startswith("map4.search.tables")


def files_naming(tables: set[str]) -> dict[str, list[str]]:
    """Modules that name each table: in SQL, or in storage modules as a string that is just its name."""
    result: dict[str, list[str]] = {table: [] for table in tables}
    for name in MODULES:
        texts = strings(name)
        sql = [text for text in texts if SQL.search(text)]
        entries = set(texts) if is_storage(name) else set()
        for table in tables:
            in_sql = re.compile(rf"{BEFORE_A_TABLE}{table}\b|\b{table}\.\w", re.IGNORECASE)
            if table in entries or any(in_sql.search(text) for text in sql):
                result[table].append(name)
    return result


def write_track(path: pathlib.Path, bpm: float, seed: int) -> None:
    """A click track of 20 s with noise of its own."""
    noise, rate = random.Random(seed), 22050
    beat = int(60 / bpm * rate)
    samples = [int((6000 if n % beat < 400 else 300) * noise.uniform(-1, 1)) for n in range(20 * rate)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def loaded_by_a_playlist() -> list[str] | None:
    """Modules of map4 that one `map4 playlist` loads; None where map4 can't be run."""
    python = ROOT / ".venv/bin/python"
    command = [str(python if python.exists() else sys.executable)]
    with tempfile.TemporaryDirectory() as folder:
        for number, bpm in enumerate((120, 122, 124)):
            write_track(pathlib.Path(folder, f"{number}.wav"), bpm, number)
        home = {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
        environment = {**os.environ, **home, "PYTHONPATH": str(ROOT)}
        library = ["--library", f"{folder}/measured.map4"]

        def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, check=False)

        if run("-m", "map4", *library, "scan", folder).returncode:
            return None
        modules = pathlib.Path(folder, "modules.txt")
        run("-c", RUN, str(modules), *library, "playlist", "--seed", f"{folder}/0.wav", "-n", "2")
        return modules.read_text().split() if modules.exists() else None


def print_rooms() -> None:
    rooms: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0])
    for name, path in MODULES.items():
        parts = path.relative_to(ROOT).parts
        depth = 3 if parts[1:2] == ("extras",) and len(parts) > 3 else 2
        room = "/".join(parts[:depth]) if len(parts) > 2 else parts[0]
        rooms[room][0] += SOURCES[name].count("\n")
        rooms[room][1] += code_lines(name)
        rooms[room][2] += 1
    print(f"{'room':32}{'lines':>9}{'code':>9}{'files':>7}")
    for room, (lines, code, files) in sorted(rooms.items(), key=lambda item: -item[1][0]):
        print(f"{room:32}{lines:9,}{code:9,}{files:7,}")
    total = [sum(values[i] for values in rooms.values()) for i in range(3)]
    print(f"{'all of map4*/, Python':32}{total[0]:9,}{total[1]:9,}{total[2]:7,}")
    extras = [sum(values[i] for room, values in rooms.items() if "/extras" in room) for i in range(3)]
    print(
        f"{'  the core, without extras':32}{total[0] - extras[0]:9,}{total[1] - extras[1]:9,}{total[2] - extras[2]:7,}"
    )


def print_beside() -> None:
    page = [
        path
        for path in ROOT.glob("map4*/**/*.[jt]s*")
        if path.suffix in {".js", ".ts", ".tsx"} and "vendor" not in path.parts
    ]
    print(f"{'the page, JS or TS':32}{sum(path.read_text().count(chr(10)) for path in page):9,}{'':9}{len(page):7,}")
    for folder in ("tests", "benchmarks", "training", "lab", "examples", "tools"):
        files = [path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
        if files:
            lines = sum(path.read_text().count("\n") for path in files)
            print(f"{folder + '/, Python':32}{lines:9,}{'':9}{len(files):7,}")
    docs = list((ROOT / "docs").rglob("*.md"))
    print(f"{'docs/, words':32}{sum(len(path.read_text().split()) for path in docs):9,}{'':9}{len(docs):7,}")
    print(f"{'CHANGELOG.md, lines':32}{(ROOT / 'CHANGELOG.md').read_text().count(chr(10)):9,}")


def print_closures(starts: list[str]) -> None:
    print("\nimport closure (modules, lines): at import | with imports inside functions and named in strings")
    for start in starts:
        loaded, reached = closure(start, inside=False), closure(start, inside=True)
        print(f"{start:44}{len(loaded):5}{count_lines(loaded):8,} |{len(reached):5}{count_lines(reached):8,}")


def print_functions() -> None:
    single = protocols = functions = 0
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions += 1
                body = [
                    statement
                    for statement in node.body
                    if not isinstance(statement, (ast.Import, ast.ImportFrom))
                    and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
                ]
                value = getattr(body[0], "value", None) if len(body) == 1 else None
                single += isinstance(value, (ast.Call, ast.Await, ast.YieldFrom))
            if isinstance(node, ast.ClassDef):
                protocols += any("Protocol" in ast.unparse(base) for base in node.bases)
    small = sum(source.count("\n") < 40 for source in SOURCES.values())
    print(f"functions {functions:,}, of these a single call {single:,}; Protocols {protocols}")
    print(f"files under 40 lines: {small}")


def main() -> None:
    print_rooms()
    print_beside()
    usual = (
        "map4.lists.commands.make", "map4.scan.commands.scan", "map4.search.commands.search",
        "map4.lists.candidates", "map4.scan.scanner", "map4.lists.commands.make", "map4.scan.commands",
        "map4.search.commands", "map4.lists", "map4.library",
    )  # fmt: skip
    print_closures([name for name in sys.argv[2:] or usual if name in MODULES])
    tables = {table for source in SOURCES.values() for table in CREATED_TABLE.findall(source)}
    named = files_naming(tables | set(WATCHED_TABLES))
    most = sorted(named.items(), key=lambda item: -len(item[1]))[:10]
    print("\nfiles that name a table:", ", ".join(f"{table} {len(names)}" for table, names in most))
    for table in WATCHED_TABLES:
        print(f"  {table} ({len(named[table])}): {', '.join(sorted(named[table]))}")
    print_functions()
    modules = loaded_by_a_playlist()
    if modules is None:
        print("a real `map4 playlist`: not measured, as map4 can't be run here (make prepared)")
    else:
        lines = count_lines({module for module in modules if module in MODULES})
        print(f"a real `map4 playlist` loads {len(modules)} modules of map4, {lines:,} lines")


if __name__ == "__main__":
    main()
