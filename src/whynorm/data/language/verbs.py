"""The verbs, by frame, the most useful first, each with the classes of nouns that fit it."""

from whynorm.data.language.words import Modal, Verb

_ANIMATE = ("person", "animal")
_FOOD = ("food", "treat")
_WORN = ("clothes", "accessory")
_CARRIED = ("object", "container", *_WORN)
_GOODS = (*_CARRIED, "text", "device", "vehicle")
# fmt: off
_INTRANSITIVE = (
    Verb("schlafen", "schläft", "geschlafen", "sleep", "slept", subjects=_ANIMATE),
    Verb("arbeiten", "arbeitet", "gearbeitet", "work", "worked"),
    Verb("lachen", "lacht", "gelacht", "laugh", "laughed"),
    Verb("stehen", "steht", "gestanden", "get", "got", subjects=("person",), gerund="getting",
         prefix="auf", auxiliary="sein", tail="up"),
    Verb("kommen", "kommt", "gekommen", "come", "came", subjects=_ANIMATE, gerund="coming",
         prefix="zurück", auxiliary="sein", tail="back"),
    Verb("singen", "singt", "gesungen", "sing", "sang"),
    Verb("tanzen", "tanzt", "getanzt", "dance", "danced", gerund="dancing"),
    Verb("wachen", "wacht", "gewacht", "wake", "woke", subjects=_ANIMATE, gerund="waking",
         prefix="auf", auxiliary="sein", tail="up"),
    Verb("spielen", "spielt", "gespielt", "play", "played", subjects=_ANIMATE),
    Verb("weinen", "weint", "geweint", "cry", "cried"),
    Verb("kommen", "kommt", "gekommen", "arrive", "arrived", gerund="arriving", prefix="an",
         auxiliary="sein"),
    Verb("schwimmen", "schwimmt", "geschwommen", "swim", "swam", subjects=_ANIMATE,
         gerund="swimming", auxiliary="sein"),
    Verb("schlafen", "schläft", "geschlafen", "fall", "fell", subjects=_ANIMATE, prefix="ein",
         auxiliary="sein", tail="asleep"),
    Verb("laufen", "läuft", "gelaufen", "run", "ran", subjects=_ANIMATE, gerund="running",
         prefix="weg", auxiliary="sein", tail="away"),
    Verb("träumen", "träumt", "geträumt", "dream", "dreamed"),
)
_ACCUSATIVE = (
    Verb("essen", "isst", "gegessen", "eat", "ate", "accusative", objects=_FOOD),
    Verb("trinken", "trinkt", "getrunken", "drink", "drank", "accusative",
         objects=("drink",)),
    Verb("lesen", "liest", "gelesen", "read", "read", "accusative", objects=("text",)),
    Verb("sehen", "sieht", "gesehen", "see", "saw", "accusative", objects=("person",
         "animal", *_GOODS, *_FOOD), aspect="instant"),
    Verb("machen", "macht", "gemacht", "open", "opened", "accusative", objects=("opening",
         "container"), prefix="auf"),
    Verb("suchen", "sucht", "gesucht", "look", "looked", "accusative", objects=("person",
         "animal", *_CARRIED, "text"), tail="for"),
    Verb("rufen", "ruft", "gerufen", "call", "called", "accusative", objects=("person",),
         prefix="an"),
    Verb("kaufen", "kauft", "gekauft", "buy", "bought", "accusative", objects=(*_GOODS,
         *_FOOD)),
    Verb("machen", "macht", "gemacht", "close", "closed", "accusative", gerund="closing",
         objects=("opening", "container"), prefix="zu"),
    Verb("finden", "findet", "gefunden", "find", "found", "accusative", objects=("person",
         "animal", *_CARRIED, "text"), aspect="instant"),
    Verb("schreiben", "schreibt", "geschrieben", "write", "wrote", "accusative",
         objects=("text",), gerund="writing"),
    Verb("machen", "macht", "gemacht", "turn", "turned", "accusative", objects=("device",),
         prefix="an", tail="on", splits=True),
    Verb("kennen", "kennt", "gekannt", "know", "knew", "accusative", objects=("person",
         "text"), aspect="state"),
    Verb("ziehen", "zieht", "gezogen", "put", "put", "accusative", objects=("clothes",),
         gerund="putting", prefix="an", tail="on", splits=True),
    Verb("besuchen", "besucht", "besucht", "visit", "visited", "accusative",
         objects=("person",)),
    Verb("laden", "lädt", "geladen", "invite", "invited", "accusative", objects=("person",),
         gerund="inviting", prefix="ein"),
    Verb("tragen", "trägt", "getragen", "carry", "carried", "accusative", objects=("object",
         "container")),
    Verb("holen", "holt", "geholt", "pick", "picked", "accusative", objects=("person",),
         prefix="ab", tail="up", splits=True),
    Verb("brauchen", "braucht", "gebraucht", "need", "needed", "accusative",
         objects=(*_CARRIED, "device", "vehicle"), aspect="state"),
    Verb("füttern", "füttert", "gefüttert", "feed", "fed", "accusative", objects=("animal",)),
    Verb("machen", "macht", "gemacht", "switch", "switched", "accusative",
         objects=("device",), prefix="aus", tail="off", splits=True),
    Verb("verkaufen", "verkauft", "verkauft", "sell", "sold", "accusative", objects=_GOODS),
    Verb("lieben", "liebt", "geliebt", "love", "loved", "accusative", objects=("person",
         "animal"), aspect="state"),
    Verb("reparieren", "repariert", "repariert", "repair", "repaired", "accusative",
         objects=("device", "vehicle")),
    Verb("werfen", "wirft", "geworfen", "throw", "threw", "accusative", objects=("object",
         "text", *_FOOD), prefix="weg", tail="away", splits=True),
    Verb("waschen", "wäscht", "gewaschen", "wash", "washed", "accusative", objects=(*_WORN,
         "vehicle")),
    Verb("packen", "packt", "gepackt", "pack", "packed", "accusative", objects=_CARRIED,
         prefix="ein"),
    Verb("malen", "malt", "gemalt", "paint", "painted", "accusative", objects=("person",
         "animal", "object")),
    Verb("bringen", "bringt", "gebracht", "bring", "brought", "accusative", objects=_CARRIED,
         prefix="zurück", tail="back", splits=True),
    Verb("verlieren", "verliert", "verloren", "lose", "lost", "accusative", objects=_CARRIED,
         gerund="losing", aspect="instant"),
    Verb("essen", "isst", "gegessen", "finish", "finished", "accusative", objects=_FOOD,
         prefix="auf"),
)
_DATIVE = (
    Verb("helfen", "hilft", "geholfen", "help", "helped", "dative", objects=("person",)),
    Verb("folgen", "folgt", "gefolgt", "follow", "followed", "dative", _ANIMATE, ("person",
         "animal"), auxiliary="sein"),
    Verb("hören", "hört", "gehört", "listen", "listened", "dative", objects=("person",),
         prefix="zu", tail="to"),
    Verb("danken", "dankt", "gedankt", "thank", "thanked", "dative", objects=("person",)),
    Verb("antworten", "antwortet", "geantwortet", "answer", "answered", "dative",
         objects=("person",)),
    Verb("gehören", "gehört", "gehört", "belong", "belonged", "dative", (*_CARRIED, "device",
         "vehicle", "animal"), ("person",), tail="to", aspect="state"),
)
_RECIPIENT = (
    Verb("geben", "gibt", "gegeben", "give", "gave", "recipient", gerund="giving",
         objects=(*_CARRIED, *_FOOD, "text")),
    Verb("zeigen", "zeigt", "gezeigt", "show", "showed", "recipient", objects=_GOODS),
    Verb("bringen", "bringt", "gebracht", "bring", "brought", "recipient", objects=(*_CARRIED,
         *_FOOD, "drink", "text")),
    Verb("schicken", "schickt", "geschickt", "send", "sent", "recipient", objects=("object",
         "text", "container")),
    Verb("leihen", "leiht", "geliehen", "lend", "lent", "recipient", objects=(*_CARRIED,
         "vehicle")),
)
_PREPOSITION = (
    Verb("warten", "wartet", "gewartet", "wait", "waited", "preposition", objects=("person",),
         preposition=("auf", "for", "accusative")),
    Verb("sprechen", "spricht", "gesprochen", "speak", "spoke", "preposition",
         objects=("person",), preposition=("mit", "with", "dative")),
    Verb("denken", "denkt", "gedacht", "think", "thought", "preposition", objects=("person",
         "animal"), preposition=("an", "of", "accusative")),
    Verb("spielen", "spielt", "gespielt", "play", "played", "preposition", _ANIMATE,
         ("person", "animal"), preposition=("mit", "with", "dative")),
    Verb("träumen", "träumt", "geträumt", "dream", "dreamed", "preposition",
         objects=("person", "animal", "vehicle"), preposition=("von", "of", "dative")),
)
_LOCAL = (
    Verb("gehen", "geht", "gegangen", "go", "went", "direction", auxiliary="sein"),
    Verb("liegen", "liegt", "gelegen", "lie", "lay", "position", gerund="lying",
         subjects=(*_CARRIED, "text")),
    Verb("wohnen", "wohnt", "gewohnt", "live", "lived", "residence", gerund="living",
         aspect="state"),
    Verb("rennen", "rennt", "gerannt", "run", "ran", "direction", _ANIMATE, gerund="running",
         auxiliary="sein"),
    Verb("legen", "legt", "gelegt", "put", "put", "placement", objects=(*_CARRIED, "text"),
         gerund="putting"),
    Verb("fahren", "fährt", "gefahren", "travel", "travelled", "journey", auxiliary="sein",
         gerund="travelling"),
    Verb("sitzen", "sitzt", "gesessen", "sit", "sat", "position", gerund="sitting",
         preposition=("auf", "on", "dative")),
)
_CLAUSAL = (
    Verb("sagen", "sagt", "gesagt", "say", "said", "that", aspect="instant"),
    Verb("glauben", "glaubt", "geglaubt", "believe", "believed", "that", aspect="state"),
    Verb("wissen", "weiß", "gewusst", "know", "knew", "that", aspect="state"),
    Verb("hoffen", "hofft", "gehofft", "hope", "hoped", "that", aspect="state", hopeful=True),
    Verb("hören", "hört", "gehört", "hear", "heard", "that", aspect="instant"),
)
# fmt: on
COPULA = Verb(
    "sein", "ist", "gewesen", "be", "was", "predicate", ("person", "animal"), aspect="state"
)
COPULA_OF_THINGS = Verb(
    "sein",
    "ist",
    "gewesen",
    "be",
    "was",
    "predicate",
    (*_FOOD, *_GOODS, "opening"),
    aspect="state",
)
WEATHER = (
    Verb("regnen", "regnet", "geregnet", "rain", "rained", "weather", subjects=()),
    Verb("schneien", "schneit", "geschneit", "snow", "snowed", "weather", subjects=()),
)
VERBS: dict[str, tuple[Verb, ...]] = {
    "intransitive": _INTRANSITIVE,
    "accusative": _ACCUSATIVE,
    "dative": _DATIVE,
    "recipient": _RECIPIENT,
    "preposition": _PREPOSITION,
    "local": _LOCAL,
    "that": _CLAUSAL,
    "weather": WEATHER,
}
MODALS = (
    Modal(("kann", "kannst", "kann", "können"), "can"),
    Modal(("muss", "musst", "muss", "müssen"), "must", negatable=False),
    Modal(("will", "willst", "will", "wollen"), "want"),
    Modal(("soll", "sollst", "soll", "sollen"), "should"),
)
FUTURE = Modal(("werde", "wirst", "wird", "werden"), "will")
