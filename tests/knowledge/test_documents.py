"""Documents come from anywhere: what can be read is, what cannot be says why and harms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.knowledge import documents
from hearthd.knowledge.chunks import CHUNK_BYTES, PLACE_BYTES, DocumentChunk, cut
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
    assert text_of(tmp_path / "cake.html") == "# Cake\n\nBake it hot."


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


@given(st.text(alphabet=st.sampled_from("ab c.。，:-|1\n#锅炉 "), max_size=3000))
def test_chunks_hold_everything_and_none_is_too_long(text: str) -> None:
    chunks = cut(text, "notes")
    assert all(chunk.text and len((chunk.text + chunk.place).encode()) <= CHUNK_BYTES for chunk in chunks)
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(text.split())


def test_a_heading_stays_with_what_it_is_about() -> None:
    text = "# Rubbish\n\nOn Tuesdays.\n\n# Heating\n\nHold the red button.\n\n垃圾车每周二早上来。"
    assert [chunk.text for chunk in cut(text, "notes")] == [
        "# Rubbish\nOn Tuesdays.",
        "# Heating\nHold the red button.",
        "垃圾车每周二早上来。",
    ]


MANUAL = """# Washing machine Lavanda 700

Manual of 14 March 2024.

## Errors

### E20

The water does not drain. Clean the pump.

## Programmes

| programme | degrees | minutes |
|---|---|---|
| cotton | 60 | 150 |
| wool | 30 | 45 |

## Before the first wash

You need:

- a bowl

- the square key
"""


def test_a_chunk_knows_title_headings_and_date(tmp_path: Path) -> None:
    (tmp_path / "lavanda.md").write_text(MANUAL)
    title = "Washing machine Lavanda 700"
    first, error, table, needs = cut(text_of(tmp_path / "lavanda.md"), "lavanda")
    assert first == DocumentChunk(f"# {title}\nManual of 14 March 2024.", f"{title}, 2024-03-14")
    assert error.place == f"{title} › Errors › E20, 2024-03-14"
    assert error.whole == f"{error.place}\nThe water does not drain. Clean the pump."
    assert table.text.count("\n") == 4
    assert table.place == f"{title} › Programmes, 2024-03-14"
    assert needs.text == "## Before the first wash\nYou need:\n- a bowl\n- the square key"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("offer_2026-02-01", "The roof costs a lot.", "offer 2026-02-01, 2026-02-01"),
        ("scan_20260314", "Dear tenant, pay.", "scan 20260314, 2026-03-14"),
        ("letter", "Lübeck, 3. 5. 2025. Dear tenant, pay.", "letter, 2025-05-03"),
        ("letter", "May 3rd, 2025. Dear tenant, pay.", "letter, 2025-05-03"),
        ("letter", "Number 20260314, 31.02.2026 and 99.99.9999 are no dates.", "letter"),
        ("合同", "二零二六年签。签于2026年3月14日。", "合同, 2026-03-14"),
        ("notes", "Wifi at home\n\nThe password is mellow otter.", "Wifi at home"),
        ("家", "家里的网络\n\n密码是山水。", "家里的网络"),
        ("x" * 200, "One sentence.", "x" * (PLACE_BYTES - 2)),
    ],
)
def test_a_text_without_headings_is_known_by_its_name_or_first_line(name: str, text: str, place: str) -> None:
    assert [chunk.place for chunk in cut(text, name)] == [place]


def test_a_long_table_is_cut_between_rows_and_keeps_its_head() -> None:
    rows = [f"| programme {n} | {n} degrees and some words more |" for n in range(40)]
    chunks = cut("\n".join(["| name | heat |", "|---|---|", *rows]), "table")
    assert len(chunks) > 2
    assert all(chunk.text.startswith("| name | heat |\n|---|---|\n| programme") for chunk in chunks)
    assert [line for chunk in chunks for line in chunk.text.split("\n")[2:]] == rows


def test_a_list_longer_than_short_paragraphs_stays_whole() -> None:
    items = [f"- item {n}: 3.5 kg of flour and some other things" for n in range(10)]
    assert [c.text for c in cut("Ingredients\n\n" + "\n\n".join(items), "cake")] == [
        "\n".join(["Ingredients", *items])
    ]


def test_chinese_is_cut_at_the_ends_of_sentences_and_no_space_comes_between() -> None:
    sentences = [f"第{n}条，租客应当在每个月的五号以前把房租交给房东！他说：“好的。”" for n in range(40)]
    chunks = cut("".join(sentences), "合同")
    assert len(chunks) > 3
    assert all(chunk.text.endswith(("！", "”")) for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == "".join(sentences)
    [long, *_] = cut("一二三四五，" * 100, "合同")
    assert long.text.endswith("，")


def test_cells_rows_and_headings_of_a_page_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "bins.html").write_text(
        "<title>x<h2>hidden</h2></title><h1>Bins</h1><h2>Days</h2><table><tr><th>bin</th><th>day</th></tr>"
        "<tr><td>black</td><td>Tuesday</td></tr></table><h2>Do not</h2><ul><li>glass</li><li>oil</li></ul>"
    )
    days, never = cut(text_of(tmp_path / "bins.html"), "bins")
    assert days.text.endswith("| bin | day\n| black | Tuesday")
    assert (days.place, never.place) == ("Bins › Days", "Bins › Do not")
    assert never.text == "## Do not\n- glass\n- oil"
