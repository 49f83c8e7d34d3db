// The collector's dashboard. Everything that visitors can write (event names, titles, user agents) is set as text,
// never as markup.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  let token = sessionStorage.getItem("tailorbird-admin") || "";
  let timer = 0;

  const cell = (row, text) => {
    const made = document.createElement("td");
    made.textContent = text;
    row.append(made);
  };
  const time = (text) => new Date(text).toLocaleTimeString();
  const short = (value, most) => {
    const text = typeof value === "string" ? value : JSON.stringify(value) || "";
    return text.length > most ? text.slice(0, most) + "…" : text;
  };

  const ask = async (path, options = {}) => {
    const response = await fetch(path, { ...options, headers: { Authorization: "Bearer " + token }, cache: "no-store" });
    if (response.status === 401 || response.status === 403) {
      const said = await response.json();
      throw Object.assign(new Error(said.error), { refused: true });
    }
    if (!response.ok) throw new Error("the collector answered " + response.status);
    return response;
  };

  const showNumbers = (numbers) => {
    by("numbers").replaceChildren(
      ...Object.entries(numbers).flatMap(([name, value]) => {
        const term = document.createElement("dt");
        const data = document.createElement("dd");
        term.textContent = name;
        data.textContent = Number(value).toLocaleString();
        const pair = document.createElement("div");
        pair.append(term, data);
        return [pair];
      }),
    );
  };

  const showMinutes = (minutes) => {
    const most = Math.max(1, ...minutes.map((minute) => minute.events));
    by("chart").replaceChildren(
      ...minutes.map((minute) => {
        const bar = document.createElement("i");
        bar.style.height = (minute.events / most) * 100 + "%";
        bar.title = new Date(minute.at).toLocaleTimeString() + ": " + minute.events;
        return bar;
      }),
    );
    by("busiest").textContent = "The highest bar is " + most.toLocaleString() + " events a minute.";
  };

  const showEvents = (events) => {
    by("events").replaceChildren(
      ...events.map((event) => {
        const row = document.createElement("tr");
        cell(row, time(event.receivedAt));
        cell(row, short(event.type, 20));
        cell(row, short(event.event ?? event.name ?? "", 60));
        cell(row, short(event.userId ?? event.anonymousId ?? "", 40));
        cell(row, short(event.properties ?? event.traits ?? {}, 200));
        return row;
      }),
    );
  };

  const showInvalid = (lines) => {
    by("no-bad").hidden = lines.length > 0;
    by("bad-table").hidden = lines.length === 0;
    by("replay").hidden = lines.length === 0;
    by("invalid").replaceChildren(
      ...lines.map((line) => {
        const row = document.createElement("tr");
        cell(row, time(line.receivedAt));
        cell(row, line.reason);
        cell(row, short(line.event, 200));
        return row;
      }),
    );
  };

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const overview = await (await ask("/v1/overview")).json();
      const invalid = (await (await ask("/v1/quarantine?limit=50")).text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
      by("sign-in").hidden = true;
      by("board").hidden = false;
      by("state").textContent = overview.degraded
        ? "The disk does not take writes: requests are answered 503."
        : "Taking events. Seen at " + new Date().toLocaleTimeString() + ".";
      showNumbers(overview.numbers);
      showMinutes(overview.minutes);
      showEvents(overview.latest);
      showInvalid(invalid);
      sessionStorage.setItem("tailorbird-admin", token);
    } catch (error) {
      by("state").textContent = error.message;
      if (error.refused) {
        sessionStorage.removeItem("tailorbird-admin");
        by("sign-in").hidden = false;
        by("board").hidden = true;
        return;
      }
    }
    timer = setTimeout(refresh, 5000);
  };

  by("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    token = by("token").value;
    refresh();
  });
  by("replay").addEventListener("click", async () => {
    const answer = await (await ask("/v1/quarantine/replay", { method: "POST" })).json();
    await refresh();
    by("state").textContent = answer.replayed + " events were valid now and are stored; " + answer.rejected + " are still invalid.";
  });
  if (token) refresh();
})();
