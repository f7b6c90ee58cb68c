"""gsv-tts-lite (MIT, 0.4.7), as the voice process uses it. Imported there alone: it needs torch.

What is mended from outside, all found by reading it: it keeps the tail of a clip that was abandoned and
blends it into the next one (``y_overlap``, reset only where a clip ends by itself); it opens the sound
card when it is made; it writes every text to the log; it reaches for the network when a model is
missing; an empty text is an error.

Tried on the CPU with torch 2.13.0 (the build without CUDA) and torchaudio 2.11.0, its newest, and with
random weights: loading, speaking English, stopping, what is left behind. Not tried: a GPU, real weights,
Chinese (its g2pW model comes from a hub).
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 32_000
MODELS = (
    "chinese-hubert-base",
    "g2p/en/g2p_en/checkpoint20.npz",
    "sv/pretrained_eres2netv2w24s4ep4.ckpt",
)
"""What its constructor would download into the models' folder."""
GPT, SOVITS = "s1v3.ckpt", "s2Gv2ProPlus.pth"
"""The weights of a voice that has none of its own, in the same folder."""
CHUNK_TOKENS = 25
"""One second of speech, the package's own default: a stop takes effect at the next one."""


class LoadError(Exception):
    """The engine cannot be made ready; the message may be shown."""


class GsvEngine:
    """One voice on gsv-tts-lite."""

    rate = RATE

    def __init__(self) -> None:
        self._tts: Any = None
        self._voice: dict[str, Any] = {}

    def load(self, voice: dict[str, Any]) -> None:
        """Make ready for ``voice`` (see ``voice.described``). Raises LoadError."""
        models = Path(voice["models"])
        gpt, sovits = (
            voice["gpt_weights"] or str(models / GPT),
            voice["sovits_weights"] or str(models / SOVITS),
        )
        needed = [*(models / name for name in MODELS), Path(gpt), Path(sovits), Path(voice["clip"])]
        missing = [str(path) for path in needed if not path.exists()]
        if missing:
            raise LoadError(
                f"missing: {', '.join(missing)} (gsv-tts-lite's pretrained models, or the voice's)"
            )
        if not voice["text"].strip():
            raise LoadError("the voice's clip has no words: gsv-tts-lite needs them")
        if self._tts is None:
            self._tts = self._made(models)
        self._voice = {**voice, "gpt_weights": gpt, "sovits_weights": sovits}
        tts = self._tts
        tts.unload_gpt_model(*[path for path in tts.get_gpt_list() if path != gpt])
        tts.unload_sovits_model(*[path for path in tts.get_sovits_list() if path != sovits])
        if gpt not in tts.get_gpt_list():
            tts.load_gpt_model(gpt)
        if sovits not in tts.get_sovits_list():
            tts.load_sovits_model(sovits)
        tts.cache_spk_audio(voice["clip"], sovits_model=sovits)
        tts.cache_prompt_audio(voice["clip"], voice["text"], voice["language"])

    def _made(self, models: Path) -> Any:
        sys.modules["sounddevice"] = None  # type: ignore[assignment]  # its player would open the sound card
        try:
            gsv_tts = importlib.import_module("gsv_tts")
        except ImportError as error:
            raise LoadError(
                f"{error}: the low-latency voice needs torch, torchaudio and gsv-tts-lite"
            ) from None
        logging.disable(logging.CRITICAL)  # its log holds what is said
        return gsv_tts.TTS(models_dir=str(models), always_load_sv=False)

    def speak(self, text: str, language: str) -> Iterator[NDArray[np.float32]]:
        """The clip of ``text``, a chunk at a time. Closing the generator forgets what was begun."""
        voice, tts = self._voice, self._tts
        if voice["seed"] >= 0:
            sys.modules["torch"].manual_seed(voice["seed"])
        clips = tts.infer_stream(
            voice["clip"],
            voice["clip"],
            voice["text"],
            text,
            text_language=language,
            prompt_language=voice["language"],
            stream_mode="token",
            stream_chunk=CHUNK_TOKENS,
            top_k=voice["top_k"],
            top_p=voice["top_p"],
            temperature=voice["temperature"],
            repetition_penalty=voice["repetition_penalty"],
            speed=voice["speed"],
            gpt_model=voice["gpt_weights"],
            sovits_model=voice["sovits_weights"],
            debug=False,
        )
        try:
            for clip in clips:
                yield clip.audio_data
        finally:
            clips.close()
            for model in tts.sovits_models.values():
                model.vq_model.enc_p.y_overlap = None

    def memory(self) -> int:
        """Bytes that it holds on the GPU."""
        torch = sys.modules.get("torch")
        return int(torch.cuda.memory_reserved()) if torch is not None and torch.cuda.is_available() else 0
