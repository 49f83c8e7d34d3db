//! On which pages a placement is, for those that are not on all.

use tailorbird_core::profile::Page;

/// A placement and the pages that it is on: their types, such as `home`, or their paths, such as `/sale/` or `/blog/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The placement's id.
    pub placement: String,
    /// The pages.
    pub pages: Vec<String>,
}

impl Place {
    /// Reads `home-hero=home,/sale/*`.
    pub fn read(text: &str) -> Option<Place> {
        let (placement, pages) = text.split_once('=')?;
        let pages: Vec<String> = pages.split(',').map(|page| page.trim().to_owned()).collect();
        let complete = !placement.is_empty() && pages.iter().all(|page| !page.is_empty());
        complete.then(|| Place { placement: placement.to_owned(), pages })
    }
}

/// Whether a page is among those that are named by type or path.
pub(crate) fn is_among(page: &Page, named: &[String]) -> bool {
    named.iter().any(|name| match (name.starts_with('/'), name.strip_suffix('*')) {
        (true, Some(beginning)) => page.path.starts_with(beginning),
        (true, None) => page.path == *name,
        (false, _) => page.kind == *name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_by_type_or_path() {
        let place = Place::read("home-hero=home, /sale/*,/about").unwrap();
        assert_eq!(place.placement, "home-hero");
        for (kind, path, there) in [
            ("home", "/", true),
            ("other", "/sale/dogs", true),
            ("other", "/sale", false),
            ("other", "/about", true),
            ("other", "/about/us", false),
            ("product", "/home", false),
        ] {
            let page = Page { kind: kind.to_owned(), path: path.to_owned(), ..Page::default() };
            assert_eq!(is_among(&page, &place.pages), there, "{kind} {path}");
        }
        for text in ["home-hero", "=home", "home-hero=", "home-hero=home,,cart"] {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }
}
