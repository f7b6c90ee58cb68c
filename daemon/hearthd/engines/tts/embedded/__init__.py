"""The embedded voices, English and Chinese: they speak on any machine.

May import: models, text, common.
"""
