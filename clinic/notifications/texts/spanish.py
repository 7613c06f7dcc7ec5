"""What patients are told in Spanish; the rules of the English texts hold."""

SEE_ALL = """Vea sus citas y añádalas a su calendario:
{link}

La página le pide su fecha de nacimiento. El enlace es solo suyo: por favor, no lo comparta.

Para cambiar una cita, llame al {phone}.

{clinic}"""

SUBJECT = "Sus citas en {clinic}"

INVITATION_SUBJECT = "Su cuenta en {clinic}"

INVITATION = """Hola:

{clinic} le ha creado una cuenta en su agenda. Elija aquí una contraseña:
{link}

El enlace sirve una sola vez, durante {days} días. Si ya no funciona, pida otro a quien administra la clínica.

{clinic}"""

TEXTS = {
    ("booked", "email"): f"""Hola:

{{clinic}} le ha reservado {{appointments}}. La primera: {{first}}.

{SEE_ALL}""",
    ("booked", "sms"): """{clinic}: {appointments}. Primera: {first}.
Todas: {link}
Cambios: {phone}.
STOP: no más mensajes.""",
    ("changed", "email"): f"""Hola:

{{clinic}} ha cambiado sus citas.

{{changes}}

Próximamente: {{appointments}}. La siguiente: {{first}}

{SEE_ALL}""",
    ("changed", "sms"): """{clinic}: sus citas han cambiado.
{changes}.
Siguiente: {first}.
Todas: {link}
Si no puede venir, llame al {phone}.""",
    ("moved", "email"): f"""Hola:

{{clinic}} ha cambiado {{appointments}}.

{{changes}}

{SEE_ALL}""",
    ("moved", "sms"): """{clinic}: cambio: {changes}.
Si no puede venir, llame al {phone}.
Todas: {link}""",
    ("dropped", "email"): f"""Hola:

{{clinic}} ha anulado {{appointments}}. Por favor, no venga entonces:

{{visits}}

{SEE_ALL}""",
    ("dropped", "sms"): """{clinic}: anulado: {visits}. Por favor, no venga entonces.
¿Preguntas? Llame al {phone}.
Todas: {link}""",
    ("cancelled", "email"): f"""Hola:

{{clinic}} ha anulado {{appointments}} desde {{first}}.

{SEE_ALL}""",
    ("cancelled", "sms"): """{clinic}: anulado: {appointments} desde {first}.
¿Preguntas? Llame al {phone}.""",
    ("offered", "email"): """Hola:

{clinic} tiene citas para usted, reservadas hasta {until}.

Por favor, llame al {phone} y díganos si le convienen. Después se darán a otra persona.

{clinic}""",
    ("offered", "sms"): """{clinic}: le guardamos citas hasta {until}.
Llame al {phone} y díganos si le convienen.""",
    ("week", "email"): f"""Hola:

sus citas en {{clinic}} la próxima semana:

{{visits}}

{SEE_ALL}""",
    ("week", "sms"): """{clinic}: próxima semana: {visits}.
Cambios: {phone}.""",
    ("visit", "email"): f"""Hola:

le esperamos en {{clinic}}:

{{visits}}

{SEE_ALL}""",
    ("visit", "sms"): """{clinic}: su cita: {visits}.
Responda SI, NO o CAMBIAR.
Tel. {phone}.
STOP: no más mensajes.""",
    ("follow-up", "email"): f"""Hola:

es el momento de acordar su próxima cita en {{clinic}}. Puede elegirla en su página o llamarnos.

{SEE_ALL}""",
    ("follow-up", "sms"): """{clinic}: es el momento de acordar su próxima cita.
Llame al {phone}.
O elija aquí: {link}""",
    ("finished", "email"): f"""Hola:

esta fue la última de sus citas reservadas en {{clinic}}. Gracias por venir.
Le avisaremos cuando toque la siguiente.

{SEE_ALL}""",
    ("finished", "sms"): """{clinic}: esta fue la última de sus citas reservadas. Gracias por venir.
¿Preguntas? Llame al {phone}.""",
}
