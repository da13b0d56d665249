// MOS: a video and a slider for each scale.
"use strict";

function videosPage(question, trial, current, done) {
  const player = new Player("video", question.media[0], current.states[0], update);
  Player.replace([player]);
  player.node.addEventListener("click", () => player.play());
  const play = button("", () => player.play(), { class: "play" });
  current.answer = current.answer || {};
  const sliders = STUDY.scales.map((scale) => slider(scale));
  const next = button(words("next"), finish, { class: "next" });
  const hint = element("p", { class: "hint", role: "status" });
  const trouble = troubleBox([player], () => done("unplayable"));
  const complete = () => player.state.heard && STUDY.scales.every((scale) => scale.id in current.answer);

  function slider(scale) {
    const label = scale.label[memory.state.language];
    const score = element("output", {});
    const input = element("input", {
      type: "range", min: 1, max: 5, step: 1, value: current.answer[scale.id] ?? 3, "aria-label": label, id: scale.id,
    });
    const set = () => give(scale.id, Number(input.value));
    for (const event of ["input", "click", "change"]) input.addEventListener(event, set); // a click on 3 changes nothing
    const ticks = [1, 2, 3, 4, 5].map((value) => element("span", {}, String(value)));
    const node = element(
      "div",
      { class: "scale" },
      element("label", { for: scale.id }, label, " ", score),
      input,
      element("div", { class: "ticks", "aria-hidden": "true" }, ...ticks),
      element("div", { class: "ends" }, element("span", {}, words("low")), element("span", {}, words("high"))),
    );
    return { scale, node, input, score };
  }

  function give(id, value) {
    if (!player.state.heard) return;
    current.answer[id] = value;
    memory.save();
    update();
  }

  function byKey(value) {
    const focused = sliders.find((one) => one.input === document.activeElement);
    const chosen = focused || sliders.find((one) => !(one.scale.id in current.answer)) || sliders[0];
    give(chosen.scale.id, value);
  }

  function finish() {
    if (complete()) done({ ...current.answer });
  }

  function update() {
    const { heard } = player.state;
    play.textContent = `${player.playing ? "◼" : "▶"} ${words(player.playing ? "playing" : heard ? "again" : "play")}`;
    for (const { scale, node, input, score } of sliders) {
      const given = current.answer[scale.id];
      input.disabled = !heard;
      if (given !== undefined) input.value = given;
      score.textContent = given === undefined ? words("unset") : String(given);
      node.classList.toggle("given", given !== undefined);
    }
    next.disabled = !complete();
    hint.textContent = heard ? "" : words("watchFirst");
    trouble.update();
    memory.save();
  }

  const keys = { " ": () => player.play(), Enter: finish };
  for (const value of [1, 2, 3, 4, 5]) keys[value] = () => byKey(value);
  update();
  const nodes = [
    element("h1", {}, words("questionMos")),
    element("div", { class: "screen" }, player.node),
    play,
    ...sliders.map((one) => one.node),
    hint,
    trouble.node,
    next,
    element("p", { class: "keys" }, words("keysMos")),
  ];
  return { nodes, keys };
}
