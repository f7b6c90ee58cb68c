"""What can be asked for in English: the words of which the patterns of ``request_words_en`` are made."""

from __future__ import annotations

DET = (
    r"(?:the|all|all the|my|our|your|that|those|these|this|both|every|each|any|some|a|an|his|her|their|"
    r"one|no)"
)
UP = r"(?:on|off|up|down|out|back on|back off|back up|back down|over)"
NEAR = rf"(?: {UP})?(?: {DET})?(?: (?!into\b)[\w'%]+){{0,3}}?"
HAS = rf"(?: {UP})?(?: {DET})?(?: (?!into\b|about\b|for\b|to\b|with\b|of\b|like\b|as\b)[\w']+){{0,4}}?"

SWITCH = (
    r"(?:turn|switch|put|flip|power|shut|kill|cut|dim|brighten|set|change|adjust|raise|lower|bring|leave|"
    r"keep|toggle|activate|"
    r"deactivate|enable|disable|start|stop|fade|increase|decrease|reduce|run|pause|reset|restart|control|"
    r"light(?: up)?|get)"
)
LIGHT = (
    r"(?:lights?|lamps?|lighting|chandeliers?|light ?bulbs?|bulbs?|led strips?|nightlights?|fairy lights|"
    r"spotlights?|candles?)"
)
THING = (
    r"(?:fans?|plugs?|sockets?|outlets?|switch(?:es)?|coffee (?:machine|maker)|coffeemaker|kettle|oven|"
    r"stove|microwave|toaster|dishwasher|"
    r"washing machine|washer|dryer|(?:robot )?vacuum(?: cleaner| robot)?|roomba|hoover|robot|mower|"
    r"humidifier|dehumidifier|"
    r"(?:air )?purifier|sprinklers?|pump|printer|computer|pc|laptop|router|wi ?fi|bluetooth|(?:alarm|"
    r"security) system|cameras?|projector|"
    r"appliances?|iron|electric blanket|phone|power|electricity|slow cooker|rice cooker|crock ?pot|"
    r"instant pot|jacuzzi|hot tub|"
    r"diffuser|aquarium|doorbell|fireplace|(?:my|the) (?:car|vehicle|truck|engine)|everything|devices?|"
    r"airplane mode|hotspot|heated blanket|fridge|freezer|screen)"
)
HEAT = (
    r"(?:heating|heat|heaters?|radiators?|thermostats?|temperature|ac|air ?con(?:ditioning|ditioner)?|"
    r"aircon|climate(?: control)?|"
    r"furnace|boiler|hot water|cooling|air)"
)
DOORS = r"(?:doors?|gates?|garage|locks?|house|car|trunk|windows?|safe|skylight|deadbolt|patio|home)"
BLINDS = r"(?:blinds?|shutters?|curtains?|shades?|awnings?|drapes|rollers?)"
SHOWS = (
    r"(?:tv|television|telly|netflix|youtube|hulu|disney(?: plus)?|prime video|channels?|movies?|films?|"
    r"shows?|episodes?|series|videos?|"
    r"xbox|playstation|chromecast|roku|sitcom|cartoons?|documentary|trailer|subtitles)"
)
TUNES = (
    r"(?:music|songs?|tracks?|tunes?|albums?|playlists?|radio|podcasts?|audio ?books?|stations?|spotify|"
    r"record|playback|jazz|rock|"
    r"beats|playing|deezer|pandora|soundtrack|melody|itunes)"
)
GAMES = (
    r"(?:game|games|chess|checkers|cards|poker|role|part|devil|along|with|joke|jokes|trick|dumb|dead|"
    r"questions|trivia|quiz|hangman|"
    r"tic|riddles?|word|words|i spy|charades|truth|character|teacher|therapist|interviewer|doctor|host|"
    r"rock paper|hide|house|pretend|"
    r"safe|football|soccer|tennis|basketball|piano|guitar|violin|against|fair|nice|as|like (?:you|a)|mind|"
    r"sudoku|bingo|simon says|"
    r"would you rather|never have i ever|mad libs|detective|dungeon|dnd|narrator|lawyer|pirate|wizard|"
    r"king|queen of|a (?:man|woman|person))"
)
KIN = (
    r"(?:my|our|the|mom|mum|mommy|mummy|mama|dad|daddy|papa|grandma|grandpa|granny|grandmother|"
    r"grandfather|mother|father|everyone|"
    r"everybody|him|her|them|someone|somebody|work|home|9\w*|\d[\d ]*)"
)
NOBODY = (
    r"(?:me|us|it|itself|yourself|this|that|these|those|a|an|the|your|no|some|one|another|more|stories|"
    r"jokes|lies|apart|to|for|of|upon|"
    r"out|off|on|in|all|time|things|what|how|if|something|anything|nothing|generation|message|adventure)"
)
RIDES = r"(?:taxi|taxis|cab|uber|lyft|ride|car|limo|limousine|driver|shuttle)"
GOODS = (
    r"(?:pizzas?|coffee|burgers?|food|dinner|lunch|breakfast|groceries|takeout|take ?away|sushi|tickets?|"
    r"delivery|diapers|flowers|"
    r"batteries|sandwich|drinks?|beer|wine|noodles|fries)"
)
LISTS = (
    r"(?:(?:shopping|grocery|groceries|todo|task|packing|wish|gift|my|the|our|that|chore|"
    r"things)(?: \w+){0,2} lists?|lists?|shopping|groceries)"
)
DATES = r"(?:calendars?|agenda|diary|meetings?|appointments?|events?|conference|schedule)"
