"""Pure: the endpoint, barge-in, backchannels, the wake phrase in a transcript.

May import: text, common.
"""
