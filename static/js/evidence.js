/**
 * Sends what was chosen for a criterion at once, with progress; the whole form goes with it, so nothing written is lost.
 *
 *   <form data-evidence data-say-sending="… {percent} …" data-say-failed="…">
 *     <div data-upload-field><input type="file" multiple> <button data-scriptless> <div data-upload-status hidden><progress/><p role="status"></p></div></div>
 *   </form>
 *
 * Contract: POST of the form with `act=upload` and `X-Requested-With: fetch` → 200, or an error {"error": {"sentence": "…"}}.
 * Afterwards the page is read anew. Without script the button in each field does the same with an ordinary page load.
 */
const send = (form, field) => {
  const input = field.querySelector("input[type=file]");
  const status = field.querySelector("[data-upload-status]");
  const [bar, words] = [status.querySelector("progress"), status.querySelector("p")];
  const say = (text) => { if (words.textContent !== text) words.textContent = text; };
  const body = new FormData(form);
  for (const other of form.querySelectorAll("input[type=file]")) if (other !== input) body.delete(other.name);
  body.set("act", "upload");

  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "json";
  request.setRequestHeader("X-Requested-With", "fetch");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? (100 * loaded) / total : 0;
    say(form.dataset.saySending.replace("{percent}", String(Math.floor(bar.value / 25) * 25)));
  });
  const failed = () => {
    say(request.response?.error?.sentence || form.dataset.sayFailed);
    field.querySelector("[data-scriptless]").hidden = false;
  };
  request.addEventListener("error", failed);
  request.addEventListener("load", () => {
    if (request.status !== 200) {
      failed();
      return;
    }
    location.hash = field.closest("[id^=ask-]")?.id ?? "evidence";
    location.reload();
  });
  status.hidden = false;
  request.send(body);
};

for (const form of document.querySelectorAll("form[data-evidence]")) {
  for (const field of form.querySelectorAll("[data-upload-field]")) {
    field.querySelector("[data-scriptless]").hidden = true;
    field.addEventListener("change", (event) => {
      if (event.target.type === "file" && event.target.files.length) send(form, field);
    });
  }
}
