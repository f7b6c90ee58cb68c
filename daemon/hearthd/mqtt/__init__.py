"""The broker and Home Assistant: what is shown there, and the commands that come from there.

May import: models, voices, config, dialogue, service, common.
"""
