// Starts the content script, once for each document.
(function (fawkes) {
  "use strict";

  // The window of a frame's first document may live on in the next.
  if (fawkes.started) return fawkes.roots.addWindow(window);
  fawkes.started = true;
  fawkes.gestures.start();
  fawkes.windows.start();
  fawkes.places.start();
  fawkes.inputs.start();
  fawkes.quiet.start();
  fawkes.presses.start();
  fawkes.forms.start();
  fawkes.drops.start();
  fawkes.pastes.start();
  fawkes.calls.start();
  fawkes.frames.start();
  fawkes.asking.start();
  fawkes.text.keep([...fawkes.toast.LAST_WORDS, ...fawkes.pressNote.LAST_WORDS]);
  fawkes.toast.sweep();
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
