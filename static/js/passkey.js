/**
 * Passkeys: makes one, or signs in with one (WebAuthn level 3, JSON forms; all bytes base64url without padding).
 *
 *   <button type="button" hidden data-passkey="register | sign-in" data-options-url data-verify-url
 *     data-token="csrf" data-failed="…" data-cancelled="…" data-already="…" [data-name-from="#key-name"]>…</button>
 *   <p role="status" data-passkey-said></p>
 *
 * Contract: POST options-url (X-CSRFToken) → 200 PublicKeyCredentialCreationOptionsJSON | …RequestOptionsJSON
 *   POST verify-url {"credential": RegistrationResponseJSON | AuthenticationResponseJSON, "name": "…", "next": location's ?next}
 *   → 200 {"redirect": "/…"} | 4xx {"error": {"sentence": "…"}}
 */
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const descriptors = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));

const parsed = (options, making) => {
  const native = making ? PublicKeyCredential.parseCreationOptionsFromJSON : PublicKeyCredential.parseRequestOptionsFromJSON;
  if (native) return native.call(PublicKeyCredential, options);
  const challenge = toBytes(options.challenge);
  return making
    ? { ...options, challenge, user: { ...options.user, id: toBytes(options.user.id) }, excludeCredentials: descriptors(options.excludeCredentials) }
    : { ...options, challenge, allowCredentials: descriptors(options.allowCredentials) };
};

const plain = (credential) => {
  if (credential.toJSON) return credential.toJSON();
  const from = credential.response;
  const response = { clientDataJSON: toText(from.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (from[part]) response[part] = toText(from[part]);
  }
  if (from.getTransports) response.transports = from.getTransports();
  return {
    id: credential.id, rawId: toText(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
};

const post = async (url, token, body) => {
  const answer = await fetch(url, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token, "X-Requested-With": "fetch" },
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error?.sentence ?? "", { cause: "server" });
  return told;
};

const run = async (button) => {
  const { passkey, optionsUrl, verifyUrl, token, nameFrom } = button.dataset;
  const making = passkey === "register";
  const publicKey = parsed(await post(optionsUrl, token, {}), making);
  const credential = await (making ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  const body = { credential: plain(credential), next: new URLSearchParams(location.search).get("next") };
  if (nameFrom) body.name = document.querySelector(nameFrom)?.value;
  const { redirect } = await post(verifyUrl, token, body);
  location.assign(redirect);
};

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = document.querySelector("[data-passkey-said]");
    button.disabled = true;
    if (said) said.textContent = "";
    try {
      await run(button);
    } catch (error) {
      const cancelled = ["NotAllowedError", "AbortError"].includes(error.name);
      const already = error.name === "InvalidStateError" && button.dataset.already; // excludeCredentials: this device has one
      const sentence = cancelled ? button.dataset.cancelled : already || (error.cause === "server" && error.message) || button.dataset.failed;
      if (said) said.textContent = sentence;
      button.disabled = false;
      button.focus();
    }
  });
}
