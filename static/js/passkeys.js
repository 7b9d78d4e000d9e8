// Binds the library's passkey ceremonies to a button: data-passkey names the ceremony, the other data its elements.
// The library, twice as large as the page's other scripts, is fetched when somebody is about to press the button.
(() => {
  "use strict";
  const WORDS = {
    NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
    InvalidStateError: "This key is added already.",
    SecurityError: "Passkeys need HTTPS or localhost, and a host name instead of an IP address.",
  };

  const ADDRESS = /^\[|^\d+(\.\d+){3}$/;  // passkeys belong to names
  const LOOPBACK = /^\[::1\]$|^127\./;

  const library = document.currentScript.dataset.library.split(" ");
  let fetched = null;

  function script(source) {
    return new Promise((done, failed) => {
      document.head.append(Object.assign(document.createElement("script"), { src: source, onload: done, onerror: failed }));
    });
  }

  async function fetchAll() {
    for (const source of library) await script(source);
  }

  function prepare(button) {
    let bound = false;
    async function bind() {
      await (fetched ||= fetchAll());
      if (!bound) window.allauth.webauthn.forms[button.dataset.passkey]({ ids: { ...button.dataset } });
      bound = true;
    }
    const early = () => bind().catch(() => { fetched = null; });
    for (const sign of ["pointerenter", "focus"]) button.addEventListener(sign, early, { once: true });
    button.addEventListener("click", (event) => {
      if (bound) return;
      event.preventDefault();
      bind().then(() => button.click(), (exception) => { fetched = null; tell(exception); });
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-passkey]")) {
      button.disabled = ADDRESS.test(location.hostname) || !window.PublicKeyCredential;
      if (!button.disabled) prepare(button);
      else if (LOOPBACK.test(location.hostname)) leadToName(button);
    }
  });

  function leadToName(button) {
    const link = document.createElement("a");
    link.href = Object.assign(new URL(location), { hostname: "localhost" });
    link.textContent = link.host;
    const note = document.createElement("p");
    note.className = "small soft";
    note.append("Browsers keep passkeys for names, not for addresses: open ", link, " instead.");
    (button.closest(".actions") || button).after(note);
  }

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    tell(event.detail.exception);
  });

  function tell(exception) {
    const text = WORDS[exception.name] || "The browser could not use a passkey here.";
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "bad" } }));
  }
})();
