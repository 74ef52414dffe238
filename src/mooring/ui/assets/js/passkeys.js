// Passkeys: <form data-passkey="make|sign" data-question="address"> asks the server for a question, hands it to the device, and is sent
// with the answer in its field “credential”. Everything that is believed of the answer is checked by the server.

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

function textOf(buffer) {
  const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(signs).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const known = (keys) => keys?.map((key) => ({ ...key, id: bytesOf(key.id) }));

function make(question) {
  const user = { ...question.user, id: bytesOf(question.user.id) };
  const publicKey = { ...question, user, challenge: bytesOf(question.challenge), excludeCredentials: known(question.excludeCredentials) };
  return navigator.credentials.create({ publicKey });
}

function sign(question) {
  const publicKey = { ...question, challenge: bytesOf(question.challenge), allowCredentials: known(question.allowCredentials) };
  return navigator.credentials.get({ publicKey });
}

function answerOf(key) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[part]) response[part] = textOf(key.response[part]);
  }
  return JSON.stringify({ id: key.id, rawId: textOf(key.rawId), type: key.type, response, clientExtensionResults: {} });
}

function tell(form, text) {
  const place = form.querySelector("[data-passkey-problem]");
  place.querySelector("span").textContent = text;
  place.hidden = !text;
}

async function ask(form) {
  const answer = await fetch(form.dataset.question, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  return answer.headers.get("Content-Type")?.startsWith("application/json") ? answer.json() : {};
}

async function run(form) {
  tell(form, "");
  let said;
  try {
    said = await ask(form);
  } catch {
    return tell(form, document.body.dataset.textOffline);
  }
  if (!said.publicKey) return tell(form, said.problem ?? document.body.dataset.textFailed);
  let key;
  try {
    key = await (form.dataset.passkey === "make" ? make : sign)(said.publicKey);
  } catch (error) {
    // A device that has the key already says so; all else is a person who changed their mind, or the time that ran out.
    return tell(form, error.name === "InvalidStateError" ? form.dataset.textKnown : form.dataset.textCancelled);
  }
  form.elements.credential.value = answerOf(key);
  form.submit();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  run(form);
});

// Where the browser has none, or Mooring was opened under another address than its own, the page says so instead.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const isElsewhere = location.origin !== form.dataset.origin;
  if (window.PublicKeyCredential && !isElsewhere) continue;
  tell(form, isElsewhere ? form.dataset.textElsewhere : form.dataset.textUnable);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
}
