"""The embedded voice behind the Unix socket ``argv[1]``: a line of JSON in, clips out, sizes first."""

from __future__ import annotations

import asyncio
import json
import sys

from hearthd.engines.tts.embedded.voice import EmbeddedVoice


async def main(socket: str) -> None:
    """Serve until killed."""
    voice = EmbeddedVoice()
    await voice.start()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = json.loads(await reader.readline())
        language = "zh" if any("\u3400" <= one <= "\u9fff" for one in text) else "en"
        async for clip in voice.synthesize(text, language):
            writer.write(clip.nbytes.to_bytes(4, "little") + clip.tobytes())
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(speak, socket)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
