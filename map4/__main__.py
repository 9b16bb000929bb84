"""The `map4` command, also as `python -m map4`."""

import signal

# `main` handles Ctrl-C. While its modules are imported, it ends the process at once and without a traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from map4.cli.main import main

if __name__ == "__main__":
    main()
