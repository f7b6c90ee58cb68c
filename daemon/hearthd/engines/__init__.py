"""The plugs: what an engine must do (``protocols``), and what several engines share.

May import: voices, audio, text, common.
"""
