"""Numbers that are names, in Chinese: telephones, passwords, codes, plates. Digit by digit, 1 as 幺.

What a number is says the word before it (the label), perhaps in the chunk before; without one, its form.
"""

from __future__ import annotations

import re

from hearthd.text.abbreviation import words
from hearthd.text.normalize.acronym import letters
from hearthd.text.normalize.numbers_zh import digits, number
from hearthd.text.normalize.rule import BORDER
from hearthd.text.normalize.rule import ascii_rule as rule
from hearthd.text.normalize.units_zh import MEASURES, UNITS

_LABEL = (
    "拨打?|打(?:了|给|到|过)?|呼叫|报警|匪警|火警|急救|救护|求助|投诉|举报|咨询|预约|电话|座机|固话|热线|专线|致电|联系|客服|传真|手机|分机|短号|总机"
    "|密码|口令|[Pp][Ii][Nn]码?|尾号(?:为|是)?|尾数|邮编|邮政编码|区号|端口|股票|基金|车牌|护照|QQ群?|微信|ID|房间|房号|门牌|桌号"
    "|(?:验证|校验|动态|激活|邀请|兑换|取件|取货|提取|取餐|核销|识别|授权|配对|优惠|序列|机器|条|代|编|番|提货|取票|解锁|支付|开门|登录|确认|追踪|跟踪)码"
    "|[单编卡账帐户学工证牌序档票柜]号|(?:订单|快递|运单|流水|会员|档案|批次|型号|案件|准考证|工单|包裹|会议|预约|合同|发票|预订|预约|确认|合同|病历|客户|手机|电话|房间|身份证|身份|护照|序列|桌台|柜台)编?号"
    "|(?:短信|发送?|编辑短信)(?:到|至)|(?:最?后|末|前|开头)[三四五六3-6]位(?:数字?|号码)?|号码|联系方式|(?<=[\u4e00-\u9fff])(?<![尺鞋起筹衣源])[号码](?=\\s?[:：是为])|转(?=\\d{3})|[Rr]oom|Gate|HTTP|[A-Z]座"
)
_LINK = rf"[\s:：,，、{BORDER}是为了给到请按输入“”\"#号码群：]"
_NO_AMOUNT = (
    rf"(?![\d.,]|\s?(?:[个次元块分多余万亿条名件克米斤岁年天月位台倍页折℃%％°只家张层步度行级等]"
    rf"|人(?!工)|{UNITS})(?![号码]))"
)
_OR = r"(?:(\s?(?:或者?是?|和|及|与|、|/|，或)\s?)(\d{3,}))?"
_MIXED = r"(?=[A-Za-z\d-]*\d)(?=[A-Za-z\d-]*[A-Za-z])[A-Za-z\d]{2,}(?:-[A-Za-z\d]+)*"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PART = re.compile(r"\d+|[A-Za-z]+")


def spelled(text: str) -> str:
    """A code, one character after the other; a pause between groups of digits."""
    text = re.sub(r"^(1[3-9]\d)(\d{4})(\d{4})$|^([48]00)(\d{3})(\d{4})$", _grouped, text)
    groups = re.findall(r"[A-Za-z\d]+", text)
    if len(groups) > 1 and all(group.isdigit() for group in groups):
        return "，".join(digits(group, phone=True) for group in groups)
    said = ""
    for part in _PART.findall(text):
        if len(part) > 3 and part.islower():
            said += part
        elif part.isdigit():
            said += (" " if said[-1:].isascii() and said else "") + digits(part, phone=True)
        else:
            said += letters(part)
    return said


def _grouped(m: re.Match[str]) -> str:
    """A mobile or free number as it is said: 138 0013 8000, 400 820 8820."""
    return " ".join(group for group in m.groups() if group)


def _labelled(m: re.Match[str]) -> str:
    """What follows a label, and perhaps two more: 110、119或120."""
    said = m[1] + spelled(m[2])
    for link, value in ((m[3], m[4]), (m[5], m[6])):
        if value:
            said += ("或" if "/" in link else link) + digits(value, phone=True)
    return said


def _telephone(m: re.Match[str]) -> str:
    """A telephone number, group by group."""
    groups = re.findall(r"\d+", re.sub(r"(1\d\d|(?:40|80)0)(\d{3,4})(\d{4})$", r"\1-\2-\3", m[0]))
    country = f"加{digits(groups.pop(0))}，" if "+" in m[0] else ""
    return country + "，".join(digits(group, phone=True) for group in groups)


def _address(m: re.Match[str]) -> str:
    """3-2-1008: building, entrance, flat."""
    return f"{number(m[1])}杠{number(m[2])}杠{digits(m[3], phone=True)}"


LABELLED = [
    rule(
        rf"((?:取件|取货|提货|取餐|门牌|房)(?:码|号){_LINK}{{0,4}})(\d{{1,3}})-(\d{{1,2}})-(\d{{3,4}})(?![\d-])",
        lambda m: m[1] + f"{number(m[2])}杠{number(m[3])}杠{digits(m[4], phone=True)}",
    ),
    rule(
        r"((?:银行|信用卡|保险|移动|联通|电信|铁通|快递|顺丰|铁路|航空)\s?)(\d{5})(?![\d.,]|\s?[元块人个万亿张家名次米公])",
        lambda m: m[1] + digits(m[2], phone=True),
    ),
    rule(r"((?<!居)住(?:在)?)(\d{3,4})(?=[，。！？,]|$)", lambda m: m[1] + digits(m[2], phone=True)),
    rule(r"(?<=[按拨])\*(\d{1,4})(?!\d)", lambda m: f"星号{digits(m[1], phone=True)}"),
    rule(
        r"(?<=[按拨])(\*)(?=\d|键|$)|(?<=[按拨])(#)(?=键|$)",
        lambda m: "星号" if m[1] else "井号",
        digitless=True,
    ),
    rule(r"(?<=\d\d\d)#(?!\w)", "井号"),
    rule(
        r"(?<![A-Za-z\d-])([A-Z])(\d{1,2})-(\d{2,4})(?![\dA-Za-z-])(?=\s?(?:号|室|车位|展位|$|[，。；]))",
        lambda m: f"{m[1]} {number(m[2])}杠{digits(m[3], phone=True)}",
    ),
    rule(r"(?<![\d-])(?<!ISBN )(\d{1,3})-(\d{1,2})-(\d{3}|(?!19|20)\d{4})(?![\d-])", _address),
    rule(
        rf"([{_PROVINCES}])([A-Z])\s?[·•・]?\s?((?=[A-Z\d]*\d)[A-Z\d]{{5,6}})(?![A-Z\d])",
        lambda m: m[1] + spelled(m[2] + " " + m[3]),
    ),
    rule(
        rf"((?:{_LABEL}){_LINK}{{0,6}})(\d{{3,}}(?:[ -]\d{{2,}})*(?:X(?![A-Za-z]))?){_OR}{_OR}{_NO_AMOUNT}",
        _labelled,
    ),
    rule(rf"((?:{_LABEL}){_LINK}{{0,6}})({_MIXED})()()()()(?![A-Za-z\d])", _labelled),
    rule(
        rf"((?:航班号?|车次|列车|班次|高铁|动车){_LINK}{{0,4}})([A-Z]{{1,2}}|\d[A-Z])\s?(\d{{1,4}})(?!\d)",
        lambda m: f"{m[1]}{letters(m[2])} {digits(m[3], phone=True) if len(m[3]) > 2 else number(m[3])}",
    ),
]
"""Rules for what has a label before it. They come first: what they leave is something else."""

TELEPHONES = [
    rule(
        r"(?<!\d)(?:110|119|120|122)(?:(?:、|/|或|和|，)(?:110|119|120|122)(?!\d))+",
        lambda m: re.sub(r"\d+", lambda n: digits(n[0], phone=True), m[0]).replace("/", "或"),
    ),
    rule(
        r"((?:会议室|包厢|包间|教室|办公室|病房|诊室|展位|机房)\s?)(\d{3,4})(?![\d.]|\s?[个间平米人元])|(?<![\d第])(\d{3,4})(?=\s?(?:会议室|包厢|包间|教室|办公室|病房|诊室))",
        lambda m: (m[1] or "") + digits(m[2] or m[3], phone=True),
    ),
    rule(r"[(（](0\d{2,3})[)）]\s?(\d{7,8}|\d{3,4}[\s-]\d{4})(?!\d)", _telephone),
    rule(r"(?<![\w.])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}(?!\d)", _telephone),
    rule(
        r"(?<![\w.])\+(?=(?:[\s.()-]*\d){8,15}(?!\d))\d{1,3}(?:[\s.-]?(?:\(\d{1,4}\)|\d{2,4})){2,4}(?!\d)"
        r"|(?<!\d)(?:400|800|1)-\d{3}-\d{3,4}(?:-\d{4})?(?!\d)",
        _telephone,
    ),
    rule(
        r"(?<![\d.,])(?:1[3-9]\d([\s.-])\d{4}\1\d{4}|[48]00([\s.-])\d{3}\2\d{4}|[2-9]\d\d([\s.-])\d{3}\3\d{4})(?!\d)"
        r"|(?<=ISBN )[\d-]{7,17}(?!\d)",
        _telephone,
        digitless=True,
    ),
    rule(r"(?<![\d.,])0\d{2,3}[\s-]\d{3,4}[\s-]\d{4}(?!\d)", _telephone),
    rule(r"(?<![\d.,])(?:0\d{2,3}[\s-]\d{7,8}|1[3-9]\d{9}|[48]00\d{7}|95\d{3}-\d{4,6})(?![\d.])", _telephone),
    rule(r"(?<![\d.,-])\d{4}(?: \d{4}){3}(?: \d{3})?(?!\d)", _telephone),
    rule(
        r"(?<!\d)(1(?:10|19|20|22|14)|911|12306|12315|12345|12348|12333|10086|10010|10000)"
        r"(?=电话|热线|报警|客服|急救|救护|马上|平台|专线|短信)",
        lambda m: digits(m[1], phone=True),
    ),
]
"""Rules for telephones and cards by their form."""

_AMOUNT_WORDS = words(
    "等于 = 结果是 答案是 总共 总数 总计 共 约 大约 人口 超过 近 达 达到 为 得 得到 得出 是"
    " + - × * ÷ / ^ √ ¥ $ ￥ € £ 第 有 了"
)
_AMOUNT_BEFORE = "".join(f"(?<!{re.escape(word)})(?<!{re.escape(word)} )" for word in sorted(_AMOUNT_WORDS))
LONG = [
    rule(
        r"((?:号码?|编码|机号|卡号)\s?(?:是|为)?\s?)(\d{6,})(?![\d.,])",
        lambda m: m[1] + digits(m[2], phone=True),
    ),
    rule(
        rf"(?<=[^\s]){_AMOUNT_BEFORE}(?<![\w.,])(?!\d+000\b)\d{{7,}}(?![\d.,]|\s?(?:[=+×*÷/^%°多余万亿-]|{MEASURES}|{UNITS}))",
        lambda m: digits(m[0], phone=True),
    ),
]
"""Rules for seven digits and more that count nothing: a long amount has commas, a measure or a reason."""
