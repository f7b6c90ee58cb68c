"""The embedded voices: they speak on any machine."""
