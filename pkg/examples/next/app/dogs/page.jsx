// A route with a slot of its own.
export default function Dogs() {
  return <main><tailorbird-slot name="dogs-hero"><h2>All dogs</h2></tailorbird-slot></main>;
}
