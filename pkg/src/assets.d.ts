// What the build makes of files that are no code: their bytes.
declare module "*.wasm" {
  const bytes: Uint8Array;
  export default bytes;
}
