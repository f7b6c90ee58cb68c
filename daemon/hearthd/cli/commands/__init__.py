"""The subcommands of ``hearthd``, one module each.

A module offers ``register(commands)``: it adds its parser to the argparse subparsers action and sets
``run`` to a function that takes the parsed namespace and returns the exit code.

May import: every room but cli.
"""
