// Comfort for who is signed in: every page works without it. It counts characters, shows how far an upload is, tells of
// new posts, moves by keys, and leaves quickly when Escape is pressed three times. Words come from the page's data-…
"use strict";

(() => {
  const words = document.currentScript.dataset;

  const make = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });
  const number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);

  // ---- how much may still be written ----

  for (const field of document.querySelectorAll("textarea[data-most]")) {
    const most = Number(field.dataset.most);
    const count = field.parentNode.insertBefore(make("p", "", { className: "hint count" }), field.nextSibling);
    const show = () => {
      const length = [...field.value].length;
      count.textContent = `${number(length)} / ${number(most)}`;
      count.classList.toggle("problem", length > most);
      count.setAttribute("role", length > most ? "alert" : "none");
    };
    field.addEventListener("input", show);
    show();
  }

  // ---- forms: one press is one act, and an upload is seen to go on ----

  const replaced = (page) => {
    document.documentElement.replaceWith(document.importNode(page.documentElement, true));
    window.scrollTo(0, 0);
    document.getElementById("problem")?.scrollIntoView();
  };

  const send = (form, button) => {
    const data = new FormData(form, button);
    const bar = make("progress", "", { max: 1, value: 0 });
    const told = make("p", words.sending, { className: "notice" });
    told.setAttribute("role", "status");
    told.append(bar);
    form.append(told);
    const request = new XMLHttpRequest();
    const failed = (reason) => {
      told.textContent = reason || words.lost;
      for (const one of form.querySelectorAll("button")) one.disabled = false;
    };
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      if (request.responseURL.replace(/#.*/, "") !== form.action) return window.location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      if (page.querySelector("form.composer")) return replaced(page);
      // A page of somebody between, or one of ours without the form: what was typed stays here.
      failed(page.querySelector("main .lead")?.textContent);
    });
    for (const name of ["error", "timeout", "abort"]) request.addEventListener(name, () => failed());
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(data);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.busy) return event.preventDefault();
    const hasFiles = [...form.querySelectorAll("input[type=file]")].some((field) => field.files.length);
    if (hasFiles && form.classList.contains("composer")) {
      event.preventDefault();
      send(form, event.submitter);
      for (const one of form.querySelectorAll("button")) one.disabled = true;
      return;
    }
    form.dataset.busy = "yes";
    setTimeout(() => delete form.dataset.busy, 8000); // a download leaves the page where it is
  });
  // The Back button shows the page as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.busy;
    for (const bar of document.querySelectorAll("form.composer progress")) {
      for (const one of bar.closest("form").querySelectorAll("button")) one.disabled = false;
      bar.parentNode.remove();
    }
  });

  // ---- new posts ----

  const live = document.querySelector("[data-news]");
  const look = async () => {
    if (document.hidden || navigator.connection?.saveData) return;
    try {
      const answer = await fetch(live.dataset.news, { headers: { Accept: "text/plain" } });
      if (answer.status !== 200) return;
      const told = live.querySelector("a") || live.appendChild(make("a", "", { href: window.location.pathname }));
      told.textContent = await answer.text();
      live.hidden = false;
    } catch {
      // the line is down; the next look is in a minute
    }
  };
  if (live) setInterval(look, Number(words.pause || 60) * 1000);

  // ---- keys, for who has switched them on ----

  const posts = () => [...document.querySelectorAll("article.post")].filter((post) => !post.parentElement.closest("article"));
  const step = (by) => {
    const all = posts();
    const at = all.indexOf(document.activeElement.closest("article.post"));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next) return;
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (selector) => document.activeElement.closest("article.post")?.querySelector(selector)?.click();
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    l: () => press("button[value=like], button[value=unlike]"),
    b: () => press("button[value=boost], button[value=unboost]"),
    r: () => press("a[href^='/write?answer=']"),
    o: () => press("a.when"),
    n: () => window.location.assign("/write"),
    h: () => window.location.assign("/home"),
    s: () => window.location.assign("/search"),
  };
  let hasKeys = localStorage.getItem("keys") === "on";
  const foot = document.querySelector("footer.bottom");
  const toggle = foot && foot.appendChild(make("button", "", { type: "button", className: "keys" }));
  const explain = foot && foot.appendChild(make("p", words.keys, { className: "quiet" }));
  const showKeys = () => {
    toggle.textContent = hasKeys ? words.off : words.on;
    toggle.setAttribute("aria-pressed", String(hasKeys));
    explain.hidden = !hasKeys;
  };
  if (toggle) {
    toggle.addEventListener("click", () => {
      hasKeys = !hasKeys;
      if (hasKeys) localStorage.setItem("keys", "on");
      else localStorage.removeItem("keys");
      showKeys();
    });
    showKeys();
  }

  let escapes = [];
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      escapes = [...escapes, Date.now()].slice(-3);
      if (escapes.length === 3 && escapes[2] - escapes[0] < 1500) document.querySelector("form.leave")?.requestSubmit();
      return;
    }
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (!hasKeys || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
