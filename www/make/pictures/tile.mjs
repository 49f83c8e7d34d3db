// The tile that a product stands on: a tinted wall with the maker's pattern, a shape of light, a floor.

const PATTERNS = {
  dots: `<circle cx="14" cy="14" r="4"/><circle cx="42" cy="42" r="4"/>`,
  leaves: `<path d="M10 30q0-16 16-16q0 16-16 16zM38 54q0-16 16-16q0 16-16 16z"/>`,
  arcs: `<path d="M4 28a24 24 0 0 1 48 0h-6a18 18 0 0 0-36 0zM18 28a10 10 0 0 1 20 0z"/>`,
  checks: `<path d="M0 0h28v28H0zM28 28h28v28H28z"/>`,
  waves: `<path d="M0 16q14-12 28 0t28 0v6q-14 12-28 0t-28 0zM0 44q14-12 28 0t28 0v6q-14 12-28 0t-28 0z"/>`,
  stripes: `<path d="M0 42L42 0h14L0 56zM42 56L56 42v14z"/>`,
  confetti: `<path d="M8 10l10 4-3 6-10-4zM40 6l6 8-6 4-6-8zM22 36l10-2 1 7-10 2zM46 40l8 6-4 6-8-6z"/>`,
  drops: `<path d="M16 8q8 10 8 15a8 8 0 0 1-16 0q0-5 8-15zM42 34q6 8 6 12a6 6 0 0 1-12 0q0-4 6-12z"/>`,
};

/** A number from 0 to `below - 1` that is always the same for the same text. */
export function pick(text, below) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  return hash % below;
}

const LIGHTS = [
  `<circle cx="200" cy="196" r="138" fill="#fff" fill-opacity=".62"/>`,
  `<path d="M82 338V196a118 118 0 0 1 236 0v142z" fill="#fff" fill-opacity=".62"/>`,
  `<path d="M0 300q110-150 220-110t180-70v280H0z" fill="#fff" fill-opacity=".55"/>`,
  `<path d="M200 38c86-8 152 56 146 142s-58 158-150 156S48 270 54 186 114 46 200 38z" fill="#fff" fill-opacity=".6"/>`,
];

/** Wall, light and floor in the colours of `brand`, a little different for every `id`. */
export function tile(brand, id) {
  const size = 56;
  return (
    `<defs><pattern id="p" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(${pick(id, 3) * 8 - 8})">` +
    `<g fill="${brand.main}" fill-opacity=".075">${PATTERNS[brand.pattern]}</g></pattern>` +
    `<linearGradient id="w" x2=".4" y2="1"><stop stop-color="#fff" stop-opacity=".55"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></linearGradient></defs>` +
    `<rect width="400" height="400" fill="${brand.tint}"/><rect width="400" height="400" fill="url(#w)"/><rect width="400" height="400" fill="url(#p)"/>` +
    LIGHTS[pick(id + "light", LIGHTS.length)] +
    `<rect y="338" width="400" height="62" fill="${brand.main}" fill-opacity=".16"/>`
  );
}

/** The shadow under what stands on the floor. */
export function shadow(width, cx = 200, cy = 343) {
  return `<ellipse cx="${cx}" cy="${cy}" rx="${width / 2}" ry="10" fill="#16241e" fill-opacity=".2"/>`;
}
