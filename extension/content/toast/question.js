// The question that keeps an original back.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { t, errorText } = fawkes.text;
  const { make, button } = fawkes.toastElements;

  /**
   * @param {{code: string, parameters?: Record<string, string | number>}} fault
   * @param {boolean} original whether it may go up
   * @param {(choice: "again" | "original" | "cancel") => void} answer
   * @returns {HTMLElement}
   */
  function question(fault, original, answer) {
    const box = make("div", "question");
    box.setAttribute("role", "alert");
    box.append(make("p", "", errorText(fault)));
    const orphan = fault.code === "extension_reloaded";
    if (!orphan) box.append(button(t("toast_again"), "main", () => answer("again")));
    if (original && !orphan) {
      const upload = button(t("toast_original"), "", () => answer("original"));
      // It appears where a click may be on its way already.
      upload.disabled = true;
      setTimeout(() => (upload.disabled = false), limits.armMs);
      box.append(upload);
    }
    box.append(button(t("toast_give_up"), "plain", () => answer("cancel")));
    return box;
  }

  fawkes.toastQuestion = question;
})((globalThis.fawkes ??= {}));
