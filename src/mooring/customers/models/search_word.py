"""The words under which records are found: name, e-mail addresses, domains, city, number, phone digits.

A prefix search walks the (word, id) index and stops at the page's end, alike on SQLite and PostgreSQL, however many
records there are.
"""

from __future__ import annotations

from django.db import models

from mooring.customers.models.contact import Contact
from mooring.customers.models.customer import Customer
from mooring.customers.models.lead import Lead
from mooring.customers.models.project import Project

WORD_LENGTH = 80


class CustomerWord(models.Model):
    record = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_customer_once"),)


class LeadWord(models.Model):
    record = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_lead_once"),)


class ContactWord(models.Model):
    record = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_contact_once"),)


class ProjectWord(models.Model):
    record = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_project_once"),)
