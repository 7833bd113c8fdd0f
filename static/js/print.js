/**
 * Opens the browser's own print dialog: <button type="button" hidden data-print>…</button>, hidden without script.
 */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
