"""The words of names under which sales mailboxes, pipelines and opportunities are found: as those of customers, and with the same
two indexes (customers.models.search_word). Words compare by their code points on PostgreSQL, too.
"""

from __future__ import annotations

from django.db import models

from mooring.customers.models.search_word import WORD_LENGTH
from mooring.sales.models.mailbox import SalesMailbox
from mooring.sales.models.opportunity import Opportunity
from mooring.sales.models.pipeline import Pipeline


class MailboxWord(models.Model):
    record = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_sales_mailbox_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_sales_mailbox"),)


class PipelineWord(models.Model):
    record = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_a_pipeline_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_a_pipeline"),)


class OpportunityWord(models.Model):
    record = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("word", "record"), name="a_word_finds_an_opportunity_once"),)
        indexes = (models.Index(fields=("record", "word"), name="words_of_an_opportunity"),)
