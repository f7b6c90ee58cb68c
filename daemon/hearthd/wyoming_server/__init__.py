"""What Home Assistant and other programs may use of the speaker over Wyoming: ears, voices, answers.

May import: rooms, conversation, actions, speech, engines, engines.vad, engines.wake_word, voices, config,
dialogue, turn_taking, text, text.normalize, service, common.
"""
