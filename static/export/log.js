// The log: checkpoint, inclusion proofs made of tiles, leaves. certification/rules/{notes,checkpoint,merkle,tiles,leaves}.
"use strict";

(() => {
  const t = globalThis.tianguis;
  const { Doubt, isObject } = t;
  const WIDTH = 256;
  const ACTS = ["granted", "renewed", "suspended", "restored", "withdrawn", "surrendered", "superseded", "rehooked",
    "complaint_upheld", "appeal_decided", "scheme_activated", "scheme_superseded", "scheme_lapsed", "scheme_withdrawn",
    "key_added", "key_retired", "key_compromised", "domain_changed"];
  const INSTANTS = ["at", "valid_from", "valid_until", "until"];
  const refuse = (code) => { throw new Doubt(code, "log"); };

  const leafHash = (entry) => t.sha256(t.joined(Uint8Array.of(0), entry));
  const nodeHash = (left, right) => t.sha256(t.joined(Uint8Array.of(1), left, right));

  // A note under a key of the registry: the text before its last blank line is what was signed.
  async function openCheckpoint(encoded, keys) {
    const at = encoded.lastIndexOf("\n\n");
    if (at < 0) refuse("note_form");
    const text = encoded.slice(0, at + 1);
    const [origin, size, root, ...rest] = text.split("\n");
    if (rest.at(-1) !== "" || rest.length < 1) refuse("checkpoint_form");
    const lines = encoded.slice(at + 2).split("\n");
    if (lines.pop() !== "" || !lines.length) refuse("signature_form");
    let signed = false;
    for (const line of lines) {
      const found = /^— ([^ +]+) ([A-Za-z0-9+/=]+)$/.exec(line);
      if (!found) refuse("signature_form");
      const raw = decode64(found[2]);
      for (const key of found[1] === origin ? keys : []) {
        const typed = t.joined(Uint8Array.of(1), key);
        const hint = (await t.sha256(t.joined(t.utf8(`${origin}\n`), typed))).slice(0, 4);
        if (!t.same(hint, raw.slice(0, 4))) continue;
        if (!(await t.verifies(key, raw.slice(4), t.utf8(text)))) refuse("note_signature");
        signed = true;
      }
    }
    if (!signed) refuse("no_known_signature");
    if (!/^(0|[1-9][0-9]{0,18})$/.test(size) || !Number.isSafeInteger(Number(size))) refuse("checkpoint_size");
    const bytes = decode64(root);
    if (bytes.length !== 32) refuse("checkpoint_root");
    return { origin, size: Number(size), root: bytes };
  }

  function decode64(text) {
    try {
      return t.base64(text);
    } catch {
      return refuse("base64");
    }
  }

  // Sizes go beyond 2^32, so there are no shifts here.
  const power = (level) => 2 ** level;

  function nodesIn(start, end) {
    const found = [];
    let from = start;
    for (let level = 53; level >= 0; level -= 1) {
      if (Math.floor((end - start) / power(level)) % 2 === 1) {
        found.push([level, from / power(level)]);
        from += power(level);
      }
    }
    return found;
  }

  function split(start, end) {
    let width = 1;
    while (width * 2 < end - start) width *= 2;
    return start + width;
  }

  function inclusionRanges(index, size) {
    if (!(index >= 0 && index < size)) refuse("proof_index");
    let [start, end] = [0, size];
    const found = [];
    while (end - start > 1) {
      const middle = split(start, end);
      if (index < middle) {
        found.push([middle, end]);
        end = middle;
      } else {
        found.push([start, middle]);
        start = middle;
      }
    }
    return found.reverse();
  }

  function tilePath(level, index, width) {
    let [name, rest] = [String(index % 1000).padStart(3, "0"), Math.floor(index / 1000)];
    for (; rest; rest = Math.floor(rest / 1000)) name = `x${String(rest % 1000).padStart(3, "0")}/${name}`;
    return `tile/${level}/${name}${width === WIDTH ? "" : `.p/${width}`}`;
  }

  // `fetch(path)` gives the base64 of a tile of hashes, or null. Returns a reader of nodes of a tree of `size` leaves.
  function tileReader(size, fetch) {
    const kept = new Map();
    async function tile(level, index, width) {
      const path = tilePath(level, index, width);
      if (!kept.has(path)) {
        let content = await fetch(path);
        if (content === null && width !== WIDTH) content = await fetch(tilePath(level, index, WIDTH));
        if (content === null) refuse("log_missing");
        const bytes = decode64(content);
        if (bytes.length < width * 32 || bytes.length % 32) refuse("tile_length");
        kept.set(path, bytes);
      }
      return kept.get(path);
    }
    return async (level, index) => {
      const [depth, above] = [Math.floor(level / 8), level % 8];
      const first = index * power(above);
      const held = Math.floor(size / power(8 * depth));
      const number = Math.floor(first / WIDTH);
      const bytes = await tile(depth, number, Math.min(WIDTH, held - number * WIDTH));
      let hashes = [];
      for (let at = first - number * WIDTH; hashes.length < power(above); at += 1) hashes.push(bytes.slice(at * 32, at * 32 + 32));
      while (hashes.length > 1) {
        const pairs = [];
        for (let at = 0; at < hashes.length; at += 2) pairs.push(await nodeHash(hashes[at], hashes[at + 1]));
        hashes = pairs;
      }
      return hashes[0];
    };
  }

  async function rangeHash(start, end, read) {
    let total = null;
    for (const [level, index] of nodesIn(start, end).reverse()) {
      const one = await read(level, index);
      total = total === null ? one : await nodeHash(one, total);
    }
    return total;
  }

  async function requireIncluded(entry, index, checkpoint, read) {
    let total = await leafHash(entry);
    for (const [start, end] of inclusionRanges(index, checkpoint.size)) {
      const beside = await rangeHash(start, end, read);
      total = start > index ? await nodeHash(total, beside) : await nodeHash(beside, total);
    }
    if (!t.same(total, checkpoint.root)) refuse("proof_root");
  }

  // All entries, held against the signed root, and of them those on a code or on no certificate: as outside/gathering._whole.
  // `fetch(path)` gives the entries of a bundle, or null; null where one is missing.
  async function readWhole(checkpoint, code, fetch) {
    const entries = [];
    for (let number = 0; number * WIDTH < checkpoint.size; number += 1) {
      const width = Math.min(WIDTH, checkpoint.size - number * WIDTH);
      let bundle = await fetch(tilePath("entries", number, width));
      if (bundle === null && width !== WIDTH) bundle = await fetch(tilePath("entries", number, WIDTH));
      if (bundle === null) return null;
      if (!Array.isArray(bundle) || bundle.length < width || bundle.some((one) => typeof one !== "string")) refuse("bundle_form");
      entries.push(...bundle.slice(0, width));
    }
    if (!t.same(await rootOf(await Promise.all(entries.map((one) => leafHash(t.utf8(one))))), checkpoint.root)) refuse("log_fork");
    const near = entries.map((entry, index) => ({ index, entry }))
      .filter(({ entry }) => entry.includes(`"code":"${code}"`) || !entry.includes('"certificate"'));
    return near.filter(({ entry }) => (parseLeaf(entry).certificate ?? { code }).code === code);
  }

  async function rootOf(leaves) {
    let hashes = leaves;
    while (hashes.length > 1) {
      const pairs = [];
      for (let at = 0; at + 1 < hashes.length; at += 2) pairs.push(nodeHash(hashes[at], hashes[at + 1]));
      hashes = [...await Promise.all(pairs), ...hashes.slice(hashes.length - hashes.length % 2)];
    }
    return hashes.length ? hashes[0] : t.sha256(new Uint8Array(0));
  }

  function parseLeaf(text) {
    let said;
    try {
      said = JSON.parse(text);
      if (t.canonical(said) !== text) refuse("leaf_form");
    } catch {
      refuse("leaf_form");
    }
    if (!isObject(said) || said.type !== "tianguis/act/1") refuse("leaf_form");
    if (!ACTS.includes(said.act)) refuse("leaf_fact");
    const act = { ...said };
    try {
      for (const name of INSTANTS) if (name in said) act[name] = t.instant(said[name]);
    } catch {
      refuse("leaf_fact");
    }
    return act.at === undefined ? refuse("leaf_form") : act;
  }

  // Each entry believed, then sorted apart: as attested_log.read_log.
  async function readLog(log, code, fetch) {
    const read = tileReader(log.checkpoint.size, fetch);
    const found = new Map();
    for (const { index, entry } of log.leaves) {
      if (!log.whole) await requireIncluded(t.utf8(entry), index, log.checkpoint, read);
      if (found.has(index)) refuse("leaf_twice");
      found.set(index, parseLeaf(entry));
    }
    const ordered = [...found].sort(([one], [two]) => one - two).map(([index, act]) => ({ ...act, index }));
    const own = ordered.filter((act) => act.certificate && act.certificate.code === code);
    if (ordered.some((act) => act.certificate && act.certificate.code !== code)) refuse("other_leaf");
    const issued = own.filter((act) => act.act === "granted" || act.act === "renewed");
    const inOrder = issued.every((act, at) => act.certificate.version === at + 1 && act.act === (at ? "renewed" : "granted"));
    if (!inOrder || (own.length && own[0].act !== "granted")) refuse("acts_missing");
    const unchecked = log.whole ? [] : [{ code: "log_not_whole", about: "log" }];
    return { own, other: ordered.filter((act) => !act.certificate), issued, unchecked };
  }

  Object.assign(t, { openCheckpoint, readLog, readWhole });
})();
