//! The order of functions in a module: what is alike lies together, which brotli makes smaller.
//!
//! Nothing that runs depends on it. By names, which puts methods of one type side by side, the agent's module comes to
//! 192,079 bytes, in this order to 189,102.

use std::collections::HashMap;

use super::sections::{self, CUSTOM, Reader, Section, write_number};

const IMPORTS: u8 = 2;
const CODE: u8 = 10;

/// How many bytes in a row two functions have to have in common for it to count.
const ROW: usize = 6;
/// What more functions than this have in common says nothing.
const COMMON: usize = 400;

/// The same module with names of functions that sort into the new order, for `wasm-opt --reorder-functions-by-name`.
pub(super) fn named_in_order(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut read = sections::read(bytes)?;
    let payload = |id: u8| read.iter().find(|section| section.id == id).map(|section| section.payload);
    let imported = payload(IMPORTS).map_or(Some(0), sections::imported_functions)?;
    let order = in_order(&bodies(payload(CODE)?)?);
    let mut names = Vec::new();
    write_number(&mut names, order.len());
    let mut places = vec![0; order.len()];
    for (place, function) in order.into_iter().enumerate() {
        *places.get_mut(function)? = place;
    }
    for (function, place) in places.into_iter().enumerate() {
        write_number(&mut names, imported + function);
        let name = format!("f{place:06}");
        write_number(&mut names, name.len());
        names.extend_from_slice(name.as_bytes());
    }
    // A custom section with the name `name`; part 1 of it names functions.
    let mut section = b"\x04name\x01".to_vec();
    write_number(&mut section, names.len());
    section.extend_from_slice(&names);
    read.retain(|section| section.id != CUSTOM);
    read.push(Section { id: CUSTOM, payload: &section });
    Some(sections::module_of(&read))
}

fn bodies(payload: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = Reader { bytes: payload };
    (0..reader.number()?)
        .map(|_| {
            let size = reader.number()?;
            reader.take(size)
        })
        .collect()
}

/// Begins with the shortest, and goes on to what has most in common with the one before, for its length: rows of bytes
/// count the more the fewer functions have them.
fn in_order(bodies: &[&[u8]]) -> Vec<usize> {
    let rows: Vec<Vec<&[u8]>> = bodies.iter().map(|body| rows_of(body)).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, rows) in rows.iter().enumerate() {
        for row in rows {
            holders.entry(row).or_default().push(function);
        }
    }
    holders.retain(|_, held| (2..COMMON).contains(&held.len()));
    // Whole numbers: sums must not depend on who comes first.
    let weight = |held: &[usize]| ((bodies.len() as f64 / held.len() as f64).ln() * 1024.0) as u64;

    let mut by_length: Vec<usize> = (0..bodies.len()).collect();
    by_length.sort_by_key(|function| bodies[*function].len());
    let mut placed = vec![false; bodies.len()];
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    for shortest in by_length {
        let mut next = (!placed[shortest]).then_some(shortest);
        while let Some(function) = next {
            placed[function] = true;
            order.push(function);
            let mut shared = vec![0_u64; bodies.len()];
            for held in rows[function].iter().filter_map(|row| holders.get(row)) {
                for other in held.iter().filter(|other| !placed[**other]) {
                    shared[*other] += weight(held);
                }
            }
            let alike = |other: usize| shared[other] as f64 / (bodies[function].len() + bodies[other].len()) as f64;
            next = (0..bodies.len())
                .filter(|other| shared[*other] > 0)
                .reduce(|best, other| if alike(other) > alike(best) { other } else { best });
        }
    }
    order
}

/// Each row of bytes in a body once.
fn rows_of(body: &[u8]) -> Vec<&[u8]> {
    let mut rows: Vec<&[u8]> = body.windows(ROW).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_lies_together_and_nothing_is_lost() {
        let bodies: [&[u8]; 5] =
            [b"abcdefghijklmno", b"0123456789", b"xxabcdefghijklmnoyy", b"zz0123456789zz", b"short"];
        assert_eq!(in_order(&bodies), [4, 1, 3, 0, 2]);
    }

    #[test]
    fn functions_are_named_by_their_place_behind_the_imported_ones() {
        let code = b"\x02\x0c0123456789ab\x0a0123456789";
        let module = sections::module_of(&[
            Section { id: IMPORTS, payload: b"\x01\x01m\x01f\x00\x00" },
            Section { id: CODE, payload: code },
            Section { id: CUSTOM, payload: b"\x04name\x01\x00" },
        ]);
        let named = named_in_order(&module).unwrap();
        assert!(named.ends_with(b"\x04name\x01\x13\x02\x01\x07f000001\x02\x07f000000"));
    }
}
