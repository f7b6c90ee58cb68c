"""Living under systemd: the journal, the heartbeat, keeping every part alive.

May import: common.
"""
