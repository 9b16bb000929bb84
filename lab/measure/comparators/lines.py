"""How a comparator talks: file names come in and results go out, one line of JSON each.

Only the standard library: comparators run in environments of their own, with whatever numpy they need.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

Estimates = dict[str, dict[str, Any]]
"""By estimator: `bpm` (float or None), `key` (text or None), `beats_s` (list); whatever it does not tell is absent."""


def serve(version: Callable[[], str], estimate: Callable[[str], Estimates]) -> None:
    """Answer `--version`, or estimate each file named on stdin.

    Each answer is `{"path", "estimates", "cpu_s", "error"}`; a file that fails has an `error` and no estimates.

    version : gives name and version of what is compared
    estimate : gives the estimates of one file
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="store_true")
    if parser.parse_args().version:
        print(json.dumps({"version": version()}))
        return
    for line in sys.stdin:
        path = json.loads(line)
        answer: dict[str, Any] = {"path": path, "estimates": {}, "error": None}
        start = time.process_time()
        try:
            answer["estimates"] = estimate(path)
        except Exception as error:  # around one plug-in: a comparator that fails on a file has no answer for it
            answer["error"] = f"{type(error).__name__}: {error}"
        answer["cpu_s"] = time.process_time() - start
        print(json.dumps(answer), flush=True)
