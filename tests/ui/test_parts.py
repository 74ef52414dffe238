"""Each part as a page draws it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

import making
from mooring.ui.parts import (
    BulkAction,
    Chip,
    DataCell,
    Found,
    FoundGroup,
    KeysetPage,
    Line,
    Moment,
    Node,
    Progress,
    Step,
    Tab,
)
from mooring.ui.templatetags.ui import initials_of

HOSTILE = '"><script>alert(1)</script>'


def parsed(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(f"<body>{text}")


def test_an_icon_is_decoration_unless_it_has_a_label(draw):
    assert 'aria-hidden="true"' in draw("{% icon 'mail' %}")
    labelled = parsed(draw("{% icon 'mail' label=words %}", words=HOSTILE)).css_first("svg")
    assert (labelled.attributes["role"], labelled.attributes["aria-label"]) == ("img", HOSTILE)


def test_an_icon_points_into_the_sprite(draw):
    href = parsed(draw("{% icon 'mail' %}")).css_first("use").attributes["href"]
    assert href.startswith("/static/ui/dist/icons-")
    assert href.endswith(".svg#mail")


def test_a_relative_date_carries_the_exact_one(draw):
    when = making.NOW - timedelta(minutes=5)
    time = parsed(draw("{% ago when %}", when=when)).css_first("time")
    assert time.text() == "5 minutes ago"
    assert time.attributes["datetime"] == when.isoformat(timespec="seconds")
    assert time.attributes["title"]


def test_a_page_may_count_from_a_time_of_its_own(draw):
    assert "2 hours ago" in draw("{% ago when %}", when=making.NOW, now=making.NOW + timedelta(hours=2))


def test_a_missing_date_is_left_out_or_worded(draw):
    assert draw("{% ago when %}{% ago when 'never' %}", when=None) == "never"


def test_a_traffic_light_speaks(draw):
    light = parsed(draw("{% light 'warn' text %}", text="Two letters failed")).css_first(".light.warn")
    assert light.text() == "Two letters failed"


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Anna Maria Nowak", "AN"),
        ("Żaneta", "Ż"),
        ("bob@harbour.example", "BH"),
        ("Van der Meer", "VM"),
        ("Ketch & Yawl", "KY"),
        ("3 Sisters", "3S"),
        ("", "?"),
        ("&", "?"),
    ],
)
def test_initials(name, initials):
    assert initials_of(name) == initials


def test_the_same_name_always_has_the_same_colour(draw):
    assert draw("{% face name %}", name="Bob") == draw("{% face name %}", name="Bob")


@pytest.mark.parametrize(
    ("path", "sorted_as", "next_sort"),
    [
        ("/?q=x", None, "sort=name"),
        ("/?q=x&sort=name&after=abc", "ascending", "sort=-name"),
        ("/?q=x&sort=-name", "descending", "sort=name"),
        ("/?q=x&sort=owner", None, "sort=name"),
    ],
)
def test_a_column_sorts_up_then_down_and_starts_at_the_first_page(draw, path, sorted_as, next_sort):
    drawn = draw('{% column "name" "Name" %}', path=path)
    cell = parsed(f"<table><tr>{drawn}").css_first("th")
    assert cell.attributes.get("aria-sort") == sorted_as
    href = cell.css_first("a").attributes["href"]
    assert next_sort in href.split("?")[1].split("&")
    assert "q=x" in href
    assert "after" not in href


def test_data_cells_are_named_by_their_column_and_hold_nothing_but_text(draw):
    drawn = draw("<table><tr>{% data_cells cells %}", cells=[DataCell("7", HOSTILE, is_number=True), DataCell(HOSTILE, "What")])
    first, second = parsed(drawn).css("td")
    assert (first.text(), first.attributes) == ("7", {"class": "number", "data-label": HOSTILE})
    assert (second.text(), second.attributes) == (HOSTILE, {"data-label": "What"})


def test_a_row_is_ticked_by_name(draw):
    text = draw("<table><tr>{% row_check 7 name %}", name=HOSTILE)
    tick = parsed(text).css_first("input")
    assert (tick.attributes["name"], tick.attributes["value"]) == ("ids", "7")
    assert HOSTILE in tick.attributes["aria-label"]
    assert "<script>" not in text


def test_bulk_actions_post_to_their_addresses_and_ask_where_told(draw):
    actions = [
        BulkAction(label="Archive", url="/a/", icon="archive"),
        BulkAction(label="Erase", url="/e/", icon="trash", confirm="For good?"),
    ]
    archive, erase, *_ = parsed(draw("{% bulk_bar actions %}", actions=actions)).css("button")
    assert archive.attributes["formaction"] == "/a/"
    assert "data-confirm" not in archive.attributes
    assert erase.attributes["data-confirm"] == "For good?"


def test_neighbouring_pages_keep_the_filter_and_drop_the_other_cursor(draw):
    page = KeysetPage(rows=[1], next="n1", previous="p1")
    links = parsed(draw("{% keyset_links page %}", path="/?q=x&after=old", page=page)).css("a")
    assert [link.attributes["href"] for link in links] == ["?q=x&before=p1", "?q=x&after=n1"]


def test_the_only_page_has_no_links(draw):
    assert "<a" not in draw("{% keyset_links page %}", page=KeysetPage(rows=[]))


def test_tabs_are_links_and_one_is_current(draw):
    tabs = [Tab(label="Timeline", url="?", is_current=True), Tab(label="Emails", url="?tab=emails", count=0)]
    page = parsed(draw("{% tabs tabs %}{% views tabs %}", tabs=tabs))
    assert [link.text(strip=True) for link in page.css("[aria-current=page]")] == ["Timeline"] * 2
    assert page.css_first("a[href='?tab=emails'] .count").text() == "0"
    assert len({nav.attributes["aria-label"] for nav in page.css("nav")}) == 2


def test_filters_read_as_a_sentence_and_can_be_dropped(draw):
    chips = [Chip(label="owned by", value="Bob", off_url="?a"), Chip(label="status is", value=HOSTILE, off_url="?b")]
    text = draw("{% sentence chips 'Customers' %}<i>{{ more }}</i>{% endsentence %}", chips=chips, more="seen")
    page = parsed(text)
    assert " ".join(page.text().split()) == f"Customers owned by Bob and status is {HOSTILE} seen"
    assert [link.attributes["href"] for link in page.css("a.off")] == ["?a", "?b"]
    assert "<script>" not in text


def test_an_empty_place_offers_the_next_step(draw):
    page = parsed(draw("{% empty icon='mail' title='No letters' text='They come.' url='/new/' action='Add a mailbox' %}"))
    assert page.css_first("h2").text() == "No letters"
    assert page.css_first("a[href='/new/']").text() == "Add a mailbox"


def test_a_running_job_renews_itself_and_a_finished_one_rests(draw):
    running = Progress(label="Reading Inbox", done=5, total=10, url="/job/", stop_url="/job/stop/")
    finished = Progress(label="Reading Inbox", done=10, total=10, url="/job/", stop_url="/job/stop/", is_running=False)
    page = parsed(draw("{% progress_line job %}", job=running))
    assert page.css_first(".going").attributes["hx-get"] == "/job/"
    assert page.css_first("progress").attributes["value"] == "5"
    assert page.css_first("form[action='/job/stop/'][method=post]") is not None
    text = draw("{% progress_line job %}", job=finished)
    assert "hx-get" not in text
    assert "<form" not in text


def test_a_job_of_unknown_length_shows_motion_only(draw):
    job = Progress(label="Reading", done=1_234, url="/job/")
    assert "max" not in parsed(draw("{% progress_line job %}", job=job)).css_first("progress").attributes


def test_a_timeline_tells_what_when_and_by_whom(draw):
    moments = [Moment(title=HOSTILE, at=making.NOW, icon="mail", url="/1/", by="Bob", detail="To Carol")]
    text = draw("{% timeline moments %}", moments=moments)
    page = parsed(text)
    assert page.css_first("a[href='/1/']").text() == HOSTILE
    assert page.css_first(".more").text() == "Bob · To Carol"
    assert page.css_first("time").text() == "just now"


def test_a_tree_is_whole_without_a_script(draw):
    below = (Node(label="2025", value="INBOX/2025", is_ticked=True), Node(label="Spam", value="Spam", is_locked=True))
    page = parsed(draw("{% tree nodes name='folders' label='Folders' %}", nodes=[Node(label="In", value="INBOX", below=below)]))
    boxes = page.css("input[name=folders]")
    assert [box.attributes["value"] for box in boxes] == ["INBOX", "INBOX/2025", "Spam"]
    assert ["checked" in box.attributes for box in boxes] == [False, True, False]
    assert "disabled" in boxes[2].attributes
    assert page.css_first("ul ul[hidden]") is None


def test_steps_say_whether_they_passed(draw):
    checks = [
        Step(label="Found", light="good"),
        Step(label="Signed in", light="bad", detail="The password was refused."),
        Step(label="Folders", light="idle"),
    ]
    page = parsed(draw("{% steps checks %}", checks=checks))
    assert [icon.attributes["aria-label"] for icon in page.css("svg")] == ["Passed", "Not passed", "Not tried"]
    assert "The password was refused." in page.text()


def test_a_letter_is_three_lines_with_what_it_belongs_to(draw):
    line = Line(url="/l/1/", who=HOSTILE, at=making.NOW, subject="Rope", belongs_to="Acme", is_unread=True, has_attachments=True)
    text = draw("{% letter_lines lines %}", lines=[line])
    row = parsed(text).css_first("a.letter-row.unread[href='/l/1/']")
    assert "Unread" in row.text()
    assert row.css_first("svg[aria-label='Has attachments']") is not None
    assert row.css_first(".label").text() == "Acme"
    assert "<script>" not in text


def test_a_dialog_is_named_by_its_title_and_holds_what_the_page_put_there(draw):
    text = draw("{% dialog 'archive' title wide=True %}<p>{{ name }}</p>{% enddialog %}", title=HOSTILE, name=HOSTILE)
    dialog = parsed(text).css_first("dialog#archive.wide")
    title = dialog.attributes["aria-labelledby"]
    assert dialog.css_first(f"#{title}").text() == HOSTILE
    assert dialog.css_first("p").text() == HOSTILE
    assert "<script>" not in text


def test_a_panel_has_a_heading_and_a_way_to_change_it(draw):
    page = parsed(draw("{% panel 'Facts' url='/edit/' action='Edit facts' act_icon='pencil' %}x{% endpanel %}"))
    assert page.css_first("h2").text() == "Facts"
    assert page.css_first("a[href='/edit/']").attributes["aria-label"] == "Edit facts"


@pytest.mark.parametrize(("resizes", "now"), [("first", "224"), ("second", "400")])
def test_the_bar_between_panes_can_be_focused_and_tells_its_width(draw, resizes, now):
    bar = parsed(draw("{% pane_bar which %}", which=resizes)).css_first("[role=separator][tabindex='0']")
    assert bar.attributes["aria-valuenow"] == now


def test_the_palette_groups_what_was_found(draw):
    groups = [FoundGroup(label="Recently seen", entries=[Found(label=HOSTILE, url="/1/", icon="building", detail="Customer")])]
    page = parsed(draw("{% include 'ui/parts/palette.html' %}", groups=groups))
    assert page.css_first("a[role=option][href='/1/'] .clip").text() == HOSTILE
    assert "Nothing found" in draw("{% include 'ui/parts/palette.html' %}", groups=[])
