//! Raw, gzip and brotli bytes of files, by Node's zlib, so that we and the peers' benchmarks weigh with one scale.

use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::process;

/// One file of pkg/dist.
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) raw: u64,
    pub(super) gzip: u64,
    pub(super) brotli: u64,
}

/// Everything in pkg/dist that a page of a shop can download from the script tag, by name.
const DOWNLOADED: [&str; 4] = ["tailorbird.js", "tailorbird.wasm", "tailorbird.fallback.js", "tailorbird.debug.js"];

const SCRIPT: &str = "
const { readFileSync } = require('node:fs'), zlib = require('node:zlib');
for (const file of process.argv.slice(1)) {
    const bytes = readFileSync(file);
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    console.log(bytes.length, zlib.gzipSync(bytes, { level: 9 }).length, zlib.brotliCompressSync(bytes, { params }).length);
}";

pub(super) fn dist(house: &House) -> Result<Vec<Weight>, Failure> {
    let folder = house.path("pkg/dist");
    let names: Vec<&str> = DOWNLOADED.into_iter().filter(|name| folder.join(name).exists()).collect();
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT]).args(names.iter().map(|name| folder.join(name)));
    let output = process::read(&mut node)?;
    let weights = names.iter().zip(output.lines()).filter_map(|(name, line)| {
        let mut numbers = line.split(' ').map_while(|number| number.parse().ok());
        Some(Weight { name: (*name).to_owned(), raw: numbers.next()?, gzip: numbers.next()?, brotli: numbers.next()? })
    });
    Ok(weights.collect())
}
