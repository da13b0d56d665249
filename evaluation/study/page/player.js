// Sounds and videos that are played whole, one at a time. Counts plays, knows what was heard to the end.
"use strict";

class Player {
  // tag: "audio" or "video"; changed is called after every change of state.
  constructor(tag, source, state, changed) {
    this.state = state; // { plays, heard }
    this.changed = changed;
    this.broken = false;
    this.node = element(tag, { src: source, preload: "auto", playsinline: true, disablepictureinpicture: true });
    this.node.addEventListener("ended", () => {
      this.state.heard = true;
      this.changed();
    });
    for (const event of ["play", "pause"]) this.node.addEventListener(event, () => this.changed());
    this.node.addEventListener("error", () => this.fail());
  }

  get playing() {
    return !this.node.paused && !this.node.ended;
  }

  async play() {
    Player.stopAll(this);
    this.node.currentTime = 0;
    this.state.plays += 1;
    try {
      await this.node.play();
    } catch (error) {
      // AbortError: another one was started meanwhile; NotAllowedError: the browser wants a click first
      if (error.name === "NotSupportedError") this.fail();
    }
    this.changed();
  }

  retry() {
    this.broken = false;
    this.node.load();
    this.changed();
  }

  fail() {
    this.broken = true;
    this.changed();
  }

  static current = [];

  static stopAll(except = null) {
    for (const player of Player.current) if (player !== except && player.playing) player.node.pause();
  }

  static replace(players) {
    Player.stopAll();
    Player.current = players;
  }
}

// Load the next trial's files while this one is answered.
const preloaded = [];
function preload(question) {
  preloaded.length = 0;
  if (!question) return;
  for (const source of question.media) {
    preloaded.push(element(shows(source) ? "video" : "audio", { src: source, preload: "auto" }));
  }
  if (question.picture) {
    const tag = shows(question.picture) ? "video" : "img";
    preloaded.push(element(tag, { src: question.picture, preload: "auto" }));
  }
}
