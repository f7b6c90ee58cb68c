"""What the speaker does by itself: commands that are understood without a model, and their answers.

May import: actions.timers, speech, engines, audio, history, config, dialogue, text, service, common.
"""
