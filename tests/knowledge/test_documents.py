"""Documents come from anywhere: what can be read is, what cannot be says why and harms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.knowledge import documents
from hearthd.knowledge.chunks import CHUNK_BYTES, split
from hearthd.knowledge.documents import DocumentError, html_text, text_of

pytestmark = pytest.mark.integration


def pdf_of(text: str) -> bytes:
    """The smallest PDF with a line of text in it."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    raw, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(raw))
        raw += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(raw)
    return raw + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def test_a_text_is_read_in_whatever_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("垃圾车每周二来。\r\nBins on Tuesday.".encode("gb18030"))
    (tmp_path / "b.md").write_bytes("\ufeff# Title\n\n\n\ntext  here".encode())
    assert text_of(tmp_path / "a.txt") == "垃圾车每周二来。\nBins on Tuesday."
    assert text_of(tmp_path / "b.md") == "# Title\n\ntext here"


def test_of_a_page_what_a_reader_sees_is_read(tmp_path: Path) -> None:
    page = "<head><title>no</title></head><h1>Cake</h1><script>evil()</script><p>Bake&nbsp;it <b>hot</b>.</p>"
    (tmp_path / "cake.html").write_text(page)
    assert text_of(tmp_path / "cake.html") == "Cake\n\nBake it hot."


def test_a_pdf_is_read(tmp_path: Path) -> None:
    (tmp_path / "boiler.pdf").write_bytes(pdf_of("Hold the red button for five seconds."))
    assert text_of(tmp_path / "boiler.pdf") == "Hold the red button for five seconds."


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.pdf", b"%PDF-1.4\ngarbage", "no PDF"),
        ("b.pdf", b"", "no PDF"),
        ("c.pdf", pdf_of("")[:300], "no PDF"),
        ("d.txt", b"\xff\xfe\x00\x01" * 100, "no text"),
        ("e.md", b"text\x00text", "no text"),
        ("f.html", b"\x81\xff\xff" * 50, "no text"),
        ("g.pdf", pdf_of(" "), "OCR"),
    ],
)
def test_what_is_no_document_says_so(tmp_path: Path, name: str, raw: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DocumentError, match=reason):
        text_of(tmp_path / name)


def test_a_document_too_large_or_too_slow_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(documents.MAX_BYTES + 1)
    with pytest.raises(DocumentError, match="larger"):
        text_of(tmp_path / "big.txt")
    (tmp_path / "slow.pdf").write_bytes(pdf_of("text"))
    monkeypatch.setattr(documents, "CHILD_SECONDS", 0.01)
    with pytest.raises(DocumentError, match="within"):
        text_of(tmp_path / "slow.pdf")
    with pytest.raises(DocumentError):
        text_of(tmp_path / "missing.txt")
    with pytest.raises(DocumentError, match="no file"):
        text_of(tmp_path)


@given(st.text(max_size=300))
def test_any_markup_is_read_without_harm(text: str) -> None:
    html_text(text.replace("\x00", "") + "<p><script>" + text.replace("\x00", ""))


@given(st.text(alphabet=st.sampled_from("ab c.。\n#锅炉 "), max_size=3000))
def test_chunks_hold_everything_and_none_is_too_long(text: str) -> None:
    chunks = split(text)
    assert all(0 < len(chunk.encode()) <= CHUNK_BYTES for chunk in chunks)
    assert "".join("".join(chunks).split()) == "".join(text.split())


def test_a_heading_stays_with_what_it_is_about() -> None:
    text = "# Rubbish\n\nOn Tuesdays.\n\n# Heating\n\nHold the red button.\n\n垃圾车每周二早上来。"
    assert split(text) == [
        "# Rubbish\nOn Tuesdays.",
        "# Heating\nHold the red button.",
        "垃圾车每周二早上来。",
    ]
