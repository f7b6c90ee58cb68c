"""The chunks of a reply become one smooth speech.

May import: engines, audio, config, text, common.
"""
