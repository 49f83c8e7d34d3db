// Runs before the agent loads: hands it the demo's clock, collects what it reports until the panel is there, and keeps the
// panel's place free so that nothing moves.
(() => {
  const stored = (area, key) => {
    try {
      return area().getItem(key);
    } catch {
      return null;
    }
  };
  const DAY = 86_400_000;
  const asked = new URLSearchParams(location.search).get("days");
  if (asked !== null && Number.isFinite(Number(asked))) {
    try {
      localStorage.setItem("demo-clock-offset", String(Number(asked) * DAY));
    } catch {
      // Then it counts for this page only.
    }
  }
  const offset = (asked !== null ? Number(asked) * DAY : Number(stored(() => localStorage, "demo-clock-offset"))) || 0;
  const heard = [];
  window.tailorbirdDemo = { offset, heard, hear: null };
  // Pretending that time has passed is an option of the agent's, meant for tests.
  if (offset) window.tailorbirdOptions = { ...window.tailorbirdOptions, clock: () => Date.now() + offset };
  for (const name of ["ready", "event", "decision", "render", "exposure", "sync", "stage", "warning"]) {
    window.tailorbird.push((agent) => agent.on(name, (detail) => (window.tailorbirdDemo.hear ? window.tailorbirdDemo.hear(name, detail) : heard.push([name, detail]))));
  }
  if (stored(() => sessionStorage, "demo-panel")) document.documentElement.classList.add("panel-open");
})();
