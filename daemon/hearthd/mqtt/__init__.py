"""The house: MQTT, Home Assistant, and what the speaker remembers over a restart of its settings there."""
