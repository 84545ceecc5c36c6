// Forms that are submitted while a photo of theirs is being cloaked: held, then submitted again.
(function (fawkes) {
  "use strict";

  const { roots, bus, inputs } = fawkes;

  /**
   * @typedef {HTMLButtonElement | HTMLInputElement | null} Submitter
   * @typedef {{submitter: Submitter, quiet: boolean}} Submission `quiet`: by `submit()`
   */

  // Controls that are named so would stand in for the form's own methods.
  const { submit, requestSubmit } = HTMLFormElement.prototype;
  const { get: isConnected } = Object.getOwnPropertyDescriptor(Node.prototype, "isConnected") ?? {};

  /** @type {Map<HTMLFormElement, Submission>} */
  const held = new Map();

  /**
   * The click or key that a validation of this very moment may come from.
   * @type {{submitter: Submitter} | null}
   */
  let attempt = null;

  /** @param {SubmitEvent} event */
  function onSubmit(event) {
    const form = event.composedPath()[0];
    if (!roots.isForm(form) || !inputs.mustWait(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = /** @type {Submitter} */ (event.submitter);
    held.set(form, { submitter, quiet: false });
  }

  /**
   * A `required` input is empty while it waits, and the browser says so instead of submitting.
   * @param {Event} event
   */
  function onInvalid(event) {
    const input = event.composedPath()[0];
    if (!roots.isFileInput(input) || !inputs.isPending(input)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (attempt && input.form) held.set(input.form, { submitter: attempt.submitter, quiet: false });
  }

  /** @param {MouseEvent | KeyboardEvent} event */
  function onAttempt(event) {
    const target = event.composedPath()[0];
    /** @type {Submitter | null} */
    const control = roots.isElement(target) ? target.closest("button, input") : null;
    const isEnter = "key" in event && event.type === "keydown" && event.key === "Enter";
    if (!isEnter && event.type !== "click") return;
    const submits = control !== null && ["submit", "image"].includes(control.type);
    if (!submits && !isEnter) return;
    const mine = { submitter: submits ? control : null };
    attempt = mine;
    setTimeout(() => {
      if (attempt === mine) attempt = null;
    }, 0);
  }

  /**
   * A selection has ended: a form that waited for it alone goes its way, or stays.
   * @param {HTMLInputElement} input
   * @param {boolean} kept
   */
  function onSettled(input, kept) {
    for (const [form, { submitter, quiet }] of held) {
      if (inputs.isPendingFor(form)) continue;
      if (inputs.belongsTo(input, form) && !kept) {
        held.delete(form);
        continue;
      }
      held.delete(form);
      if (!isConnected?.call(form)) continue;
      if (quiet) submit.call(form);
      else
        requestSubmit.call(
          form,
          submitter?.isConnected && submitter.form === form ? submitter : null,
        );
    }
  }

  function start() {
    roots.on("submit", onSubmit);
    roots.on("invalid", onInvalid);
    roots.on("click", onAttempt);
    roots.on("keydown", onAttempt);
    inputs.onSettled(onSettled);
    bus.hear("submit", ([form]) => {
      if (!roots.isForm(form) || !inputs.mustWait(form)) return false;
      held.set(form, { submitter: null, quiet: true });
      return true;
    });
  }

  fawkes.forms = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
