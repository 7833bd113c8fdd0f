// What lies in the folder: the head, packs and tiles, each a script that calls in. certification/outside/{layout,gathering}.
"use strict";

(() => {
  const t = globalThis.tianguis;
  const { isObject, part } = t;
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const WHOLE_UP_TO = 4096; // entries: as many as an export keeps as scripts, read in a moment by a phone
  const taken = { head: null, pack: null, tile: null };

  // The scripts of an export are nothing but one of these calls.
  t.head = (content) => { taken.head = content; };
  t.pack = (content) => { taken.pack = content; };
  t.tile = (content) => { taken.tile = content; };

  // What a script hands over: null where there is no such file, false where it is something else.
  function load(path, kind) {
    return new Promise((resolve) => {
      taken[kind] = null;
      const script = document.createElement("script");
      script.src = path;
      script.onload = () => { script.remove(); resolve(taken[kind] ?? false); };
      script.onerror = () => { script.remove(); resolve(null); };
      document.head.append(script);
    });
  }

  // As rules/code.parse: the canonical code, or the code of what is wrong with it.
  function parseCode(text) {
    const inside = /\/[vc]\/([^/?#\s]+)/i.exec(text);
    const code = (inside ? inside[1] : text).replace(/[\s\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]+/g, "")
      .replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/O/g, "0").replace(/[IL]/g, "1");
    if (code.length !== 11) return { fault: "code_length" };
    if ([...code].some((letter) => !ALPHABET.includes(letter))) return { fault: "code_letters" };
    let total = 0;
    for (const letter of [...code.slice(0, 10)].reverse()) {
      const doubled = (total ^ ALPHABET.indexOf(letter)) << 1;
      total = doubled & 32 ? doubled ^ 0b100101 : doubled;
    }
    return ALPHABET[total] === code[10] ? { code } : { fault: "code_check" };
  }

  const shown = (code) => [code.slice(0, 4), code.slice(4, 8), code.slice(8, 10), code.slice(10)].join("-");

  const made = () => {
    try {
      return t.instant(part(taken.head, "manifest").made_at);
    } catch {
      return null;
    }
  };

  async function gather(code) {
    const documents = part(taken.head, "documents");
    const form = (path) => Object.values(part(documents, path))[0];
    let keys = null;
    try {
      keys = await t.readDid(form("/.well-known/did.json"));
    } catch {
      return { code, keys };
    }
    const held = [...keys.keys.values()].map((one) => one.key);
    const encoded = form("/log/checkpoint");
    if (typeof encoded !== "string") throw new t.Doubt("log_missing", "log");
    const checkpoint = await t.openCheckpoint(encoded, held);
    const pack = await load(`c/${code.slice(0, 2)}/${code.slice(0, 3)}.js`, "pack");
    if (pack === false) throw new t.Doubt("bad_json", "log");
    const one = part(part(pack, "certificates"), code);
    const within = (leaf) => leaf.index < checkpoint.size;
    const named = entries(one.entries).filter(within);
    const parts = named.length ? [...named, ...entries(taken.head.others).filter(within)] : [];
    const all = checkpoint.size <= WHOLE_UP_TO ? await t.readWhole(checkpoint, code, bundle) : null;
    const log = { checkpoint, leaves: all ?? parts, whole: all !== null };
    const known = all === null ? named.length : all.some(({ entry }) => entry.includes('"certificate"'));
    const issued = known ? Object.entries(part(one, "versions")) : [];
    const versions = new Map(issued.map(([number, forms]) => [Number(number), part(forms, "application/vc")]));
    const lists = new Map();
    const schemes = new Map();
    for (const document of versions.values()) {
      for (const entry of Array.isArray(document.credentialStatus) ? document.credentialStatus.filter(isObject) : []) {
        const path = listPath(entry.statusListCredential, document);
        lists.set(entry.statusListCredential, path && part(documents, path)["application/vc"]);
      }
      const { schemeKey, version } = part(part(document, "credentialSubject"), "scope");
      schemes.set(`${schemeKey}/${version}`, form(`/schemes/${schemeKey}/${version}`));
    }
    const fetch = async (path) => (await piece(path)).hashes ?? null;
    return { code, keys, log, versions, lists, schemes, fetch, made: made(), weave: one.weave };
  }

  // A tile of the log as a script; what is no such script has nothing in it.
  async function piece(path) {
    const found = await load(`log/${path}.js`, "tile");
    return found && found.path === path ? found : {};
  }

  const bundle = async (path) => (await piece(path)).entries ?? null;

  function entries(listed) {
    if (listed === undefined || listed === null) return [];
    const sound = Array.isArray(listed) && listed.every((one) => isObject(one) && Number.isSafeInteger(one.index) && typeof one.entry === "string");
    if (!sound) throw new t.Doubt("leaf_form", "log");
    return listed;
  }

  // The path of a status list, where it is one of the host that issued the document.
  function listPath(address, document) {
    const found = /^https?:\/\/([^/]+)(\/status\/(?:revocation|suspension)\/[1-9][0-9]{0,9})$/.exec(String(address));
    const issuer = isObject(document.issuer) ? document.issuer.id : document.issuer;
    return found && `did:web:${found[1].replace(":", "%3A")}` === issuer ? found[2] : null;
  }

  // What a code was worth; `asOf` is null for now, a day or an instant.
  t.verify = async (code, asOf, now = Date.now()) => {
    let evidence;
    try {
      if (!isObject(taken.head)) throw new t.Doubt("keys_missing", "keys");
      evidence = await gather(code);
      const at = instantOf(asOf, now, evidence);
      const allow = part(taken.head, "manifest").demonstration === true;
      return { ...(await t.attest(evidence, { asOf: at, now, allow })), weave: evidence.weave, now };
    } catch (error) {
      const why = error instanceof t.Doubt ? error : { code: "unreadable", about: "credential" };
      return { state: "CANNOT_CHECK", asOf: now, reasons: [{ code: why.code, about: why.about }], unchecked: [] };
    }
  };

  // Of a day its last moment in the certificate's zone, and of today now: as outside/targets.instant_of.
  function instantOf(text, now, evidence) {
    if (!text) return now;
    if (!/^\d{4}-\d\d-\d\d$/.test(text)) return t.instant(text);
    const newest = [...(evidence.versions || new Map()).values()].at(-1);
    const zone = part(newest, "credentialSubject").validityTimeZone || "America/Mexico_City";
    const last = t.endOfDay(text, zone) - 1;
    const today = new Date(t.localised(now, zone)).toISOString().slice(0, 10);
    return last > now && text === today ? now : last;
  }

  Object.assign(t, { parseCode, shown, madeAt: made, manifest: () => part(taken.head, "manifest") });
})();
