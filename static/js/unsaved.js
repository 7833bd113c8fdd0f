/**
 * Asks before a half-written form is left, by whatever way: <form data-unsaved>…</form>.
 *
 * data-unsaved="yes" says that what the page shows was refused and is saved nowhere. Sending the form asks nothing.
 */
const text = (form) => JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string"));

for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const opened = form.dataset.unsaved === "yes" ? null : text(form);
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("beforeunload", (event) => {
    if (!sent && text(form) !== opened) event.preventDefault();
  });
}
