"""Rooms as tests: who says what when, how loud, in which room, heard by the real canceller.

    scene = Scene(reply=("A long story ...",), people=(Line(4.0, "what time is it", "bf_emma"),), near_db=-5)
    outcome = play(scene)
    outcome.cancelled_at, outcome.holds

``scene`` is the format, ``stage`` the rendering: the mixer's samples go through the room into the
microphone, block by block, so a hold is heard as silence by the same canceller that asked for it.
"""
