"""What patients are told in English. Every line of a text message is a sentence that is left out where it does not fit.

A line with a placeholder for which there is nothing to say, such as a phone number, is left out.
"""

SEE_ALL = """See your appointments, and put them into your calendar:
{link}

The page asks for your date of birth. The link is yours alone: please do not pass it on.

To change an appointment, call {phone}.

{clinic}"""

SUBJECT = "Your appointments at {clinic}"

INVITATION_SUBJECT = "Your account at {clinic}"

INVITATION = """Hello,

{clinic} has made an account for you in its diary. Please choose a password here:
{link}

The link works once, and for {days} days. If it no longer works, ask whoever sets up the clinic for a new one.

{clinic}"""

TEXTS = {
    ("booked", "email"): f"""Hello,

{{clinic}} has booked {{appointments}} for you. The first: {{first}}.

{SEE_ALL}""",
    ("booked", "sms"): """{clinic}: {appointments} booked. First: {first}.
See all: {link}
Call {phone} to change.
STOP ends messages.""",
    ("changed", "email"): f"""Hello,

{{clinic}} has changed your appointments.

{{changes}}

To come: {{appointments}}. The next one: {{first}}

{SEE_ALL}""",
    ("changed", "sms"): """{clinic}: your appointments have changed.
{changes}.
Next: {first}.
See all: {link}
Call {phone} if you cannot come.""",
    ("moved", "email"): f"""Hello,

{{clinic}} has moved {{appointments}}.

{{changes}}

{SEE_ALL}""",
    ("moved", "sms"): """{clinic}: moved: {changes}.
Call {phone} if you cannot come.
See all: {link}""",
    ("dropped", "email"): f"""Hello,

{{clinic}} has cancelled {{appointments}}. Please do not come then:

{{visits}}

{SEE_ALL}""",
    ("dropped", "sms"): """{clinic}: cancelled: {visits}. Please do not come then.
Questions? Call {phone}.
See all: {link}""",
    ("cancelled", "email"): f"""Hello,

{{clinic}} has cancelled your {{appointments}} from {{first}}, on.

{SEE_ALL}""",
    ("cancelled", "sms"): """{clinic}: your {appointments} from {first} on: cancelled.
Questions? Call {phone}.""",
    ("offered", "email"): """Hello,

{clinic} has appointments for you. They are kept for you until {until}.

Please call {phone} to say whether they suit you. After that they go to somebody else.

{clinic}""",
    ("offered", "sms"): """{clinic}: appointments are kept for you until {until}.
Please call {phone} to say whether they suit you.""",
    ("week", "email"): f"""Hello,

your appointments at {{clinic}} in the coming week:

{{visits}}

{SEE_ALL}""",
    ("week", "sms"): """{clinic}: next week: {visits}.
Call {phone} to change.""",
    ("visit", "email"): f"""Hello,

you are expected at {{clinic}}:

{{visits}}

{SEE_ALL}""",
    ("visit", "sms"): """{clinic}: your appointment: {visits}.
Reply YES, NO or MOVE.
Call {phone}.
STOP ends messages.""",
    ("follow-up", "email"): f"""Hello,

it is time to arrange your next appointment at {{clinic}}. You can choose one on your page, or call us.

{SEE_ALL}""",
    ("follow-up", "sms"): """{clinic}: it is time to arrange your next appointment.
Call {phone}.
Or choose one: {link}""",
    ("finished", "email"): f"""Hello,

that was the last of your booked appointments at {{clinic}}. Thank you for coming.
We tell you when it is time for the next.

{SEE_ALL}""",
    ("finished", "sms"): """{clinic}: that was the last of your booked appointments. Thank you for coming.
Questions? Call {phone}.""",
}
