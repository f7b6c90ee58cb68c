"""Play a WAV file on the default sound card. Exit status 1, with the reason, if that cannot be done."""

import sys
import wave

import numpy as np


def main() -> int:
    """Play ``argv[1]``, 16-bit PCM."""
    with wave.open(sys.argv[1]) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, channels)
    try:
        import sounddevice  # noqa: PLC0415 - it fails where PortAudio is missing

        sounddevice.play(samples, rate, blocking=True)
    except (OSError, RuntimeError, ValueError) as reason:
        print(f"    not played: {reason}", file=sys.stderr)
        return 1
    except Exception as reason:  # sounddevice.PortAudioError, which is no OSError
        print(f"    not played: no sound card answers ({reason})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
