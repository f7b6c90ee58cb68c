"""Pure: the endpoint, barge-in, wake phrase, backchannels."""
