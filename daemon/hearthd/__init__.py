"""hearthd: a home smart speaker that runs wholly on its owner's machine."""

__version__ = "0.3.0"
