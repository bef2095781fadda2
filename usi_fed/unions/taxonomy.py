"""The words by which organisations are found: kinds, sectors, themes and regions, in the reader's language.

Terms stand on the wire and in the database, sentences on pages. Countries and languages are named by Babel.

Spec: `docs/vocabulary.md`; `../shared/mission.md` rows 20, 21, 25; sectors after the Global Union Federations
"""

from collections.abc import Mapping

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.sentences import Sentence

KINDS: Mapping[OrganisationKind, Sentence] = {
    "Union": Sentence("Union"),
    "Federation": Sentence("Federation"),
    "Branch": Sentence("Branch"),
    "Group": Sentence("Group"),
    "EmployerNetwork": Sentence("Network of workers at one employer"),
    "NGO": Sentence("Non-governmental organisation"),
    "LabourService": Sentence("Labour service organisation"),
    "Movement": Sentence("Movement"),
    "Media": Sentence("Workers' media"),
    "College": Sentence("College"),
}

SECTORS: Mapping[str, Sentence] = {
    "agriculture": Sentence("Agriculture"),
    "arts": Sentence("Arts and entertainment"),
    "building": Sentence("Building and wood"),
    "chemicals": Sentence("Chemicals"),
    "domestic-work": Sentence("Domestic work"),
    "education": Sentence("Education"),
    "energy": Sentence("Energy"),
    "finance": Sentence("Finance"),
    "fishing": Sentence("Fishing"),
    "food": Sentence("Food"),
    "health": Sentence("Health care"),
    "hospitality": Sentence("Hotels and restaurants"),
    "informal": Sentence("Informal and street work"),
    "journalism": Sentence("Journalism"),
    "mining": Sentence("Mining"),
    "metal": Sentence("Metal and engineering"),
    "platform-work": Sentence("Platform work"),
    "post-telecoms": Sentence("Post and telecommunications"),
    "public-sector": Sentence("Public sector"),
    "retail": Sentence("Shops and warehouses"),
    "steel": Sentence("Steel"),
    "textiles": Sentence("Textiles and garments"),
    "transport": Sentence("Transport"),
}

THEMES: Mapping[str, Sentence] = {
    "anti-racism": Sentence("Against racism"),
    "austerity": Sentence("Austerity"),
    "climate": Sentence("Climate and environment"),
    "collective-bargaining": Sentence("Collective bargaining"),
    "education": Sentence("Workers' education"),
    "equality": Sentence("Equality"),
    "health-and-safety": Sentence("Health and safety"),
    "migrant-workers": Sentence("Migrant workers"),
    "organising": Sentence("Organising"),
    "peace": Sentence("Peace"),
    "pensions": Sentence("Pensions"),
    "precarious-work": Sentence("Precarious work"),
    "right-to-strike": Sentence("Right to strike"),
    "supply-chains": Sentence("Supply chains"),
    "tax-justice": Sentence("Tax justice"),
    "union-rights": Sentence("Union rights"),
    "wages": Sentence("Wages"),
    "women": Sentence("Women at work"),
    "young-workers": Sentence("Young workers"),
}

REGIONS: Mapping[str, Sentence] = {
    "northern-africa": Sentence("Northern Africa"),
    "western-africa": Sentence("Western Africa"),
    "middle-africa": Sentence("Middle Africa"),
    "eastern-africa": Sentence("Eastern Africa"),
    "southern-africa": Sentence("Southern Africa"),
    "northern-america": Sentence("Northern America"),
    "central-america": Sentence("Central America"),
    "caribbean": Sentence("Caribbean"),
    "southern-america": Sentence("Southern America"),
    "western-asia": Sentence("Western Asia"),
    "central-asia": Sentence("Central Asia"),
    "southern-asia": Sentence("Southern Asia"),
    "south-eastern-asia": Sentence("South-Eastern Asia"),
    "eastern-asia": Sentence("Eastern Asia"),
    "northern-europe": Sentence("Northern Europe"),
    "western-europe": Sentence("Western Europe"),
    "southern-europe": Sentence("Southern Europe"),
    "eastern-europe": Sentence("Eastern Europe"),
    "oceania": Sentence("Oceania"),
}
