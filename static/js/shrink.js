/**
 * Makes a chosen photograph smaller before its plain form sends it.
 *
 *   <input type="file" accept="image/*" data-shrink="1600">
 */
import { smaller } from "./smaller.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-shrink]") || !input.files.length) return;
  const ways = [...input.form?.querySelectorAll("button[type=submit]:enabled") ?? []];
  for (const way of ways) way.disabled = true;
  try {
    const chosen = new DataTransfer();
    for (const file of input.files) chosen.items.add(await smaller(file, Number(input.dataset.shrink)));
    input.files = chosen.files;
  } finally {
    for (const way of ways) way.disabled = false;
  }
});
