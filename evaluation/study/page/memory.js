// What a participant has answered so far. Kept in the browser after every step, so that a reload loses nothing.
"use strict";

const memory = {
  key: `anyonenet-study:${STUDY.id}`,
  state: null,
  keeps: true,

  load() {
    try {
      this.state = JSON.parse(localStorage.getItem(this.key));
    } catch {
      this.keeps = false;
    }
    if (!this.state || this.state.study !== STUDY.id) this.state = this.fresh();
    this.save();
  },

  fresh() {
    const numbers = crypto.getRandomValues(new Uint32Array(5));
    const hex = Array.from(numbers.subarray(0, 4), (n) => n.toString(16).padStart(8, "0")).join("");
    const wanted = new URLSearchParams(location.search).get("lang") || navigator.language || "en";
    return {
      study: STUDY.id,
      participant: hex,
      seed: numbers[4],
      language: wanted.toLowerCase().startsWith("zh") ? "zh" : "en",
      consented: null,
      ready: false,
      about: {},
      trials: [],
      current: null,
      finished: null,
      sent: null,
      downloaded: false,
    };
  },

  save() {
    if (!tabs.holds()) return;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      this.keeps = false;
    }
  },

  set(changes) {
    Object.assign(this.state, changes);
    this.save();
  },

  forget() {
    if (!tabs.holds()) return;
    try {
      localStorage.removeItem(this.key);
    } catch {
      this.keeps = false;
    }
    const language = this.state.language;
    this.state = { ...this.fresh(), language };
    this.save();
  },

  schedule() {
    return schedule(STUDY.id, this.state.seed, STUDY.questions.length, STUDY.repeats, STUDY.asked);
  },

  // The file that is sent or downloaded: the same bytes each time, so that sending twice counts once.
  answers() {
    const { participant, seed, language, consented, finished, about, trials } = this.state;
    const format = "anyonenet-answers-1";
    return JSON.stringify({ format, study: STUDY.id, participant, seed, language, consented, finished, about, trials });
  },

  now() {
    return new Date().toISOString();
  },
};
