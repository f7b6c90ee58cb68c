"""Pure: what people mean by the numbers, durations, times and sums that they say, in Chinese and English.

A parser is given the tokens of an utterance and the index of one of them. It tells every way to read what
begins there, as pairs: the index after the last token that it took, and the value. Several readings are
normal ("two" and "two hundred" of "two hundred"); which is meant shows in what follows.

May import: nothing.
"""
