"""The nouns, by class, the most useful first."""

from whynorm.data.language.words import Noun

_PEOPLE = (
    Noun("Mann", "m", "Männer", "man", "men"),
    Noun("Frau", "f", "Frauen", "woman", "women"),
    Noun("Kind", "n", "Kinder", "child", "children", kin="may"),
    Noun("Junge", "m", "Jungen", "boy", weak=True),
    Noun("Mädchen", "n", "Mädchen", "girl"),
    Noun("Lehrerin", "f", "Lehrerinnen", "teacher"),
    Noun("Arzt", "m", "Ärzte", "doctor"),
    Noun("Freund", "m", "Freunde", "friend", kin="may"),
    Noun("Schwester", "f", "Schwestern", "sister", kin="must"),
    Noun("Bruder", "m", "Brüder", "brother", kin="must"),
    Noun("Nachbar", "m", "Nachbarn", "neighbour", weak=True, kin="may"),
    Noun("Mutter", "f", "Mütter", "mother", kin="must", single=True),
    Noun("Vater", "m", "Väter", "father", kin="must", single=True),
    Noun("Tochter", "f", "Töchter", "daughter", kin="must"),
    Noun("Sohn", "m", "Söhne", "son", kin="must"),
    Noun("Student", "m", "Studenten", "student", weak=True),
    Noun("Künstlerin", "f", "Künstlerinnen", "artist"),
    Noun("Gast", "m", "Gäste", "guest", kin="may"),
    Noun("Tante", "f", "Tanten", "aunt", kin="must"),
    Noun("Onkel", "m", "Onkel", "uncle", kin="must"),
    Noun("Sängerin", "f", "Sängerinnen", "singer"),
    Noun("Polizist", "m", "Polizisten", "policeman", "policemen", weak=True),
    Noun("Bäcker", "m", "Bäcker", "baker"),
    Noun("Schülerin", "f", "Schülerinnen", "pupil"),
    Noun("Kellner", "m", "Kellner", "waiter"),
    Noun("Kollege", "m", "Kollegen", "colleague", weak=True, kin="may"),
    Noun("Fahrer", "m", "Fahrer", "driver"),
    Noun("Gärtner", "m", "Gärtner", "gardener"),
    Noun("Chefin", "f", "Chefinnen", "boss", kin="may", single=True),
    Noun("Dichter", "m", "Dichter", "poet"),
)
_ANIMALS = (
    Noun("Hund", "m", "Hunde", "dog"),
    Noun("Katze", "f", "Katzen", "cat"),
    Noun("Pferd", "n", "Pferde", "horse"),
    Noun("Kuh", "f", "Kühe", "cow"),
    Noun("Esel", "m", "Esel", "donkey"),
    Noun("Hase", "m", "Hasen", "hare", weak=True),
    Noun("Ziege", "f", "Ziegen", "goat"),
    Noun("Huhn", "n", "Hühner", "chicken"),
    Noun("Fuchs", "m", "Füchse", "fox"),
)
_FOOD = (
    Noun("Brot", "n", "", "bread"),
    Noun("Ei", "n", "Eier", "egg"),
    Noun("Suppe", "f", "Suppen", "soup"),
    Noun("Käse", "m", "", "cheese"),
    Noun("Tomate", "f", "Tomaten", "tomato", "tomatoes"),
    Noun("Kartoffel", "f", "Kartoffeln", "potato", "potatoes"),
    Noun("Salat", "m", "Salate", "salad"),
    Noun("Fleisch", "n", "", "meat"),
    Noun("Pilz", "m", "Pilze", "mushroom"),
)
_TREATS = (
    Noun("Apfel", "m", "Äpfel", "apple"),
    Noun("Kuchen", "m", "Kuchen", "cake"),
    Noun("Banane", "f", "Bananen", "banana"),
    Noun("Birne", "f", "Birnen", "pear"),
    Noun("Keks", "m", "Kekse", "biscuit"),
)
_DRINKS = (
    Noun("Wasser", "n", "", "water"),
    Noun("Kaffee", "m", "", "coffee"),
    Noun("Milch", "f", "", "milk"),
    Noun("Tee", "m", "", "tea"),
    Noun("Saft", "m", "", "juice"),
    Noun("Limonade", "f", "", "lemonade"),
)
_TEXTS = (
    Noun("Buch", "n", "Bücher", "book"),
    Noun("Brief", "m", "Briefe", "letter"),
    Noun("Geschichte", "f", "Geschichten", "story"),
    Noun("Gedicht", "n", "Gedichte", "poem"),
    Noun("Bericht", "m", "Berichte", "report"),
    Noun("Postkarte", "f", "Postkarten", "postcard"),
    Noun("Roman", "m", "Romane", "novel"),
    Noun("Artikel", "m", "Artikel", "article"),
)
_OPENINGS = (
    Noun("Tür", "f", "Türen", "door"),
    Noun("Fenster", "n", "Fenster", "window"),
    Noun("Schrank", "m", "Schränke", "cupboard"),
    Noun("Tor", "n", "Tore", "gate"),
    Noun("Schublade", "f", "Schubladen", "drawer"),
)
_CONTAINERS = (
    Noun("Koffer", "m", "Koffer", "suitcase"),
    Noun("Tasche", "f", "Taschen", "bag"),
    Noun("Paket", "n", "Pakete", "parcel"),
    Noun("Flasche", "f", "Flaschen", "bottle"),
    Noun("Schachtel", "f", "Schachteln", "box"),
    Noun("Rucksack", "m", "Rucksäcke", "backpack"),
)
_DEVICES = (
    Noun("Lampe", "f", "Lampen", "lamp"),
    Noun("Radio", "n", "Radios", "radio"),
    Noun("Computer", "m", "Computer", "computer"),
    Noun("Fernseher", "m", "Fernseher", "television"),
    Noun("Maschine", "f", "Maschinen", "machine"),
)
_OBJECTS = (
    Noun("Schlüssel", "m", "Schlüssel", "key"),
    Noun("Bild", "n", "Bilder", "picture"),
    Noun("Blume", "f", "Blumen", "flower"),
    Noun("Ball", "m", "Bälle", "ball"),
    Noun("Geschenk", "n", "Geschenke", "present"),
    Noun("Stuhl", "m", "Stühle", "chair"),
    Noun("Uhr", "f", "Uhren", "clock"),
    Noun("Regenschirm", "m", "Regenschirme", "umbrella"),
    Noun("Tasse", "f", "Tassen", "cup"),
    Noun("Messer", "n", "Messer", "knife", "knives"),
    Noun("Teller", "m", "Teller", "plate"),
    Noun("Kamera", "f", "Kameras", "camera"),
    Noun("Korb", "m", "Körbe", "basket"),
    Noun("Decke", "f", "Decken", "blanket"),
    Noun("Kissen", "n", "Kissen", "pillow"),
    Noun("Kerze", "f", "Kerzen", "candle"),
)
_CLOTHES = (
    Noun("Mantel", "m", "Mäntel", "coat"),
    Noun("Jacke", "f", "Jacken", "jacket"),
    Noun("Kleid", "n", "Kleider", "dress"),
    Noun("Hemd", "n", "Hemden", "shirt"),
)
_ACCESSORIES = (
    Noun("Hut", "m", "Hüte", "hat"),
    Noun("Mütze", "f", "Mützen", "cap"),
    Noun("Schal", "m", "Schals", "scarf", "scarves"),
)
_VEHICLES = (
    Noun("Auto", "n", "Autos", "car"),
    Noun("Fahrrad", "n", "Fahrräder", "bicycle"),
    Noun("Boot", "n", "Boote", "boat"),
    Noun("Lastwagen", "m", "Lastwagen", "lorry"),
)
_PLACES = (
    Noun("Haus", "n", "Häuser", "house", home=True),
    Noun("Garten", "m", "Gärten", "garden"),
    Noun("Park", "m", "Parks", "park"),
    Noun("Küche", "f", "Küchen", "kitchen"),
    Noun("Schule", "f", "Schulen", "school", preposition=("in", "at")),
    Noun("Bahnhof", "m", "Bahnhöfe", "station", preposition=("an", "at")),
    Noun("Wald", "m", "Wälder", "forest"),
    Noun("Markt", "m", "Märkte", "market", preposition=("auf", "at")),
    Noun("Dorf", "n", "Dörfer", "village", home=True),
    Noun("Stadt", "f", "Städte", "town", home=True),
    Noun("Fluss", "m", "Flüsse", "river", preposition=("an", "by")),
    Noun("Büro", "n", "Büros", "office"),
    Noun("Straße", "f", "Straßen", "street", preposition=("auf", "in")),
    Noun("Bibliothek", "f", "Bibliotheken", "library"),
    Noun("Balkon", "m", "Balkone", "balcony", preposition=("auf", "on")),
    Noun("See", "m", "Seen", "lake", preposition=("an", "by")),
    Noun("Restaurant", "n", "Restaurants", "restaurant"),
    Noun("Museum", "n", "Museen", "museum"),
    Noun("Hotel", "n", "Hotels", "hotel", home=True),
    Noun("Wiese", "f", "Wiesen", "meadow", preposition=("auf", "in")),
    Noun("Kirche", "f", "Kirchen", "church"),
    Noun("Krankenhaus", "n", "Krankenhäuser", "hospital"),
)
_SURFACES = (
    Noun("Tisch", "m", "Tische", "table"),
    Noun("Regal", "n", "Regale", "shelf", "shelves"),
)
_SEATS = (
    Noun("Bank", "f", "Bänke", "bench"),
    Noun("Sofa", "n", "Sofas", "sofa"),
    Noun("Bett", "n", "Betten", "bed"),
)
NOUNS: dict[str, tuple[Noun, ...]] = {
    "person": _PEOPLE,
    "animal": _ANIMALS,
    "food": _FOOD,
    "treat": _TREATS,
    "drink": _DRINKS,
    "text": _TEXTS,
    "opening": _OPENINGS,
    "container": _CONTAINERS,
    "device": _DEVICES,
    "object": _OBJECTS,
    "clothes": _CLOTHES,
    "accessory": _ACCESSORIES,
    "vehicle": _VEHICLES,
    "place": _PLACES,
    "surface": _SURFACES,
    "seat": _SEATS,
}
