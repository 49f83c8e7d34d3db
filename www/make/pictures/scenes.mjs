// Landscapes for heroes and banners: wide, with a sky in the panel's own colour, calm on the left where words stand.
import { beginDrawing, emojiAt, emojiTurned } from "./emoji.mjs";

const cloud = (x, y, s) => `<g transform="translate(${x} ${y}) scale(${s})" fill="#fff" fill-opacity=".8"><circle r="26"/><circle cx="32" cy="-12" r="32"/><circle cx="68" r="24"/><rect x="-8" y="2" width="84" height="24" rx="12"/></g>`;
const sun = (x, y, r, colour) => `<circle cx="${x}" cy="${y}" r="${r * 1.45}" fill="${colour}" fill-opacity=".3"/><circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`;
const rest = (x, y, w) => `<ellipse cx="${x}" cy="${y}" rx="${w / 2}" ry="${w / 11}" fill="#10201a" fill-opacity=".17"/>`;

/** An animal with its feet on the ground at `y`. */
function stands(name, x, y, size, options) {
  return rest(x, y - size * 0.04, size * 0.74) + emojiTurned(name, x, y - size / 2, size, options);
}

function hills(back, middle, front) {
  return (
    `<path d="M-560 470C-360 476-70 428 0 372q120-96 250-50t220-32 250 10v260h-1280z" fill="${back}"/>` +
    `<path d="M-560 520C-360 528-100 513 0 452q170-104 350-50t370-46v204h-1280z" fill="${middle}"/>` +
    `<path d="M-560 543C-360 550-110 531 0 500q220-62 420-26t300-20v106h-1280z" fill="${front}"/>`
  );
}

function fishbowl(x, y, s) {
  return (
    rest(x, y, 170 * s) +
    `<g transform="translate(${x} ${y - 84 * s}) scale(${s})"><circle r="86" fill="#e8fbff"/><path d="M-83-22q42-16 83 0t83 0a86 86 0 0 1-166 0z" fill="#6fd0e3" transform="scale(1 1)"/><path d="M-83-22a86 86 0 1 0 166 0q-41 16-83 0t-83 0z" fill="#6fd0e3"/>` +
    `<path d="M-64 56q64-22 128 0a86 86 0 0 1-128 0z" fill="#f0d79a"/><ellipse cy="-74" rx="46" ry="11" fill="#fff"/>` +
    emojiAt("tropical-fish", 4, 12, 84) + emojiAt("seedling", -40, 46, 40) +
    `<path d="M-62-30q-12 32 0 62" stroke="#fff" stroke-opacity=".8" stroke-width="7" fill="none" stroke-linecap="round"/></g>`
  );
}

const SCENES = {
  all: {
    sky: "#ffe3ad",
    draw: () =>
      sun(570, 128, 58, "#ffb63a") + cloud(90, 130, 1) + cloud(400, 84, 0.7) + hills("#c9dc93", "#9cc873", "#74b35c") +
      emojiAt("deciduous-tree", 92, 318, 190) + emojiAt("evergreen-tree", 648, 318, 120) +
      emojiTurned("parrot", 258, 170, 120, { turn: -8 }) +
      stands("cat", 520, 466, 176, { mirror: true }) + stands("dog", 306, 512, 246) + fishbowl(624, 536, 0.62) + stands("rabbit", 120, 532, 138, { mirror: true }) +
      emojiAt("sunflower", 424, 506, 68) + emojiAt("tulip", 214, 536, 46) + emojiAt("herb", 462, 540, 46),
  },
  dogs: {
    sky: "#ffd9b5",
    draw: () =>
      sun(132, 128, 54, "#ff9a5a") + cloud(450, 108, 1) + hills("#e9c48b", "#c7cf7f", "#8dbb62") +
      emojiAt("deciduous-tree", 634, 312, 206) + stands("poodle", 560, 500, 168) + stands("dog", 330, 520, 292) + stands("guide-dog", 118, 512, 148, { mirror: true }) +
      emojiAt("flying-disc", 150, 250, 92) + emojiAt("bone", 470, 524, 70) + emojiAt("sunflower", 214, 532, 50),
  },
  puppy: {
    sky: "#ffdfe2",
    draw: () =>
      sun(580, 132, 50, "#ffc05c") + cloud(120, 118, 0.9) + hills("#f3c6b8", "#d9d08c", "#9cc270") +
      stands("dog", 214, 530, 142) + stands("dog", 474, 516, 290) + emojiAt("baby-bottle", 96, 498, 74) + emojiAt("bone", 620, 514, 78) +
      `<path d="M230 356q70-96 190-110" fill="none" stroke="#fff" stroke-width="10" stroke-linecap="round" stroke-dasharray="2 24"/><path d="M404 222l34 22-30 28" fill="none" stroke="#fff" stroke-width="10" stroke-linecap="round" stroke-linejoin="round"/>`,
  },
  cats: {
    sky: "#e6d9fb",
    draw: () =>
      sun(560, 122, 52, "#f6b94f") + cloud(110, 118, 0.9) + hills("#cdb8ec", "#b49add", "#8f73c4") +
      `<rect x="70" y="346" width="330" height="26" rx="12" fill="#6b4a9c"/><rect x="110" y="366" width="40" height="156" fill="#e2c695"/><rect x="318" y="366" width="40" height="156" fill="#e2c695"/><path d="M110 390h40M110 412h40M110 434h40M110 456h40M110 478h40M318 390h40M318 412h40M318 434h40M318 456h40M318 478h40" stroke="#b8955a" stroke-width="4"/>` +
      stands("black-cat", 230, 356, 190) + stands("cat", 552, 520, 240, { mirror: true }) + emojiAt("yarn", 396, 512, 84) + emojiAt("mouse", 232, 520, 74) + emojiAt("butterfly", 420, 210, 70),
  },
  rabbits: {
    sky: "#d8f0c6",
    draw: () =>
      sun(580, 120, 54, "#ffd257") + cloud(120, 112, 1) + cloud(380, 152, 0.6) + hills("#b2dc92", "#88c76b", "#5fae4f") +
      emojiAt("deciduous-tree", 88, 322, 172) + stands("rabbit", 432, 518, 288) + stands("rabbit", 178, 526, 168, { mirror: true }) + stands("rabbit", 630, 538, 112) +
      emojiAt("carrot", 292, 520, 86) + emojiAt("leafy-green", 556, 512, 70) + emojiAt("sunflower", 80, 516, 76) + emojiAt("tulip", 676, 484, 52) + emojiAt("butterfly", 286, 226, 62),
  },
  birds: {
    sky: "#cdeafc",
    draw: () =>
      sun(118, 118, 50, "#ffd257") + cloud(260, 110, 0.9) + cloud(560, 150, 1.1) + hills("#a9d7ef", "#93cba8", "#67b07c") +
      `<path d="M-44 342q264-40 464-8t300-20" fill="none" stroke="#8a5f36" stroke-width="20" stroke-linecap="round"/><path d="M500 326q60-52 112-56M160 318q-30-46-70-56" fill="none" stroke="#8a5f36" stroke-width="11" stroke-linecap="round"/>` +
      emojiAt("leafy-green", 620, 262, 64) + emojiAt("leafy-green", 84, 250, 58) +
      emojiAt("parrot", 382, 224, 240) + emojiAt("bird", 584, 262, 110) + emojiAt("bird", 196, 262, 104) + emojiAt("nest-with-eggs", 640, 494, 116) + emojiAt("sunflower", 118, 482, 112) + emojiAt("owl", 300, 488, 116),
  },
  fish: {
    sky: "#bfecec",
    draw: () =>
      `<path d="M-600 300q220 20 400-70t320-70q60-26 120 0t120 0 120 0 120 0 120 0v400H-600z" fill="#a3e2e6"/><path d="M-600 420q260 20 430-60t290-90q60-26 120 0t120 0 120 0 120 0 120 0v334H-600z" fill="#6dcdd8"/>` +
      `<path d="M-560 540q300 4 560-50 180-58 360-16t360-28v114H-560z" fill="#f2dca4"/>` + emojiAt("coral", 96, 428, 150) + emojiAt("coral", 640, 424, 124) + emojiAt("castle", 528, 420, 128) + emojiAt("herb", 214, 452, 110) +
      emojiTurned("tropical-fish", 368, 280, 226, { mirror: true }) + emojiAt("fish", 176, 214, 104) + emojiAt("blowfish", 588, 214, 116) + emojiAt("crab", 330, 490, 74) + emojiAt("spiral-shell", 420, 506, 60) +
      `<g fill="#fff" fill-opacity=".75"><circle cx="492" cy="230" r="9"/><circle cx="512" cy="194" r="6"/><circle cx="496" cy="160" r="5"/><circle cx="250" cy="160" r="7"/><circle cx="266" cy="132" r="5"/></g>`,
  },
  gold: {
    sky: "#23463a",
    draw: () =>
      `<g fill="#ffd778"><circle cx="110" cy="92" r="4"/><circle cx="220" cy="168" r="3"/><circle cx="330" cy="72" r="5"/><circle cx="610" cy="60" r="4"/><circle cx="470" cy="128" r="3"/><circle cx="664" cy="210" r="4"/><circle cx="60" cy="240" r="3"/></g>` +
      sun(560, 150, 50, "#ffe4a3") + hills("#2f5b4b", "#3d7059", "#4f8a68") +
      stands("dog", 250, 516, 244) + stands("cat", 484, 520, 206, { mirror: true }) + emojiTurned("crown", 178, 282, 92, { turn: -12 }) + stands("rabbit", 640, 540, 110) + emojiAt("wrapped-gift", 92, 496, 104) + emojiAt("sparkles", 372, 214, 74),
  },
};

/** Names of all scenes. */
export const SCENE_NAMES = Object.keys(SCENES);

/** One scene as an SVG document. */
export function scenePicture(name) {
  const scene = SCENES[name];
  beginDrawing();
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-560 0 1280 560" width="1280" height="560"><rect x="-560" width="1280" height="560" fill="${scene.sky}"/>${scene.draw()}</svg>\n`;
}
