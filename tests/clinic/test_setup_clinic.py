"""Setting up clinics, chairs and people: what is saved, what is refused and with which words."""

import pytest
from django.urls import reverse

from clinic.models import AuditEntry, Chair, Prescriber, Session, Site, Technician, User
from clinic.models.people import Role
from clinic.services.setup.hours import read_day

from .builders import at, make_chair, make_site, make_user
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def ruth(clinic):
    return make_user(clinic, name="Ruth Adeyemi", role=Role.MANAGER)


@pytest.fixture
def manager(client, ruth):
    client.force_login(ruth)
    return client


@pytest.fixture
def send(manager):
    """Send the form of a page as it is shown, with some changes."""

    def post(page, *args, **changes):
        url = reverse(f"frontdesk:setup:{page}", args=args)
        form = manager.get(url).context["form"]
        data = {field.name: field.value() for field in form if field.value() is not None}
        return manager.post(url, data | changes)

    return post


def act(manager, name, *args, **data):
    return manager.post(reverse(f"frontdesk:setup:{name}", args=args), data)


def test_a_name_that_text_messages_cannot_show_is_refused_and_a_long_one_is_told_what_it_takes(send, manager, clinic):
    page = reverse("frontdesk:setup:site", args=[clinic.uid])

    answer = send("site", clinic.uid, public_name="東京 Rooms")
    assert "A text message cannot show 東京." in page_of(answer)
    send("site", clinic.uid, public_name="The Harbour Rooms for Rest and Recovery at Saint Bartholomew")

    assert "A text message has 160 places, of which this name takes 60" in page_of(manager.get(page))


@pytest.mark.parametrize(
    "text, spans",
    [
        ("08:00-16:30", [("08:00", "16:30")]),
        ("8-12, 13-17", [("08:00", "12:00"), ("13:00", "17:00")]),
        ("830 – 1630", [("08:30", "16:30")]),
        ("8am to 2pm", [("08:00", "14:00")]),
        ("13:00-17:00 8:00-12:00", [("08:00", "12:00"), ("13:00", "17:00")]),
        ("20:00-24:00", [("20:00", "24:00")]),
        ("", []),
        ("off", []),
    ],
)
def test_hours_are_read_as_people_write_them(text, spans):
    assert read_day(text) == spans


@pytest.mark.parametrize(
    "text, words",
    [
        ("16:00-08:00", "ends before it begins"),
        ("08:00-08:00", "ends before it begins"),
        ("08:00-25:00", "a day ends at 24:00"),
        ("08:00-24:30", "a day ends at 24:00"),
        ("08:00-12:00, 11:00-15:00", "overlap"),
        ("morning", "Cannot read"),
        ("8", "Cannot read"),
        ("8-9, 10-11, 12-13, 14-15, 16-17", "at most 4"),
        ("8" * 10_000, "10,000 characters"),
        ("<b>8-12</b>", "Cannot read"),
    ],
)
def test_impossible_hours_are_refused_in_a_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        read_day(text)


def test_a_clinic_is_changed_and_the_change_is_on_record(send, clinic):
    answer = send("site", clinic.uid, phone="0117 496 0999", day_5="9-13")

    clinic.refresh_from_db()
    entry = AuditEntry.objects.get(action="clinic changed")
    assert answer.status_code == 302
    assert (clinic.phone, clinic.hours) == ("0117 496 0999", "Mon-Fri 08:00-18:00, Sat 09:00-13:00")
    assert (entry.actor, entry.data["fields"]) == ("Ruth Adeyemi", ["phone", "hours"])


def test_saving_what_is_so_already_changes_nothing(send, clinic):
    assert send("site", clinic.uid).status_code == 302
    assert not AuditEntry.objects.filter(action="clinic changed").exists()


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "Please give the name"),
        ("name", "x" * 10_000, "10,000 characters"),
        ("name", "Moor Lane Clinic", "Another clinic has this name"),
        ("public_name", "Bristol TMS", "tell what the visits are for"),
        ("timezone", "Europe/Atlantis", "no time zone"),
        ("timezone", "../../etc/passwd", "no time zone"),
        ("timezone", "x" * 10_000, "no time zone"),
        ("phone", "call me", "digits"),
        ("holiday_region", "Bavaria", "no region of this country"),
        ("day_0", "18:00-08:00", "ends before it begins"),
    ],
)
def test_what_cannot_be_is_a_sentence_on_the_page_and_what_was_typed_stays(
    send, clinic, other_site, field, value, words
):
    answer = send("site", clinic.uid, **{field: value})

    assert answer.status_code == 422
    assert words in page_of(answer).replace("&#x27;", "'")
    assert answer.context["form"][field].value() == value
    assert Site.objects.get(pk=clinic.pk).name == "Harbour Street Clinic"


def test_a_name_with_html_is_shown_as_text(send, manager, clinic):
    send("site", clinic.uid, name="<script>alert(1)</script>")

    page = page_of(manager.get(reverse("frontdesk:setup:home")))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_clinic_without_any_hours_is_refused(send, clinic):
    answer = send("site", clinic.uid, **{f"day_{day}": "" for day in range(7)})

    assert "No weekday has hours" in page_of(answer)


def test_a_region_may_be_written_by_its_name(send, clinic):
    send("site", clinic.uid, holiday_region="scotland")

    clinic.refresh_from_db()
    assert clinic.holiday_region == "SCT"


def test_hours_that_would_strand_booked_sessions_are_refused_with_their_names(send, busy, clinic):
    answer = send("site", clinic.uid, day_1="10:00-18:00")

    page = page_of(answer)
    clinic.refresh_from_db()
    assert answer.status_code == 422
    assert clinic.hours == "Mon-Fri 08:00-18:00"
    assert "A booked session could not take place any more" in page
    assert "Tue 24 Nov 08:30, OKONJO, Margaret" in page
    assert 'value="10:00-18:00"' in page
    assert "/disruptions/new/?site=" in page


def test_the_way_out_opens_the_disruption_with_what_is_known(send, manager, busy, chairs, clinic):
    answer = act(manager, "chair-state", chairs[0].uid, do="close")

    report = manager.get(answer.context["trouble"]["address"]).context["form"]
    assert answer.status_code == 422
    assert report["what"].value() == f"chair:{chairs[0].uid}"
    assert (report["from_day"].value(), report["until_day"].value()) == ("Mon 23 Nov 2026", "Wed 25 Nov 2026")


def test_a_public_holiday_on_a_booked_day_is_a_reason_to_ask(send, clinic, busy):
    start, end = at("2026-11-30", "08:30"), at("2026-11-30", "09:00")
    Session.objects.filter(number=3).update(starts_at=start, ends_at=end, chair_until=end)

    answer = send("site", clinic.uid, holiday_region="SCT")  # St Andrew's Day

    assert answer.status_code == 422
    assert "Saint Andrew" in page_of(answer)


def test_the_clock_of_booked_sessions_is_not_changed(send, clinic, busy):
    answer = send("site", clinic.uid, timezone="Europe/Berlin")

    assert "3 sessions to come were promised" in page_of(answer)


def test_somebody_who_looks_at_an_old_page_overwrites_nothing(send, manager, clinic):
    url = reverse("frontdesk:setup:site", args=[clinic.uid])
    old = {field.name: field.value() for field in manager.get(url).context["form"]}
    send("site", clinic.uid, phone="0117 496 0001")

    answer = manager.post(url, old | {"phone": "0117 496 0002"})

    clinic.refresh_from_db()
    assert (answer.status_code, clinic.phone) == (422, "0117 496 0001")
    assert "Somebody else changed this" in page_of(answer)


def test_mondays_hours_go_to_all_working_days_without_script(send, clinic):
    answer = send("site", clinic.uid, day_0="07:00-15:00", do="copy")

    assert [field.value() for field in answer.context["form"].days] == ["07:00-15:00"] * 5 + ["", ""]
    assert Site.objects.get(pk=clinic.pk).hours == "Mon-Fri 08:00-18:00"


def test_a_clinic_is_opened_by_whoever_then_belongs_to_it(send, ruth):
    answer = send("new-site", name="Quay Clinic", public_name="The Quay Rooms")

    site = Site.objects.get(name="Quay Clinic")
    assert answer["Location"] == reverse("frontdesk:setup:chairs", args=[site.uid])
    assert site in ruth.sites.all()


def test_opening_a_clinic_twice_opens_one(send):
    send("new-site", name="Quay Clinic", public_name="The Quay Rooms")
    again = send("new-site", name="Quay Clinic", public_name="The Quay Rooms")

    assert "Another clinic has this name" in page_of(again)
    assert Site.objects.filter(name="Quay Clinic").count() == 1


def test_a_clinic_with_sessions_to_come_stays_open(manager, clinic, busy):
    answer = act(manager, "site-state", clinic.uid, do="close")

    clinic.refresh_from_db()
    assert clinic.is_active
    assert "3 sessions to come are booked" in page_of(answer)


def test_an_empty_clinic_is_closed_and_opened_again(manager, ruth):
    site = make_site(name="Quay Clinic")
    ruth.sites.add(site)

    act(manager, "site-state", site.uid, do="close")
    site.refresh_from_db()
    assert not site.is_active
    act(manager, "site-state", site.uid, do="open")
    site.refresh_from_db()
    assert site.is_active


def test_a_chair_is_added_with_its_kinds_and_hours(send, clinic):
    answer = send("chairs", clinic.uid, name="Chair 9", kinds="PMS, rtms , pms", day_0="08:00-12:00")

    chair = Chair.objects.get(name="Chair 9")
    assert answer.status_code == 302
    assert (chair.kinds, chair.hours, chair.position) == (["pms", "rtms"], "Mon 08:00-12:00", 5)


def test_two_chairs_of_one_clinic_have_two_names(send, clinic):
    assert "Another chair" in page_of(send("chairs", clinic.uid, name="chair 1"))


def test_a_chair_keeps_the_kind_that_booked_sessions_need(send, chairs, busy):
    recipe = busy.protocol.definition
    recipe["phases"][0]["visit"]["chair_kinds"] = ["rtms"]
    busy.protocol.save()

    answer = send("chair", chairs[0].uid, kinds="pms")

    assert "they need rtms" in page_of(answer)


def test_a_chair_that_is_named_by_sessions_is_closed_instead_of_deleted(manager, chairs, busy):
    answer = act(manager, "chair-state", chairs[0].uid, do="delete")

    assert "Chair 1 is named by 3 sessions" in page_of(answer)
    assert Chair.objects.filter(pk=chairs[0].pk, is_active=True).exists()


def test_a_chair_without_a_past_is_deleted_closed_or_used_again(manager, clinic):
    chair = make_chair(clinic, name="Spare")

    act(manager, "chair-state", chair.uid, do="close")
    chair.refresh_from_db()
    assert not chair.is_active
    act(manager, "chair-state", chair.uid, do="use")
    chair.refresh_from_db()
    assert chair.is_active
    act(manager, "chair-state", chair.uid, do="delete")
    assert not Chair.objects.filter(name="Spare").exists()


def test_a_technician_who_is_booked_cannot_simply_leave(manager, technicians, busy):
    answer = act(manager, "person-state", "technician", technicians[0].uid, do="left")

    technicians[0].refresh_from_db()
    assert technicians[0].is_active
    assert answer.context["trouble"]["count"] == 3
    assert f"what=technician%3A{technicians[0].uid}" in answer.context["trouble"]["address"]


def test_sessions_of_another_clinic_are_counted_but_not_shown(manager, technicians, busy, other_site, ruth):
    ruth.sites.set([other_site])
    technicians[0].shifts.create(site=other_site, hours="Sat 08:00-12:00")

    answer = act(manager, "person-state", "technician", technicians[0].uid, do="left")

    assert answer.context["trouble"]["elsewhere"] == 3
    assert "OKONJO" not in page_of(answer)


def test_a_technician_who_is_not_booked_leaves_and_comes_back(manager, technicians):
    act(manager, "person-state", "technician", technicians[4].uid, do="left")
    assert not Technician.objects.get(pk=technicians[4].pk).is_active
    act(manager, "person-state", "technician", technicians[4].uid, do="back")
    assert Technician.objects.get(pk=technicians[4].pk).is_active


def test_fewer_patients_at_once_than_are_booked_is_refused(send, technicians, chairs, busy, pia, protocol):
    from .builders import make_course, make_session

    Technician.objects.filter(pk=technicians[0].pk).update(at_once=2)
    first = busy.sessions.first()
    make_session(make_course(pia, protocol), chairs[1], technicians[0], first.starts_at, lane=1)

    answer = send("person", "technician", technicians[0].uid, at_once="1")

    assert answer.status_code == 422
    assert answer.context["trouble"]["count"] == 1


def test_people_are_added_and_the_same_name_is_asked_about(send):
    assert send("people-of", "prescriber", name="Dr Idris Kaya").status_code == 302
    again = send("people-of", "prescriber", name="dr idris kaya")

    assert "Another prescriber has this name" in page_of(again)
    assert Prescriber.objects.filter(name="Dr Idris Kaya").count() == 1


@pytest.mark.parametrize("number", ["0", "9", "-1", "two", "1" * 5000, "٣"])
def test_a_number_of_patients_at_once_that_cannot_be_is_a_sentence(send, number):
    assert "as a number from 1 to 8" in page_of(send("people-of", "technician", name="Zoe", at_once=number))


def test_somebody_who_was_booked_is_not_deleted(manager, technicians, busy):
    answer = act(manager, "person-state", "technician", technicians[0].uid, do="delete")

    assert "Ana Reyes is named by 3 sessions" in page_of(answer)
    act(manager, "person-state", "technician", technicians[4].uid, do="delete")
    assert not Technician.objects.filter(name="Ewa Zak").exists()


def test_the_first_sign_in_of_an_empty_installation_leads_to_the_first_run(client, db):
    client.force_login(User.objects.create_superuser("root@example.org", "correct horse battery"))

    assert client.get("/", follow=True).redirect_chain[-1][0] == "/setup/first/clinic/"
