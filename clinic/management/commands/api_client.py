"""Give another system access to the API, or end it."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.models import ApiClient, Site
from clinic.services import api_clients


class Command(BaseCommand):
    """Make, list and revoke the tokens of other systems."""

    help = "Give another system access to the API, or end it. A token is shown once and stored only as a hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a token and show it once")
        create.add_argument("name", help="which system it is for, such as 'billing'")
        create.add_argument("--scope", action="append", required=True, help=f"one of: {', '.join(api_clients.SCOPES)}")
        create.add_argument("--site", action="append", required=True, help="name of a site that it may see")
        create.add_argument("--days", type=int, default=365, help="for how many days it is good (default: 365)")
        verbs.add_parser("list", help="show who has access")
        verbs.add_parser("revoke", help="end a client's access at once").add_argument("id", help="its id, as listed")

    def handle(self, *, verb: str, **options: Any) -> None:
        """Do what the verb says."""
        verbs: dict[str, Any] = {"create": self.create, "list": self.list, "revoke": self.revoke}
        verbs[verb](**options)

    def create(self, *, name: str, scope: list[str], site: list[str], days: int, **_: Any) -> None:
        """Make a token."""
        sites = [self.site(one) for one in site]
        if not name.strip() or len(name) > 80 or not 1 <= days <= 3650:
            raise CommandError("A name has 1 to 80 characters, and a token is good for 1 to 3650 days.")
        now = timezone.now()
        try:
            client, token = api_clients.create(
                name=name.strip(), scopes=scope, sites=sites, now=now, expires_at=now + timedelta(days=days)
            )
        except api_clients.UnknownScope as unknown:
            raise CommandError(str(unknown)) from None
        self.stdout.write(f"Client {client.uid} may {', '.join(client.scopes)}.\nIts token, shown only now:\n{token}")

    def list(self, **_: Any) -> None:
        """Show every client."""
        for client in ApiClient.objects.order_by("name").prefetch_related("sites"):
            state = (
                "revoked" if client.revoked_at else f"until {client.expires_at:%Y-%m-%d}" if client.expires_at else ""
            )
            used = f"last used {client.last_used_at:%Y-%m-%d}" if client.last_used_at else "never used"
            sites = ", ".join(site.name for site in client.sites.all())
            scopes = " ".join(client.scopes)
            self.stdout.write(f"{client.uid}  {client.name}  {client.prefix}...  {state}  {used}  {sites}  {scopes}")

    def revoke(self, *, id: str, **_: Any) -> None:
        """End a client's access."""
        try:
            found = api_clients.revoke(UUID(id), now=timezone.now())
        except ValueError:
            found = False
        if not found:
            raise CommandError(f"There is no living client {id}. `manage.py api_client list` shows them.")
        self.stdout.write("Revoked.")

    def site(self, name: str) -> Site:
        """Find a site by its name."""
        site = Site.objects.filter(name=name).first()
        if site is None:
            known = ", ".join(Site.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no site {name!r}. The sites are: {known}.")
        return site
