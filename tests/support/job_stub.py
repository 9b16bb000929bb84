"""A process of a job that does what its options say, and starts at once.

`say`, `times` : messages, so many times; `helper` : start a process that never ends;
`pids` : file in which they write their numbers; `gate` : go on when this file is there; `write` : write an export;
`echo` : give the options as the result; `die` : end by this signal.
"""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # what it is told holds values of map4's


def main() -> None:
    try:
        task = pickle.load(sys.stdin.buffer)
    except EOFError:
        return
    options = task["options"]
    if "helper" in options:
        helper = subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        with open(options["pids"] + ".new", "w") as out:
            out.write(f"{os.getpid()} {helper.pid}")
        os.rename(options["pids"] + ".new", options["pids"])
    for message in options.get("times", 1) * options.get("say", []):
        send(message)
    while "gate" in options and not os.path.exists(options["gate"]):
        time.sleep(0.005)
    if "write" in options:
        with open(os.path.join(task["folder"], "list.csv"), "w") as out:
            out.write(options["write"])
    for message in options.get("then", ()):
        send(message)
    if "echo" in options:
        send({"done": options})
    if "die" in options:
        os.kill(os.getpid(), options["die"])


def send(message: dict[str, object]) -> None:
    [pair] = message.items()
    pickle.dump(pair, sys.stdout.buffer)
    sys.stdout.flush()


main()
