"""How rows are known inside the scheduler, where the ids of all kinds of things share one space."""


def site_id(pk: int) -> str:
    """Return the id of a site, whose key is not one of the resources' keys."""
    return f"site-{pk}"


def site_pk(id: str) -> int:
    """Return the key of the site that has this id."""
    return int(id.removeprefix("site-"))
