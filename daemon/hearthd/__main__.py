"""``python -m hearthd`` is the command ``hearthd``."""

import sys

from hearthd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
