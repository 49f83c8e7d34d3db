// On the server: importing tailorbird is harmless there, nothing starts.
import { renderToString } from "react-dom/server";
import { App } from "./App.jsx";

export const page = (script) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title></head>
<body><div id="app">${renderToString(<App />)}</div><script type="module" src="${script}"></script></body></html>`;
