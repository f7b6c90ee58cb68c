"""install.sh under a real systemd when things go wrong: killed, no disk, no network, parts missing.

The speaker is a stand-in that needs no packages, so that an installation takes seconds; the real one
is installed in tests/install/test_service.py. One box; each test leaves a speaker that runs.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import Box, cannot
from tests.box.speaker import PYTHON, copy_checkout, missing_python
from tests.box.wheelhouse import wheelhouse
from tests.install import standin

UNAVAILABLE, CONFIG_MISTAKE, INTERRUPTED = 69, 78, 130
UNTIL_IT_GETS_HERE = 120
PLACES = ("/etc", "/opt", "/usr/local", "/var/lib", "/var/cache")

REASON = cannot() or missing_python()
pytestmark = [
    pytest.mark.system,
    pytest.mark.systemd,
    pytest.mark.slow,
    pytest.mark.skipif(bool(REASON), reason=REASON or "a box can be had"),
]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    checkout = copy_checkout(tmp_path_factory.mktemp("checkout") / "hearthd")
    package = checkout / "daemon/hearthd"
    version = (package / "__init__.py").read_text()
    shutil.rmtree(package)
    package.mkdir()
    (package / "__init__.py").write_text(version)
    (package / "cli").mkdir()
    shutil.copy(standin.__file__, package / "cli/main.py")
    first = (checkout / "requirements-build.lock").read_text().split("\nhatchling")[0]
    (checkout / "requirements.lock").write_text(first + "\n")
    try:
        packages = wheelhouse(PYTHON)
    except OSError as reason:
        pytest.skip(f"the packages cannot be had: {reason}")
    with Box({checkout: "/checkout", packages: "/wheelhouse"}, size="4g") as box:
        box.run(
            "groupadd", "-rf", "render"
        )  # a group of Debian's udev, which the machine of the box may lack
        box.run("sh", "-c", f"mkdir -p /srv/stubs; {NAMES} >/srv/names; {ACCOUNTS} >/srv/accounts")
        box.run("cp", "-r", "/checkout", "/srv/newest")
        done = box.run("/srv/newest/install.sh", "--wheelhouse", "/wheelhouse", timeout=300)
        assert "is running, and starts at boot" in done.stdout
        yield box


NAMES = "find {} -xdev | grep -v -e ^/var/lib/systemd/ -e ^/etc/.*- -e /__pycache__ | sort".format(
    " ".join(PLACES)
)
ACCOUNTS = "sort /etc/passwd /etc/group /etc/shadow"


def newer(box: Box, version: str, *changes: str) -> str:
    """Make the newest checkout another version, with other ``changes`` (shell commands)."""
    edit = f"sed -i 's/^__version__ = .*/__version__ = \"{version}\"/' daemon/hearthd/__init__.py"
    box.run("sh", "-ec", "\n".join(["cd /srv/newest", edit, *changes]))
    return version


def begin(box: Box, *options: str, path: str = "") -> None:
    """Start the installer in the background, as the unit "installer"."""
    box.run("systemctl", "reset-failed", "installer", check=False)
    run = ("systemd-run", "-q", "--unit=installer", "--remain-after-exit", f"--setenv=PATH={path}{BINARIES}")
    box.run("systemctl", "stop", "installer", check=False)
    box.run(*run, "/srv/newest/install.sh", "--wheelhouse", "/wheelhouse", *options)


BINARIES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def end(box: Box) -> tuple[int, str]:
    """Wait for the installer to end: its status and its words."""
    state = "$(systemctl show installer --value -p SubState)"
    over = f'case "{state}" in exited | failed | dead) ;; *) false ;; esac'
    box.wait_until("sh", "-c", over, seconds=UNTIL_IT_GETS_HERE)
    box.run("journalctl", "--sync")
    status = int(box.show("installer", "ExecMainStatus"))
    invocation = box.show("installer", "InvocationID")
    return status, box.read("journalctl", "-o", "cat", f"_SYSTEMD_INVOCATION_ID={invocation}")


def install(box: Box, *options: str) -> tuple[int, str]:
    begin(box, *options)
    return end(box)


def current(box: Box) -> str:
    """The version that runs: of the process, not of the link."""
    assert box.show("hearthd", "ActiveState") == "active"
    return Path(box.read("readlink", "-f", "/opt/hearthd/current")).name


def test_the_second_run_does_nothing(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    status, said = install(box)
    assert (status, "nothing to do" in said) == (0, True)
    assert box.show("hearthd", "MainPID") == before


@pytest.mark.parametrize(("signal", "status"), [("INT", INTERRUPTED), ("KILL", 9)])
def test_an_upgrade_that_is_interrupted_leaves_the_old_version_and_can_be_run_again(
    box: Box, signal: str, status: int
) -> None:
    pid, old = box.show("hearthd", "MainPID"), current(box)
    new = newer(box, f"0.2.{status}")
    box.run("touch", "/srv/hold-models")
    begin(box)
    box.wait_until("test", "-e", "/srv/held-models", seconds=UNTIL_IT_GETS_HERE)
    box.run("systemctl", "kill", "-s", signal, "installer")
    assert end(box)[0] == status
    assert (box.show("hearthd", "MainPID"), current(box)) == (pid, old)
    box.run("sh", "-c", "rm /srv/hold-models /srv/held-models")
    assert install(box)[0] == 0
    assert current(box) == new


def test_a_run_that_was_killed_in_the_middle_of_the_switch_is_finished_by_the_next(box: Box) -> None:
    pid = box.show("hearthd", "MainPID")
    new = newer(box, "90.3.0")
    stub(box, "journalctl", '[ "$1" != --update-catalog ] || kill -KILL $PPID')
    begin(box, path="/srv/stubs:")
    end(box)
    assert box.show("hearthd", "MainPID") == pid  # the old one, though the link says otherwise
    assert box.read("readlink", "/opt/hearthd/current").endswith(new)
    status, said = install(box)
    assert status == 0
    assert "nothing to do" not in said
    assert box.show("hearthd", "MainPID") != pid
    assert current(box) == new


def test_a_disk_that_fills_up_in_the_middle_is_no_harm(box: Box) -> None:
    pid, old = box.show("hearthd", "MainPID"), current(box)
    small = (
        "mount -t tmpfs -o size=40m small /opt/hearthd/releases && cp -a /srv/kept/. /opt/hearthd/releases"
    )
    box.run("sh", "-c", f"cp -a /opt/hearthd/releases /srv/kept && {small}")
    new = newer(box, "90.4.0", "head -c 60M /dev/zero >config/ballast")
    status, said = install(box)
    assert status == 1
    assert "No space left" in said
    assert "could not build release 90.4.0" in said
    assert not box.run("ls", f"/opt/hearthd/releases/{new}", check=False).stdout  # the room is free again
    assert (box.show("hearthd", "MainPID"), current(box)) == (pid, old)
    newer(box, new, "rm config/ballast")
    assert install(box)[0] == 0
    assert current(box) == new
    box.run(
        "sh", "-c", "rm -r /srv/kept; cp -a /opt/hearthd/releases /srv/kept; umount -l /opt/hearthd/releases"
    )
    box.run(
        "sh",
        "-c",
        "rm -r /opt/hearthd/releases; mv /srv/kept /opt/hearthd/releases; systemctl restart hearthd",
    )


def test_a_read_only_disk_is_named_before_anything_is_done(box: Box) -> None:
    newer(box, "90.4.1")
    box.run("sh", "-c", "mount --bind /opt /opt && mount -o remount,bind,ro /opt")
    status, said = install(box)
    box.run("umount", "-l", "/opt")
    assert status == UNAVAILABLE
    assert "read-only" in said


def test_the_link_to_the_program_is_never_missing_and_old_releases_go(box: Box) -> None:
    old = current(box)
    watch = (
        "until [ -e /srv/enough ]; do [ -x /opt/hearthd/current/venv/bin/hearthd ] || touch /srv/gap; done"
    )
    box.run("systemd-run", "-q", "--unit=watch", "sh", "-c", watch)
    new = newer(box, "90.5.0")
    assert install(box)[0] == 0
    box.run("touch", "/srv/enough")
    box.wait_until("sh", "-c", "! systemctl is-active watch")
    assert not box.run("ls", "/srv/gap", check=False).stdout
    assert set(box.read("ls", "/opt/hearthd/releases").split()) == {old, new}


def test_a_configuration_with_a_mistake_stops_the_upgrade_before_the_switch(box: Box) -> None:
    pid, old = box.show("hearthd", "MainPID"), current(box)
    box.run("sh", "-c", "echo '# wrong-here' >>/etc/hearthd/hearthd.toml")
    newer(box, "90.6.0")
    assert install(box)[0] == CONFIG_MISTAKE
    assert (box.show("hearthd", "MainPID"), current(box)) == (pid, old)
    box.run("sed", "-i", "/wrong-here/d", "/etc/hearthd/hearthd.toml")


def test_the_packages_are_fetched_through_the_proxy_and_its_failure_names_the_mend(box: Box) -> None:
    pid = box.show("hearthd", "MainPID")
    box.run("tee", "/srv/proxy.py", stdin=PROXY)
    box.run("systemd-run", "-q", "--unit=proxy", PYTHON, "/srv/proxy.py")
    box.wait_until("test", "-e", "/srv/asked")
    newer(box, "90.6.1", "echo '# other packages' >>requirements.lock")
    through = ("https_proxy=http://127.0.0.1:3128", "PIP_RETRIES=0", "PIP_CONFIG_FILE=/dev/null")
    done = box.run("env", *through, "/srv/newest/install.sh", check=False)
    assert done.returncode == 1
    assert "--wheelhouse" in done.stderr
    assert "CONNECT" in box.read("cat", "/srv/asked")
    assert box.show("hearthd", "MainPID") == pid
    newer(box, "90.6.1", "cp /checkout/requirements.lock .")


PROXY = """\
import socket
with socket.create_server(("127.0.0.1", 3128)) as server:
    open("/srv/asked", "w").close()
    while True:
        with server.accept()[0] as client:
            open("/srv/asked", "ab").write(client.recv(4096))
            client.sendall(b"HTTP/1.1 502 no way out\\r\\n\\r\\n")
"""


def test_a_voice_server_that_is_not_there_is_named_and_the_speaker_left_alone(box: Box) -> None:
    pid = box.show("hearthd", "MainPID")
    status, said = install(box, "--with-gpt-sovits")
    assert status == UNAVAILABLE
    assert "GPT-SoVITS in /opt/gpt-sovits" in said
    assert "/opt/gpt-sovits/venv" in said
    assert box.show("hearthd", "MainPID") == pid


def test_the_voice_server_and_ollama_are_set_up_and_their_failure_is_not_the_speakers(box: Box) -> None:
    box.run("sh", "-c", "mkdir -p /opt/gpt-sovits/GPT_SoVITS/configs && cd /opt/gpt-sovits && "
            "touch GPT_SoVITS/configs/tts_infer.yaml && echo 'raise SystemExit(1)' >api_v2.py && "
            f"{PYTHON} -m venv --without-pip venv")  # fmt: skip
    ollama = "[Service]\nExecStart=/bin/sleep infinity\n"
    box.run("tee", "/etc/systemd/system/ollama.service", stdin=ollama)
    box.run("systemctl", "start", "ollama")
    new = newer(box, "0.7.0")
    status, said = install(box, "--with-gpt-sovits", "--with-ollama")
    assert status == 0, said
    assert current(box) == new
    assert box.read("systemctl", "is-enabled", "gpt-sovits") == "enabled"
    assert "Ollama does not start" not in said
    environment = "tr '\\0' '\\n' </proc/$(systemctl show ollama --value -p MainPID)/environ"
    box.wait_until("sh", "-c", f"{environment} | grep -x OLLAMA_KEEP_ALIVE=-1")
    box.run("tee", "/opt/gpt-sovits/api_v2.py", stdin="import time; time.sleep(1e6)")
    box.wait_until("systemctl", "is-active", "gpt-sovits")
    assert "nothing to do" in install(box)[1]  # without the options they stay as they are


def test_root_trains_and_records_with_the_speaker_stopped_and_it_comes_back(box: Box) -> None:
    for words in (("train", "grandma", "/srv"), ("record", "grandma")):
        done = box.run("hearthd", "voices", *words, "--stop-speaker", check=False)
        assert done.stdout.strip() == "inactive"
        assert done.returncode == 3  # the command's own
        assert current(box)
    left = box.run("hearthd", "voices", "train", "grandma", "/srv", check=False)
    assert left.stdout.strip() == "active"


def test_root_may_give_a_voice_a_recording_from_its_own_home(box: Box) -> None:
    box.run("sh", "-c", "umask 077; echo mine >/root/clip")
    user = box.read("id", "-u", "hearthd")
    assert box.read("hearthd", "voices", "add", "/root/clip").split() == ["mine", user, "/var/lib/hearthd"]
    box.run("rm", "/root/clip")


def test_a_normal_user_is_told_whose_voices_those_are(box: Box) -> None:
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "STATE_DIRECTORY=/tmp")
    box.run("chmod", "644", "/srv/names")
    done = box.run(*nobody, "hearthd", "voices", "add", "/srv/names")
    assert "sudo hearthd voices" in done.stderr
    assert "65534" in done.stdout


def test_a_purge_leaves_the_machine_as_it_was(box: Box) -> None:
    box.run("sh", "-c", "rm -rf /opt/gpt-sovits")
    box.run("/opt/hearthd/current/install.sh", "purge", "--yes")
    box.run(
        "sh",
        "-c",
        "rm /etc/systemd/system/ollama.service; rmdir /etc/systemd/system/ollama.service.d || true",
    )
    before, after = box.read("cat", "/srv/names").splitlines(), box.read("sh", "-c", NAMES).splitlines()
    assert sorted(set(before) ^ set(after)) == []
    assert box.read("cat", "/srv/accounts") == box.read("sh", "-c", ACCOUNTS)
    assert "hearthd" not in box.read("journalctl", "--list-catalog")
    units = box.read("systemctl", "list-units", "--all", "-o", "json")
    assert not [
        unit["unit"] for unit in json.loads(units) if "hearthd" in unit["unit"] or "sovits" in unit["unit"]
    ]


def stub(box: Box, name: str, script: str) -> None:
    """A program in /srv/stubs that goes before the system's."""
    box.run("tee", f"/srv/stubs/{name}", stdin=f"#!/bin/sh\n{script}\n")
    box.run("chmod", "755", f"/srv/stubs/{name}")
