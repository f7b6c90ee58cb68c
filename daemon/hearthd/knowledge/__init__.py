"""The owner's documents: read, cut into chunks, found again by meaning, quoted to the chat model.

May import: engines, models, config, common.
"""
