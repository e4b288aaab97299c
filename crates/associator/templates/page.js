// Keeps the page true: asks as the server says, counts minutes in between, and always says when it last looked.
// All words come from the server.
(() => {
  const { body, documentElement: root } = document;
  const part = (id) => document.getElementById(id);
  const main = part("main"), icon = part("icon"), lost = part("lost"), looked = part("looked"), ended = part("ended");
  const given = JSON.parse(body.dataset.script);
  const loadedAt = Date.now();
  let state = { ...JSON.parse(body.dataset.state), title: document.title, icon: icon.href };
  // What was pressed before the sign-in: its button stays until the page is loaded anew.
  const { again } = state;
  // What was seen some seconds before it was told.
  const ago = ({ age, pace }) => age * pace.minute * (1000 / 60);
  // When the state that is shown was seen, and when this kind of waiting began.
  let lookedAt = loadedAt - ago(state), waitingSince = loadedAt;
  let countedOut = false;
  let timer = 0;
  // The symbol of the state, while another stands in its place.
  let sure = null;
  // The question that is under way.
  let asking = null;

  // Reloading or restoring must show, not do again what led here.
  const isPage = location.pathname === given.page;
  if (state.phase && (!isPage || location.search)) history.replaceState(null, "", given.page);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  const time = (seconds) => {
    if (seconds < 60) return given.moment;
    const minutes = Math.floor(seconds / 60) % 60, hours = Math.floor(seconds / 3600);
    return fill(!hours ? given.minutes : minutes ? given.hours : given.fullHours, { hours, minutes });
  };
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  // What the person opened, and the room that is kept free, stay.
  const kept = new Set(["open", "data-head", "data-room"]);

  // Changes only what differs: what has the focus, is open or is being read aloud stays the same element.
  const morph = (old, next) => {
    if (old.nodeName !== next.nodeName || old.id !== next.id) return old.replaceWith(next);
    if (!(old instanceof Element)) {
      if (old.data !== next.data) old.replaceWith(next);
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!kept.has(name) && !next.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const before = [...old.childNodes], after = [...next.childNodes];
    after.forEach((child, index) => (before[index] ? morph(before[index], child) : old.append(child)));
    before.slice(after.length).forEach((child) => child.remove());
  };
  const put = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    const focused = document.activeElement;
    morph(part(next.id), next);
    // What was pressed may be gone: go on from the state, not from the top of the page.
    if (focused && !focused.isConnected) {
      const headline = main.querySelector("h1");
      headline.tabIndex = -1;
      headline.focus({ preventScroll: true });
    }
  };

  // Counts on from the last look, by this device's own clock only.
  const tick = () => {
    const real = (Date.now() - lookedAt) / 1000;
    const since = real * (60 / state.pace.minute);
    const words = since < 60 ? given.lookedNow : fill(given.lookedAgo, { time: time(since) });
    if (looked) write(looked, words);
    let over = false;
    for (const element of main.querySelectorAll("[data-left]")) {
      const left = Number(element.dataset.left);
      write(element, time(left - since));
      // Asked once, six minutes later: the schedule that turns it off comes every five.
      over ||= left > 0 && left + 360 <= since;
    }
    for (const element of main.querySelectorAll("[data-passed]")) {
      write(element, time(Number(element.dataset.passed) + since));
    }
    // A tab in the background must not go on claiming what was true long ago.
    const stale = real > state.pace.limit;
    const title = stale ? `${words} – ${given.name}` : state.title;
    if (document.title !== title) document.title = title;
    const href = stale ? given.noIcon : state.icon;
    if (icon.href !== href) icon.href = href;
    if (over && !countedOut) {
      countedOut = true;
      ask({ method: "GET", path: given.state });
    }
  };

  const deadline = () => state.ask && Math.min(loadedAt + state.pace.limit * 1000, waitingSince + state.ask.at_most * 1000);

  const plan = () => {
    clearTimeout(timer);
    if (!state.ask) return;
    // Spread, so that many pages do not ask in step.
    const pause = (document.hidden ? state.ask.after_hidden : state.ask.after) * 1000 * (0.85 + 0.3 * Math.random());
    if (Date.now() + pause <= deadline()) timer = setTimeout(() => ask(state.ask), pause);
  };

  // What is shown is never older than what was.
  const newest = () => (state.seen ? `&seen=${state.seen}` : "") + (again ? `&again=${again}` : "");

  const show = (next, askedAt) => {
    // Nothing newer can be said: what is shown stays, and is asked for less often.
    if (next.unchanged) {
      if (state.ask) state = { ...state, ask: { ...state.ask, ...next } };
      return;
    }
    if (next.ask?.at_most !== state.ask?.at_most) waitingSince = Date.now();
    state = next;
    body.dataset.phase = next.phase ?? "unknown";
    body.dataset.problem = next.problem?.code ?? "";
    for (const html of Object.values(next.parts)) if (html) put(html);
    if (!next.phase) return;
    lookedAt = askedAt - ago(next);
    countedOut = false;
  };

  const end = () => {
    put(ended.innerHTML);
    state = { title: ended.dataset.title, icon: given.noIcon, pace: state.pace };
    body.dataset.phase = "unknown";
    body.dataset.problem = "ended";
  };

  const swap = (next) => {
    const old = main.querySelector(".symbol");
    old.replaceWith(next);
    return old;
  };

  const ask = async (how, urgent) => {
    if (asking && !urgent) return;
    asking?.abort();
    clearTimeout(timer);
    const askedAt = Date.now();
    const mine = (asking = new AbortController());
    const patience = setTimeout(() => mine.abort(), 20000);
    let failed = false;
    try {
      const answer = await fetch(`${how.path}?${given.language}=${root.lang}${newest()}`, {
        method: how.method, redirect: "manual", cache: "no-store", signal: mine.signal,
      });
      // The load balancer sends whose session has ended to the sign-in, which a script cannot follow.
      const over = answer.type === "opaqueredirect" || answer.status === 401;
      const next = over ? null : await answer.json();
      if (asking !== mine) return;
      if (sure) swap(sure);
      sure = null;
      if (over) end();
      else show(next, askedAt);
    } catch {
      if (asking !== mine) return;
      failed = true;
      // Without a connection no tick says that all is well.
      sure ??= swap(ended.content.querySelector(".symbol").cloneNode(true));
    } finally {
      clearTimeout(patience);
    }
    asking = null;
    if (lost) write(lost, failed ? given.lost : "");
    tick();
    plan();
  };

  // At the front again: at once, going on only with what is still waited for.
  const lookNow = () => {
    ask(state.ask && Date.now() < deadline() ? state.ask : { method: "GET", path: given.state }, true);
  };

  addEventListener("click", (event) => {
    const link = event.target.closest?.(`a[href^="${given.page}"]`);
    if (link && state.seen) link.search = `${given.language}=${link.lang || root.lang}${newest()}`;
  });
  const free = () => {
    delete body.dataset.busy;
  };
  // One press is enough, however long the answer takes.
  addEventListener("submit", (event) => {
    if (body.dataset.busy) event.preventDefault();
    body.dataset.busy = "true";
    setTimeout(free, 10000);
  });
  // Nothing comes of it when the browser's own Stop was pressed, which no event tells everywhere: time frees them.
  addEventListener("pageshow", (event) => {
    free();
    // What a browser kept of an earlier visit is older than it says.
    const came = performance.getEntriesByType("navigation")[0]?.type;
    if (looked && (event.persisted || came === "back_forward")) lookNow();
  });

  // A page that only says what went wrong for good has nothing to look at.
  if (looked) {
    document.addEventListener("visibilitychange", () => {
      tick();
      if (document.hidden) plan();
      else lookNow();
    });
    addEventListener("online", lookNow);
    setInterval(tick, 1000);
    tick();
    plan();
  }
})();
