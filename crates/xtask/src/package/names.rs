//! Short names between the glue and the module.
//!
//! wasm-bindgen names every import after what it does and a hash of it: twenty bytes that compress badly, in the glue and
//! again in the module. Binaryen renames them in the module and tells how; the glue follows here.

use serde_json::Value;

use crate::failure::Failure;

/// What Binaryen renamed: long names to short ones.
pub(super) struct Names {
    modules: Vec<(String, String)>,
    imports: Vec<(String, String)>,
    exports: Vec<(String, String)>,
}

impl Names {
    /// Reads what `wasm-opt --minify-imports-and-exports-and-modules` prints. It calls the one module it leaves `a`.
    pub(super) fn of_report(report: &str) -> Result<Names, Failure> {
        let wrong = |why: &str| Failure::Wrong(format!("wasm-opt's list of new names is not as expected: {why}"));
        let start = report.find('{').ok_or_else(|| wrong("it has no list"))?;
        let end = report.rfind('}').ok_or_else(|| wrong("its list has no end"))?;
        let text = report.get(start..=end).unwrap_or_default();
        let list: Value = serde_json::from_str(text).map_err(|why| wrong(&why.to_string()))?;
        let rows = |key: &str| list[key].as_array().cloned().unwrap_or_default();
        let word = |row: &Value, at: usize| row[at].as_str().unwrap_or_default().to_owned();
        let imports = rows("imports");
        let mut modules: Vec<(String, String)> = imports.iter().map(|row| (word(row, 0), "a".to_owned())).collect();
        modules.dedup();
        if modules.len() > 1 {
            return Err(wrong("the module imports from more than the glue; write that script in pkg/src instead"));
        }
        Ok(Names {
            modules,
            imports: imports.iter().map(|row| (word(row, 1), word(row, 2))).collect(),
            exports: rows("exports").iter().map(|row| (word(row, 0), word(row, 1))).collect(),
        })
    }

    /// The glue with the new names. INVARIANT: every import is renamed in it, or the build stops.
    pub(super) fn in_glue(&self, glue: &str) -> Result<String, Failure> {
        let mut out = String::with_capacity(glue.len());
        let mut renamed = 0;
        for line in glue.lines() {
            match self.import_key(line) {
                Some(with_new_key) => {
                    renamed += 1;
                    out.push_str(&self.with_new_exports(&with_new_key));
                }
                None => out.push_str(&self.with_new_exports(line)),
            }
            out.push('\n');
        }
        let expected = self.imports.len() + self.modules.len();
        if renamed != expected {
            return Err(Failure::Wrong(format!(
                "the glue has {renamed} of the {expected} names that the module imports: the form of wasm-bindgen's glue \
                 changed, so look at crates/xtask/src/package/names.rs"
            )));
        }
        Ok(out)
    }

    /// `        __wbg_call_a410: function(…` or `        "./tailorbird_bg.js": import0,` with its new key.
    fn import_key(&self, line: &str) -> Option<String> {
        let (key, rest) = line.strip_prefix("        ")?.split_once(": ")?;
        let key = key.trim_matches('"');
        let (_, short) = self.imports.iter().chain(&self.modules).find(|(long, _)| long == key)?;
        Some(format!("        {short}: {rest}"))
    }

    /// Every `wasm.agent_track` of a line as `wasm.h`.
    fn with_new_exports(&self, line: &str) -> String {
        let mut pieces = line.split("wasm.");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(piece.len());
            let (name, rest) = piece.split_at(end);
            let short = self.exports.iter().find(|(long, _)| long == name).map_or(name, |(_, short)| short);
            out.extend(["wasm.", short, rest]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str =
        r#"{ "imports": [ ["./x_bg.js", "__wbg_call_a4", "a"] ], "exports": [ ["memory", "e"], ["x_new", "f"] ] }"#;
    const GLUE: &str = "        __wbg_call_a4: function(arg0) {\n    new Uint8Array(wasm.memory.buffer); wasm.x_new(); memory();\n        \"./x_bg.js\": import0,\n";

    #[test]
    fn imports_exports_and_the_module_are_renamed_and_nothing_else() {
        let glue = Names::of_report(REPORT).unwrap().in_glue(GLUE).unwrap();
        assert_eq!(
            glue,
            "        a: function(arg0) {\n    new Uint8Array(wasm.e.buffer); wasm.f(); memory();\n        a: import0,\n"
        );
    }

    #[test]
    fn glue_that_lacks_an_import_is_refused() {
        assert!(Names::of_report(REPORT).unwrap().in_glue("        \"./x_bg.js\": import0,\n").is_err());
    }
}
