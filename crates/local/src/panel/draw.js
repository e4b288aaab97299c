// Calls, elements, and what every part of the panel draws with.

export const $ = (id) => document.getElementById(id);

export async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// An element; text never becomes markup. Sizes and places are set by `style`, which the content policy lets scripts do.
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "style") Object.assign(element.style, value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function table(heads, rows, empty) {
  if (rows.length === 0) return h("p", { className: "muted" }, empty);
  const head = h("tr", {}, heads.map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {}))));
  const body = rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell ?? ""))));
  return h("div", { className: "scroll" }, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

// A button that says what it does, and to a screen reader also to what.
export function act(text, about, what) {
  const button = h("button", { type: "button", ariaLabel: `${text}: ${about}` }, text);
  button.addEventListener("click", () => run(button, what));
  return button;
}

let look = async () => {};
export const setLook = (how) => (look = how);

export async function run(button, what) {
  if (button) button.disabled = true;
  try {
    await what();
    problem("");
  } catch (error) {
    problem(error.message);
  } finally {
    if (button) button.disabled = false;
  }
  await look();
}

export function problem(text) {
  $("problem").hidden = text === "";
  $("problem").textContent = text;
  delete $("problem").dataset.lost;
}

export const clock = (text) => (text ? new Date(text).toISOString().slice(11, 19) : "");
export const minute = (text) => clock(text).slice(0, 5);
export const dollars = (value) => `$${Number(value).toFixed(2)}`;

const GOOD = ["associated", "active", "available", "OK"];
const BAD = ["association-failed", "failed", "failed-to-terminate", "ALARM"];
const REST = ["disassociated", "terminated", "INSUFFICIENT_DATA", "pending-associate"];
export function state(code) {
  const name = GOOD.includes(code) ? "good" : BAD.includes(code) ? "bad" : REST.includes(code) ? "muted" : "busy";
  return h("span", { className: `state ${name}` }, code);
}

// Parts are drawn again only when they changed, so that nothing moves under a finger; what has the focus keeps it.
const drawn = {};
export function draw(id, data, make) {
  const text = JSON.stringify(data);
  if (drawn[id] === text) return;
  drawn[id] = text;
  const focused = $(id).contains(document.activeElement) ? document.activeElement.ariaLabel : null;
  const open = [...$(id).querySelectorAll("details")].map((details) => details.open);
  $(id).replaceChildren(...[make(data)].flat().filter(Boolean));
  [...$(id).querySelectorAll("details")].forEach((details, index) => (details.open = open[index] ?? false));
  if (focused) [...$(id).querySelectorAll("button")].find((button) => button.ariaLabel === focused)?.focus();
}
