// Lighthouse's scores of one page, as JSON: node lighthouse.mjs URL COOKIE
//
// The browser is ended when standard input is: at the end of a test, however that ends.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [url, cookie] = process.argv.slice(2);
const chromeFlags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
  "--disable-dev-shm-usage", "--disable-sync", "--no-first-run",
];
const chrome = await launch({ chromePath: "/usr/bin/chromium", chromeFlags });
process.stdin.resume().on("end", () => {
  chrome.kill();
  process.exit(1);
});
try {
  const categories = ["accessibility", "best-practices", "performance"];
  const found = await lighthouse(url, { port: chrome.port, onlyCategories: categories, extraHeaders: { Cookie: cookie } });
  const { audits } = found.lhr;
  const score = Object.fromEntries(categories.map((name) => [name, Math.round(found.lhr.categories[name].score * 100)]));
  const minded = Object.values(audits).filter((audit) => audit.score !== null && audit.score < 1);
  const values = minded.map((audit) => `${audit.id}: ${audit.score} ${audit.displayValue ?? ""}`);
  const benchmark = found.lhr.environment.benchmarkIndex;
  console.log(JSON.stringify({ score, benchmark, minded: values, problem: found.lhr.runtimeError ?? null }));
} finally {
  chrome.kill();
  process.stdin.destroy();
}
