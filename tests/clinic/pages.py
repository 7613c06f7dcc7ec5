"""Reading the desk's pages, and doing what a person at the desk does."""

import re

HTMX = {"HX-Request": "true"}


def page_of(answer):
    return answer.content.decode()


def chosen(answer):
    """Return what the page that came back would send to confirm its first plan."""
    page = page_of(answer)
    proposal = re.search(r'name="proposal" value="([^"]+)"', page)
    kind = re.search(r'name="plan" id="plan-a" value="([^"]+)"', page)
    return {"proposal": proposal and proposal[1], "plan": kind and kind[1]}


def confirm(ask, asked, **more):
    return ask(asked | chosen(ask(asked)) | {"do": "confirm", "tell": "1"} | more)
