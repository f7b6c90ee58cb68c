"""The file by which avahi tells the network of the Wyoming port, so that Home Assistant finds the speaker.

``python -m hearthd.wyoming_server.announcement CONFIG`` prints it for ``/etc/avahi/services``, and nothing
where nobody elsewhere is listened to. The installer puts it there.
"""

from __future__ import annotations

import ipaddress
import sys

from hearthd.config import loader
from hearthd.config.settings import Settings

FILE = """\
<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name>{name}</name>
  <service>
    <type>_wyoming._tcp</type>
    <port>{port}</port>
  </service>
</service-group>
"""
"""Home Assistant knows the speaker again by this name: the node's, which is the owner's to choose."""


def announcement(settings: Settings) -> str:
    """The file's text; "" if there is nothing to tell others."""
    listen = settings.wyoming.listen
    if not listen or _only_here(listen):
        return ""
    return FILE.format(name=settings.node, port=settings.wyoming.port)


def _only_here(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    print(announcement(loader.load(sys.argv[1])), end="")
