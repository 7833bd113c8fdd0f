/**
 * Sends photographs one after another, small enough for a weak signal, with progress, cancel and retry; and puts them in order.
 *
 *   <section data-upload data-upload-url data-arrange-url data-field="photo" data-max-edge="1600" data-say-…="… {name} …">
 *     <form method="post"><input name="csrf_token"> <ol data-photos><li data-photo="7">… <button data-act="up" name="up" value="7"></li></ol></form>
 *     <form method="post"><label class="drop"><input type="file" multiple></label> <button data-scriptless></form>
 *     <ul data-uploads></ul> <p role="status" data-said></p> <template> one empty data-photo </template>
 *   </section>                                                         (templates/components/photos.html writes all of it)
 *
 * Contract, both with the headers X-CSRFToken and `X-Requested-With: fetch`:
 *   POST upload-url, multipart, one file in data-field → 201 {"id", "src", "alt", "position"} | 4xx {"error": "…"} or {"error": {"sentence": "…"}}
 *   POST arrange-url, form-encoded, one of up=<id>, down=<id>, remove=<id> → 2xx; anything else reloads the page
 * Without script the same two addresses get ordinary forms (several files in the field) and answer 303.
 *
 * A field of a photograph with data-named="alt-" is called alt-<id>.
 * data-max-edge="0" sends a file untouched, for evidence whose original matters. A canvas keeps the orientation and drops
 * the place where the picture was taken; a kind the browser cannot read (HEIC) goes as it is and the server reads it.
 */
import { smaller } from "./smaller.js";

const LIMIT_MS = 120000;
const DOUBLE_TAP_MS = 700;

const sentenceIn = (xhr) => {
  const error = xhr.response?.error;
  return typeof error === "string" ? error : error?.sentence;
};

const button = (text, act) => {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: text });
  made.addEventListener("click", act);
  return made;
};

/** What both halves know: the addresses, the token, the words, and the place where they are said. */
class Box {
  constructor(element) {
    this.element = element;
    this.data = element.dataset;
    this.input = element.querySelector("input[type=file]");
    this.headers = { "X-CSRFToken": element.querySelector("input[name=csrf_token]").value, "X-Requested-With": "fetch" };
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  words(key, values = {}) {
    return (this.data[`say${key}`] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  say(text) {
    this.find("[data-said]").textContent = text;
  }
}

/** The photographs that are there already: their order, and which is the cover. */
class Photos {
  constructor(box) {
    this.box = box;
    this.list = box.find("[data-photos]");
    Object.assign(this, { sending: Promise.resolve(), removing: false, removed: -Infinity });
    this.list.closest("form").addEventListener("submit", (event) => {
      const way = event.submitter;
      if (!way?.dataset.act) return;
      event.preventDefault();
      const { act } = way.dataset;
      if (act === "remove") {
        // the next photograph slides under the finger: a second tap is no second wish
        if (this.removing || event.timeStamp - this.removed < DOUBLE_TAP_MS) return;
        Object.assign(this, { removing: true, removed: event.timeStamp });
        this.remove(way.closest("[data-photo]"));
      } else this.move(way.closest("[data-photo]"), act);
      this.tell(act, way.value);
    });
    this.number();
  }

  number() {
    const photos = [...this.list.querySelectorAll("[data-photo]")];
    photos.forEach((photo, at) => {
      photo.querySelector("[data-cover]").hidden = at > 0;
      photo.querySelector("[data-act=up]").disabled = at === 0;
      photo.querySelector("[data-act=down]").disabled = at === photos.length - 1;
    });
    return photos;
  }

  has(id) {
    return Boolean(this.list.querySelector(`[data-photo="${CSS.escape(id)}"]`));
  }

  add({ id, src, alt }) {
    const photo = this.box.find("template").content.firstElementChild.cloneNode(true);
    photo.dataset.photo = id;
    Object.assign(photo.querySelector("img"), { src, alt: alt ?? "" });
    for (const way of photo.querySelectorAll("button")) way.value = id;
    for (const named of photo.querySelectorAll("[data-named]")) named.name = named.dataset.named + id;
    this.list.append(photo);
    this.number();
  }

  remove(photo) {
    const photos = this.number();
    const at = photos.indexOf(photo);
    const neighbour = photos[at + 1] ?? photos[at - 1];
    photo.remove();
    this.number();
    this.box.say(this.box.words("Removed"));
    (neighbour?.querySelector("[data-act=remove]") ?? this.box.input).focus();
  }

  move(photo, act) {
    const photos = this.number();
    const other = photos[photos.indexOf(photo) + (act === "up" ? -1 : 1)];
    if (!other) return;
    if (act === "up") other.before(photo);
    else other.after(photo);
    const position = this.number().indexOf(photo) + 1;
    this.box.say(this.box.words("Moved", { position, total: photos.length }));
    const same = photo.querySelector(`[data-act=${act}]`);
    (same.disabled ? photo.querySelector("[data-act]:not(:disabled)") : same).focus();
  }

  /** One after another, so that the server moves them in the order they were moved here. */
  tell(act, id) {
    const { headers, data } = this.box;
    this.sending = this.sending.then(async () => {
      const answer = await fetch(data.arrangeUrl, { method: "POST", headers, body: new URLSearchParams({ [act]: id }) });
      if (!answer.ok) throw new Error(String(answer.status));
      if (act === "remove") this.removing = false;
    }).catch(() => location.reload());
  }
}

/** One file on its way: its row on the page, its request. */
class Job {
  constructor(box, file) {
    this.box = box;
    this.file = file;
    this.label = Object.assign(document.createElement("label"), { className: "small", textContent: file.name });
    this.bar = Object.assign(document.createElement("progress"), { max: 100, value: 0, id: `up-${Job.count += 1}` });
    this.label.htmlFor = this.bar.id;
    this.row = document.createElement("li");
    this.ways = Object.assign(document.createElement("span"), { className: "row" });
    this.ways.append(button(box.words("Cancel"), () => this.cancel()));
    this.row.append(this.label, this.bar, this.ways);
    box.find("[data-uploads]").append(this.row);
  }

  cancel() {
    this.cancelled = true;
    this.request?.abort();
    this.row.remove();
    this.box.input.focus();
  }

  show(percent) {
    this.bar.value = percent;
    this.label.textContent = this.box.words("Uploading", { name: this.file.name, percent });
  }

  fail(text, again) {
    this.label.className = "error";
    this.label.textContent = text;
    this.bar.hidden = true;
    this.box.say(text);
    this.retry = button(this.box.words("Retry"), again);
    this.ways.prepend(this.retry);
  }

  /** Its row only says so now, and goes with the next photographs. */
  rest(text) {
    this.label.textContent = text;
    this.bar.remove();
    this.ways.remove();
    this.row.dataset.rest = "";
    this.box.say(text);
  }

  reset() {
    this.retry?.remove();
    this.label.className = "small";
    this.bar.hidden = false;
  }

  /** Resolves to the request when it was answered, to null when it was lost on the way. */
  async send() {
    this.ready ??= await smaller(this.file, Number(this.box.data.maxEdge));
    const body = new FormData();
    body.append(this.box.data.field, this.ready, this.ready.name);
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", this.box.data.uploadUrl);
    for (const [name, value] of Object.entries(this.box.headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.timeout = LIMIT_MS;
    request.upload.addEventListener("progress", (event) => this.show(Math.floor((100 * event.loaded) / event.total)));
    this.show(0);
    return new Promise((done) => {
      request.addEventListener("load", () => done(request));
      for (const end of ["error", "timeout", "abort"]) request.addEventListener(end, () => done(null));
      request.send(body);
    });
  }
}
Job.count = 0;

/** Sends the jobs one by one; what was lost waits for the signal. */
class Sender {
  constructor(box, photos) {
    Object.assign(this, { box, photos, waiting: [], lost: new Set(), busy: false });
    addEventListener("online", () => { for (const job of [...this.lost]) this.again(job); });
    addEventListener("beforeunload", (event) => { if (this.busy) event.preventDefault(); });
  }

  take(files) {
    for (const row of this.box.element.querySelectorAll("[data-rest]")) row.remove();
    for (const file of files) this.waiting.push(new Job(this.box, file));
    this.work();
  }

  again(job) {
    this.lost.delete(job);
    if (job.cancelled) return;
    job.reset();
    this.waiting.push(job);
    this.work();
  }

  async work() {
    if (this.busy) return;
    this.busy = true;
    for (let job = this.waiting.shift(); job; job = this.waiting.shift()) {
      if (!job.cancelled) this.settle(job, await job.send());
    }
    this.busy = false;
  }

  settle(job, request) {
    if (job.cancelled) return;
    const { name } = job.file;
    if (request?.status === 201 && this.photos.has(request.response?.id ?? "")) {
      job.rest(this.box.words("Same", { name }));
      return;
    }
    if (request?.status === 201 && request.response) {
      this.photos.add(request.response);
      job.row.remove();
      this.box.say(this.box.words("Done", { name }));
      return;
    }
    if (!request) this.lost.add(job);
    const why = request && sentenceIn(request);
    const text = why ? `${name}: ${why}` : this.box.words(request || navigator.onLine ? "Failed" : "Waiting", { name });
    job.fail(text, () => this.again(job));
  }
}

const start = (element) => {
  const box = new Box(element);
  const sender = new Sender(box, new Photos(box));
  const drop = box.input.closest(".drop");
  box.input.addEventListener("change", () => {
    sender.take([...box.input.files]);
    box.input.value = "";
  });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    sender.take([...event.dataTransfer.files]);
  });
  for (const one of element.querySelectorAll("[data-scriptless]")) one.hidden = true;
};

for (const element of document.querySelectorAll("[data-upload]")) start(element);
