// The ticket of an order: its estimate as one types, the last price and a share of what is free by one tap.
(() => {
  "use strict";
  const form = document.querySelector("[data-ticket]");
  if (!form) return;
  const PATIENCE = 250;  // ms after the last key
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
    const answer = await fetch(url);
    if (answer.redirected) location.assign(document.body.dataset.signIn);
    // An answer that a newer question has overtaken is dropped.
    if (answer.ok && mine === asked) place.innerHTML = await answer.text();
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => estimate().catch(() => { /* the next key asks again */ }), PATIENCE);
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

  form.addEventListener("input", soon);
  form.addEventListener("click", (event) => {
    const fill = event.target.closest("[data-fill]");
    const part = event.target.closest("[data-share]");
    if (fill) {
      const last = document.querySelector(`[data-v="${CSS.escape(fill.dataset.price)}"]`);
      document.getElementById(fill.dataset.fill).value = last.textContent.replaceAll(",", "");
      soon();
    }
    if (part) share(part.dataset.share).catch(() => { /* the next tap asks again */ });
  });
  form.querySelectorAll("[data-fill], [data-shares]").forEach((one) => { one.hidden = false; });
})();
