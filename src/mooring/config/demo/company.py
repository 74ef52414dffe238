"""The people of Halyard & Sons, and those they do business with. Data only; everything here is invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PASSWORD: Final = "following-seas-2026"  # noqa: S105 - for signing in to the demo, printed when it starts
HOME: Final = "halyard.example"
FREE_MAIL: Final = "freemail.example"
"""Plays a provider at which everybody can have an address."""


@dataclass(frozen=True, slots=True)
class Colleague:
    name: str
    address: str
    role: str
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer or a lead. `people` are its contacts, the first one writes most."""

    name: str
    domain: str
    city: str
    country: str
    language: str
    people: tuple[str, ...]
    matter: str
    """The boat, ship or building that it is all about."""

    @property
    def is_person(self) -> bool:
        return self.domain == FREE_MAIL


ALICE: Final = Colleague("Alice Halyard", f"alice@{HOME}", "administrator")
BOB: Final = Colleague("Bob Tarling", f"bob@{HOME}", "sales_person")
RITA: Final = Colleague("Rita Ledger", f"rita@{HOME}", "read_only")
DAVE: Final = Colleague("Dave Drifter", f"dave@{HOME}", "sales_person", has_left=True)
STAFF: Final = (ALICE, BOB, RITA, DAVE)

_CUSTOMERS: Final = """
Harbour Pilots of Westhaven|westhaven-pilots|Westhaven|United Kingdom|en|Nora Quayle, Tom Sextant|the cutter Guillemot
Brightwater Yacht Charter|brightwater|Falmouth|United Kingdom|en|Imogen Vane, Carol Fairlead, Pete Bosun|the charter fleet
The Old Playhouse Trust|old-playhouse|Bristol|United Kingdom|en|Gwen Fly, Martin Batten|the fly floor of the Old Playhouse
Saltmarsh Sailing School|saltmarsh-sailing|Maldon|United Kingdom|en|Felix Reef, Anna Clew|our twelve training dinghies
Northlight Lifeboat Station|northlight|Whitby|United Kingdom|en|Greta Stay|the lifeboat Constance
Penwarden Boatyard|penwarden|Fowey|United Kingdom|en|Jago Penwarden, Lowen Tregear|the pilot cutter Morwenna
Tall Ship Endeavour Society|endeavour-society|Leith|United Kingdom|en|Fiona Mackay, Hamish Croft|the brig Endeavour
Kelpie Adventure Parks|kelpie-parks|Aviemore|United Kingdom|en|Rory Stirling, Isla Munro|the high ropes course
Marlow Bell Ringers' Guild|marlow-bells|Marlow|United Kingdom|en|Edith Sally, Bernard Treble|our eight bells
Oxbow River Festivals|oxbow-festivals|Henley|United Kingdom|en|Priya Anand, Lucy Weir|the festival marquees
Cobb & Daughters Fishing|cobb-fishing|Lyme Regis|United Kingdom|en|Martha Cobb|the trawler Good Intent
Sandbar Hotels|sandbar-hotels|St Ives|United Kingdom|en|Oliver Strand, Beth Keel|the terrace awnings
Windrush Gliding Club|windrush-gliding|Cirencester|United Kingdom|en|Duncan Airey|our winch cables
The Museum of Working Sail|working-sail-museum|Hull|United Kingdom|en|Dr Judith Ropewalk, Sam Orlop|the barge Cambria Rose
Fernhill Primary School|fernhill-school|Totnes|United Kingdom|en|Helen Birch|the climbing net
Larkspur Films|larkspur-films|London|United Kingdom|en|Dominic Shroud, Zara Finch|the pirate ship of our next film
Tern Island Ferries|tern-ferries|Oban|United Kingdom|en|Callum Breck, Eilidh Ross|the ferry Arctic Tern
Blackthorn Circus|blackthorn-circus|Bath|United Kingdom|en|Coco Valance, Ines Trapeze|the new big top
Meridian Rowing Club|meridian-rowing|Cambridge|United Kingdom|en|Arthur Stroke|the boathouse doors
Gannet Offshore Wind|gannet-wind|Grimsby|United Kingdom|en|Yasmin Blade, Leo Nacelle|the crew transfer vessel Gannet II
Cutty Lane Theatre|cutty-lane|Greenwich|United Kingdom|en|Phoebe Curtain|the house curtain
Stone & Sallow Architects|stone-sallow|Edinburgh|United Kingdom|en|Ewan Sallow, Kirsty Stone|the shade sails in the courtyard
Puffin Coast Expeditions|puffin-coast|Stornoway|United Kingdom|en|Mairi Swan|the ketch Hebridean Lass
Tidemill Bakery|tidemill|Woodbridge|United Kingdom|en|Rose Miller|our shop awning
Captain Barnaby Holt||Dartmouth|United Kingdom|en|Barnaby Holt|my sloop Second Wind
Miss Eleanor Finch||Salcombe|United Kingdom|en|Eleanor Finch|my little yawl Wren
Theodora Blackwood||Cowes|United Kingdom|en|Theodora Blackwood|the racing yacht Contrary Mary
Mr Samuel Oakum||Ipswich|United Kingdom|en|Samuel Oakum|my Thames barge Patience
Żagle Mazurskie sp. z o.o.|zagle-mazurskie|Giżycko|Polska|pl|Agnieszka Żuraw, Paweł Reja|flotylla jachtów czarterowych
Stocznia Jachtowa Delfin|stocznia-delfin|Gdynia|Polska|pl|Krzysztof Maszt, Ewa Burta|jacht Bryza
Klub Żeglarski Neptun|kz-neptun|Gdańsk|Polska|pl|Marek Kotwica|klubowe omegi
Muzeum Rybołówstwa w Helu|muzeum-hel|Hel|Polska|pl|dr Zofia Sieć|łódź Pomeranka
Teatr pod Wiatrem|teatr-pod-wiatrem|Kraków|Polska|pl|Łukasz Kurtyna, Hanna Rampa|sznurownia teatru
Park Linowy Wiewiórka|park-wiewiorka|Zakopane|Polska|pl|Jadwiga Świerk|park linowy
Pan Stanisław Bosak||Sopot|Polska|pl|Stanisław Bosak|jolka Mewa
Segelschule Möwe|segelschule-moewe|Kiel|Deutschland|de|Jörg Schöttler, Anke Brandung|die Schulungsboote
Werft Küstermann & Söhne|werft-kuestermann|Bremerhaven|Deutschland|de|Dr. Ulrike Küstermann, Heiko Spant|der Haikutter Gesine
Hafenmuseum Flensburg|hafenmuseum|Flensburg|Deutschland|de|Birgit Anker|die Galeasse Fortuna
Kletterwald Hohe Tanne|kletterwald|Freiburg|Deutschland|de|Matthias Seiler|der Kletterwald
Staatstheater am Strom|staatstheater-strom|Dresden|Deutschland|de|Renate Zug|die Obermaschinerie
Herr Friedrich Groß||Lübeck|Deutschland|de|Friedrich Groß|mein Folkeboot Träumer
Chantier Naval Kermadec|kermadec|Douarnenez|France|fr|Maëlle Kermadec, Yann Le Goff|le sloop Belle-Étoile
École de Voile des Glénan Neufs|glenan-neufs|Concarneau|France|fr|Élodie Bréhat|les dériveurs
Théâtre du Vieux Port|vieux-port|La Rochelle|France|fr|François Rideau|les cintres
マリーナ青波株式会社|aonami-marina|横浜|日本|ja|山田 太郎, 佐藤 花子|チャーター艇「青波」
帆船みらい財団|mirai-zaidan|神戸|日本|ja|鈴木 一郎|帆船「みらい丸」
海辺の学校|umibe-gakko|鎌倉|日本|ja|高橋 美咲|子どもたちのディンギー
Fjordlinjen Charter|fjordlinjen|Bergen|Norway|en|Sigrid Nøst, Øyvind Haug|the ketch Huldra
Svanesund Båtvarv|svanesund|Orust|Sweden|en|Åsa Lindqvist|the gaff cutter Ejder
Kompagniet Marstal|marstal|Marstal|Denmark|en|Søren Rask|the schooner Bonavista
De Zeilmakerij Brand|zeilmakerij-brand|Enkhuizen|Netherlands|en|Joost Brand, Marieke Loef|the tjalk Twee Gebroeders
Cantieri Sant'Elmo|cantieri-santelmo|Viareggio|Italy|en|Chiara Vento|the leudo Santa Brigida
Astilleros Rías Baixas|rias-baixas|Vigo|Spain|en|Iago Mareiro|the dorna Galerna
Lough Derg Cruisers|lough-derg|Killaloe|Ireland|en|Aoife Ní Bhriain, Declan Shannon|the hire fleet
Galway Hooker Regatta|galway-hookers|Galway|Ireland|en|Máirtín Ó Conaola|the hooker An Tonn Nua
Maine Windjammer Cooperative|maine-windjammers|Rockland|United States|en|Abigail Thatcher, Eli Mainstay|the schooner Abenaki
Chesapeake Oyster Fleet|oyster-fleet|Annapolis|United States|en|Josiah Drudge|the skipjack Martha Ann
Pohutukawa Yachts|pohutukawa|Auckland|New Zealand|en|Mere Tangaroa, Grant Luff|the mullet boat Tamatea
Boathouse & Baird Solicitors|boathouse-baird|Southampton|United Kingdom|en|Alastair Baird|the contract with the insurers
Ropewalk Insurance Mutual|ropewalk-mutual|London|United Kingdom|en|Penelope Claim, Victor Binder|the survey of the loft
"""

_LEADS: Final = """
Osprey Sea Safaris|osprey-safaris|Mull|United Kingdom|en|Jenny Osprey|our two RIBs
Harlequin Puppet Barge|puppet-barge|London|United Kingdom|en|Nell Harlequin|the puppet barge
Greenhithe Scout Group|greenhithe-scouts|Greenhithe|United Kingdom|en|Kevin Knott|the pioneering ropes
Lantern Bay Glamping|lantern-bay|Newquay|United Kingdom|en|Tamsin Canvas|nine bell tents
The Floating Bookshop|floating-bookshop|Oxford|United Kingdom|en|Miles Page|the narrowboat Marginalia
Vertigo Aerial Dance|vertigo-dance|Manchester|United Kingdom|en|Saskia Silk|the rehearsal rig
Hopeful Hammocks|hopeful-hammocks|Brighton|United Kingdom|en|Dylan Swing|a first batch of hammocks
Cormorant Salvage|cormorant-salvage|Plymouth|United Kingdom|en|Brenda Grapple|the salvage tug Cormorant
North Wall Climbing|north-wall|Sheffield|United Kingdom|en|Ashok Belay|the lead wall
Merryweather Kites|merryweather-kites|Hastings|United Kingdom|en|Poppy Merryweather|a very large kite
Peregrine Drone Survey|peregrine-drones|Exeter|United Kingdom|en|Max Hover|the tether of our drone
Quayside Zoo|quayside-zoo|Weymouth|United Kingdom|en|Dr Lionel Paws|the gibbon enclosure
Bartholomew Pike||Poole|United Kingdom|en|Bartholomew Pike|my Drascombe Lugger
Winifred Spray||Ryde|United Kingdom|en|Winifred Spray|my late father's dinghy
Gregor MacTavish||Ullapool|United Kingdom|en|Gregor MacTavish|a yacht I have not bought yet
Przystań Bocian|przystan-bocian|Ruciane-Nida|Polska|pl|Tomasz Bocian|pomosty i cumy
Cyrk Kometa|cyrk-kometa|Łódź|Polska|pl|Róża Kometa|namiot cyrkowy
Pani Halina Fala||Puck|Polska|pl|Halina Fala|stara omega
Bootsverleih Seerose|bootsverleih-seerose|Konstanz|Deutschland|de|Sabine Röhricht|die Tretboote
Zirkus Sternenzelt|zirkus-sternenzelt|Leipzig|Deutschland|de|Oskar Manege|das Zirkuszelt
Les Toiles du Large|toiles-du-large|Saint-Malo|France|fr|Gaëlle Misaine|les tauds
湘南セイリングクラブ|shonan-sailing|藤沢|日本|ja|伊藤 健|クラブ艇
Skjærgård Kajakk|skjaergard-kajakk|Arendal|Norway|en|Bjørn Åse|tow lines for kayaks
Batavia Shade|batavia-shade|Lelystad|Netherlands|en|Sanne de Wit|the festival shade sails
Prairie Schooner Museum|prairie-schooner|Omaha|United States|en|Clementine Rail|a wagon cover
"""

UNKNOWN_PEOPLE: Final = (
    ("Reginald Flotsam", "reginald@flotsam-books.example"),
    ("Ursula Jetsam", "ursula.jetsam@freemail.example"),
    ("Cassandra Lee", "c.lee@lee-shore-photo.example"),
    ("Ivo Ballast", "ivo@ballast-transport.example"),
)
"""They write, but are neither customers nor leads."""


def customers() -> tuple[Firm, ...]:
    """Sixty customers, some of them persons."""
    return _firms(_CUSTOMERS)


def leads() -> tuple[Firm, ...]:
    """Twenty-five leads."""
    return _firms(_LEADS)


def _firms(table: str) -> tuple[Firm, ...]:
    return tuple(_firm(line) for line in table.strip().splitlines())


def _firm(line: str) -> Firm:
    name, domain, city, country, language, people, matter = line.split("|")
    host = f"{domain}.example" if domain else FREE_MAIL
    return Firm(name, host, city, country, language, tuple(people.split(", ")), matter)
