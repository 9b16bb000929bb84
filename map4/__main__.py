"""`python -m map4` is the `map4` command."""

from map4.cli.main import main

if __name__ == "__main__":
    main()
