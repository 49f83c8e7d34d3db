//! What the shopper searched for, read from the URL of a results page.

use super::url;
use super::words::{among, bare, cut, holds_any};

/// Parameters that hold a search term on search pages, most telling first.
const TERMS: &str = "q query search_query searchquery search_term searchterm searchtext search_text ssearch suchbegriff \
                     suche recherche search keyword keywords kw buscar zoeken term text s k";
/// Those that mean a search on any page.
const UNMISTAKABLE: &str = "search_query searchquery search_term searchterm searchtext search_text ssearch suchbegriff \
                            suche recherche";
const PAGES: &str = "search suche recherche buscar busqueda cerca ricerca zoeken sok find results result catalogsearch \
                     searchresults search-results suchergebnis suchergebnisse shop-search s szukaj";
/// Parts of names under which people look for themselves, their orders or a place.
const OTHERS: &str =
    "address adress customer kunde order bestell lookup account konto locat email phone postcode postal";

/// Whether the name of a field or the path that a form leads to says that no product is looked for.
pub(crate) fn is_other_form(name: &str) -> bool {
    holds_any(&bare(name), OTHERS)
}

/// Whether the name of a field or parameter says that a search term stands in it.
pub(crate) fn is_term_name(name: &str) -> bool {
    among(&name.to_ascii_lowercase(), TERMS)
}

/// Whether the path is one of a results page: `/search`, `/de/suche/`, `/catalogsearch/result/`.
pub(crate) fn is_search_path(path: &str) -> bool {
    path.split('/').any(|part| among(&cut(part, b".").0.to_ascii_lowercase(), PAGES))
}

/// The term that a URL's query holds, as the shopper typed it. `on_search_page`: the page says of itself that it is one.
/// Later pages of the same results tell nothing new.
pub(crate) fn term(address: &str, on_search_page: bool) -> Option<String> {
    let parts = url::parts(address);
    let parameters = url::parameters(parts.query);
    for (name, value) in &parameters {
        if among(name, "page p pg paged") && value != "1" && value.parse::<u32>().is_ok() {
            return None;
        }
    }
    let results = on_search_page || is_search_path(parts.path);
    // WordPress and WooCommerce answer searches on the front page.
    let front = url::is_front(parts.path);
    for wanted in TERMS.split(' ') {
        let means_search = results || among(wanted, UNMISTAKABLE) || (front && among(wanted, "s q search"));
        let found = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if let (true, Some((_, value))) = (means_search, found) {
            return cleaned(value);
        }
    }
    None
}

/// The term with single spaces; `None` for nothing at all and for essays.
pub(crate) fn cleaned(value: &str) -> Option<String> {
    let mut term = String::new();
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        term.push_str(word);
        term.push(' ');
    }
    term.pop();
    (!term.is_empty() && term.len() <= 200).then_some(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_for_other_things_have_telling_names() {
        for name in ["address-lookup", "customerName", "/track-order", "order_email", "/account/find", "Kundennummer"] {
            assert!(is_other_form(name), "{name}");
        }
        for name in ["q", "search", "/de/suche", "/catalogsearch/result/", "site-search", "searchInput", "keyword", ""]
        {
            assert!(!is_other_form(name), "{name}");
        }
    }

    #[test]
    fn terms_are_found_where_shops_put_them() {
        for (url, found) in [
            ("https://s.example/search?q=dog+food", Some("dog food")),
            ("https://s.example/de/suche/?query=Hund%C3%A9", Some("Hundé")),
            ("https://s.example/catalogsearch/result/?q=ball", Some("ball")),
            ("https://s.example/search.html?keyword=%20%20a%20%20b", Some("a b")),
            ("https://s.example/?s=ball", Some("ball")),
            ("https://s.example/?q=ball", Some("ball")),
            ("https://s.example/s?k=ball", Some("ball")),
            ("https://s.example/shop?search_term=ball", Some("ball")),
            ("https://s.example/shop-search?text=ball", Some("ball")),
            ("https://s.example/search?Q=ball", Some("ball")),
            ("https://s.example/search?q=", None),
            ("https://s.example/search", None),
            ("https://s.example/search?q=ball&page=2", None),
            ("https://s.example/search?q=ball&page=1", Some("ball")),
            ("https://s.example/dogs?q=ball", None),
            ("https://s.example/dogs?s=xl", None),
            ("https://s.example/dogs?k=1", None),
            ("https://s.example/research?text=x", None),
        ] {
            assert_eq!(term(url, false).as_deref(), found, "{url}");
        }
        assert_eq!(term("https://s.example/x?text=ball", true).as_deref(), Some("ball"));
    }
}
