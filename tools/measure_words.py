#!/usr/bin/env python3
"""Count stylistic tics of map4's texts per 1,000 words, and of its identifiers and test names, by kind of text.

usage: measure_words.py [ROOT] [--show PATTERN] [--check]

--show PATTERN   also list the texts with a tic whose name contains PATTERN
--check          exit with 1 if a kind has more tics than `[tool.map4.most_tics]` in pyproject.toml; print only then

The count shows where to read. It does not judge a sentence, and 0 is not the aim.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

TICS = {
    "told, tells": r"\b(?:told|tells?|telling)\b",
    "asked, asks": r"\b(?:asked|asks|asking)\b",
    "found, as a verdict": r"\b(?:is|are|was|were|what|those|anything) found\b",
    "one, as a noun": r"\b(?:the|another|each|that|this|no|every|of|by|as|is|are) one\b",
    "whoever, nobody": r"\b(?:whoever|nobody|whatever|whom|who (?:asks|is|has|may|sits))\b",
    "anew, thereby, besides": r"\b(?:anew|thereby|thereof|whereof|wherein|besides|thereafter|hence)\b",
    "of which, of those": r"\bof (?:which|what|whom|those|these|none|such|others)\b",
    "begins with Of, Those, What": r"(?:^|[.;:] )(?:Of |That of|Those (?:that|of)|What (?:is|are|was|it|they|a|the) )",
    "so many, as many as": r"\b(?:so many|as many as|at most so|by so much)\b",
    "let": r"\blets?\b",
    "alone": r"\balone\b",
    "in place of, in doubt": r"\b(?:in place of|in doubt|by itself|of its own|of their own|of one's own)\b",
    "stands, lies": r"\b(?:stands|stood|lies|lie in|lay)\b",
    "can't be read": r"\b(?:can't|cannot|may not|need not) be (?:said|told|read|had|made out)\b",
    "in names: told, kept, alone": r"(?<=_)(?:said|says?|told|tells?|asked|asks|heard|hears?|kept|stands?|stood|"
    r"standing|courses|ways|(?:un)?sayable|alone|anew|besides|whoever|nobody|those|aside|sureness)(?=_)",
}
PATTERNS = {name: re.compile(pattern, re.MULTILINE) for name, pattern in TICS.items()}
SQL = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|INSERT|CREATE|UPDATE)\b")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
COMMENT = re.compile(r"""(?:[^#"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*(#.*)""")
SHORTEST_MESSAGE = 4
"""A string of fewer words is a key or a name."""
DOCSTRINGS, MESSAGES, COMMENTS, DOCS, CHANGELOG, PAGE, NAMES, TESTS, BUILD = (
    "docstrings",
    "messages",
    "comments",
    "docs",
    "changelog",
    "page",
    "names",
    "tests",
    "build",
)

Text = tuple[str, Path, int, str]
"""Kind, file, line and text."""


def texts(root: Path) -> Iterator[Text]:
    """Every text of the product and its documentation."""
    for path in sorted(root.glob("map4/**/*.py")):
        yield from _of_python(path)
    for path in sorted(root.glob("map4/**/*.txt")):
        if "data" not in path.parts and path.name != "door.txt":
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield MESSAGES, path, number, line
    for path in (*sorted(root.glob("docs/**/*.md")), *(root / f"{name}.md" for name in ("README", "CONTRIBUTING"))):
        yield from _of_markdown(path, DOCS)
    yield from _of_markdown(root / "CHANGELOG.md", CHANGELOG)
    for path in sorted(root.glob("map4/**/*.js")):
        if "vendor" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if found := re.search(r"(?://|\*|\")\s*(.*)", line):
                    yield PAGE, path, number, found.group(1)
    for path in sorted(root.glob("tests/**/*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := re.search(r"def test(_\w+)", line):
                yield TESTS, path, number, f"{found.group(1)}_"
    for path in (root / name for name in ("pyproject.toml", "Makefile", ".ci/run")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield BUILD, path, number, line


def _of_python(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    strings = []
    docstrings = set()
    in_long_strings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            value = first.value if isinstance(first, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                docstrings.add(id(value))
                yield DOCSTRINGS, path, value.lineno, value.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.append(node)
            in_long_strings.update(range(node.lineno, node.end_lineno or 0))
        if name := _bound_name(node):
            yield NAMES, path, getattr(node, "lineno", 0), f"_{HUMP.sub('_', name).lower()}_"
    for node in strings:
        if id(node) not in docstrings and len(node.value.split()) >= SHORTEST_MESSAGE and not SQL.search(node.value):
            yield MESSAGES, path, node.lineno, node.value
    for number, line in enumerate(source.split("\n"), 1):
        if "#" in line and number not in in_long_strings and (found := COMMENT.fullmatch(line)):
            yield COMMENTS, path, number, found[1]


def _bound_name(node: ast.AST) -> str | None:
    """The name of a function, class, parameter, variable or attribute, where it is defined or assigned."""
    name = getattr(node, "name", None) or getattr(node, "arg", None)
    if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        name = node.id if isinstance(node, ast.Name) else node.attr
    return name if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.arg, ast.expr)) else None


def _of_markdown(path: Path, kind: str) -> Iterator[Text]:
    is_fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif not is_fenced:
            yield kind, path, number, line


def main() -> int:
    """Print the table, or check it."""
    options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    others = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    shown = others.pop() if "--show" in options else None
    root = Path(others[0] if others else ".").resolve()
    words: Counter[str] = Counter()
    tics: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kind, path, number, text in texts(root):
        words[kind] += len(text.split())
        for name, pattern in PATTERNS.items():
            if count := len(pattern.findall(text)):
                tics[kind][name] += count
                if shown is not None and shown in name:
                    print(f"{path.relative_to(root)}:{number}: {' '.join(text.split())[:160]}")
    if "--check" in options:
        return _check(root, {kind: tics[kind].total() for kind in words})
    print(f"{'tics per 1,000 words':30}", *(f"{kind:>11}" for kind in words))
    for name in TICS:
        print(f"{name:30}", *(f"{1000 * tics[kind][name] / words[kind]:11.1f}" for kind in words))
    print(f"{'all':30}", *(f"{1000 * tics[kind].total() / words[kind]:11.1f}" for kind in words))
    print(f"{'words':30}", *(f"{count:11,}" for count in words.values()))
    print(f"{'tics':30}", *(f"{tics[kind].total():11,}" for kind in words))
    return 0


def _check(root: Path, totals: dict[str, int]) -> int:
    most = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["map4"]["most_tics"]
    worse = [f"{kind}: {total} tics, at most {most[kind]}" for kind, total in totals.items() if total > most[kind]]
    if worse:
        print(
            "Reword what you added (CONTRIBUTING.md, Words):",
            *worse,
            "tools/measure_words.py --show NAME lists them.",
            sep="\n",
        )
    return len(worse[:1])


if __name__ == "__main__":
    sys.exit(main())
