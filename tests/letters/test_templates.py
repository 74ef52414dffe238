"""Templates: data with places, filled within the writer's rights; and whom one may mean by the first letters of a name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import making
from letters.making_letters import arrival, make_account, raw_letter
from letters.making_outgoing import make_outgoing
from making import NOW, actor
from mooring.customers.models import Contact
from mooring.customers.record_data import PostalAddressData
from mooring.letters.cautions import cautions_about, mentions_attachment, unknown_domains
from mooring.letters.completing import suggestions_for
from mooring.letters.correspondents import learn_correspondents, words_of_correspondent
from mooring.letters.models import Correspondent, Direction, LetterTemplate, MailAccount, OutgoingAttachment, OutgoingKind
from mooring.letters.placeholders import PLACEHOLDERS, fill_html, fill_text, unfilled
from mooring.letters.storing import store_batch
from mooring.letters.template_values import values_for
from mooring.letters.templates import (
    LONGEST_TEXT,
    UnableToSaveTemplate,
    changeable_templates,
    remove_template,
    restore_template,
    save_template,
    templates_of,
)
from mooring.users.models import User


def make_template(user: User, name: str = "Thanks", **fields: object) -> LetterTemplate:
    values = {"body_html": "<p>Dear {{contact.first_name}}</p>", **fields}
    return save_template(name=name, by=actor(user), now=NOW, **values)  # type: ignore[arg-type]  # fields of the deed


def test_values_are_escaped_and_what_is_missing_is_marked() -> None:
    html = "<p>Dear {{ contact.name }}, {{contact.job_title}} {{opportunity.name}}</p>"
    filled = fill_html(html, {"contact.name": "Ann <b>", "contact.job_title": ""})
    assert filled == ("<p>Dear Ann &lt;b&gt;, <mark>{{contact.job_title}}</mark> <mark>{{opportunity.name}}</mark></p>")
    assert fill_html(filled, {"contact.job_title": "Buyer"}).count("<mark>") == 1
    assert fill_text("For {{customer.name}} {{x}}", {"customer.name": "Harbour"}) == "For Harbour {{x}}"


def test_a_template_is_never_code() -> None:
    hostile = "{{ contact.name|safe }} {{ settings.SECRET_KEY }} {% include 'x' %} {{contact.__class__}} {{a.b}}{{a.b}}"
    assert fill_text(hostile, {}) == hostile
    assert unfilled(hostile) == ("{{a.b}}",)


def test_every_place_of_the_menu_can_be_filled() -> None:
    for _group, places in PLACEHOLDERS:
        for place in places:
            assert fill_text(place.written, {place.name: "x"}) == "x"


def test_shared_templates_are_used_by_all_and_changed_by_their_owner_and_administrators(
    bob: User, alice: User, rita: User
) -> None:
    eve = making.make_user("Eve")
    own, shared = make_template(bob), make_template(bob, "Shared", is_shared=True)
    assert set(templates_of(bob)) == {own, shared}
    assert set(templates_of(eve)) == {shared}
    assert not templates_of(rita).exists()
    assert set(changeable_templates(alice)) == {shared}
    assert not changeable_templates(rita).exists()
    with pytest.raises(UnableToSaveTemplate, match="Only its owner"):
        make_template(eve, template=shared)
    assert make_template(alice, "Renamed", template=shared).owner == bob


def test_a_template_is_checked_and_made_safe(bob: User, rita: User) -> None:
    assert make_template(bob, body_html="<p>a</p><script>run()</script>").body_html == "<p>a</p>"
    for wrong in ({"name": " "}, {"name": "x" * 81}, {"name": "Long", "body_html": "x" * (LONGEST_TEXT + 1)}, {"name": "Thanks"}):
        with pytest.raises(UnableToSaveTemplate):
            make_template(bob, **wrong)  # type: ignore[arg-type]  # fields of the deed
    with pytest.raises(UnableToSaveTemplate, match="Only people who write"):
        make_template(rita)


def test_a_removed_template_comes_back_unless_its_name_was_taken(bob: User) -> None:
    template = make_template(bob)
    remove_template(template=template, by=actor(bob), now=NOW)
    assert not templates_of(bob).exists()
    restore_template(template=template, by=actor(bob), now=NOW)
    assert templates_of(bob).get() == template
    remove_template(template=template, by=actor(bob), now=NOW)
    make_template(bob)
    with pytest.raises(UnableToSaveTemplate, match="of this name already"):
        restore_template(template=template, by=actor(bob), now=NOW)


def test_places_are_filled_from_the_card_of_a_contact(bob: User, carol: Contact) -> None:
    account = make_account(bob, your_name="Bob Mast", organization="Halyard")
    values = values_for(writer=bob, account=account, address="Carol@harbour.example")
    assert values == {
        "me.name": "Bob Mast",
        "me.email": account.address,
        "me.organization": "Halyard",
        "contact.name": "Carol Quay",
        "contact.first_name": "Carol",
        "contact.email": "carol@harbour.example",
        "customer.name": "Harbour Ltd",
    }


def test_places_are_filled_from_customers_and_leads(bob: User) -> None:
    gdynia = PostalAddressData(label="", street="", postcode="", city="Gdynia", region="", country="")
    making.make_customer("Pier Ltd", emails=("office@pier.example",), number="C7", addresses=(gdynia,))
    lead = making.make_lead("Ivo Mast", emails=("ivo@mast.example",), company_name="Mast & Co")
    making.make_contact("Kim Boom", at=(lead,), emails=("kim@mast.example",))
    values = values_for(writer=bob, account=None, address="office@pier.example")
    assert (values["customer.name"], values["customer.number"], values["customer.city"]) == ("Pier Ltd", "C7", "Gdynia")
    assert values["me.name"] == "Bob"
    assert values_for(writer=bob, account=None, address="ivo@mast.example")["contact.first_name"] == "Ivo"
    assert values_for(writer=bob, account=None, address="kim@mast.example")["customer.name"] == "Mast & Co"
    for unknown in ("", "nobody@nowhere.example"):
        assert not [name for name in values_for(writer=bob, account=None, address=unknown) if not name.startswith("me.")]


def test_hidden_records_fill_nothing(bob: User) -> None:
    hidden = making.make_customer("Secret Ltd", emails=("office@secret.example",), owner=making.make_user())
    making.make_contact("Sam Secret", at=(hidden,), emails=("sam@secret.example",))
    for address in ("office@secret.example", "sam@secret.example"):
        assert "customer.name" not in values_for(writer=bob, account=None, address=address)
    assert suggestions_for(reader=bob, text="secret") == []


def sent(account: MailAccount, to: str, **fields: object) -> None:
    raw = raw_letter(sender=account.address, to=to, **fields)  # type: ignore[arg-type]  # fields of the letter
    store_batch(arrivals=[arrival(account, raw, direction=Direction.OUTGOING)], now=NOW)


def test_people_written_to_before_are_learnt_once(bob: User) -> None:
    box = make_account(bob)
    sent(box, "Zoë Łódź <zoe@far.example>, plain@far.example", at=NOW - timedelta(days=2))
    sent(box, ", ".join(f"n{number}@list.example" for number in range(60)))
    assert learn_correspondents(account_id=box.pk, now=NOW) == 2
    assert learn_correspondents(account_id=box.pk, now=NOW) == 0
    assert {row.key for row in Correspondent.objects.all()} == {"zoe@far.example", "plain@far.example"}
    sent(box, "zoe@far.example", at=NOW)
    learn_correspondents(account_id=box.pk, now=NOW)
    row = Correspondent.objects.get(key="zoe@far.example")
    assert (row.name, row.written_at) == ("Zoë Łódź", NOW)
    sent(box, "Old name <zoe@far.example>", at=NOW - timedelta(days=9))
    learn_correspondents(account_id=box.pk, now=NOW)
    assert Correspondent.objects.get(key="zoe@far.example").name == "Zoë Łódź"


def test_cards_come_before_people_written_to(bob: User, carol: Contact) -> None:
    box = make_account(bob)
    making.make_lead("Carl Lead", emails=("carl@lead.example",), company_name="Lead & Co")
    sent(box, "Carlotta Far <carlotta@far.example>, carol@harbour.example")
    learn_correspondents(account_id=box.pk, now=NOW)
    found = suggestions_for(reader=bob, text="car")
    assert [(each.name, each.address, each.kind, each.place) for each in found] == [
        ("Carol Quay", "carol@harbour.example", "contact", "Harbour Ltd"),
        ("Carl Lead", "carl@lead.example", "lead", "Lead & Co"),
        ("Carlotta Far", "carlotta@far.example", "sent", ""),
    ]
    assert [each.address for each in suggestions_for(reader=bob, text="office@har")] == ["office@harbour.example"]
    assert suggestions_for(reader=bob, text="c") == []
    assert suggestions_for(reader=making.make_user(), text="carlotta") == []


def test_completing_takes_few_queries(bob: User, carol: Contact) -> None:
    for number in range(30):
        making.make_customer(f"Carpet {number}", emails=(f"car{number}@carpet.example",))
    with CaptureQueriesContext(connection) as queries:
        assert len(suggestions_for(reader=bob, text="car")) == 8
    assert len(queries) <= 14


def test_words_of_a_correspondent_begin_behind_a_blank() -> None:
    assert words_of_correspondent("Zoë Łódź", "zoe@far.example") == " zoe lodz zoe@far.example far example"


def test_a_letter_is_looked_over_before_it_leaves(bob: User, carol: Contact) -> None:
    box = make_account(bob)
    body = "Please find the list attached, {{contact.name}}.\n\n> attached earlier"
    draft = make_outgoing(box, subject=" ", body_text=body, to=("carol@harbour.example", "eve@hrabour.example"))
    said = cautions_about(draft)
    assert [each.split(".")[0] for each in said[:2]] == [
        "The subject is empty",
        "The text speaks of an attachment, but nothing is attached",
    ]
    assert "{{contact.name}} is not filled in." in said
    assert "hrabour.example" in said[-1]
    OutgoingAttachment.objects.create(outgoing=draft, name="x", content_type="text/plain", size=1, sha256="0" * 64)
    assert not any("attachment" in each for each in cautions_about(draft))


def test_quotes_signatures_and_forwarded_letters_speak_of_no_attachment(bob: User) -> None:
    box = make_account(bob)
    assert not mentions_attachment(make_outgoing(box, body_text="Thanks\n-- \nattached to ropes"))
    assert not mentions_attachment(make_outgoing(box, body_text="W załączniku", kind=OutgoingKind.FORWARD))
    assert mentions_attachment(make_outgoing(box, body_text="W załączniku cennik."))


def test_domains_of_ours_public_ones_and_known_ones_are_not_strange(bob: User, carol: Contact) -> None:
    box = make_account(bob, address="bob@mooring.example")
    sent(box, "kim@once.example")
    addresses = ["eve@mooring.example", "x@gmail.com", "new@harbour.example", "kim@once.example", "?", "a@never.example"]
    assert unknown_domains(addresses) == ["never.example"]
    assert unknown_domains(["x@gmail.com"]) == []
