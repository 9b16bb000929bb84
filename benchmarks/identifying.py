"""How often the rules of `map4 lookup` take the right recording: `python benchmarks/identifying.py [--all]`.

Two thirds of the planted cases in tests/extras/lookup/identifying were used to choose thresholds; `--all` shows
the rest, too.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from extras.lookup.identifying.planted import Case, all_cases

from map4.extras.lookup.identifying.albums import identify_album


def measured(cases: list[Case]) -> tuple[float, float, list[str]]:
    """Precision and recall of what is taken, and what went wrong."""
    right = wrong = missed = 0
    told = []
    for case in cases:
        [found] = identify_album([case.query], [case.candidates])
        taken = found.best.candidate.id if found.best else None
        if taken is not None and taken in case.true_ids:
            right += 1
        elif taken is not None:
            wrong += 1
            told.append(f"WRONG  {case.name}\n       took {found.best}")
        elif case.true_ids:
            missed += 1
            told.append(f"missed {case.name}\n       {found.status}: {found.candidates[:1]}")
    return right / max(1, right + wrong), right / max(1, right + missed), told


def main() -> None:
    cases = all_cases()
    sets = {"chosen on": [case for case in cases if not case.is_held_out]}
    if "--all" in sys.argv:
        sets["held out"] = [case for case in cases if case.is_held_out]
    for name, some in sets.items():
        precision, recall, told = measured(some)
        print(f"{name:<10} {len(some):4} cases  precision {precision:.4f}  recall {recall:.4f}")
        print("\n".join(told))


if __name__ == "__main__":
    main()
