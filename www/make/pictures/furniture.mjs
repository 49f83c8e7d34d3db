// Things to live in, lie on and play with. All stand on the floor at y = 340.
import { emoji, emojiAt, emojiTurned } from "./emoji.mjs";
import { face } from "./packages.mjs";
import { pick, shadow } from "./tile.mjs";
import { wordmark } from "./wordmark.mjs";

/** A little sewn label with the maker's name. */
function tag(product, brand, x, y, turn = 0, width = 92) {
  return (
    `<g transform="translate(${x} ${y}) rotate(${turn})"><rect x="${-width / 2}" y="-15" width="${width}" height="30" rx="7" fill="${brand.deep}"/>` +
    wordmark(product.brand, 0, 0, width - 18, 17, brand.light) + `</g>`
  );
}

/** A toy with its swing tag on a string. */
export function toy(product, brand) {
  const lean = pick(product.id, 3) * 5 - 5;
  return (
    shadow(200) +
    emojiTurned(product.emoji, 192, 222, 224, { turn: lean }) +
    `<path d="M262 138q22-30 50-14" fill="none" stroke="${brand.deep}" stroke-width="3"/>` +
    `<g transform="translate(312 122) rotate(14)"><path d="M-40 0l16-17h62q8 0 8 8v18q0 8-8 8h-62z" fill="${brand.main}"/><circle cx="-24" r="4.500" fill="${brand.light}"/>` +
    wordmark(product.brand, 12, 0, 58, 15, brand.light) + `</g>`
  );
}

export function ball(product, brand) {
  return (
    shadow(190) +
    `<defs><radialGradient id="b" cx=".34" cy=".28" r=".8"><stop stop-color="#fff" stop-opacity=".55"/><stop offset=".4" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".3"/></radialGradient></defs>` +
    `<circle cx="200" cy="232" r="108" fill="${brand.main}"/>` +
    `<path d="M97 200q103 56 206 0a108 108 0 0 1 4 22q-107 60-214 0a108 108 0 0 1 4-22z" fill="${brand.light}"/>` +
    `<path d="M110 290q90 46 180 0a108 108 0 0 1-180 0z" fill="${brand.accent}"/>` +
    emojiAt(product.emoji, 200, 168, 56) + wordmark(product.brand, 200, 262, 110, 24, brand.light) +
    `<circle cx="200" cy="232" r="108" fill="url(#b)"/>`
  );
}

export function bed(product, brand) {
  return (
    shadow(320) +
    `<path d="M44 268c0-50 70-78 156-78s156 28 156 78-70 72-156 72S44 318 44 268z" fill="${brand.main}"/>` +
    `<path d="M66 244c22-34 74-46 134-46s112 12 134 46" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="9" stroke-linecap="round"/>` +
    `<ellipse cx="200" cy="258" rx="104" ry="38" fill="${brand.deep}"/><ellipse cx="200" cy="272" rx="88" ry="26" fill="${brand.light}"/>` +
    emojiAt("dog-face", 200, 204, 128) +
    `<path d="M96 260c4 26 52 40 104 40s100-14 104-40l52 8c0 50-70 72-156 72S44 318 44 268z" fill="${brand.main}"/>` +
    `<path d="M96 260c4 26 52 40 104 40s100-14 104-40" fill="none" stroke="${brand.deep}" stroke-opacity=".35" stroke-width="4"/>` +
    `<path d="M78 296q-8 10-4 20M134 312q-5 10-2 20M266 312q5 10 2 20M322 296q8 10 4 20" fill="none" stroke="${brand.deep}" stroke-opacity=".4" stroke-width="4" stroke-linecap="round"/>` +
    tag(product, brand, 200, 322)
  );
}

export function cushion(product, brand) {
  return (
    shadow(310) +
    `<path d="M62 262q-8-20 14-24 124-14 248 0 22 4 14 24-6 34 4 58 6 22-18 22-124 8-248 0-24 0-18-22 10-24 4-58z" fill="${brand.main}"/>` +
    `<path d="M62 262q-8-20 14-24 124-14 248 0 22 4 14 24-2 12-2 22-138 18-272 0 0-10-2-22z" fill="${brand.light}"/>` +
    `<path d="M64 284q138 18 272 0" fill="none" stroke="${brand.accent}" stroke-width="6"/>` +
    `<path d="M86 252q30-9 60-10M254 242q30 1 60 10" fill="none" stroke="${brand.main}" stroke-opacity=".35" stroke-width="5" stroke-linecap="round"/>` +
    emojiAt(product.emoji, 200, 198, 104) +
    tag(product, brand, 284, 318, -2)
  );
}

export function blanket(product, brand) {
  return (
    shadow(260) +
    `<path d="M88 168q0-20 22-20h180q22 0 22 20v152q0 20-22 20H110q-22 0-22-20z" fill="${brand.main}"/>` +
    `<path d="M88 228h224v20H88zM88 290h224v18H88z" fill="${brand.deep}" fill-opacity=".35"/>` +
    `<path d="M88 168q0-20 22-20h180q22 0 22 20v34q-112 26-224 0z" fill="${brand.light}"/>` +
    `<path d="M88 200q112 26 224 0v9q-112 26-224 0z" fill="${brand.accent}"/>` +
    emojiAt(product.emoji, 200, 164, 92) +
    emojiAt(face(product), 200, 276, 62) +
    tag(product, brand, 274, 322, 0, 74)
  );
}

export function house(product, brand) {
  return (
    shadow(250) +
    `<rect x="98" y="188" width="204" height="152" fill="${brand.light}"/><path d="M98 214h204M98 244h204M98 274h204M98 304h204" stroke="${brand.main}" stroke-opacity=".25" stroke-width="3"/>` +
    `<path d="M200 86l132 104q8 8-4 16-6 4-12 0L200 116 84 206q-6 4-12 0-12-8-4-16z" fill="${brand.main}"/><path d="M200 116l102 79v20H98v-20z" fill="${brand.deep}" fill-opacity=".18"/>` +
    `<path d="M148 340v-62a52 52 0 0 1 104 0v62z" fill="${brand.deep}"/>` +
    emojiAt(product.emoji === "sunflower" ? "bird" : face(product), 200, 294, 84) +
    (product.emoji === face(product) ? "" : emojiAt(product.emoji, 306, 310, 66)) +
    tag(product, brand, 200, 198, 0, 110)
  );
}

export function hutch(product, brand) {
  const bars = Array.from({ length: 9 }, (_, n) => `M${86 + n * 28.5} 196v120`).join("");
  return (
    shadow(320) +
    `<rect x="68" y="322" width="18" height="18" fill="${brand.deep}"/><rect x="314" y="322" width="18" height="18" fill="${brand.deep}"/>` +
    `<rect x="62" y="180" width="276" height="146" rx="6" fill="${brand.main}"/><rect x="78" y="196" width="244" height="114" fill="${brand.light}"/>` +
    `<path d="M78 286q60-16 122 0t122 0v24H78z" fill="#e9c869"/>` +
    emojiAt("rabbit", 152, 258, 96) + emojiAt(product.emoji === "rabbit" ? "carrot" : product.emoji, 262, 268, 72) +
    `<path d="${bars}" stroke="${brand.deep}" stroke-opacity=".45" stroke-width="3"/><path d="M78 234h244M78 274h244" stroke="${brand.deep}" stroke-opacity=".22" stroke-width="2"/>` +
    `<path d="M200 112l166 66q6 14-8 14H42q-14 0-8-14z" fill="${brand.deep}"/><path d="M200 112l166 66H34z" fill="${brand.accent}"/>` +
    tag(product, brand, 200, 160, 0, 112)
  );
}

export function cage(product, brand) {
  const bars = Array.from({ length: 11 }, (_, n) => `M${102 + n * 19.6} ${Math.round(176 - Math.sqrt(Math.max(0, 98 * 98 - (n * 19.6 - 98) ** 2)) * 0.9)}V308`).join("");
  return (
    shadow(250) +
    `<path d="M100 176a100 90 0 0 1 200 0v136H100z" fill="${brand.light}"/>` +
    `<path d="M124 250h152" stroke="#b8763a" stroke-width="9" stroke-linecap="round"/>` +
    emojiAt(product.emoji, 200, 202, 104) + emojiAt("herb", 268, 272, 44) +
    `<path d="${bars}" stroke="${brand.deep}" stroke-opacity=".55" stroke-width="3"/><path d="M100 176a100 90 0 0 1 200 0v136H100z" fill="none" stroke="${brand.main}" stroke-width="7"/><path d="M100 232h200" stroke="${brand.main}" stroke-width="4"/>` +
    `<circle cx="200" cy="70" r="13" fill="none" stroke="${brand.main}" stroke-width="7"/>` +
    `<rect x="86" y="304" width="228" height="36" rx="9" fill="${brand.main}"/>` + wordmark(product.brand, 200, 322, 110, 18, brand.light)
  );
}

export function perch(product, brand) {
  return (
    shadow(180) +
    `<path d="M120 60v172M280 60v172" stroke="${brand.deep}" stroke-width="4"/><circle cx="120" cy="60" r="9" fill="${brand.main}"/><circle cx="280" cy="60" r="9" fill="${brand.main}"/>` +
    `<rect x="92" y="226" width="216" height="22" rx="11" fill="#b8763a"/><path d="M110 233h70M214 240h60" stroke="#8a5324" stroke-width="3" stroke-linecap="round"/>` +
    emojiAt("parrot", 190, 168, 118) + emojiAt(product.emoji, 262, 292, 74) + tag(product, brand, 168, 290, -4, 100)
  );
}

export function tank(product, brand) {
  const wide = product.size === "100 cm" ? 320 : product.size === "60 cm" ? 280 : 220;
  const x = 200 - wide / 2;
  return (
    shadow(wide + 20) +
    `<rect x="${x}" y="126" width="${wide}" height="206" rx="12" fill="#bfeaf2"/><path d="M${x} 160q${wide / 8}-14 ${wide / 4} 0t${wide / 4} 0 ${wide / 4} 0 ${wide / 4} 0v172h-${wide}z" fill="#63c6dc"/>` +
    `<path d="M${x} 306q${wide / 4}-24 ${wide / 2}-4t${wide / 2}-6v36h-${wide}z" fill="#f0d79a"/>` +
    emojiAt("coral", x + wide - 48, 286, 62) + emojiAt("herb", x + 44, 276, 70) + emojiAt("seedling", x + 84, 298, 40) +
    emojiAt(product.emoji, 196, 230, 92) + (wide > 230 ? emojiAt("fish", 120, 196, 46) + emojiAt("tropical-fish", 282, 202, 44) : "") +
    `<g fill="#fff" fill-opacity=".7"><circle cx="252" cy="196" r="5"/><circle cx="262" cy="176" r="4"/><circle cx="250" cy="250" r="4"/></g>` +
    `<path d="M${x + 14} 150v150" stroke="#fff" stroke-opacity=".55" stroke-width="7" stroke-linecap="round"/>` +
    `<rect x="${x - 8}" y="112" width="${wide + 16}" height="26" rx="8" fill="${brand.deep}"/><rect x="${x - 8}" y="322" width="${wide + 16}" height="18" rx="6" fill="${brand.deep}"/>` +
    wordmark(product.brand, 200, 125, 90, 15, brand.light)
  );
}

export function deco(product, brand) {
  return (
    shadow(250) +
    `<path d="M60 330q40-40 92-34t96-4 92 38q0 10-14 10H74q-14 0-14-10z" fill="#f0d79a"/><g fill="#d8b96c"><circle cx="112" cy="322" r="5"/><circle cx="160" cy="314" r="4"/><circle cx="252" cy="318" r="5"/><circle cx="292" cy="326" r="4"/></g>` +
    emojiAt(product.emoji, 200, 214, 190) + emojiAt("tropical-fish", 306, 146, 56) + emojiAt("seedling", 102, 284, 62) +
    `<g fill="${brand.main}" fill-opacity=".35"><circle cx="112" cy="140" r="9"/><circle cx="130" cy="112" r="6"/><circle cx="104" cy="98" r="4"/></g>` +
    tag(product, brand, 200, 326, 0, 96)
  );
}

export function device(product, brand) {
  return (
    shadow(140) +
    `<rect x="140" y="92" width="120" height="248" rx="26" fill="#25323a"/><rect x="152" y="104" width="96" height="92" rx="16" fill="#3a4a53"/>` +
    `<path d="M160 220h80M160 240h80M160 260h80M160 280h80M160 300h80" stroke="#4f626c" stroke-width="8" stroke-linecap="round"/>` +
    emojiAt(product.emoji, 200, 150, 68) + `<path d="M222 92V62q0-14 14-14h30" fill="none" stroke="#25323a" stroke-width="12" stroke-linecap="round"/>` +
    `<circle cx="200" cy="322" r="5" fill="${brand.accent}"/>` + tag(product, brand, 200, 206, 0, 100) +
    `<g fill="${brand.main}" fill-opacity=".4"><circle cx="296" cy="180" r="9"/><circle cx="314" cy="150" r="6"/><circle cx="300" cy="126" r="5"/></g>`
  );
}

export function brush(product, brand) {
  const bristles = Array.from({ length: 11 }, (_, n) => `M${118 + n * 12} 232v34`).join("");
  return (
    shadow(230) +
    `<g transform="rotate(-24 200 230)"><path d="M240 196h96q22 0 22 22t-22 22h-96z" fill="${brand.deep}"/><circle cx="334" cy="218" r="7" fill="${brand.light}"/>` +
    `<path d="${bristles}" stroke="#8b97a0" stroke-width="4" stroke-linecap="round"/><rect x="100" y="168" width="162" height="70" rx="32" fill="${brand.main}"/><path d="M118 184q60-16 124 0" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="6" stroke-linecap="round"/>` +
    wordmark(product.brand, 180, 210, 110, 22, brand.light) + `</g>` + emojiAt(product.emoji, 122, 138, 96) + emojiAt("sparkles", 290, 282, 58)
  );
}

export function collar(product, brand) {
  return (
    shadow(220) +
    `<ellipse cx="200" cy="236" rx="116" ry="92" fill="none" stroke="${brand.deep}" stroke-width="34"/><ellipse cx="200" cy="232" rx="116" ry="92" fill="none" stroke="${brand.main}" stroke-width="30"/>` +
    `<ellipse cx="200" cy="232" rx="116" ry="92" fill="none" stroke="${brand.accent}" stroke-width="5" stroke-dasharray="14 10"/>` +
    `<rect x="166" y="120" width="68" height="42" rx="10" fill="#25323a"/><rect x="178" y="131" width="44" height="20" rx="5" fill="#5b6b74"/>` +
    emojiAt("dog-face", 200, 232, 112) + emojiAt(product.emoji, 296, 296, 60) + tag(product, brand, 200, 330)
  );
}

export function cave(product, brand) {
  return (
    shadow(250) +
    `<path d="M200 96c86 0 136 76 136 160 0 52-20 84-60 84H124c-40 0-60-32-60-84 0-84 50-160 136-160z" fill="${brand.main}"/>` +
    `<path d="M92 220q24-80 88-96M84 262q2-14 6-24" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="8" stroke-linecap="round"/>` +
    `<ellipse cx="200" cy="262" rx="84" ry="70" fill="${brand.deep}"/><path d="M124 292q76-30 152 0-20 40-76 40t-76-40z" fill="${brand.light}"/>` +
    emojiAt(product.emoji, 200, 258, 104) + tag(product, brand, 200, 152)
  );
}

export function tunnel(product, brand) {
  const rings = [250, 214, 178, 142].map((x, n) => `<ellipse cx="${x + 56}" cy="246" rx="52" ry="88" fill="${n % 2 ? brand.main : brand.accent}"/>`).join("");
  return (
    shadow(320) + rings +
    `<ellipse cx="152" cy="246" rx="66" ry="92" fill="${brand.main}"/><ellipse cx="148" cy="248" rx="52" ry="76" fill="${brand.deep}"/>` +
    emojiAt(product.emoji, 148, 262, 92) + tag(product, brand, 282, 306, -2)
  );
}

export function tower(product, brand) {
  return (
    shadow(230) +
    `<rect x="88" y="318" width="224" height="22" rx="9" fill="${brand.deep}"/><rect x="132" y="178" width="38" height="140" fill="#dcc08d"/><rect x="232" y="118" width="38" height="200" fill="#dcc08d"/>` +
    `<path d="M132 194h38M132 212h38M132 230h38M132 248h38M132 266h38M132 284h38M132 302h38M232 134h38M232 152h38M232 170h38M232 188h38M232 206h38M232 224h38M232 242h38M232 260h38M232 278h38M232 296h38" stroke="#b8955a" stroke-width="4"/>` +
    `<rect x="96" y="162" width="112" height="20" rx="9" fill="${brand.main}"/><rect x="186" y="102" width="130" height="20" rx="9" fill="${brand.main}"/>` +
    emojiAt(product.emoji, 250, 62, 86) + emojiAt("yarn", 150, 144, 38) + tag(product, brand, 200, 329, 0, 100)
  );
}
