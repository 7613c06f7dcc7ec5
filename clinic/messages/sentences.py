"""The sentence, or sentences, for each reason code."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

# The first sentence whose data is all there is said; the last of each needs the least.
SENTENCES: Mapping[str, tuple[str, ...]] = {
    # Why a session stands where it does.
    "usual-time": (_("At the usual time, {time}, on the usual chair, {chair}."), _("At the usual time, {time}.")),
    "first-session": (_("The first session of the course, at {time}."), _("The first session of the course.")),
    "other-time": (
        _("At {time}, {minutes} minutes from the usual {usual_time}, because {blocker} then."),
        _("At {time} instead of the usual {usual_time}."),
        _("At another time than usual."),
    ),
    "other-chair": (
        _("On {chair} instead of {usual_chair}, because {blocker}."),
        _("On {chair} instead of {usual_chair}, the usual chair."),
        _("On another chair than usual."),
    ),
    "fixed-by-desk": (_("Fixed here by the front desk."),),
    "redetermination-due": (
        _("The redetermination due on {due_date}, every {every_days} days from the start, takes this session's place."),
    ),
    "assessment-due": (_("{name} is due at this session."),),
    "follow-up-due": (
        _("The follow-up due on {due_date}, at the free place nearest to it within {window_days} days."),
        _("The follow-up due on {due_date}."),
    ),
    "days-passed-over": (
        _("{dates} is passed over: {cause}."),
        _("{dates} is passed over, because nothing fitted there."),
        _("Some days are passed over, because nothing fitted there."),
    ),
    "phase-begins": (_("The phase “{phase}” begins here."),),
    # What is worth knowing about a plan.
    "authorisation-slack": (
        _(
            "The course ends {working_days} working days before the authorisation does on {last_date}, "
            "and can make up for that many missed days."
        ),
    ),
    "units-left": (_("The course uses {used} of the authorised sessions and leaves {units}."),),
    "closures-inside": (_("Closed days inside the course: {count}, the first on {first_date}."),),
    "longest-gap": (_("The longest gap is {days} days, {first_date} to {last_date}; the protocol allows {allowed}."),),
    "starts-late": (
        _("The course starts {days} days after {earliest_date}: sooner nothing fits, or only at changing times."),
    ),
    "below-target": (_("The week of {week_start} has {days} treatment days; the protocol aims at {target}."),),
    # What endangers a running course: what is so, and what next.
    "standing-still": (
        _(
            "The last session was {days} days ago, on {last_date}, and none is booked; "
            "the protocol allows {allowed} days. "
            "Book the next one."
        ),
        _("No session is booked any more, although the course is not finished. Book the next one."),
    ),
    "gap-ahead": (
        _(
            "From {first_date} to {last_date} there are {days} days without a session; the protocol allows {allowed}. "
            "Bring the later session forward."
        ),
        _("There is a gap ahead that is longer than the protocol allows. Bring the later session forward."),
    ),
    "sessions-missing": (
        _("Missed and not made up: {sessions}. Made up at the end, the course ends about {last_date}."),
        _("Some sessions were missed and have not been made up. Make them up."),
    ),
    "weeks-trailing": (
        _(
            "Treatment days in the last whole weeks: {days} of {target}. Ask what stands in the way, "
            "and make up for what is missing."
        ),
        _("There were fewer treatment days in the last weeks than the protocol aims at. Ask what stands in the way."),
    ),
    "assessment-overdue": (
        _("The assessment {name} was due at session {session} and was not made. Make it at the next session."),
        _("An assessment is overdue. Make it at the next session."),
    ),
    "follow-up-missing": (
        _("The follow-up “{name}” is due on {due_date} and has no date. Agree on one with the patient."),
        _("A follow-up has no date. Agree on one with the patient."),
    ),
    "decision-due": (
        _(
            "Whether the course goes on with “{phase}” is to be decided by {due_date}. "
            "Ask the prescriber, and note the answer."
        ),
        _("Whether the course goes on is to be decided. Ask the prescriber, and note the answer."),
    ),
    "attendance-unknown": (
        _(
            "Past sessions of which nobody has said whether they took place: {sessions}, the first on {first_date}. "
            "Say what became of them."
        ),
        _("Of some past sessions nobody has said whether they took place. Say what became of them."),
    ),
    # Why a session could not be placed, and the smallest change that would help.
    "no-place": (
        _("By {last_date}, {placed} of {sessions} sessions fit. Try one of the changes named below."),
        _("Only {placed} of {sessions} sessions fit. Try one of the changes named below."),
    ),
    "still-searching": (_("There was no time yet to look for a place. The search goes on; look again in a minute."),),
    "authorisation-too-short": (
        _(
            "The authorisation ends on {last_date}, {sessions_over} sessions too early. "
            "Ask the insurer to extend it to {needed_date}."
        ),
        _(
            "The authorisation ends on {last_date}, too early for the course. "
            "Ask the insurer to extend it to {needed_date}."
        ),
        _("The authorisation ends on {last_date}, too early for the course. Ask the insurer to extend it."),
    ),
    "too-few-units": (
        _(
            "{units} sessions are authorised and the course has {sessions}. Ask the insurer for more, or choose a "
            "shorter protocol."
        ),
    ),
    "latest-date-too-early": (
        _("The course cannot end by {latest_date}. Allow it until {needed_date}."),
        _("The course cannot end by {latest_date}. Choose a later date."),
    ),
    "availability-too-narrow": (
        _("The patient can come {hours}, and {sessions} sessions do not fit in there. Ask for more hours."),
        _("The hours at which the patient can come are too few. Ask for more."),
    ),
    "widen-availability": (
        _(
            "It would fit if the patient could also come on {weekday} from {start} to {end}. "
            "Ask whether that is possible."
        ),
        _("It would fit if the patient could come on {weekday} as well. Ask whether that is possible."),
        _("It would fit if the patient could come from {start} to {end} as well. Ask whether that is possible."),
    ),
    "no-technician": (
        _("No technician is free on {weekday} from {start} to {end}. Plan a shift then, or choose other hours."),
        _("No technician is free on {weekday}. Plan a shift then, or choose another day."),
        _("No technician is free when the patient can come. Plan a shift, or choose other hours."),
    ),
    "no-prescriber": (
        _("No prescriber is free on {weekday} from {start} to {end}. Plan a shift then, or choose other hours."),
        _("No prescriber is free on {weekday}. Plan a shift then, or choose another day."),
        _("No prescriber is free when the patient can come. Plan a shift, or choose other hours."),
    ),
    "no-chair-of-kind": (
        _("No chair here has what the protocol needs: {kinds}. Choose another site or protocol, or equip a chair."),
        _("No chair here fits the protocol. Choose another site or protocol."),
    ),
    "allow-fewer-a-week": (
        _(
            "It would fit with {allowed} treatment days in a week of the phase “{phase}”, where the protocol asks for "
            "{minimum}. Ask the prescriber."
        ),
        _("It would fit with {allowed} treatment days in a week. Ask the prescriber."),
    ),
    "allow-longer-gap": (
        _(
            "It would fit with a gap of {days} days in the phase “{phase}”, where the protocol allows {allowed}. "
            "Ask the prescriber."
        ),
        _("It would fit with a gap of {days} days. Ask the prescriber."),
    ),
    "use-site": (
        _("The course is not to be held at {site}. Choose another place, or allow this site."),
        _("It would fit at another site."),
    ),
    "unfix-session": (
        _("The session fixed on {date} at {time} leaves no room for the rest. Let it move."),
        _("The session fixed on {date} leaves no room for the rest. Let it move."),
    ),
    "unskip-date": (_("It would fit if {date} were not skipped. Allow that date."),),
    "beyond-rota": (
        _("The rota does not reach {due_date} yet. Plan the shifts until then; the visit can be booked later."),
    ),
    # What a hard rule says when it is broken.
    "site-closed": (
        _("{site} is closed until {until}: {cause}. Choose a time when it is open."),
        _("{site} is closed until {until}. Choose a time when it is open."),
        _("The site is closed then. Choose a time when it is open."),
    ),
    "outside-hours": (
        _("{site} is open from {opens} to {closes} that day. Choose a time within."),
        _("{site} is not open then. Choose a time within its hours."),
        _("The site is not open then. Choose a time within its hours."),
    ),
    "chair-closed": (
        _("{chair} is closed until {until}: {cause}. Choose another chair or time."),
        _("{chair} is closed until {until}. Choose another chair or time."),
        _("{chair} is closed then. Choose another chair or time."),
    ),
    "chair-taken": (_("{chair} is taken by another session then. Choose another chair or time."),),
    "chair-does-not-fit": (
        _("{chair} does not have what this visit needs: {kinds}. Choose another chair."),
        _("{chair} does not have what this visit needs. Choose another chair."),
    ),
    "technician-off-shift": (_("{technician} is not on shift then. Choose another technician or time."),),
    "technician-taken": (_("{technician} is with other patients then. Choose another technician or time."),),
    "prescriber-absent": (
        _("{prescriber} is not there for the minutes that this visit needs. Choose another time."),
        _("No prescriber is there for the minutes that this visit needs. Choose another time."),
    ),
    "prescriber-taken": (_("{prescriber} is with another patient then. Choose another time."),),
    "patient-elsewhere": (_("The patient has another visit then. Choose another time."),),
    "patient-away": (_("The patient is away on {date}. Choose another date."),),
    "patient-unavailable": (
        _("The patient cannot come on {weekday} at {time}. Choose another time, or ask whether this one is possible."),
        _("The patient cannot come then. Choose another time, or ask whether this one is possible."),
    ),
    "too-many-a-day": (
        _("There would be {sessions} sessions on {date}; the protocol allows {allowed}. Choose another date."),
    ),
    "too-few-a-day": (
        _(
            "There would be {sessions} sessions on {date}; the protocol needs {needed}. "
            "Keep the sessions of a day together."
        ),
    ),
    "too-soon": (
        _(
            "Two sessions of one day would start {minutes} minutes apart; the protocol needs {needed}. "
            "Choose a later time."
        ),
    ),
    "days-too-close": (
        _("Two treatment days would be {days} days apart; the protocol needs {needed}. Choose another date."),
    ),
    "gap-too-long": (
        _(
            "There would be a gap of {days} days; the protocol allows {allowed}. "
            "Choose a nearer date, or ask the prescriber."
        ),
    ),
    "too-many-a-week": (
        _(
            "The week of {week_start} would have {days} treatment days; the protocol allows {allowed}. "
            "Choose another week."
        ),
    ),
    "too-few-a-week": (
        _(
            "The week of {week_start} would have {days} treatment days; the protocol needs {needed}. "
            "Choose a date in that week."
        ),
    ),
    "wrong-weekday": (_("The phase “{phase}” has no treatment on {weekday}. Choose another weekday."),),
    "phase-order": (_("The session would fall outside its phase, “{phase}”. Choose a date that keeps the order."),),
    "wrong-count": (
        _("The phase “{phase}” has {sessions} sessions; the protocol needs {needed}. Plan the ones that are missing."),
    ),
    "wrong-weekly-count": (
        _(
            "The week of {week_start} would have {days} treatment days of the phase “{phase}”; the protocol asks for "
            "exactly {needed}. Choose a date that keeps the count."
        ),
    ),
    "block-broken": (
        _(
            "There would be {days} treatment days in a row; the protocol asks for {minimum} to {maximum}. "
            "Choose a date that keeps them together."
        ),
    ),
    "wrong-visit": (_("A {expected} visit is due here. Plan the course anew from this session on."),),
    "before-earliest": (_("The session would come before {earliest_date}, the earliest date. Choose a later date."),),
    "after-latest": (_("The session would come after {latest_date}, the latest date. Choose an earlier date."),),
    "outside-authorisation": (
        _(
            "The authorisation holds from {first_date} to {last_date}. "
            "Choose a date within, or ask the insurer for new dates."
        ),
    ),
    "too-many-units": (_("{units} sessions are authorised and the course has {sessions}. Ask the insurer for more."),),
    "wrong-length": (
        _("The visit would take {minutes} minutes; the protocol needs {needed}. Choose a place that is long enough."),
    ),
    "outside-follow-up-window": (
        _("The follow-up is due on {due_date}, give or take {window_days} days. Choose a date within."),
    ),
    "unknown-resource": (
        _("{resource} is no longer part of the clinic. Choose another chair or person."),
        _("A chair or person is no longer part of the clinic. Choose another one."),
    ),
    "resource-missing": (_("The visit has no {need}. Choose one."),),
    "fixed-moved": (
        _("Nothing stands at the time that was fixed, {date} at {time}. Fix it anew, or let it move."),
        _("A session is not at the time that was fixed. Fix it anew, or let it move."),
    ),
}
