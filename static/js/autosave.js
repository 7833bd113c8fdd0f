/**
 * Saves a draft by itself, and keeps it on the phone while there is no signal.
 *
 *   <form data-autosave method="post" action="/draft/7" [data-autosave-url] [data-autosave-key]>…</form>
 *   <span role="status" data-autosave-status data-saving data-saved="Guardado {time}" data-offline data-refused data-restored data-conflict>
 *     <svg/> <span data-text></span></span>
 *
 * Contract: POST of the whole form (no files) with `X-Autosave: 1` and `X-Requested-With: fetch`.
 *   200 {"time": "10:42", "fields": {"version": "4"}}   saved; `fields` are written back into hidden inputs
 *   409   someone else changed it: saving stops and says so
 *   else  the server would not have it (a draft may be incomplete, so this is rare): kept on this device, data-refused says so
 *   no network: kept on this device and tried again when the signal is back
 * What was kept is put back when the form is opened again, and forgotten once saved or sent. Never kept: files, passwords, tokens.
 */
const WAIT = 1500;
const AGAIN = 30000;

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

const drawer = (key) => ({
  put(values) { try { localStorage.setItem(key, JSON.stringify(values)); return true; } catch { return false; } },
  take() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  empty() { try { localStorage.removeItem(key); } catch { return; } },
});

class Draft {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector("[data-autosave-status]");
    this.phone = drawer(`autosave:${form.dataset.autosaveKey ?? form.getAttribute("action") ?? location.pathname}`);
    Object.assign(this, { timer: 0, sending: false, dirty: false, stopped: false });
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => { this.dirty = true; this.later(WAIT); });
    form.addEventListener("submit", () => { clearTimeout(this.timer); this.stopped = true; this.phone.empty(); });
    addEventListener("online", () => { if (this.phone.take()) this.save(); });
    addEventListener("pagehide", () => { if (this.dirty && !this.stopped) this.keep("offline"); });
    this.restore();
  }

  get version() {
    return this.form.querySelector("input[type=hidden][name=version]")?.value ?? "";
  }

  restore() {
    const before = this.phone.take();
    if (!before || !write(this.form, before.values)) return;
    this.say("restored");
    if (before.version === this.version) this.later(WAIT); // else someone saved meanwhile: let the person look first
  }

  say(state, time = "") {
    if (!this.status) return;
    this.status.dataset.state = state;
    (this.status.querySelector("[data-text]") ?? this.status).textContent = (this.status.dataset[state] ?? "").replace("{time}", time);
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  keep(state) {
    if (this.phone.put({ version: this.version, values: read(this.form) })) this.say(state);
  }

  async save() {
    if (this.stopped || this.sending) return;
    this.sending = true;
    this.dirty = false;
    this.say("saving");
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    try {
      await this.settle(await fetch(this.form.dataset.autosaveUrl ?? this.form.action, {
        method: "POST", body, headers: { "X-Autosave": "1", "X-Requested-With": "fetch", Accept: "application/json" },
      }));
    } catch (error) {
      this.keep(error.cause === "refused" || error instanceof SyntaxError ? "refused" : "offline");
      this.later(AGAIN);
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
    if (!answer.ok) throw new Error(String(answer.status), { cause: "refused" });
    const { time, fields = {} } = await answer.json();
    for (const [name, value] of Object.entries(fields)) {
      const hidden = this.form.querySelector(`input[type=hidden][name="${CSS.escape(name)}"]`);
      if (hidden) hidden.value = value;
    }
    if (!this.dirty) this.phone.empty();
    this.say("saved", time);
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Draft(form);
