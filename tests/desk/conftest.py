"""Bob, his mailbox and a customer of his; tests that need others define their own."""

from __future__ import annotations

import pytest
from django.test import Client

import making
from desk.world import client_of
from letters.making_letters import make_account
from mooring.customers.models import Customer
from mooring.letters.models import MailAccount
from mooring.users.models import User


@pytest.fixture
def harbour(bob: User) -> Customer:
    return making.make_customer("Harbour Ltd", emails=("office@harbour.example",), owner=bob)


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example", is_main=True)


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)
