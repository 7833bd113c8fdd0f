// Keys, proofs of eddsa-jcs-2022, status lists: certification/rules/{did,proofs,secured,statuslist,checking}.
"use strict";

(() => {
  const t = globalThis.tianguis;
  const { Doubt, isObject, instant, refuse } = t;
  const CREDENTIALS = "https://www.w3.org/ns/credentials/v2";
  const METHOD = ["id", "type", "controller", "publicKeyMultibase", "keyInUseFrom", "keyRetiredAt", "revoked"];
  const TOKENS = "-jwk";
  const SMALLEST = 131072;
  const LARGEST_BYTES = 16 * 2 ** 20;
  const PURPOSES = ["revocation", "suspension"];

  async function readDid(document) {
    const did = document && document.id;
    const listed = document && document.verificationMethod;
    const asserting = document && document.assertionMethod;
    if (typeof did !== "string" || !Array.isArray(listed) || !Array.isArray(asserting)) refuse("bad_did");
    const tokens = listed.filter((one) => isObject(one) && one.type === "JsonWebKey");
    const keys = new Map();
    const same = [];
    for (const said of listed.slice(0, listed.length - tokens.length)) {
      const one = await readMethod(did, said);
      if (keys.has(one.kid)) refuse("bad_did");
      keys.set(one.kid, one);
      same.push(forTokens(said, one.key));
    }
    const alive = [...keys.values()].filter((one) => one.revoked === null).map((one) => `${did}#${one.kid}`);
    const wanted = tokens.length ? [...alive, ...alive.map((one) => one + TOKENS)] : alive;
    if (JSON.stringify(wanted) !== JSON.stringify(asserting)) refuse("bad_did");
    if (tokens.length && t.jcs(tokens) !== t.jcs(same)) refuse("bad_did");
    return { did, keys };
  }

  // The same key as tokens name it; documents of before had no such.
  function forTokens({ publicKeyMultibase: _value, ...rest }, key) {
    const publicKeyJwk = { kty: "OKP", crv: "Ed25519", x: t.encode64url(key) };
    return { ...rest, id: rest.id + TOKENS, type: "JsonWebKey", publicKeyJwk };
  }

  async function readMethod(did, said) {
    if (!isObject(said) || Object.keys(said).some((name) => !METHOD.includes(name))) refuse("bad_did");
    if (said.type !== "Multikey" || said.controller !== did) refuse("bad_did");
    const raw = t.base58(said.publicKeyMultibase);
    if (raw.length !== 34 || raw[0] !== 0xed || raw[1] !== 0x01) refuse("bad_multikey");
    const key = raw.slice(2);
    const kid = String(said.id).replace(`${did}#`, "");
    const fingerprint = t.base32((await t.sha256(key)).slice(0, 10));
    if (said.id !== `${did}#${kid}` || kid.replace(/^demo-/, "") !== fingerprint) refuse("bad_did");
    const end = (name) => (name in said ? instant(said[name]) : null);
    return { kid, key, begun: instant(said.keyInUseFrom), retired: end("keyRetiredAt"), revoked: end("revoked") };
  }

  // As RegistryKeys.at: a compromised key counts only for a leaf before its mark; `former` are DIDs of before.
  function resolver(keys, created, compromised, index) {
    return (method) => {
      const [did, kid] = [method.split("#")[0], method.split("#").slice(1).join("#")];
      const one = keys.keys.get(kid);
      const over = (end) => end !== null && created >= end;
      if ((did !== keys.did && !(keys.former || []).includes(did)) || !one || created < one.begun || over(one.retired) || over(one.revoked)) return null;
      if (compromised.has(kid) && (index === null || index >= compromised.get(kid))) refuse("compromised_key");
      return one.key;
    };
  }

  function proofsOf(secured) {
    const found = secured.proof;
    const listed = Array.isArray(found) ? found : [found];
    if (found === undefined || found === null || !listed.length) refuse("no_proof");
    if (listed.length > 8 || !listed.every(isObject)) refuse("bad_proof");
    return listed;
  }

  // A time that lacks its offset is one in UTC.
  function proofInstant(proof, name) {
    if (!(name in proof)) return null;
    const said = proof[name];
    try {
      return instant(typeof said === "string" && /^[^+Z]+T[^-+Z]+$/.test(said) ? `${said}Z` : said);
    } catch {
      return refuse("bad_proof");
    }
  }

  function proofCreated(secured) {
    const instants = proofsOf(secured).map((proof) => proofInstant(proof, "created"));
    return instants.includes(null) ? refuse("bad_proof") : Math.max(...instants);
  }

  async function openSecured(secured, keysAt, at) {
    if (!isObject(secured)) refuse("bad_json");
    const opened = [];
    for (const proof of proofsOf(secured)) {
      const created = proofInstant(proof, "created");
      if (created === null) refuse("bad_proof");
      opened.push(await verifyProof(secured, proof, keysAt(created), at));
    }
    const [first] = opened;
    if (opened.some((one) => t.jcs(one.document) !== t.jcs(first.document))) refuse("other_context");
    const issuer = issuerOf(first.document);
    if (typeof issuer !== "string" || opened.some((one) => one.method.split("#")[0] !== issuer)) refuse("other_issuer");
    return { document: first.document, issuer, methods: opened.map((one) => one.method), signed: proofCreated(secured) };
  }

  const issuerOf = (document) => (isObject(document.issuer) ? document.issuer.id : document.issuer);

  async function verifyProof(secured, proof, resolve, at) {
    const { proof: _dropped, ...document } = secured;
    t.jcs(proof["@context"] ?? secured["@context"] ?? null);
    if ("@context" in proof) {
      checkPrefix(document["@context"], proof["@context"]);
      document["@context"] = proof["@context"];
    }
    if (proof.type !== "DataIntegrityProof" || proof.cryptosuite !== "eddsa-jcs-2022") refuse("other_suite");
    if (proof.proofPurpose !== "assertionMethod") refuse("other_purpose");
    if ("previousProof" in proof) refuse("proof_chain");
    const method = proof.verificationMethod;
    if (typeof method !== "string" || !method) refuse("bad_proof");
    const [created, expires] = [proofInstant(proof, "created"), proofInstant(proof, "expires")];
    if (created !== null && created > at) refuse("proof_from_future");
    if (expires !== null && expires <= at) refuse("proof_expired");
    const signature = t.base58(proof.proofValue);
    if (signature.length !== 64) refuse("bad_proof");
    const key = resolve(method);
    if (key === null) refuse("unknown_key");
    const { proofValue: _value, ...options } = proof;
    const hashes = [];
    for (const one of [options, document]) hashes.push(await t.sha256(t.utf8(t.jcs(one))));
    if (!(await t.verifies(key, signature, t.joined(...hashes)))) refuse("bad_signature");
    return { document, method };
  }

  function checkPrefix(said, signed) {
    const listed = (context) => (context === undefined || context === null ? refuse("bad_document") : [].concat(context));
    const [whole, start] = [listed(said), listed(signed)];
    if (start.some((one, at) => at >= whole.length || t.jcs(whole[at]) !== t.jcs(one))) refuse("other_context");
  }

  function datesOf(document) {
    const { "@context": contexts, type: types, credentialSubject: subject } = document;
    if (!Array.isArray(contexts) || contexts[0] !== CREDENTIALS || !isObject(subject)) refuse("bad_document");
    if (!Array.isArray(types) || !types.includes("VerifiableCredential") || typeof document.id !== "string") refuse("bad_document");
    const [begins, ends] = [instant(document.validFrom), instant(document.validUntil)];
    const [due, grace, term] = ["surveillanceDue", "graceEnds", "termEnds"].map((name) => (name in subject ? instant(subject[name]) : null));
    const least = Math.min(...[term ?? ends, grace].filter((one) => one !== null));
    if ((due === null) !== (grace === null) || ends !== least) refuse("bad_document");
    return { validFrom: begins, validUntil: term ?? ends, surveillanceDue: due, graceEnds: grace };
  }

  function entriesOf(document) {
    const listed = document.credentialStatus;
    const found = {};
    for (const purpose of PURPOSES) {
      const ones = Array.isArray(listed) ? listed.filter((one) => isObject(one) && one.statusPurpose === purpose) : [];
      if (ones.length !== 1 || listed.length !== PURPOSES.length) refuse("bad_status");
      [found[purpose]] = ones;
    }
    return found;
  }

  // As checking.check_credential, without the judging: the bits, or why they can't be read.
  async function checkCredential(secured, lists, keys, at, compromised, index, allow) {
    let opened;
    try {
      opened = await openSecured(secured, (created) => resolver(keys, created, compromised, index), at);
    } catch (error) {
      throw error instanceof Doubt ? error : new Doubt("bad_document");
    }
    const demonstration = opened.methods.some((method) => method.split("#").slice(1).join("#").startsWith("demo-"));
    if (demonstration && !allow) throw new Doubt("demonstration_key", "credential", true);
    const dates = datesOf(opened.document);
    const entries = entriesOf(opened.document);
    const bits = {};
    const faults = [];
    for (const purpose of PURPOSES) {
      const listed = lists.get(entries[purpose].statusListCredential);
      if (!listed) {
        faults.push({ code: "unreachable", about: purpose });
        continue;
      }
      try {
        bits[purpose] = await readStatus(entries[purpose], listed, keys, opened.issuer, purpose, at, compromised);
      } catch (error) {
        faults.push({ code: error.code || "bad_list", about: purpose });
      }
    }
    return { opened, dates, demonstration, bits: faults.length ? null : bits, faults };
  }

  async function readStatus(entry, listed, keys, issuer, purpose, at, compromised) {
    const index = entry.statusListIndex;
    if (entry.type !== "BitstringStatusListEntry" || (entry.statusSize ?? 1) !== 1) refuse("bad_entry");
    if (typeof index !== "string" || !/^(0|[1-9][0-9]{0,18})$/.test(index)) refuse("bad_entry");
    let opened;
    try {
      opened = await openSecured(listed, (created) => resolver(keys, created, compromised, null), at);
    } catch (error) {
      refuse(error.code === "proof_from_future" ? "not_yet_valid" : "bad_list_signature");
    }
    const { document } = opened;
    const subject = document.credentialSubject;
    if (opened.issuer !== issuer) refuse("wrong_issuer");
    if (document.id !== entry.statusListCredential) refuse("wrong_id");
    if (!Array.isArray(document.type) || !document.type.includes("BitstringStatusListCredential")) refuse("bad_list");
    if (!isObject(subject) || subject.type !== "BitstringStatusList") refuse("bad_list");
    if (![].concat(subject.statusPurpose).includes(purpose)) refuse("wrong_purpose");
    checkTimes(document, at);
    const bytes = await decodeList(subject.encodedList);
    if (BigInt(index) >= BigInt(bytes.length) * 8n) refuse("out_of_range");
    return Boolean(bytes[Math.floor(Number(index) / 8)] & (0x80 >> Number(index) % 8));
  }

  function checkTimes(document, at) {
    let times;
    try {
      times = [instant(document.validFrom), instant(document.validUntil)];
    } catch {
      refuse("bad_list");
    }
    if (at < times[0]) refuse("not_yet_valid");
    if (at >= times[1]) refuse("stale");
  }

  async function decodeList(text) {
    if (typeof text !== "string" || !text.startsWith("u")) refuse("bad_list");
    const pieces = [];
    let length = 0;
    try {
      const reader = new Blob([t.base64url(text.slice(1))]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        pieces.push(piece.value);
        length += piece.value.length;
        if (length > LARGEST_BYTES) break;
      }
    } catch {
      refuse("bad_list");
    }
    if (length > LARGEST_BYTES) refuse("too_large");
    if (length * 8 < SMALLEST) refuse("too_short");
    return t.joined(...pieces);
  }

  Object.assign(t, { readDid, checkCredential, proofCreated, datesOf, PURPOSES });
})();
