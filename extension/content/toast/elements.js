// What the toast is made of: elements, buttons that no page can press, and small drawings.
(function (fawkes) {
  "use strict";

  const XHTML = "http://www.w3.org/1999/xhtml";

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {string} className
   * @param {string} text
   * @returns {HTMLElementTagNameMap[K]}
   */
  function make(tag, className = "", text = "") {
    // In drawings and other XML the document makes no HTML by itself.
    const element = /** @type {HTMLElementTagNameMap[K]} */ (document.createElementNS(XHTML, tag));
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  /** @param {string} text @param {string} className @param {() => void} action */
  function button(text, className, action) {
    const element = make("button", className, text);
    element.type = "button";
    element.addEventListener("click", (event) => {
      // A page cannot press it: the root is closed, and its clicks would not be trusted.
      if (event.isTrusted) action();
    });
    return element;
  }

  /** @param {Record<string, string>[]} paths by their attributes */
  function drawing(paths) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const attributes of paths) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
      svg.append(path);
    }
    return svg;
  }

  const stroke = {
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
  };
  const cross = () => drawing([{ ...stroke, d: "M6 6l12 12M18 6L6 18" }]);
  const picture = () => drawing([{ ...stroke, d: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4" }]);
  const mark = () =>
    drawing([
      {
        fill: "#0f766e",
        d: "M7 1h10a6 6 0 0 1 6 6v10a6 6 0 0 1-6 6H7a6 6 0 0 1-6-6V7a6 6 0 0 1 6-6z",
      },
      { fill: "#5eead4", d: "M14.5 4c3.5 0 5.5 3.2 5.5 7.500S17.5 20.5 14.5 20.500z" },
      { fill: "#ffffff", d: "M10.5 4C6.5 4 4.5 7.2 4.5 11.500s2.5 9 6 9 6-4.5 6-9S14.5 4 10.5 4z" },
      { ...stroke, stroke: "#0f766e", d: "M7.7 10.500h.6M12.7 10.500h.6M8 15.500q2.5 1.8 5 0" },
    ]);

  fawkes.toastElements = Object.freeze({ make, button, cross, picture, mark });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
