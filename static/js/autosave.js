/**
 * Saves a draft by itself, and keeps it on the phone while there is no signal.
 *
 *   <form data-autosave method="post" action="/draft/7" [data-autosave-url] [data-autosave-key]>…</form>
 *   <span role="status" data-autosave-status data-saving data-saved="Guardado {time}" data-offline data-refused data-restored data-conflict
 *     data-signed-out data-phone><svg/> <span data-text></span></span>
 *
 * Contract: POST of the whole form (no files) with `X-Autosave: 1` and `X-Requested-With: fetch`.
 *   200 {"time": "10:42", "fields": {"version": "4"}}   saved; `fields` are written back into hidden inputs
 *   409   someone else changed it: saving stops and says so
 *   400, 401 or a redirect   nobody is signed in any more: kept on this device, data-signed-out says so
 *   else  the server would not have it: kept on this device, data-refused says so, with the sentence {"error": {"sentence"}}
 *   no network: kept on this device and tried again when the signal is back
 * data-autosave="phone" never saves by itself: what is on sale changes when somebody says so. It only keeps, and puts back.
 *
 * What was kept is put back when the form is opened again, and forgotten once saved. What was sent is kept as `sent` with the
 * version it was opened at, for nobody knows whether it arrives: another version on the page next time says that it did.
 * Without signal nothing is sent. Never kept: files, passwords, tokens.
 */
const WAIT = 1500;
const AGAIN = 30000;
const LOST = [400, 401];
const TRIES = 5; // saves without an answer that are remembered

const kept = (form) => [...form.elements].filter((one) =>
  one.name && !one.disabled && !["file", "password", "submit", "button", "fieldset"].includes(one.type) &&
  one.name !== "csrf_token");

const read = (form) => Object.fromEntries(kept(form)
  .filter((one) => one.type !== "hidden")
  .map((one) => [`${one.name}|${["radio", "checkbox"].includes(one.type) ? one.value : ""}`,
    ["radio", "checkbox"].includes(one.type) ? one.checked : one.value]));

const write = (form, values) => {
  let changed = false;
  for (const one of kept(form)) {
    const choice = ["radio", "checkbox"].includes(one.type);
    const value = values[`${one.name}|${choice ? one.value : ""}`];
    if (value === undefined || one.type === "hidden") continue;
    if (choice ? one.checked !== value : one.value !== value) {
      changed = true;
      if (choice) one.checked = value;
      else one.value = value;
    }
  }
  return changed;
};

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const drawer = (key) => ({
  put(values) { try { localStorage.setItem(key, JSON.stringify(values)); return true; } catch { return false; } },
  take() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  empty() { try { localStorage.removeItem(key); } catch { return; } },
});

/** A save that the server did not take: the state to say, and the server's own sentence. */
class Refusal extends Error {
  constructor(state, sentence = "") {
    super(state);
    Object.assign(this, { state, sentence });
  }
}

const refusalIn = async (answer) => {
  if (answer.type === "opaqueredirect" || LOST.includes(answer.status)) return new Refusal("signedOut");
  const said = await answer.json().catch(() => null);
  return new Refusal("refused", said?.error?.sentence ?? "");
};

class Draft {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector("[data-autosave-status]");
    this.phone = drawer(`autosave:${form.dataset.autosaveKey ?? form.getAttribute("action") ?? location.pathname}`);
    Object.assign(this, { timer: 0, sending: false, dirty: false, stopped: false, tried: [], phoneOnly: form.dataset.autosave === "phone" });
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => { this.dirty = true; this.later(WAIT); });
    form.addEventListener("submit", (event) => this.submit(event));
    addEventListener("online", () => { if (this.phone.take()) this.save(); });
    addEventListener("pagehide", () => { if (this.dirty && !this.stopped) this.keep("offline"); });
    addEventListener("pageshow", (event) => { if (event.persisted) this.stopped = false; });
    this.restore();
  }

  get hidden() {
    return this.form.querySelector("input[type=hidden][name=version]");
  }

  get version() {
    return this.hidden?.value ?? "";
  }

  submit(event) {
    if (navigator.onLine) {
      clearTimeout(this.timer);
      this.stopped = true;
      this.phone.put({ version: this.version, values: read(this.form), tried: this.tried, sent: true });
      return;
    }
    event.preventDefault();
    this.keep("offline");
    this.status?.scrollIntoView({ block: "center" });
  }

  restore() {
    const before = this.phone.take();
    if (!before) return;
    // a save whose answer got lost did arrive when the page shows just what it sent: then nobody else was at it
    const fresh = before.version === this.version || (before.tried ?? []).some((one) => same(read(this.form), one));
    if (before.sent && !fresh) {
      this.phone.empty();
      return;
    }
    if (!write(this.form, before.values)) {
      if (!before.sent) this.phone.empty(); // it is what the page has already
      return;
    }
    this.say("restored");
    if (this.phoneOnly) {
      if (this.hidden) this.hidden.value = before.version; // else what was saved meanwhile would be written over unseen
    } else if (fresh) this.later(WAIT); // else someone saved meanwhile: let the person look first
  }

  say(state, { time = "", sentence = "" } = {}) {
    if (!this.status) return;
    this.status.dataset.state = state;
    const words = (this.status.dataset[state] ?? "").replace("{time}", time);
    (this.status.querySelector("[data-text]") ?? this.status).textContent = sentence ? `${words}. ${sentence}` : words;
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  keep(state, told) {
    if (this.phone.put({ version: this.version, values: read(this.form), tried: this.tried })) this.say(state, told);
  }

  async save() {
    if (this.stopped || this.sending) return;
    if (this.phoneOnly) {
      this.keep(navigator.onLine ? "phone" : "offline");
      return;
    }
    this.sending = true;
    this.dirty = false;
    this.say("saving");
    this.tried = [...this.tried, read(this.form)].slice(-TRIES);
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    try {
      await this.settle(await fetch(this.form.dataset.autosaveUrl ?? this.form.action, {
        method: "POST", body, redirect: "manual", headers: { "X-Autosave": "1", "X-Requested-With": "fetch", Accept: "application/json" },
      }));
    } catch (error) {
      if (!this.stopped) this.keep(error.state ?? "offline", error);
      if (error.state !== "signedOut") this.later(AGAIN);
    }
    this.sending = false;
    if (this.dirty) this.later(WAIT);
  }

  async settle(answer) {
    if (answer.status === 409) {
      this.stopped = true;
      this.keep("conflict");
      return;
    }
    if (!answer.ok) throw await refusalIn(answer);
    const { time, fields = {} } = await answer.json();
    for (const [name, value] of Object.entries(fields)) {
      const hidden = this.form.querySelector(`input[type=hidden][name="${CSS.escape(name)}"]`);
      if (hidden) hidden.value = value;
    }
    this.tried = [];
    if (!this.dirty && !this.stopped) this.phone.empty();
    this.say("saved", { time });
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Draft(form);
