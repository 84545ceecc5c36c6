// `web-ext lint` over the extension; any warning is an error.
//
// Two browsers share one manifest, and each leaves out what only the other knows.  The linter knows
// Firefox alone, so it gets a copy without the one key that is there for Chromium.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import webExt from "web-ext";

const EXTENSION = fileURLToPath(new URL("../../extension", import.meta.url));

const sourceDir = mkdtempSync(join(tmpdir(), "fawkes-lint-"));
try {
  cpSync(EXTENSION, sourceDir, { recursive: true });
  const path = join(sourceDir, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  delete manifest.background.service_worker;
  writeFileSync(path, JSON.stringify(manifest, null, 2));
  const options = { sourceDir, selfHosted: true, warningsAsErrors: true };
  const { summary } = await webExt.cmd.lint(options, { shouldExitProgram: false });
  process.exitCode = summary.errors + summary.warnings > 0 ? 1 : 0;
} finally {
  rmSync(sourceDir, { recursive: true });
}
