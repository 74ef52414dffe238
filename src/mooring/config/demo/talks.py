"""What is written about ropes and sails in English. Data only.

Blanks are filled by letters.py: {name} the customer's first name, {matter} what it is about, {us} and {firm} the writers,
{price}, {length}, {number}, {weekday}, {month}, {rope}, {sail}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Turn:
    """One letter of a conversation. `encloses` names what letters.py puts in: offer, invoice, plan, photo, prices, html."""

    is_ours: bool
    text: str
    encloses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    subject: str
    turns: tuple[Turn, ...]


def ask(text: str, *encloses: str) -> Turn:
    """A letter of theirs."""
    return Turn(False, text, encloses)


def say(text: str, *encloses: str) -> Turn:
    """A letter of ours."""
    return Turn(True, text, encloses)


ROPES: Final = (
    "14 mm braided polyester",
    "10 mm Dyneema",
    "18 mm three-strand hemp",
    "22 mm polyprop hawser",
    "8 mm lacing line",
)
SAILS: Final = ("mainsail", "genoa", "jib", "mizzen", "gaff topsail", "cruising chute", "storm trysail")

TALKS: Final = (
    Talk(
        "A new {sail} for {matter}",
        (
            ask(
                "the {sail} of {matter} has blown out along the leech for the second time this year, and the mate "
                "has started to refer to it as “the lace curtain”. Could you let me have a price for a new one, "
                "same cut, in your heavier cloth? About {length} feet on the luff.\n\nWe sail again in {month}."
            ),
            say(
                "thank you for writing, and please thank the mate for the picture it put into my head.\n\n"
                "For a {sail} of that size in 9 oz cloth we would need £{price}, vertical cut, hand-worked "
                "cringles, two deep reefs. I enclose an offer. If you send us the measurements by {weekday} we can "
                "have it on the floor next week.",
                "offer",
            ),
            ask(
                "measurements below, taken twice and by different people. Please go ahead.\n\n"
                "Luff {length} ft, foot {number} ft.",
                "plan",
            ),
            say("wonderful, the order is in the book. I shall write when it comes off the machine.", "html"),
            ask("it is bent on and it sets like a dream. The mate has nothing left to complain about and looks lost."),
        ),
    ),
    Talk(
        "Splices before {weekday}?",
        (
            ask(
                "I know it is short notice, but could you splice {number} soft eyes into {rope} for {matter} "
                "before {weekday}? We can collect."
            ),
            say("if the rope is here by tomorrow noon: yes. £{price} for the lot, and the kettle is on."),
            ask("the rope is in the van. You are a lifesaver."),
        ),
    ),
    Talk(
        "Yearly inspection of {matter}",
        (
            say(
                "it is a year since we last looked over the ropes of {matter}. Our riggers are near you in the "
                "second week of {month}; may we come by on the {weekday}? As every year it is £{price}, "
                "certificate included."
            ),
            ask(
                "{weekday} suits us. Somebody will be there from eight with the keys. Do bring the certificate for last "
                "year too, we lost ours."
            ),
            say("last year's certificate is enclosed. See you then.", "offer"),
        ),
    ),
    Talk(
        "Invoice {number}/26",
        (
            say("please find our invoice {number}/26 for {rope} enclosed, £{price}, thirty days as always.", "invoice"),
            ask("received, thank you; it goes out with Friday's run."),
        ),
    ),
    Talk(
        "Strange noise from {matter}",
        (
            ask(
                "this may be a silly question. Since we fitted the new {rope}, {matter} hums. Not loudly. "
                "About a B flat. Is this something we should worry about?",
                "photo",
            ),
            say(
                "not silly at all! Tight rope sings in the wind; a B flat at {length} feet means you have it nicely "
                "tensioned. If it bothers anybody, a few turns of marline will quieten it. We are thinking of "
                "offering tuned rigging as an extra."
            ),
            ask("the crew has voted to keep the B flat. Thank you.", "html"),
        ),
    ),
    Talk(
        "Delivery of {rope}",
        (
            say("your {number} metres of {rope} left us this morning on a pallet and should be with you on {weekday}.", "html"),
            ask("it came a day early and the driver even helped to carry it in. Please tell the warehouse."),
        ),
    ),
    Talk(
        "Complaint: the {sail} is the wrong colour",
        (
            ask(
                "we ordered tanbark. What came is, with the best will in the world, salmon. The picture does it too much honour.",
                "photo",
            ),
            say(
                "I have just held your picture against the cloth and blushed in the same shade. The dye lot was "
                "wrong. We make you a new {sail} at once and collect the salmon one at our cost; in your hands by {weekday}."
            ),
            ask("that is more than fair. May we keep the salmon one for the regatta? It has acquired fans."),
            say("keep it with our compliments. Credit note for £{price} enclosed.", "invoice"),
        ),
    ),
    Talk(
        "Price list for next season",
        (
            ask("could you send me the list of prices for next season? We are making our budget for {matter}."),
            say("with pleasure, it is enclosed as a table. Nothing went up but hemp, which is having a moment.", "prices"),
        ),
    ),
    Talk(
        "Visit to the rope walk",
        (
            ask("two of us would love to see the rope walk. Would a {weekday} in {month} be convenient?"),
            say(
                "any {weekday} but the second. Wear shoes that may get tarry, and do not let Alice talk you into "
                "turning the wheel: she never takes over again."
            ),
            ask("Alice talked us into turning the wheel. Our arms hurt; it was splendid. Photograph enclosed.", "photo", "html"),
        ),
    ),
    Talk(
        "Question about chafe",
        (
            ask("the {rope} of {matter} wears through at the fairlead every four months. Is there anything better?"),
            say(
                "leather. Four stitches to the inch, hair side in. We can sew it on for £{price}, or send a kit with "
                "needles and a page of instructions that has been translated into understandable English."
            ),
            ask("the kit, please. How hard can it be?"),
            ask("it is hard. May I send you the rope?"),
            say("of course. Put the kit into the parcel too, we will not tell anybody."),
        ),
    ),
)
