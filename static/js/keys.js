/**
 * Letters and digits that act on the review desk (WCAG 2.1.4: they can be turned off, and rest while one types).
 *
 *   <a data-key="j" href="…">, <input type="radio" data-key="1">, <textarea data-key="c">, <button data-key="?">
 *   <dialog data-keys-help>…</dialog>       what the element with data-key="?" opens
 *   <input type="checkbox" data-keys-on>    turns the keys on and off, remembered on this device
 *
 * A link or a button is clicked, a choice is chosen, a text field is focused.
 */
const REMEMBER = "keys-off";
const TYPES = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const toggle = document.querySelector("[data-keys-on]");
const remembered = () => {
  try { return localStorage.getItem(REMEMBER) === "1"; } catch { return false; }
};
let off = remembered();

const act = (element) => {
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit])")) element.focus();
  else {
    element.focus();
    element.click();
  }
};

const help = document.querySelector("dialog[data-keys-help]");
document.querySelector('[data-key="?"]')?.addEventListener("click", (event) => {
  if (!help) return;
  event.preventDefault();
  help.showModal();
});

document.addEventListener("keydown", (event) => {
  if (off || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(TYPES) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const element = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.disabled);
  if (!element) return;
  event.preventDefault();
  act(element);
});

if (toggle) {
  toggle.checked = !off;
  toggle.addEventListener("change", () => {
    off = !toggle.checked;
    try { localStorage.setItem(REMEMBER, off ? "1" : "0"); } catch { off = !toggle.checked; }
  });
}
