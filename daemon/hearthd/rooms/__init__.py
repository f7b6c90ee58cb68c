"""A room: one microphone and one loudspeaker, and what goes on there; and what the rooms share.

May import: conversation, actions, frontend, tools, knowledge, home_assistant, speech, engines, audio,
history, config, turn_taking, dialogue, service, common.
"""
