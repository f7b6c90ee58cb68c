"""The sound of a reply as a device gets it."""

from __future__ import annotations

import io

import numpy as np
import pytest

from hearthd.satellites.reply_stream import Encoder, ReplyForm, best_form

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "form", [ReplyForm("flac"), ReplyForm("flac", 16_000, 2), ReplyForm("wav", 44_100, 2)]
)
def test_what_is_encoded_is_decoded_by_ffmpeg_sample_by_sample(form: ReplyForm) -> None:
    import av

    sound = np.random.default_rng(1).integers(-32768, 32768, 5_000).astype(np.int16)
    encoder = Encoder(form)
    data = encoder.head + b"".join(encoder.encode(sound[at : at + 700]) for at in range(0, 5_000, 700))
    data += encoder.finish()
    with av.open(io.BytesIO(data), options={"err_detect": "crccheck+explode"}) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (form.rate, form.channels)
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    heard = np.concatenate([frame.reshape(-1) for frame in frames])
    assert np.array_equal(heard, np.repeat(sound, form.channels))


def test_silence_has_as_many_bytes_as_speech() -> None:
    silent, loud = Encoder(ReplyForm("flac")), Encoder(ReplyForm("flac"))
    sizes = [len(silent.encode(np.zeros(48_000, np.int16))), len(loud.encode(np.full(48_000, 9, np.int16)))]
    assert sizes[0] == sizes[1] > 96_000


def test_the_form_is_one_that_the_device_plays() -> None:
    assert best_form([]) == ReplyForm("flac")
    assert best_form([("mp3", 44_100, 2), ("wav", 16_000, 1)]) == ReplyForm("wav", 16_000, 1)
    assert best_form([("wav", 0, 0), ("flac", 48_000, 1)]) == ReplyForm("flac", 48_000, 1)
    assert best_form([("flac", 10**9, 1), ("flac", 48_000, 7), ("", -1, -1)]) == ReplyForm("flac")
