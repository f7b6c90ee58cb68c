"""Who takes back what was asked is not answered, however it is said; who only begins so is."""

from __future__ import annotations

from functools import partial

import pytest

from hearthd.actions.matcher import Matcher
from hearthd.dialogue.intent import BeQuiet, Circumstances, understand
from tests.actions import corpus
from tests.actions.corpus import NOW

pytestmark = pytest.mark.unit

TAKEN_BACK = """
算了吧 | 算了算了 | 算了，不问了 | 哎呀算了 | 嗯算了 | 那算了 | 那就算了 | 算啦 | 算了算了不用了
取消吧 | 取消取消 | 不用了谢谢 | 不用啦 | 不用了不用了 | 不用麻烦了 | 别念了 | 别再念了 | 别读了
不要念了 | 不要读了 | 别念啦 | 别说了 | 别讲了 | 不要说了 | 不听了 | 不想听了 | 好了好了 | 行了行了
行了别说了 | 可以了，谢谢 | 够了 | 没什么 | 没什么了 | 没事 | 没事了 | 没事儿 | 当我没说 | 当我没问
我没问题了 | 没问题了 | 不问了 | 我不问了 | 忽略 | 忽略刚才的 | 嘿贾维斯，算了 | 闭嘴 | 安静 | 停下来
停一下 | 好的，别念了 | oh never mind | never mind then | nevermind | never mind that | ah never mind
no never mind | um, never mind | well, never mind | actually never mind | it's okay, never mind
never mind, thanks | never mind thank you | sorry, never mind | forget it | oh forget it
just forget it | forget about it | forget that | forget I asked | cancel | cancel that | cancel it
cancel please | no, cancel | please cancel | no thank you | no thanks | nope, never mind
don't worry about it | don't bother | it doesn't matter | doesn't matter | not important | it's nothing
nothing | leave it | drop it | scratch that | skip it | ignore that | ignore me | disregard that
stop talking | stop reading | stop it | please stop | that's enough | enough | okay that's enough
be quiet | shut up | hush | quiet please | ok stop now | no more | 我不想知道了 | 你不用说了 | 不用念了
不用再说了 | 不用回答了 | 别再说了 | 取消刚才的问题 | 没别的了 | 就到这儿吧 | 到此为止 | 别管了
那还是算了吧 | 唉，还是算了 | 嗯，不用了 | 哦不用了谢谢你 | 算了我自己来 | 算了，没事 | 不说了，谢谢
那没事了 | 好的没事了 | 没有了，谢谢 | 没了 | 没有问题了 | 不聊了 | 你别念了好吗 | 能不能别念了
不要再念了 | 别往下念了 | 不用往下说了 | 先这样吧 | 那就这样 | 忘了吧 | 刚才的不算 | 刚才那句不算
取消提问 | 别回答了 | 不需要回答 | 没你事了 | 停，不听了 | 算了不问了谢谢 | 别读了谢谢 | 哎，取消
好啦，别念啦 | 喂，别念了 | okay you can stop | you can stop now | okay I got it thanks | that will do
stop there | changed my mind | oh wait never mind | hmm, never mind then | you know what, never mind
you know what, forget it | nah forget it | never mind, I found it | never mind, I'll do it myself
no need, thanks | no need to answer | don't answer that | you don't have to answer
okay okay never mind | oh no, cancel that please | oops, cancel | cancel my question
cancel the question | forget my question | forget the question | sorry I didn't mean you
I wasn't asking you | no that's fine | that's okay, never mind | we're good, thanks | I'm good, thanks
I'm good | stop reading that | stop reading please | you can stop reading | no more please
okay, no more | let's drop it | let's leave it | leave it for now | it's not important | nothing, sorry
nothing thanks
"""
"""A bar between two."""

ASKED = """
算了一下账 | 算了吧这首歌叫什么 | 取消订单怎么操作 | 怎么取消会员 | 不用了的手机怎么处理
别念了书是什么意思 | 没什么意思的电影有哪些 | 够了这个词怎么说英语 | 安静的音乐有哪些 | 忽略是什么意思
停一下是什么意思 | 你说算了是什么意思 | 好了没有 | 行了吗 | never mind is a song by who
what does never mind mean | cancel my subscription how | how do I cancel a flight | forget it in french
who sang nothing compares to you | is it okay to never mind others | what is cancel culture
no thanks to you | don't worry be happy lyrics | play enough is enough
drop it like it's hot who sang that | leave it to beaver cast | 算了几次才算对 | 我问了你怎么不回答
这首歌叫算了吧 | 取消航班的电话 | 不用了还能退吗 | 别念了什么歌 | 没了手机怎么办 | 没有了手机会怎样
忘了密码怎么办 | 停，下一首是什么 | 这样吧，讲个笑话 | I forgot my question about France
no need for speed which year | what happens if I cancel my card
stop reading me chapter two and go to three | I found it odd, why is that
never mind the bollocks is by which band | I'm good at chess, teach me more
that's fine art, who painted it | can you stop a cold early | should I forget the past
"""
"""Begins, or reads, like one."""


@pytest.fixture(scope="module")
def here() -> Circumstances:
    matcher: Matcher = corpus.matcher()
    return Circumstances(phrases=("hey jarvis", "嘿贾维斯"), command_of=partial(matcher.understand, now=NOW))


def split(phrases: str) -> list[str]:
    return [phrase.strip() for line in phrases.split("\n") for phrase in line.split(" | ") if phrase.strip()]


def test_what_takes_back_a_question_ends_the_turn_in_silence(here: Circumstances) -> None:
    assert len(split(TAKEN_BACK)) == 191
    assert [said for said in split(TAKEN_BACK) if understand(said, here)[0] != BeQuiet()] == []


def test_what_only_reads_like_it_is_answered(here: Circumstances) -> None:
    assert len(split(ASKED)) == 48
    assert [said for said in split(ASKED) if understand(said, here)[0] == BeQuiet()] == []
