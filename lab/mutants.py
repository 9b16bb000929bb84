"""What a suite of tests protects: mutants drawn at random, each run against the tests that reach it.

    python lab/mutants.py draw 150 --seed 64 > mutants.json       # --under map4/core/store map4/tags: only there
    python lab/mutants.py run mutants.json --tree COPY > results.json
    python lab/mutants.py compare old.json new.json

A mutant flips a comparison, drops a statement or changes a constant. COPY is a clean checkout that may be changed, with
its own `.venv`. `run` first runs the suite, or --tests, once with a probe in each function of the mutated modules, so
that a test in a process of its own counts too. A mutant whose code is not at its place any more is "gone".
"""

import argparse
import ast
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLIPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
KINDS = ("comparison", "constant", "statement")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
PROBE = """
import functools
@functools.cache
def reached(function, test):
    with open(__file__ + ".tsv", "a") as hits:
        hits.write(f"{function}\\t{test}\\n")
"""
CALL = '__import__("mutant_probe").reached("{}", __import__("os").environ.get("PYTEST_CURRENT_TEST", ""))'

Mutant = dict[str, Any]
"""Its path, line, kind and function; the code that it replaces, where that starts (in bytes), and the replacement."""


def mutants_of(path: str, source: bytes) -> Iterator[Mutant]:
    """Every mutant of a module, except in f-strings; what it has outside functions belongs to all of them."""
    nodes: list[Any] = list(ast.walk(ast.parse(source)))
    bodies = ((node.lineno, line) for node in nodes if isinstance(node, FUNCTION) for line in node.body)
    function_of = {part: f"{number}:" for number, line in bodies for part in ast.walk(line)}
    in_f_strings = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    lines = source.splitlines(keepends=True)
    for node in nodes:
        function, (kind, replacement) = function_of.get(node, ""), _changed(node)
        if kind and (function or kind != "statement") and node not in in_f_strings:
            start = len(b"".join(lines[: node.lineno - 1])) + node.col_offset
            end = len(b"".join(lines[: node.end_lineno - 1])) + node.end_col_offset
            yield {
                "path": path, "line": node.lineno, "kind": kind, "function": f"{path}:{function}", "start": start,
                "text": source[start:end].decode(), "replacement": replacement,
            }  # fmt: skip


def _changed(node: ast.AST) -> tuple[str, str]:
    """The kind of a node's mutant, or "", and the code that replaces the node."""
    match node:
        case ast.Compare(left, [operator], operands) if type(operator) in FLIPPED:
            return "comparison", ast.unparse(ast.Compare(left, [FLIPPED[type(operator)]()], operands))
        case ast.Constant(int(value) | float(value)):
            return "constant", repr(not value if isinstance(value, bool) else value + 1)
        case ast.Expr(ast.Constant()) | ast.Assign([ast.Name()]):
            return "", ""  # a docstring; a name that is only made here would be missed at once
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Continue():
            return "statement", "pass"
    return "", ""


def draw(root: Path, count: int, seed: int, under: list[str]) -> list[Mutant]:
    """As many of each kind, each place with the same chance."""
    paths = sorted({path for folder in under for path in (root / folder).rglob("*.py")})
    found = [mutant for path in paths for mutant in mutants_of(path.relative_to(root).as_posix(), path.read_bytes())]
    by_kind = [[mutant for mutant in found if mutant["kind"] == kind] for kind in KINDS]
    chance = random.Random(seed)
    return [mutant for mutants in by_kind for mutant in chance.sample(mutants, count // len(KINDS))]


def tested(tree: Path, *words: str) -> int:
    """The exit code of pytest."""
    command = [f"{tree}/.venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=60", *words]
    return subprocess.run(["env", f"PYTHONPATH={tree}", *command], cwd=tree, stdout=sys.stderr).returncode


def reach(paths: set[str], tree: Path, tests: list[str]) -> list[list[str]]:
    """Pairs of a function and a test that reaches it."""
    probe = tree / "mutant_probe.py"
    probe.write_text(PROBE)
    probe.with_suffix(".py.tsv").write_text("")
    for path in (path for path in paths if (tree / path).exists()):
        module = ast.parse((tree / path).read_bytes())
        for node in [node for node in ast.walk(module) if isinstance(node, FUNCTION)]:
            call = ast.parse(CALL.format(f"{path}:{node.lineno}:")).body[0]
            node.body.insert(ast.get_docstring(node) is not None, call)
        (tree / path).write_text(ast.unparse(module))
    tested(tree, "-n", "auto", *tests)
    subprocess.run(["git", "checkout", "-q", "--", "map4"], cwd=tree, check=True)
    return [line.split("\t") for line in probe.with_suffix(".py.tsv").read_text().splitlines()]


def run(mutant: Mutant, tree: Path, reached: list[list[str]]) -> str:
    """The outcome of a mutant: killed, survived, not reached, or gone."""
    path, start, text = tree / mutant["path"], mutant["start"], mutant["text"].encode()
    source = path.read_bytes() if path.exists() else b""
    if not source.startswith(text, start):
        return "gone"
    tests = {test.split()[0].split("[")[0] for name, test in reached if name.startswith(mutant["function"]) and test}
    if not tests:
        return "not reached"
    path.write_bytes(source[:start] + mutant["replacement"].encode() + source[start + len(text) :])
    code = tested(tree, "-x", "-n", "0", *sorted(tests))
    path.write_bytes(source)
    return "killed" if code else "survived"


def compare(old: list[Mutant], new: list[Mutant]) -> None:
    """Print how many mutants have which outcomes, old and new, and those that only one of the suites kills."""
    pairs = [(f"{before['outcome']} -> {after['outcome']}", after) for before, after in zip(old, new, strict=True)]
    print(dict(Counter(outcomes for outcomes, _ in pairs)))
    for outcomes, mutant in pairs:
        if outcomes.count("killed") == 1:
            print(f"{outcomes}: {mutant['path']}:{mutant['line']} {mutant['kind']} {mutant['text']!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["draw", "run", "compare"])
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--seed", type=int, default=64)
    parser.add_argument("--tree", type=lambda name: Path(name).resolve(), default=Path.cwd())
    parser.add_argument("--under", nargs="+", default=["map4"], help="draw: only from these folders")
    parser.add_argument("--tests", nargs="+", default=[], help="run: only these")
    options = parser.parse_args()
    if options.action == "draw":
        print(json.dumps(draw(options.tree, int(options.inputs[0]), options.seed, options.under), indent=1))
    elif options.action == "run":
        mutants = json.loads(Path(options.inputs[0]).read_text())
        reached = reach({mutant["path"] for mutant in mutants}, options.tree, options.tests)
        print(json.dumps([{**mutant, "outcome": run(mutant, options.tree, reached)} for mutant in mutants], indent=1))
    else:
        compare(*(json.loads(Path(name).read_text()) for name in options.inputs))


if __name__ == "__main__":
    main()
