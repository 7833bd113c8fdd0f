/**
 * Asks before an act that cannot be undone.
 *
 *   <form method="post" action="…" data-confirm="¿Borrar…?" data-yes="Borrar" data-no="No, dejarlo así">…</form>
 *
 * With script a dialog asks, and a yes posts the form with confirmed=1. Without it the form arrives with no
 * `confirmed`, and the server answers with its own page that asks.
 */
const made = (tag, attributes, text = "") => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.textContent = text;
  return element;
};

const ask = (form, submitter) => {
  const danger = submitter?.classList.contains("danger") ? "button danger" : "button main";
  const dialog = made("dialog", { className: "dialog" });
  const question = made("p", { id: "confirm-question", className: "lead" }, form.dataset.confirm);
  const yes = made("button", { type: "button", className: danger }, form.dataset.yes);
  const no = made("button", { type: "button", className: "button", autofocus: true }, form.dataset.no);
  const row = made("p", { className: "row" });
  row.append(no, yes);
  dialog.append(question, row);
  dialog.setAttribute("aria-labelledby", question.id);
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    form.append(made("input", { type: "hidden", name: "confirmed", value: "1" }));
    dialog.close();
    form.requestSubmit(submitter?.form === form ? submitter : undefined);
  });
  dialog.addEventListener("close", () => { dialog.remove(); submitter?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-confirm]") || form.elements.namedItem("confirmed")) return;
  event.preventDefault();
  ask(form, event.submitter);
});
