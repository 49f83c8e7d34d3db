//! Who may use what: the arrows between crates that cargo cannot draw.

use super::files::File;

/// In which files a word is out of place, and why.
struct Rule {
    word: &'static str,
    applies: fn(&str) -> bool,
    why: &'static str,
}

const RULES: [Rule; 11] = [
    Rule { word: "web_sys", applies: not_agent, why: "the browser is named in src/ alone" },
    Rule { word: "js_sys", applies: not_agent, why: "the browser is named in src/ alone" },
    Rule { word: "gloo", applies: not_agent, why: "the browser is named in src/ alone" },
    Rule { word: "std::time", applies: pure, why: "time is an argument there" },
    Rule { word: "SystemTime", applies: pure, why: "time is an argument there" },
    Rule { word: "Instant", applies: pure, why: "time is an argument there" },
    Rule { word: "rand::", applies: pure, why: "chance is an argument there" },
    Rule { word: "cfg(target_arch", applies: not_agent, why: "only the agent and the engine know what they run on" },
    Rule { word: "BTreeMap", applies: ships, why: "shoppers pay 5 KB for it: a list does" },
    Rule { word: "BTreeSet", applies: ships, why: "shoppers pay 5 KB for it: a list does" },
    Rule { word: "HashMap", applies: ships, why: "shoppers pay for it: see rules/table.rs" },
];

/// The agent and the engine, the wasm conformance tests, and this folder, which has to write the words it looks for.
fn not_agent(path: &str) -> bool {
    !path.starts_with("src/")
        && !path.starts_with("crates/engine/")
        && !path.starts_with("tests/wasm/")
        && !path.starts_with("crates/xtask/")
}

fn pure(path: &str) -> bool {
    path.starts_with("crates/core/src/") || path.starts_with("crates/schema/src/")
}

/// What ends up in the shopper's browser; `check` does not.
fn ships(path: &str) -> bool {
    let core = path.starts_with("crates/core/src/") && !path.starts_with("crates/core/src/rules/check/");
    core || path.starts_with("src/")
}

pub(super) fn problems_of(file: &File) -> Vec<String> {
    match file.path.as_str() {
        "crates/schema/Cargo.toml" => dependencies(file, &["serde"]),
        "crates/core/Cargo.toml" => dependencies(file, &["tailorbird-schema"]),
        _ if file.is_rust() => words(file),
        _ => Vec::new(),
    }
}

fn words(file: &File) -> Vec<String> {
    let rules = RULES.iter().filter(|rule| (rule.applies)(&file.path));
    rules
        .filter_map(|rule| {
            let line = file.text.lines().position(|line| names(code_of(line), rule.word))?;
            Some(format!("{}:{}: `{}` does not belong here: {}", file.path, line + 1, rule.word, rule.why))
        })
        .collect()
}

/// A line without its comment.
fn code_of(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Whether the word stands there by itself, not as a part of a longer one.
fn names(code: &str, word: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, found)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && (word.ends_with(':') || !after.is_some_and(part))
    })
}

/// Dependencies that ship, and that are not among the allowed ones.
fn dependencies(file: &File, allowed: &[&str]) -> Vec<String> {
    let section = file.text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let names = section.take_while(|line| !line.starts_with('[')).filter_map(dependency_in);
    names
        .filter(|name| !allowed.contains(name))
        .map(|name| format!("{}: it may depend on {} only, not on `{name}`", file.path, allowed.join(", ")))
        .collect()
}

fn dependency_in(line: &str) -> Option<&str> {
    let name = line.split(['=', '.', ' ']).next()?;
    // What a feature has to ask for does not ship unasked.
    (!name.is_empty() && !name.starts_with('#') && !line.contains("optional = true")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> usize {
        problems_of(&File { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn the_browser_is_named_in_the_agent_alone() {
        assert_eq!(problems("src/render.rs", "use web_sys::Element;"), 0);
        assert_eq!(problems("crates/core/src/decide.rs", "use web_sys::Element;"), 1);
        assert_eq!(problems("crates/core/src/decide.rs", "// as web_sys does\nlet my_web_sys_x = 1;"), 0);
    }

    #[test]
    fn the_core_does_not_ask_the_time() {
        assert_eq!(problems("crates/core/src/profile.rs", "let now = std::time::Instant::now();"), 2);
        assert_eq!(problems("crates/collector/src/lib.rs", "let now = std::time::Instant::now();"), 0);
    }

    #[test]
    fn schema_depends_on_serde_only() {
        let manifest = "[dependencies]\nserde.workspace = true\n# why\n\n[dev-dependencies]\nserde_json = \"1\"\n";
        assert_eq!(problems("crates/schema/Cargo.toml", manifest), 0);
        assert_eq!(problems("crates/schema/Cargo.toml", "[dependencies]\nserde = \"1\"\nregex = \"1\"\n"), 1);
    }
}
