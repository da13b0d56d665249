// A/B: a face and two voices, or a person and two videos.
"use strict";

const shows = (source) => source.endsWith(".mp4");
const showsVideos = () => STUDY.kind === "ab" && shows(STUDY.questions[0].media[0]);
const worded = (name) => words(showsVideos() ? `${name}Videos` : name);

function voicesPage(question, trial, current, done) {
  const sources = trial.flipped ? [...question.media].reverse() : question.media;
  const players = sources.map((source, side) => new Player(shows(source) ? "video" : "audio", source, current.states[side], update));
  const above = shows(question.picture || "") ? new Player("video", question.picture, { plays: 0, heard: false }, () => {}) : null;
  Player.replace(above ? [above, ...players] : players);
  const plays = players.map((player, side) => button("", () => player.play(), { class: "play", "data-side": side }));
  const choices = ["left", ...STUDY.undecided, "right"].map((name) =>
    button(name === "left" || name === "right" ? worded(name) : words(name), () => choose(name), { class: "choice", "data-choice": name, "aria-pressed": "false" }),
  );
  const next = button(words("next"), finish, { class: "next" });
  const hint = element("p", { class: "hint", role: "status" });
  const trouble = troubleBox(players, () => done("unplayable"));

  function choose(name) {
    if (!players.every((player) => player.state.heard)) return;
    current.answer = name;
    memory.save();
    update();
  }

  function finish() {
    if (current.answer !== null) done(current.answer);
  }

  function update() {
    const heard = players.every((player) => player.state.heard);
    players.forEach((player, side) => {
      const label = player.playing ? "playing" : player.state.heard ? "again" : "play";
      plays[side].replaceChildren(
        element("strong", {}, words(showsVideos() ? "videoNamed" : "voice", { name: "AB"[side] })),
        element("span", {}, `${player.playing ? "◼" : "▶"} ${words(label)}`),
      );
      plays[side].classList.toggle("playing", player.playing);
      plays[side].classList.toggle("heard", player.state.heard);
    });
    for (const node of choices) {
      node.disabled = !heard;
      node.setAttribute("aria-pressed", String(node.dataset.choice === current.answer));
    }
    next.disabled = current.answer === null;
    hint.textContent = heard ? "" : worded("listenFirst");
    trouble.update();
    memory.save();
  }

  const keys = {
    1: () => players[0].play(),
    2: () => players[1].play(),
    ArrowLeft: () => choose("left"),
    ArrowDown: () => choose(STUDY.undecided[0]),
    ArrowUp: () => choose(STUDY.undecided[STUDY.undecided.length - 1]),
    ArrowRight: () => choose("right"),
    Enter: finish,
  };
  const asked = STUDY.ask[memory.state.language] || worded("questionAb");
  const person = above
    ? element("div", { class: "screen" }, above.node)
    : element("img", { src: question.picture, alt: words("picture"), class: "face" });
  const screens = showsVideos()
    ? [element("div", { class: "pair" }, ...players.map((player) => element("div", { class: "screen" }, player.node)))]
    : [];
  players.forEach((player) => player.node.addEventListener("click", () => player.play()));
  update();
  const nodes = [
    element("h1", {}, asked),
    person,
    ...(above ? [button(`▶ ${words("playPerson")}`, () => above.play(), { class: "play" })] : []),
    ...screens,
    element("div", { class: "pair" }, ...plays),
    element("div", { class: "choices", role: "group", "aria-label": asked }, ...choices),
    hint,
    trouble.node,
    next,
    element("p", { class: "keys" }, words(STUDY.undecided.length > 1 ? "keysAbFour" : "keysAb")),
  ];
  return { nodes, keys };
}

// What to do when a file cannot be played.
function troubleBox(players, skip) {
  const node = element("div", { class: "trouble", role: "alert" });
  let shown = false;
  return {
    node,
    update() {
      const broken = players.some((player) => player.broken);
      if (broken === shown) return;
      shown = broken;
      node.replaceChildren();
      if (!broken) return;
      const retry = () => players.filter((player) => player.broken).forEach((player) => player.retry());
      node.append(element("p", {}, words("broken")), button(words("retry"), retry), button(words("skip"), skip));
    },
  };
}
