"use strict";
// Keeps the page true: asks as the server says, counts minutes in between, and always says when it last looked.
// All words come from the server.
(() => {
  const body = document.body;
  const part = (id) => document.getElementById(id);
  const main = part("main"), notice = part("notice"), lost = part("lost"), ended = part("ended"), looked = part("looked");
  const given = JSON.parse(body.dataset.script);
  const loadedAt = Date.now();
  let state = JSON.parse(body.dataset.state);
  let lookedAt = loadedAt; // when the state that is shown was asked for
  let waitingSince = loadedAt; // when this kind of waiting began
  let shown = null; // the HTML that is shown, once this script has put it there
  let countdownEnded = false;
  let timer = 0;
  let asking = false;

  // Reloading or restoring must show, not do again what led here.
  if (main.innerHTML && location.pathname !== given.page) history.replaceState(null, "", given.page);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  const time = (seconds) => {
    if (seconds < 60) return given.moment;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return fill(given.minutes, { minutes });
    return fill(given.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  };
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  // Counts on from the last look, by this device's own clock only.
  const tick = () => {
    const since = ((Date.now() - lookedAt) / 1000) * (60 / given.minute);
    write(looked, since < 60 ? given.lookedNow : fill(given.lookedAgo, { time: time(since) }));
    let over = false;
    for (const element of main.querySelectorAll("[data-left]")) {
      const left = Number(element.dataset.left);
      write(element, time(left - since));
      over ||= left > 0 && left <= since;
    }
    for (const element of main.querySelectorAll("[data-passed]")) {
      write(element, time(Number(element.dataset.passed) + since));
    }
    if (over && !countdownEnded) {
      countdownEnded = true;
      ask({ method: "GET", path: given.state });
    }
  };

  const deadline = () => state.ask && Math.min(loadedAt + given.limit * 1000, waitingSince + state.ask.at_most * 1000);

  const plan = () => {
    clearTimeout(timer);
    if (!state.ask) return;
    // Spread, so that many pages do not ask in step.
    const pause = (document.hidden ? state.ask.after_hidden : state.ask.after) * 1000 * (0.85 + 0.3 * Math.random());
    if (Date.now() + pause <= deadline()) timer = setTimeout(() => ask(state.ask), pause);
  };

  const show = (next, askedAt) => {
    if (next.ask?.at_most !== state.ask?.at_most) waitingSince = Date.now();
    state = next;
    if (notice.innerHTML !== next.notice) notice.innerHTML = next.notice;
    if (!next.main) return;
    lookedAt = askedAt;
    looked.hidden = false;
    countdownEnded = false;
    document.title = next.title;
    if (next.main === shown) return;
    const open = part("off")?.open;
    const focused = main.contains(document.activeElement) && document.activeElement.value;
    main.innerHTML = shown = next.main;
    if (open && part("off")) part("off").open = true;
    if (focused) main.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus();
  };

  const ask = async (how) => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    const askedAt = Date.now();
    const abort = new AbortController();
    const patience = setTimeout(() => abort.abort(), 20000);
    try {
      const answer = await fetch(how.path, {
        method: how.method, redirect: "manual", cache: "no-store", credentials: "same-origin", signal: abort.signal,
      });
      // The load balancer sends whose session has ended to the sign-in, which a script cannot follow.
      const over = answer.type === "opaqueredirect" || answer.status === 401;
      ended.hidden = !over;
      if (over) state.ask = null;
      else show(await answer.json(), askedAt);
      lost.hidden = true;
    } catch {
      lost.hidden = false;
    } finally {
      clearTimeout(patience);
      asking = false;
      tick();
      plan();
    }
  };

  // At the front again: at once, going on only with what is still waited for.
  const lookNow = () => ask(state.ask && Date.now() < deadline() ? state.ask : { method: "GET", path: given.state });

  // A page that only says what went wrong for good has nothing to look at.
  if (state.ask || main.innerHTML) {
    document.addEventListener("visibilitychange", () => {
      tick();
      if (document.hidden) plan();
      else lookNow();
    });
    // What a browser kept of an earlier visit is older than it says.
    addEventListener("pageshow", (event) => {
      const came = performance.getEntriesByType("navigation")[0]?.type;
      if (event.persisted || came === "back_forward") lookNow();
    });
    setInterval(tick, 1000);
    tick();
    plan();
  }
})();
