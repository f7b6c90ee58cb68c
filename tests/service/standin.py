"""The smallest service that lives under systemd the way hearthd does, for tests in a box.

Its "front end" is a thread that ticks every 5 ms and remembers its longest gap. SIGUSR1 hangs it.
SIGUSR2 logs 3000 lines of a turn, then puts the longest gap meanwhile into the status. SIGHUP reloads.
With an argument it ends with that status at once.
"""

import asyncio
import logging
import signal
import sys
import threading
import time

from hearthd.service.journal import configure
from hearthd.service.message_ids import MessageId
from hearthd.service.sd_notify import Notifier

log = logging.getLogger("hearthd.standin")


class FrontEnd(threading.Thread):
    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.progress = 0
        self.longest_gap = 0.0
        self.hangs = threading.Event()

    def run(self) -> None:
        last = time.monotonic()
        while not self.hangs.wait(0.005):
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - last)
            last = now
            self.progress += 1


async def main() -> None:
    configure("info")
    notifier, front_end, over = Notifier(), FrontEnd(), asyncio.Event()
    front_end.start()
    loop = asyncio.get_running_loop()

    def reload() -> None:
        notifier.reloading()
        log.info("read anew", extra={"stage": "config", "message_id": MessageId.CONFIG_CHANGED})
        loop.call_later(1.0, notifier.ready, "reloaded")

    def chatter() -> None:
        front_end.longest_gap = 0.0
        for n in range(3000):
            log.info("line %d", n, extra={"turn_id": "7f3a", "stage": "tts", "latency_ms": 12.6})
        loop.call_later(0.1, lambda: notifier.status(f"longest gap {front_end.longest_gap * 1000:.0f} ms"))

    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
    loop.add_signal_handler(signal.SIGUSR1, front_end.hangs.set)
    loop.add_signal_handler(signal.SIGUSR2, chatter)
    async with notifier.extending():
        await asyncio.sleep(0.5)
    beats = asyncio.create_task(notifier.watch(lambda: front_end.progress))
    notifier.ready("在听 listening")
    log.info("ready", extra={"message_id": MessageId.READY})
    await over.wait()
    notifier.stopping()
    beats.cancel()


if __name__ == "__main__":
    sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else asyncio.run(main()))
