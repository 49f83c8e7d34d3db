// The shop's words: its name, its departments, and what each is called.

export const SHOP = { name: "Whisker & Wren", claim: "Good things for every kind of pet", origin: "http://127.0.0.1:8787" };

/** The five departments in the order of the navigation. `theme` names colours and scene. */
export const DEPARTMENTS = [
  { key: "Dogs", slug: "dogs", theme: "dogs", icon: "dog-face", one: "dog", title: "Dogs", lead: "From the first night at home to the slow Sunday walks: food, toys, care and beds for every age." },
  { key: "Cats", slug: "cats", theme: "cats", icon: "cat-face", one: "cat", title: "Cats", lead: "For hunters, sleepers and supervisors. Tested by eleven cats who were asked and did not answer." },
  { key: "Rabbits", slug: "rabbits", theme: "rabbits", icon: "rabbit-face", one: "rabbit", title: "Rabbits", lead: "Hay first, space second, everything else after that. Most of it may be chewed." },
  { key: "Birds", slug: "birds", theme: "birds", icon: "parrot", one: "bird", title: "Birds", lead: "For budgies, parrots and canaries indoors, and for the tits outside your window." },
  { key: "Fish", slug: "fish", theme: "fish", icon: "tropical-fish", one: "fish", title: "Fish", lead: "Clear water, calm fish, and equipment that you hear only when you look for it." },
];

const SHELVES = {
  "Dogs/Food": ["Dog food", "Kibble, stews and small rewards, sorted by age, because a puppy is not a small dog."],
  "Dogs/Toys": ["Dog toys", "Things to fetch, tug, solve and carry proudly through the room."],
  "Dogs/Care": ["Dog care", "Teeth, coat, paws and joints: ten minutes a week that save a visit to the vet."],
  "Dogs/Beds": ["Dog beds", "Low entries, deep middles, covers that survive the washing machine."],
  "Cats/Food": ["Cat food", "Much meat, little cereal, and water in it for those who forget to drink."],
  "Cats/Toys": ["Cat toys", "Five minutes of hunting before dinner keep the sofa whole."],
  "Cats/Care": ["Cat care", "Litter that clumps, brushes that are tolerated, calm in a bottle."],
  "Cats/Beds": ["Cat beds & trees", "High, hidden or in the sun: the three places where cats live."],
  "Rabbits/Food": ["Rabbit food", "Eighty percent hay, a handful of greens, a spoon of pellets, a treat for good manners."],
  "Rabbits/Toys": ["Rabbit toys", "To dig, toss, solve and eat, mostly in that order."],
  "Rabbits/Care": ["Rabbit care", "Bedding, combs and clippers for quiet, clean rabbits."],
  "Rabbits/Homes": ["Rabbit homes", "Room to run, two exits, one roof."],
  "Birds/Food": ["Bird food", "Seeds cleaned three times, for the flock indoors and the one in the garden."],
  "Birds/Toys": ["Bird toys", "A busy beak is a quiet neighbour."],
  "Birds/Care": ["Bird care", "Baths, chalk and aloe for good plumage."],
  "Birds/Homes": ["Cages & perches", "Length before height, and branches that are never quite even."],
  "Fish/Food": ["Fish food", "Flakes, wafers and pearls that do not cloud the water."],
  "Fish/Decor": ["Aquarium decor", "Caves, plants and stones that fish use, not only their people."],
  "Fish/Care": ["Water & technology", "Filters, heaters and tests: the quiet half of fish keeping."],
  "Fish/Homes": ["Aquariums", "Complete tanks from a shrimp cube to a shoal."],
};

/** The ages that dogs have pages of their own for. */
export const AGES = [
  { key: "Puppy", slug: "puppy", title: "Puppies", lead: "The first twelve months: milk teeth, big naps, and food for growing bones.", icon: "baby-bottle" },
  { key: "Adult", slug: "adult", title: "Adult dogs", lead: "From the first birthday on: steady energy, clean teeth, strong games.", icon: "flying-disc" },
  { key: "Senior", slug: "senior", title: "Senior dogs", lead: "Softer food, warmer beds, lighter steps.", icon: "hourglass-done" },
];

const TAGS = {
  "grain-free": "Grain-free: no wheat, maize or rice in the recipe", dental: "Good for teeth: checked by a veterinary dentist", senior: "Made for older animals: easy to eat, easy to digest",
  puppy: "For puppies up to twelve months", kitten: "For kittens up to twelve months", sensitive: "For sensitive stomachs and skin", joints: "Supports joints with glucosamine or green-lipped mussel",
  washable: "Washable at 40 to 60 degrees", orthopaedic: "Orthopaedic foam that keeps its shape", chew: "Safe to chew, and meant for it", puzzle: "Keeps clever heads busy", training: "Small enough to reward often",
  hay: "Dried slowly, free of dust and pesticides", bedding: "Absorbs three times its weight", outdoor: "Weatherproof, made to stay outside", hide: "A place to hide, which every small animal needs", wild: "For wild birds, all year round",
  tropical: "For tropical fish at 22 to 28 degrees", water: "Tested with hard and soft water", garden: "For the garden and the balcony", catnip: "With valerian or catnip", scratch: "Solid base, replaceable sisal", fetch: "Floats, flies, and is easy to see",
};

/** What the shop calls a category: title and lead. */
export function shelf(path) {
  const [title, lead] = SHELVES[path] ?? [];
  return { title, lead };
}

/** Category path to page address: `Dogs/Food` is `/dogs/food/`. */
export function categoryUrl(path) {
  return `/${path.toLowerCase()}/`;
}

/** The department of a category path. */
export function departmentOf(path) {
  return DEPARTMENTS.find((department) => department.key === path.split("/")[0]);
}

/** Good-to-know sentences for a product. */
export function facts(product) {
  return [...product.tags.map((tag) => TAGS[tag]).filter(Boolean), "Shipped from our warehouse in Ghent in plastic-free cartons", "100 days to send it back, opened or not"].slice(0, 4);
}
