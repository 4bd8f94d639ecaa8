"""``python -m bgremove``: the command."""

from bgremove.cli import main

if __name__ == "__main__":
    main()
