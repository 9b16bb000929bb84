"""A server of a library in a process of its own: it reads addresses from stdin, and writes where each answer came from
and what it is. Its arguments: the address of the library, and the address of a Redis."""

from __future__ import annotations

import json
import sys

from servers import client_of


def _counted(told: str) -> dict[str, str]:
    lines = [line.split() for line in told.splitlines() if line.startswith("map4_answers_total{")]
    return {name.split('"')[1]: count for name, count in lines}


if __name__ == "__main__":
    with client_of(sys.argv[1], config={"serve.redis": sys.argv[2]}) as client:
        for line in sys.stdin:
            before = _counted(client.get("/metrics").text)
            body = client.get(line.strip()).json()
            after = _counted(client.get("/metrics").text)
            [source] = [name for name in after if after[name] != before[name]]
            sys.stdout.write(json.dumps([source, body]) + "\n")
            sys.stdout.flush()
