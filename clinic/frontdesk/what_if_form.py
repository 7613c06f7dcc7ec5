"""The form that asks what would become of the people who are expected, if the clinic were changed."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Protocol, Site, Technician
from clinic.selectors.what_if import Expected, Question, weekly_hours

from .forms import CHOOSE, DeskForm

SATURDAYS = (
    ("", gettext_lazy("as now")),
    ("Sat 09:00-13:00", gettext_lazy("09:00 to 13:00")),
    ("Sat 09:00-17:00", gettext_lazy("09:00 to 17:00")),
)
AHEAD = (("13", gettext_lazy("3 months")), ("26", gettext_lazy("6 months")))
WEEKS = 13
MOST_PEOPLE, MOST_CHAIRS, MOST_TEXT = 20, 5, 60


class WhatIfForm(DeskForm):
    """Ask what would become of the people who are expected, if the clinic were changed."""

    people = forms.FloatField(label=gettext_lazy("New courses a week"), min_value=0.5, max_value=MOST_PEOPLE)
    ahead = forms.ChoiceField(label=gettext_lazy("Look ahead"), choices=AHEAD, required=False, error_messages=CHOOSE)
    chairs = forms.IntegerField(
        label=gettext_lazy("More chairs"), min_value=0, max_value=MOST_CHAIRS, required=False, initial=1
    )
    saturdays = forms.ChoiceField(
        label=gettext_lazy("Open on Saturdays"), choices=SATURDAYS, required=False, error_messages=CHOOSE
    )
    technician = forms.ChoiceField(label=gettext_lazy("Technician part-time"), required=False, error_messages=CHOOSE)
    hours = forms.CharField(
        label=gettext_lazy("Then works only"),
        required=False,
        max_length=MOST_TEXT,
        help_text=gettext_lazy("Such as Mon-Wed 08:00-13:00"),
    )
    instead_of = forms.ChoiceField(label=gettext_lazy("Instead of"), required=False, error_messages=CHOOSE)
    give = forms.ChoiceField(label=gettext_lazy("everybody gets"), required=False, error_messages=CHOOSE)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        site: Site,
        protocols: list[Protocol],
        expected: Expected,
        asked: Question | None = None,
        weeks: int = WEEKS,
    ) -> None:
        self.rows = {row.slug: row for row in protocols}
        self.mix = expected.mix or tuple((row, 1) for row in protocols[:1])
        here = Technician.objects.filter(shifts__site=site, is_active=True).order_by("name").distinct()
        self.technicians = {str(uid): (pk, name) for uid, pk, name in here.values_list("uid", "pk", "name")}
        super().__init__(data, initial={"people": expected.a_week, "ahead": str(weeks)} | self._said(asked))
        self._offer("technician", [("", _("nobody")), *((uid, name) for uid, (_pk, name) in self.technicians.items())])
        self._offer("instead_of", [("", _("nothing")), *((row.slug, row.name) for row, _share in self.mix)])
        self._offer("give", [("", _("as now")), *((slug, row.name) for slug, row in self.rows.items())])
        self.fields["hours"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Insist on both halves of a change that has two."""
        given = self.cleaned_data
        for one, other, sentence in (
            ("technician", "hours", _("Say when the technician would still work.")),
            ("hours", "technician", _("Choose the technician who would work only then.")),
            ("instead_of", "give", _("Choose what they would get instead.")),
            ("give", "instead_of", _("Choose which protocol it would replace.")),
        ):
            if given.get(one) and not given.get(other) and other not in self.errors:
                self.add_error(other, sentence)
        if given.get("hours"):
            try:
                weekly_hours(given["hours"])
            except ValueError as wrong:
                self.add_error("hours", str(wrong))
        if not self.mix:
            self.add_error(None, _("There is no protocol yet, so nobody can be expected. Add a protocol first."))
        return given

    @property
    def weeks(self) -> int:
        """Return how many weeks a valid form asks about."""
        return int(self.cleaned_data["ahead"] or WEEKS)

    def question(self) -> Question:
        """Return the question of a valid form."""
        given = self.cleaned_data
        return Question(
            a_week=given["people"],
            mix=tuple((row.slug, share) for row, share in self.mix),
            chairs=given["chairs"] or 0,
            more_hours=given["saturdays"] or None,
            part_time=(self.technicians[given["technician"]][0], given["hours"]) if given["technician"] else None,
            switch=(given["instead_of"], given["give"]) if given["give"] else None,
        )

    def _said(self, asked: Question | None) -> dict[str, Any]:
        """Return what fields say of a question that was asked before."""
        if asked is None:
            return {}
        said: dict[str, Any] = {"people": asked.a_week, "chairs": asked.chairs, "saturdays": asked.more_hours}
        if asked.part_time:
            uids = {pk: uid for uid, (pk, _name) in self.technicians.items()}
            said |= {"technician": uids.get(asked.part_time[0]), "hours": asked.part_time[1]}
        return said | dict(zip(("instead_of", "give"), asked.switch or (), strict=False))

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
