"""Letters of opportunities: linked by hand with what follows in the conversation, taken off; never more than one may read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from letters.making_letters import make_account, make_letter
from making import (
    NOW,
    PASSWORD,
    actor,
    make_contact,
    make_customer,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.desk.sale_places import all_values_for
from mooring.letters.queries import letters_of
from mooring.sales.board import heard_of, with_letters
from mooring.sales.letter_links import letters_of_sale, link_to_sale, offered_sales, sales_of_letter, take_off_sale
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_a_linked_letter_brings_its_conversation_and_its_customer_along(bob: User) -> None:
    customer = make_customer("Harbour Ltd", owner=bob)
    sale = make_opportunity("Lines", pipeline=make_pipeline(mailbox=make_sales_mailbox(owner=bob)), whom=customer)
    account = make_account(bob)
    first = make_letter(account, subject="Ropes", message_id="<a@x.example>")
    answer = make_letter(account, subject="Re: Ropes", extra="In-Reply-To: <a@x.example>")
    other = make_letter(account, subject="Sails", to_records=(customer,))
    assert [each.title for each in offered_sales(other, reader=bob)] == ["Lines"]

    link_to_sale(letter=first, opportunity=sale, by=actor(bob), now=LATER)
    assert set(letters_of_sale(sale, reader=bob).rows) == {first, answer}
    assert [row.letter for row in letters_of(record=customer, reader=bob).rows] == [other, first]
    assert [(each.opportunity, each.link is None) for each in sales_of_letter(answer, reader=bob)] == [(sale, True)]
    assert heard_of(with_letters(sale)) == max(first.at, other.at, sale.changed_at)
    assert letters_of_sale(sale, reader=make_user("Eve")).rows == []

    take_off_sale(letter=answer, opportunity=sale, by=actor(bob), now=LATER)
    assert letters_of_sale(sale, reader=bob).rows == [first]
    assert sales_of_letter(answer, reader=bob) == []
    link_to_sale(letter=answer, opportunity=sale, by=actor(bob), now=LATER)
    assert set(letters_of_sale(sale, reader=bob).rows) == {first, answer}
    said = [entry.action for entry in entries_about(kind="opportunity", record_id=sale.pk)]
    assert said == ["letter_linked", "letter_unlinked", "letter_linked", "created"]


def test_a_letter_is_linked_where_it_is_read_and_shown_on_the_card(bob: User, client: Client) -> None:
    client.login(username=bob.email, password=PASSWORD)
    customer = make_customer("Harbour Ltd", owner=bob, emails=("office@harbour.example",))
    sale = make_opportunity("Lines", pipeline=make_pipeline(mailbox=make_sales_mailbox(owner=bob)), whom=customer)
    letter = make_letter(make_account(bob), subject="How much are ropes?", to_records=(customer,))
    url = f"/letters/{letter.pk}/opportunities/"
    assert url in client.get(f"/letters/{letter.pk}/").content.decode()
    assert "Lines" in client.get(url).content.decode()
    client.post(f"{url}link/", {"opportunity": sale.pk})
    assert "linked by Bob" in client.get(url).content.decode()
    card = client.get(f"/sales/opportunities/{sale.pk}/emails/").content.decode()
    assert "How much are ropes?" in card
    assert "to=office%40harbour.example" in card


def test_a_template_knows_the_open_opportunity_of_whom_one_writes_to(bob: User) -> None:
    harbour = make_customer("Harbour Ltd", owner=bob)
    make_contact("Ann", at=(harbour,), emails=("ann@harbour.example",))
    pipeline = make_pipeline(mailbox=make_sales_mailbox(owner=bob))
    make_opportunity("Old lines", pipeline=pipeline, stage="Won", whom=harbour)
    make_opportunity("New lines", pipeline=pipeline, whom=harbour, price=Decimal("1250.5"))
    values = all_values_for(writer=bob, account=None, address="Ann@harbour.example")
    assert values["opportunity.title"] == "New lines"
    assert values["opportunity.amount"] == "1,250.50\xa0EUR"
    assert values["contact.name"] == "Ann"
    assert "opportunity.title" not in all_values_for(writer=make_user("Eve"), account=None, address="ann@harbour.example")
