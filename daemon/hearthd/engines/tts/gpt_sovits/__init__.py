"""The voice of a GPT-SoVITS server, over HTTP.

May import: engines, voices, text, common.
"""
