// Binds the library's passkey ceremonies to a button: data-passkey names the ceremony, the other data its elements.
(() => {
  "use strict";
  const WORDS = {
    NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
    InvalidStateError: "This key is added already.",
    SecurityError: "Passkeys need HTTPS or localhost, and a host name instead of an IP address.",
  };

  const ADDRESS = /^\[|^\d+(\.\d+){3}$/;  // passkeys belong to names
  const LOOPBACK = /^\[::1\]$|^127\./;

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-passkey]")) {
      button.disabled = ADDRESS.test(location.hostname) || !window.PublicKeyCredential;
      if (!button.disabled) window.allauth.webauthn.forms[button.dataset.passkey]({ ids: { ...button.dataset } });
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
    const text = WORDS[event.detail.exception.name] || "The browser could not use a passkey here.";
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "bad" } }));
  });
})();
