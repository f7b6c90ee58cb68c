"""The text of a document: plain text, Markdown, HTML, PDF.

A document comes from anywhere. So its size is capped, and it is read in a child process with little time
and memory (20 MB of newlines took 3 GB to clean): what that does not manage is an error.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import resource
import subprocess
import sys
import threading
import warnings
from html.parser import HTMLParser
from pathlib import Path

SUFFIXES = {".txt", ".md", ".markdown", ".html", ".htm", ".pdf"}
MAX_BYTES = 20_000_000
"""Of a file: a manual with pictures; a larger one is a book of photographs."""
MAX_CHARACTERS = 1_000_000
"""Of a document's text: 500 pages."""
CHILD_SECONDS = 60
CHILD_BYTES = 1_000_000_000
"""What the child process may take."""
TEXT_BYTES = 4 * MAX_CHARACTERS
"""What it may answer."""
UNREADABLE = 3
"""Its exit code when it answers why the document cannot be read."""
NO_TEXT_TAGS = {"script", "style", "template", "noscript", "svg", "head", "nav"}
BREAKING_TAGS = {
    "p",
    "div",
    "li",
    "br",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "ul",
    "ol",
    "pre",
    "dd",
}


class DocumentError(Exception):
    """The document cannot be read. The message says why, and holds nothing of it."""


def text_of(path: Path) -> str:
    """The document's text. Raises DocumentError."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise DocumentError("is no file")
        if size > MAX_BYTES:
            raise DocumentError(f"is larger than {MAX_BYTES // 1_000_000} MB")
        return _read_in_child(path)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from None


def _read_in_child(path: Path) -> str:
    command = [sys.executable, "-m", "hearthd.knowledge.documents", str(path)]
    late = threading.Event()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(CHILD_SECONDS, end)
        timer.start()
        try:
            assert child.stdout is not None
            answer = child.stdout.read(TEXT_BYTES + 1)
            if len(answer) > TEXT_BYTES:
                child.kill()
            child.wait()
        finally:
            timer.cancel()
    if late.is_set():
        raise DocumentError(f"was not read within {CHILD_SECONDS} s")
    text = answer.decode(errors="replace")
    if child.returncode == UNREADABLE:
        raise DocumentError(text[:200])
    if child.returncode:
        raise DocumentError("takes too much time" if child.returncode < 0 else "cannot be read")
    return text


def _decoded(raw: bytes) -> str:
    """Text in whatever Chinese and English files are written in."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _clean(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise DocumentError("is no text (neither UTF-8 nor GB 18030)")


def _clean(text: str) -> str:
    if text.count("\x00") > 0:
        raise DocumentError("is no text")
    text = re.sub(r"[^\S\n]+", " ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace(" \n", "\n").replace("\n ", "\n")  # a repeated group would cost 150 bytes a line
    return re.sub(r"\n{2,}", "\n\n", text).strip()[:MAX_CHARACTERS]


class _Html(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NO_TEXT_TAGS:
            self._hidden.append(tag)
        elif self._hidden:
            return
        elif tag in ("td", "th"):
            self.found.append(" | ")
        elif tag in BREAKING_TAGS:
            self.found.append("\n" if tag in ("br", "tr", "li") else "\n\n")
            if tag == "li":
                self.found.append("- ")
            elif tag[1:].isdigit():  # a heading, as Markdown has it
                self.found.append("#" * int(tag[1:]) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in BREAKING_TAGS and not self._hidden:
            self.found.append("\n\n" if tag[1:].isdigit() else "\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(re.sub(r"\s+", " ", data))


def html_text(html: str) -> str:
    """What a reader sees of an HTML page. Raises DocumentError."""
    parser = _Html()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # how Python's parser calls a "<![" with no name behind it
        raise DocumentError("is no page of text: a declaration in it is broken") from None
    return _clean("".join(parser.found))


def _pdf_text(raw: bytes) -> str:
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("is locked with a password")
        found, length = [], 0
        for page in reader.pages:
            found.append(page.extract_text())
            length += len(found[-1])
            if length > MAX_CHARACTERS:
                break
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # a broken PDF breaks the parser in any way
        raise DocumentError(f"is no PDF that can be read ({type(error).__name__})") from None
    text = _clean("\n\n".join(found).replace("\x00", ""))
    if not text:
        raise DocumentError("holds pictures of text, not text: run it through OCR first")
    return text


def _text_here(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:  # it grew
        raise DocumentError(f"is larger than {MAX_BYTES // 1_000_000} MB")
    match path.suffix.lower():
        case ".pdf":
            return _pdf_text(raw)
        case ".html" | ".htm":
            return html_text(_decoded(raw))
        case _:
            return _decoded(raw)


def main() -> int:
    """The child: the text of one document on standard output, or why it cannot be read (``UNREADABLE``)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    path: Path = parser.parse_args().path
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_BYTES, CHILD_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_SECONDS, CHILD_SECONDS))
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        answer, status = _text_here(path), 0
    except (DocumentError, MemoryError, OSError, RecursionError) as error:
        strerror = error.strerror if isinstance(error, OSError) else None
        answer, status = strerror or str(error) or "takes too much memory", UNREADABLE
    sys.stdout.buffer.write(answer.encode(errors="replace"))
    return status


if __name__ == "__main__":
    sys.exit(main())
