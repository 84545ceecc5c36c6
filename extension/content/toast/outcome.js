// What has become of a photo that was cloaked: its receipt, and a look at both.
(function (fawkes) {
  "use strict";

  const { t } = fawkes.text;
  const { make, button } = fawkes.toastElements;

  /**
   * @param {{receipt: FawkesReceipt | null, original: File, cloaked: File}} outcome
   * @returns {HTMLElement}
   */
  function outcome({ receipt, original, cloaked }) {
    const more = make("div", "more");
    const details = make("details");
    details.append(make("summary", "", t("toast_receipt")));
    const pairs = make("dl");
    for (const [term, value] of fawkes.receipt.lines(receipt))
      pairs.append(make("dt", "", term), make("dd", "", value));
    details.append(pairs);
    const tools = make("div", "row");
    /** @type {Promise<HTMLElement | null> | null} */
    let made = null;
    const compare = button(t("toast_compare"), "", async () => {
      const on = compare.getAttribute("aria-expanded") !== "true";
      const viewer = await (made ??= fawkes.toastComparison(
        original,
        cloaked,
        receipt?.faces?.[0],
      ));
      if (!viewer) return (compare.hidden = true);
      compare.setAttribute("aria-expanded", String(on));
      fawkes.toastCard.widen(on);
      if (on) more.prepend(viewer);
      else viewer.remove();
    });
    compare.setAttribute("aria-expanded", "false");
    tools.append(details, compare);
    more.append(tools);
    return more;
  }

  fawkes.toastOutcome = outcome;
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
