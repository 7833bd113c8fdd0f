/**
 * Makes a chosen photograph smaller before its plain form sends it.
 *
 *   <input type="file" accept="image/*" data-shrink="1600">
 */
import { smaller } from "./smaller.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-shrink]") || !input.files.length) return;
  const way = input.form?.querySelector("button[type=submit]");
  if (way) way.disabled = true;
  try {
    const chosen = new DataTransfer();
    for (const file of input.files) chosen.items.add(await smaller(file, Number(input.dataset.shrink)));
    input.files = chosen.files;
  } finally {
    if (way) way.disabled = false;
  }
});
