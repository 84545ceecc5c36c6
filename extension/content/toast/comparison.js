// A look at a photo before and after it was cloaked: large, to be flipped, and as close as wanted.
(function (fawkes) {
  "use strict";

  const { t } = fawkes.text;
  const { make, button } = fawkes.toastElements;

  /** So wide are faces enough to be looked at closely, and no page's memory is filled. */
  const PICTURE = Object.freeze({
    box: { width: 2400, height: 2400 },
    fit: /** @type {const} */ ("contain"),
  });
  const CLOSEST = 8;
  const STEP = 2;

  /**
   * @param {File} original
   * @param {File} cloaked
   * @param {FawkesFace} [face] which a closer look begins with
   * @returns {Promise<HTMLElement | null>} null where the browser cannot read this format
   */
  async function comparison(original, cloaked, face) {
    const before = make("canvas");
    const after = make("canvas");
    const drawn = await Promise.all([
      fawkes.preview.draw(before, original, PICTURE),
      fawkes.preview.draw(after, cloaked, PICTURE),
    ]);
    if (drawn.includes(0)) return null;
    let zoom = 1;
    let flipped = false;
    const stage = make("div", "stage");
    stage.tabIndex = 0;
    stage.setAttribute("role", "img");
    const tag = make("span", "tag");
    tag.setAttribute("role", "status");
    const flip = button("", "", () => show((flipped = !flipped)));
    const out = button("−", "", () => zoomTo(zoom / STEP));
    const closer = button("+", "", () => zoomTo(zoom * STEP));
    out.setAttribute("aria-label", t("toast_zoom_out"));
    closer.setAttribute("aria-label", t("toast_zoom_in"));

    /** @param {boolean} original */
    function show(original) {
      before.hidden = !original;
      after.hidden = original;
      const words = t(original ? "toast_before" : "toast_after");
      tag.textContent = words;
      stage.setAttribute("aria-label", words);
      flip.textContent = t(flipped ? "toast_show_cloaked" : "toast_show_original");
    }

    /** Of the whole photo: what is in the middle, or the face. @returns {[number, number]} */
    function focus() {
      const [x, y, width, height] = face?.box ?? [0, 0, 0, 0];
      if (zoom === 1 && width > 0) {
        const [scale] = drawn;
        return [
          ((x + width / 2) * scale) / before.width,
          ((y + height / 2) * scale) / before.height,
        ];
      }
      return [
        (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth,
        (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight,
      ];
    }

    /** @param {number} wanted */
    function zoomTo(wanted) {
      const [x, y] = focus();
      zoom = Math.min(CLOSEST, Math.max(1, wanted));
      for (const canvas of [before, after]) canvas.style.width = `${100 * zoom}%`;
      stage.scrollLeft = x * stage.scrollWidth - stage.clientWidth / 2;
      stage.scrollTop = y * stage.scrollHeight - stage.clientHeight / 2;
      out.disabled = zoom === 1;
      closer.disabled = zoom === CLOSEST;
    }

    // Held, it shows the other one, as long as it is held.
    stage.addEventListener("pointerdown", () => show(!flipped));
    for (const type of ["pointerup", "pointerleave", "pointercancel", "blur"])
      stage.addEventListener(type, () => show(flipped));
    stage.append(after, before);
    const tools = make("div", "tools");
    tools.append(flip, out, closer, tag);
    const viewer = make("div", "viewer");
    viewer.append(stage, tools);
    show(false);
    zoomTo(1);
    return viewer;
  }

  fawkes.toastComparison = comparison;
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
