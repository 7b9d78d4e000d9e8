// Dialogs, toasts and forms of every page. Without it each link opens the same thing as a page of its own.
(() => {
  "use strict";
  const box = document.querySelector("[data-dialog-box]");
  const root = document.documentElement;

  async function ask(link) {
    const url = new URL(link.href);
    url.searchParams.set("fragment", "dialog");
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) {
      location.assign(link.href);
      return;
    }
    box.innerHTML = await answer.text();
    box.showModal();
    (box.querySelector("[autofocus], [data-close]") || box).focus();
  }

  function busy(form, button) {
    if ("again" in form.dataset) return; // its answer is a file: the page stays
    form.dataset.sent = "1";
    // After the event: a disabled button would not be part of what is sent.
    setTimeout(() => {
      form.querySelectorAll("button[type=submit]").forEach((one) => { one.disabled = true; });
      if (button) button.textContent = "Sending…";
    });
  }

  // A cookie of this device: the server knows it before the first byte, so that no amount flashes up.
  function hideAmounts(hidden) {
    document.cookie = `amounts=${hidden ? "hidden" : "shown"}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    if (hidden) root.dataset.amounts = "hidden"; else delete root.dataset.amounts;
    document.querySelectorAll("[data-privacy]").forEach((button) => button.setAttribute("aria-pressed", String(hidden)));
    document.dispatchEvent(new CustomEvent("amounts"));
  }

  function reveal(button) {
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? "Show" : "Hide";
  }

  // A message leaves by itself, unless somebody points at it or is inside it.
  function fade(toast) {
    setTimeout(() => { if (toast.matches(":hover, :focus-within")) fade(toast); else toast.remove(); }, 8000);
  }
  document.querySelectorAll(".toast").forEach(fade);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      ask(link).catch(() => location.assign(link.href));
      return;
    }
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".toast").remove();
    if (event.target.closest("[data-close]") && box.open) {
      event.preventDefault();
      box.close();
    }
    const button = event.target.closest("[data-reveal]");
    if (button) reveal(button);
    if (event.target.closest("[data-privacy]")) hideAmounts(!root.dataset.amounts);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    else busy(event.target, event.submitter);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });

  document.addEventListener("toast", (event) => {
    const template = document.querySelector("template[data-toast]");
    const place = document.querySelector("[data-toasts]");
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.setAttribute("role", event.detail.urgent ? "alert" : "status");
    toast.classList.add(event.detail.tone || "info");
    // A quantity or an amount has a code behind it.
    toast.querySelector("p").textContent = root.dataset.amounts ? event.detail.text.replace(/\d[\d.,]*(?=\s[A-Z]{2})/g, "•••") : event.detail.text;
    place.append(toast);
    while (place.children.length > 4) place.firstElementChild.remove();
    fade(toast);
  });

  // A page out of the back/forward cache shows old figures.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const summary = document.querySelector(".errors");
  if (summary) summary.focus();
})();
