//! wasm-bindgen, as a library: splits what rustc made into a module and the JavaScript that calls it.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use super::sections;
use crate::failure::Failure;
use crate::house::House;
use crate::stamp::{Stamp, write};
use crate::step::step;

/// What binding leaves: `module` is `<name>_bg.wasm`, `glue` is `<name>.js` beside it, an ES module.
pub(crate) struct Bound {
    pub(crate) folder: PathBuf,
    pub(crate) module: PathBuf,
    pub(crate) glue: PathBuf,
    pub(crate) types: PathBuf,
}

impl Bound {
    fn of(house: &House, name: &str) -> Bound {
        let folder = house.scratch("bound").join(name);
        let file = |ending: &str| folder.join(format!("{name}{ending}"));
        Bound { module: file("_bg.wasm"), glue: file(".js"), types: file(".d.ts"), folder }
    }
}

/// Appended to the glue, so that the agent can be started on anything that looks like an instance: wasm compiled
/// elsewhere, or the JavaScript build. The functions it calls are wasm-bindgen's own; the version is pinned.
const START_ON: &str = "
export function startOn(instantiate) {
    __wbg_finalize_init({ exports: instantiate(__wbg_get_imports()) });
}
";
const START_ON_TYPE: &str = "
/** Starts on the exports that `instantiate` makes from the imports: an instance of the wasm or of its JavaScript build. */
export function startOn(instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports): void;
";

/// Binds a module of the workspace for the `web` target.
pub(crate) fn module(house: &House, compiled: &Path, name: &str, version: &str) -> Result<Bound, Failure> {
    let bound = Bound::of(house, name);
    step(&format!("JavaScript bindings of {name} (wasm-bindgen {version})"), || {
        let stamp = Stamp::new(house, &format!("bind-{name}")).with(compiled).with_words((version, START_ON));
        stamp.unless_fresh(&[bound.module.clone(), bound.glue.clone()], || bind(compiled, name, &bound))
    })?;
    Ok(bound)
}

fn bind(compiled: &Path, name: &str, bound: &Bound) -> Result<(), Failure> {
    let bytes = fs::read(compiled).map_err(Failure::of_file(compiled))?;
    let bytes = sections::without_target_features(&bytes)
        .ok_or_else(|| Failure::Wrong(format!("`{}` is not a wasm module; build again", compiled.display())))?;
    let mut bindgen = Bindgen::new();
    let made = bindgen
        .input_bytes(name, bytes)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(true).remove_producers_section(true).generate(&bound.folder));
    made.map_err(|why| Failure::Wrong(format!("wasm-bindgen could not bind `{name}`: {why:#}")))?;
    let glue = fs::read_to_string(&bound.glue).map_err(Failure::of_file(&bound.glue))?;
    write(&bound.glue, (with_fresh_views(&glue)? + START_ON).as_bytes())?;
    let types = fs::read_to_string(&bound.types).map_err(Failure::of_file(&bound.types))?;
    write(&bound.types, (types + START_ON_TYPE).as_bytes())
}

/// The glue keeps views of the memory, and notices that the memory has grown by the old buffer being detached. The
/// JavaScript build cannot detach a buffer, so the glue compares buffers instead, which is right for both.
fn with_fresh_views(glue: &str) -> Result<String, Failure> {
    let mut out = String::with_capacity(glue.len());
    let mut compared = 0;
    for line in glue.lines() {
        match kept_view(line) {
            Some(view) => {
                out.push_str(&format!("    if ({view} === null || {view}.buffer !== wasm.memory.buffer) {{"));
                compared += 1;
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    let kept = glue.lines().filter(|line| line.starts_with("let cached") && line.contains("Memory0 = null")).count();
    if compared != kept {
        return Err(Failure::Wrong(format!(
            "wasm-bindgen's glue keeps {kept} views of the memory but {compared} were found to compare: its form \
             changed, so look at `with_fresh_views` in crates/xtask/src/package/bind.rs"
        )));
    }
    Ok(out)
}

/// `    if (cachedUint8ArrayMemory0 === null || …`
fn kept_view(line: &str) -> Option<&str> {
    let (view, _) = line.trim_start().strip_prefix("if (")?.split_once(" === null || ")?;
    (view.starts_with("cached") && view.ends_with("Memory0")).then_some(view)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "let cachedUint8ArrayMemory0 = null;\nfunction bytes() {\n    if (cachedUint8ArrayMemory0 === null || \
                        cachedUint8ArrayMemory0.byteLength === 0) {\n";

    #[test]
    fn views_are_renewed_when_the_memory_has_another_buffer() {
        let fresh = with_fresh_views(GLUE).unwrap();
        assert!(fresh.contains(
            "if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.buffer !== wasm.memory.buffer) {"
        ));
        assert!(!fresh.contains("byteLength"));
    }

    #[test]
    fn glue_of_another_form_is_refused() {
        assert!(with_fresh_views("let cachedDataViewMemory0 = null;\n").is_err());
    }
}
