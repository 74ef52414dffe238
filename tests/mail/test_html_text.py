"""The readable text of HTML."""

from __future__ import annotations

import pytest

from mooring.mail.html_text import html_to_text
from mooring.mail.html_tokens import Tag, tokens


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a  b\n c", "a b c"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a<td>b<tr><th>c</th></table>", "a b\nc"),
        ("<b>a</b>b &amp; &lt;c&gt; &eacute;&nbsp;&#380;", "ab & <c> é ż"),
        ("<head><title>T</title><style>p{}</style></head><body>a", "a"),
        ("<script>if (a<b) {}</script>a", "a"),
        ("<script>never closed", ""),
        ("<title>never closed", "never closed"),
        ("a</script>b", "ab"),
        ("<style>x</style >a", "a"),
        ("<style>x</style", ""),
        ("<!-- a --><!--> b <!---> c <!-- --!> d", "b c d"),
        ("<!doctype html><?xml x?></ x>a", "a"),
        ("<!-- never closed", ""),
        ("a <!never closed", "a"),
        ("1 < 2 <3 </", "1 < 2 <3 </"),
        ("a<b class='x>y' title=\">\">c", "ac"),
        ("a<b never closed", "a"),
        ("a</b never closed", "a"),
        ("<pre>a  b\n  c</pre> d  e", "a  b\n  c\n\nd e"),
        ("</pre>a  b", "a b"),
        ("pass\u00adword\u200b", "password"),
        ("<x-y:z>a</x-y:z>", "a"),
        ("", ""),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_tags_are_cut_as_browsers_cut_them() -> None:
    assert list(tokens("<A href=x/>t</a ><i =a='>' \"b>c")) == [
        Tag("a", " href=x/", False),
        "t",
        Tag("a", " ", True),
        Tag("i", " =a='>' \"b", False),
        "c",
    ]
