"""Puts everything together and keeps it alive: the daemon, its rooms, their health, their link to MQTT.

May import: every room but cli.
"""
