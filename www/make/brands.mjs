// The twelve invented makers: colours of their packaging and the pattern behind it.

export const BRANDS = {
  Hartwood: { main: "#2f5d46", deep: "#1e4231", light: "#f6efdd", accent: "#e0a53a", tint: "#dde9d6", pattern: "leaves" },
  Pawberry: { main: "#d94f70", deep: "#a8324f", light: "#fff3f1", accent: "#ffd166", tint: "#fde0e3", pattern: "dots" },
  Greymuzzle: { main: "#56708f", deep: "#394e68", light: "#f6f3ea", accent: "#e8b06a", tint: "#dfe7f1", pattern: "arcs" },
  Purrcival: { main: "#6b4a9c", deep: "#4a3075", light: "#f7f1fd", accent: "#f2b84b", tint: "#e8def6", pattern: "checks" },
  Tiderow: { main: "#11698e", deep: "#0b4766", light: "#ecf8fb", accent: "#ff9f68", tint: "#d3eaf3", pattern: "waves" },
  "Clover & Hay": { main: "#5f9e3f", deep: "#3c7024", light: "#fafae4", accent: "#f4c542", tint: "#e5f1cf", pattern: "leaves" },
  "Burrow Works": { main: "#b8763a", deep: "#855022", light: "#fcf3e5", accent: "#5f9e6e", tint: "#f5e5cd", pattern: "stripes" },
  Songfield: { main: "#2f8fd0", deep: "#1b689e", light: "#fff9e0", accent: "#ffcf3f", tint: "#d8ecfb", pattern: "dots" },
  Reefline: { main: "#0d9a9b", deep: "#076d6e", light: "#ebfbf8", accent: "#ff7a59", tint: "#ceefeb", pattern: "waves" },
  Snugglewick: { main: "#c98aa6", deep: "#93566f", light: "#fdf4f1", accent: "#8fb7a5", tint: "#f6e2e6", pattern: "arcs" },
  Tumble: { main: "#f2762e", deep: "#bf5119", light: "#fff5e6", accent: "#2fb4a8", tint: "#ffe5cd", pattern: "confetti" },
  Brightcoat: { main: "#37b59a", deep: "#1d7c6b", light: "#f1fbf8", accent: "#ff8fa3", tint: "#d6f2ea", pattern: "drops" },
};
