// What the popup says: a pure look-up.
import "../shared/site_rules.js";

const { siteRules } = /** @type {FawkesShared} */ (globalThis.fawkes);

/**
 * @param {{settings: FawkesSettings, site: {host: string, covered: boolean}, frames?: FawkesFrames,
 *   helpless: boolean}} facts `covered`: the extension may act on this site; `helpless`: no photo
 *   can be cloaked now
 * @returns {{kind: "on" | "off" | "attention", headline: string, hint: string, hosts: string,
 *   siteSwitch: boolean, siteOn: boolean, siteAsk: boolean, decoys: boolean, host: boolean,
 *   frames: FawkesFrames["uncovered"]}} `headline` and `hint` are message keys, `hosts` is for the
 *   hint; `host`: how the local program is matters, since photos would be cloaked
 */
export function view({ settings, site, frames, helpless }) {
  const off = settings.level === "off";
  const level = siteRules.levelFor(settings, site.host);
  const offHere = level === "off";
  const works = site.covered && !offHere;
  const seen = {
    siteSwitch: site.covered && !off,
    siteOn: works,
    decoys: works && level === "decoy",
    siteAsk: site.host !== "" && !site.covered,
    frames: works ? (frames?.uncovered ?? []) : [],
    host: !off && !(site.covered && offHere),
    hosts: (frames?.covered ?? []).join(", "),
  };
  /** @param {"on" | "off" | "attention"} kind @param {string} headline */
  const say = (kind, headline, hint = `${headline}_hint`) => ({ ...seen, kind, headline, hint });
  if (off) return say("off", "popup_off");
  if (site.host === "") return say("off", "popup_no_site");
  if (!site.covered)
    return say("off", "popup_uncovered", seen.hosts ? "popup_uncovered_but_hint" : undefined);
  if (offHere) return say("off", "popup_off_here");
  if (helpless) return say("attention", "popup_attention");
  if (seen.frames.some(({ visible }) => visible)) return say("attention", "popup_partly");
  return say("on", seen.decoys ? "popup_decoys" : "popup_on");
}
