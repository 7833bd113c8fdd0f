// The page of an export: asks, has it checked, and says it in words. All text goes in as text, never as markup.
"use strict";

(() => {
  const t = globalThis.tianguis;
  const { words } = t;
  const { part } = t;
  const find = (id) => document.getElementById(id);
  const all = (listed) => (Array.isArray(listed) ? listed.filter(t.isObject) : []);
  const LONGEST = 300;

  function made(name, text) {
    const one = document.createElement(name);
    one.textContent = text;
    return one;
  }

  function moment(at, zone) {
    const style = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    return new Intl.DateTimeFormat(words.locale, style).format(new Date(at));
  }

  const filled = (sentence, values) => sentence.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

  function sentence({ code, about }) {
    const said = words.reasons[code] ?? filled(words.unsaid, { code });
    return about === "credential" && words.reasons[code] ? said : `${words.subjects[about]}: ${said}`;
  }

  // How old the lists are that speak of today, and until when they do.
  function lists({ window, now }, zone) {
    const minutes = Math.round((now - window.signed) / 60000);
    const [count, unit] = minutes < 120 ? [minutes, "minute"] : minutes < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
    const age = new Intl.RelativeTimeFormat(words.locale).format(-count, unit);
    return filled(words.lists, { signed: moment(window.signed, zone), age, end: moment(window.end, zone) });
  }

  function facts({ document: said, label }, zone) {
    const subject = part(said, "credentialSubject");
    const assessment = all(subject.assessment)[0] ?? {};
    const facility = part(all(assessment.assessedFacility)[0] ?? {}, "facility");
    const issuer = part(said, "issuer");
    return {
      label: label[words.lang] ?? subject.name,
      goods: all(assessment.assessedProduct).map((one) => part(one, "product").name).filter(Boolean).join("; "),
      holder: part(subject, "issuedToParty").name,
      place: facility.name,
      valid_from: moment(t.instant(said.validFrom), zone),
      valid_until: moment(t.instant(said.validUntil), zone),
      version: subject.certificateVersion,
      issuer: `${issuer.name ?? ""} (${issuer.id ?? ""})`,
    };
  }

  function show(code, found) {
    const zone = found.document ? part(found.document, "credentialSubject").validityTimeZone : "America/Mexico_City";
    const template = find(`state-${found.state}`);
    find("state").className = `state ${template.dataset.class}`;
    find("state").querySelector("svg").replaceWith(template.content.cloneNode(true));
    find("word").textContent = words.states[found.state];
    find("when").textContent = filled(words.as_of, { when: moment(found.asOf, zone) });
    const lines = found.reasons.map(sentence);
    if (found.since) lines.unshift(filled(words.since, { when: moment(found.since, zone) }));
    if (found.successor && found.successor !== code) lines.push(filled(words.successor, { code: t.shown(found.successor) }));
    if (found.known) lines.push(filled(words.known, { when: moment(found.knownAt, zone), state: words.states[found.known.state] }));
    if (found.window) lines.push(lists(found, zone));
    find("reasons").replaceChildren(...lines.map((line) => made("p", line)));
    find("demonstration").hidden = !found.demonstration;
    showDocument(code, found, zone);
    const unchecked = (found.unchecked ?? []).map((why) => made("li", sentence(why)));
    find("unchecked-list").replaceChildren(...unchecked);
    find("unchecked").hidden = !unchecked.length;
    find("answer").hidden = false;
    document.title = `${words.states[found.state]} · ${t.shown(code)}`;
    find("word").focus();
  }

  function showDocument(code, found, zone) {
    find("said").hidden = !found.document;
    if (!found.document) return;
    const said = Object.entries(facts(found, zone)).filter(([, value]) => value);
    find("facts").replaceChildren(...said.flatMap(([name, value]) => [made("dt", words.facts[name]), made("dd", String(value).slice(0, LONGEST))]));
    const band = typeof found.weave === "string" && found.weave.startsWith("<svg") ? found.weave : null;
    find("weave").hidden = !band;
    if (band) find("weave").querySelector("img").src = `data:image/svg+xml,${encodeURIComponent(band)}`;
    find("weave").querySelector("img").alt = filled(words.weave, { code: t.shown(code) });
    find("shown").textContent = t.shown(code);
  }

  function fault(name, text) {
    find(`${name}-field`).classList.toggle("bad", Boolean(text));
    find(`${name}-error`).hidden = !text;
    find(`${name}-error`).querySelector("span").textContent = text ?? "";
    const input = find(name);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", text ? `${name}-error ${name}-help` : `${name}-help`);
    if (text) input.focus();
  }

  async function ask(event) {
    event.preventDefault();
    find("answer").hidden = true; // nobody reads the answer of before as that of this code
    const typed = t.parseCode(find("code").value);
    fault("day", find("day").validity.badInput ? words.day : null);
    fault("code", typed.fault ? words.faults[typed.fault] : null);
    if (typed.fault || find("day").validity.badInput) return;
    const form = find("ask");
    form.setAttribute("aria-busy", "true");
    show(typed.code, await t.verify(typed.code, find("day").value || null));
    form.removeAttribute("aria-busy");
  }

  const at = t.madeAt();
  find("made").textContent = at === null ? words.unreadable : filled(words.made, { when: moment(at, "America/Mexico_City") });
  const able = globalThis.crypto?.subtle && globalThis.DecompressionStream; // no crypto.subtle over http without a lock
  find("unable").hidden = Boolean(able);
  find("ask").hidden = !able;
  find("ask").addEventListener("submit", ask);
})();
