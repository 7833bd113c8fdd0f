/**
 * Filters act as they are touched.
 *
 *   <form data-facets action="/productos"> checkboxes, radios, selects <button data-scriptless> </form>
 *   <section id="results" data-live tabindex="-1">…</section> <fieldset id="facet-state" data-live>…</fieldset>
 *   <p role="status" data-live id="…"> says the count</p>
 *
 * On a change the form's own address is fetched as a page, and every element with data-live is replaced by its namesake
 * there. The address bar follows. Whatever fails becomes an ordinary submit. [data-scriptless] buttons step aside.
 */
const PARTS = "[data-live][id]";
let current = null;
let shown = location.search;

const addressOf = (form) => {
  const url = new URL(form.action, location.href);
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  url.search = new URLSearchParams(filled).toString();
  return url;
};

const swap = (page) => {
  const focused = document.activeElement?.id;
  for (const part of document.querySelectorAll(PARTS)) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  document.title = page.title;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const load = async (url, orElse) => {
  current?.abort();
  const mine = new AbortController();
  current = mine;
  document.querySelector("#results")?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("results")) throw new Error("no results");
    swap(page);
    return true;
  } catch (error) {
    if (error.name !== "AbortError") orElse();
    return false;
  }
};

const stepAside = () => {
  for (const button of document.querySelectorAll("[data-facets] [data-scriptless]")) button.hidden = true;
};

stepAside();
document.addEventListener("change", async (event) => {
  const form = event.target.closest("form[data-facets]");
  if (!form) return;
  const url = addressOf(form);
  if (await load(url, () => form.submit())) {
    stepAside();
    history.pushState(null, "", url);
    shown = url.search;
  }
});

addEventListener("popstate", () => {
  if (location.search !== shown) location.reload(); // not for a mere #fragment
});
