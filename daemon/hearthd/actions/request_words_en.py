"""What is asked for in English: an order begins with one of these patterns."""

from __future__ import annotations

from hearthd.actions.request_nouns_en import (
    BLINDS,
    DATES,
    DET,
    DOORS,
    GAMES,
    GOODS,
    HAS,
    HEAT,
    KIN,
    LIGHT,
    LISTS,
    NEAR,
    NOBODY,
    RIDES,
    SHOWS,
    SWITCH,
    THING,
    TUNES,
    UP,
)

ACTS: tuple[tuple[str, str], ...] = (
    (
        "timer",
        rf"(?:set|start|make|put|create|begin|run|give me|add|cancel|stop|pause|resume|delete|reset|"
        rf"restart|remove|clear|turn off|turn on|use|get){HAS}(?: (?:timers?|stopwatch|stop watch|"
        rf"countdown))\b",
    ),
    ("timer", r"(?:(?:start )?count(?:ing)? down|time me)\b"),
    (
        "timer",
        r"(?:alert|notify|ping|tell|warn|let) me (?:know )?(?:at \w+|in \w+ (?:seconds?|minutes?|hours?)|"
        r"(?:when|after) [\w ]*(?:seconds?|minutes?|hours?)(?: (?:are|is|have|has) (?:up|over|passed|"
        r"gone))?$)",
    ),
    (
        "alarm",
        rf"(?:set|make|create|put|add|cancel|delete|remove|turn|switch|change|move|disable|enable|start|"
        rf"stop|schedule|give me|clear|reset|activate|snooze){HAS} (?:alarms?|alarm clock|"
        rf"wake up call)\b(?! system)",
    ),
    ("alarm", r"(?:wake (?:me|us|\w+ up)|get me up|have me up)\b"),
    (
        "reminder",
        r"(?:remind (?:me|us|him|her|my \w+)(?! (?:what|who|how|why|where|which|again|whether|of|"
        r"when (?:was|is|did|does|the)|the (?:name|date|time))(?!\w))|(?:do not|never) let me forget)\b",
    ),
    (
        "reminder",
        rf"(?:set|create|make|add|delete|cancel|remove|put|give me|clear|change|move|erase|leave|schedule|"
        rf"i need){HAS} reminders?\b",
    ),
    (
        "list",
        rf"(?:add|put|write|place|include|remove|take|delete|cross|scratch|erase|strike|get rid of|insert|"
        rf"append|throw|jot|mark|note|check off)\b.{{1,80}}? (?:to|on|onto|from|off|off of|in|into|of|"
        rf"down on) (?:\w+ ){{0,2}}?{LISTS}\b",
    ),
    (
        "list",
        r"(?:clear|empty|erase|delete|update|create a new|start a new|make a new) (?:my |the |our |"
        r"all (?:of )?(?:my|the) )?(?:\w+ )?(?:shopping |grocery |todo |task )?lists?\b",
    ),
    (
        "list",
        r"(?:write down|note down|jot down|note|make a note|take a note|leave a note|take note|"
        r"take down)(?: that| of| to| for| my)\b",
    ),
    ("list", r"(?:make a note|take a note|take a memo|leave a note)\b"),
    (
        "book",
        r"(?:cancel|reschedule|change|move|confirm|make)(?: me)? (?:my|the|an?) (?:\w+'?s? )?(?:dentist|"
        r"doctor|doctor's|dental|hair|vet|hospital|medical|salon)(?:'?s)? (?:appointment|visit|"
        r"cleaning)\b",
    ),
    (
        "calendar",
        rf"(?:put|add|create|move|cancel|delete|remove|reschedule|postpone|set up|arrange|block|mark|make|"
        rf"schedule|set|push|enter|clear|insert|change|erase|take|get rid of|note|place|save|wipe|"
        rf"plan)\b(?: (?!into\b|about\b|list of\b|like\b|what\b|joke\b|story\b|"
        rf"words?\b)[\w':&\"]+){{0,9}}? {DATES}\b",
    ),
    (
        "calendar",
        r"(?:schedule|reschedule|call off) (?:a|an|my|the|our|some|me|us|time|lunch|dinner|\w+ing|with)\b",
    ),
    (
        "book",
        rf"(?:call|get|order|hail|find|send|book|reserve|fetch|grab|request|schedule|"
        rf"arrange)(?: for)?(?: me| us)?(?: (?:a|an|the|my|another|some|"
        rf"one))?(?: \w+){{0,2}}? {RIDES}\b(?! (?:loan|insurance|seat|wash|repair|parts?)(?!\w))",
    ),
    (
        "book",
        r"(?:book|reserve|rebook) (?:me|us|a|an|the|my|our|some|two|three|four|one|flights?|hotels?|"
        r"tickets?|rooms?|tables?|seats?|\d+|out|in|for)\b(?! (?:report|review|club|summary)(?!\w))",
    ),
    (
        "book",
        r"(?:make|get|set up|arrange|place|secure|put in|confirm|change|schedule)(?: me| us)?(?: (?:a|an|"
        r"the|my|our|another|some))?(?: \w+){0,3}? (?:reservations?|appointments?|bookings?|table for|"
        r"flights?|hotel room|plane tickets?)\b",
    ),
    (
        "book",
        r"cancel (?:my|the|our|that|this|all|an?)(?: \w+'?s?){0,3} (?:appointments?|reservations?|"
        r"bookings?|flights?|hotel|orders?|subscriptions?|trip|table|tickets?|tickets|room|rental)\b",
    ),
    ("book", r"(?:rent|check me in|check in)(?: me| us)? (?:a|an|for|to|some)\b"),
    (
        "buy",
        r"(?:order|reorder|re order)(?! (?:of|by|is|in|from (?:the )?(?:small|low|old|young|short|light|"
        r"cheap|near|first|left|great|high|big|large)|these|those|them|numbers|words|(?:the |"
        r"all (?:the )?)?(?:following|numbers|words|list|planets|letters|events|names|items|steps|planets|"
        r"months|sentences))(?!\w))(?: me| us)? \w+",
    ),
    (
        "buy",
        r"(?:place|put in|submit|make|create|cancel)(?: me)? (?:an|my|the|a|that) (?:\w+ )?(?:orders?|"
        r"purchase)\b(?! (?:of|by|in which)\b)",
    ),
    ("buy", r"(?:buy|purchase|sell)(?! (?:low|time|into|or)(?!\w))(?: me| us)? [\w$€£]+"),
    (
        "buy",
        rf"(?:get|bring|fetch)(?: me| us)?(?: (?:a|an|some|more|two|three|four|another|the|"
        rf"\d+))?(?: \w+){{0,3}}? {GOODS}\b(?! (?:suggestions?|ideas?|recipes?|recommendations?|options?|"
        rf"information|prices?)\b)",
    ),
    (
        "buy",
        r"(?:get|add|put) .{1,40}? (?:from|on|off|to|in|into) (?:amazon|ebay|walmart|alibaba|taobao|"
        r"the store|(?:my|the) (?:shopping )?(?:cart|basket))\b",
    ),
    (
        "buy",
        r"(?:pay|transfer|send|wire|move|deposit|withdraw)(?: \w+'?s?){0,5}? (?:bills?|rent|invoice|money|"
        r"dollars?|bucks|euros?|pounds|payment|funds|cash|[$€£]\s?\d+|\$|savings|checking|account|"
        r"insurance|mortgage|fine|taxes|ticket)\b",
    ),
    (
        "buy",
        r"(?:pay (?:my|the|for|off|him|her|them)|top up|check ?out my|return (?:my|the) order|renew my|"
        r"subscribe (?:me )?to)\b",
    ),
    (
        "email",
        r"(?:send|forward|reply to|respond to|answer|read|check|delete|open|write and send|fire off|shoot|"
        r"archive|get)\b(?: (?!about\b|how\b)[\w']+){0,6}? (?:e?mails?|inbox|gmail)\b",
    ),
    ("email", rf"(?:email|mail) (?!{NOBODY}\b|etiquette|address|marketing|server|order|man)[\w']+"),
    ("email", rf"(?:email|mail) (?:{KIN}|me|this|that|it)\b"),
    (
        "call",
        rf"(?:call|phone|ring|telephone|facetime|video call|skype|dial|redial|call up|ring up)(?! (?:off|"
        rf"me (?:a|an|ishmael|mr|mrs|your|the|by|when you)\b|it\b|{NOBODY} (?:a|an)\b|to action|a spade|"
        rf"the (?:bell|shots)|for papers|of duty)(?!\w)) (?:{KIN}|back|me (?:back|later|at|in|on|"
        rf"tomorrow|tonight|when|now)|(?!{NOBODY}\b)[\w']+)",
    ),
    ("call", r"(?:call me|call us)$"),
    (
        "call",
        r"(?:call|get|send|fetch|phone)(?: me| us)?(?: for)? (?:an ambulance|the police|the fire|"
        r"emergency|help$|an? (?:doctor|plumber|electrician|locksmith))\b",
    ),
    (
        "call",
        r"(?:give|drop) (?!me (?:a|an|the|your)\b)[\w' ]{1,30}? an? (?:(?:phone|video|quick) )?(?:call|"
        r"ring|buzz)\b",
    ),
    (
        "call",
        r"(?:make|place|start|initiate|accept|decline|answer|take|reject|end|return|put through|"
        r"join)(?: (?:a|an|the|my|that|this|another))?(?: (?:phone|video|conference|group|voice|facetime|"
        r"zoom))* (?:calls?|phone)\b(?! (?:to action|centre|center)(?!\w))",
    ),
    ("call", r"(?:hang up|pick up the phone|leave (?:a|him a|her a) voice ?mail|dial \S+|redial)\b"),
    ("call", r"(?:get|put) [\w' ]{1,30}? on the (?:phone|line)\b|put me through\b|connect me (?:to|with)\b"),
    (
        "message",
        rf"(?:text|message|whatsapp|dm|sms|ping|imessage|page) (?:{KIN}|me|us|(?!{NOBODY}\b|in\b|box\b|"
        rf"message\b|editor\b|is\b|analysis\b|size\b)[\w']+)",
    ),
    (
        "message",
        r"(?:send|shoot|drop|deliver|forward|transmit)(?! (?:in the|shivers|chills|"
        r"regards)(?!\w))(?: (?!about\b)[\w']+){1,}",
    ),
    (
        "message",
        rf"tell (?:{KIN}(?: \w+)?|(?!{NOBODY}\b)[\w']+)(?: (?:on|by|via|over) \w+)? (?:that|i|i'll|we|"
        rf"we're|he|she|they|dinner|lunch|to|it's|about|not)\b",
    ),
    ("message", rf"let (?:{KIN}(?: \w+)?|(?!{NOBODY}\b)[\w']+) know\b"),
    (
        "message",
        r"(?:reply|respond)(?:,?$| (?:to|that|with|saying|yes|no|back)\b)(?! (?:this|the) (?:riddle|"
        r"question|argument|essay))|answer (?:his|her|that|the|my) (?:text|message)s?\b",
    ),
    (
        "message",
        r"(?:read|check|show|open|delete|play)(?: me| us)?(?: (?:my|the|all|any|new|last|latest|unread|"
        r"recent))+ (?:\w+ )?(?:messages?|texts|notifications?|voice ?mails?|whatsapps?)\b",
    ),
    (
        "message",
        r"(?:tweet|broadcast|upload|post (?=.* (?:on|to|in) )|share (?=(?:my|this|it|that|the (?:photo|"
        r"picture|video|link|album|post|location))\b))(?!(?: )?(?:with me|your (?:thoughts|opinion|"
        r"knowledge)|office|a (?:fact|story|joke|tip|quote)|some|an? (?:interesting|"
        r"fun))(?!\w))(?: [\w']+)+",
    ),
    ("message", r"(?:ask|invite) (?:my|mom|mum|dad|him|her|them|everyone)\b(?=.{3,})"),
    (
        "camera",
        r"(?:take|snap|shoot|capture|grab|record|make)(?: me| us)?(?: (?:a|an|the|my|another|"
        r"some))?(?: \w+){0,2}? (?:pictures?|photos?|selfies?|videos?|screenshots?|snapshots?|recording|"
        r"clip|audio|voice memo)\b(?! (?:of (?:what|the situation)|script)(?!\w))",
    ),
    (
        "camera",
        r"(?:show|open|check|display|pull up)(?: me| us)?(?: (?:the|my|our|"
        r"what))*(?: \w+){0,3}? (?:cameras?|webcam|security feed|live feed|doorbell)\b",
    ),
    (
        "tv",
        rf"(?:turn|switch|put|play|pause|resume|rewind|fast forward|skip|record|change|start|stop|mute|"
        rf"unmute|open|cast|stream|show|watch|find|set|continue|shut|power|launch|flip|tune)(?: me|"
        rf" us)?{NEAR} (?:the |my |to |on )?{SHOWS}\b(?! (?:about|that|script|idea|"
        rf"recommend)(?!\w))(?! (?:me|us)\b)",
    ),
    (
        "tv",
        r"(?:turn|put|switch) (?:(?:on|over|to|over to) )?(?:the |channel )(?:news|game|match|"
        r"weather channel|five|seven|\d+)\b",
    ),
    ("music", rf"play(?! (?:[\w']+ ){{0,4}}?{GAMES}\b)(?: [\w'&.]+)+"),
    ("music", r"play$"),
    (
        "music",
        rf"(?:skip|pause|resume|unpause|repeat|shuffle|replay|rewind|stop|start|turn|put|queue|loop|like|"
        rf"save|favou?rite|add|remove|delete|mute|change|switch|lower|raise|find|spin|download|open|"
        rf"launch|bring|set|rate|drop|blast|crank|hear)(?: me| us)?(?: {UP})?(?: {DET})?(?: (?!into\b|"
        rf"story\b|poem\b|for\b|about\b|of\b|lyrics\b|theory\b)[\w']+){{0,3}}? {TUNES}\b(?! (?:for me to|"
        rf"is|means|theory|notation)(?!\w))",
    ),
    (
        "music",
        r"(?:(?:next|previous|last|another|different) (?:song|track|tune|album|station)|(?:next|"
        r"previous) one)\b",
    ),
    (
        "music",
        r"(?:skip|pause|unpause|shuffle|next|resume)(?: (?:this|it|that|one|this one|that one|ahead|"
        r"forward|back))?$",
    ),
    (
        "music",
        r"put (?:on )?(?:some|a bit of|a little|my|the|an?)? ?(?!kettle|coat|shoes|news|face|list|table|"
        r"spin|emphasis|brave|heating|heat|oven)[\w' ]{2,30} on$",
    ),
    ("music", r"put on (?!a (?:coat|hat|show|brave|face|play)|your|weight|my (?:coat|shoes)|makeup)[\w' ]+"),
    (
        "music",
        r"(?:hear|listen to)(?! (?:(?:the |some |a |all )?(?:\w+ )?(?:definitions?|trivia|reviews?|list|"
        r"transactions|facts|details|explanation|summary)|when|me|you|your|my|an?(?: \w+)? (?:joke|story|"
        r"poem|fact|riddle|opinion|tale|example)|another(?: one| joke| story)|about|more|what|why|how|it|"
        r"that|from|some(?:thing| (?:facts|jokes|advice|stories))|both|the (?:story|news|truth|joke|"
        r"difference|answer|rest|end))(?!\w))(?: [\w'&]+)+",
    ),
    (
        "volume",
        rf"(?:turn|set|make|put|change|raise|lower|increase|decrease|reduce|adjust|crank|bring|drop|boost|"
        rf"max|maximize|mute|unmute|level|get|up){HAS} (?:volume|sound|audio|speakers?|voice|"
        rf"noise level)\b(?! (?:like|as)(?!\w))",
    ),
    ("volume", r"(?:turn|mute|unmute|silence|hush) yourself\b"),
    (
        "volume",
        r"(?:turn|crank|bring|pump) (?:it|that|this|yourself)(?: (?:way|all the way|a bit|"
        r"a little))? (?:up|down)(?! (?:a notch in|side))\b",
    ),
    (
        "volume",
        r"(?:speak|talk|be) (?:up|louder|quieter|more (?:quietly|softly|loudly)|softer|softly|quietly|"
        r"in a whisper|less loudly)\b",
    ),
    (
        "blind",
        rf"(?:open|close|pull|raise|lower|shut|draw|put|roll|lift|drop|let|bring|move|set|tilt|"
        rf"stop){NEAR}(?: (?:up|down|back))? ?(?:the |my )?{BLINDS}\b",
    ),
    (
        "door",
        r"(?:lock|unlock|open|close|shut|bolt|unbolt|secure|arm|disarm)(?: up)?(?: (?:the|my|our|that|all|"
        r"both|every|this|front|back|garage|main|side|car|kitchen|patio|cellar|a|his|her|"
        r"up))+(?: [\w']+){0,2}? " + DOORS + r"\b",
    ),
    (
        "door",
        r"(?:lock up|lock everything|buzz (?:him|her|them|\w+) in|let (?:him|her|them|the \w+) in|"
        r"arm the (?:house|alarm|system)|open up the \w+)\b",
    ),
    (
        "light",
        rf"{SWITCH}{NEAR} {LIGHT}\b(?! (?:years?|novel|reading|source|of|on (?:why|how|what|this|"
        rf"the (?:matter|topic|subject|question))|show about)(?!\w))",
    ),
    (
        "light",
        r"make (?:the|my|our|all|those|these|that|this)(?: [\w']+){0,4}? ?(?:lights?|lamps?|lighting|"
        r"room)\b.* (?:\w+er|blue|red|green|white|yellow|purple|pink|orange|warm|cold|bright|dark|dim|"
        r"\d+ percent)\b",
    ),
    (
        "light",
        r"(?:make it|have it) (?:a bit |a little |much |way |somewhat |slightly )?(?:brighter|darker|"
        r"dimmer|lighter)\b(?! (?:tone|mood|story|ending|and funnier)(?!\w))",
    ),
    ("light", r"(?:all )?(?:the )?(?:[\w']+ ){0,2}lights? (?:on|off|out|down|up)(?: now| please| to \w+)?$"),
    (
        "heating",
        rf"{SWITCH}{NEAR} {HEAT}\b(?! (?:of the (?:moment|argument)|units|quality|pollution|force|time|"
        rf"travel|guitar|bnb)(?!\w))",
    ),
    (
        "heating",
        r"make (?:it|the (?:\w+ ){0,2}?(?:room|house|bedroom|kitchen|bathroom|office|place)|this room|"
        r"my room|things)(?: [\w']+){0,3}? (?:warmer|cooler|colder|hotter|cosier|cozier|\d+ degrees|warm|"
        r"cold|cool)\b",
    ),
    ("heating", r"(?:it|the room|the \w+)(?: [\w']+){0,3} (?:warmer|cooler|colder|hotter|brighter|darker)\b"),
    (
        "heating",
        r"(?:set|put|change|keep|lower|raise|drop|adjust|bring|get) (?:it|the (?:\w+ ){0,2}(?:room|house|"
        r"bedroom|kitchen|bathroom|office)|my \w+|this room)(?: (?:to|at|down|up|by|down to|"
        r"up to))* (?:\w+ )?\w+ degrees\b",
    ),
    (
        "heating",
        r"(?:warm|heat|cool)(?: up| down)? (?:the|my|this|our) (?:\w+ )?(?:room|house|bedroom|kitchen|"
        r"bathroom|office|place|car|apartment)\b",
    ),
    (
        "device",
        rf"(?:turn|switch|start|stop|run|activate|deactivate|shut|power|plug|unplug|pause|dock|get|put|"
        rf"set|enable|disable|reboot|restart|reset|preheat|toggle|connect|disconnect|arm|disarm|kill|cut|"
        rf"open|launch|sync|pair|call|send|empty|defrost|warm up|boot|charge|lock|mute|begin|clean with|"
        rf"use|fire up|crank up|put on){HAS} {THING}\b(?! (?:of|club|theory|fiction|for (?:thought|"
        rf"beginners)|off between|my (?:brain|mind))(?!\w))",
    ),
    (
        "device",
        r"(?:find|locate|ring|track down|where is) (?:my|the) (?:phone|cell|iphone|keys|tablet|remote|"
        r"wallet)\b",
    ),
    (
        "device",
        r"(?:make sure|check that|ensure)(?: that)? (?:the|my|all|our)(?: [\w']+){1,5} (?:is|are) (?:set|"
        r"locked|closed|off|on|turned|shut|unlocked|armed)\b",
    ),
    (
        "device",
        r"(?:preheat|vacuum|mop|water|mow|brew|make me (?:a |some )?(?:coffee|tea|espresso))(?: the| my|"
        r" some| a|$)(?: [\w']+)*",
    ),
    (
        "device",
        r"(?:turn|switch|shut|power) (?:it|that|this|everything|them|all of (?:it|them)|those|all) (?:on|"
        r"off|out|down)$|(?:turn|switch|shut) (?:on|off) (?:it|everything|all|the [\w ]{2,25}|"
        r"my [\w ]{2,25})$|(?:turn|switch|shut) (?:the|my|our) [\w' ]{2,25} (?:on|off)$",
    ),
    (
        "device",
        r"(?:open|launch|install|download|uninstall|close|start|update)(?: the| my|"
        r" up)? [\w' ]{1,25} app\b|(?:update|restart|reboot|reset|factory reset) (?:yourself|"
        r"your (?:software|system|settings)|the system|my (?:phone|computer|settings))\b|"
        r"share my location\b",
    ),
)
HAD = (
    ("alarm", r"(?: [\w:']+){0,3}? alarms?\b"),
    ("timer", r"(?: [\w:']+){0,4}? (?:timers?|countdown)\b"),
    ("reminder", r"(?: [\w:']+){0,3}? reminders?\b"),
    ("alarm", r" to be (?:woken|awoken|awakened)"),
    (
        "book",
        rf"(?: (?:a|an|another|one|some|the|my))?(?: \w+){{0,1}}? {RIDES}\b(?! (?:loan|insurance|seat|"
        rf"wash|repair|parts?|that|which|with good)\b)",
    ),
    (
        "book",
        r"(?:(?: a| an| my| the| another)(?: [\w:']+){0,3}? (?:reservations?|appointment|booking|"
        r"table for|hotel room)\b| (?:a |to book a |my )?(?:\w+ ){0,2}(?:flights?|rooms?|tickets?|tables?|"
        r"hotel)(?: to be)? booked\b| (?:flights?|tickets?|an? (?:\w+ )?flight) (?:from|to)\b)",
    ),
    (
        "buy",
        r"(?: [\w']+){1,5} (?:ordered|delivered|shipped|purchased)\b| (?:an? |some |two |"
        r"more )?(?:\w+ )?(?:pizzas?|burgers?|take ?out|sushi)\b",
    ),
    ("message", r"(?: [\w']+){1,4} (?:sent|texted|messaged)\b"),
    ("call", r"(?: to talk to \w+ on| \w+(?: \w+)? on the (?:phone|line))"),
    (
        "music",
        rf"(?: some| my| a| the)(?: [\w'&]+){{0,4}}? {TUNES}\b(?! (?:recommendations?|suggestions?|"
        rf"lessons?|about|theory)\b)",
    ),
    (
        "device",
        r"(?: the| my| all| all the)(?: [\w']+){1,4} (?:turned|switched|locked|unlocked|opened|closed|"
        r"dimmed|shut)\b| (?:the|my|all)(?: [\w']+){1,4} (?:on|off)$",
    ),
)
