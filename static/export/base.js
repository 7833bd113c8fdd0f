// Bytes and signatures for the checker of an export. Runs as a classic script from a disk: no server, no modules.
// The codes of refusals are those of certification/rules; each function there has its twin here.
"use strict";

globalThis.tianguis = globalThis.tianguis || {};

(() => {
  const t = globalThis.tianguis;

  class Doubt extends Error {
    constructor(code, about = "credential", demonstration = false) {
      super(code);
      Object.assign(this, { code, about, demonstration });
    }
  }

  const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const encoder = new TextEncoder();
  const utf8 = (text) => encoder.encode(text);
  const refuse = (code) => { throw new Doubt(code); };
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const part = (value, name) => (isObject(value) && isObject(value[name]) ? value[name] : {});

  function joined(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
    parts.reduce((at, one) => { whole.set(one, at); return at + one.length; }, 0);
    return whole;
  }

  const same = (one, two) => one.length === two.length && one.every((byte, at) => byte === two[at]);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  async function sha256(bytes) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  }

  // RFC 8785, narrowed as in rules/canonical: no fractions, safe integers, NFC, no lone surrogates.
  const canonical = (value) => spelled(value, true);

  // RFC 8785 for any I-JSON value, as others may have signed it.
  const jcs = (value) => spelled(value, false);

  function spelled(value, narrow) {
    if (value === null || typeof value === "boolean") return JSON.stringify(value);
    if (typeof value === "number") return number(value, narrow);
    if (typeof value === "string") return plain(value, narrow);
    if (Array.isArray(value)) return `[${value.map((one) => spelled(one, narrow)).join(",")}]`;
    if (!isObject(value)) return refuse("not_canonical");
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${plain(name, narrow)}:${spelled(value[name], narrow)}`).join(",")}}`;
  }

  function number(value, narrow) {
    return Number.isSafeInteger(value) || (!narrow && Number.isFinite(value)) ? String(value) : refuse("not_canonical");
  }

  function plain(text, narrow) {
    const lone = /[\ud800-\udfff]/u.test(text); // with u, pairs are one character
    if (lone || (narrow && text.normalize("NFC") !== text)) refuse("not_canonical");
    return JSON.stringify(text);
  }

  const digest = async (value) => hex(await sha256(utf8(canonical(value))));

  function base58(text) {
    if (typeof text !== "string" || !text.startsWith("z") || text.length > 256) refuse("bad_multibase");
    const letters = text.slice(1);
    let number = 0n;
    for (const letter of letters) {
      const value = BASE58.indexOf(letter);
      if (value < 0) refuse("bad_multibase");
      number = number * 58n + BigInt(value);
    }
    const bytes = [];
    for (; number; number >>= 8n) bytes.unshift(Number(number & 255n));
    const zeros = letters.length - letters.replace(/^1+/, "").length;
    return Uint8Array.from([...Array(zeros).fill(0), ...bytes]);
  }

  function base64(text) {
    try {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      return encode64(bytes) === text ? bytes : refuse("base64");
    } catch {
      return refuse("base64");
    }
  }

  const encode64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

  const encode64url = (bytes) => encode64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function base64url(text) {
    if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) refuse("bad_base64url");
    const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
    return base64(padded);
  }

  function base32(bytes) {
    let bits = "";
    for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
    return bits.match(/.{5}/g).map((five) => "abcdefghijklmnopqrstuvwxyz234567"[parseInt(five, 2)]).join("");
  }

  function instant(text) {
    const found = typeof text === "string"
      && /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,18})?(Z|[+-]\d\d:\d\d)$/.exec(text);
    if (!found) refuse("bad_instant");
    const [, year, month, day, hour, minute, second, rest] = found;
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${(rest || ".0").slice(0, 4).padEnd(4, "0")}${found[8]}`);
    const there = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
    if (Number.isNaN(at) || there.getUTCDate() !== Number(day) || Number(second) > 59 || Number(hour) > 23) refuse("bad_instant");
    return at;
  }

  // WebCrypto where the browser knows Ed25519, else the vendored implementation, strict as RFC 8032.
  let native = null;
  async function verifies(key, signature, message) {
    if (native === null) {
      try {
        await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
        native = !t.withoutNative;
      } catch {
        native = false;
      }
    }
    try {
      if (!native) return await globalThis.nobleEd25519.verifyAsync(signature, message, key, { zip215: false });
      const held = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await crypto.subtle.verify({ name: "Ed25519" }, held, signature, message);
    } catch {
      return false;
    }
  }

  // The first instant after a day, in a zone: the same as days.end_of_day.
  function endOfDay(text, zone) {
    const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    const day = found && new Date(Date.UTC(found[1], found[2] - 1, found[3]));
    if (!day || day.getUTCDate() !== Number(found[3])) refuse("bad_instant");
    const next = Date.UTC(found[1], found[2] - 1, Number(found[3]) + 1);
    let at = next;
    for (let round = 0; round < 3; round += 1) at = next - (localised(at, zone) - at);
    return at;
  }

  // An instant's wall clock in a zone, as if it were UTC.
  function localised(at, zone) {
    let parts;
    try {
      parts = new Intl.DateTimeFormat("en-US-u-ca-gregory", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric",
      }).formatToParts(new Date(at));
    } catch {
      return refuse("bad_document");
    }
    const of = (type) => Number(parts.find((one) => one.type === type).value);
    return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) + (at % 1000);
  }

  Object.assign(t, {
    Doubt, utf8, joined, same, hex, sha256, canonical, jcs, digest, base58, base64, base64url, encode64url, base32, instant, verifies, endOfDay,
    localised, isObject, part, refuse,
  });
})();
