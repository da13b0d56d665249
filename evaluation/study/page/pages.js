// Consent, how it works, one trial after the other, and the end.
"use strict";

const SECONDS_A_TRIAL = { ab: 13, mos: 15 };
let keysOfPage = {};

function consentPage() {
  const { state } = memory;
  const minutes = Math.max(1, Math.round((memory.schedule().length * SECONDS_A_TRIAL[STUDY.kind]) / 60));
  const own = STUDY.consent[state.language];
  const begin = button(words("begin"), () => {
    memory.set({ consented: memory.now() });
    render();
  }, { class: "next", disabled: true });
  const agree = element("input", { type: "checkbox", id: "agree", onchange: () => (begin.disabled = !agree.checked) });
  const tell = (name) => (value) => {
    if (value) state.about[name] = value;
    else delete state.about[name];
    memory.save();
  };
  keysOfPage = { Enter: () => begin.disabled || begin.click() };
  show(
    element("h1", {}, words("consentTitle")),
    ...paragraphs(own ? own.split(/\n\s*\n/) : words("consent", { minutes })),
    STUDY.contact ? element("p", {}, words("contact", { contact: STUDY.contact })) : null,
    memory.keeps ? null : element("p", { class: "trouble" }, words("forgetful")),
    element("h2", {}, words("about")),
    element(
      "div",
      { class: "fields" },
      choice(words("age"), words("ages"), state.about.age || "", tell("age")),
      choice(words("gender"), words("genders"), state.about.gender || "", tell("gender")),
      choice(words("sound"), words("sounds"), state.about.sound || "", tell("sound")),
    ),
    element("label", { class: "agree" }, agree, element("span", {}, words("agree"))),
    begin,
  );
}

function readyPage() {
  const player = new Player("audio", STUDY.check, { plays: 0, heard: false }, () => {});
  Player.replace([player]);
  const start = () => {
    memory.set({ ready: true });
    render();
  };
  keysOfPage = { Enter: start, " ": () => player.play() };
  show(
    element("h1", {}, words("readyTitle")),
    ...paragraphs(STUDY.kind === "ab" ? worded("readyAb") : words("readyMos")),
    STUDY.repeats ? element("p", {}, words("repeats")) : null,
    element("p", {}, words("checkNote")),
    button(`▶ ${words("check")}`, () => player.play(), { class: "play" }),
    button(words("start"), start, { class: "next" }),
    element("p", { class: "keys" }, words(STUDY.kind === "ab" ? "keysAb" : "keysMos")),
  );
}

function trialPage(all) {
  const { state } = memory;
  const place = state.trials.length;
  const trial = all[place];
  const question = STUDY.questions[trial.question];
  if (!state.current || state.current.place !== place) {
    const states = question.media.map(() => ({ plays: 0, heard: false }));
    state.current = { place, seconds: 0, answer: null, states };
  }
  const { current } = state;
  const done = (answer) => {
    Player.replace([]);
    const { question: id, ...rest } = { ...trial, question: question.id };
    const plays = current.states.map((one) => one.plays);
    state.trials.push({ question: id, ...rest, answer, seconds: Math.round(current.seconds * 10) / 10, plays });
    memory.set({ current: null, finished: state.trials.length === all.length ? memory.now() : null });
    render();
  };
  const page = (STUDY.kind === "ab" ? voicesPage : videosPage)(question, trial, current, done);
  keysOfPage = page.keys;
  const bar = element("progress", { max: all.length, value: place, "aria-label": words("progress", { done: place + 1, all: all.length }) });
  const told = element("span", {}, words("progress", { done: place + 1, all: all.length }));
  show(element("div", { class: "progress" }, bar, told), ...page.nodes);
  preload(all[place + 1] && STUDY.questions[all[place + 1].question]);
}

function endPage() {
  const { state } = memory;
  keysOfPage = {};
  const posted = window.POST_ADDRESS;
  const status = element("p", { role: "status", id: "status" });
  const resend = button(words("resend"), () => send(), { hidden: true });
  const another = button(words("another"), () => {
    if (!confirm(words("anotherSure"))) return;
    memory.forget();
    render();
  }, { class: "quiet", hidden: !(state.sent || state.downloaded) });

  async function send() {
    resend.hidden = true;
    status.textContent = words("sending");
    try {
      const answer = await fetch(posted, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: memory.answers(),
      });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(said.error || `HTTP ${answer.status}`);
      memory.set({ sent: said.receipt || "yes" });
      status.textContent = words("sent");
      another.hidden = false;
    } catch (error) {
      status.textContent = words("unsent", { reason: error.message });
      resend.hidden = false;
    }
  }

  show(
    element("h1", {}, words("doneTitle")),
    posted ? status : element("p", {}, words("downloadNote")),
    resend,
    posted ? element("p", {}, words("downloadSpare")) : null,
    button(words("download"), () => {
      download();
      memory.set({ downloaded: true });
      another.hidden = false;
    }, { class: posted ? "quiet" : "next", id: "download" }),
    another,
  );
  if (posted && !state.sent) send();
  else if (posted) status.textContent = words("sent");
}

function download() {
  const address = URL.createObjectURL(new Blob([memory.answers()], { type: "application/json" }));
  const link = element("a", { href: address, download: `answers-${memory.state.participant.slice(0, 8)}.json` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
