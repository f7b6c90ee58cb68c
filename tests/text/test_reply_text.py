"""From the model's tokens to the words that the voice is handed: the parts together."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.chunker import Chunker
from hearthd.text.duration import spoken_length
from hearthd.text.markup import SpeakableText
from hearthd.text.normalize import numbers_en, numbers_zh
from hearthd.text.normalize.normalizer import CONTEXT_CHARS, speakable
from tests.text.test_normalizer import pairs

pytestmark = pytest.mark.unit


def said(tokens: list[str], language: str) -> list[str]:
    cleaner, chunker = SpeakableText(), Chunker()
    chunks = [chunk for token in tokens for chunk in chunker.feed(cleaner.feed(token))]
    chunks += chunker.feed(cleaner.flush()) + chunker.flush()
    texts = [chunk.text for chunk in chunks]
    return [
        speakable(text, language, before="".join(texts[:number])[-CONTEXT_CHARS:])
        for number, text in enumerate(texts)
    ]


def test_a_chinese_reply_in_markdown_is_read_sensibly() -> None:
    reply = (
        "<think>用户想知道天气。</think>好的，**今天**是2026年11月21日😊\n\n"
        "| 城市 | 最高 | 最低 |\n|---|---|---|\n| 北京 | 8℃ | -2℃ |\n\n"
        "- 出门带伞\n- 查看[天气网](https://example.com/bj)\n"
    )
    assert said(list(reply), "zh") == [
        "好的，",
        "今天是二零二六年十一月二十一日。",
        "北京：最高八摄氏度，最低零下二摄氏度。",
        "出门带伞。",
        "查看天气网",
    ]


def test_an_english_reply_in_markdown_is_read_sensibly() -> None:
    reply = (
        "Sure! Here's how:\n\n1. **Open** `main.py` at 3:30 p.m.\n2. Run it:\n```bash\npython main.py\n```\n"
        "It costs $3.50, e.g. 5% of your budget."
    )
    assert said(list(reply), "en") == [
        "Sure!",
        "Here's how: one, Open main dot py at three thirty P M.",
        "two, Run it: I'll skip the code here.",
        "It costs three dollars and fifty cents, for example, five percent of your budget.",
    ]


@pytest.mark.parametrize(
    ("language", "reply", "words"),
    [
        ("zh", "招商银行的客服电话是：95555。您可以随时拨打。", "九五五五五"),
        ("zh", "您好，您要的取件码是：3-2-1008，请尽快去拿。", "三杠二杠幺零零八"),
        ("zh", "最近的派出所电话：62345678，请拨打。", "六二三四五六七八"),
        ("en", "Of course. Your new PIN is: 4821. Keep it safe.", "four eight two one"),
        ("en", "You can reach customer service at: 95588, around the clock.", "nine five five eight eight"),
        ("en", "Certainly! Your flight number is: UA857, leaving at nine.", "U A eight fifty-seven"),
    ],
)
def test_a_number_after_a_colon_is_read_as_the_word_before_it_says(
    language: str, reply: str, words: str
) -> None:
    assert words in " ".join(said(list(reply), language))


CHINESE_LABELS = (
    "客服电话 电话号码 手机号 联系方式 报修电话 预订电话 服务热线 短信验证码 取件码 开机密码 "
    "WiFi密码 房间号 门牌号 订单编号 快递单号 运单号 邮政编码 工号 学号 会员卡号 身份证号 会议ID "
    "邀请码 兑换码 银行账号 股票代码 编号 序列号 分机号 传真 QQ群 微信号 桌号 取餐号 尾号 区号 "
    "提取码 确认码 预订号 户号 保单号 发票号码 车架号 准考证号 社保号 护照号 病历号 监督电话 座机 "
    "紧急电话 用户ID PIN码 "
)
ENGLISH_LABELS = (
    "PIN|PIN code|passcode|password|door code|verification code|confirmation number|"
    "reservation number|order number|tracking number|account number|card number|membership number|"
    "case number|ticket number|invoice number|phone number|phone|mobile|fax|hotline|customer service|"
    "support line|emergency number|extension|zip code|postcode|area code|serial number|license plate|"
    "student ID|meeting ID|Wi-Fi password|security code|OTP|passport number|promo code|front desk|"
    "doctor's number"
)


@pytest.mark.no_cover
@pytest.mark.parametrize("number", ["4821", "95588", "62345678", "007342"])
def test_what_a_label_names_is_read_digit_by_digit_wherever_it_stands(number: str) -> None:
    digits = numbers_zh.digits(number, phone=True)
    for label in CHINESE_LABELS.split():
        for reply in (
            f"您好，{label}：{number}。",
            f"好的，您要的{label}是：{number}，请记好。",
            f"{label}为{number}",
        ):
            assert digits in _bare("".join(said(list(reply), "zh"))), reply
    digits = _bare(numbers_en.digits(number))
    for label in ENGLISH_LABELS.split("|"):
        for reply in (
            f"Sure. Your {label}: {number}.",
            f"The {label} is: {number}, so write it down.",
            f"Of course, the {label} you asked for is {number}.",
        ):
            assert digits in _bare("".join(said(list(reply), "en"))), reply


READ_OTHERWISE = {"Dial *67", "Flight no. BA249"}
"""An asterisk is a mark of emphasis, and a capital after "no." begins a sentence."""


@pytest.mark.parametrize("kind", ["ranges", "codes", "recipes", "durations", "slashes", "powers"])
def test_no_mark_and_no_cut_changes_how_it_is_read(kind: str) -> None:
    """The whole way: tokens, marks taken out, chunks, each read with what came before it."""
    wrong = []
    for language, written, wanted, *before in pairs(f"{kind}.tsv"):
        heard = "".join(said(list("".join(before) + written), language))
        same = _bare(heard).endswith(_bare(wanted))
        if not same and written not in READ_OTHERWISE:
            wrong.append((written, wanted, heard))
    assert wrong == []


def _bare(text: str) -> str:
    return re.sub(r"[\s.,，。!！]+", "", text)


PIECES = [
    "$0M",
    "Chapter IIII",
    "1/0",
    "99:99",
    "2026-99-99",
    "-",
    "~",
    "第",
    "0",
    "9" * 30,
    "第VV章",
    "¥",
    "%",
    "```\n",
    "|",
    "是13/13",
    "\n",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=20), st.sampled_from(["en", "zh"]))
def test_no_reply_whatever_breaks_the_speaker(tokens: list[str], language: str) -> None:
    for words in said(tokens, language):
        assert spoken_length(words) >= 0
        assert not any(c in "0123456789" for c in words)
