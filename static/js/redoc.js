// ReDoc shows its maker's logo from the maker's site. Pages here ask nobody else, so that picture stays empty.
(() => {
  "use strict";
  const MAKER = "https://cdn.redoc.ly/";
  const picture = HTMLImageElement.prototype;
  const { get, set } = Object.getOwnPropertyDescriptor(picture, "src");

  function show(image, address) {
    image.hidden = String(address).startsWith(MAKER);
    if (!image.hidden) set.call(image, address);
  }

  Object.defineProperty(picture, "src", { configurable: true, get, set(address) { show(this, address); } });
  picture.setAttribute = function setAttribute(name, value) {
    if (name === "src") show(this, value);
    else Element.prototype.setAttribute.call(this, name, value);
  };
})();
