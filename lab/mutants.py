"""What a suite of tests protects: mutants drawn at random, each run against the tests that reach it.

    python lab/mutants.py draw 150 --seed 64 > mutants.json       # --under map4/store map4/tags: only there
    python lab/mutants.py reach mutants.json --tree COPY > reached.tsv      # runs the suite, or --tests, once
    python lab/mutants.py place mutants.json --tree COPY > placed.json      # found again in a COPY of another commit
    python lab/mutants.py run placed.json reached.tsv --tree COPY > results.json
    python lab/mutants.py compare old.json new.json

A mutant flips a comparison, drops a statement or changes a constant. COPY is a checkout that may be changed, with its
own `.venv`. `reach` writes a probe beside each mutant's place, so a test in a process of its own counts too. `run`
leaves out tests that COPY lacks; where the others don't kill the mutant, it runs the folder of the mutant's subject.
Every file names the draw: commit, seed, count and folders, which give the same mutants again.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path

CAP_S = 60
"""Of processor time, so that a busy machine makes no difference."""
PROBE = '__import__("mutant_probe").reached({})'
FLIPPED = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
PROBE_MODULE = '''"""Notes which test reached which mutant."""
import os
_seen = set()
def reached(number):
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if test and (number, test) not in _seen:
        _seen.add((number, test))
        with open(os.environ["MUTANT_HITS"], "a") as hits:
            hits.write(f"{number}\\t{test}\\n")
'''


@dataclass(frozen=True)
class Mutant:
    """One change of one place.

    Lines begin at 1, columns at 0 and count bytes, as ast has them. `begin` and `end` hold the text that is replaced;
    `probe_*` the expression or statement whose evaluation means that the place is reached.
    """

    kind: str
    path: str
    begin: tuple[int, int]
    end: tuple[int, int]
    replacement: str
    probe_begin: tuple[int, int]
    probe_end: tuple[int, int]
    is_statement: bool
    is_in_function: bool


class _Places(ast.NodeVisitor):
    """Collects every mutant of one module."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.lines = source.splitlines(keepends=True)
        self.functions = 0
        self.mutants: list[Mutant] = []
        self.visit(ast.parse(source))

    def text(self, begin: tuple[int, int], end: tuple[int, int]) -> str:
        if begin[0] == end[0]:
            return self.lines[begin[0] - 1][begin[1] : end[1]].decode()
        middle = b"".join(self.lines[begin[0] : end[0] - 1])
        return (self.lines[begin[0] - 1][begin[1] :] + middle + self.lines[end[0] - 1][: end[1]]).decode()

    def add(self, kind: str, begin: ast.AST, replacement: str, probe: ast.AST | None = None) -> None:
        probe = probe or begin
        self.add_between(kind, _begin(begin), _end(begin), replacement, probe)

    def add_between(
        self, kind: str, begin: tuple[int, int], end: tuple[int, int], replacement: str, probe: ast.AST
    ) -> None:
        is_statement = isinstance(probe, ast.stmt)
        self.mutants.append(
            Mutant(
                kind, self.path, begin, end, replacement, _begin(probe), _end(probe), is_statement, self.functions > 0
            )
        )

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Decorators, defaults and annotations are of the module.
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        self.functions += 1
        for statement in node.body:
            self.visit(statement)
        self.functions -= 1

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions inside are wrong before Python 3.12."""

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:  # a pattern is no expression
            for statement in case.body:
                self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load) and self.functions:
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        flipped = FLIPPED.get(type(node.ops[0]))
        if flipped and len(node.ops) == 1:
            self.add_between("comparison", _end(node.left), _begin(node.comparators[0]), f" {flipped} ", node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add("constant", node, str(not value))
        elif isinstance(value, (int, float)):
            self.add("constant", node, repr(value + 1 if isinstance(value, int) else value * 1.5 + 0.1))

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):  # a docstring
            return
        self.drop(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        # A name that is only made here would be missed at once: the drop of what exists already says more.
        if self.functions and not all(isinstance(target, ast.Name) for target in node.targets):
            self.drop(node)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.drop(node)
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.drop(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.drop(node)

    def drop(self, node: ast.stmt) -> None:
        if self.functions:
            self.add("statement", node, "pass")


def _begin(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def draw(root: Path, count: int, seed: int, under: list[str]) -> list[Mutant]:
    """As many of each kind, each place with the same chance."""
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for path in sorted({path for folder in under for path in (root / folder).rglob("*.py")}):
        for mutant in _Places(path.relative_to(root).as_posix(), path.read_bytes()).mutants:
            if mutant.kind != "comparison" or "(" not in _replaced_text(root, mutant):
                by_kind[mutant.kind].append(mutant)
    chance = random.Random(seed)
    return [mutant for kind in sorted(by_kind) for mutant in chance.sample(by_kind[kind], count // len(by_kind))]


def _replaced_text(root: Path, mutant: Mutant) -> str:
    """The text that is replaced: between two operands may stand a bracket of either, which must stay."""
    return _cut((root / mutant.path).read_bytes(), mutant.begin, mutant.end)[1].decode()


def _cut(source: bytes, begin: tuple[int, int], end: tuple[int, int]) -> tuple[bytes, bytes, bytes]:
    lines = source.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    first, last = offsets[begin[0] - 1] + begin[1], offsets[end[0] - 1] + end[1]
    return source[:first], source[first:last], source[last:]


def mutated(source: bytes, mutant: Mutant) -> bytes:
    before, _, after = _cut(source, mutant.begin, mutant.end)
    return before + mutant.replacement.encode() + after


def probed(source: bytes, mutants: list[tuple[int, Mutant]]) -> bytes:
    """The module with a probe at each place; for a place of the module itself, one in each function of it."""
    inserted: list[tuple[tuple[int, int], str]] = []
    for number, mutant in mutants:
        probe = PROBE.format(number)
        if not mutant.is_in_function:
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    at = next((line for line in node.body if not _is_text(line)), None)
                    if at is not None and at.lineno != node.lineno:
                        line, column = _begin(at)
                        if getattr(at, "decorator_list", None):
                            line = at.decorator_list[0].lineno  # type: ignore[attr-defined]
                        inserted.append(((line, column), f"{probe}\n{' ' * column}"))
        elif mutant.is_statement:
            inserted.append((mutant.probe_begin, f"{probe}; "))
        else:
            inserted.append((mutant.probe_begin, f"({probe} or ("))
            inserted.append((mutant.probe_end, "))"))
    for position, text in sorted(inserted, key=lambda row: row[0], reverse=True):
        before, _, after = _cut(source, position, position)
        source = before + text.encode() + after
    ast.parse(source)
    return source


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def committed(tree: Path) -> str:
    """The commit of a checkout, whose `map4` must be unchanged."""
    if _git(tree, "status", "--porcelain", "map4"):
        raise SystemExit(f"{tree}: commit or drop the changes of map4 first; a draw is repeated from its commit")
    return _git(tree, "rev-parse", "HEAD")


def _git(tree: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True, check=True).stdout.rstrip()


def reach(mutants: list[Mutant | None], tree: Path, tests: list[str], workers: str) -> list[tuple[int, str]]:
    """Which tests reach which mutant, by one run of the suite or of these tests."""
    by_path: dict[str, list[tuple[int, Mutant]]] = defaultdict(list)
    for number, mutant in enumerate(mutants):
        if mutant is not None:
            by_path[mutant.path].append((number, mutant))
    hits = tree / "mutant_hits.tsv"
    hits.write_text("")
    (tree / "mutant_probe.py").write_text(PROBE_MODULE)
    for path, places in by_path.items():
        (tree / path).write_bytes(probed((tree / path).read_bytes(), places))
    try:
        subprocess.run(
            [tree / ".venv/bin/python", "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", *tests],
            cwd=tree,
            env={**os.environ, "MUTANT_HITS": str(hits), "PYTHONPATH": str(tree)},
            stdout=sys.stderr,
            check=False,
        )
    finally:
        subprocess.run(["git", "checkout", "-q", "--", "map4"], cwd=tree, check=True)
    pairs = {tuple(line.split("\t")) for line in hits.read_text().splitlines()}
    return sorted((int(number), test) for number, test in pairs)


def place(mutants: list[Mutant | None], commit: str, tree: Path) -> list[Mutant | None]:
    """The same mutants in a newer product; None where the lines have changed or stand there twice."""
    return [mutant and _placed(mutant, commit, tree) for mutant in mutants]


def _placed(mutant: Mutant, commit: str, tree: Path) -> Mutant | None:
    old = _git(tree, "show", f"{commit}:{mutant.path}").encode().splitlines()
    new = (tree / mutant.path).read_bytes().splitlines() if (tree / mutant.path).exists() else []
    block = old[mutant.begin[0] - 1 : mutant.end[0]]
    places = [line for line in range(len(new)) if new[line : line + len(block)] == block]
    if len(places) != 1:
        return None
    down = places[0] + 1 - mutant.begin[0]
    moved = {name: (getattr(mutant, name)[0] + down, getattr(mutant, name)[1])
             for name in ("begin", "end", "probe_begin", "probe_end")}  # fmt: skip
    return replace(mutant, **moved)


def run(mutants: list[Mutant | None], reached: list[tuple[int, str]], tree: Path, part: str) -> list[dict[str, object]]:
    collect = [tree / ".venv/bin/python", "-m", "pytest", "-q", "-n", "0", "--collect-only"]
    known = set(subprocess.run(collect, cwd=tree, capture_output=True, text=True, check=True).stdout.splitlines())
    tests: dict[int, list[str]] = defaultdict(list)
    for number, test in reached:
        if test in known:
            tests[number].append(test)
    own, parts = map(int, part.split("/"))
    results = []
    for number, mutant in enumerate(mutants):
        if mutant is None or number % parts != own % parts:
            continue
        result = _tried(mutant, tests[number], tree)
        if result["outcome"] != "killed" and (folder := _folder_of(mutant, tree)).is_dir():
            result = _tried(mutant, [folder.relative_to(tree).as_posix()], tree)
        results.append(result := {"number": number, **asdict(mutant), **result})
        print(f"{number} {mutant.kind} {mutant.path}:{mutant.begin[0]} {result['end']}", file=sys.stderr, flush=True)
    return results


def _folder_of(mutant: Mutant, tree: Path) -> Path:
    subject = mutant.path.split("/")[1:-1]
    return tree / "tests" / "/".join(subject[:2] if subject[:1] == ["extras"] else subject[:1])


def _tried(mutant: Mutant, tests: list[str], tree: Path) -> dict[str, object]:
    folder = _folder_of(mutant, tree)
    if not mutant.is_in_function and not tests and folder.is_dir():
        tests = [str(folder.relative_to(tree))]
    if not tests:
        return {"outcome": "not reached", "tests": 0, "killed_by": None, "seconds": 0.0, "end": "not reached"}
    # Tests of the module's own subject first, then those that reach fewest mutants.
    tests = sorted(tests, key=lambda test: (not test.startswith(folder.relative_to(tree).as_posix()), test))
    listed = tree / "mutant_tests.txt"
    listed.write_text("\n".join(tests))
    path = tree / mutant.path
    source = path.read_bytes()
    path.write_bytes(mutated(source, mutant))
    began = time.monotonic()
    try:
        done = subprocess.run(
            [tree / ".venv/bin/python", "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", f"@{listed}"],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=10 * CAP_S,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CAP_S, CAP_S)),
        )
        outcome = {0: "survived", 1: "killed", 2: "killed", 4: "killed"}.get(done.returncode, "capped")
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        killer = failed[0].split(" ")[1] if failed else None
    except subprocess.TimeoutExpired:
        outcome, killer = "capped", None
    finally:
        path.write_bytes(source)
    seconds = round(time.monotonic() - began, 1)
    end = f"{outcome} of {len(tests)} in {seconds} s"
    return {"outcome": outcome, "tests": len(tests), "killed_by": killer, "seconds": seconds, "end": end}


def compare(old: list[dict[str, object]], new: list[dict[str, object]]) -> None:
    """Losses, gains and the 95 % interval of their paired difference."""
    before = {row["number"]: row for row in old}
    losses = [row for row in new if before[row["number"]]["outcome"] == "killed" and row["outcome"] != "killed"]
    gains = [row for row in new if before[row["number"]]["outcome"] != "killed" and row["outcome"] == "killed"]
    count = len(new)
    for title, rows in (("old", old), ("new", new)):
        outcomes = sorted({str(row["outcome"]) for row in rows})
        print(title, {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in outcomes})
    difference = (len(gains) - len(losses)) / count
    error = ((len(gains) + len(losses)) / count - difference**2) ** 0.5 / count**0.5
    low, high = (round(100 * (difference + side * 1.96 * error), 1) for side in (-1, 1))
    print(f"losses {len(losses)}, gains {len(gains)} of {count}: {100 * difference:+.1f} points ({low} to {high})")
    for row in losses:
        print(
            f"lost: {row['number']} {row['path']}:{row['begin'][0]} {row['kind']}, was killed by "  # type: ignore[index]
            f"{before[row['number']]['killed_by']}; now {row['outcome']}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["draw", "place", "reach", "run", "compare"])
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--seed", type=int, default=64)
    parser.add_argument("--tree", type=Path, default=Path.cwd())
    parser.add_argument("--under", nargs="+", default=["map4"], help="draw: only from these folders")
    parser.add_argument("--tests", nargs="+", default=[], help="reach: run only these")
    parser.add_argument("--workers", default="3", help="reach: processes of pytest")
    parser.add_argument("--part", default="0/1", help="I/N: every Nth mutant, from the Ith on")
    options = parser.parse_args()
    if options.action == "draw":
        count = int(options.inputs[0])
        drawn = {"commit": committed(options.tree), "seed": options.seed, "count": count, "under": options.under}
        mutants = draw(options.tree, count, options.seed, options.under)
        json.dump({**drawn, "mutants": [asdict(mutant) for mutant in mutants]}, sys.stdout)
        return
    if options.action == "compare":
        compare(*(json.loads(Path(name).read_text())["results"] for name in options.inputs))
        return
    drawn = json.loads(Path(options.inputs[0]).read_text())
    mutants = [
        row and Mutant(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
        for row in drawn.pop("mutants")
    ]
    if options.action == "place":
        found = place(mutants, drawn.get("placed_at", drawn["commit"]), options.tree)
        json.dump(
            {**drawn, "placed_at": committed(options.tree), "mutants": [mutant and asdict(mutant) for mutant in found]},
            sys.stdout,
        )
        return
    if options.action == "reach":
        for number, test in reach(mutants, options.tree, options.tests, options.workers):
            print(f"{number}\t{test}")
        return
    pairs = [
        (int(number), test)
        for number, test in (line.split("\t") for line in Path(options.inputs[1]).read_text().splitlines())
    ]
    drawn["run_at"] = committed(options.tree)
    json.dump({**drawn, "results": run(mutants, pairs, options.tree, options.part)}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
