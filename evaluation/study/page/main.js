// Which page is shown, the language, the clock, the keys.
"use strict";

function render() {
  const { state } = memory;
  document.documentElement.lang = state.language;
  document.title = STUDY.title[state.language];
  document.getElementById("title").textContent = STUDY.title[state.language];
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === state.language));
  }
  Player.replace([]);
  const all = memory.schedule();
  footer(tabs.mine && state.consented && !state.finished);
  if (!tabs.mine) elsewherePage();
  else if (!state.consented) consentPage();
  else if (!state.ready && !state.trials.length) readyPage();
  else if (state.trials.length < all.length) trialPage(all);
  else endPage();
}

function footer(underWay) {
  const withdraw = button(words("withdraw"), () => {
    if (!confirm(words("withdrawSure"))) return;
    memory.forget();
    render();
    alert(words("withdrawn"));
  }, { class: "quiet" });
  const partial = button(words("partial"), download, { class: "quiet" });
  document.getElementById("footer").replaceChildren(...(underWay ? [partial, withdraw] : []));
}

for (const node of document.querySelectorAll("[data-language]")) {
  node.addEventListener("click", () => {
    memory.set({ language: node.dataset.language });
    render();
  });
}

// Enter and space belong to a button or a field that has the focus; all other keys to the page.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const at = document.activeElement;
  const own = { BUTTON: ["Enter", " "], SELECT: null, INPUT: ["ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", " "] };
  if (at && at.tagName in own && (own[at.tagName] === null || own[at.tagName].includes(event.key))) return;
  if (at && at.type === "checkbox" && event.key !== "Enter") return;
  const act = keysOfPage[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// The time before a trial, as long as the page is in sight.
setInterval(() => {
  const { current } = memory.state;
  if (!current || document.hidden || !tabs.mine) return;
  current.seconds += 0.5;
  memory.save();
}, 500);

tabs.start();
memory.load();
render();
