// Small builders of elements.
"use strict";

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function button(label, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, label);
}

function paragraphs(texts) {
  return texts.map((text) => element("p", {}, text));
}

function choice(label, options, value, onchange) {
  const select = element("select", { onchange: (event) => onchange(event.target.value) });
  for (const [key, text] of Object.entries(options)) {
    select.append(element("option", { value: key, selected: key === value }, text));
  }
  return element("label", { class: "field" }, element("span", {}, label), select);
}

// Show a page; its heading takes the focus, so that screen readers and the Tab key start there.
function show(...children) {
  const page = document.getElementById("page");
  page.replaceChildren(...children.filter((child) => child !== null));
  const heading = page.querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
}
