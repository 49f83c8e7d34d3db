//! The outermost layer of a wasm file: its sections, read and written without knowing what is in them.

/// The id of custom sections: names, debug data, tool conventions.
pub(crate) const CUSTOM: u8 = 0;
const HEADER: &[u8] = b"\0asm\x01\0\0\0";
const TARGET_FEATURES: &[u8] = b"target_features";

/// One section: its id, and its payload. A custom section's payload begins with its name.
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    pub(crate) payload: &'a [u8],
}

/// The sections of a module in order, or nothing when the bytes are no wasm.
pub(crate) fn read(bytes: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut rest = Reader { bytes: bytes.strip_prefix(HEADER)? };
    let mut sections = Vec::new();
    while !rest.bytes.is_empty() {
        let id = rest.byte()?;
        let length = rest.number()?;
        sections.push(Section { id, payload: rest.take(length)? });
    }
    Some(sections)
}

/// The same module, claiming only features that the JavaScript build has too.
///
/// rustc's target turns reference types and multi-value returns on, and wasm-bindgen then writes glue for tables of
/// JS values, which no JavaScript build of the module can have. Without the claim it writes glue for plain numbers, that
/// serves both builds and browsers without reference types as well.
pub(crate) fn without_target_features(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut sections = read(bytes)?;
    sections.retain(|section| section.id != CUSTOM || custom_name(section.payload) != Some(TARGET_FEATURES));
    let mut none = vec![u8::try_from(TARGET_FEATURES.len()).ok()?];
    none.extend_from_slice(TARGET_FEATURES);
    // An empty list. Leaving the section out would tell wasm-bindgen to guess.
    none.push(0);
    sections.push(Section { id: CUSTOM, payload: &none });
    Some(module_of(&sections))
}

/// The name that a custom section's payload begins with.
pub(crate) fn custom_name(payload: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader { bytes: payload };
    let length = reader.number()?;
    reader.take(length)
}

/// How many functions an import section has. Where functions have numbers, these come first.
pub(crate) fn imported_functions(payload: &[u8]) -> Option<usize> {
    let mut reader = Reader { bytes: payload };
    let mut functions = 0;
    for _ in 0..reader.number()? {
        for _ in 0..2 {
            let length = reader.number()?;
            reader.take(length)?;
        }
        match reader.byte()? {
            0 => {
                reader.number()?;
                functions += 1;
            }
            3 => drop(reader.take(2)?),
            // Tables and memories have limits; our modules import neither.
            _ => return None,
        }
    }
    Some(functions)
}

/// The module that these sections make.
pub(super) fn module_of(sections: &[Section<'_>]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    for section in sections {
        write(&mut out, section.id, section.payload);
    }
    out
}

fn write(out: &mut Vec<u8>, id: u8, payload: &[u8]) {
    out.push(id);
    write_number(out, payload.len());
    out.extend_from_slice(payload);
}

/// Writes an unsigned LEB128 number.
pub(super) fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads wasm's primitives from the front of a slice.
pub(crate) struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// An unsigned LEB128 number.
    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut value = 0usize;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        for (id, payload) in sections {
            write(&mut bytes, *id, payload);
        }
        bytes
    }

    #[test]
    fn features_are_replaced_by_none_and_all_else_is_kept() {
        let long = vec![7u8; 300];
        let bytes = module(&[(1, &long), (CUSTOM, b"\x0ftarget_features\x01+\x0freference-types")]);
        let result = without_target_features(&bytes).unwrap();
        assert_eq!(result, module(&[(1, &long), (CUSTOM, b"\x0ftarget_features\0")]));
    }

    #[test]
    fn what_is_no_wasm_is_nothing() {
        assert!(read(b"hello").is_none());
        assert!(read(&[HEADER, &[1, 200]].concat()).is_none());
    }
}
