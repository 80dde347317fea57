"""Adjectives, adverbials of time and manner, the most useful first."""

from whynorm.data.language.words import Adjective, Manner, Time

_WORN = ("clothes", "accessory")
_SOLID = ("object", "container", *_WORN, "device", "vehicle", "opening")
_FOOD = ("food", "treat")
_FURNITURE = ("surface", "seat")
_COLOURED = ("object", "container", *_WORN, "vehicle")
ADJECTIVES = (
    Adjective("alt", "old", ("person", "animal", *_SOLID, "text", "place", *_FURNITURE)),
    Adjective("jung", "young", ("person", "animal")),
    Adjective("neu", "new", (*_SOLID, "text", "place", *_FURNITURE)),
    Adjective("klein", "small", ("animal", *_SOLID, "place", *_FURNITURE, *_FOOD)),
    Adjective("groß", "big", ("animal", *_SOLID, "place", *_FURNITURE, *_FOOD)),
    Adjective("müde", "tired", ("person", "animal"), "müd", True),
    Adjective("glücklich", "happy", ("person",), passing=True),
    Adjective("rot", "red", _COLOURED),
    Adjective("schön", "beautiful", ("object", *_WORN, "place", "vehicle", "text")),
    Adjective("frisch", "fresh", _FOOD),
    Adjective("warm", "warm", ("food", "drink", "clothes")),
    Adjective("kalt", "cold", ("drink", "food")),
    Adjective("freundlich", "friendly", ("person",)),
    Adjective("hungrig", "hungry", ("person", "animal"), passing=True),
    Adjective("lang", "long", ("text",)),
    Adjective("blau", "blue", _COLOURED),
    Adjective("schwarz", "black", ("animal", *_COLOURED)),
    Adjective("schwer", "heavy", ("object", "container")),
    Adjective("ruhig", "quiet", ("place",)),
    Adjective("krank", "sick", ("person", "animal"), passing=True),
    Adjective("klug", "clever", ("person", "animal")),
    Adjective("interessant", "interesting", ("text",)),
    Adjective("grün", "green", _COLOURED),
    Adjective("weiß", "white", ("animal", *_COLOURED)),
    Adjective("teuer", "expensive", ("object", *_WORN, "vehicle", "device"), "teur"),
    Adjective("süß", "sweet", ("treat",)),
    Adjective("traurig", "sad", ("person",), passing=True),
    Adjective("schmutzig", "dirty", (*_COLOURED, "opening", "animal")),
    Adjective("hölzern", "wooden", (*_FURNITURE, "opening"), "hölzern"),
    Adjective("berühmt", "famous", ("person", "text")),
    Adjective("leer", "empty", ("container",)),
    Adjective("nervös", "nervous", ("person", "animal"), passing=True),
    Adjective("lustig", "funny", ("text",)),
    Adjective("fleißig", "diligent", ("person",)),
    Adjective("kurz", "short", ("text",)),
    Adjective("billig", "cheap", ("object", *_WORN, "vehicle", "device")),
    Adjective("mutig", "brave", ("person", "animal")),
    Adjective("modern", "modern", ("place", "device", *_FURNITURE)),
    Adjective("höflich", "polite", ("person",)),
    Adjective("langweilig", "boring", ("text", "place")),
    Adjective("reich", "rich", ("person",)),
    Adjective("kaputt", "broken", ("device", "vehicle", "opening", "object")),
)
TIMES = (
    Time("heute", "today", ("present", "past", "future")),
    Time("gestern", "yesterday", ("past",)),
    Time("morgen", "tomorrow", ("future",)),
    Time("oft", "often", ("present", "past"), habit=True, frequency=True, fronts=False),
    Time("jetzt", "now", ("present",)),
    Time("am Abend", "in the evening", ("present", "past", "future"), habit=True),
    Time("jeden Tag", "every day", ("present", "past"), habit=True),
    Time("manchmal", "sometimes", ("present", "past"), habit=True, frequency=True),
    Time("am Morgen", "in the morning", ("present", "past", "future"), habit=True),
    Time("letzte Woche", "last week", ("past",)),
    Time("am Montag", "on Monday", ("past", "future")),
    Time("immer", "always", ("present", "past"), habit=True, frequency=True, fronts=False),
    Time("nächste Woche", "next week", ("future",)),
    Time("im Sommer", "in summer", ("present", "past", "future"), habit=True),
    Time("am Wochenende", "at the weekend", ("present", "past", "future"), habit=True),
    Time("im Winter", "in winter", ("present", "past", "future"), habit=True),
    Time("in der Nacht", "at night", ("present", "past"), habit=True),
    Time("am Sonntag", "on Sunday", ("past", "future")),
)
MANNERS = (
    Manner("laut", "loudly"),
    Manner("leise", "quietly"),
    Manner("allein", "alone"),
    Manner("zusammen", "together"),
)
