// Binds the library's passkey ceremonies to a button: data-passkey names the ceremony, the other data its elements.
(() => {
  "use strict";
  const WORDS = {
    NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
    InvalidStateError: "This key is added already.",
    SecurityError: "Passkeys need HTTPS or localhost, and a host name instead of an IP address.",
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-passkey]")) {
      if (window.PublicKeyCredential) window.allauth.webauthn.forms[button.dataset.passkey]({ ids: { ...button.dataset } });
      else button.disabled = true;
    }
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const text = WORDS[event.detail.exception.name] || "The browser could not use a passkey here.";
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "bad" } }));
  });
})();
