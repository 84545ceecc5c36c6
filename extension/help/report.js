// What a report of a site says: for whoever looks for the fault, so in English.  It holds no
// file name, no address but the site's name, and nothing that somebody typed.

/**
 * How a document takes photos: runs in its frames, so it uses nothing from here.
 * @returns {FawkesWays}
 */
export function waysOf() {
  /** @type {Element[]} */
  const all = [...document.querySelectorAll("*")];
  const inputs = /** @type {HTMLInputElement[]} */ (
    all.filter((element) => element instanceof HTMLInputElement && element.type === "file")
  );
  return {
    inputs: inputs.map(({ accept, multiple, webkitdirectory }) =>
      [accept || "any file", multiple && "several", webkitdirectory && "folders"]
        .filter(Boolean)
        .join(", "),
    ),
    editors: all.filter((element) => element instanceof HTMLElement && element.isContentEditable)
      .length,
    frames: all.filter((element) => element instanceof HTMLIFrameElement).length,
    shadows: all.filter((element) => element.shadowRoot).length,
    type: document.contentType,
  };
}

/**
 * What the program found when it looked at itself; paths stay there.
 * @param {FawkesCheckState[] | null | undefined} checks
 */
export function doctorLine(checks) {
  if (!checks?.length) return "Doctor: could not be asked";
  const bad = checks.filter(({ state }) => state !== "ok");
  const told = bad.map(({ check, state }) => `${check} ${state}`);
  return `Doctor: ${told.join(", ") || "all is well"} (${checks.length} checks)`;
}

/**
 * @param {{version: string, protocol: number, browser: string, language: string,
 *   host?: FawkesHost, level: FawkesLevel, rule: FawkesRule | null, everySite: boolean,
 *   site: string, covered: boolean, frames?: FawkesFrames, ways: (FawkesWays | undefined)[],
 *   recents: FawkesRecent[]}} facts `ways`: those of each frame that may be looked into
 * @returns {string}
 */
export function reportOf(facts) {
  const { host, frames, recents } = facts;
  const yes = (/** @type {boolean} */ is) => (is ? "yes" : "no");
  const lines = [
    `Fawkes ${facts.version}, protocol ${facts.protocol}, ${facts.language}`,
    `Browser: ${facts.browser}`,
    `Program: ${host?.state ?? "unknown"}, version ${host?.version || "unknown"}, ${
      host?.devices.join(", ") || "no device yet"
    }${host?.fault ? `, error ${host.fault.code}` : ""}`,
    `Level: ${facts.level}; rule of this site: ${facts.rule ?? "none"}`,
    `Site: ${facts.site || "none"}; protected: ${yes(facts.covered)}; every site: ${yes(facts.everySite)}`,
  ];
  for (const { host: name, frames: count, visible } of frames?.uncovered ?? [])
    lines.push(`Not protected: ${count} of ${name || "unknown"}${visible ? "" : ", out of sight"}`);
  if (frames?.covered.length) lines.push(`Protected parts of: ${frames.covered.join(", ")}`);
  for (const [at, ways] of facts.ways.entries()) {
    if (!ways) continue;
    const { inputs, editors, shadows, type } = ways;
    lines.push(
      `Document ${at + 1}: ${type}; inputs: ${inputs.length}; editors: ${editors}; ` +
        `frames: ${ways.frames}; shadow roots: ${shadows}`,
      ...inputs.map((input) => `  input: ${input}`),
    );
  }
  for (const { status, fault, receipt } of recents) {
    const how = [
      receipt?.level,
      `${receipt?.faces?.length ?? 0} faces`,
      ...(receipt?.notices ?? []),
    ];
    lines.push(
      `Photo: ${status}, ${fault ? `error ${fault.code}` : how.filter(Boolean).join(", ")}`,
    );
  }
  return lines.join("\n");
}
