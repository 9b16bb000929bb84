"""A process of a job that does what its options say, and starts at once.

`say`, `times` : messages, so many times; `helper` : start a process that never ends;
`pids` : file in which they write their numbers; `gate` : go on when this file is there; `write` : write an export;
`echo` : give the options as the result; `die` : end by this signal.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    order = sys.stdin.readline()
    if not order:
        return
    task = json.loads(order)
    options = task["options"]
    if "helper" in options:
        helper = subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        with open(options["pids"] + ".new", "w") as out:
            out.write(f"{os.getpid()} {helper.pid}")
        os.rename(options["pids"] + ".new", options["pids"])
    for message in options.get("times", 1) * options.get("say", []):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    while "gate" in options and not os.path.exists(options["gate"]):
        time.sleep(0.005)
    if "write" in options:
        with open(os.path.join(task["folder"], "list.csv"), "w") as out:
            out.write(options["write"])
    for message in options.get("then", ()):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    if "echo" in options:
        sys.stdout.write(json.dumps({"done": options}) + "\n")
    if "die" in options:
        os.kill(os.getpid(), options["die"])


main()
