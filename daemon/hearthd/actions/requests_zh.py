"""Requests for acts, in Chinese: an order freed from politeness, against the patterns of the acts."""

from __future__ import annotations

import re

from hearthd.actions.request_words_zh import ACTS

_BEFORE = re.compile(
    r"(?:请问|请|麻烦|劳驾|拜托|那么|那就|那|好的|好吧|好|嗯|喂|嘿|哎|诶|现在|赶紧|赶快|尽快|快点|快|马上|"
    r"立刻|立即|顺便|然后|接着|"
    r"再|也|就|先|直接|帮个忙|帮忙|小极|贾维斯|对了|不好意思|抱歉|谢谢|"
    r"(?:你|您)?(?:能不能|可不可以|能否|可否|可以|能|会不会|愿不愿意|方便)(?=(?:请|麻烦|帮|给|替|把|将|打|"
    r"关|开|放|播|调|你|您|让|叫|订|发|买|拉|锁|设|定|停|暂|加|取|提|拨|换|重|告|在))|"
    r"(?:我|我们)?(?:想|要|想要|需要|希望|得)(?:请|让|叫|麻烦)?(?:你|您)|(?:我|我们)(?:想|要|想要|需要|"
    r"得)(?=(?:把|打开|关|开|放|播|听|订|买|叫|点|设|定|取消|给|发|打|预|租|调|看))|"
    r"(?:帮|替|为)(?:一下)?(?:我|我们|咱|咱们|忙|大家)?(?:一下|个忙)?|给(?:我|我们)(?!打|发|回|拍|看|讲|"
    r"说|唱|写|列|推|介|解|想)|让(?:我|我们)|(?:你|您)(?:去|来|给我|帮我|要|得|把)?(?=把|打|关|开|放|播|"
    r"调)|"
    r"(?:今天|明天|后天|今晚|明晚|明早|今早|早上|上午|中午|下午|晚上|半夜|傍晚|待会儿?|等会儿?|一会儿?|"
    r"等下|周末)(?:的|再)?|"
    r"(?:这|下)?(?:周|星期|礼拜)[一二三四五六日天末]|[零一二两三四五六七八九十\d]{1,3}(?:点|:|：)(?:半|钟|"
    r"整|[零一二三四五六七八九十\d]{1,3}分?)?|"
    r"[零一二两三四五六七八九十半\d]{1,4}(?:个小时|小时|分钟|秒|个钟头|天)(?:之?后|以后)|"
    r"在?(?:厨房|客厅|卧室|书房|房间|浴室|阳台|家)(?:里面|里|的)?(?=放|播|打|开|关))[,，、。!！ ]*"
)
_AFTER = re.compile(
    r"(?:[,，。!！?？~ ]|好吗|好不好|可以吗|可以不|行吗|行不行|能吗|成吗|吗|吧|呗|啊|呀|嘛|哦|了吗|"
    r"谢谢(?:你|您|啦)?|多谢|拜托(?:了|你)?|的话)+$"
)
_POLITE = re.compile(r"(?:能不能|可不可以|能否|可否|可以|能|会不会|好不好|行不行|可以不)")
_SHALL_WE = re.compile(r"(?:好|可以|行)吗[?？]?$")
_ASKED = re.compile(
    r"怎么|怎样|如何|为什么|为何|为啥|干嘛|什么(?!都|的)|啥|多少|多久|多长|多大|多高|多远|多贵|哪|谁|"
    r"几(?:点(?!半)|度|个|岁|号|次|种|天|包)|"
    r"是不是|有没有|要不要|该不该|应该|应不应|贵不贵|对不对|难不难|是否|难道|吗[?？。]?$|呢[?？。]?$"
)
_WORDS = re.compile(
    r"^(?:写|编|讲|说说|说一|翻译|解释|描述|想象|假如|假设|如果|要是|教|扮演|介绍|推荐|分析|比较|总结|"
    r"概括|造句|列|背|猜|陪|我们来|咱们来|给我(?:讲|说|写|列|"
    r"想|推荐|介绍|解释|唱|编|一个.{0,8}(?:点子|建议|主意))|唱|建议|改写|续写|朗读|念|回答|模仿|聊|假装|"
    r"以后叫|出)"
)
_TALK = re.compile(
    r"翻译|(?:用|的|讲)(?:英语|英文|中文|法语|日语|德语|韩语|意大利语|西班牙语)|什么意思|造句|"
    r"编个?(?:故事|笑话)|这(?:首歌|句话|个词|个字)|《|作文|这几个字|怎么说|怎么读"
)
_COMPILED = tuple((name, re.compile(f"(?:{pattern})")) for name, pattern in ACTS)
_CLAUSE = re.compile(
    r"[,，;；。.!！?？、:：]+|然后|接着|并且|同时|顺便|(?:的时候|之后|以后|之前|前|了|后)(?=[^,，]{2})"
)
_SOMEBODY = re.compile(
    r"(?:我|我们|他|她|他们|妈妈|爸爸|老婆|老公|弟弟|哥哥|姐姐|妹妹|爷爷|奶奶|小明|小红|人们?|朋友|邻居|"
    r"老师)[^,，。]{0,10}$"
)
_MESSAGES = frozenset({"call", "message", "email"})
_TOLD = re.compile(r"(?:说|问|告诉|转告|通知|短信|微信|信息|消息|邮件)")


def family(words: str) -> str | None:
    """The act that ``words`` ask for, by name."""
    text = _plain(words)
    if _is_about_words(text):
        return None
    at = 0
    while True:
        if found := _ordered(text[at:], text):
            return found
        following = _CLAUSE.search(text, at)
        if following is None or following.end() >= len(text):
            return None
        before = text[at : following.start()]
        if following.group() in {"了", "后", "前"} and _SOMEBODY.search(before):
            return None
        at = following.end()


def wants_words(words: str) -> bool:
    """Whether they ask something, or for a text."""
    text = _plain(words)
    return _is_about_words(text) or _ASKED.search(text) is not None


def _is_about_words(text: str) -> bool:
    return any(
        pattern is not None for pattern in (_TALK.search(text), _WORDS.match(_free(text)), _WORDS.match(text))
    )


def _plain(words: str) -> str:
    return re.sub(r"\s+", "", words.lower()).replace("您", "你")


def _ordered(clause: str, whole: str) -> str | None:
    """What the clause orders that begins here."""
    start = _AFTER.sub("", _free(clause))
    if not start or _WORDS.match(start):
        return None
    for name, pattern in _COMPILED:
        if (found := pattern.match(start)) is None:
            continue
        told = name in _MESSAGES and _TOLD.search(start)
        asked = _ASKED.search(
            _AFTER.sub("", whole)
            if _POLITE.search(whole) or whole.endswith(("好吗", "可以吗", "行吗", "好吗?", "好吗？"))
            else whole
        )
        if asked and not told and not (name == "music" and found.group().startswith("播放")):
            return None
        return name
    return None


def _free(text: str) -> str:
    """``text`` without what politeness and talk put before an order."""
    start = text.lstrip(",，、。 ")
    while (found := _BEFORE.match(start)) is not None and found.end():
        start = start[found.end() :]
    return start
