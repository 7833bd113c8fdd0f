/**
 * Shows a photograph full size without leaving the page.
 *
 *   <a data-zoom href="full.jpg" data-close="Cerrar"><img alt="…"></a>
 *
 * Without script, and with a modifier key, the link opens the picture itself. The word on the button comes from
 * data-close, on the link or on anything around it.
 */
const show = (link) => {
  const dialog = document.createElement("dialog");
  const picture = document.createElement("img");
  const close = document.createElement("button");
  dialog.className = "dialog zoom";
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt ?? "";
  close.type = "button";
  close.className = "button";
  close.textContent = link.closest("[data-close]")?.dataset.close ?? "×";
  dialog.setAttribute("aria-label", picture.alt || close.textContent);
  dialog.append(close, picture);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  dialog.showModal();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-zoom]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link);
});
