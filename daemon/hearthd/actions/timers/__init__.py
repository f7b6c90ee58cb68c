"""Timers, alarms and reminders: when they are due, where they are kept, how they ring.

May import: speech, engines, audio, history, config, dialogue, text, service, common.
"""
