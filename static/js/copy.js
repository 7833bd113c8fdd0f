/**
 * Copies a text, and opens the phone's own share sheet where there is one.
 *
 *   <button type="button" hidden data-copy="text" data-done="Copiado"><span data-label aria-live="polite">Copiar</span></button>
 *   <button type="button" hidden data-share-url="https://…" data-share-title="…" data-share-text="…">…</button>
 *
 * Both are hidden until this browser can do what they say.
 */
const BACK_AFTER = 4000;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const label = button.querySelector("[data-label]") ?? button;
  const before = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      button.hidden = true; // the browser refused: the address is still on the page
      return;
    }
    label.textContent = button.dataset.done;
    setTimeout(() => { label.textContent = before; }, BACK_AFTER);
  });
}

for (const button of document.querySelectorAll("[data-share-url]")) {
  const what = { title: button.dataset.shareTitle, url: button.dataset.shareUrl };
  if (button.dataset.shareText) what.text = button.dataset.shareText;
  if (!navigator.canShare?.(what)) continue;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share(what).catch((error) => {
    if (error.name !== "AbortError") button.hidden = true;
  }));
}
