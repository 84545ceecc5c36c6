// How the toast looks.  It lives in a closed shadow root: nothing of the page's style reaches it,
// and `!important` in `:host` wins over the page's.
(function (fawkes) {
  "use strict";

  fawkes.toastStyle = `
    :host {
      all: initial !important;
      display: block !important;
      position: fixed !important;
      inset: auto 16px 16px auto !important;
      z-index: 2147483647 !important;
      width: min(360px, calc(100vw - 32px)) !important;
      max-height: calc(100vh - 32px) !important;
      overflow: visible !important;
      opacity: 1 !important;
      visibility: visible !important;
      pointer-events: auto !important;
      transform: none !important;
      color-scheme: light dark !important;
    }
    * { box-sizing: border-box; margin: 0; }
    .card {
      --ink: light-dark(#17202a, #eef2f6);
      --soft: light-dark(#5b6774, #a3b0bd);
      --paper: light-dark(#ffffff, #1b222b);
      --line: light-dark(#e3e8ee, #313b47);
      --field: light-dark(#f2f5f8, #252e39);
      --brand: light-dark(#0f766e, #2dd4bf);
      --on-brand: light-dark(#ffffff, #06231f);
      --warn: light-dark(#9a4a07, #fbbf77);
      --warn-field: light-dark(#fff5e6, #38291a);
      display: flex; flex-direction: column;
      max-height: calc(100vh - 32px);
      overflow: hidden auto;
      color: var(--ink); background: var(--paper);
      border: 1px solid var(--line); border-radius: 14px;
      box-shadow: 0 1px 2px #0f172a1a, 0 12px 36px #0f172a38;
      font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
      animation: rise 180ms ease-out;
    }
    /* Wide to the left: the host stays where the pointer finds it. */
    .card.wide { --wide: min(760px, 100vw - 32px); width: var(--wide); margin-left: calc(min(360px, 100vw - 32px) - var(--wide)); }
    @keyframes rise { from { opacity: 0; translate: 0 10px; } }
    header { display: flex; align-items: center; gap: 8px; padding: 10px 8px 10px 12px; border-bottom: 1px solid var(--line); }
    header svg { width: 20px; height: 20px; flex: none; }
    h2 { flex: 1; font: inherit; font-weight: 600; }
    ul { list-style: none; padding: 0; }
    li { display: grid; grid-template-columns: 44px 1fr auto; gap: 2px 12px; padding: 12px; align-items: center; }
    li + li { border-top: 1px solid var(--line); }
    .thumb {
      grid-row: 1 / span 2; align-self: start; width: 44px; height: 44px; border-radius: 8px;
      background: var(--field); border: 0; padding: 0; overflow: hidden;
      display: grid; place-items: center; color: var(--soft);
    }
    .thumb canvas { width: 44px; height: 44px; object-fit: cover; display: block; }
    .thumb svg { width: 20px; height: 20px; }
    .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .state { grid-column: 2 / -1; color: var(--soft); overflow-wrap: anywhere; }
    .done .state { color: var(--brand); }
    .failed .state { color: var(--warn); }
    progress {
      grid-column: 2 / -1; width: 100%; height: 4px; margin-top: 4px; appearance: none; border: 0;
      border-radius: 2px; overflow: hidden; background: var(--field); accent-color: var(--brand);
    }
    progress::-webkit-progress-bar { background: var(--field); }
    progress::-webkit-progress-value { background: var(--brand); border-radius: 2px; transition: inline-size 250ms linear; }
    progress::-moz-progress-bar { background: var(--brand); border-radius: 2px; }
    button {
      font: inherit; font-weight: 600; color: var(--ink); background: var(--field);
      border: 1px solid transparent; border-radius: 8px; padding: 6px 12px; cursor: pointer;
    }
    button:hover { border-color: var(--soft); }
    button:focus-visible, summary:focus-visible, .stage:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
    /* Not faded: what is faded does not count as seen. */
    button:disabled { color: var(--soft); cursor: default; }
    button.main { color: var(--on-brand); background: var(--brand); }
    button.plain { background: none; color: var(--soft); padding: 4px 8px; font-weight: 500; }
    button.icon { display: grid; place-items: center; width: 28px; height: 28px; padding: 0; background: none; color: var(--soft); }
    button.icon svg { width: 16px; height: 16px; }
    .question, .more { grid-column: 1 / -1; margin-top: 8px; }
    .question { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px; border-radius: 10px; background: var(--warn-field); }
    .question p { width: 100%; color: var(--ink); }
    .question .about { color: var(--soft); }
    .questions { grid-column: 1 / -1; }
    .batch > details { grid-column: 1 / -1; margin-top: 4px; }
    .each { max-height: 260px; overflow-y: auto; border-top: 1px solid var(--line); }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .lost { grid-column: 2 / -1; color: var(--soft); }
    .more { display: flex; flex-direction: column; gap: 8px; }
    .stage { overflow: auto; max-height: min(66vh, 100vh - 220px); border-radius: 10px; background: var(--field); user-select: none; cursor: pointer; }
    .stage canvas { display: block; width: 100%; }
    .tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding-top: 8px; }
    .tools .tag { flex: 1; font-weight: 600; text-align: end; }
    .row { position: relative; min-height: 34px; }
    .row > button { position: absolute; top: 0; inset-inline-end: 0; }
    .row summary { width: fit-content; }
    details { color: var(--soft); }
    summary { cursor: pointer; padding: 4px 0; font-weight: 500; border-radius: 4px; }
    dl { padding: 4px 0 0; }
    dt { color: var(--soft); }
    dd { margin: 0; padding-bottom: 4px; color: var(--ink); font-variant-numeric: tabular-nums; }
    [hidden] { display: none !important; }
    @media (forced-colors: active) {
      .card { box-shadow: none; }
      button.main { color: HighlightText; background: Highlight; border-color: Highlight; forced-color-adjust: none; }
      button.main:focus-visible { outline-color: CanvasText; }
      button:disabled { color: GrayText; border-color: GrayText; }
      progress { border: 1px solid CanvasText; height: 8px; forced-color-adjust: none; background: Canvas; }
      progress::-webkit-progress-bar { background: Canvas; }
      progress::-webkit-progress-value { background: Highlight; }
      progress::-moz-progress-bar { background: Highlight; }
      .question, .thumb { border: 1px solid CanvasText; }
      .failed .state { font-weight: 700; }
    }
    @media (prefers-reduced-motion: reduce) {
      .card { animation: none; }
      progress::-webkit-progress-value { transition: none; }
    }
  `;
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
