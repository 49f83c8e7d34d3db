//! Which module of the source each byte of the wasm comes from, as far as function names tell.

use std::collections::BTreeMap;
use std::fs;

use crate::failure::Failure;
use crate::house::House;
use crate::package::sections::{CUSTOM, Reader, Section, custom_name, imported_functions, read};

/// A module and what its functions weigh.
pub(super) struct Share {
    pub(super) module: String,
    pub(super) bytes: u64,
}

const IMPORTS: u8 = 2;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// The shares of the agent's wasm, heaviest first.
pub(super) fn of_agent(house: &House) -> Result<Vec<Share>, Failure> {
    let file = crate::package::named_module(house);
    let bytes = fs::read(&file).map_err(Failure::of_file(&file))?;
    of_module(&bytes).ok_or_else(|| {
        Failure::Wrong(format!("`{}` is not a wasm module whose functions have names", house.shown(&file)))
    })
}

fn of_module(bytes: &[u8]) -> Option<Vec<Share>> {
    let sections = read(bytes)?;
    let payload = |id: u8| sections.iter().find(|section| section.id == id).map(|section| section.payload);
    let imported = payload(IMPORTS).map_or(Some(0), imported_functions)?;
    let names = function_names(&sections)?;
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (index, bytes) in code_sizes(payload(CODE)?)?.into_iter().enumerate() {
        let name = names.get(&(imported + index)).map_or("", String::as_str);
        *sums.entry(module_of(name)).or_default() += bytes as u64;
    }
    let named: u64 = sums.values().sum();
    let data = payload(DATA).map_or(0, <[u8]>::len) as u64;
    sums.insert("(constants: texts and tables)".to_owned(), data);
    sums.insert("(imports, exports, types)".to_owned(), shell(&sections).saturating_sub(named + data));
    let mut shares: Vec<Share> = sums.into_iter().map(|(module, bytes)| Share { module, bytes }).collect();
    shares.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.module.cmp(&b.module)));
    Some(shares)
}

/// All bytes that ship: every section but the custom ones.
fn shell(sections: &[Section<'_>]) -> u64 {
    sections.iter().filter(|section| section.id != CUSTOM).map(|section| section.payload.len() as u64).sum()
}

fn code_sizes(payload: &[u8]) -> Option<Vec<usize>> {
    let mut reader = Reader { bytes: payload };
    let count = reader.number()?;
    let mut sizes = Vec::with_capacity(count);
    for _ in 0..count {
        let size = reader.number()?;
        reader.take(size)?;
        sizes.push(size);
    }
    Some(sizes)
}

fn function_names(sections: &[Section<'_>]) -> Option<BTreeMap<usize, String>> {
    const FUNCTIONS: u8 = 1;
    let whole =
        sections.iter().find(|section| section.id == CUSTOM && custom_name(section.payload) == Some(b"name"))?;
    let mut reader = Reader { bytes: whole.payload };
    let length = reader.number()?;
    reader.take(length)?;
    while !reader.bytes.is_empty() {
        let (id, length) = (reader.byte()?, reader.number()?);
        let mut part = Reader { bytes: reader.take(length)? };
        if id != FUNCTIONS {
            continue;
        }
        let mut names = BTreeMap::new();
        for _ in 0..part.number()? {
            let (index, length) = (part.number()?, part.number()?);
            names.insert(index, String::from_utf8_lossy(part.take(length)?).into_owned());
        }
        return Some(names);
    }
    None
}

/// `<tailorbird_core::rules::Rule as core::fmt::Display>::fmt::h0` is of `tailorbird_core::rules`.
fn module_of(name: &str) -> String {
    let name = without_hashes(name);
    let Some(path) = name.split(|letter: char| " <>,()[]&*".contains(letter)).find(|word| is_path(word)) else {
        let module = if is_runtime(&name) { STANDARD } else { "tailorbird (what JavaScript calls)" };
        return module.to_owned();
    };
    let mut parts = path.split("::");
    let krate = parts.next().unwrap_or_default();
    match krate {
        "tailorbird" | "tailorbird_core" | "tailorbird_schema" => match (parts.next(), parts.next()) {
            (Some(module), Some(_)) if module.starts_with(|letter: char| letter.is_ascii_lowercase()) => {
                format!("{krate}::{module}")
            }
            _ => krate.to_owned(),
        },
        "core" | "alloc" | "std" | "compiler_builtins" | "dlmalloc" | "hashbrown" | "__rustc" => STANDARD.to_owned(),
        _ => krate.to_owned(),
    }
}

const STANDARD: &str = "the standard library";

fn is_path(word: &str) -> bool {
    word.split_once("::").is_some_and(|(krate, _)| !krate.is_empty())
}

/// rustc tells crates of one name apart by `core[7cb4…]`, and functions of one name by `::h7cb4…`.
fn without_hashes(name: &str) -> String {
    let is_hash = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_hexdigit());
    let name = match name.rsplit_once("::h") {
        Some((path, hash)) if is_hash(hash) => path,
        _ => name,
    };
    let mut out = String::new();
    for (index, piece) in name.split('[').enumerate() {
        match piece.split_once(']') {
            Some((hash, rest)) if index > 0 && is_hash(hash) => out.push_str(rest),
            _ if index > 0 => {
                out.push('[');
                out.push_str(piece);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

/// Names without a path: the allocator's and the compiler's own, and what JavaScript calls.
fn is_runtime(name: &str) -> bool {
    name.is_empty() || name.starts_with("__") || name.starts_with("mem") || name.starts_with("rust_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_the_module_it_begins_with() {
        let cases = [
            ("tailorbird_core::rules::compile::go::h12", "tailorbird_core::rules"),
            ("<tailorbird_core::rules::Rule as core::fmt::Display>::fmt::h0", "tailorbird_core::rules"),
            ("tailorbird_core::decide::h12ab", "tailorbird_core"),
            ("<u64 as core[c5930c85a12de822]::fmt::Display>::fmt", STANDARD),
            ("<alloc[3ca501edff3f0c7c]::raw_vec::RawVecInner<_>>::reserve", STANDARD),
            ("core::ptr::drop_in_place<tailorbird_core::rules::Rule>", STANDARD),
            ("js_sys::Reflect::get", "js_sys"),
            ("__rust_alloc", STANDARD),
            ("agent_track", "tailorbird (what JavaScript calls)"),
        ];
        for (name, module) in cases {
            assert_eq!(module_of(name), module, "{name}");
        }
    }
}
