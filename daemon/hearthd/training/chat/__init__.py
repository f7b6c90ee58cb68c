"""Training of a persona's chat model from questions and answers.

May import: config, conversation, engines, text, common.
"""
