"""The records of the sales room."""

from mooring.sales.models.conversion import LeadConversion
from mooring.sales.models.mailbox import Ancestry, SalesMailbox
from mooring.sales.models.open_sum import OpenSum, SumKind
from mooring.sales.models.opportunity import ChecklistLine, Opportunity, OpportunityContact, StageMove
from mooring.sales.models.opportunity_letter import OpportunityLetter
from mooring.sales.models.past_state import PastState, PastSum
from mooring.sales.models.pipeline import Outcome, Pipeline, Stage, StageTemplate
from mooring.sales.models.rate import Budget, ExchangeRate
from mooring.sales.models.reset import BoxReset
from mooring.sales.models.sales_lists import OpportunityKind, Rejection
from mooring.sales.models.search_word import MailboxWord, OpportunityWord, PipelineWord
from mooring.sales.models.version import Cause, PipelineVersion

__all__ = (
    "Ancestry",
    "BoxReset",
    "Budget",
    "Cause",
    "ChecklistLine",
    "ExchangeRate",
    "LeadConversion",
    "MailboxWord",
    "OpenSum",
    "Opportunity",
    "OpportunityContact",
    "OpportunityKind",
    "OpportunityLetter",
    "OpportunityWord",
    "Outcome",
    "PastState",
    "PastSum",
    "Pipeline",
    "PipelineVersion",
    "PipelineWord",
    "Rejection",
    "SalesMailbox",
    "Stage",
    "StageMove",
    "StageTemplate",
    "SumKind",
)
