// How the overlay looks, as one constructed sheet: it works under every style policy and leaks nothing into the page.

const CSS_TEXT = `
:host { all: initial; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; color-scheme: light dark;
  --paper: #fffdf8; --raised: #f5f1e8; --ink: #1d211e; --faint: #667068; --line: #e2dccf; --accent: #17694a; --on-accent: #fff; --warm: #b4660a; --bad: #b3372a; --shadow: 0 12px 40px #1d211e33, 0 2px 6px #1d211e1f;
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); }
@media (prefers-color-scheme: dark) { :host { --paper: #151a17; --raised: #1e2521; --ink: #e9efe9; --faint: #93a097; --line: #2d3731; --accent: #6fd0a4; --on-accent: #0c1a13; --warm: #f0b35b; --bad: #ff8f80; --shadow: 0 12px 40px #000a, 0 2px 6px #0008; } }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; border: 1px solid var(--line); border-radius: 7px; background: var(--paper); padding: 4px 10px; }
button:hover { border-color: var(--faint); }
button.quiet { border-color: transparent; background: none; color: var(--faint); padding: 3px 8px; }
button.quiet:hover { background: var(--raised); color: var(--ink); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
code, dt, dd, time { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px; }
.faint { color: var(--faint); }
.grow { flex: 1; }

.panel { pointer-events: auto; position: absolute; right: 14px; bottom: 14px; width: min(396px, calc(100vw - 28px)); height: min(620px, calc(100vh - 28px)); display: flex; flex-direction: column; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); overflow: hidden; }
.head { display: flex; align-items: center; gap: 8px; padding: 10px 8px 8px 14px; }
.head .quiet { font-size: 17px; line-height: 1.2; }
.mark { width: 10px; height: 10px; border-radius: 2px 50% 50% 50%; background: var(--accent); flex: none; }
.preview { display: flex; align-items: center; justify-content: space-between; gap: 10px; margin: 0 12px 8px; padding: 8px 10px; border-radius: 9px; background: color-mix(in srgb, var(--warm) 14%, var(--paper)); border: 1px solid color-mix(in srgb, var(--warm) 45%, var(--paper)); overflow-wrap: anywhere; }
.tabs { display: flex; gap: 2px; padding: 0 12px; border-bottom: 1px solid var(--line); }
.tabs button { border: 0; border-radius: 7px 7px 0 0; background: none; color: var(--faint); padding: 6px 10px 8px; border-bottom: 2px solid transparent; margin-bottom: -1px; }
.tabs button:hover { color: var(--ink); }
.tabs [aria-selected=true] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.views { flex: 1; min-height: 0; position: relative; }
.view { position: absolute; inset: 0; overflow: auto; padding: 10px 12px 14px; overscroll-behavior: contain; scrollbar-width: thin; }
.view:focus-visible { outline-offset: -3px; }
.empty { padding: 14px 2px; color: var(--faint); }

summary { cursor: pointer; list-style: none; border-radius: 7px; }
summary::-webkit-details-marker { display: none; }
.slot { border: 1px solid var(--line); border-radius: 10px; margin-bottom: 8px; background: var(--paper); }
.slot > summary::before { content: "▸"; color: var(--faint); font-size: 10px; }
.slot[open] > summary::before { content: "▾"; }
.slot > summary { padding: 8px 10px; display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: baseline; justify-content: space-between; }
.slot > summary:hover { background: var(--raised); border-radius: 9px; }
.slot[open] > summary { border-radius: 9px 9px 0 0; border-bottom: 1px solid var(--line); }
.name { font-weight: 600; overflow-wrap: anywhere; }
.what { color: var(--faint); overflow-wrap: anywhere; margin-left: auto; text-align: right; }
.what.matched { color: var(--accent); font-weight: 600; }
.what.preview, .what.control { color: var(--warm); font-weight: 600; background: none; border: 0; padding: 0; margin: 0 0 0 auto; }
.what.off { color: var(--bad); }
.inside { padding: 8px 10px 10px; }
.products { list-style: none; padding: 0; display: grid; gap: 3px; margin: 6px 0 2px; }
.products code { background: var(--raised); border-radius: 5px; padding: 1px 6px; }
.reasons { list-style: none; padding: 0; margin-top: 6px; display: grid; gap: 9px; }
.tries { display: flex; flex-wrap: wrap; gap: 4px 5px; align-items: center; margin-top: 4px; }
.tries .faint { font-size: 11px; margin-right: 2px; }
button.try { border-radius: 99px; padding: 0 9px; font-size: 12px; line-height: 20px; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; background: var(--raised); }
button.try:hover { border-color: var(--accent); color: var(--accent); }
button.try[aria-pressed=true] { border-color: var(--warm); background: color-mix(in srgb, var(--warm) 18%, var(--paper)); color: var(--ink); font-weight: 600; }
button.try[aria-pressed=true]::after { content: " ×"; color: var(--warm); }
.reasons li { display: grid; grid-template-columns: 20px 1fr; gap: 8px; align-items: start; overflow-wrap: anywhere; }
.reasons p { color: var(--faint); }
.reasons b { font-weight: 600; }
.sign { display: grid; place-items: center; width: 20px; height: 20px; border-radius: 50%; background: var(--raised); color: var(--faint); font-size: 11px; font-weight: 700; }
.won .sign { background: var(--accent); color: var(--on-accent); }
.off .sign { background: var(--bad); color: var(--paper); }
.limit .sign, .schedule .sign { color: var(--warm); }
.rest { margin: 10px 0; }
.rest > summary { color: var(--faint); padding: 4px 2px; margin-bottom: 6px; }
.rest > summary::before { content: "▸ "; }
.rest[open] > summary::before { content: "▾ "; }
.ask { display: flex; gap: 6px; margin-top: 10px; }
input[type=text], input[type=search] { flex: 1; min-width: 0; width: 100%; border: 1px solid var(--line); border-radius: 7px; padding: 5px 9px; background: var(--raised); }
::placeholder { color: var(--faint); opacity: 1; }

.bars { display: grid; gap: 5px; margin-bottom: 12px; }
.bars p { display: grid; grid-template-columns: minmax(80px, 34%) 1fr 36px; gap: 10px; align-items: center; overflow-wrap: anywhere; }
.bars .empty { display: block; padding: 6px 2px; }
.bars .track { height: 8px; border-radius: 4px; background: var(--raised); overflow: hidden; }
.bars i { display: block; height: 100%; border-radius: 4px; background: var(--accent); }
.bars b { font-weight: 600; text-align: right; font-variant-numeric: tabular-nums; }
.facts { margin-top: 8px; }
.facts div { display: grid; grid-template-columns: minmax(90px, 42%) 1fr; gap: 10px; padding: 4px 2px; border-bottom: 1px solid var(--line); }
.facts div:last-child { border: 0; }
.facts dt { color: var(--faint); overflow-wrap: anywhere; }
.facts dd { overflow-wrap: anywhere; }
.event { border-bottom: 1px solid var(--line); }
.event > summary { display: flex; gap: 10px; align-items: baseline; padding: 6px 4px; }
.event > summary:hover { background: var(--raised); }
.event time { color: var(--faint); }
.event .name { font-weight: 500; flex: none; }
.event .gist { color: var(--faint); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.event .facts { margin: 0 0 8px 8px; }

fieldset { border: 0; padding: 0; margin-bottom: 14px; }
legend { font-weight: 600; padding: 0; }
.choice { display: inline-flex; margin-top: 6px; padding: 2px; gap: 2px; border-radius: 9px; background: var(--raised); }
.choice input { position: absolute; opacity: 0; }
.choice span { display: block; padding: 3px 12px; border-radius: 7px; cursor: pointer; color: var(--faint); }
.choice input:checked + span { background: var(--paper); color: var(--ink); font-weight: 600; box-shadow: 0 1px 3px #0002; }
.choice input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 1px; }
h2 { font-size: 13px; font-weight: 600; }
.acts { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 12px; }

.frames { position: absolute; inset: 0; overflow: hidden; }
.frame { --tone: var(--faint); position: absolute; left: 0; top: 0; border: 1.5px dashed var(--tone); border-radius: 6px; }
.frame[data-reason=matched] { --tone: var(--accent); border-style: solid; }
.frame[data-reason=preview], .frame[data-reason=control] { --tone: var(--warm); border-style: solid; }
.frame.chosen { border-width: 3px; background: color-mix(in srgb, var(--tone) 9%, transparent); }
.label { pointer-events: auto; position: absolute; left: 8px; bottom: 100%; margin-bottom: -9px; max-width: calc(100% - 16px); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border: 1.5px solid var(--tone); border-radius: 99px; padding: 0 9px; font-size: 11px; line-height: 17px; background: var(--paper); color: var(--ink); }
.label:hover { border-color: var(--tone); background: var(--raised); }
.low .label { bottom: auto; top: 4px; margin: 0; }
.pill { pointer-events: auto; position: absolute; right: 14px; bottom: 14px; display: flex; align-items: center; gap: 8px; border-radius: 99px; padding: 8px 14px; box-shadow: var(--shadow); font-weight: 600; }
.pill.forced .mark { background: var(--warm); }
@media (max-width: 560px) { .panel { right: 0; left: 0; bottom: 0; width: auto; height: min(58vh, 520px); border-radius: 14px 14px 0 0; border-width: 1px 0 0; } }
@media print { :host { display: none; } }
`;

export function styles(root: ShadowRoot): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS_TEXT);
  root.adoptedStyleSheets = [sheet];
}
