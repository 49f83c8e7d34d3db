//! Addresses of product pages, written so that the same page compares equal.

use crate::order::insert;
use crate::schema::Gather;
use crate::text::cut;

/// Parameters that say where a visitor came from, not what the page shows.
const TRACKING: [&str; 12] =
    ["gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "yclid", "dclid", "mc_cid", "mc_eid", "_ga", "_gl"];

/// Path, parameters and route of an address: without scheme, host, tracking parameters, trailing slash and `#anchor`;
/// parameters sorted. A fragment that is a route (`#/…`, `#!…`) stays.
pub(crate) fn address_of(url: &str) -> String {
    let parts = parts_of(url);
    let mut parameters = Vec::new();
    for parameter in parts.parameters {
        insert(&mut parameters, parameter, |other| *other > parameter);
    }
    joined(parts.path, &parameters, parts.route)
}

/// The addresses under which a page may stand in the catalogue, the most exact first: with all its parameters, with
/// one of them, with none.
pub(crate) fn addresses_to_try(url: &str) -> Vec<String> {
    let parts = parts_of(url);
    let mut addresses = vec![address_of(url)];
    if parts.parameters.len() > 1 {
        addresses.extend(parts.parameters.iter().map(|parameter| joined(parts.path, &[parameter], parts.route)));
    }
    if !parts.parameters.is_empty() {
        addresses.push(joined(parts.path, &[], parts.route));
    }
    if !parts.route.is_empty() {
        addresses.push(joined(parts.path, &[], ""));
    }
    addresses
}

struct Parts<'a> {
    path: &'a str,
    parameters: Vec<&'a str>,
    route: &'a str,
}

fn parts_of(url: &str) -> Parts<'_> {
    let url = url.trim();
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let after_host = |rest: &'_ str| rest.find('/').unwrap_or(rest.len());
    let path = match cut(rest, "://").map(|(_, rest)| rest).or_else(|| rest.strip_prefix("//")) {
        Some(hosted) => hosted.get(after_host(hosted)..).unwrap_or_default(),
        None => rest,
    };
    let tracking = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        !name.is_empty() && !name.starts_with("utm_") && !TRACKING.contains(&name)
    };
    Parts {
        path: path.trim_matches('/'),
        parameters: query.split('&').filter(tracking).take(20).gather(),
        route: if fragment.starts_with(['/', '!']) { fragment.trim_end_matches('/') } else { "" },
    }
}

fn joined(path: &str, parameters: &[&str], route: &str) -> String {
    let mut address = String::with_capacity(path.len() + 32);
    address.push_str(path);
    for (nth, parameter) in parameters.iter().enumerate() {
        address.push(if nth == 0 { '?' } else { '&' });
        address.push_str(parameter);
    }
    if !route.is_empty() {
        address.push('#');
        address.push_str(route);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_has_the_same_address() {
        for url in [
            "https://shop.example/p/dog-1",
            "/p/dog-1",
            "//shop.example/p/dog-1/",
            "http://other.example/p/dog-1?utm_source=mail&gclid=x#reviews",
            " p/dog-1/ ",
        ] {
            assert_eq!(address_of(url), "p/dog-1", "{url}");
        }
        assert_eq!(address_of("/product?b=2&a=1"), "product?a=1&b=2");
        assert_eq!(address_of("/app#/p/1"), "app#/p/1");
        assert_eq!(address_of("https://shop.example"), "");
    }
}
