"""A password in an address reaches no journal, no status and no error."""

from __future__ import annotations

import asyncio
import io
import logging
from pathlib import Path

import pytest

from hearthd.app.online_check import CheckResult
from hearthd.cli.main import main
from hearthd.common.errors import EngineError
from hearthd.common.printable import without_credentials
from hearthd.config.loader import ConfigError, load
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.tts.gpt_sovits.http import VoiceServer
from hearthd.knowledge.embedder import OllamaEmbedder
from hearthd.service.journal import TerminalHandler, _datagram
from hearthd.service.sd_notify import _one_line

pytestmark = pytest.mark.integration

SECRETS = ("hunter2", "t0ken", "p@ss", "s3cr/t")
URLS = [
    "http://ann:hunter2@127.0.0.1:9",
    "http://t0ken@127.0.0.1:9",
    "http://ann:p@ss@127.0.0.1:9",
    "http://ann:s3cr/t@127.0.0.1:9",
    "http://127.0.0.1:9/?key=t0ken",
    "http://127.0.0.1:9/v1?key=t0ken#x",
]


def hidden(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("url", URLS)
def test_an_address_is_shown_without_its_password(url: str) -> None:
    for text in (url, f"no answer at {url}: start it", f"(got '{url}')", f"{url} and {url}"):
        shown = without_credentials(text)
        assert hidden(shown)
        assert "http://" in shown
        assert without_credentials(shown) == shown


def test_what_holds_no_password_is_left_as_it_is() -> None:
    for text in ("http://127.0.0.1:11434", "mail ann@example.org", "http://h:1/path?", "what? why @noon", ""):
        assert without_credentials(text) == text


@pytest.mark.parametrize("url", URLS)
def test_no_log_record_holds_it(url: str) -> None:
    stream = io.StringIO()
    handler = TerminalHandler(stream)
    try:
        raise EngineError(f"Ollama does not run at {url}")
    except EngineError as error:
        caught = error
    for arguments in ((url,), (caught,)):
        record = logging.LogRecord(
            "hearthd.x", logging.ERROR, "", 0, "no: %s", arguments, (type(caught), caught, None)
        )
        assert hidden(_datagram(record).decode(errors="replace"))
        handler.emit(record)
    assert hidden(stream.getvalue())
    assert hidden(_one_line(f"idle; chat at {url}"))


@pytest.mark.parametrize("url", URLS[:1])
def test_the_engines_errors_are_logged_without_it(url: str) -> None:
    """With the real ones: nothing answers there."""

    async def messages() -> list[str]:
        found = []
        chat = OllamaChat(url, "m", num_ctx=512, max_reply_tokens=16, first_token_seconds=1, stall_seconds=1)
        server = VoiceServer(url, 0.5)
        for attempt in (chat.start(), server.set("set_gpt_weights", weights_path="x")):
            try:
                await attempt
            except EngineError as error:
                found.append(str(error))
        await server.close()
        await chat.close()
        return found

    found = asyncio.run(messages())
    embedder = OllamaEmbedder(url, "m")
    with pytest.raises(EngineError) as caught:
        embedder.embed(["x"])
    embedder.close()
    for text in (*found, str(caught.value)):
        record = logging.LogRecord("hearthd.x", logging.ERROR, "", 0, "%s", (text,), None)
        assert hidden(_datagram(record).decode(errors="replace"))
    assert len(found) == 2


@pytest.mark.parametrize(
    "text", ['[voice]\nurl = "https://ann:hunter2@host"', '[chat]\nurl = 5\nurls = "http://a:hunter2@b"']
)
def test_a_refused_configuration_does_not_show_it(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(str(tmp_path / "c.toml"), {})
    assert hidden("\n".join(caught.value.problems))
    assert main(["check", "--config", str(tmp_path / "c.toml")]) == 78
    assert hidden(capsys.readouterr().err)


def test_check_online_and_the_personas_do_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text(f'[chat]\nurl = "{URLS[0]}"')

    async def tried(settings: object) -> list[CheckResult]:
        return [CheckResult("chat", True, f"m ({URLS[0]})")]

    monkeypatch.setattr("hearthd.app.online_check.try_everything", tried)
    assert main(["check", "--online", "--config", str(tmp_path / "c.toml")]) == 0
    main(["personas", "list", "--config", str(tmp_path / "c.toml")])
    said = capsys.readouterr()
    assert hidden(said.out)
    assert hidden(said.err)
