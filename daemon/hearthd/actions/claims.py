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
_MACHINE = (
    r"(?:[\w-]+ ){0,2}(?:machine|maker|kettle|heater|conditioner|conditioning|cleaner|purifier|humidifier|"
    r"plug|socket|camera|computer|printer|radio|stereo|projector|dishwasher|dryer|vacuum|boiler|sprinklers?)"
)
_ANYTHING = r"(?:your|the)(?: [\w'-]+){1,4}"
_FOR_YOU = r"(?: now| for you| as you asked| as requested| already)*\W*$"
"""Of what is no thing of a house, only what says nothing more is a claim: "the war is over now" is none."""
_STATE = (
    r"(?:(?:is|are) (?:now|already|all) (?:switched |turned )?(?:on|off|up|down|open|closed|shut|locked|"
    r"unlocked|playing|running|muted|set)|"
    rf"(?:has|have) been (?:{_DONE}|started|stopped)(?: on| off| up| down)?)"
)
_PROMISED = (
    r"(?:(?:turn|switch) (?:on|off|up|down|it|them|the|your)\b|remind you\b|wake you\b|"
    r"(?:un)?lock (?:the|your)\b|set (?:an?|the|your) (?:[\w-]+ ){0,2}(?:timer|alarm|reminder|"
    r"thermostat|temperature|heating|lights?|volume)\b|"
    r"(?:schedule|book|order|cancel) (?:an?|the|your|you)\b|dim (?:the|your)\b|"
    r"(?:send|text|message|e-?mail|call|phone) (?:him|her|them|your|the|"
    r"an? (?:message|text|e-?mail|taxi|cab))\b)"
)
_EN = re.compile(
    r"^\W*(?:(?:ok|okay|sure(?: thing)?|all right|alright|yes|yep|of course|certainly|absolutely|great|"
    r"no problem|got it|"
    r"understood|perfect|right away|done|well)\b\W*)*(?:"
    rf"(?:i've|i have|i just)(?: just| now| already| successfully)* {_DONE}\b"
    rf"|i(?:'m| am)(?: now| just)* {_DOING}\b"
    rf"|(?:your|the) {_THING}(?: in the \w+)? (?:is|are|has been|have been)(?: now| all)* (?:{_DONE}|on|"
    rf"off)\b(?! (?:on |off |up |down )?(?:by|when|if|with|whenever|every|to the)\b)"
    rf"|(?:your|the) {_MACHINE} (?:is|are)(?: now| already)? (?:(?:switched|turned) )?(?:on|off){_FOR_YOU}"
    rf"|{_THING} {_DONE}(?: on| off)?(?: to| for|\W*$)"
    rf"|{_ANYTHING} {_STATE}{_FOR_YOU}"
    rf"|i(?:'ll| will)(?: now| just| also| gladly| happily)* {_PROMISED}"
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
    rf"|(?:你的|您的)?[^,，。！!?？的是这那]{{0,6}}(?:灯|闹钟|计时器|提醒|空调|窗帘|门|电视|音乐|电话|短信|"
    rf"消息|邮件|外卖|餐厅|出租车)已经?(?:经|为[你您])?{_HELPED}"
    rf"|我(?:会|将|将会|来|去|马上|这就)[^,，。！!?？不没]{{0,12}}(?:提醒[你您]|叫[你您]起床|"
    rf"[为帮给替][你您][^,，。！!?？]{{0,10}}{_HELPED})"
    r"|[^,，。！!?？的是这那他她它]{1,8}(?:已经?|已经?为[你您])(?:打开|关闭|关上|关掉|开启|启动|"
    r"开好|关好|设好|设置好|调好|锁好|锁上|订好|下单)了?\W*$"
    r"|(?:[^,，。！!?？的是把被他她它]{0,6}的)?[^,，。！!?？的是把被他她它]{0,6}(?:灯|闹钟|计时器|提醒|空调|"
    r"窗帘|门|电视|音乐|音量|暖气|咖啡机|洗衣机|风扇)(?:开|关|锁|打开|关掉|关上|设好|"
    r"设置好|定好|调好|调低|调高|开好|关好|锁好|锁上)了\W*$"
    r"|正在(?:播放|拨打|呼叫))"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def claims(sentence: str) -> bool:
    """Whether a clause with which a reply begins says that the speaker has acted, or is at it."""
    text = sentence.strip().lower().replace("’", "'")
    return (_ZH if _HAN.search(text) else _EN).search(text) is not None
