"""The plugs: wake word, VAD, ASR, chat model, voice."""
