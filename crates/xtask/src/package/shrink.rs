//! Binaryen: the bound module made small, and the same module as JavaScript for browsers that refuse wasm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bind::Bound;
use super::names::Names;
use super::order;
use crate::failure::Failure;
use crate::house::House;
use crate::process;
use crate::stamp::{Stamp, write};
use crate::step::step;

/// What the wasm may use. It sets the browsers that are served by it: Chrome and Edge 80, Firefox 79, Safari 15 and
/// newer (bulk memory is the youngest of the four there: Chrome 75, Firefox 79, Safari 15). The bundles are ES2020, which
/// is Chrome 80. Older browsers, and those that forbid wasm, get the JavaScript build.
const FEATURES: [&str; 5] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];
/// First smaller, with the names of functions left in: `cargo xtask size` reads them. Control flow drawn anew and functions
/// in the order of their names (what belongs together lies together) take 1.5 % off what brotli leaves, and once more 0.4 %;
/// `--converge`, `-Os`, the global passes, merging similar functions and smaller inlining gain nothing after brotli.
///
/// What reads rules stays in small functions. Put together they are what browsers optimise for tens of milliseconds, beside
/// the page, while rules are read once: V8 begins when the turns and returns of one function add up to 13 MB of its code.
const SMALLER: [&str; 15] = [
    "--no-inline=*json::Reader*",
    "--no-inline=*rules::experience::*",
    "--no-inline=*rules::document::*",
    "--no-inline=*rules::parts::products*",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--reorder-functions-by-name",
    "-g",
];
/// Then in the order of `order.rs`, which takes another 1.5 % off what brotli leaves, without names, and with short ones
/// between module and glue.
const NAMELESS: [&str; 4] =
    ["--reorder-functions-by-name", "--strip-debug", "--strip-producers", "--minify-imports-and-exports-and-modules"];
/// Takes out what JavaScript has no form for, before it is written as JavaScript.
const LOWERED: [&str; 3] =
    ["--llvm-memory-copy-fill-lowering", "--llvm-nontrapping-fptoint-lowering", "--signext-lowering"];

/// Makes a bound module small where it lies.
pub(crate) fn in_place(house: &House, bound: &Bound) -> Result<(), Failure> {
    optimise(house, &SMALLER, &bound.module, &bound.module).map(drop)
}

/// Writes pkg/generated: `<name>.js` and its types, `<name>.wasm`, `<name>.fallback.js` (exports `instantiate`).
pub(crate) fn module(house: &House, bound: &Bound, name: &str) -> Result<(), Failure> {
    let generated = house.path("pkg/generated");
    let file = |ending: &str| generated.join(format!("{name}.{ending}"));
    let (small, fallback, glue, types) = (file("wasm"), file("fallback.js"), file("js"), file("d.ts"));
    let tools = house.path("pkg/package-lock.json");

    step(&format!("{name} made small (wasm-opt)"), || {
        let stamp = Stamp::new(house, &format!("shrink-{name}")).with(&bound.module).with(&bound.glue).with(&tools);
        stamp.with_words((FEATURES, SMALLER, NAMELESS)).unless_fresh(
            &[small.clone(), glue.clone(), types.clone()],
            || {
                fs::create_dir_all(&generated).map_err(Failure::of_file(&generated))?;
                let named = named(house, name);
                optimise(house, &SMALLER, &bound.module, &named)?;
                let ordered = house.scratch(&format!("{name}.ordered.wasm"));
                let bytes = fs::read(&named).map_err(Failure::of_file(&named))?;
                let bytes = order::named_in_order(&bytes).ok_or_else(|| {
                    Failure::Wrong(format!("`{}` is not a wasm module; build again", named.display()))
                })?;
                fs::write(&ordered, bytes).map_err(Failure::of_file(&ordered))?;
                let report = optimise(house, &NAMELESS, &ordered, &small)?;
                let long = fs::read_to_string(&bound.glue).map_err(Failure::of_file(&bound.glue))?;
                write(&glue, Names::of_report(&report)?.in_glue(&long)?.as_bytes())?;
                fs::copy(&bound.types, &types).map(drop).map_err(Failure::of_file(&bound.types))
            },
        )
    })?;
    step(&format!("{name} as JavaScript (wasm2js)"), || {
        let stamp =
            Stamp::new(house, &format!("fallback-{name}")).with(&small).with(&tools).with_words((FEATURES, LOWERED));
        stamp.unless_fresh(std::slice::from_ref(&fallback), || as_javascript(house, &small, &fallback))
    })
    .map(drop)
}

/// Writes `checker.js` and `checker.wasm` to pkg/generated: for Node alone, so nothing but size is looked after.
pub(super) fn checker(house: &House, bound: &Bound) -> Result<(), Failure> {
    let generated = house.path("pkg/generated");
    let (small, glue) = (generated.join("checker.wasm"), generated.join("checker.js"));
    step("check made small (wasm-opt)", || {
        let stamp = Stamp::new(house, "shrink-checker").with(&bound.module).with(&bound.glue);
        stamp.with(&house.path("pkg/package-lock.json")).with_words(FEATURES).unless_fresh(
            &[small.clone(), glue.clone()],
            || {
                optimise(house, &["-Oz", "--strip-debug", "--strip-producers"], &bound.module, &small)?;
                fs::copy(&bound.glue, &glue).map(drop).map_err(Failure::of_file(&glue))
            },
        )
    })
    .map(drop)
}

/// The small module with the names of its functions left in, to see what its bytes are made of.
pub(super) fn named(house: &House, name: &str) -> PathBuf {
    house.scratch(&format!("{name}.named.wasm"))
}

fn as_javascript(house: &House, small: &Path, fallback: &Path) -> Result<(), Failure> {
    let lowered = house.scratch("lowered.wasm");
    let script = house.scratch("lowered.js");
    optimise(house, &[&LOWERED[..], &["-Oz"]].concat(), small, &lowered)?;
    process::read(tool(house, "wasm2js").args(FEATURES).arg("-Oz").arg(&lowered).arg("-o").arg(&script))?;
    let text = fs::read_to_string(&script).map_err(Failure::of_file(&script))?;
    write(fallback, instantiable(&text)?.as_bytes())
}

/// wasm2js writes a module that imports and exports by name, once; we need a function, as wasm instances are made.
fn instantiable(text: &str) -> Result<String, Failure> {
    let mut out = String::from("// A wasm module as JavaScript.\nexport function instantiate(imports) {\n");
    let mut exports = Vec::new();
    for line in text.lines() {
        if let Some((name, module)) = import_of(line) {
            out.push_str(&format!("var {name} = imports[{module}];\n"));
        } else if let Some((name, value)) = export_of(line) {
            exports.push(format!("{name}: {value}"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    if exports.is_empty() {
        return Err(Failure::Wrong("wasm2js wrote a module without exports: its output changed its form".into()));
    }
    out.push_str(&format!("return {{ {} }};\n}}\n", exports.join(", ")));
    Ok(out)
}

/// `import * as a from "b";`
fn import_of(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("import * as ")?.strip_suffix(';')?.split_once(" from ")
}

/// `export var name = value;`
fn export_of(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("export var ")?.strip_suffix(';')?.split_once(" = ")
}

/// Runs wasm-opt, and gives what it prints.
fn optimise(house: &House, passes: &[&str], from: &Path, to: &Path) -> Result<String, Failure> {
    process::read(tool(house, "wasm-opt").args(FEATURES).args(passes).arg(from).arg("-o").arg(to))
}

fn tool(house: &House, name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(house.path("pkg/node_modules/.bin").join(name));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_with_imports_becomes_a_function_of_them() {
        let script = "import * as wbg from \"wbg\";\nvar f = asm({ \"wbg\": wbg });\nexport var memory = f.memory;\n";
        let made = instantiable(script).unwrap();
        assert!(made.contains("var wbg = imports[\"wbg\"];"), "{made}");
        assert!(made.ends_with("return { memory: f.memory };\n}\n"), "{made}");
        assert!(instantiable("var nothing;").is_err());
    }
}
