"""Words of a reply that claim a deed of the speaker's own: for where there was none.

Only what can mean nothing else, for any answer passes here: "the first computer is called ENIAC" and "I've
made a list" are none.
"""

from __future__ import annotations

import re

_DONE = (
    r"(?:set|turned|switched|sent|called|ordered|booked|scheduled|locked|unlocked|opened|closed|dimmed|"
    r"brightened|adjusted|"
    r"reserved|cancel+ed|messaged|texted|e-?mailed|dialed|purchased|bought|paid|transferred|activated|"
    r"deactivated|muted|"
    r"increased|decreased|lowered|raised|skipped|paused|added|forwarded|rescheduled)"
)
_DOING = (
    r"(?:setting|turning|switching|sending|calling|ordering|booking|scheduling|locking|unlocking|dimming|"
    r"adjusting|"
    r"reserving|cancel+ing|dialing|texting|messaging)"
)
_THING = (
    r"(?:(?:kitchen|bedroom|living room|front|back|pasta|egg|\d+[- ]minute) )?(?:lights?|lamps?|timer|"
    r"alarm|reminder|volume|heating|"
    r"thermostat|temperature|doors?|blinds|curtains|tv|television|music|call|message|e-?mail|order|table|"
    r"taxi|cab|reservation|"
    r"appointment|meeting|oven|fan)"
)
_EN = re.compile(
    r"^\W*(?:(?:ok|okay|sure(?: thing)?|all right|alright|yes|yep|of course|certainly|absolutely|great|"
    r"no problem|got it|"
    r"understood|perfect|right away|done|well)\b\W*)*(?:"
    rf"(?:i've|i have|i just)(?: just| now| already| successfully)* {_DONE}\b"
    rf"|i(?:'m| am)(?: now| just)* {_DOING}\b"
    rf"|(?:your|the) {_THING}(?: in the \w+)? (?:is|are|has been|have been)(?: now| all)* (?:{_DONE}|on|"
    rf"off)\b"
    rf"|{_THING} {_DONE}(?: on| off)?(?: to| for|\W*$)"
    r"|(?:turning|switching) (?:on|off|up|down)\b|now playing\b|consider it done)"
)
_HELPED = (
    r"(?:打开|关掉|关上|关闭|开启|设置|设定|设好|调|发送|发出|拨打|打电话|预订|订|下单|买|添加|加到|安排|"
    r"播放|锁|"
    r"取消|叫|启动|暂停|拉上|拉开)"
)
_ZH = re.compile(
    r"^(?:好的?|没问题|当然(?:可以)?|可以|行|收到|明白|嗯|[,，。！!、 ])*(?:"
    rf"我?(?:已经?|刚刚)(?:成功)?(?:[为帮给替][你您])?(?:把|将)?[^,，。！!?？]{{0,10}}{_HELPED}"
    rf"|我?(?:正在|马上|这就|现在)(?:就)?[为帮给替][你您](?:把|将)?[^,，。！!?？]{{0,10}}{_HELPED}"
    rf"|我?[为帮给替][你您](?:把|将)?[^,，。！!?？]{{0,10}}(?:{_HELPED}|"
    rf"[关开定发设记])[^,，。！!?？]{{0,4}}了"
    rf"|(?:你的|您的)?[^,，。！!?？的是]{{0,6}}(?:灯|闹钟|计时器|提醒|空调|窗帘|门|电视|音乐|电话|短信|"
    rf"消息|邮件|外卖|餐厅|出租车)已经?(?:经|为[你您])?{_HELPED}"
    r"|正在(?:播放|拨打|呼叫))"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def claims(sentence: str) -> bool:
    """Whether a clause with which a reply begins says that the speaker has acted, or is at it."""
    text = sentence.strip().lower().replace("’", "'")
    return (_ZH if _HAN.search(text) else _EN).search(text) is not None
