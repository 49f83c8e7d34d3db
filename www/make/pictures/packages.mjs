// Packaging that food and care come in: bags, cans, jars, bottles. All stand on the floor at y = 340.
import { emojiAt } from "./emoji.mjs";
import { shadow } from "./tile.mjs";
import { wordmark } from "./wordmark.mjs";

/** Light from the left, dusk on the right, over a shape. */
function shade(id, shape) {
  return (
    `<defs><linearGradient id="${id}"><stop stop-color="#fff" stop-opacity=".28"/><stop offset=".22" stop-color="#fff" stop-opacity="0"/>` +
    `<stop offset=".72" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".22"/></linearGradient></defs>` +
    shape.replace("/>", ` fill="url(#${id})"/>`)
  );
}

/** What colour a taste has on the pack. */
const TASTES = {
  "poultry-leg": "#eda63c", chicken: "#eda63c", turkey: "#c0713f", fish: "#4a9be0", "tropical-fish": "#ff8a5c", "cut-of-meat": "#d4505a",
  "sheaf-of-rice": "#dcb04a", herb: "#6cab47", "leafy-green": "#4f9d4b", "four-leaf-clover": "#57a85a", carrot: "#f58b3c", sunflower: "#f5b82e",
  "pot-of-food": "#c8553d", bone: "#e8b98a", tooth: "#7cc7e8", blueberries: "#6b6fd0", duck: "#5f9e6e", strawberry: "#ef6680", "green-apple": "#8fbf3f",
  wood: "#a8754a", mountain: "#8c9aa8", "glass-of-milk": "#8fc9ef", "steaming-bowl": "#ef8a55", grapes: "#8a64c8", peanuts: "#c98f4e", "ear-of-corn": "#f0c23a",
  swan: "#5fb0d8", pill: "#e2606a", honeybee: "#f2b632", shrimp: "#f4795f", cookie: "#b9834f", egg: "#f0b878", blowfish: "#f0a45c",
};

const NEEDS = { Puppy: "dog-face", Kitten: "cat-face" };

/** Who eats it: the face on the label. */
export function face(product) {
  const [kind, , age] = product.category.split("/");
  const faces = { Dogs: "dog-face", Cats: "cat-face", Rabbits: "rabbit-face", Birds: product.tags.includes("parrot") ? "parrot" : "bird", Fish: "tropical-fish" };
  return NEEDS[age] ?? faces[kind];
}

export function bag(product, brand) {
  const body = `<path d="M108 86q-3-22 12-22h160q15 0 12 22l8 236q1 18-18 18H118q-19 0-18-18z"/>`;
  const scale = /^(5|6|7|8|10|12) kg|30 l/.test(product.size) ? 1.1 : 0.95;
  const taste = TASTES[product.emoji] ?? brand.accent;
  return (
    shadow(230 * scale) +
    `<g transform="translate(200 340) scale(${scale}) translate(-200 -340)">` +
    body.replace("/>", ` fill="${brand.main}"/>`) +
    `<path d="M104 190q96 44 192-6l4 138q1 18-18 18H118q-19 0-18-18z" fill="${taste}"/>` +
    `<path d="M101 282q98 34 198-4l1 44q1 18-18 18H118q-19 0-18-18z" fill="#fff" fill-opacity=".3"/>` +
    `<path d="M104 190q96 44 192-6l.4 11q-96 50-192.800 6z" fill="${brand.light}"/>` +
    `<path d="M108 86q-3-22 12-22h160q15 0 12 22l-1 6H109z" fill="${brand.deep}"/>` +
    `<path d="M112 74h176" stroke="#fff" stroke-opacity=".35" stroke-width="2" stroke-dasharray="5 4"/>` +
    wordmark(product.brand, 200, 130, 158, 40, brand.light) +
    `<circle cx="190" cy="226" r="62" fill="${brand.light}"/><circle cx="190" cy="226" r="55" fill="${brand.tint}"/>` +
    emojiAt(face(product), 190, 226, 88) +
    `<circle cx="256" cy="286" r="37" fill="${brand.light}"/>` + emojiAt(product.emoji, 256, 286, 54) +
    `<path d="M120 306h66M120 320h42" stroke="#fff" stroke-opacity=".8" stroke-width="6" stroke-linecap="round"/>` +
    shade("s", body) +
    `</g>`
  );
}

export function pouch(product, brand) {
  const taste = TASTES[product.emoji] ?? brand.accent;
  const body = `<path d="M128 112q-2-12 10-12h124q12 0 10 12l-4 60 16 146q3 22-22 22H138q-25 0-22-22l16-146z"/>`;
  return (
    shadow(200) +
    body.replace("/>", ` fill="${brand.light}"/>`) +
    `<path d="M128 112q-2-12 10-12h124q12 0 10 12l-3 46q-69 26-138 0z" fill="${brand.main}"/>` +
    `<path d="M131 158q69 26 138 0l16 160q3 22-22 22H137q-25 0-22-22z" fill="${taste}" fill-opacity=".32"/><path d="M131 158q69 26 138 0l-.6 10q-68.400 26-136.800 0z" fill="${taste}"/>` +
    `<circle cx="200" cy="112" r="6" fill="${brand.deep}"/>` +
    wordmark(product.brand, 200, 141, 112, 26, brand.light) +
    `<circle cx="200" cy="250" r="60" fill="#fff" fill-opacity=".75"/>` +
    emojiAt(product.emoji, 200, 252, 96) +
    emojiAt(face(product), 156, 306, 46) +
    `<path d="M196 318h56" stroke="${brand.main}" stroke-opacity=".5" stroke-width="6" stroke-linecap="round"/>` +
    shade("s", body)
  );
}

export function can(product, brand) {
  const one = (x, y, scale, front) => {
    const body = `<path d="M-70-110v150c0 14 31 25 70 25s70-11 70-25v-150z"/>`;
    return (
      `<g transform="translate(${x} ${y}) scale(${scale})">` +
      body.replace("/>", ` fill="${brand.main}"/>`) +
      `<path d="M-70-52q70 40 140 0v62q-70 40-140 0z" fill="${brand.light}"/>` +
      (front ? wordmark(product.brand, 0, -64, 104, 24, brand.light) + `<circle cy="-2" r="40" fill="#fff"/>` + emojiAt(product.emoji, 0, -2, 60) : "") +
      `<path d="M-70-3q70 40 140 0v13q-70 40-140 0z" fill="${TASTES[product.emoji] ?? brand.accent}"/>` +
      `<path d="M-70 32q70 46 140 0v8c0 14-31 25-70 25s-70-11-70-25z" fill="#c9d1d0"/>` +
      shade(`s${x}`, body) +
      `<ellipse cy="-110" rx="70" ry="20" fill="#e4e9e8"/><ellipse cy="-110" rx="58" ry="15" fill="#c9d1d0"/><ellipse cy="-111" rx="14" ry="5" fill="none" stroke="#98a4a2" stroke-width="4"/>` +
      `</g>`
    );
  };
  return shadow(270) + one(122, 290, 0.72, false) + one(278, 290, 0.72, false) + one(200, 276, 1, true);
}

export function jar(product, brand) {
  const body = `<path d="M122 150q0-18 18-18h120q18 0 18 18v166q0 24-24 24H146q-24 0-24-24z"/>`;
  return (
    shadow(190) +
    body.replace("/>", ` fill="${brand.main}"/>`) +
    `<path d="M122 186h156v104H122z" fill="${brand.light}"/><path d="M122 274h156v16H122z" fill="${TASTES[product.emoji] ?? brand.accent}"/>` +
    `<rect x="128" y="88" width="144" height="48" rx="10" fill="${brand.deep}"/>` +
    `<path d="M142 92v40M158 92v40M174 92v40M190 92v40M206 92v40M222 92v40M238 92v40M254 92v40" stroke="#fff" stroke-opacity=".16" stroke-width="4"/>` +
    wordmark(product.brand, 200, 162, 118, 24, brand.light) +
    emojiAt(product.emoji, 200, 230, 80) +
    shade("s", body)
  );
}

export function bottle(product, brand) {
  const body = `<path d="M142 176q0-34 34-40v-22h48v22q34 6 34 40v142q0 22-22 22h-72q-22 0-22-22z"/>`;
  return (
    shadow(150) +
    `<path d="M184 66h58q10 0 10 10v8h-32v34h-36z" fill="${brand.deep}"/>` +
    body.replace("/>", ` fill="${brand.main}"/>`) +
    `<path d="M142 196h116v100H142z" fill="${brand.light}"/><path d="M142 196h116v9H142z" fill="${brand.accent}"/>` +
    emojiAt(product.emoji, 200, 238, 58) +
    wordmark(product.brand, 200, 281, 94, 18, brand.deep) +
    shade("s", body)
  );
}

export function spray(product, brand) {
  const body = `<path d="M148 190q0-24 30-36v-20h44v20q30 12 30 36v128q0 22-22 22h-60q-22 0-22-22z"/>`;
  return (
    shadow(140) +
    `<path d="M160 84h86q12 0 12 12v8q0 8-10 8h-22v24h-50v-10q-2-20-18-28z" fill="${brand.deep}"/><path d="M186 112l-16 30" stroke="${brand.deep}" stroke-width="9" stroke-linecap="round"/>` +
    `<g fill="${brand.main}" fill-opacity=".35"><circle cx="286" cy="92" r="5"/><circle cx="304" cy="80" r="4"/><circle cx="304" cy="104" r="4"/><circle cx="324" cy="92" r="5"/></g>` +
    body.replace("/>", ` fill="${brand.main}"/>`) +
    `<path d="M148 204q52 22 104 0v92q-52 22-104 0z" fill="${brand.light}"/>` +
    emojiAt(product.emoji, 200, 246, 58) +
    wordmark(product.brand, 200, 289, 84, 17, brand.deep) +
    shade("s", body)
  );
}

export function tube(product, brand) {
  const body = `<path d="M134 88q-1-12 11-12h110q12 0 11 12l-16 204h-100z"/>`;
  return (
    shadow(120) +
    `<rect x="156" y="290" width="88" height="50" rx="8" fill="${brand.deep}"/><path d="M170 296v38M186 296v38M202 296v38M218 296v38" stroke="#fff" stroke-opacity=".18" stroke-width="5"/>` +
    body.replace("/>", ` fill="${brand.light}"/>`) +
    `<path d="M134 88q-1-12 11-12h110q12 0 11 12l-1 14H135z" fill="${brand.deep}"/>` +
    `<path d="M136 112h128l-5 60q-59 30-118 0z" fill="${brand.main}"/><path d="M141 172q59 30 118 0l-1 10q-58 30-116 0z" fill="${brand.accent}"/>` +
    wordmark(product.brand, 200, 143, 100, 24, brand.light) +
    emojiAt(product.emoji, 200, 234, 72) +
    shade("s", body)
  );
}

export function box(product, brand) {
  return (
    shadow(230) +
    `<path d="M96 138l40-34h196l-40 34z" fill="${brand.accent}"/><path d="M292 138l40-34v200l-40 36z" fill="${brand.deep}"/>` +
    `<rect x="96" y="138" width="196" height="202" fill="${brand.main}"/>` +
    `<path d="M96 232q98-46 196 0v108H96z" fill="${brand.light}"/>` +
    wordmark(product.brand, 194, 176, 150, 32, brand.light) +
    `<circle cx="194" cy="264" r="56" fill="${brand.tint}"/>` +
    emojiAt(product.emoji, 194, 264, 80) +
    `<rect x="96" y="138" width="196" height="202" fill="#fff" fill-opacity=".05"/>`
  );
}
