// A phone makes or uses its key; what it answers travels in the form, and the clinic's own page judges it.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function understood(options) {
  const known = (options.excludeCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const user = options.user && { ...options.user, id: bytes(options.user.id) };
  const changed = { challenge: bytes(options.challenge), ...(user && { user, excludeCredentials: known }) };
  return { publicKey: { ...options, ...changed } };
}

function told(key) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((part) => key.response[part]).map((part) => [part, text(key.response[part])]);
  return { id: key.id, rawId: text(key.rawId), type: key.type, response: Object.fromEntries(given) };
}

async function ask(form) {
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(form.dataset.begin, { method: "POST", headers: { "X-CSRFToken": csrf } });
  const { options, state } = await answer.json();
  const key = await navigator.credentials[form.dataset.phone](understood(options));
  form.elements.state.value = state;
  form.elements.answer.value = JSON.stringify(told(key));
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const note of document.querySelectorAll("[data-no-phone]")) note.hidden = true;
  for (const form of document.querySelectorAll("form[data-phone]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form).catch(() => { form.querySelector("[role=alert]").hidden = false; });
    });
  }
}
