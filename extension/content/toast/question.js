// A question with its answers; what it says crosses to other frames and windows as it is.
(function (fawkes) {
  "use strict";

  const { t, errorText } = fawkes.text;
  const { make, button } = fawkes.toastElements;

  /** @type {Record<string, FawkesChoice>} */
  const CHOICES = {
    again: { id: "again", label: "toast_again", look: "main" },
    setUp: { id: "set up", label: "toast_set_up", look: "" },
    cancel: { id: "cancel", label: "toast_give_up", look: "" },
    // Last and least: nobody should hit it by habit.
    original: { id: "original", label: "toast_original", look: "plain", careful: true },
    choose: { id: "choose", label: "toast_choose", look: "main" },
    insert: { id: "insert", label: "toast_insert", look: "", careful: true },
    save: { id: "save", label: "toast_save", look: "" },
    copy: { id: "copy", label: "toast_copy", look: "" },
    leave: { id: "cancel", label: "toast_dont_insert", look: "plain" },
    dismiss: { id: "cancel", label: "toast_dismiss", look: "plain" },
  };

  /** Answers that only a press on this very page can give. */
  const LOCAL = new Set(["choose"]);

  /** Faults that the first page helps with. */
  const SET_UP = new Set(["host_missing", "host_forbidden", "host_broken", "host_outdated"]);

  /**
   * @param {string} sentence
   * @param {string[]} choices names of the table above
   * @param {number} photos that it is about
   * @returns {FawkesQuestion}
   */
  const question = (sentence, choices, photos) => ({
    sentence,
    photos: photos > 1 ? t("toast_about", photos) : "",
    choices: choices.map((name) => ({ ...CHOICES[name], label: t(CHOICES[name].label) })),
    name: "",
    thumb: "",
    site: "",
  });

  /**
   * The question that keeps originals back.
   * @param {FawkesFault} fault
   * @param {boolean} original whether they may go up
   */
  function ofFault(fault, original, photos = 1) {
    const orphan = fault.code === "extension_reloaded";
    const choices = [
      !orphan && "again",
      SET_UP.has(fault.code) && "setUp",
      "cancel",
      !orphan && original && "original",
    ];
    return question(errorText(fault), /** @type {string[]} */ (choices.filter(Boolean)), photos);
  }

  /**
   * @param {boolean} choose whether we can open the picker for them
   * @param {boolean} isShown people see it on the page, which may look at it later
   * @param {number} photos
   */
  function ofUntaken(choose, isShown, photos) {
    const copy = photos === 1 && Boolean(navigator.clipboard) && window === window.top;
    const choices = [choose && "choose", "save", copy && "copy", "dismiss"];
    const key = isShown ? "toast_unread" : choose ? "toast_untaken" : "toast_untaken_choose";
    return question(t(key), /** @type {string[]} */ (choices.filter(Boolean)), photos);
  }

  const setUp = () => chrome.runtime.sendMessage({ type: "setUp" }).catch(() => {});

  /** @param {number} photos */
  const ofMoved = (photos) => question(t("toast_moved"), ["insert", "save", "leave"], photos);

  /**
   * Draws a question.
   * @param {FawkesQuestion} question
   * @param {(choice: string, button: HTMLButtonElement) => void} answer
   * @param {() => void} doubt an answer that matters was given where nobody knows what was seen
   * @returns {ReturnType<FawkesContent["toastQuestion"]["draw"]>} `placed`: where it is shown
   *   elsewhere, only that is said here, beside what can be done nowhere else
   */
  function draw(question, answer, doubt) {
    const box = make("div", "question");
    box.setAttribute("role", "alert");
    const about = make("p", "about", question.photos);
    box.append(make("p", "", question.sentence), about);
    about.hidden = !question.photos;
    const guards = question.choices.map(({ id, label, look, careful }) => {
      // That answers nothing, so it is done where the question is shown.
      const act = () => (id === "set up" ? setUp() : answer(id, press));
      const press = button(label, look, careful ? () => {} : act);
      press.classList.toggle("local", LOCAL.has(id));
      box.append(press);
      return careful ? fawkes.sight.guard(press, act, doubt) : null;
    });
    return {
      box,
      change({ photos }) {
        if (about.textContent === photos) return;
        about.textContent = photos;
        about.hidden = !photos;
        for (const guard of guards) guard?.anew();
      },
      placed(where) {
        for (const sign of box.querySelectorAll(".sign")) sign.remove();
        for (const part of /** @type {HTMLElement[]} */ ([...box.children]))
          part.hidden = where !== "here" && !part.classList.contains("local");
        about.hidden ||= !about.textContent;
        if (where !== "here") box.prepend(make("p", "sign", t(`toast_asked_${where}`)));
        if (where === "window") box.append(button(t("toast_show_window"), "sign", doubt));
      },
      close() {
        for (const guard of guards) guard?.stop();
        box.remove();
      },
    };
  }

  fawkes.toastQuestion = Object.freeze({ LOCAL, ofFault, ofUntaken, ofMoved, draw });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
