"""The words under which records are found: name, e-mail addresses, domains, city, number, phone digits.

The index by (word, record) finds the records of a rare prefix; the index by (record, word) tells whether a record has a
common one while a list is walked in its order (customers/word_search.py). Words compare by their code points, on PostgreSQL
too (migration 0002), so that a prefix is a range.
"""

from __future__ import annotations

from django.db import models

from mooring.customers.models.contact import Contact
from mooring.customers.models.customer import Customer
from mooring.customers.models.lead import Lead
from mooring.customers.models.project import Project

WORD_LENGTH = 80


class CustomerWord(models.Model):
    record = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_customer_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_customer"),)


class LeadWord(models.Model):
    record = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_lead_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_lead"),)


class ContactWord(models.Model):
    record = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_contact_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_contact"),)


class ProjectWord(models.Model):
    record = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_project_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_project"),)
