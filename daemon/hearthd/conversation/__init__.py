"""A turn, what is being talked about, and what is told to the model.

May import: actions, tools, knowledge, home_assistant, speech, engines, audio.playback, history, config,
turn_taking, dialogue, text, service, common.
"""
