// The ticket of an order: its estimate as one types, a price of the market and a share of what is free by one tap; and
// which of the working orders are chosen.
(() => {
  "use strict";
  const form = document.querySelector("[data-ticket]");
  if (!form) return;
  const PATIENCE = 250;  // ms after the last key
  const AGAIN = 10_000;  // ms after which what was reckoned is reckoned anew: the price moves
  const place = document.querySelector("[data-estimate]");
  let timer = 0;
  let asked = 0;

  function filled(address) {
    const url = new URL(address, location.href);
    for (const [name, value] of new FormData(form)) if (value && name !== "csrfmiddlewaretoken") url.searchParams.set(name, value);
    return url;
  }

  async function estimate() {
    const mine = ++asked;
    const url = filled(form.dataset.ticket);
    url.searchParams.set("fragment", "estimate");
    place.setAttribute("aria-busy", "true");
    const answer = await fetch(url);
    if (answer.redirected) location.assign(document.body.dataset.signIn);
    // An answer that a newer question has overtaken is dropped.
    if (!answer.ok || mine !== asked) return;
    place.innerHTML = await answer.text();
    place.removeAttribute("aria-busy");
  }

  function soon(wait = PATIENCE) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!document.hidden) estimate().catch(() => { /* asked again below; what is shown stays dimmed */ });
      soon(AGAIN);
    }, wait);
  }

  // Another side or kind: what was typed goes along.
  function turn(link) {
    const url = new URL(link.href);
    for (const [name, value] of new FormData(form)) {
      if (value && !["csrfmiddlewaretoken", "side", "kind"].includes(name)) url.searchParams.set(name, value);
    }
    url.searchParams.set("draft", "1");
    location.assign(url);
  }

  async function share(percent) {
    const url = filled(form.dataset.size);
    url.searchParams.set("share", percent);
    const answer = await fetch(url);
    if (!answer.ok) return;
    const { field, value } = await answer.json();
    for (const name of ["quantity", "amount"]) if (form.elements[name]) form.elements[name].value = name === field ? value : "";
    soon();
  }

  form.addEventListener("input", () => soon());
  form.addEventListener("click", (event) => {
    const fill = event.target.closest("[data-last], [data-price]");
    const part = event.target.closest("[data-share]");
    const link = event.target.closest("[data-turn] a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      turn(link);
    }
    if (fill) {
      const last = fill.dataset.last && document.querySelector(`[data-v="${CSS.escape(fill.dataset.last)}"]`);
      const price = last ? last.textContent.replaceAll(",", "") : fill.value;
      document.getElementById(fill.closest("[data-fills]").dataset.fills).value = price;
      soon();
    }
    if (part) share(part.dataset.share).catch(() => { /* the next tap asks again */ });
  });
  form.querySelectorAll("[data-fills], [data-shares]").forEach((one) => { one.hidden = false; });
  if ([...new FormData(form)].some(([name, value]) => value && /price|quantity|amount/.test(name))) soon();

  // Which of the working orders are chosen; the list is refreshed under the hand that chooses.
  function chosen() {
    const list = document.querySelector("[data-choose]");
    if (!list) return;
    const boxes = [...list.querySelectorAll("[name=order]")];
    const count = boxes.filter((box) => box.checked).length;
    const all = list.querySelector("[data-choose-all]");
    all.hidden = boxes.length < 2;
    all.textContent = count < boxes.length ? "Choose all shown" : "Choose none";
    list.querySelector("[value=chosen]").textContent = count ? `Cancel those chosen (${count})` : "Cancel those chosen";
  }

  document.addEventListener("change", (event) => { if (event.target.closest("[data-choose]")) chosen(); });
  document.addEventListener("refreshed", chosen);
  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-choose-all]");
    if (!all) return;
    const boxes = [...all.closest("form").querySelectorAll("[name=order]")];
    const tick = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = tick; });
    chosen();
  });
  chosen();
})();
