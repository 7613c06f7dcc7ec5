"""Walking over pages with nonsense: what is sent, where it is sent to, and what failed."""

import re
from html.parser import HTMLParser
from random import Random
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db import transaction
from django.test import Client

from .pages import HTMX

NASTY = (
    *(
        "",
        " ",
        "x" * 10_000,
        "9" * 5_000,
        "a\x00b",
        "\ud800",
        "🧠\u202e",
        "<b>",
        '=cmd|"/c calc"!A0',
        "nobody-offered-this",
    ),
    *("-1", "0", str(2**31), str(2**63), "-" + "9" * 30, "1e999", "NaN", "-Infinity", "1.5", "٣", "²", "[]", "{}"),
    *("0001-01-01", "9999-12-31", "2026-02-30", "1 1 0001", "Fri 31 Dec 9999", "2026-W53-7", "0000-00", "9999-12"),
    *("2026-11-30T08:00", "0001-01-01T00:00:00+14:00|", "9999-12-31T23:59:59-12:00/1", "2026-11-30T08:00Z/x", "24:00"),
    *("Mon-Fri 18:00-08:00", "Mon 25:00-26:00", "Europe/Nowhere", "../../etc/passwd", "http://[", "//evil.example"),
    *("a@b", "/", ":", "|", "-", "null", "00000000-0000-0000-0000-000000000000"),
)


QUERY = ("site", "q", "at", "chair", "seen", "shown", "name", "day", "next", "proposal")


class Forms(HTMLParser):
    """What a page sends, and where: its forms, and its links that ask for something, with what stands in them."""

    def __init__(self, address, page):
        super().__init__()
        self.page, self.found, self.form, self.named, self.choice = address, [], None, {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.form = (given.get("method") or "get", urlsplit(given.get("action") or "").path or self.page, {})
            self.named[given.get("id")] = self.form
            self.found.append(self.form)
        elif tag == "a" and "?" in (given.get("href") or ""):
            link = urlsplit(given["href"])
            self.found.append(("get", link.path or self.page, dict(parse_qsl(link.query))))
        form = self.named.get(given["form"]) if "form" in given else self.form
        if form is None:
            return
        name, value = given.get("name"), given.get("value") or ""
        if tag in ("input", "textarea", "select", "button") and name not in (None, "csrfmiddlewaretoken"):
            self.choice = name
            if tag == "button" and ":" in value:
                form[2].setdefault(f"{name} {value.partition(':')[0]}", "")
            if "checked" in given or name not in form[2]:
                form[2][name] = value
        elif tag == "option" and ("selected" in given or not form[2].get(self.choice)):
            form[2][self.choice] = value

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None


class Walk:
    """Sends to addresses, takes back what was done, and keeps what failed."""

    def __init__(self, client_of):
        self.client_of, self.fields, self.failed, self.dice, self.sent = client_of, {}, {}, Random(7), 0

    def send(self, method, address, pairs=(), **headers):
        """Send fields to an address as a form does, also what no browser would send."""
        client = Client(raise_request_exception=False)
        client.cookies = self.client_of(address).cookies.copy()
        text = urlencode(list(pairs), errors="surrogatepass")
        self.sent += 1
        with transaction.atomic():
            if method == "get":
                answer = client.get(address, headers=headers, QUERY_STRING=text)
            else:
                answer = client.post(address, text, content_type="application/x-www-form-urlencoded", headers=headers)
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            what = repr(answer.exc_info[1]) if answer.exc_info else answer.status_code
            self.failed.setdefault(f"{method} {address[:90]}: {what:.200}", text[:300])
        return answer

    def learn(self, method, address):
        """Send what a page itself would send, keep the forms of what comes back, and tell whether it is a page."""
        answer = self.send(method, address, self.fields.get((method, address), {}).items())
        if answer.status_code < 300 or answer.status_code == 422:
            for way, where, fields in Forms(address, answer.content.decode(errors="replace")).found:
                self.fields.setdefault((way, where), {}).update(fields)
        return answer.status_code not in (404, 405)

    def spoil(self, method, address, count):
        """Send nonsense: in all fields at once, in each field alone, each field missing, and every field twice.

        A button such as "fix:2026-11-30" is also pressed with nonsense behind its word. A page is asked with every name
        that any page is asked with.
        """
        known = self.fields.get((method, address), {})
        usual = {name: value for name, value in known.items() if " " not in name}
        names = (
            usual
            if method == "post"
            else {*QUERY, *(n for key in self.fields if key[0] == "get" for n in self.fields[key])}
        )
        for value in self.some(count):
            self.send(method, address, [(name, value) for name in names], **HTMX)
        for name in {re.sub(r"[0-9a-f-]{36}|\d+", "", name): name for name in usual}.values():
            for value in self.some(count):
                self.send(method, address, (usual | {name: value}).items())
        for name, word in (name.split(" ", 1) for name in known if " " in name):
            for value in self.some(count):
                self.send(method, address, (usual | {name: f"{word}:{value}"}).items())
        if usual:
            missing = self.dice.choice(list(usual))
            self.send(method, address, [pair for pair in usual.items() if pair[0] != missing])
            self.send(method, address, [pair for pair in usual.items() for _ in range(2)])

    def some(self, count):
        return self.dice.sample(NASTY, count)
