"""Living under systemd: the journal, the heartbeat, and keeping every part alive."""
