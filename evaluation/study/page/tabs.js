// One tab at a time: two that keep answers in the same browser would undo each other's. The one that holds the study
// says so in the browser's memory once a second; another waits until that one is closed, silent, or told to stop.
"use strict";

const BEAT_MILLISECONDS = 1000;
const SILENT_MILLISECONDS = 10000; // longer than browsers let a tab in the background sleep at first

const tabs = {
  key: `anyonenet-study-tab:${STUDY.id}`,
  own: "",
  mine: true,

  // A reloaded tab is the one that it was; a duplicated one has its memory too, but is another.
  name() {
    const fresh = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(16)).join("-");
    try {
      const reloaded = performance.getEntriesByType("navigation").some((entry) => entry.type === "reload");
      const name = (reloaded && sessionStorage.getItem(this.key)) || fresh;
      sessionStorage.setItem(this.key, name);
      return name;
    } catch {
      return fresh;
    }
  },

  holder() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null; // nothing is kept in this browser, so nothing is shared
    }
  },

  write(time) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ tab: this.own, time }));
    } catch {
      // as above
    }
  },

  // Whether this tab may write. Asked before every write, as a tab that slept does not know who came meanwhile.
  holds() {
    const holder = this.holder();
    if (this.mine && holder && holder.tab !== this.own) this.mine = false;
    return this.mine;
  },

  free() {
    const holder = this.holder();
    return !holder || holder.tab === this.own || Math.abs(Date.now() - holder.time) > SILENT_MILLISECONDS;
  },

  // From here on this tab asks; what the other one has kept is read again.
  take() {
    this.mine = true;
    this.write(Date.now());
    memory.load();
    render();
  },

  check() {
    const before = this.mine;
    if (this.holds()) this.write(Date.now());
    else if (this.free()) this.take();
    else if (before) render();
  },

  // The name stays, so that a tab that was asleep sees that somebody was here after it.
  release() {
    if (this.holds()) this.write(0);
  },

  start() {
    this.own = this.name();
    this.mine = this.free();
    if (this.mine) this.write(Date.now());
    setInterval(() => this.check(), BEAT_MILLISECONDS);
    window.addEventListener("storage", () => this.check());
    window.addEventListener("pageshow", () => this.check());
    window.addEventListener("pagehide", () => this.release());
    document.addEventListener("visibilitychange", () => this.check());
  },
};

function elsewherePage() {
  keysOfPage = {};
  show(
    element("h1", {}, words("elsewhereTitle")),
    element("p", {}, words("elsewhere")),
    button(words("here"), () => tabs.take(), { class: "next", id: "here" }),
  );
}
