"""The sentences that the voices say for a wake word's training, and in which language they say the phrase.

No word of the product's own benches is learned by heart: they measure with other sentences.
"""

from __future__ import annotations

import re

ENGLISH = (
    "I will be home around six this evening.|Have you seen my glasses anywhere?|We should call your sister.|"
    "The soup needs a little more salt.|Nobody told me about the meeting.|Let us go for a walk, it is dry.|"
    "He forgot to water the plants again.|There is a parcel at the door.|What did the doctor say?|"
    "Put your shoes on, we are late.|She has learned the piano since spring.|I think it is under the sofa.|"
    "The neighbours are painting their fence.|Could you pass me the newspaper?|It was a very long film.|"
    "My phone is nearly empty.|They moved to another town last year.|Do not forget your umbrella.|"
    "The train was full of people.|We have run out of milk and eggs.|Yes, that is what I meant.|"
    "Who left the window open?|The cat wants to go outside.|Tomorrow we will have guests for dinner.|"
    "Sit down and tell me everything.|He works in the city most days.|That song was number one for weeks.|"
    "Is your homework finished?|The police are looking for witnesses.|A storm is coming from the west."
)
CHINESE = (
    "我今天晚上六点左右到家。|你看见我的眼镜了吗？|我们应该给姐姐打个电话。|这个汤还要再加一点盐。|没有人告诉我开会的事。|"
    "趁没下雨出去走走吧。|他又忘了给花浇水。|门口有一个包裹。|医生怎么说的？|快穿鞋，我们要迟到了。|"
    "她从春天开始学钢琴。|我想应该在沙发下面。|隔壁邻居正在刷墙。|把报纸递给我好吗？|那部电影真的很长。|我的手机快没电了。|"
    "他们去年搬到别的城市去了。|别忘了带雨伞。|火车上人很多。|家里的牛奶和鸡蛋都用完了。|对，我就是这个意思。|"
    "谁把窗户打开的？|小猫想到外面去。|明天有客人来吃饭。|坐下来慢慢说。|他平时在市里上班。|这首歌当年很流行。|"
    "作业写完了没有？|警方正在寻找目击者。|西边要来一场暴风雨。"
)
_HAN = re.compile(r"[㐀-鿿]")


def is_chinese(phrase: str) -> bool:
    """Whether Mandarin voices say it."""
    return _HAN.search(phrase) is not None
