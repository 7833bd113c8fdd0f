// From evidence to a state: certification/rules/{facts,verdict,periods,replay,attested}. The same answers, held by one table of cases.
"use strict";

(() => {
  const t = globalThis.tianguis;
  const { Doubt, isObject, part } = t;
  const LISTS = ["revocation", "suspension"];
  const LOST = ["WITHDRAWN", "SURRENDERED", "SUPERSEDED"];
  const doubt = (code, about) => { throw new Doubt(code, about); };

  function factsAsOf(own, asOf, terms, lapse) {
    let facts = null;
    for (const act of own) {
      if (act.at > asOf) continue;
      if (act.act === "granted") facts = { ...terms(act), suspendedAt: null, suspensionUntil: null, withdrawnAt: null, surrenderedAt: null, supersededAt: null, successor: null, lapsedAt: null };
      else if (facts) facts = after(facts, act, asOf, terms);
    }
    return facts && lapse !== null && lapse <= asOf ? { ...facts, lapsedAt: lapse } : facts;
  }

  function after(facts, act, asOf, terms) {
    switch (act.act) {
      case "renewed": return renewed(facts, terms(act), asOf);
      case "suspended": return { ...facts, suspendedAt: facts.suspendedAt ?? act.at, suspensionUntil: facts.suspensionUntil ?? act.until };
      case "restored": return { ...facts, suspendedAt: null, suspensionUntil: null };
      case "withdrawn": return { ...facts, withdrawnAt: facts.withdrawnAt ?? act.at };
      case "surrendered": return { ...facts, surrenderedAt: facts.surrenderedAt ?? act.at };
      case "superseded": return { ...facts, supersededAt: facts.supersededAt ?? act.at, successor: act.successor };
      default: return facts;
    }
  }

  function renewed(facts, term, asOf) {
    const gap = term.validFrom > facts.validUntil;
    if (gap && asOf < facts.validUntil) return facts;
    return { ...facts, ...term, validFrom: gap ? term.validFrom : Math.min(facts.validFrom, term.validFrom) };
  }

  function verdict(facts, asOf) {
    const is = (at) => at !== null && at !== undefined && at <= asOf;
    const say = (state, since, reason, successor = null) => ({ state, since, reason, successor });
    if (!facts) return say("NOT_FOUND", null, "unknown_code");
    if (is(facts.withdrawnAt)) return say("WITHDRAWN", facts.withdrawnAt, "withdrawn_by_act");
    if (is(facts.surrenderedAt)) return say("SURRENDERED", facts.surrenderedAt, "given_back");
    if (is(facts.supersededAt)) return say("SUPERSEDED", facts.supersededAt, "replaced", facts.successor);
    const overdue = facts.graceEnds !== null && facts.graceEnds < facts.validUntil ? facts.graceEnds : null;
    const begun = [facts.suspendedAt, overdue].filter(is);
    if (begun.length) {
      const past = is(facts.suspensionUntil) ? "suspension_past_limit" : "suspended_by_act";
      return say("SUSPENDED", Math.min(...begun), is(facts.suspendedAt) ? past : "surveillance_overdue");
    }
    if (is(facts.lapsedAt)) return say("SCHEME_LAPSED", facts.lapsedAt, "scheme_lapsed");
    if (asOf >= facts.validUntil) return say("EXPIRED", facts.validUntil, "term_over");
    if (asOf < facts.validFrom) return say("NOT_YET_VALID", null, "not_started");
    return say("VALID", facts.validFrom, is(facts.surveillanceDue) ? "surveillance_in_grace" : "in_force");
  }

  // The verdict of an instant, `since` being when its state really began: it is judged at each instant that could have turned it.
  function trulySince(judge, dates, asOf) {
    const found = judge(asOf);
    if (found.since === null) return found;
    const turned = [];
    let before = "NOT_FOUND";
    for (const at of [...new Set(dates)].filter((one) => one <= asOf).sort((one, two) => one - two)) {
      const { state } = judge(at);
      if (state !== before) turned.push(at);
      before = state;
    }
    return turned.length > 1 ? { ...found, since: turned.at(-1) } : found;
  }

  function turningDates(own, terms, lapse) {
    const found = own.flatMap((act) => {
      const term = ["granted", "renewed"].includes(act.act) ? terms(act) : null;
      return term ? [act.at, term.validFrom, term.validUntil, term.graceEnds] : [act.at];
    });
    return [...found, lapse].filter((at) => at !== null && at !== undefined);
  }

  function schemeEnd(other, scheme) {
    let inForce = false;
    for (const act of other) {
      const one = act.scheme || {};
      const same = one.id === scheme.id && one.version === scheme.version && one.digest === scheme.digest;
      if (act.act === "scheme_activated" && same) inForce = true;
      else if (["scheme_lapsed", "scheme_withdrawn"].includes(act.act) && one.id === scheme.id && inForce) return act.at;
    }
    return null;
  }

  function compromises(other) {
    const marks = other.filter((act) => act.act === "key_compromised" && act.from_index !== undefined);
    const found = new Map(); // of several that were told of one key, the earliest
    for (const { key, from_index: index } of marks) found.set(key.kid, Math.min(index, found.get(key.kid) ?? index));
    return found;
  }

  async function requireKeysTold(keys, other) {
    const told = new Map(other.filter((act) => act.act === "key_added").map((act) => [act.key.kid, act.key.digest]));
    for (const [kid, one] of keys.keys) {
      if (told.get(kid) !== t.hex(await t.sha256(one.key))) doubt("unannounced_key", "keys");
    }
  }

  // The DIDs that the log names: of the host in its own name, and of every host that an act moved to.
  function issuersOf(origin, acts) {
    const hosts = [origin.split("/")[0], ...acts.map((act) => act.domain).filter((one) => typeof one === "string")];
    return hosts.map((host) => `did:web:${host.replace(":", "%3A")}`);
  }

  async function requireBound(document, act) {
    const subject = part(document, "credentialSubject");
    const scope = part(subject, "scope");
    if (subject.certificateCode !== act.certificate.code || subject.certificateVersion !== act.certificate.version) doubt("other_certificate");
    const { scheme } = act;
    if (scope.schemeKey !== scheme.id || scope.version !== scheme.version || scope.schemeDigest !== scheme.digest) doubt("other_scheme", "scheme");
    const dates = t.datesOf(document);
    if (dates.validFrom !== act.valid_from || dates.validUntil !== act.valid_until) doubt("other_term");
    if (act.credential === undefined && act.before_log) return [{ code: "before_log", about: "log" }];
    const { proof: _proof, ...unsecured } = document;
    if (act.credential === undefined || (await t.digest(unsecured)) !== act.credential) doubt("not_logged");
    return [];
  }

  // When the scheme ended, what was left out, and its name in each language: its text is the one that was signed by digest.
  async function endOfScheme(told, granted, document, schemes) {
    const { scheme } = granted;
    const said = schemes.get(`${scheme.id}/${scheme.version}`);
    const ends = [schemeEnd(told.other, scheme)];
    if (!said) return [ends[0], [{ code: "scheme_missing", about: "scheme" }], {}];
    if (!isObject(said) || (await t.digest(said.document)) !== scheme.digest) doubt("other_scheme", "scheme");
    if (said.mark_ends_on !== null && said.mark_ends_on !== undefined) {
      try {
        ends.push(t.endOfDay(String(said.mark_ends_on), part(document, "credentialSubject").validityTimeZone));
      } catch {
        doubt("bad_scheme", "scheme");
      }
    }
    const known = ends.filter((one) => one !== null);
    return [known.length ? Math.min(...known) : null, [], part(said.document, "name")];
  }

  // When both lists speak of a credential: [begin, end), and when the older was signed; null where they say nothing.
  function windowOf(secured, lists) {
    try {
      const entries = Array.isArray(secured.credentialStatus) ? secured.credentialStatus.filter(isObject) : [];
      const listed = entries.map((one) => lists.get(one.statusListCredential));
      if (!listed.length || !listed.every(isObject)) return null;
      const begins = listed.map((one) => t.instant(one.validFrom));
      const begin = Math.max(t.proofCreated(secured), ...begins);
      const end = Math.min(...listed.map((one) => t.instant(one.validUntil)));
      return begin < end ? { signed: Math.min(...begins), begin, end } : null;
    } catch {
      return null;
    }
  }

  const clamped = (window, at) => Math.max(window.begin, Math.min(at, window.end - 1));

  // `evidence`: {code, keys, log, versions: Map, lists: Map, schemes: Map, made}. Never throws.
  async function attest(evidence, { asOf, now, allow = false }) {
    try {
      return await judged(evidence, asOf, now, allow);
    } catch (error) {
      const why = error instanceof Doubt ? error : { code: "unreadable", about: "credential" };
      return { state: "CANNOT_CHECK", asOf, reasons: [{ code: why.code, about: why.about }], demonstration: Boolean(why.demonstration), unchecked: [] };
    }
  }

  async function judged(evidence, asOf, now, allow) {
    if (asOf > now) doubt("in_future");
    if (!evidence.keys) doubt("keys_missing", "keys");
    const told = await t.readLog(evidence.log, evidence.code, evidence.fetch);
    if (!told.own.length && evidence.versions.size) doubt("not_logged", "log");
    const standing = told.issued.filter((act) => act.at <= asOf);
    if (!standing.length) {
      const code = told.own.length ? "before_grant" : "unknown_code";
      return { state: "NOT_FOUND", asOf, since: null, reasons: [{ code, about: "credential" }], unchecked: told.unchecked, document: null };
    }
    await requireKeysTold(evidence.keys, told.other);
    const keys = { ...evidence.keys, former: issuersOf(evidence.log.checkpoint.origin, told.other) };
    let one;
    try {
      one = await caseOf({ ...evidence, keys }, told, standing, asOf, now, allow);
    } catch (error) {
      return lost(told, standing.at(-1).certificate.version, asOf, error);
    }
    return byLeavesAndLists(one, evidence, asOf, now);
  }

  // A loss that the log tells of a credential whose key fell into other hands: nothing of what that key signed is looked at.
  function lost(told, version, asOf, error) {
    if (error.code !== "compromised_key") throw error;
    const { verdict: verdictAt } = historyOf(told, version, leafTerm, null);
    const found = verdictAt(asOf);
    if (!LOST.includes(found.state)) throw error;
    return {
      state: found.state, since: found.since, successor: found.successor, asOf, version, window: null, document: null,
      reasons: [{ code: found.reason, about: "credential" }], demonstration: Boolean(error.demonstration),
      unchecked: [...told.unchecked, { code: error.code, about: error.about }],
    };
  }

  const leafTerm = (act) => ({ validFrom: act.valid_from, validUntil: act.valid_until, surveillanceDue: null, graceEnds: null });

  // The facts of a version at an instant, and the verdict on them; those of an older one end where the next was issued.
  function historyOf(told, version, termOf, lapse) {
    const facts = (at) => {
      const found = factsAsOf(told.own, at, termOf, lapse);
      const later = told.issued.filter((act) => act.at <= at && act.certificate.version > version).map((act) => act.at);
      if (!found || !later.length || (found.supersededAt !== null && found.supersededAt <= Math.min(...later))) return found;
      return { ...found, supersededAt: Math.min(...later), successor: told.own[0].certificate.code };
    };
    const dates = turningDates(told.own, termOf, lapse);
    return { facts, verdict: (at) => trulySince((one) => verdict(facts(one), one), dates, at) };
  }

  async function caseOf(evidence, told, standing, asOf, now, allow) {
    const ends = compromises(told.other);
    const terms = new Map();
    const unchecked = [];
    let opened;
    for (const act of standing) {
      const { version } = act.certificate;
      const secured = evidence.versions.get(version);
      if (!secured) doubt("credential_missing");
      // a past version that its leaf binds by digest stays history, though its key fell into other hands afterwards
      const marks = act !== standing.at(-1) && act.credential !== undefined ? new Map() : ends;
      opened = await t.checkCredential(secured, evidence.lists, evidence.keys, now, marks, act.index, allow);
      unchecked.push(...(await requireBound(opened.opened.document, act)));
      terms.set(version, opened.dates);
    }
    const newest = standing.at(-1);
    const secured = evidence.versions.get(newest.certificate.version);
    if (opened.opened.issuer !== evidence.keys.did) unchecked.push({ code: "former_address", about: "keys" });
    const [lapse, more, label] = await endOfScheme(told, newest, opened.opened.document, evidence.schemes);
    const window = windowOf(secured, evidence.lists);
    const listed = await t.checkCredential(secured, evidence.lists, evidence.keys, window ? clamped(window, asOf) : now, ends, newest.index, allow);
    const history = historyOf(told, newest.certificate.version, (act) => terms.get(act.certificate.version) ?? leafTerm(act), lapse);
    return {
      told, ...history, opened, bits: listed.bits, faults: listed.faults, window: listed.bits ? window : null,
      unchecked: [...told.unchecked, ...unchecked, ...more], label, version: newest.certificate.version,
    };
  }

  function byLeavesAndLists(one, evidence, asOf) {
    const found = one.verdict(asOf);
    const whole = {
      state: found.state, since: found.since, successor: found.successor, asOf, version: one.version, window: one.window,
      reasons: [{ code: found.reason, about: "credential" }], document: one.opened.opened.document,
      demonstration: one.opened.demonstration, unchecked: one.unchecked, label: one.label,
    };
    const cannot = (reasons, more = {}) => ({ ...whole, state: "CANNOT_CHECK", since: null, successor: null, reasons, ...more });
    if (!one.window) {
      const latest = Math.max(...[...one.told.own, ...one.told.other].map((act) => act.at));
      return asOf < latest ? { ...whole, unchecked: [...whole.unchecked, ...one.faults] } : cannot(one.faults);
    }
    const at = clamped(one.window, asOf);
    const differing = differences(one.facts(at), one.bits, at);
    if (differing.length) return cannot(differing);
    if (asOf < one.window.end) return whole;
    const last = clamped(one.window, evidence.made ?? one.window.begin);
    const stale = LISTS.map((about) => ({ code: "stale", about }));
    return cannot(stale, { known: one.verdict(last), knownAt: last });
  }

  function differences(facts, bits, at) {
    if (!facts) return [];
    const ends = {
      revocation: [facts.withdrawnAt, facts.surrenderedAt, facts.supersededAt],
      suspension: [facts.suspendedAt, facts.lapsedAt],
    };
    return LISTS.flatMap((about) => {
      const told = ends[about].some((end) => end !== null && end <= at);
      return told === bits[about] ? [] : [{ code: told ? "leaf_without_bit" : "bit_without_leaf", about }];
    });
  }

  Object.assign(t, { attest });
})();
